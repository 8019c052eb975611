//! The seam between the lake and its stream: what is acknowledged is durable, and everything from an offset on can be read again, in order.
//!
//! On one machine the stream is a local log. Nothing of the lake knows more of it than what stands here.

use std::io;
use std::time::Duration;

use async_trait::async_trait;

use crate::batch::Batch;
use crate::status::DiskRoom;
use crate::stream::{Ack, AppendError, Failures, Fetched, Log, LogReader, Recovery};

/// A durable, ordered stream of batches. Offsets count frames from 0 without a gap.
#[async_trait]
pub(crate) trait Stream: Send + Sync {
    /// Appends a batch that unpacks to so many bytes; returns when it is durable. The same key with the same body again is acknowledged with
    /// the first one's offset and appends nothing.
    async fn append(&self, batch: &Batch, plain_bytes: u64) -> Result<Ack, AppendError>;

    /// Takes appends again after a failure. What was acknowledged before is untouched.
    async fn reopen(&self) -> io::Result<()>;

    /// A reader of everything from `offset` on.
    fn reader(&self, offset: u64) -> Box<dyn StreamReader>;

    /// Lets go of what only lies before `offset`.
    fn trim(&self, offset: u64) -> io::Result<()>;

    /// The offset after the last durable frame.
    fn next_offset(&self) -> u64;

    /// Waits until a frame at or after `offset` is durable, at most for `patience`. False if there is none.
    fn wait_for(&self, offset: u64, patience: Duration) -> bool;

    /// Bytes that are durable and not yet let go.
    fn backlog_bytes(&self) -> u64;

    /// Whether appends are refused because of a failure, and how often that happened.
    fn failures(&self) -> Failures;

    /// What was found at start.
    fn recovery(&self) -> Recovery;

    /// Where it lies, and how much room is left there; `None` where that is not known.
    fn disk_room(&self) -> Option<DiskRoom>;

    /// Free bytes beyond a part of the reserve, in percent of it.
    fn room_beyond(&self, percent_of_reserve: u64) -> u64;
}

/// Reads the durable frames of a stream in order.
pub(crate) trait StreamReader: Send {
    /// The next durable frame; `Damage` where one was lost; `End` when nothing more is durable now.
    fn next(&mut self) -> io::Result<Fetched>;
}

#[async_trait]
impl Stream for Log {
    async fn append(&self, batch: &Batch, plain_bytes: u64) -> Result<Ack, AppendError> {
        Log::append(self, batch, plain_bytes).await
    }

    async fn reopen(&self) -> io::Result<()> {
        Log::reopen(self).await
    }

    fn reader(&self, offset: u64) -> Box<dyn StreamReader> {
        Box::new(Log::reader(self, offset))
    }

    fn trim(&self, offset: u64) -> io::Result<()> {
        Log::trim(self, offset)
    }

    fn next_offset(&self) -> u64 {
        Log::next_offset(self)
    }

    fn wait_for(&self, offset: u64, patience: Duration) -> bool {
        Log::wait_for(self, offset, patience)
    }

    fn backlog_bytes(&self) -> u64 {
        Log::backlog_bytes(self)
    }

    fn failures(&self) -> Failures {
        Log::failures(self)
    }

    fn recovery(&self) -> Recovery {
        Log::recovery(self)
    }

    fn disk_room(&self) -> Option<DiskRoom> {
        Log::disk_room(self)
    }

    fn room_beyond(&self, percent_of_reserve: u64) -> u64 {
        Log::room_beyond(self, percent_of_reserve)
    }
}

impl StreamReader for LogReader {
    fn next(&mut self) -> io::Result<Fetched> {
        LogReader::next(self)
    }
}
