//! A new list of known bad: the lake's last seven days are searched for its entries, and hosts that named one are looked at as if the event
//! had come in now.
//!
//! One job a list and version, in steps of some seconds: files of the lake are looked through, then hosts are raised, those of each
//! organisation in turn, its latest first ([`Found`]). It rests between steps ([`crate::job`]), and none begins while new alerts wait. A step
//! that a crash cut short is done again: what is found twice is counted once, and what is raised twice is one alert.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use hikeshi_access::{Action, Caller, permit_everywhere};
use hikeshi_domain::entity::Entity;
use hikeshi_domain::list_search::{ListSearch, SearchState, SeenIn};
use hikeshi_domain::organization::Organization;
use hikeshi_domain::reference_list::{ListKind, ReferenceList};
use hikeshi_domain::{OrganizationId, ReferenceListId};
use hikeshi_lake::catalogue::OrgScope;
use hikeshi_lake::{Past, Sought};
use hikeshi_record::{Change, Claimed, Context, ErrorKind, Expect, Job, Query, Stored};
use hikeshi_triage::lists::Filter;
use hikeshi_triage::{LOOK_BACK, List, ListOrigin, Lists};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::found::{Found, Place, most_counted};
use super::held::indicators;
use super::stream;
use crate::desk::{Desk, context};
use crate::error::{Error, Result};
use crate::everything::everything;
use crate::triage::{latest, raise_listed};

/// Queue of lists whose entries are looked for in the past.
pub(crate) const PAST_QUEUE: &str = "list-past";
/// How long a step works.
const STEP: Duration = Duration::from_secs(2);
/// How soon hosts that could not be looked at are tried again.
const PAUSE: SignedDuration = SignedDuration::from_secs(2);
/// How often a host is tried.
const TRIES: u8 = 3;

/// Payload: how far the past has been searched for a list.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct PastJob {
    list: ReferenceListId,
    uploaded_at: Timestamp,
    /// The last file that was looked through.
    after: Option<Uuid>,
    found: Found,
    /// Hosts that are still to be raised, the first one last; `None` while files are looked through.
    to_raise: Option<Vec<Place>>,
    /// For each host that was given up, whose it was.
    #[serde(default)]
    given_up: Vec<OrganizationId>,
}

/// A list in the form in which it was last uploaded.
pub(super) type Version = (ReferenceListId, Timestamp);

/// What a search asks, made ready for all its steps: of a list of millions that takes as long as a step.
#[derive(Debug)]
pub(super) struct Prepared {
    /// The list and its version.
    of: Version,
    sought: Arc<Sought>,
    lists: Arc<Lists>,
}

/// What the caller may know of the search for a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Searched {
    /// How far it is.
    pub state: SearchState,
    /// Different values of the list that events named.
    pub values: u64,
    /// Hosts that named one.
    pub hosts: u64,
    /// Hosts that were not looked at because there are too many, or because that failed.
    pub not_raised: u64,
    /// There are more than were counted.
    pub more: bool,
}

/// The searches for lists as they now stand, as far as they concern the caller's organisations.
///
/// # Errors
/// `Forbidden` where the caller may not see lists.
pub async fn searches(desk: &Desk, caller: &Caller, lists: &[Stored<ReferenceList>]) -> Result<HashMap<ReferenceListId, Searched>> {
    let scope = context(&permit_everywhere(caller, Action::ReadLists)?).scope;
    // Those of the installation belong to no organisation; of what they found everybody is told the own part.
    let all = everything::<ListSearch>(desk, &Context::system("reference lists"), Query::new()).await?;
    let of_list = |list: &Stored<ReferenceList>| {
        let search = all.iter().find(|search| search.id == list.id && search.uploaded_at == list.uploaded_at)?;
        let mut searched = Searched { state: search.state, values: 0, hosts: 0, not_raised: 0, more: false };
        for seen in search.seen.iter().filter(|seen| scope.sees(Some(seen.org))) {
            searched.values = searched.values.saturating_add(seen.values);
            searched.hosts = searched.hosts.saturating_add(seen.hosts);
            searched.not_raised = searched.not_raised.saturating_add(seen.not_raised);
            searched.more |= seen.more;
        }
        Some((list.id, searched))
    };
    Ok(lists.iter().filter_map(of_list).collect())
}

/// The change, with the search of the past where the list calls its entries bad.
pub(super) async fn begun(desk: &Desk, change: Change, list: &ReferenceList) -> Result<Change> {
    if list.kind != ListKind::Bad {
        return Ok(change);
    }
    let search = ListSearch { id: list.id, org: list.org, uploaded_at: list.uploaded_at, state: SearchState::Searching, seen: Vec::new() };
    let expect = standing(desk, list.id).await?.map_or(Expect::New, |stored| stored.expect());
    let job = PastJob {
        list: list.id,
        uploaded_at: list.uploaded_at,
        after: None,
        found: Found::default(),
        to_raise: None,
        given_up: Vec::new(),
    };
    Ok(change.owner(list.org).put(&search, expect).enqueue(Job::new(PAST_QUEUE, &job)))
}

