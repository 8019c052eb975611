//! The flash report (速報レポート): what the duty officer and the customer read.

use std::borrow::Cow;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::alert::{Action, ProductAlert, SourceKind};
use crate::endpoint::BlockMode;
use crate::entity::{Entity, Index, IndexValue};
use crate::id::{AlertId, CaseId, FlashReportId, OrganizationId, TriageId};
use crate::phrase::{Language, Phrase};
use crate::tlp::Tlp;
use crate::triage::Triage;

/// Whether the two-hour target was met. A target is "about": a miss is shown, never hidden (S3-33).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// Issued in time.
    Met,
    /// Issued late.
    Missed,
    /// No clock runs: made from files without a desk.
    None,
}

/// The model that PDF, HTML and JSON are made from, in either language.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FlashReport {
    /// Its name; absent for a report made from files without a desk.
    pub id: Option<FlashReportId>,
    /// Reference for people, e.g. `FR-20261121-0007`.
    pub reference: String,
    /// 1 for the first, more as data of the window arrives.
    pub version: u32,
    /// Who may read it.
    pub tlp: Tlp,
    /// The organisation's name as shown.
    pub organization: String,
    /// It belongs to a drill: marked on every page.
    pub drill: bool,
    /// The alert, unless rules alone raised the subject.
    pub alert: Option<AlertPart>,
    /// The case that it belongs to.
    pub case: Option<CaseId>,
    /// When it was issued, UTC.
    pub issued_at: Timestamp,
    /// When it was due.
    pub due_at: Option<Timestamp>,
    /// Met or missed.
    pub target: Target,
    /// IANA name of the zone that the times are shown in, e.g. `Asia/Tokyo`.
    pub time_zone: String,
    /// Whether the file could run on that endpoint.
    pub block_mode: BlockMode,
    /// The outcome of triage.
    pub triage: Triage,
    /// What to do now, most urgent first (S1-20).
    pub advice: Vec<Phrase>,
    /// What the examination could not see.
    pub limits: Vec<Phrase>,
}

/// What the report tells of the alert itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AlertPart {
    /// The alert.
    pub id: Option<AlertId>,
    /// As raised.
    pub raised: ProductAlert,
    /// When the desk received it.
    pub received_at: Timestamp,
}

impl FlashReport {
    /// The same with its rules' titles in the reader's language, where their authors wrote them in it.
    pub fn told_in(&self, language: Language) -> Cow<'_, FlashReport> {
        let Cow::Owned(triage) = self.triage.told_in(language) else { return Cow::Borrowed(self) };
        let mut told = FlashReport { triage, ..self.clone() };
        // An alert that the desk raised itself is named for its strongest rule.
        if let Some(alert) = &mut told.alert {
            alert.raised.name = self.triage.title(&alert.raised.name, language).to_owned();
        }
        Cow::Owned(told)
    }
}

impl AlertPart {
    /// Kind of source and action, the two things every reader asks first.
    pub fn kind(&self) -> (SourceKind, Action) {
        (self.raised.source_kind, self.raised.action)
    }
}

/// A flash report as it is kept: with its model, so that it renders again, in either language, as it was issued.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct IssuedReport {
    /// Its name.
    pub id: FlashReportId,
    /// The tenant.
    pub org: OrganizationId,
    /// The alert that it answers.
    pub alert: AlertId,
    /// The run of triage that it tells of.
    pub triage: TriageId,
    /// The model.
    pub report: FlashReport,
}

impl Entity for IssuedReport {
    const KIND: &'static str = "flash_report";
    const ERASABLE: bool = true;

    fn id(&self) -> Uuid {
        self.id.0
    }

    fn org(&self) -> Option<OrganizationId> {
        Some(self.org)
    }

    fn index(&self) -> Vec<(&'static str, IndexValue)> {
        let report = &self.report;
        let target = match report.target {
            Target::Met => "met",
            Target::Missed => "missed",
            Target::None => "none",
        };
        Index::new()
            .with("reference", report.reference.as_str())
            .with("alert", self.alert.to_string())
            .with("host", report.triage.host.to_lowercase())
            .with("verdict", report.triage.judgement.verdict.name())
            .with("issued_at", report.issued_at)
            .with("target", target)
            .with("drill", report.drill)
            .with("version", i64::from(report.version))
            .with_each("case", report.case.map(|case| case.to_string()))
            .fields()
    }

    fn search_text(&self) -> String {
        let image = self.report.triage.subject.image.as_deref().unwrap_or_default();
        format!("{} {} {image}", self.report.reference, self.report.triage.host)
    }
}
