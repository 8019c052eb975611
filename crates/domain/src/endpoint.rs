//! A managed computer, known from what it sends.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::entity::{Entity, Index, IndexValue};
use crate::id::{EndpointId, OrganizationId, PersonId};

/// What was under way when an endpoint was retired may arrive for so long without its being in use again.
pub const STRAGGLERS: SignedDuration = SignedDuration::from_hours(24);

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

/// Taken out of service: nobody waits for what it sends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retired {
    /// Who said so.
    pub by: PersonId,
    /// When, UTC.
    pub at: Timestamp,
    /// Why.
    pub reason: String,
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
    /// It is part of a service for customers (S4-82): an attack on it is one on the service.
    #[serde(default)]
    pub serves: bool,
    /// What it is for, who uses it: free text.
    pub note: String,
    /// Since when, and why, it is out of service.
    #[serde(default)]
    pub retired: Option<Retired>,
}

impl Endpoint {
    /// Whether its silence is expected: it is retired, and but for stragglers nothing was heard of it since.
    pub fn is_at_rest(&self, last_heard: Timestamp) -> bool {
        self.retired.as_ref().is_some_and(|retired| last_heard.duration_since(retired.at) <= STRAGGLERS)
    }
}

impl Entity for Endpoint {
    const KIND: &'static str = "endpoint";
    const ERASABLE: bool = false;

    fn id(&self) -> Uuid {
        self.id.0
    }

    fn org(&self) -> Option<OrganizationId> {
        Some(self.org)
    }

    fn index(&self) -> Vec<(&'static str, IndexValue)> {
        let block_mode = match self.block_mode {
            BlockMode::Block => "block",
            BlockMode::NonBlock => "non_block",
            BlockMode::Unknown => "unknown",
        };
        Index::new()
            .with("host", self.host.to_lowercase())
            .with("first_seen_at", self.first_seen_at)
            .with("last_seen_at", self.last_seen_at)
            .with("block_mode", block_mode)
            .with("retired", self.retired.is_some())
            .fields()
    }

    fn search_text(&self) -> String {
        format!("{} {}", self.host, self.note)
    }
}
