//! The batch: what one request or one piece of a file brings, as it came.

use bytes::Bytes;
use hikeshi_domain::OrganizationId;
use jiff::Timestamp;

use crate::stream::Encoding;

/// Events of one organisation as they arrived, still unread.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// The tenant: from the key that brought it, never from its body.
    pub org: OrganizationId,
    /// The forwarder's name, or the format; at most 64 KiB.
    pub source: String,
    /// A retry with the same key adds nothing. Unique within the organisation.
    pub idempotency_key: Option<String>,
    /// When it was received, UTC; kept to the microsecond.
    pub received_at: Timestamp,
    /// How `body` is compressed.
    pub encoding: Encoding,
    /// Events as JSON objects, one a line: at most 64 MiB unpacked, 400,000 lines, 1 MiB a line.
    pub body: Bytes,
}
