//! An alert as a list and a page show it.

use hikeshi_desk::Names;
use hikeshi_desk::alert::AlertLine;
use hikeshi_domain::alert::{self, Alert, AlertState};
use hikeshi_domain::answer::{Answer, standing};
use hikeshi_domain::endpoint::BlockMode;
use hikeshi_domain::phrase::Language;
use hikeshi_domain::phrases::render;
use hikeshi_domain::told::{Told, Way};
use hikeshi_domain::verdict::Verdict;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::word;

use super::person::{Named, named};

/// A line of the list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AlertRow {
    id: Uuid,
    /// What `expected_version` takes.
    version: u64,
    org: Uuid,
    org_name: String,
    host: String,
    /// Name of the threat, by the product.
    name: String,
    product: String,
    /// `network`, `endpoint`, `device` (S1-18).
    #[schema(value_type = word::SourceKind)]
    source_kind: alert::SourceKind,
    /// `blocked`, `detected`, `quarantined`, `deleted`.
    #[schema(value_type = word::Action)]
    action: alert::Action,
    /// The verdict that counts: `black`, `grey`, `white`; absent before triage.
    #[schema(value_type = Option<word::Verdict>)]
    verdict: Option<&'static str>,
    /// The machine's own.
    #[schema(value_type = Option<word::Verdict>)]
    machine_verdict: Option<&'static str>,
    score: Option<i32>,
    /// `received`, `reported`, `repeat`, `harmless`, `closed`.
    #[schema(value_type = word::AlertStateName)]
    state: &'static str,
    #[schema(value_type = String, format = DateTime)]
    received_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    detected_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    due_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    reported_at: Option<Timestamp>,
    /// `met`, `missed`, `running`, `none`.
    #[schema(value_type = word::Target)]
    target: &'static str,
    urgency: UrgencyView,
    assignee: Option<Named>,
    case: Option<CaseRef>,
    /// The reported alert that this one repeats.
    repeat_of: Option<Uuid>,
    repeats: u32,
    drill: bool,
    /// The file or image that it is about.
    image: Option<String>,
    /// `block`, `non_block`, `unknown`.
    #[schema(value_type = word::BlockMode)]
    block_mode: BlockMode,
}

/// How urgent, and why.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UrgencyView {
    /// Sorts ascending.
    rank: u8,
    reason: String,
}

/// A case by title.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CaseRef {
    id: Uuid,
    title: String,
}

/// A person's verdict beside the machine's.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OverrideView {
    #[schema(value_type = word::Verdict)]
    verdict: &'static str,
    by: Named,
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    reason: String,
}

/// What somebody said of the alert when asked.
#[derive(Serialize, ToSchema)]
pub(crate) struct AnswerTold {
    #[schema(value_type = word::AlertQuestion)]
    question: &'static str,
    #[schema(value_type = word::Said)]
    said: &'static str,
    /// Who said it.
    from: String,
    /// Who wrote it down.
    by: Named,
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    note: String,
    /// Whether it is the latest to its question: that one is weighed.
    counts: bool,
}

/// Answers, the latest first.
pub(crate) fn answers(alert: &Alert, names: &Names) -> Vec<AnswerTold> {
    let view = |answer: &Answer| AnswerTold {
        question: answer.question.name(),
        said: answer.said.name(),
        from: answer.from.clone(),
        by: named(answer.by, names),
        at: answer.at,
        note: answer.note.clone(),
        counts: standing(&alert.answers, answer.question) == Some(answer),
    };
    alert.answers.iter().rev().map(view).collect()
}

