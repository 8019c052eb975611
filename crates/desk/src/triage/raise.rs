//! Alerts of our own: strong matches, grouped by subject, become one alert each (design 7).

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use hikeshi_access::Caller;
use hikeshi_domain::OrganizationId;
use hikeshi_domain::alert::{Action, Alert, AlertFile, AlertProcess, ProductAlert, SourceKind};
use hikeshi_domain::triage::Triage;
use hikeshi_lake::MatchRow;
use hikeshi_record::PAGE_LIMIT;
use hikeshi_record::{Context, Query};
use hikeshi_triage::{Focus, Found, Host, Input, Level, Match};
use tokio::sync::mpsc::UnboundedReceiver;

use super::gather::{Gathered, gather};
use crate::alert;
use crate::desk::Desk;
use crate::error::{Error, Result};

/// The product name of alerts that the desk raises itself.
pub const OWN_PRODUCT: &str = "Hikeshi";
/// Matches that come within this time are looked at together.
const GATHERING: Duration = Duration::from_secs(2);

/// Organisations whose matches raise nothing for now: a drill brings its own alerts.
#[derive(Default)]
pub struct Raiser {
    quiet: Mutex<HashSet<OrganizationId>>,
}

impl Raiser {
    /// Raises nothing for the organisation until [`Raiser::listen_to`].
    pub fn be_quiet_about(&self, org: OrganizationId) {
        self.quiet.lock().unwrap_or_else(PoisonError::into_inner).insert(org);
    }

    /// Raises for the organisation again.
    pub fn listen_to(&self, org: OrganizationId) {
        self.quiet.lock().unwrap_or_else(PoisonError::into_inner).remove(&org);
    }

    fn is_quiet_about(&self, org: OrganizationId) -> bool {
        self.quiet.lock().unwrap_or_else(PoisonError::into_inner).contains(&org)
    }
}

/// Works until the lake stops sending.
pub async fn work(desk: Desk, mut strong: UnboundedReceiver<MatchRow>) {
    while let Some(first) = strong.recv().await {
        let mut hosts: BTreeSet<(OrganizationId, String)> = BTreeSet::new();
        let mut latest: HashMap<(OrganizationId, String), jiff::Timestamp> = HashMap::new();
        let mut note = |row: MatchRow| {
            if !desk.raiser.is_quiet_about(row.org) {
                let key = (row.org, row.host.to_lowercase());
                let last = latest.entry(key.clone()).or_insert(row.time);
                *last = row.time.max(*last);
                hosts.insert(key);
            }
        };
        note(first);
        tokio::time::sleep(GATHERING).await;
        while let Ok(row) = strong.try_recv() {
            note(row);
        }
        for key in hosts {
            let around = latest.get(&key).copied().unwrap_or_else(|| desk.now());
            if let Err(error) = raise(&desk, key.0, &key.1, around).await {
                tracing::error!(org = %key.0, %error, "matches of a host could not be raised");
            }
        }
    }
}

/// Raises an alert for each subject of a host that holds a strong match and that no alert names yet.
async fn raise(desk: &Desk, org: OrganizationId, host: &str, around: jiff::Timestamp) -> Result<()> {
    let caller = Caller::desk("raise", "raise");
    let context = Context::system("raise").within(org);
    let gathered = gather(desk, &context, org, host, around).await?;
    let name = gathered.host.clone();
    let book = desk.verdicts.clone();
    let subjects = tokio::task::spawn_blocking(move || subjects(&gathered, &book)).await.map_err(Error::internal)?;
    let query = Query::new().eq("host", host.to_lowercase()).limit(PAGE_LIMIT);
    let known = desk.store.list::<Alert>(&context, query).await?.items;
    for (found, rule, triage) in subjects {
        if !known.iter().any(|alert| names_subject(&alert.raised, &triage)) {
            alert::receive(desk, &caller, org, product_alert(&name, &found, rule)).await?;
        }
    }
    Ok(())
}

/// Subjects with a strong match, each with its strongest rule's title and what triage sees around it.
fn subjects(gathered: &Gathered, book: &hikeshi_triage::VerdictBook) -> Vec<(Found, String, Triage)> {
    let matches: Vec<Match<'_>> =
        gathered.matches.iter().filter_map(|(event, rule)| Some(Match { event: *event, rule: gathered.rules.get(*rule)? })).collect();
    let host = Host::read(&gathered.events, book);
    let strong = host.subjects(&matches).into_iter().filter(|found| found.level >= Level::High);
    let with_triage = strong.map(|found| {
        let strongest = found.matches.iter().filter_map(|place| matches.get(*place)).max_by_key(|hit| hit.rule.level);
        let title = strongest.map(|hit| hit.rule.title.clone()).unwrap_or_default();
        let input = Input {
            host: &gathered.host,
            focus: Focus::Found(&found),
            events: &gathered.events,
            matches: &matches,
            exceptions: &gathered.exceptions,
            prevalence: Some(&gathered.prevalence),
            lists: None,
            block_mode: gathered.block_mode,
            received_to: gathered.received_to,
            coverage: None,
            place: None,
            rules_version: "",
        };
        let triage = host.triage(&input, book);
        (found, title, triage)
    });
    with_triage.collect()
}

/// Whether an alert names a process or file of the subject's tree.
fn names_subject(raised: &ProductAlert, triage: &Triage) -> bool {
    let process = raised.process.clone().unwrap_or_default();
    let file = raised.file.clone().unwrap_or_default();
    let same = |one: &Option<String>, other: &Option<String>| matches!((one, other), (Some(a), Some(b)) if a.eq_ignore_ascii_case(b));
    triage.tree.nodes.iter().any(|node| {
        process.guid.as_deref().is_some_and(|guid| guid.eq_ignore_ascii_case(&node.id))
            || same(&file.sha256, &node.sha256)
            || same(&file.path, &node.image)
    })
}

fn product_alert(host: &str, found: &Found, rule: String) -> ProductAlert {
    ProductAlert {
        id: format!("{host} {}", found.key),
        host: host.to_owned(),
        detected_at: found.detected_at,
        source_kind: SourceKind::Endpoint,
        product: OWN_PRODUCT.to_owned(),
        name: rule,
        action: Action::Detected,
        file: found.image.as_ref().map(|image| AlertFile { path: Some(image.clone()), ..AlertFile::default() }),
        process: found.by_process.then(|| AlertProcess { guid: found.process_guid.clone(), pid: found.pid }),
    }
}
