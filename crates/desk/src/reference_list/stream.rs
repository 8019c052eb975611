//! Lists of known bad as the stream asks them: read anew when one was brought, replaced or taken away, here or on another node.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use hikeshi_domain::reference_list::{ListKind, ReferenceList};
use hikeshi_domain::{OrganizationId, ReferenceListId};
use hikeshi_record::Stored;
use hikeshi_triage::lists::Filter;
use hikeshi_triage::{List, ListOrigin, Lists};
use jiff::Timestamp;

use super::held::kept;
use super::indicators;
use crate::complaint::Complaint;
use crate::desk::Desk;
use crate::error::{Error, Result};
use crate::watch::{BadLists, ListsOpener};

/// How often is looked whether another node changed a list.
const LOOK_EVERY: Duration = Duration::from_secs(30);

/// What the stream asks: each list in its version. Locked while lists are read, so that an older reading never replaces a newer one.
pub(crate) type InForce = tokio::sync::Mutex<Option<HashSet<(ReferenceListId, u64)>>>;

/// Reads the lists once, then lets the stream go on.
pub(crate) async fn open_stream(desk: Desk, opener: ListsOpener) {
    if let Err(error) = renew(&desk).await {
        tracing::error!(%error, "lists of known bad cannot be read; the stream goes on without them until they can");
    }
    drop(opener);
}

/// Keeps what the stream asks in step with the record, and hands on what waited for its time.
pub(crate) async fn follow(desk: Desk) {
    let mut looks = tokio::time::interval(LOOK_EVERY);
    let mut complaint = Complaint::about("reading lists of known bad for the stream");
    loop {
        looks.tick().await;
        complaint.hear(&desk, &renew(&desk).await);
        desk.telemetry.listed.hand_on(desk.now());
    }
}

/// After a change of a list: the stream asks what now stands. What fails is tried again by [`follow`].
pub(super) async fn changed(desk: &Desk) {
    if let Err(error) = renew(desk).await {
        tracing::warn!(%error, "the stream does not know of a changed list yet");
    }
}

/// Forgets what no list names any more, wherever it was taken away, and reads the lists of known bad again if one has changed.
async fn renew(desk: &Desk) -> Result<()> {
    let mut asked = desk.telemetry.lists_in_force.lock().await;
    let mut bad = kept(desk).await?;
    bad.retain(|list| list.kind == ListKind::Bad);
    let wanted: HashSet<_> = bad.iter().map(|list| (list.id, list.version)).collect();
    if asked.as_ref() == Some(&wanted) {
        return Ok(());
    }
    let (lists, read) = bad_lists(desk, &bad).await;
    desk.telemetry.listed.put(lists);
    *asked = read.is_ok().then_some(wanted);
    read
}

/// The lists by whose events they are asked of; those that can be read.
async fn bad_lists(desk: &Desk, bad: &[Stored<ReferenceList>]) -> (BadLists, Result<()>) {
    let mut by_owner: HashMap<Option<OrganizationId>, Vec<List>> = HashMap::new();
    let mut read = Ok(());
    for list in bad {
        match indicators(desk, list).await {
            Ok(indicators) => {
                let origin = ListOrigin { name: list.name.clone(), dated: Some(list.uploaded_at), until: list.until };
                by_owner.entry(list.org).or_default().push(List { kind: list.kind, origin, indicators });
            }
            Err(error) => read = Err(error),
        }
    }
    let now = desk.now();
    // Filters of millions of entries take a tenth of a second.
    match tokio::task::spawn_blocking(move || by_owner_of_events(by_owner, now)).await {
        Ok(lists) => (lists, read),
        Err(error) => (BadLists::default(), Err(Error::internal(error))),
    }
}

/// For each organisation with lists of its own: those, and those of the installation.
fn by_owner_of_events(mut by_owner: HashMap<Option<OrganizationId>, Vec<List>>, now: Timestamp) -> BadLists {
    let everywhere = by_owner.remove(&None).unwrap_or_default();
    let filter = Filter::of(&everywhere);
    let with_those = |own: Vec<List>| {
        let filters = vec![Filter::of(&own), filter.clone()];
        Lists::new([own, everywhere.clone()].concat(), now).behind(filters)
    };
    let own = by_owner.into_iter().filter_map(|(org, lists)| Some((org?, with_those(lists)))).collect();
    BadLists { own, everywhere: Lists::new(everywhere, now).behind(vec![filter]) }
}
