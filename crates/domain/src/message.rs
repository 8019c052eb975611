//! A mail of the outbox: written by the desk, readable and resendable whether or not it could be sent.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::comment::Reference;
use crate::entity::{Entity, Index, IndexValue};
use crate::id::{MessageId, OrganizationId};
use crate::phrase::{Language, Phrase};

/// Where a mail stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Delivery {
    /// Not to be sent now: no mail server is set, or it is a drill.
    Held {
        /// Why, in words.
        reason: Phrase,
    },
    /// Waits for the sender.
    Queued,
    /// The mail server took it.
    Sent {
        /// When, UTC.
        at: Timestamp,
    },
    /// The mail server refused it for good.
    Failed {
        /// When last tried, UTC.
        at: Timestamp,
        /// What the server said.
        error: String,
        /// How often it was tried.
        attempts: u32,
    },
}

impl Delivery {
    /// The word in JSON, URL and index.
    pub const fn name(&self) -> &'static str {
        match self {
            Delivery::Held { .. } => "held",
            Delivery::Queued => "queued",
            Delivery::Sent { .. } => "sent",
            Delivery::Failed { .. } => "failed",
        }
    }
}

/// A mail that the desk wrote.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// Its name; the Message-ID is made from it, so that a repeated sending is one mail.
    pub id: MessageId,
    /// The tenant.
    pub org: OrganizationId,
    /// Addresses.
    pub to: Vec<String>,
    /// Subject.
    pub subject: String,
    /// Plain text.
    pub body: String,
    /// The language it is written in.
    pub language: Language,
    /// What it is about.
    pub about: Option<Reference>,
    /// When it was written, UTC.
    pub created_at: Timestamp,
    /// Where it stands.
    pub delivery: Delivery,
    /// It belongs to a drill.
    pub drill: bool,
    /// Those of the addresses that the mail server took it for: they are not sent it again.
    #[serde(default)]
    pub taken_for: Vec<String>,
}

impl Entity for Message {
    const KIND: &'static str = "message";
    const ERASABLE: bool = true;

    fn id(&self) -> Uuid {
        self.id.0
    }

    fn org(&self) -> Option<OrganizationId> {
        Some(self.org)
    }

    fn index(&self) -> Vec<(&'static str, IndexValue)> {
        Index::new()
            .with("state", self.delivery.name())
            .with("created_at", self.created_at)
            .with("drill", self.drill)
            .with_each("about", self.about.as_ref().map(Reference::word))
            .with_each("to", self.to.iter().map(String::as_str))
            .fields()
    }

    fn search_text(&self) -> String {
        format!("{} {} {}", self.subject, self.to.join(" "), self.body)
    }
}
