//! The search of the past for the entries of a new list of known bad: how far it is, and what it found where.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::entity::{Entity, Index, IndexValue};
use crate::id::{OrganizationId, ReferenceListId};

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SearchState {
    /// Events are looked through.
    Searching,
    /// Hosts that named an entry are looked at.
    Raising,
    /// Over.
    Done,
    /// Over before all was looked at: the list's end has passed, or the search failed again and again.
    Ended,
}

/// What was found in one organisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenIn {
    /// The organisation.
    pub org: OrganizationId,
    /// Different values of the list that events named.
    pub values: u64,
    /// Hosts that named one.
    pub hosts: u64,
    /// Hosts that are not looked at because there are too many, or because looking at them failed.
    pub not_raised: u64,
    /// There are more values or hosts than were counted.
    #[serde(default)]
    pub more: bool,
}

/// The search for a list, in the form in which it was last uploaded. It bears the list's name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListSearch {
    /// The list.
    pub id: ReferenceListId,
    /// The list's tenant.
    pub org: Option<OrganizationId>,
    /// Which of its files.
    pub uploaded_at: Timestamp,
    /// How far it is.
    pub state: SearchState,
    /// What was found, once all was looked through.
    pub seen: Vec<SeenIn>,
}

impl Entity for ListSearch {
    const KIND: &'static str = "list_search";
    const ERASABLE: bool = false;

    fn id(&self) -> Uuid {
        self.id.0
    }

    fn org(&self) -> Option<OrganizationId> {
        self.org
    }

    fn index(&self) -> Vec<(&'static str, IndexValue)> {
        Index::new().with("uploaded_at", self.uploaded_at).fields()
    }

    fn search_text(&self) -> String {
        String::new()
    }
}
