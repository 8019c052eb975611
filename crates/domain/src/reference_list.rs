//! A reference list (参照リスト): hashes, names and addresses that somebody vouches for as known bad, or as known good.
//!
//! The entity says what the list is, who brought it and from when it is; its entries are an object. A list past its end still counts, and
//! whoever is told of a hit is told so.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::entity::{Entity, Index, IndexValue};
use crate::id::{OrganizationId, PersonId, ReferenceListId};
use crate::triage_run::ObjectRef;

/// What a list says of its entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ListKind {
    /// Known malicious.
    Bad,
    /// Known harmless: published by the vendor, or ordinary.
    Good,
}

impl ListKind {
    /// The word in JSON, index and log.
    pub const fn name(self) -> &'static str {
        match self {
            ListKind::Bad => "bad",
            ListKind::Good => "good",
        }
    }
}

/// Who took a list away, when and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Removal {
    /// Who.
    pub by: PersonId,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub reason: String,
}

/// One list, in the form in which it was last uploaded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReferenceList {
    /// Its name in URLs.
    pub id: ReferenceListId,
    /// The tenant; `None` where it counts for every organisation of the installation.
    pub org: Option<OrganizationId>,
    /// Its name, as reasons show it.
    pub name: String,
    /// What it says of its entries.
    pub kind: ListKind,
    /// Where it comes from: a publisher, an address, a case.
    pub source: String,
    /// The file as it was uploaded.
    pub entries: ObjectRef,
    /// Entries that can be looked up.
    pub count: u64,
    /// Memory that they take, in bytes; `None` for a list from before it was counted.
    #[serde(default)]
    pub memory_bytes: Option<u64>,
    /// Lines that could not be used.
    pub rejected: u64,
    /// Who uploaded the file.
    pub by: PersonId,
    /// When: the list's date.
    pub uploaded_at: Timestamp,
    /// From when on it is out of date; `None` if nobody said.
    pub until: Option<Timestamp>,
    /// Set when it was taken away: it counts no more.
    pub removed: Option<Removal>,
}

/// Where nobody counted: a domain with a label takes more, a hash less.
const GUESSED_BYTES: u64 = 64;

impl ReferenceList {
    /// Memory that its entries take, in bytes.
    pub fn memory(&self) -> u64 {
        self.memory_bytes.unwrap_or(self.count.saturating_mul(GUESSED_BYTES))
    }

    /// Whether it is past the end that was set for it.
    pub fn expired(&self, now: Timestamp) -> bool {
        self.until.is_some_and(|until| now >= until)
    }
}

impl Entity for ReferenceList {
    const KIND: &'static str = "reference_list";
    const ERASABLE: bool = false;

    fn id(&self) -> Uuid {
        self.id.0
    }

    fn org(&self) -> Option<OrganizationId> {
        self.org
    }

    fn index(&self) -> Vec<(&'static str, IndexValue)> {
        Index::new()
            .with("kind", self.kind.name())
            .with("uploaded_at", self.uploaded_at)
            .with("removed", self.removed.is_some())
            .with("everywhere", self.org.is_none())
            .with_each("until", self.until)
            .fields()
    }

    fn search_text(&self) -> String {
        format!("{} {}", self.name, self.source)
    }
}
