//! What the record hands out: an entity with its version, and the versions that it went through.

use std::ops::Deref;

use hikeshi_domain::OrganizationId;
use jiff::Timestamp;
use serde::Serialize;
use uuid::Uuid;

use crate::change::Expect;
use crate::context::Actor;

/// An entity as the record keeps it.
#[derive(Debug, Clone, PartialEq)]
pub struct Stored<E> {
    /// The entity.
    pub entity: E,
    /// Its version, from 1.
    pub version: u64,
    /// When this version was recorded.
    pub at: Timestamp,
    /// Its place in the record.
    pub seq: u64,
}

impl<E> Stored<E> {
    /// What to expect when it is put again.
    pub fn expect(&self) -> Expect {
        Expect::Version(self.version)
    }
}

impl<E> Deref for Stored<E> {
    type Target = E;

    fn deref(&self) -> &E {
        &self.entity
    }
}

/// One version: who, when, what, why.
#[derive(Debug, Clone, PartialEq)]
pub struct Version {
    /// Its place in the record.
    pub seq: u64,
    /// When it was recorded.
    pub at: Timestamp,
    /// The tenant; `None` for the installation.
    pub org: Option<OrganizationId>,
    /// Kind of entity.
    pub kind: String,
    /// Name of the entity.
    pub id: Uuid,
    /// Its version, from 1.
    pub version: u64,
    /// Who.
    pub actor: Actor,
    /// What they did: `alert.close`.
    pub action: String,
    /// The request that it belongs to.
    pub request: String,
    /// What it became, and why.
    pub content: Content,
}

/// What a version holds.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "content", rename_all = "snake_case")]
pub enum Content {
    /// The entity as it was then.
    Kept {
        /// Why it was changed; empty if nobody was asked.
        reason: String,
        /// The entity, JSON.
        body: serde_json::Value,
    },
    /// The entity was erased later: its key is gone.
    Erased,
    /// The version that erased it.
    Tombstone {
        /// Why it was erased.
        reason: String,
    },
}
