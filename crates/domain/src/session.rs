//! A signed-in browser, and the link that signs in once. Only hashes of their secrets are kept.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::entity::{Entity, Index, IndexValue};
use crate::id::{OneTimeLinkId, OrganizationId, PersonId, SessionId};

/// A signed-in browser.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Session {
    /// Its name.
    pub id: SessionId,
    /// Hash of the cookie's secret, hexadecimal.
    pub hash: String,
    /// Who signed in.
    pub person: PersonId,
    /// When, UTC.
    pub created_at: Timestamp,
    /// Until when it holds, UTC.
    pub expires_at: Timestamp,
    /// When the person signed out.
    pub ended_at: Option<Timestamp>,
}

impl Session {
    /// Whether it counts at that instant.
    pub fn holds_at(&self, now: Timestamp) -> bool {
        self.ended_at.is_none() && now < self.expires_at
    }
}

/// What a link is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkPurpose {
    /// Signs in as it is: printed to the terminal of whoever runs the installation.
    #[default]
    SignIn,
    /// Signs in whoever sets the person's password with it: handed to somebody who was invited.
    SetPassword,
}

/// A link that signs in once (design 9: short-lived, spent by POST).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OneTimeLink {
    /// Its name.
    pub id: OneTimeLinkId,
    /// Hash of its secret, hexadecimal.
    pub hash: String,
    /// Whom it signs in.
    pub person: PersonId,
    /// What it is good for.
    #[serde(default)]
    pub purpose: LinkPurpose,
    /// When it was made, UTC.
    pub created_at: Timestamp,
    /// Until when it holds, UTC.
    pub expires_at: Timestamp,
    /// When it was used.
    pub spent_at: Option<Timestamp>,
}

impl OneTimeLink {
    /// Whether it can be used at that instant.
    pub fn holds_at(&self, now: Timestamp) -> bool {
        self.spent_at.is_none() && now < self.expires_at
    }
}

impl Entity for Session {
    const KIND: &'static str = "session";
    const ERASABLE: bool = false;

    fn id(&self) -> Uuid {
        self.id.0
    }

    fn org(&self) -> Option<OrganizationId> {
        None
    }

    fn index(&self) -> Vec<(&'static str, IndexValue)> {
        Index::new()
            .with("hash", self.hash.as_str())
            .with("person", self.person.to_string())
            .with("ended", self.ended_at.is_some())
            .with("expires_at", self.expires_at)
            .fields()
    }

    fn search_text(&self) -> String {
        String::new()
    }
}

impl Entity for OneTimeLink {
    const KIND: &'static str = "one_time_link";
    const ERASABLE: bool = false;

    fn id(&self) -> Uuid {
        self.id.0
    }

    fn org(&self) -> Option<OrganizationId> {
        None
    }

    fn index(&self) -> Vec<(&'static str, IndexValue)> {
        Index::new()
            .with("hash", self.hash.as_str())
            .with("person", self.person.to_string())
            .with("spent", self.spent_at.is_some())
            .with("expires_at", self.expires_at)
            .fields()
    }

    fn search_text(&self) -> String {
        String::new()
    }
}