async fn standing(desk: &Desk, list: ReferenceListId) -> Result<Option<Stored<ListSearch>>> {
    match desk.store.get::<ListSearch>(&Context::system("reference lists"), list.0).await {
        Ok(stored) => Ok(Some(stored)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// The next step of a search.
pub(crate) async fn search(desk: &Desk, claimed: &Claimed, job: PastJob) -> Result<()> {
    let everywhere = Context::system("reference lists");
    let list = desk.store.get::<ReferenceList>(&everywhere, job.list.0).await?;
    if list.removed.is_some() || list.uploaded_at != job.uploaded_at {
        return Ok(desk.store.finish_job(&everywhere, claimed).await?);
    }
    if list.expired(desk.now()) {
        desk.lists.forget_prepared((list.id, list.uploaded_at));
        let ended = Known { state: SearchState::Ended, seen: None };
        return next(desk, &list, claimed, Some(ended), None).await;
    }
    match job.to_raise.clone() {
        None => look(desk, &list, claimed, job).await,
        Some(places) => raise(desk, &list, claimed, job, places).await,
    }
}

/// The job of a search failed for good: the list's page says so.
///
/// # Errors
/// When the record does not answer.
pub(crate) async fn given_up(desk: &Desk, job: &PastJob) -> Result<()> {
    let Some(stood) = standing(desk, job.list).await?.filter(|stood| stood.uploaded_at == job.uploaded_at) else { return Ok(()) };
    let everywhere = Context::system("reference lists");
    let context = stood.org.map_or(everywhere.clone(), |org| everywhere.within(org));
    let search = ListSearch { state: SearchState::Ended, ..stood.entity.clone() };
    let change = Change::new("reference_list.search", "").owner(stood.org).put(&search, stood.expect());
    desk.store.change(&context, change).await?;
    desk.tell(ReferenceList::KIND, stood.id.0, stood.org);
    Ok(())
}

/// Looks through some files more.
async fn look(desk: &Desk, list: &Stored<ReferenceList>, claimed: &Claimed, mut job: PastJob) -> Result<()> {
    // What comes in from here on is the stream's: the lake as it is looked at below was filled before.
    stream::changed(desk).await;
    let prepared = prepared(desk, list).await?;
    let to = latest(desk.now())?;
    let from = list.uploaded_at.saturating_sub(LOOK_BACK).map_err(Error::internal)?;
    let (scope, organizations) = scope(desk, list.org).await?;
    let past = Past { scope, from, to, after: job.after, sought: prepared.sought.clone() };
    let (lists, now, most) = (prepared.lists.clone(), desk.now(), most_counted(organizations));
    let found = Arc::new(Mutex::new(std::mem::take(&mut job.found)));
    let finding = found.clone();
    let visit = move |event: &hikeshi_event::Event<'_>| {
        if let Some(accused) = lists.accused(event, now) {
            let mut found = finding.lock().unwrap_or_else(PoisonError::into_inner);
            found.add(event.org, &event.host, accused.value, event.placed_at(), most);
        }
    };
    job.after = desk.telemetry.lake.look_through(past, STEP, visit).await.map_err(Error::internal)?;
    job.found = std::mem::take(&mut *found.lock().unwrap_or_else(PoisonError::into_inner));
    if job.after.is_some() {
        return next(desk, list, claimed, None, Some((job, None))).await;
    }
    desk.lists.forget_prepared((list.id, list.uploaded_at));
    let places = job.found.to_raise();
    let state = if places.is_empty() { SearchState::Done } else { SearchState::Raising };
    let seen = job.found.seen(&places);
    let hosts = job.found.hosts();
    tracing::info!(list = %list.id, hosts, raised = places.len(), "the past was searched for a new list of known bad");
    job.to_raise = Some(places);
    // What to raise is known now: what it was found by need not be carried on.
    job.found = Found::default();
    let known = Known { state, seen: Some(seen) };
    next(desk, list, claimed, Some(known), (state != SearchState::Done).then_some((job, None))).await
}

/// What the search for the list asks: made once for all its steps.
async fn prepared(desk: &Desk, list: &Stored<ReferenceList>) -> Result<Arc<Prepared>> {
    if let Some(prepared) = desk.lists.prepared((list.id, list.uploaded_at)) {
        return Ok(prepared);
    }
    let indicators = indicators(desk, list).await?;
    let origin = ListOrigin { name: list.name.clone(), dated: Some(list.uploaded_at), until: list.until };
    let (alone, of, now) = ([List { kind: list.kind, origin, indicators }], (list.id, list.uploaded_at), desk.now());
    let make = move || {
        let [List { indicators, .. }] = &alone;
        let sought = indicators.spellings().map_or(Sought::Anything, Sought::values);
        let filter = Filter::of(&alone);
        Prepared { of, sought: Arc::new(sought), lists: Arc::new(Lists::new(alone.to_vec(), now).behind(vec![filter])) }
    };
    let prepared = Arc::new(tokio::task::spawn_blocking(make).await.map_err(Error::internal)?);
    desk.lists.keep_prepared(prepared.clone());
    Ok(prepared)
}

impl Prepared {
    /// Whether it is made of this list.
    pub(super) fn is_of(&self, version: Version) -> bool {
        self.of == version
    }
}

/// Raises some hosts more. One that fails waits behind the others, and is given up in the end: it keeps none of them.
async fn raise(desk: &Desk, list: &Stored<ReferenceList>, claimed: &Claimed, mut job: PastJob, mut places: Vec<Place>) -> Result<()> {
    // The desk may not have read the list yet that another node took.
    stream::changed(desk).await;
    let begun = Instant::now();
    let mut again = Vec::new();
    while let Some(mut place) = places.pop() {
        if let Err(error) = raise_place(desk, &mut place).await {
            place.failed = place.failed.saturating_add(1);
            tracing::warn!(list = %list.id, org = %place.org, host = place.host, failed = place.failed, %error, "a host that named an entry cannot be looked at");
            match place.failed < TRIES {
                true => again.push(place),
                false => job.given_up.push(place.org),
            }
        }
        if begun.elapsed() > STEP {
            break;
        }
    }
    if places.is_empty() && again.is_empty() {
        let stood = standing(desk, list.id).await?.ok_or_else(Error::not_found)?;
        let known = Known { state: SearchState::Done, seen: Some(with_given_up(stood.seen.clone(), &job.given_up)) };
        return next(desk, list, claimed, Some(known), None).await;
    }
    let later = desk.now().saturating_add(PAUSE).map_err(Error::internal)?;
    let later = places.is_empty().then_some(later);
    let places = [again, places].concat();
    next(desk, list, claimed, None, Some((PastJob { to_raise: Some(places), ..job }, later))).await
}

/// Looks at a host where it named an entry last, and then at each day before that a look did not reach.
async fn raise_place(desk: &Desk, place: &mut Place) -> Result<()> {
    while let Some(at) = place.at.last().copied() {
        let complete = raise_listed(desk, place.org, &place.host, at).await?;
        place.at.retain(|other| *other != at && !complete.contains(other));
    }
    Ok(())
}

fn with_given_up(mut seen: Vec<SeenIn>, given_up: &[OrganizationId]) -> Vec<SeenIn> {
    for org in given_up {
        if let Some(of) = seen.iter_mut().find(|of| of.org == *org) {
            of.not_raised = of.not_raised.saturating_add(1);
        }
    }
    seen
}

/// What is known of a search from now on.
struct Known {
    state: SearchState,
    /// `None`: as it stands.
    seen: Option<Vec<SeenIn>>,
}

/// Ends this job, with what is known now, and with the one that goes on.
async fn next(
    desk: &Desk,
    list: &Stored<ReferenceList>,
    claimed: &Claimed,
    known: Option<Known>,
    goes_on: Option<(PastJob, Option<Timestamp>)>,
) -> Result<()> {
    let everywhere = Context::system("reference lists");
    let context = list.org.map_or(everywhere.clone(), |org| everywhere.within(org));
    let mut change = Change::new("reference_list.search", list.name.clone()).owner(list.org).finish(claimed);
    let stood = standing(desk, list.id).await?.ok_or_else(Error::not_found)?;
    if stood.uploaded_at != list.uploaded_at {
        // Another version of the list is searched for by now: what was found for this one is not told as its.
        desk.store.change(&context, change).await?;
        return Ok(());
    }
    // A search that was given up, and that somebody let go on.
    let revived = || match &goes_on {
        Some((job, _)) if stood.state == SearchState::Ended => {
            let state = if job.to_raise.is_some() { SearchState::Raising } else { SearchState::Searching };
            Some(Known { state, seen: None })
        }
        _ => None,
    };
    let told = known.or_else(revived);
    if let Some(Known { state, seen }) = &told {
        let seen = seen.clone().unwrap_or_else(|| stood.seen.clone());
        change = change.put(&ListSearch { state: *state, seen, ..stood.entity.clone() }, stood.expect());
    }
    if let Some((job, later)) = goes_on {
        let job = Job::new(PAST_QUEUE, &job);
        change = change.enqueue(match later {
            Some(later) => job.not_before(later),
            None => job,
        });
    }
    desk.store.change(&context, change).await?;
    if told.is_some() {
        desk.tell(ReferenceList::KIND, list.id.0, list.org);
    }
    Ok(())
}

/// Whose telemetry is searched, and of how many organisations: that of the list's, or of all but drills, which bring their own alerts.
async fn scope(desk: &Desk, org: Option<OrganizationId>) -> Result<(OrgScope, usize)> {
    if let Some(org) = org {
        return Ok((OrgScope::one(org), 1));
    }
    let all = everything::<Organization>(desk, &Context::system("reference lists"), Query::new()).await?;
    let searched: Vec<_> = all.iter().filter(|org| org.drill.is_none()).map(|org| org.id).collect();
    let organizations = searched.len();
    Ok((OrgScope::Only(searched.into_iter().collect()), organizations))
}
