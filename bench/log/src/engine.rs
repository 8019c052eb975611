//! What both sides do: take batches durably, give all of them back in order. And our own side, the product's log.

use std::error::Error;
use std::future::Future;
use std::io;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use hikeshi_domain::OrganizationId;
use jiff::Timestamp;
use uuid::Uuid;

use crate::batch::Batch;
use crate::stream::{Encoding, Fetched, LocalDisk, Log, LogConfig};

/// What may go wrong, for a program that only prints it.
pub type Fault = Box<dyn Error + Send + Sync>;

/// What was read back.
#[derive(Debug, Default, Clone, Copy)]
pub struct Replayed {
    /// Whole batches.
    pub batches: u64,
    /// Lines in them.
    pub events: u64,
    /// Their bytes.
    pub bytes: u64,
}

impl Replayed {
    /// Adds a batch.
    pub fn count(&mut self, body: &[u8]) {
        self.batches += 1;
        self.events += memchr::memchr_iter(b'\n', body).count() as u64;
        self.bytes += body.len() as u64;
    }
}

/// A durable stream of batches in a folder.
pub trait Engine: Sized + Send + Sync + 'static {
    /// Opens what is there, or begins; the name tells shapes of one engine apart.
    ///
    /// # Errors
    /// When the folder cannot be read or written.
    fn open(folder: &Path, name: &str) -> Result<Self, Fault>;

    /// Appends a batch under its idempotency key; returns when it is on the medium.
    fn append(&self, key: String, body: Bytes) -> impl Future<Output = Result<(), Fault>> + Send;

    /// Reads everything, in order.
    ///
    /// # Errors
    /// When it cannot be read.
    fn replay(&self) -> Result<Replayed, Fault>;

    /// Whether work is still going on behind what was acknowledged.
    fn is_busy(&self) -> bool;
}

/// The log of the product, compiled from the lake's own source files.
pub struct Own(Log);

/// Sizes as `LakeConfig::default` has them; nothing is refused.
const CONFIG: LogConfig = LogConfig { part_bytes: 64 << 20, backlog_bytes: u64::MAX, reserve_percent: 5 };

impl Engine for Own {
    fn open(folder: &Path, _: &str) -> Result<Self, Fault> {
        Ok(Own(Log::open(folder, 0, CONFIG, Arc::new(LocalDisk))?))
    }

    async fn append(&self, key: String, body: Bytes) -> Result<(), Fault> {
        let plain_bytes = body.len() as u64;
        let batch = Batch {
            org: OrganizationId(Uuid::from_u128(1)),
            source: "bench".into(),
            idempotency_key: Some(key),
            received_at: Timestamp::now(),
            encoding: Encoding::Plain,
            body,
        };
        self.0.append(&batch, plain_bytes).await?;
        Ok(())
    }

    fn replay(&self) -> Result<Replayed, Fault> {
        let (mut reader, mut found) = (self.0.reader(0), Replayed::default());
        loop {
            match reader.next()? {
                Fetched::Frame(frame) => found.count(&frame.batch.body),
                Fetched::Damage { bytes } => return Err(io::Error::other(format!("{bytes} damaged bytes")).into()),
                Fetched::End => return Ok(found),
            }
        }
    }

    fn is_busy(&self) -> bool {
        false
    }
}
