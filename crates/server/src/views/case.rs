//! A case as a list and a page show it.

use hikeshi_desk::Names;
use hikeshi_desk::case::{CaseLine, Harm, NextDuty};
use hikeshi_domain::case::{Decision, Proposal};
use hikeshi_domain::incident::ResponseFlow;
use hikeshi_domain::phrase::Language;
use hikeshi_domain::phrases::render;
use hikeshi_domain::verdict::Verdict;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::word;

use super::person::{Named, named};

/// A line of the list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CaseRow {
    id: Uuid,
    /// What `expected_version` takes.
    version: u64,
    org: Uuid,
    org_name: String,
    /// Reference for people.
    reference: String,
    title: String,
    drill: bool,
    /// `to_judge`, `handling`, `closed`.
    #[schema(value_type = word::CaseState)]
    state: &'static str,
    /// Decided type, if somebody has judged.
    #[serde(rename = "type")]
    #[schema(value_type = Option<word::IncidentType>)]
    incident_type: Option<String>,
    /// Decided severity, 1 to 5.
    #[schema(value_type = Option<word::Severity>)]
    severity: Option<u8>,
    /// Decided flows.
    #[schema(value_type = Vec<word::Flow>)]
    flows: Vec<String>,
    proposed: Option<ProposedView>,
    assignee: Option<Named>,
    #[schema(value_type = String, format = DateTime)]
    opened_at: Timestamp,
    /// Number of alerts.
    alerts: usize,
    hosts: Vec<String>,
    /// The worst verdict of its alerts.
    #[schema(value_type = Option<word::Verdict>)]
    verdict: Option<&'static str>,
    /// Why it was closed, by whom, when.
    closed: Option<ClosedView>,
}

/// How a case ended.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ClosedView {
    by: Named,
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    reason: String,
}

/// What the playbook proposes: decided by nobody.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProposedView {
    #[serde(rename = "type")]
    #[schema(value_type = word::IncidentType)]
    incident_type: String,
    #[schema(value_type = word::Severity)]
    severity: u8,
    /// The alternatives that the matrix cell offers.
    #[schema(value_type = Vec<word::Flow>)]
    flows: Vec<String>,
}

/// The proposal with its reasons.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProposalView {
    #[serde(rename = "type")]
    #[schema(value_type = word::IncidentType)]
    incident_type: String,
    #[schema(value_type = word::Severity)]
    severity: u8,
    #[schema(value_type = Vec<word::Flow>)]
    flows: Vec<String>,
    reasons: Vec<String>,
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// Version of the playbook that proposed it.
    playbook: String,
}

/// What a person decided.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DecisionView {
    #[serde(rename = "type")]
    #[schema(value_type = word::IncidentType)]
    incident_type: String,
    #[schema(value_type = word::Severity)]
    severity: u8,
    #[schema(value_type = Vec<word::Flow>)]
    flows: Vec<String>,
    reason: String,
    by: Named,
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    playbook: String,
}

/// What is to be done next.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NextDutyView {
    what: String,
    /// The clock that runs, by its name in the playbook; null where no clock is set for it.
    clock: Option<&'static str>,
    #[schema(value_type = Option<String>, format = DateTime)]
    due_at: Option<Timestamp>,
    /// How the deadline was counted, one step a line.
    due_steps: Vec<String>,
}

/// How bad it is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HarmView {
    /// A person has judged it; else the playbook proposes it.
    judged: bool,
    text: String,
}

pub(crate) fn next_duty(duty: &NextDuty, language: Language) -> NextDutyView {
    let steps = duty.clock.iter().flat_map(|(_, deadline)| &deadline.steps);
    NextDutyView {
        what: render(&duty.what, language),
        clock: duty.clock.as_ref().map(|(clock, _)| clock.name()),
        due_at: duty.clock.as_ref().map(|(_, deadline)| deadline.at),
        due_steps: steps.map(|step| render(step, language)).collect(),
    }
}

pub(crate) fn harm(harm: Harm) -> HarmView {
    match harm {
        Harm::Judged(text) => HarmView { judged: true, text },
        Harm::Possible(text) => HarmView { judged: false, text },
    }
}

pub(crate) fn row(line: &CaseLine, names: &Names, language: Language) -> CaseRow {
    let case = &line.case;
    let decided = case.decided.as_ref();
    CaseRow {
        id: case.id.0,
        version: case.version,
        org: case.org.0,
        org_name: names.organization(case.org).to_owned(),
        reference: case.reference.clone(),
        title: case.titled(language).to_owned(),
        drill: case.drill,
        state: case.phase().name(),
        incident_type: decided.map(|decision| decision.incident_type.name().to_owned()),
        severity: decided.map(|decision| decision.severity.level()),
        flows: decided.map(|decision| words(&decision.flows)).unwrap_or_default(),
        proposed: case.proposed.as_ref().map(|proposal| ProposedView {
            incident_type: proposal.incident_type.name().to_owned(),
            severity: proposal.severity.level(),
            flows: words(&proposal.flows),
        }),
        assignee: case.assignee.map(|person| named(person, names)),
        opened_at: case.opened_at,
        alerts: case.alerts.len(),
        hosts: line.hosts.clone(),
        verdict: line.verdict.map(Verdict::name),
        closed: case.closed.as_ref().map(|closed| ClosedView { by: named(closed.by, names), at: closed.at, reason: closed.reason.clone() }),
    }
}

pub(crate) fn proposal(proposal: &Proposal, language: Language) -> ProposalView {
    ProposalView {
        incident_type: proposal.incident_type.name().to_owned(),
        severity: proposal.severity.level(),
        flows: words(&proposal.flows),
        reasons: proposal.reasons.iter().map(|reason| render(reason, language)).collect(),
        at: proposal.at,
        playbook: proposal.playbook.clone(),
    }
}

pub(crate) fn decision(decision: &Decision, names: &Names) -> DecisionView {
    DecisionView {
        incident_type: decision.incident_type.name().to_owned(),
        severity: decision.severity.level(),
        flows: words(&decision.flows),
        reason: decision.reason.clone(),
        by: named(decision.by, names),
        at: decision.at,
        playbook: decision.playbook.clone(),
    }
}

/// Flows as words, in their order.
pub(crate) fn words<'a>(flows: impl IntoIterator<Item = &'a ResponseFlow>) -> Vec<String> {
    flows.into_iter().map(|flow| flow.name().to_owned()).collect()
}
