//! The case (インシデント): what the machine proposed, what a person decided, and how far it has come.
//!
//! A proposal decides nothing: until a person has judged type, severity and flows, the case waits.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::entity::{Entity, Index, IndexValue};
use crate::id::{AlertId, CaseId, EndpointId, OrganizationId, PersonId};
use crate::incident::{IncidentType, ResponseFlow, Severity};
use crate::phrase::{Language, Phrase};

/// What the playbook proposes from what triage found. Nobody has decided it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Proposal {
    /// Type.
    pub incident_type: IncidentType,
    /// Severity.
    pub severity: Severity,
    /// The alternatives of the matrix cell, each closed over what it brings with it.
    pub flows: Vec<ResponseFlow>,
    /// Why, in words: type, severity, flows.
    pub reasons: Vec<Phrase>,
    /// When it was proposed, UTC.
    pub at: Timestamp,
    /// Version of the playbook that proposed it.
    pub playbook: String,
}

/// What a person decided, and why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// Type.
    pub incident_type: IncidentType,
    /// Severity.
    pub severity: Severity,
    /// The flows picked, with what they bring with them.
    pub flows: BTreeSet<ResponseFlow>,
    /// Flows of the decision before that this one ends.
    #[serde(default)]
    pub ended: BTreeSet<ResponseFlow>,
    /// Who.
    pub by: PersonId,
    /// When, UTC.
    pub at: Timestamp,
    /// Why; never empty where a flow lies outside the matrix cell.
    pub reason: String,
    /// Version of the playbook in force.
    pub playbook: String,
}

/// How a case ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CaseClosed {
    /// Who.
    pub by: PersonId,
    /// When, UTC.
    pub at: Timestamp,
    /// Why.
    pub reason: String,
}

/// How far a case has come; follows from what is decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// 判断待ち: type, severity and flows wait for the lead.
    ToJudge,
    /// 対応中: the flows run.
    Handling,
    /// 収束.
    Closed,
}

impl Phase {
    /// The word in JSON, URL and index.
    pub const fn name(self) -> &'static str {
        match self {
            Phase::ToJudge => "to_judge",
            Phase::Handling => "handling",
            Phase::Closed => "closed",
        }
    }
}

/// One incident of an organisation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Case {
    /// Its name in the desk.
    pub id: CaseId,
    /// The tenant.
    pub org: OrganizationId,
    /// Reference for people, e.g. `IR-20261121-0002`.
    pub reference: String,
    /// One line: what it is.
    pub title: String,
    /// The same in Japanese, where it differs.
    #[serde(default)]
    pub title_ja: Option<String>,
    /// It belongs to a drill.
    pub drill: bool,
    /// What the playbook proposes now; a new triage may change it.
    pub proposed: Option<Proposal>,
    /// What was decided. Earlier decisions are earlier versions of the case (S4-90).
    pub decided: Option<Decision>,
    /// Its alerts, oldest first.
    pub alerts: Vec<AlertId>,
    /// The endpoints concerned.
    pub endpoints: Vec<EndpointId>,
    /// Who works on it.
    pub assignee: Option<PersonId>,
    /// How many comments it has.
    pub comments: u32,
    /// When it was opened, UTC.
    pub opened_at: Timestamp,
    /// Who opened it; absent where the desk did, on a black verdict.
    pub opened_by: Option<PersonId>,
    /// How it ended.
    pub closed: Option<CaseClosed>,
}

impl Case {
    /// Its title in a language.
    pub fn titled(&self, language: Language) -> &str {
        self.title_ja.as_deref().filter(|_| language == Language::Ja).unwrap_or(&self.title)
    }

    /// How far it has come.
    pub fn phase(&self) -> Phase {
        match (&self.closed, &self.decided) {
            (Some(_), _) => Phase::Closed,
            (None, Some(_)) => Phase::Handling,
            (None, None) => Phase::ToJudge,
        }
    }

    /// Type and severity that count: the decided ones, else the proposed ones.
    pub fn classification(&self) -> Option<(IncidentType, Severity)> {
        let decided = self.decided.as_ref().map(|decision| (decision.incident_type, decision.severity));
        decided.or_else(|| self.proposed.as_ref().map(|proposal| (proposal.incident_type, proposal.severity)))
    }
}

impl Entity for Case {
    const KIND: &'static str = "case";
    const ERASABLE: bool = true;

    fn id(&self) -> Uuid {
        self.id.0
    }

    fn org(&self) -> Option<OrganizationId> {
        Some(self.org)
    }

    fn index(&self) -> Vec<(&'static str, IndexValue)> {
        let (incident_type, severity) = self.classification().unzip();
        Index::new()
            .with("phase", self.phase().name())
            .with("open", self.closed.is_none())
            .with("drill", self.drill)
            .with("reference", self.reference.as_str())
            .with("opened_at", self.opened_at)
            .with_each("incident_type", incident_type.map(IncidentType::name))
            .with_each("severity", severity.map(|severity| i64::from(severity.level())))
            .with_each("assignee", self.assignee.map(|person| person.to_string()))
            .with_each("alert", self.alerts.iter().map(ToString::to_string))
            .with_each("endpoint", self.endpoints.iter().map(ToString::to_string))
            .fields()
    }

    fn search_text(&self) -> String {
        let reason = self.decided.as_ref().map_or("", |decision| decision.reason.as_str());
        format!("{} {} {} {reason}", self.reference, self.title, self.title_ja.as_deref().unwrap_or_default())
    }
}
