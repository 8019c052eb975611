//! Every row of the eight sections of one run of triage: reports and pages show the most relevant ones.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::entity::{Entity, Index, IndexValue};
use crate::id::{AlertId, FullListId, OrganizationId, TriageId};
use crate::triage::{SectionItem, SectionKind};
use crate::triage_run::ObjectRef;

/// Most rows of a full list; beyond them rows are counted.
pub const MOST_ROWS: usize = 100_000;

/// A row with its section, as one line of JSON.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ListedRow<R = SectionItem> {
    /// The section that it is a row of.
    pub section: SectionKind,
    /// The row.
    #[serde(flatten)]
    pub row: R,
}

/// The full list of a run whose sections hold more rows than the run keeps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FullList {
    /// Its name.
    pub id: FullListId,
    /// The tenant.
    pub org: OrganizationId,
    /// The alert that it is about.
    pub alert: AlertId,
    /// The run that it completes.
    pub triage: TriageId,
    /// When it was written, UTC: what the host sent in the seconds since the run is in it.
    pub at: Timestamp,
    /// Rows in it.
    pub rows: usize,
    /// Rows that there are.
    pub total: usize,
    /// The rows as NDJSON, Zstandard: [`ListedRow`] in order of the sections, the most relevant of each first.
    pub object: ObjectRef,
}

impl Entity for FullList {
    const KIND: &'static str = "full_list";
    const ERASABLE: bool = false;

    fn id(&self) -> Uuid {
        self.id.0
    }

    fn org(&self) -> Option<OrganizationId> {
        Some(self.org)
    }

    fn index(&self) -> Vec<(&'static str, IndexValue)> {
        Index::new().with("alert", self.alert.to_string()).with("triage", self.triage.to_string()).with("at", self.at).fields()
    }

    fn search_text(&self) -> String {
        String::new()
    }
}
