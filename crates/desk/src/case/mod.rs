//! Cases: opened with a proposal, judged by the lead, worked on, closed.

mod standing;

use std::collections::{BTreeMap, BTreeSet};

use hikeshi_access::{Action, Caller, permit, permit_everywhere};
use hikeshi_domain::alert::Alert;
use hikeshi_domain::case::{Case, CaseClosed, Proposal};
use hikeshi_domain::entity::Entity;
use hikeshi_domain::incident::{IncidentType, ResponseFlow, Severity};
use hikeshi_domain::person::Person;
use hikeshi_domain::phrase::Phrase;
use hikeshi_domain::procedure::{Choice, ChoiceError, Execution, Facts};
use hikeshi_domain::triage_run::TriageRun;
use hikeshi_domain::verdict::Verdict;
use hikeshi_domain::{CaseId, OrganizationId, PersonId};
use hikeshi_record::PAGE_LIMIT;
use hikeshi_record::{Change, Context, Expect, Order, Page, Query, Stored};
use uuid::Uuid;

use crate::alert::{AlertQuery, AlertSort, seen};
use crate::desk::{Desk, context};
use crate::error::{Error, ErrorKind, Result};
use crate::names;
use crate::number::{self, Number};

pub use standing::{Harm, NextDuty, harm, next_duty};

/// Which cases.
#[derive(Debug, Clone, Default)]
pub struct CaseQuery {
    /// Of one organisation only.
    pub org: Option<OrganizationId>,
    /// In one of these phases; empty: in any. `open` is every phase but closed.
    pub phases: Vec<String>,
    /// Holding these words.
    pub text: Option<String>,
    /// After this place.
    pub cursor: Option<String>,
    /// At most so many.
    pub limit: u32,
}

/// A case with what its row shows of its alerts.
#[derive(Debug, Clone)]
pub struct CaseLine {
    /// The case.
    pub case: Stored<Case>,
    /// Hosts of its alerts, ascending.
    pub hosts: Vec<String>,
    /// The worst verdict of its alerts.
    pub verdict: Option<Verdict>,
}

/// Lists cases, latest first.
///
/// # Errors
/// `NotFound` for an organisation that is not the caller's.
pub async fn list(desk: &Desk, caller: &Caller, query: CaseQuery) -> Result<Page<CaseLine>> {
    let permit = match query.org {
        Some(org) => permit(caller, Action::ReadCases, org)?,
        None => permit_everywhere(caller, Action::ReadCases)?,
    };
    let context = context(&permit);
    let mut asked = Query::new().order("opened_at", Order::Desc).after(query.cursor).limit(query.limit);
    if query.phases.iter().any(|phase| phase == "open") {
        asked = asked.eq("open", true);
    } else if !query.phases.is_empty() {
        asked = asked.any_of("phase", query.phases);
    }
    if let Some(text) = &query.text {
        asked = asked.text(text);
    }
    let page = desk.store.list::<Case>(&context, asked).await?;
    let mut items = Vec::with_capacity(page.items.len());
    for case in page.items {
        items.push(case_line(desk, &context, case).await?);
    }
    Ok(Page { items, next_cursor: page.next_cursor, total: page.total })
}

/// One case.
///
/// # Errors
/// `NotFound` where the caller does not see it.
pub async fn get(desk: &Desk, caller: &Caller, case: CaseId) -> Result<CaseLine> {
    let context = context(&permit_everywhere(caller, Action::ReadCases)?);
    let case = desk.store.get::<Case>(&context, case.0).await?;
    case_line(desk, &context, case).await
}

/// The alerts of a case, most urgent first.
///
/// # Errors
/// When the record cannot be read.
pub async fn alerts(desk: &Desk, caller: &Caller, case: CaseId) -> Result<Vec<crate::alert::AlertLine>> {
    let query = AlertQuery { case: Some(case), sort: AlertSort::Urgency, limit: 200, ..AlertQuery::default() };
    Ok(crate::alert::list(desk, caller, query).await?.lines)
}

/// What the lead picks.
#[derive(Debug, Clone)]
pub struct Classification {
    /// Type.
    pub incident_type: IncidentType,
    /// Severity.
    pub severity: Severity,
    /// One or more flows.
    pub flows: BTreeSet<ResponseFlow>,
    /// Why; needed for a flow outside the matrix cell, and to change a decision.
    pub reason: String,
    /// The version of the case that the lead looked at.
    pub version: u64,
}

