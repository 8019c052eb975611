//! A new list of known bad: open alerts, and those of the last seven days, are judged again, the latest first.
//!
//! Repeats are left out: the alert that they repeat speaks for them, else each would be a report and a mail of its own.
//!
//! One job a list and version hands on a page of alerts at a time to a queue of its own, and waits while that has enough to do, whoever's
//! looks they are: new alerts never wait for it, and lists that change every hour do not pile up. A version that was replaced meanwhile
//! ends its job.

use std::collections::BTreeMap;

use hikeshi_domain::alert::Alert;
use hikeshi_domain::organization::Organization;
use hikeshi_domain::reference_list::{ListKind, ReferenceList};
use hikeshi_domain::{OrganizationId, ReferenceListId};
use hikeshi_record::{Change, Claimed, Context, Job, Order, Query, Stored};
use hikeshi_triage::LOOK_BACK;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::run::{RELOOK_QUEUE, TriageJob};
use crate::desk::Desk;
use crate::error::{Error, Result};
use crate::everything::everything;

/// Queue of lists whose alerts are judged again.
pub(crate) const LIST_QUEUE: &str = "triage-list";
/// Alerts that are handed on at once.
const PAGE: u32 = 50;
/// Looks that are due while this many wait are enough.
const ENOUGH_DUE: u32 = 50;
/// Alerts of one version of a list: some hours of a fifth of a core. Organisations share them evenly, so that none uses up another's.
const MOST: u32 = 5_000;
/// So many of each organisation in any case.
const LEAST: u32 = 200;
const PAUSE: SignedDuration = SignedDuration::from_secs(10);

/// Payload: how far the alerts of a list have been handed on.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ListJob {
    list: ReferenceListId,
    uploaded_at: Timestamp,
    /// Whether those of the last seven days are done: then older ones that are open.
    older: bool,
    cursor: Option<String>,
    /// How many of each organisation are handed on.
    #[serde(default)]
    by_org: BTreeMap<OrganizationId, u32>,
}

/// The change, with the job that judges earlier alerts again where the list calls its entries bad.
pub(crate) fn judged_again(change: Change, list: &ReferenceList) -> Change {
    if list.kind != ListKind::Bad {
        return change;
    }
    let job = ListJob { list: list.id, uploaded_at: list.uploaded_at, older: false, cursor: None, by_org: BTreeMap::new() };
    change.owner(list.org).enqueue(Job::new(LIST_QUEUE, &job))
}

/// Hands on the next page of alerts.
pub(crate) async fn hand_on(desk: &Desk, claimed: &Claimed, job: ListJob) -> Result<()> {
    let everywhere = Context::system("triage");
    let list = desk.store.get::<ReferenceList>(&everywhere, job.list.0).await?;
    if list.removed.is_some() || list.uploaded_at != job.uploaded_at {
        return Ok(desk.store.finish_job(&everywhere, claimed).await?);
    }
    let context = list.org.map_or(everywhere.clone(), |org| everywhere.within(org));
    if desk.store.due_jobs(&everywhere, RELOOK_QUEUE, ENOUGH_DUE).await? >= ENOUGH_DUE {
        let later = desk.now().saturating_add(PAUSE).map_err(Error::internal)?;
        return next(desk, &context, claimed, &list, Job::new(LIST_QUEUE, &job).not_before(later)).await;
    }
    let page = desk.store.list::<Alert>(&context, alerts(&job)?).await?;
    let most = most(desk, list.org).await?;
    let mut by_org = job.by_org;
    let mut by_owner: BTreeMap<OrganizationId, Change> = BTreeMap::new();
    // A repeat is spoken for by the first, which came within 72 hours before it.
    for alert in page.items.iter().filter(|alert| alert.state.repeats().is_none()) {
        let handed_on = by_org.entry(alert.org).or_default();
        if *handed_on >= most {
            continue;
        }
        *handed_on = handed_on.saturating_add(1);
        let change = by_owner.remove(&alert.org).unwrap_or_else(|| Change::new("triage.list", list.name.clone()));
        by_owner.insert(alert.org, change.enqueue(Job::new(RELOOK_QUEUE, &TriageJob::of_list(alert.id, list.id))));
    }
    for (org, change) in by_owner {
        desk.store.change(&everywhere.within(org), change).await?;
    }
    // Of one organisation nothing is left to do when its share is handed on.
    let enough = list.org.is_some_and(|org| by_org.get(&org).is_some_and(|handed_on| *handed_on >= most));
    if enough || (page.next_cursor.is_none() && job.older) {
        let alerts = by_org.values().fold(0, |sum: u32, handed_on| sum.saturating_add(*handed_on));
        tracing::info!(list = %list.id, alerts, "a new list of known bad: earlier alerts are judged again");
        return Ok(desk.store.finish_job(&everywhere, claimed).await?);
    }
    let older = job.older || page.next_cursor.is_none();
    let job = ListJob { list: job.list, uploaded_at: job.uploaded_at, older, cursor: page.next_cursor, by_org };
    next(desk, &context, claimed, &list, Job::new(LIST_QUEUE, &job)).await
}

/// How many alerts of one organisation a list may hand on.
async fn most(desk: &Desk, org: Option<OrganizationId>) -> Result<u32> {
    if org.is_some() {
        return Ok(MOST);
    }
    let all = everything::<Organization>(desk, &Context::system("triage"), Query::new()).await?;
    let organizations = u32::try_from(all.len()).unwrap_or(u32::MAX).max(1);
    Ok((MOST / organizations).max(LEAST))
}

/// Ends this job with the one that goes on.
async fn next(desk: &Desk, context: &Context, claimed: &Claimed, list: &Stored<ReferenceList>, job: Job) -> Result<()> {
    let change = Change::new("triage.list", list.name.clone()).owner(list.org).finish(claimed).enqueue(job);
    desk.store.change(context, change).await?;
    Ok(())
}

/// The next alerts: from seven days before the list on, the latest first; then older ones that are open.
fn alerts(job: &ListJob) -> Result<Query> {
    let from = job.uploaded_at.saturating_sub(LOOK_BACK).map_err(Error::internal)?;
    let query = match job.older {
        // What came while the list was read may have been judged without it.
        false => Query::new().at_least("received_at", from),
        true => Query::new().eq("open", true).before("received_at", from),
    };
    Ok(query.order("received_at", Order::Desc).after(job.cursor.clone()).limit(PAGE))
}
