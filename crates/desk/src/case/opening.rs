//! How a case begins and grows: its number and title, an alert more, and what the playbook proposes for it.

use hikeshi_domain::alert::Alert;
use hikeshi_domain::case::{Case, Proposal};
use hikeshi_domain::procedure::{Execution, Facts};
use hikeshi_domain::triage_run::TriageRun;
use hikeshi_domain::{CaseId, PersonId};
use hikeshi_record::{Context, Order, Query};
use uuid::Uuid;

use crate::desk::Desk;
use crate::error::Result;
use crate::names;
use crate::number::{self, Number};

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