/// Decides type, severity and flows (S4-7). An earlier decision stays in the history with its reason (S4-90).
///
/// # Errors
/// `Invalid` where no flow is picked, or a reason is needed and missing; `Conflict` where the case has changed meanwhile.
pub async fn classify(desk: &Desk, caller: &Caller, case: CaseId, picked: Classification) -> Result<CaseLine> {
    let (context, stored) = load(desk, caller, case, Action::JudgeCases, Some(picked.version)).await?;
    let by = caller.person().ok_or_else(Error::unauthenticated)?;
    if stored.decided.is_some() && picked.reason.trim().is_empty() {
        return Err(Error::invalid("error.reclassification_reason"));
    }
    let choice = Choice { incident_type: picked.incident_type, severity: picked.severity, flows: picked.flows, reason: picked.reason };
    let reason = choice.reason.trim().to_owned();
    let decision = desk.procedure.choose_flow(choice, by, desk.now()).map_err(|error| match error {
        ChoiceError::NoFlow => Error::invalid("error.no_flow"),
        ChoiceError::ReasonNeeded { outside, .. } => Error::invalid("error.flow_reason").with("flows", words(&outside)),
    })?;
    let judged = Case { decided: Some(decision), assignee: stored.assignee.or(Some(by)), ..stored.entity.clone() };
    keep(desk, &context, Change::new("case.classify", reason).put(&judged, Expect::Version(picked.version)), &judged).await
}

/// Gives a case to a person, or to nobody.
///
/// # Errors
/// `NotFound` where the person may not see the case, `Conflict` where it has changed since `version` (if one is named).
pub async fn assign(desk: &Desk, caller: &Caller, case: CaseId, to: Option<PersonId>, version: Option<u64>) -> Result<CaseLine> {
    let (context, stored) = load(desk, caller, case, Action::WorkCases, version).await?;
    if let Some(person) = to {
        let person = desk.store.get::<Person>(&Context::system("assign"), person.0).await?;
        let worker = Caller { actor: hikeshi_access::Actor::Person(person.id), grants: person.grants.clone(), request: String::new() };
        permit(&worker, Action::WorkCases, stored.org)?;
    }
    let assigned = Case { assignee: to, ..stored.entity.clone() };
    keep(desk, &context, Change::new("case.assign", "").put(&assigned, seen(&stored, version)), &assigned).await
}

/// Ends a case.
///
/// # Errors
/// `Invalid` without a reason, or where nobody has judged it yet; `Conflict` where it has changed since `version` (if one is named).
pub async fn close(desk: &Desk, caller: &Caller, case: CaseId, reason: &str, version: Option<u64>) -> Result<CaseLine> {
    let (context, stored) = load(desk, caller, case, Action::JudgeCases, version).await?;
    let reason = crate::alert::required(reason)?;
    if stored.decided.is_none() {
        return Err(Error::invalid("error.case_not_judged"));
    }
    let by = caller.person().ok_or_else(Error::unauthenticated)?;
    let closed = Case { closed: Some(CaseClosed { by, at: desk.now(), reason: reason.clone() }), ..stored.entity.clone() };
    keep(desk, &context, Change::new("case.close", reason).put(&closed, seen(&stored, version)), &closed).await
}

/// A new case for an alert, with its number; the caller's change takes both.
pub(crate) async fn opened(desk: &Desk, context: &Context, alert: &Alert, by: Option<PersonId>) -> Result<(Case, Number)> {
    let number = number::next(desk, context, alert.org, "IR").await?;
    let case = Case {
        id: CaseId(Uuid::now_v7()),
        org: alert.org,
        reference: number.reference.clone(),
        title: title(alert, &alert.raised.name),
        title_ja: alert.name_ja.as_deref().map(|name| title(alert, name)),
        drill: alert.drill,
        proposed: None,
        decided: None,
        alerts: Vec::new(),
        endpoints: Vec::new(),
        assignee: None,
        comments: 0,
        opened_at: desk.now(),
        opened_by: by,
        closed: None,
    };
    Ok((joined(desk, context, case, alert).await?, number))
}

