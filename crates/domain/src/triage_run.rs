//! One run of triage as it is kept: the outcome, what it is about, and where the cited events lie.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::entity::{Entity, Index, IndexValue};
use crate::id::{AlertId, OrganizationId, TriageId};
use crate::triage::Triage;

/// Names an object of the object store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectRef {
    /// SHA-256 of the object, hexadecimal: also its address.
    pub sha256: String,
    /// Its length in bytes.
    pub size_bytes: u64,
}

/// One run of triage. A later run is a new one: none is overwritten.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TriageRun {
    /// Its name.
    pub id: TriageId,
    /// The tenant.
    pub org: OrganizationId,
    /// The alert that it is about.
    pub alert: AlertId,
    /// 1 for the first run on this alert.
    pub number: u32,
    /// When it ran, UTC.
    pub at: Timestamp,
    /// The outcome.
    pub triage: Triage,
    /// The cited events, raw, copied when the verdict was made: telemetry expires, verdicts are contested.
    pub cited: Option<ObjectRef>,
}

impl Entity for TriageRun {
    const KIND: &'static str = "triage";
    const ERASABLE: bool = true;

    fn id(&self) -> Uuid {
        self.id.0
    }

    fn org(&self) -> Option<OrganizationId> {
        Some(self.org)
    }

    fn index(&self) -> Vec<(&'static str, IndexValue)> {
        Index::new()
            .with("alert", self.alert.to_string())
            .with("number", i64::from(self.number))
            .with("at", self.at)
            .with("host", self.triage.host.to_lowercase())
            .with("verdict", self.triage.judgement.verdict.name())
            .with("score", i64::from(self.triage.judgement.score))
            .with_each("sha256", self.triage.subject.sha256.as_deref())
            .fields()
    }

    fn search_text(&self) -> String {
        let subject = &self.triage.subject;
        let words = [subject.image.as_deref(), subject.command_line.as_deref(), subject.sha256.as_deref(), subject.user.as_deref()];
        words.into_iter().flatten().collect::<Vec<_>>().join(" ")
    }
}
