//! The service request (サービスリクエスト): something asked of the desk by call, mail or form, and what became of it.
//!
//! A request is accepted with items missing (S0-36), whatever way it came (S0-86). It has a place in the queue with the reason for it
//! ([`place`]), clocks, and an end, which may be that there was no incident (S2-8).

mod form;
mod place;
mod sign;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::clock::{Duty, RunningClock};
use crate::entity::{Entity, Index, IndexValue};
use crate::id::{CaseId, OrganizationId, PersonId, ServiceRequestId};
use crate::phrase::Language;
use crate::tlp::Tlp;

pub use form::{ContactItem, RequestForm, ScopingWish, ServiceKind, Site, ThreatState, Urgency};
pub use place::{Basis, Declaration, Priority, Rank};
pub use sign::{Bilingual, Sign, SignAdvice, Signs};

/// How something reached the desk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// ホットライン: the main way for an emergency (S0-25).
    Hotline,
    /// メール.
    Mail,
    /// フォーム: the ticket form of the portal.
    Form,
    /// 対面.
    InPerson,
}

impl Channel {
    /// The word in JSON, URL and index.
    pub const fn name(self) -> &'static str {
        match self {
            Channel::Hotline => "hotline",
            Channel::Mail => "mail",
            Channel::Form => "form",
            Channel::InPerson => "in_person",
        }
    }
}

/// How it was made sure who speaks, before details were given (S0-67).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Proof {
    /// 折り返し: called back under a number known before.
    CallBack,
    /// 合言葉: said the agreed word.
    AgreedWord,
    /// 署名付きメール: signed with a key known before.
    SignedMail,
}

impl Proof {
    /// The word in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Proof::CallBack => "call_back",
            Proof::AgreedWord => "agreed_word",
            Proof::SignedMail => "signed_mail",
        }
    }
}

/// Who was made sure of, how and by whom.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Verified {
    /// How.
    pub proof: Proof,
    /// Who speaks, by name.
    pub who: String,
    /// Who made sure.
    pub by: PersonId,
    /// When, UTC.
    pub at: Timestamp,
}

/// What became of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// 対応済み.
    Handled,
    /// インシデントなし: the signs were nothing (S2-8).
    NoIncident,
    /// お断り: what the work needs is lacking, or nothing was agreed (S2-55, S0-44).
    Declined,
    /// 対象外: not part of the service (S3-117).
    OutOfScope,
    /// 重複: told in another request.
    Duplicate,
}

impl Outcome {
    /// The word in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Outcome::Handled => "handled",
            Outcome::NoIncident => "no_incident",
            Outcome::Declined => "declined",
            Outcome::OutOfScope => "out_of_scope",
            Outcome::Duplicate => "duplicate",
        }
    }
}

/// How a request ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ended {
    /// What became of it.
    pub outcome: Outcome,
    /// Why; told to whoever asked.
    pub reason: String,
    /// Who.
    pub by: PersonId,
    /// When, UTC.
    pub at: Timestamp,
}

/// Where a request stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RequestState {
    /// 未着手: nobody has taken it.
    Open,
    /// 対応中: somebody has.
    Taken,
    /// 完了.
    Ended,
}

impl RequestState {
    /// The word in JSON, URL and index.
    pub const fn name(self) -> &'static str {
        match self {
            RequestState::Open => "open",
            RequestState::Taken => "taken",
            RequestState::Ended => "ended",
        }
    }
}

