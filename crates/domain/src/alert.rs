//! The alert: what a product or our own rules raised, and how far it has come.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::answer::{Answer, MOST_ANSWERS};
use crate::entity::{Entity, Index, IndexValue};
use crate::id::{AlertId, CaseId, FlashReportId, OrganizationId, PersonId};
use crate::procedure::Execution;
use crate::told::{MOST_TOLD, Told, guids_in};
use crate::urgency::standing_rank;
use crate::verdict::Verdict;

/// What kind of log it came from (S1-18).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SourceKind {
    /// Network log.
    Network,
    /// Endpoint log.
    Endpoint,
    /// Security device.
    Device,
}

/// What the product did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// Stopped before it ran.
    Blocked,
    /// Only seen: it could run.
    Detected,
    /// Moved away.
    Quarantined,
    /// Deleted.
    Deleted,
}

/// File that the alert names.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct AlertFile {
    /// Full path.
    #[serde(default)]
    pub path: Option<String>,
    /// SHA-256, lower-case hexadecimal.
    #[serde(default)]
    pub sha256: Option<String>,
    /// SHA-1.
    #[serde(default)]
    pub sha1: Option<String>,
    /// MD5.
    #[serde(default)]
    pub md5: Option<String>,
}

/// Process that the alert names.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct AlertProcess {
    /// GUID.
    #[serde(default)]
    pub guid: Option<String>,
    /// Process id.
    #[serde(default)]
    pub pid: Option<i64>,
}

/// An alert as a product sends it: the body of `POST /api/v1/alerts`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProductAlert {
    /// The product's own id of the alert; the same id again is the same alert.
    pub id: String,
    /// The host it is about.
    pub host: String,
    /// When the endpoint detected it.
    pub detected_at: Timestamp,
    /// Kind of source.
    pub source_kind: SourceKind,
    /// Product name.
    pub product: String,
    /// Name of the threat.
    pub name: String,
    /// What the product did.
    pub action: Action,
    /// The file.
    #[serde(default)]
    pub file: Option<AlertFile>,
    /// The process.
    #[serde(default)]
    pub process: Option<AlertProcess>,
}

/// How far an alert has come.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum AlertState {
    /// Received; triage has not ended.
    Received,
    /// Triaged and reported.
    Reported {
        /// The report.
        report: FlashReportId,
        /// When it was issued.
        at: Timestamp,
    },
    /// A repeat within 72 hours of the first reported one: counted, linked, triaged, not reported (S3-48, S3-49).
    Repeat {
        /// The reported alert that it repeats.
        of: AlertId,
    },
    /// Harmless by file information alone: put on the exception list, no report (S3-111).
    Harmless,
    /// Closed by a person with a reason.
    Closed {
        /// Who.
        by: PersonId,
        /// When.
        at: Timestamp,
        /// Why.
        reason: String,
        /// The report that had been issued before, if any.
        report: Option<FlashReportId>,
        /// Where it stood before: there it stands again when it is reopened.
        #[serde(default)]
        before: Option<Box<AlertState>>,
    },
}

/// A person's verdict beside the machine's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Override {
    /// The person's verdict.
    pub verdict: Verdict,
    /// Who.
    pub by: PersonId,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub reason: String,
}

/// An alert of an organisation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Alert {
    /// Its name.
    pub id: AlertId,
    /// The tenant.
    pub org: OrganizationId,
    /// What was raised.
    pub raised: ProductAlert,
    /// When the desk received it: the clock starts here (S3-32).
    pub received_at: Timestamp,
    /// When the flash report is due: about two hours after receipt (S3-31).
    pub due_at: Timestamp,
    /// Where it stands.
    pub state: AlertState,
    /// The machine's verdict, once triaged.
    pub verdict: Option<Verdict>,
    /// Its score.
    pub score: Option<i32>,
    /// A person's verdict, if different minds looked.
    pub overridden: Option<Override>,
    /// Who works on it.
    pub assignee: Option<PersonId>,
    /// The case that it belongs to.
    pub case: Option<CaseId>,
    /// Repeats counted so far.
    pub repeats: u32,
    /// It belongs to a drill.
    pub drill: bool,
    /// Whether the file ran or could have; set when triage has looked.
    #[serde(default)]
    pub execution: Option<Execution>,
    /// The machine's verdict that its report told last.
    #[serde(default)]
    pub told: Option<Verdict>,
    /// When the mail on its black verdict was written: a verdict that turns black later is told then, once (S3-35).
    #[serde(default)]
    pub black_told_at: Option<Timestamp>,
    /// Its name in Japanese, where the desk raised it and the rule's author wrote one: people search for what they are shown.
    #[serde(default)]
    pub name_ja: Option<String>,
    /// Other tellings of the same detection, the latest [`MOST_TOLD`].
    #[serde(default)]
    pub also_told: Vec<Told>,
    /// What people said of it when they were asked, oldest first, the latest [`MOST_ANSWERS`].
    #[serde(default)]
    pub answers: Vec<Answer>,
}

impl Alert {
    /// The verdict that counts: the person's where there is one.
    pub fn effective_verdict(&self) -> Option<Verdict> {
        self.overridden.as_ref().map(|by_person| by_person.verdict).or(self.verdict)
    }

    /// When it was detected, at the latest when the desk received it: what a product's clock claims beyond that is wrong.
    pub fn placed_at(&self) -> Timestamp {
        self.raised.detected_at.min(self.received_at)
    }

    /// Lists a telling more.
    pub fn list_told(&mut self, told: Told) {
        self.also_told.push(told);
        let over = self.also_told.len().saturating_sub(MOST_TOLD);
        self.also_told.drain(..over);
    }

