//! A new list of known bad: the lake's last seven days are searched for its entries, and hosts that named one are looked at as if the event
//! had come in now.
//!
//! One job a list and version, in steps of some seconds: files of the lake are looked through, then hosts are raised, the latest first. It
//! rests between steps ([`crate::job`]) and waits while new alerts do. A step that a crash cut short is done again: what is found twice is
//! counted once, and what is raised twice is one alert.

use std::collections::{BTreeMap, BTreeSet, HashMap};
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
use hikeshi_record::{Change, Claimed, Context, ErrorKind, Expect, Job, JobState, Query, Stored};
use hikeshi_triage::lists::Filter;
use hikeshi_triage::{LOOK_BACK, List, ListOrigin, Lists};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::held::indicators;
use super::stream;
use crate::desk::{Desk, context};
use crate::error::{Error, Result};
use crate::everything::everything;
use crate::triage::{TRIAGE_QUEUE, raise_listed};

/// Queue of lists whose entries are looked for in the past.
pub(crate) const PAST_QUEUE: &str = "list-past";
/// How long a step works.
const STEP: Duration = Duration::from_secs(2);
/// How long it waits while new alerts do.
const PAUSE: SignedDuration = SignedDuration::from_secs(2);
/// Most hosts that are looked at for one list: more is no finding but a list that names what everybody uses.
const MOST_RAISED: usize = 200;
/// Most hosts, and most values, that are counted.
const MOST_COUNTED: usize = 1_000;
/// Letters of a value that are compared.
const LONGEST_VALUE: usize = 100;

/// Payload: how far the past has been searched for a list.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct PastJob {
    list: ReferenceListId,
    uploaded_at: Timestamp,
    /// The last file that was looked through.
    after: Option<Uuid>,
    found: Found,
    /// Hosts that are still to be raised, the latest last; `None` while files are looked through.
    to_raise: Option<Vec<Place>>,
}

/// Where something listed was named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Place {
    org: OrganizationId,
    host: String,
    /// The latest event.
    at: Timestamp,
}

/// What was found so far.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Found {
    /// Organisation and value.
    values: BTreeSet<String>,
    /// By organisation and host in lower case.
    hosts: BTreeMap<String, Place>,
    /// More than are counted.
    more: bool,
}

impl Found {
    fn add(&mut self, org: OrganizationId, host: &str, value: &str, at: Timestamp) {
        let value: String = value.trim_end_matches('.').to_lowercase().chars().take(LONGEST_VALUE).collect();
        let value = format!("{org} {value}");
        match self.values.len() < MOST_COUNTED || self.values.contains(&value) {
            true => {
                self.values.insert(value);
            }
            false => self.more = true,
        }
        let key = format!("{org} {}", host.to_lowercase());
        let has_room = self.hosts.len() < MOST_COUNTED;
        match self.hosts.get_mut(&key) {
            Some(known) => known.at = known.at.max(at),
            None if has_room => drop(self.hosts.insert(key, Place { org, host: host.to_owned(), at })),
            None => self.more = true,
        }
    }
}

impl Found {
    /// Hosts to be raised: the latest, the latest last.
    fn to_raise(&self) -> Vec<Place> {
        let mut places: Vec<Place> = self.hosts.values().cloned().collect();
        places.sort_by_key(|place| std::cmp::Reverse(place.at));
        places.truncate(MOST_RAISED);
        places.reverse();
        places
    }

