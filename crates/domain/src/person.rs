//! A person who signs in, and what the person may do where.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::entity::{Entity, Index, IndexValue};
use crate::id::{OrganizationId, PersonId};
use crate::phrase::Language;
use crate::role::Grant;

/// A hash in PHC notation (`$argon2id$…`). It is never printed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PasswordHash(pub String);

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}

/// A person of the installation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Person {
    /// Name in the desk.
    pub id: PersonId,
    /// Name as the person writes it.
    pub name: String,
    /// Mail address; signs in by it.
    pub email: String,
    /// Language of console and mails.
    pub language: Language,
    /// IANA name of the zone, e.g. `Asia/Tokyo`.
    pub time_zone: String,
    /// Absent until the person has chosen one after a one-time link.
    pub password: Option<PasswordHash>,
    /// What the person may do, where.
    pub grants: Vec<Grant>,
    /// When added, UTC.
    pub created_at: Timestamp,
    /// Since when the person may no longer sign in.
    pub disabled_at: Option<Timestamp>,
}

impl Entity for Person {
    const KIND: &'static str = "person";
    const ERASABLE: bool = true;

    fn id(&self) -> Uuid {
        self.id.0
    }

    fn org(&self) -> Option<OrganizationId> {
        None
    }

    fn index(&self) -> Vec<(&'static str, IndexValue)> {
        Index::new()
            .with("email", self.email.to_lowercase())
            .with("name", self.name.as_str())
            .with("disabled", self.disabled_at.is_some())
            .fields()
    }

    fn search_text(&self) -> String {
        format!("{} {}", self.name, self.email)
    }
}
