//! A managed computer, known from what it sends.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::id::{EndpointId, OrganizationId};

/// Whether the endpoint's protection stops what it detects (S3-21 … S3-23).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum BlockMode {
    /// A detected file cannot run.
    Block,
    /// A detected file can still run.
    NonBlock,
    /// Nobody said.
    #[default]
    Unknown,
}

/// A managed computer (サービス利用端末).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Endpoint {
    /// Its name in the desk.
    pub id: EndpointId,
    /// The tenant.
    pub org: OrganizationId,
    /// Host name as most recently seen.
    pub host: String,
    /// First event or alert received, UTC.
    pub first_seen_at: Timestamp,
    /// Last event or alert received, UTC.
    pub last_seen_at: Timestamp,
    /// Whether its protection blocks.
    pub block_mode: BlockMode,
    /// What it is for, who uses it: free text.
    pub note: String,
}