    /// By organisation, those without a finding left out.
    fn seen(&self, to_raise: &[Place]) -> Vec<SeenIn> {
        let mut seen: BTreeMap<OrganizationId, SeenIn> = BTreeMap::new();
        let left_out = self.hosts.len().saturating_sub(MOST_RAISED);
        let raised: BTreeSet<(OrganizationId, &str)> = match left_out {
            0 => BTreeSet::new(),
            _ => to_raise.iter().map(|place| (place.org, place.host.as_str())).collect(),
        };
        for place in self.hosts.values() {
            let of = seen.entry(place.org).or_insert_with(|| SeenIn { org: place.org, values: 0, hosts: 0, not_raised: 0 });
            of.hosts = of.hosts.saturating_add(1);
            if left_out > 0 && !raised.contains(&(place.org, place.host.as_str())) {
                of.not_raised = of.not_raised.saturating_add(1);
            }
            let prefix = format!("{} ", place.org);
            of.values = u64::try_from(self.values.iter().filter(|value| value.starts_with(&prefix)).count()).unwrap_or(u64::MAX);
        }
        seen.into_values().collect()
    }
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
    /// Hosts that were not looked at because there are too many.
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
        let mut searched = Searched { state: search.state, values: 0, hosts: 0, not_raised: 0, more: search.more };
        for seen in search.seen.iter().filter(|seen| scope.sees(Some(seen.org))) {
            searched.values = searched.values.saturating_add(seen.values);
            searched.hosts = searched.hosts.saturating_add(seen.hosts);
            searched.not_raised = searched.not_raised.saturating_add(seen.not_raised);
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
    let search = ListSearch {
        id: list.id,
        org: list.org,
        uploaded_at: list.uploaded_at,
        state: SearchState::Searching,
        seen: Vec::new(),
        more: false,
    };
    let expect = standing(desk, list.id).await?.map_or(Expect::New, |stored| stored.expect());
    let job = PastJob { list: list.id, uploaded_at: list.uploaded_at, after: None, found: Found::default(), to_raise: None };
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
    if list.removed.is_some() || list.uploaded_at != job.uploaded_at || list.expired(desk.now()) {
        return Ok(desk.store.finish_job(&everywhere, claimed).await?);
    }
    if new_alerts_wait(desk, &everywhere).await? {
        let later = desk.now().saturating_add(PAUSE).map_err(Error::internal)?;
        return next(desk, &list, claimed, None, Some((job, Some(later)))).await;
    }
    match job.to_raise.clone() {
        None => look(desk, &list, claimed, job).await,
        Some(places) => raise(desk, &list, claimed, job, places).await,
    }
}

/// Looks through some files more.
async fn look(desk: &Desk, list: &Stored<ReferenceList>, claimed: &Claimed, mut job: PastJob) -> Result<()> {
    let indicators = indicators(desk, list).await?;
    let sought = {
        let indicators = indicators.clone();
        let spelt = move || indicators.spellings().map_or(Sought::Anything, Sought::values);
        tokio::task::spawn_blocking(spelt).await.map_err(Error::internal)?
    };
    let to = desk.now();
    let from = list.uploaded_at.saturating_sub(LOOK_BACK).map_err(Error::internal)?;
    let past = Past { scope: scope(desk, list.org).await?, from, to, after: job.after, sought: Arc::new(sought) };
    let origin = ListOrigin { name: list.name.clone(), dated: Some(list.uploaded_at), until: list.until };
    let alone = [List { kind: list.kind, origin, indicators }];
    let filter = Filter::of(&alone);
    let lists = Lists::new(alone.to_vec(), to).behind(vec![filter]);
    let found = Arc::new(Mutex::new(std::mem::take(&mut job.found)));
    let finding = found.clone();
    let visit = move |event: &hikeshi_event::Event<'_>| {
        if let Some(accused) = lists.accused(event, to) {
            let mut found = finding.lock().unwrap_or_else(PoisonError::into_inner);
            found.add(event.org, &event.host, accused.value, event.placed_at());
        }
    };
    job.after = desk.telemetry.lake.look_through(past, STEP, visit).await.map_err(Error::internal)?;
    job.found = found.lock().unwrap_or_else(PoisonError::into_inner).clone();
    if job.after.is_some() {
        return next(desk, list, claimed, None, Some((job, None))).await;
    }
    let places = job.found.to_raise();
    let state = if places.is_empty() { SearchState::Done } else { SearchState::Raising };
    let seen = job.found.seen(&places);
    let hosts = job.found.hosts.len();
    tracing::info!(list = %list.id, hosts, raised = places.len(), "the past was searched for a new list of known bad");
    let search = SearchEnd { state, seen, more: job.found.more };
    job.to_raise = Some(places);
    // What to raise is known now: what it was found by need not be carried on.
    job.found = Found::default();
    next(desk, list, claimed, Some(search), (state != SearchState::Done).then_some((job, None))).await
}

/// Raises some hosts more.
async fn raise(desk: &Desk, list: &Stored<ReferenceList>, claimed: &Claimed, job: PastJob, mut places: Vec<Place>) -> Result<()> {
    // The desk may not have read the list yet that another node took.
    stream::changed(desk).await;
    let begun = Instant::now();
    while let Some(place) = places.pop() {
        raise_listed(desk, place.org, &place.host, place.at).await?;
        if begun.elapsed() > STEP {
            break;
        }
    }
    if places.is_empty() {
        let stood = standing(desk, list.id).await?.ok_or_else(Error::not_found)?;
        let end = SearchEnd { state: SearchState::Done, seen: stood.seen.clone(), more: stood.more };
        return next(desk, list, claimed, Some(end), None).await;
    }
    next(desk, list, claimed, None, Some((PastJob { to_raise: Some(places), ..job }, None))).await
}