    /// Keeps an answer more.
    pub fn note_answer(&mut self, answer: Answer) {
        self.answers.push(answer);
        let over = self.answers.len().saturating_sub(MOST_ANSWERS);
        self.answers.drain(..over);
    }

    /// Whether it is black and nobody was told.
    pub fn owes_black_mail(&self) -> bool {
        self.effective_verdict() == Some(Verdict::Black) && self.black_told_at.is_none()
    }
}

/// Most GUIDs in its id by which an alert is found.
const MOST_GUIDS: usize = 8;

/// The part of a host's name that short and full name share, in lower case; an address as it is.
pub fn host_label(host: &str) -> String {
    let host = host.to_lowercase();
    let is_address = host.parse::<std::net::IpAddr>().is_ok();
    host.split('.').next().filter(|_| !is_address).map(str::to_owned).unwrap_or(host)
}

/// The keys under which repeats of an alert are found: same endpoint and same file, by each hash that it names, since another product may
/// name another one (S3-48). None without a hash: such an alert is never suppressed as a repeat.
pub fn repeat_keys(raised: &ProductAlert) -> Vec<String> {
    let file = raised.file.as_ref();
    let hashes = file.into_iter().flat_map(|file| [&file.sha256, &file.sha1, &file.md5]).flatten();
    hashes.map(|hash| format!("{} {}", raised.host.to_lowercase(), hash.to_lowercase())).collect()
}

impl AlertState {
    /// The word in JSON, URL and index.
    pub const fn name(&self) -> &'static str {
        match self {
            AlertState::Received => "received",
            AlertState::Reported { .. } => "reported",
            AlertState::Repeat { .. } => "repeat",
            AlertState::Harmless => "harmless",
            AlertState::Closed { .. } => "closed",
        }
    }

    /// Where a closed alert stands when it is opened again; `None` for one that is not closed.
    pub fn reopened(&self) -> Option<AlertState> {
        let AlertState::Closed { report, at, before, .. } = self else { return None };
        Some(match (before, report) {
            (Some(before), _) if before.report() == *report => before.as_ref().clone(),
            // A report that was issued while it was closed.
            (_, Some(report)) => AlertState::Reported { report: *report, at: *at },
            (_, None) => AlertState::Received,
        })
    }

    /// Whether a person closed it.
    pub const fn is_closed(&self) -> bool {
        matches!(self, AlertState::Closed { .. })
    }

    /// The alert that it repeats, also where it was closed since: that one speaks for it.
    pub fn repeats(&self) -> Option<AlertId> {
        match self {
            AlertState::Repeat { of } => Some(*of),
            AlertState::Closed { report: None, before, .. } => before.as_ref().and_then(|before| before.repeats()),
            _ => None,
        }
    }

    /// The report issued for it, if any.
    pub const fn report(&self) -> Option<FlashReportId> {
        match self {
            AlertState::Reported { report, .. } => Some(*report),
            AlertState::Closed { report, .. } => *report,
            AlertState::Received | AlertState::Repeat { .. } | AlertState::Harmless => None,
        }
    }
}

impl Entity for Alert {
    const KIND: &'static str = "alert";
    const ERASABLE: bool = true;

    fn id(&self) -> Uuid {
        self.id.0
    }

    fn org(&self) -> Option<OrganizationId> {
        Some(self.org)
    }

    fn index(&self) -> Vec<(&'static str, IndexValue)> {
        let file = self.raised.file.as_ref();
        let process = self.raised.process.as_ref();
        let repeat_of = match &self.state {
            AlertState::Repeat { of } => Some(of.to_string()),
            _ => None,
        };
        Index::new()
            .with("state", self.state.name())
            .with("open", !matches!(self.state, AlertState::Closed { .. }))
            .with("host", self.raised.host.to_lowercase())
            .with("host_label", host_label(&self.raised.host))
            .with("product", self.raised.product.as_str())
            .with("product_id", format!("{} {}", self.raised.product, self.raised.id))
            .with("received_at", self.received_at)
            .with("detected_at", self.raised.detected_at)
            .with("due_at", self.due_at)
            .with("drill", self.drill)
            .with("urgency", standing_rank(self))
            .with_each("verdict", self.effective_verdict().map(Verdict::name))
            .with_each("score", self.score.map(i64::from))
            .with_each("assignee", self.assignee.map(|person| person.to_string()))
            .with_each("case", self.case.map(|case| case.to_string()))
            .with_each("report", self.state.report().map(|report| report.to_string()))
            .with_each("repeat_of", repeat_of)
            .with_each("repeat_key", repeat_keys(&self.raised))
            .with_each("sha256", file.and_then(|file| file.sha256.as_ref()).map(|hash| hash.to_lowercase()))
            .with_each("sha1", file.and_then(|file| file.sha1.as_ref()).map(|hash| hash.to_lowercase()))
            .with_each("md5", file.and_then(|file| file.md5.as_ref()).map(|hash| hash.to_lowercase()))
            .with_each("id_guid", guids_in(&self.raised.id).into_iter().take(MOST_GUIDS))
            .with_each("process_guid", process.and_then(|process| process.guid.as_deref()))
            .fields()
    }

    fn search_text(&self) -> String {
        let file = self.raised.file.clone().unwrap_or_default();
        let told = self.also_told.iter().flat_map(|told| [&told.name, &told.id]).cloned();
        let raised = [&self.raised.host, &self.raised.name, &self.raised.product].into_iter().cloned();
        let words = raised.chain(self.name_ja.clone()).chain(file.path).chain(file.sha256).chain([self.raised.id.clone()]).chain(told);
        words.collect::<Vec<_>>().join(" ")
    }
}
