//! Events come in: a batch is on disk before it is acknowledged.

use bytes::Bytes;
use hikeshi_access::{Action, Caller, permit};
use hikeshi_domain::OrganizationId;
use hikeshi_domain::phrase::Phrase;
use hikeshi_lake::{AppendError, Batch, Encoding};

use crate::desk::Desk;
use crate::error::{Error, ErrorKind, Result};

/// Longest idempotency key.
const LONGEST_KEY: usize = 255;

/// A batch as it was sent.
#[derive(Debug)]
pub struct Sent {
    /// Who sent it: the forwarder's name.
    pub source: String,
    /// A retry with the same key adds nothing.
    pub idempotency_key: Option<String>,
    /// How the body is compressed.
    pub encoding: Encoding,
    /// The body.
    pub body: Bytes,
}

/// What became of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taken {
    /// Place in the stream.
    pub offset: u64,
    /// A retry of a batch that was taken before.
    pub repeated: bool,
    /// Lines that are too long or no JSON object: they are not kept.
    pub rejected: u64,
}

/// Takes a batch of events. When this returns, it is on disk.
///
/// # Errors
/// `Busy` while the stream is behind, `Full` without room on the disk, `Unavailable` after a failed sync: nothing was taken then.
pub async fn receive(desk: &Desk, caller: &Caller, org: OrganizationId, sent: Sent) -> Result<Taken> {
    permit(caller, Action::ReceiveEvents, org)?;
    if sent.body.is_empty() {
        return Err(Error::invalid("error.batch_empty"));
    }
    if sent.idempotency_key.as_ref().is_some_and(|key| key.is_empty() || key.len() > LONGEST_KEY) {
        return Err(Error::invalid("error.field_too_long").with("field", "Idempotency-Key").with("most", LONGEST_KEY.to_string()));
    }
    let size = u64::try_from(sent.body.len()).unwrap_or(u64::MAX);
    let batch = Batch {
        org,
        source: sent.source,
        idempotency_key: sent.idempotency_key,
        received_at: desk.now(),
        encoding: sent.encoding,
        body: sent.body,
    };
    let ack = desk.telemetry.lake.append(batch).await.map_err(refused)?;
    desk.metrics.batches_received.inc();
    desk.metrics.bytes_received.inc_by(size);
    Ok(Taken { offset: ack.offset, repeated: ack.repeated, rejected: ack.refused })
}

fn refused(error: AppendError) -> Error {
    let (kind, key) = match &error {
        AppendError::Busy { retry_after } => (ErrorKind::Busy { retry_after: *retry_after }, "error.ingest_busy"),
        AppendError::Full => (ErrorKind::Full, "error.disk_full"),
        AppendError::Unavailable => (ErrorKind::Unavailable, "error.ingest_unavailable"),
        AppendError::KeyReused => (ErrorKind::Invalid, "error.idempotency_key_reused"),
        AppendError::Damaged => (ErrorKind::Invalid, "error.batch_damaged"),
        AppendError::NoEvents => (ErrorKind::Invalid, "error.batch_without_events"),
        AppendError::TooLarge => (ErrorKind::TooLarge, "error.batch_too_large"),
    };
    Error::new(kind, Phrase::new(key)).caused_by(error)
}
