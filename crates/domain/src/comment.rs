//! What people say about an alert or a case.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::entity::{Entity, Index, IndexValue};
use crate::id::{CommentId, OrganizationId, PersonId};

/// Names an entity of any kind: what a comment or a message is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Reference {
    /// Its kind, as [`Entity::KIND`] writes it.
    pub kind: String,
    /// Its id.
    pub id: Uuid,
}

impl Reference {
    /// The name of an entity.
    pub fn to<E: Entity>(entity: &E) -> Self {
        Reference { kind: E::KIND.to_owned(), id: entity.id() }
    }

    /// One word for the index: `alert:0197…`.
    pub fn word(&self) -> String {
        format!("{}:{}", self.kind, self.id.hyphenated())
    }
}

/// A remark.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Comment {
    /// Its name.
    pub id: CommentId,
    /// The tenant.
    pub org: OrganizationId,
    /// What it is about.
    pub target: Reference,
    /// Who.
    pub by: PersonId,
    /// When, UTC.
    pub at: Timestamp,
    /// Plain text.
    pub text: String,
}

impl Entity for Comment {
    const KIND: &'static str = "comment";
    const ERASABLE: bool = true;

    fn id(&self) -> Uuid {
        self.id.0
    }

    fn org(&self) -> Option<OrganizationId> {
        Some(self.org)
    }

    fn index(&self) -> Vec<(&'static str, IndexValue)> {
        Index::new().with("target", self.target.word()).with("by", self.by.to_string()).with("at", self.at).fields()
    }

    fn search_text(&self) -> String {
        self.text.clone()
    }
}
