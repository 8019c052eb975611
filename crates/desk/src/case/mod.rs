//! Cases: opened with a proposal, judged by the lead, worked on, closed.

mod classify;
mod closing;
mod opening;
mod past;
mod standing;

use std::collections::BTreeMap;

use hikeshi_access::{Action, Caller, permit, permit_everywhere};
use hikeshi_domain::alert::Alert;
use hikeshi_domain::case::Case;
use hikeshi_domain::entity::Entity;
use hikeshi_domain::incident::ResponseFlow;
use hikeshi_domain::phrase::Phrase;
use hikeshi_domain::verdict::Verdict;
use hikeshi_domain::{CaseId, EndpointId, OrganizationId, PersonId};
use hikeshi_record::PAGE_LIMIT;
use hikeshi_record::{Change, Context, Order, Page, Query, Stored};

use crate::alert::{AlertQuery, AlertSort};
use crate::desk::{Desk, context};
use crate::error::{Error, ErrorKind, Result};
use crate::{person, upon};

pub use classify::{Classification, classify, reclassification};
pub use closing::{close, close_together};
pub(crate) use opening::{PROPOSE_QUEUE, ProposeJob, joined, opened, proposal, propose_again, proposed_again};
pub use past::get_as_of;
pub use standing::{Harm, NextDuty, harm, next_duty};

/// Which cases.
#[derive(Debug, Clone, Default)]
pub struct CaseQuery {
    /// Of one organisation only.
    pub org: Option<OrganizationId>,
    /// In one of these phases; empty: in any. `open` is every phase but closed.
    pub phases: Vec<String>,
    /// That concern this endpoint.
    pub endpoint: Option<EndpointId>,
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
    if let Some(endpoint) = query.endpoint {
        asked = asked.eq("endpoint", endpoint.to_string());
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

/// Gives a case to a person, or to nobody.
///
/// # Errors
/// `NotFound` where the person may not see the case, `Conflict` as for [`classify`] (if a version is named).
pub async fn assign(desk: &Desk, caller: &Caller, case: CaseId, to: Option<PersonId>, version: Option<u64>) -> Result<CaseLine> {
    upon::retried(|| assign_once(desk, caller, case, to, version)).await
}

async fn assign_once(desk: &Desk, caller: &Caller, case: CaseId, to: Option<PersonId>, version: Option<u64>) -> Result<CaseLine> {
    let (context, stored) = load(desk, caller, case, Action::WorkCases, version, alike).await?;
    if let Some(person) = to {
        person::may(desk, person, Action::WorkCases, stored.org).await?;
    }
    let assigned = Case { assignee: to, ..stored.entity.clone() };
    keep(desk, &context, Change::new("case.assign", "").put(&assigned, stored.expect()), &assigned).await
}

async fn case_line(desk: &Desk, context: &Context, case: Stored<Case>) -> Result<CaseLine> {
    let query = Query::new().eq("case", case.id.to_string()).limit(PAGE_LIMIT);
    let alerts = desk.store.list::<Alert>(context, query).await?.items;
    Ok(line_of(case, &alerts))
}

fn line_of(case: Stored<Case>, alerts: &[Stored<Alert>]) -> CaseLine {
    let hosts: BTreeMap<String, String> =
        alerts.iter().map(|alert| (alert.raised.host.to_lowercase(), alert.raised.host.clone())).collect();
    let verdict = alerts.iter().filter_map(|alert| alert.effective_verdict()).max();
    CaseLine { case, hosts: hosts.into_values().collect(), verdict }
}

/// The case to be changed. Whoever saw an older version learns of that first, also where it was closed meanwhile: they see what the other
/// person did, and why, beside their own.
async fn load(
    desk: &Desk,
    caller: &Caller,
    case: CaseId,
    action: Action,
    seen: Option<u64>,
    alike: fn(&Case, &Case) -> bool,
) -> Result<(Context, Stored<Case>)> {
    let reading = context(&permit_everywhere(caller, Action::ReadCases)?);
    let case = desk.store.get::<Case>(&reading, case.0).await?;
    let permit = permit(caller, action, case.org)?;
    upon::unchanged(desk, &reading, &case, seen, alike).await?;
    if case.closed.is_some() {
        return Err(Error::new(ErrorKind::Invalid, Phrase::new("error.case_closed")));
    }
    Ok((context(&permit), case))
}

/// Whether nobody has acted on the case between the two, and the playbook proposes the same.
fn alike(one: &Case, other: &Case) -> bool {
    let proposed = |case: &Case| case.proposed.clone().map(|proposed| (proposed.incident_type, proposed.severity, proposed.flows));
    let said = |case: &Case| (case.decided.clone(), case.closed.clone(), case.assignee, proposed(case));
    said(one) == said(other)
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