/// The case with one alert more, its endpoint, and what the playbook proposes now.
pub(crate) async fn joined(desk: &Desk, context: &Context, mut case: Case, alert: &Alert) -> Result<Case> {
    if !case.alerts.contains(&alert.id) {
        case.alerts.push(alert.id);
    }
    let endpoints = names::endpoints(desk, context, [alert.raised.host.clone()]).await?;
    let endpoint = endpoints.get(&(alert.org, alert.raised.host.to_lowercase()));
    if let Some(endpoint) = endpoint
        && !case.endpoints.contains(&endpoint.id)
    {
        case.endpoints.push(endpoint.id);
    }
    let block_mode = endpoint.map(|endpoint| endpoint.block_mode).unwrap_or_default();
    let query = Query::new().eq("alert", alert.id.to_string()).order("number", Order::Desc).limit(1);
    if let Some(run) = desk.store.list::<TriageRun>(context, query).await?.items.first() {
        case.proposed = Some(proposal(desk, &case, alert, &run.triage, block_mode));
    }
    Ok(case)
}

/// What the playbook proposes for a case from the triage of one of its alerts. A proposal never falls below the one that stands.
pub(crate) fn proposal(
    desk: &Desk,
    case: &Case,
    alert: &Alert,
    triage: &hikeshi_domain::triage::Triage,
    block_mode: hikeshi_domain::endpoint::BlockMode,
) -> Proposal {
    let facts = Facts {
        triage,
        verdict: alert.effective_verdict().unwrap_or(triage.judgement.verdict),
        execution: Execution::of(Some(triage), Some(alert.raised.action), block_mode),
        hosts: case.endpoints.len().max(1),
        serves: false,
    };
    let fresh = desk.procedure.propose(&facts, desk.now());
    match &case.proposed {
        Some(standing) if standing.severity > fresh.severity => standing.clone(),
        _ => fresh,
    }
}

/// The host, and the file or else what the alert is called.
fn title(alert: &Alert, name: &str) -> String {
    let file = alert.raised.file.as_ref().and_then(|file| file.path.as_deref());
    let name = file.map_or(name, |path| path.rsplit(['\\', '/']).next().unwrap_or(path));
    format!("{}: {name}", alert.raised.host)
}

async fn case_line(desk: &Desk, context: &Context, case: Stored<Case>) -> Result<CaseLine> {
    let query = Query::new().eq("case", case.id.to_string()).limit(PAGE_LIMIT);
    let alerts = desk.store.list::<Alert>(context, query).await?.items;
    let hosts: BTreeMap<String, String> =
        alerts.iter().map(|alert| (alert.raised.host.to_lowercase(), alert.raised.host.clone())).collect();
    let verdict = alerts.iter().filter_map(|alert| alert.effective_verdict()).max();
    Ok(CaseLine { case, hosts: hosts.into_values().collect(), verdict })
}

/// The case to be changed. Whoever saw an older version learns of that first, also where it was closed meanwhile: they see what the other
/// person did, and why, beside their own.
async fn load(desk: &Desk, caller: &Caller, case: CaseId, action: Action, seen: Option<u64>) -> Result<(Context, Stored<Case>)> {
    let reading = context(&permit_everywhere(caller, Action::ReadCases)?);
    let case = desk.store.get::<Case>(&reading, case.0).await?;
    let permit = permit(caller, action, case.org)?;
    if seen.is_some_and(|version| version != case.version) {
        return Err(Error::conflict());
    }
    if case.closed.is_some() {
        return Err(Error::new(ErrorKind::Invalid, Phrase::new("error.case_closed")));
    }
    Ok((context(&permit), case))
}

async fn keep(desk: &Desk, context: &Context, change: Change, case: &Case) -> Result<CaseLine> {
    desk.store.change(context, change).await?;
    desk.tell(Case::KIND, case.id.0, Some(case.org));
    let stored = desk.store.get(context, case.id.0).await?;
    case_line(desk, context, stored).await
}

/// Flows as the phrases take them: words, commas between.
fn words<'a>(flows: impl IntoIterator<Item = &'a ResponseFlow>) -> String {
    flows.into_iter().map(|flow| flow.name()).collect::<Vec<_>>().join(",")
}
