//! Which open case an alert belongs to: one that knows the same file, or the same process tree of the same host.

use std::collections::BTreeSet;

use hikeshi_domain::CaseId;
use hikeshi_domain::alert::Alert;
use hikeshi_domain::case::Case;
use hikeshi_domain::triage::{NodeOrigin, Triage};
use hikeshi_domain::triage_run::TriageRun;
use hikeshi_record::{Context, Order, Query, Stored};

use crate::desk::Desk;
use crate::error::Result;

/// Most earlier alerts that are looked at, latest first.
const MOST_ALERTS: u32 = 200;

/// The open case that the alert joins, the earliest opened if there are several.
pub(super) async fn case_to_join(desk: &Desk, context: &Context, alert: &Alert, triage: &Triage) -> Result<Option<Stored<Case>>> {
    let mut candidates: BTreeSet<CaseId> = BTreeSet::new();
    for hash in hashes(alert, triage) {
        let query = Query::new().eq("sha256", hash).order("received_at", Order::Desc).limit(MOST_ALERTS);
        candidates.extend(desk.store.list::<Alert>(context, query).await?.items.iter().filter_map(|other| other.case));
    }
    let query = Query::new().eq("host", alert.raised.host.to_lowercase()).order("received_at", Order::Desc).limit(MOST_ALERTS);
    let on_host = desk.store.list::<Alert>(context, query).await?.items;
    let tree = processes(triage);
    for other in on_host.iter().filter(|other| other.id != alert.id) {
        let Some(case) = other.case.filter(|case| !candidates.contains(case)) else { continue };
        let query = Query::new().eq("alert", other.id.to_string()).order("number", Order::Desc).limit(1);
        let runs = desk.store.list::<TriageRun>(context, query).await?.items;
        if runs.first().is_some_and(|run| !processes(&run.triage).is_disjoint(&tree)) {
            candidates.insert(case);
        }
    }
    let mut open = Vec::new();
    for case in candidates {
        let case = desk.store.get::<Case>(context, case.0).await?;
        if case.closed.is_none() {
            open.push(case);
        }
    }
    open.sort_by_key(|case| (case.opened_at, case.id));
    Ok(open.into_iter().next())
}

fn hashes(alert: &Alert, triage: &Triage) -> BTreeSet<String> {
    let named = alert.raised.file.as_ref().and_then(|file| file.sha256.clone());
    named.into_iter().chain(triage.subject.sha256.clone()).map(|hash| hash.to_lowercase()).collect()
}

/// The processes by which a tree is recognised: those around the subject, but not the shell of the session, which everything hangs on.
fn processes(triage: &Triage) -> BTreeSet<&str> {
    let recorded = triage.tree.nodes.iter().filter(|node| node.origin == NodeOrigin::Recorded && node.parent.is_some());
    recorded.filter(|node| node.subject || !node.findings.is_empty() || !node.matches.is_empty()).map(|node| node.id.as_str()).collect()
}
