//! Which open case an alert belongs to: one that knows the same file, or the same process tree of the same host.

use std::collections::BTreeSet;

use hikeshi_domain::CaseId;
use hikeshi_domain::alert::{Alert, AlertFile, host_label};
use hikeshi_domain::case::Case;
use hikeshi_domain::duplicate::same_file;
use hikeshi_domain::triage::Triage;
use hikeshi_domain::triage_run::TriageRun;
use hikeshi_record::{Context, Order, Query, Stored};
use hikeshi_triage::tree_ids;

use crate::desk::Desk;
use crate::error::Result;
use crate::telemetry::HostNames;

/// Most earlier alerts that are looked at, latest first.
const MOST_ALERTS: u32 = 200;

/// The open case that the alert joins, the earliest opened if there are several.
pub(super) async fn case_to_join(desk: &Desk, context: &Context, alert: &Alert, triage: &Triage) -> Result<Option<Stored<Case>>> {
    let mut candidates: BTreeSet<CaseId> = BTreeSet::new();
    let file = file(alert, triage);
    for (kind, hash) in [("sha256", &file.sha256), ("sha1", &file.sha1), ("md5", &file.md5)] {
        let Some(hash) = hash else { continue };
        let query = Query::new().eq(kind, hash.trim().to_lowercase()).order("received_at", Order::Desc).limit(MOST_ALERTS);
        let named = desk.store.list::<Alert>(context, query).await?.items;
        let same = named.iter().filter(|other| same_file(Some(&file), other.raised.file.as_ref()));
        candidates.extend(same.filter_map(|other| other.case));
    }
    let query = Query::new().eq("host_label", host_label(&alert.raised.host)).order("received_at", Order::Desc).limit(MOST_ALERTS);
    let on_host = desk.store.list::<Alert>(context, query).await?.items;
    let tree = tree_ids(triage, &desk.verdicts);
    let hosts = HostNames::load(desk, alert.org, &alert.raised.host).await?;
    let same_host = |other: &Alert| hosts.same_host(&alert.raised.host, &other.raised.host);
    for other in on_host.iter().filter(|other| other.id != alert.id && same_host(other)) {
        let Some(case) = other.case.filter(|case| !candidates.contains(case)) else { continue };
        let query = Query::new().eq("alert", other.id.to_string()).order("number", Order::Desc).limit(1);
        let runs = desk.store.list::<TriageRun>(context, query).await?.items;
        if runs.first().is_some_and(|run| !tree_ids(&run.triage, &desk.verdicts).is_disjoint(&tree)) {
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

/// The file that the alert is about: by its own word, else by what the endpoint logged of it.
fn file(alert: &Alert, triage: &Triage) -> AlertFile {
    let named = alert.raised.file.clone().unwrap_or_default();
    AlertFile {
        path: named.path,
        sha256: named.sha256.or_else(|| triage.subject.sha256.clone()),
        sha1: named.sha1.or_else(|| triage.subject.sha1.clone()),
        md5: named.md5.or_else(|| triage.subject.md5.clone()),
    }
}