/// What a search comes to.
struct SearchEnd {
    state: SearchState,
    seen: Vec<SeenIn>,
    more: bool,
}

/// Ends this job, with what is known now, and with the one that goes on.
async fn next(
    desk: &Desk,
    list: &Stored<ReferenceList>,
    claimed: &Claimed,
    known: Option<SearchEnd>,
    goes_on: Option<(PastJob, Option<Timestamp>)>,
) -> Result<()> {
    let everywhere = Context::system("reference lists");
    let context = list.org.map_or(everywhere.clone(), |org| everywhere.within(org));
    let mut change = Change::new("reference_list.search", list.name.clone()).owner(list.org).finish(claimed);
    if let Some(SearchEnd { state, seen, more }) = known {
        let stood = standing(desk, list.id).await?.ok_or_else(Error::not_found)?;
        change = change.put(&ListSearch { state, seen, more, ..stood.entity.clone() }, stood.expect());
    }
    if let Some((job, later)) = goes_on {
        let job = Job::new(PAST_QUEUE, &job);
        change = change.enqueue(match later {
            Some(later) => job.not_before(later),
            None => job,
        });
    }
    desk.store.change(&context, change).await?;
    desk.tell(ReferenceList::KIND, list.id.0, list.org);
    Ok(())
}

/// Whose telemetry is searched: that of the list's organisation, or of all but drills, which bring their own alerts.
async fn scope(desk: &Desk, org: Option<OrganizationId>) -> Result<OrgScope> {
    if let Some(org) = org {
        return Ok(OrgScope::one(org));
    }
    let all = everything::<Organization>(desk, &Context::system("reference lists"), Query::new()).await?;
    Ok(OrgScope::Only(all.iter().filter(|org| org.drill.is_none()).map(|org| org.id).collect()))
}

async fn new_alerts_wait(desk: &Desk, context: &Context) -> Result<bool> {
    let waiting = desk.store.jobs(context, TRIAGE_QUEUE, JobState::Waiting, 10).await?;
    let now = desk.now();
    Ok(waiting.iter().any(|job| job.due_at <= now))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn org(number: u128) -> OrganizationId {
        OrganizationId(Uuid::from_u128(number))
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn values_and_hosts_are_counted_once_and_the_latest_hosts_are_raised() {
        let mut found = Found::default();
        found.add(org(1), "PC-1", "Evil.Example.", at(5));
        found.add(org(1), "pc-1", "evil.example", at(9));
        found.add(org(1), "PC-2", "evil.example", at(7));
        found.add(org(2), "PC-1", "evil.example", at(1));
        let places = found.to_raise();
        assert_eq!(
            places.iter().map(|place| (place.org, place.at)).collect::<Vec<_>>(),
            [(org(2), at(1)), (org(1), at(7)), (org(1), at(9))]
        );
        let seen = |number, hosts| SeenIn { org: org(number), values: 1, hosts, not_raised: 0 };
        assert_eq!(found.seen(&places), [seen(1, 2), seen(2, 1)]);
        assert!(!found.more);
    }

    /// A list that names the address of a public resolver would have every host's week read.
    #[test]
    fn what_everybody_names_is_counted_and_raised_within_bounds() {
        let mut found = Found::default();
        for number in 0..3_000 {
            found.add(org(1), &format!("PC-{number}"), &format!("{number}.example"), at(number));
        }
        assert_eq!((found.hosts.len(), found.values.len(), found.more), (MOST_COUNTED, MOST_COUNTED, true));
        let places = found.to_raise();
        assert_eq!((places.len(), places.last().map(|place| place.at)), (MOST_RAISED, Some(at(999))));
        let [seen] = found.seen(&places).try_into().unwrap();
        assert_eq!((seen.hosts, seen.not_raised), (1_000, 800));
        let payload = serde_json::to_string(&found).unwrap();
        assert!(payload.len() < 512 << 10, "{}", payload.len());
        assert_eq!(serde_json::from_str::<Found>(&payload).unwrap(), found);
    }
}