/// Something asked of the desk.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ServiceRequest {
    /// Its name.
    pub id: ServiceRequestId,
    /// The organisation that asks; one without a retainer is served as best effort.
    pub org: OrganizationId,
    /// Reference for people, e.g. `SR-20261123-0001`.
    pub reference: String,
    /// It belongs to a drill.
    pub drill: bool,
    /// When it reached the desk, UTC: the beginning of the call, the receipt of the mail. Clocks start here.
    pub received_at: Timestamp,
    /// How.
    pub channel: Channel,
    /// Who wrote it down; absent: it was read by the desk itself.
    pub written_by: Option<PersonId>,
    /// What is asked, item by item.
    pub form: RequestForm,
    /// Signs that the caller tells of (S2-3 … S2-7).
    pub signs: Vec<Sign>,
    /// The language in which whoever asks is answered (S0-34).
    pub language: Language,
    /// Marked as sensitive by whoever asked (S0-60).
    pub sensitive: bool,
    /// Who may read it; unlabelled input is restricted (S0-58).
    pub tlp: Tlp,
    /// On what ground the desk works on it (S0-44).
    pub basis: Basis,
    /// Priorities declared, oldest first; the last one counts, none is normal (S0-55, S0-56).
    pub declared: Vec<Declaration>,
    /// Who speaks, once that is certain (S0-67).
    pub verified: Option<Verified>,
    /// Who works on it.
    pub assignee: Option<PersonId>,
    /// Its clocks.
    pub clocks: Vec<RunningClock>,
    /// When the first of the clocks that run is due, UTC; those that are paused press nobody.
    pub due_at: Option<Timestamp>,
    /// How many remarks it has.
    pub comments: u32,
    /// The case that it led to.
    pub case: Option<CaseId>,
    /// How it ended.
    pub ended: Option<Ended>,
}

impl ServiceRequest {
    /// Where it stands.
    pub const fn state(&self) -> RequestState {
        match (&self.ended, &self.assignee) {
            (Some(_), _) => RequestState::Ended,
            (None, Some(_)) => RequestState::Taken,
            (None, None) => RequestState::Open,
        }
    }

    /// The priority that counts.
    pub fn priority(&self) -> Priority {
        self.declared.last().map_or(Priority::Normal, |declared| declared.priority)
    }

    /// The service that counts: an emergency that a contact declared is one, whatever the form says.
    pub fn service(&self) -> Option<ServiceKind> {
        if self.priority() == Priority::Emergency { Some(ServiceKind::Emergency) } else { self.form.service }
    }

    /// The order in which people are assigned to it.
    pub const fn rank(&self) -> Rank {
        self.basis.rank()
    }

    /// What is still missing, as keys of the form.
    pub fn missing(&self) -> Vec<&'static str> {
        self.form.missing(self.priority() == Priority::Emergency)
    }

    /// The latest clock of a duty.
    pub fn clock(&self, duty: Duty) -> Option<&RunningClock> {
        self.clocks.iter().rfind(|clock| clock.duty == duty)
    }

    /// Its place in the queue as one word that sorts: rank, priority, deadline, receipt (S0-52 … S0-55).
    fn place(&self) -> String {
        let urgency = match self.priority() {
            Priority::Emergency => 0,
            Priority::Urgent => 1,
            Priority::Normal => 2,
        };
        let due = self.due_at.map_or(i64::MAX, Timestamp::as_second);
        format!("{}{urgency}{due:020}{:020}", self.rank().number(), self.received_at.as_second())
    }
}

impl Entity for ServiceRequest {
    const KIND: &'static str = "request";
    const ERASABLE: bool = true;

    fn id(&self) -> Uuid {
        self.id.0
    }

    fn org(&self) -> Option<OrganizationId> {
        Some(self.org)
    }

    fn index(&self) -> Vec<(&'static str, IndexValue)> {
        Index::new()
            .with("state", self.state().name())
            .with("unended", self.ended.is_none())
            .with("place", self.place())
            .with("reference", self.reference.as_str())
            .with("received_at", self.received_at)
            .with("channel", self.channel.name())
            .with("priority", self.priority().name())
            .with("drill", self.drill)
            .with_each("service", self.service().map(ServiceKind::name))
            .with_each("due_at", self.due_at.filter(|_| self.ended.is_none()))
            .with_each("assignee", self.assignee.map(|person| person.to_string()))
            .with_each("case", self.case.map(|case| case.to_string()))
            .fields()
    }

    fn search_text(&self) -> String {
        format!("{} {}", self.reference, self.form.search_text())
    }
}
