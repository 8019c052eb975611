//! A query that somebody wants to ask again.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::entity::{Entity, Index, IndexValue};
use crate::id::{OrganizationId, PersonId, SavedSearchId};

/// A saved search over the lake, shared within the organisation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SavedSearch {
    /// Its name in the desk.
    pub id: SavedSearchId,
    /// The tenant.
    pub org: OrganizationId,
    /// Name as shown.
    pub name: String,
    /// One SELECT.
    pub sql: String,
    /// Who saved it.
    pub by: PersonId,
    /// When, UTC.
    pub at: Timestamp,
    /// Thrown away: kept in the history, not listed.
    pub removed: bool,
}

impl Entity for SavedSearch {
    const KIND: &'static str = "saved_search";
    const ERASABLE: bool = false;

    fn id(&self) -> Uuid {
        self.id.0
    }

    fn org(&self) -> Option<OrganizationId> {
        Some(self.org)
    }

    fn index(&self) -> Vec<(&'static str, IndexValue)> {
        Index::new()
            .with("name", self.name.as_str())
            .with("by", self.by.to_string())
            .with("at", self.at)
            .with("removed", self.removed)
            .fields()
    }

    fn search_text(&self) -> String {
        format!("{} {}", self.name, self.sql)
    }
}