pub(crate) fn row(line: &AlertLine, names: &Names, language: Language, now: Timestamp) -> AlertRow {
    let alert = &line.alert;
    AlertRow {
        id: alert.id.0,
        version: alert.version,
        org: alert.org.0,
        org_name: names.organization(alert.org).to_owned(),
        host: alert.raised.host.clone(),
        name: names.alert(&alert.raised, language).to_owned(),
        product: alert.raised.product.clone(),
        source_kind: alert.raised.source_kind,
        action: alert.raised.action,
        verdict: alert.effective_verdict().map(Verdict::name),
        machine_verdict: alert.verdict.map(Verdict::name),
        score: alert.score,
        state: alert.state.name(),
        received_at: alert.received_at,
        detected_at: alert.raised.detected_at,
        due_at: alert.due_at,
        reported_at: reported_at(alert),
        target: target(alert, now),
        urgency: UrgencyView { rank: line.urgency.rank, reason: render(&line.urgency.reason, language) },
        assignee: alert.assignee.map(|person| named(person, names)),
        case: alert.case.map(|case| CaseRef {
            id: case.0,
            title: line.case_title.as_ref().map(|title| title.in_language(language).to_owned()).unwrap_or_default(),
        }),
        repeat_of: match alert.state {
            AlertState::Repeat { of } => Some(of.0),
            _ => None,
        },
        repeats: alert.repeats,
        drill: alert.drill,
        image: alert.raised.file.as_ref().and_then(|file| file.path.clone()),
        block_mode: line.block_mode,
    }
}

pub(crate) fn overridden(alert: &Alert, names: &Names) -> Option<OverrideView> {
    let judged = alert.overridden.as_ref()?;
    Some(OverrideView { verdict: judged.verdict.name(), by: named(judged.by, names), at: judged.at, reason: judged.reason.clone() })
}

fn reported_at(alert: &Alert) -> Option<Timestamp> {
    match alert.state {
        AlertState::Reported { at, .. } => Some(at),
        _ => None,
    }
}

/// The two-hour target: shown as missed, never hidden (S3-33).
fn target(alert: &Alert, now: Timestamp) -> &'static str {
    match alert.state {
        AlertState::Reported { at, .. } if at <= alert.due_at => "met",
        AlertState::Reported { .. } => "missed",
        AlertState::Received if now <= alert.due_at => "running",
        AlertState::Received => "missed",
        AlertState::Repeat { .. } | AlertState::Harmless | AlertState::Closed { .. } => "none",
    }
}

/// What was raised: the first telling, with what others of the same detection added.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RaisedView {
    /// The product's own id of the alert.
    id: String,
    host: String,
    #[schema(value_type = String, format = DateTime)]
    detected_at: Timestamp,
    #[schema(value_type = word::SourceKind)]
    source_kind: alert::SourceKind,
    product: String,
    name: String,
    #[schema(value_type = word::Action)]
    action: alert::Action,
    file: Option<RaisedFile>,
    process: Option<RaisedProcess>,
}

/// Another telling of the same detection.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ToldView {
    /// `sent`: by the product itself; `read`: in the product's log.
    #[schema(value_type = word::Way)]
    way: Way,
    /// The product's own id of it.
    id: String,
    product: String,
    name: String,
    #[schema(value_type = String, format = DateTime)]
    detected_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    received_at: Timestamp,
}

/// The file that a product names.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RaisedFile {
    path: Option<String>,
    sha256: Option<String>,
    sha1: Option<String>,
    md5: Option<String>,
}

/// The process that a product names.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RaisedProcess {
    guid: Option<String>,
    pid: Option<i64>,
}

impl RaisedView {
    /// What was raised, under the name that the reader is told.
    pub(crate) fn named(raised: &alert::ProductAlert, name: &str) -> Self {
        let alert::ProductAlert { id, host, detected_at, source_kind, product, action, file, process, .. } = raised.clone();
        let file = file.map(|alert::AlertFile { path, sha256, sha1, md5 }| RaisedFile { path, sha256, sha1, md5 });
        let process = process.map(|alert::AlertProcess { guid, pid }| RaisedProcess { guid, pid });
        RaisedView { id, host, detected_at, source_kind, product, name: name.to_owned(), action, file, process }
    }
}

pub(crate) fn told(told: &Told) -> ToldView {
    let Told { way, id, product, name, detected_at, received_at } = told.clone();
    ToldView { way, id, product, name, detected_at, received_at }
}
