//! How a case begins and grows: its number and title, an alert more, and what the playbook proposes for it.

use hikeshi_domain::alert::Alert;
use hikeshi_domain::case::{Case, Proposal};
use hikeshi_domain::endpoint::Endpoint;
use hikeshi_domain::entity::Entity;
use hikeshi_domain::procedure::{Execution, Facts};
use hikeshi_domain::{CaseId, EndpointId, PersonId};
use hikeshi_record::{Change, Claimed, Context, Job, Query};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::desk::Desk;
use crate::error::{ErrorKind, Result};
use crate::everything::everything;
use crate::names;
use crate::number::{self, Number};
use crate::triage::latest_run;

/// Queue of endpoints for whose cases is proposed anew.
pub(crate) const PROPOSE_QUEUE: &str = "case-propose";
/// How often a case is looked at that somebody else keeps changing.
const ATTEMPTS: u8 = 8;

/// Payload: an endpoint of which people have said something else.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct ProposeJob {
    endpoint: EndpointId,
}

/// The change with the job that proposes anew for the endpoint's open cases: both are saved, or neither.
pub(crate) fn proposed_again(change: Change, endpoint: EndpointId) -> Change {
    change.enqueue(Job::new(PROPOSE_QUEUE, &ProposeJob { endpoint }))
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
    if let Some(run) = latest_run(desk, context, alert.id).await? {
        case.proposed = Some(proposal(desk, context, &case, alert, &run.triage, block_mode).await?);
    }
    Ok(case)
}

/// What the playbook proposes for a case from the triage of one of its alerts. A proposal never falls below the one that stands.
pub(crate) async fn proposal(
    desk: &Desk,
    context: &Context,
    case: &Case,
    alert: &Alert,
    triage: &hikeshi_domain::triage::Triage,
    block_mode: hikeshi_domain::endpoint::BlockMode,
) -> Result<Proposal> {
    let serves = serves(desk, context, case).await?;
    let facts = Facts {
        triage,
        verdict: alert.effective_verdict().unwrap_or(triage.judgement.verdict),
        execution: Execution::of(Some(triage), Some(alert.raised.action), block_mode),
        hosts: case.endpoints.len().max(1),
        serves: serves.as_deref(),
    };
    let fresh = desk.procedure.propose(&facts, desk.now());
    Ok(match &case.proposed {
        Some(standing) if standing.severity > fresh.severity => standing.clone(),
        _ => fresh,
    })
}

/// The first endpoint of the case that is part of a service for customers, by its host name.
async fn serves(desk: &Desk, context: &Context, case: &Case) -> Result<Option<String>> {
    for endpoint in &case.endpoints {
        let endpoint = desk.store.get::<Endpoint>(context, endpoint.0).await?;
        if endpoint.serves {
            return Ok(Some(endpoint.entity.host));
        }
    }
    Ok(None)
}

/// Proposes anew, from all of its alerts, for each open case of an endpoint of which people have said something else.
pub(crate) async fn propose_again(desk: &Desk, claimed: &Claimed, job: ProposeJob) -> Result<()> {
    let everywhere = Context::system("endpoint");
    let context = claimed.org.map_or(everywhere.clone(), |org| everywhere.within(org));
    let query = Query::new().eq("endpoint", job.endpoint.to_string()).eq("open", true);
    for case in everything::<Case>(desk, &context, query).await? {
        let mut attempts = ATTEMPTS;
        while let Err(error) = propose_from_all(desk, &context, case.id).await {
            attempts -= 1;
            if error.kind() != ErrorKind::Conflict || attempts == 0 {
                return Err(error);
            }
        }
    }
    Ok(desk.store.finish_job(&everywhere, claimed).await?)
}

async fn propose_from_all(desk: &Desk, context: &Context, case: CaseId) -> Result<()> {
    let stored = desk.store.get::<Case>(context, case.0).await?;
    let mut case = Case { proposed: None, ..stored.entity.clone() };
    for alert in &stored.alerts {
        let alert = desk.store.get::<Alert>(context, alert.0).await?;
        case = joined(desk, context, case, &alert).await?;
    }
    let said = |case: &Case| case.proposed.as_ref().map(|proposed| (proposed.incident_type, proposed.severity));
    if said(&case) != said(&stored) {
        desk.store.change(context, Change::new("case.propose", "").put(&case, stored.expect())).await?;
        desk.tell(Case::KIND, case.id.0, Some(case.org));
    }
    Ok(())
}

/// The host, and the file or else what the alert is called.
fn title(alert: &Alert, name: &str) -> String {
    let file = alert.raised.file.as_ref().and_then(|file| file.path.as_deref());
    let name = file.map_or(name, |path| path.rsplit(['\\', '/']).next().unwrap_or(path));
    format!("{}: {name}", alert.raised.host)
}
