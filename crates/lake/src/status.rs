//! How the lake is doing: what an operator watches.

use std::path::PathBuf;

use jiff::Timestamp;
use serde::Serialize;

/// Counted since the lake was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Totals {
    /// Events read from batches.
    pub events: u64,
    /// Those of them that were new.
    pub added: u64,
    /// Those that the lake had already.
    pub repeated: u64,
    /// Places of batches that could not be read.
    pub defects: u64,
    /// Places of the stream's files where a batch was lost to damage.
    pub damaged: u64,
    /// Events that no segment took: they were written to `aside/`.
    pub set_aside: u64,
    /// Segments written.
    pub segments: u64,
    /// Segments merged away.
    pub merged: u64,
}

/// The file system that the lake lies on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DiskRoom {
    /// The stream's folder.
    pub folder: PathBuf,
    /// Bytes that may be written by those who are not the system's administrator.
    pub free_bytes: u64,
    /// Bytes that are kept free of events.
    pub reserve_bytes: u64,
}

impl DiskRoom {
    /// The disk is full but for its reserve: no events are taken.
    pub fn at_reserve(&self) -> bool {
        self.free_bytes <= self.reserve_bytes
    }
}

/// How far writing is behind receiving.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct IngestLag {
    /// Batches durable in the stream, ever.
    pub appended: u64,
    /// Batches whose events are in committed segments, ever.
    pub committed: u64,
    /// Bytes of the stream's files.
    pub stream_bytes: u64,
    /// Events read, visible to queries, and not yet in a segment.
    pub tail_events: u64,
    /// Committed segments.
    pub segments: u64,
    /// Receipt of the newest event that is in a committed segment.
    pub committed_received_at: Option<Timestamp>,
    /// A sync or write of the stream failed: nothing is acknowledged until it is reopened.
    pub stream_failed: bool,
    /// How often that has happened since the lake was opened.
    pub stream_failures: u64,
    /// When it happened last.
    pub stream_failed_at: Option<Timestamp>,
    /// The disk is full but for its reserve: nothing is taken until there is room.
    pub disk_full: bool,
    /// Events that lie in `aside/`, of this opening and earlier ones: neither searches nor rules see them.
    pub aside_events: u64,
    /// Why the writer of segments stands still, if it does; it tries again by itself.
    pub writer_fault: Option<String>,
    /// Counted since the lake was opened.
    pub totals: Totals,
}
