//! What the search of the past has found for a list: values and hosts of each organisation within bounds of its own, so that one tenant's
//! hits never hide another's, and which hosts are to be looked at, in turn.

use std::collections::{BTreeMap, BTreeSet};

use hikeshi_domain::OrganizationId;
use hikeshi_domain::list_search::SeenIn;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Hosts that are looked at for one list: more is no finding but a list that names what everybody uses.
const MOST_RAISED: usize = 200;
/// So many of each organisation are looked at in any case.
const LEAST_RAISED: usize = 5;
/// Hosts, and values, that are counted: organisations share them evenly.
const MOST_COUNTED: usize = 1_000;
/// So many of each organisation are counted in any case.
const LEAST_COUNTED: usize = 100;
/// Letters of a value that are compared.
const LONGEST_VALUE: usize = 100;
/// A day.
const DAY_S: i64 = 24 * 60 * 60;

/// A host that named something listed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Place {
    pub(super) org: OrganizationId,
    pub(super) host: String,
    /// The latest event of each day (UTC), the latest last: of a busy host one look does not reach over the whole week.
    pub(super) at: Vec<Timestamp>,
    /// How often looking at it has failed.
    #[serde(default)]
    pub(super) failed: u8,
}

impl Place {
    fn take(&mut self, at: Timestamp) {
        let day = |at: Timestamp| at.as_second().div_euclid(DAY_S);
        match self.at.iter_mut().find(|known| day(**known) == day(at)) {
            Some(known) => *known = at.max(*known),
            None => self.at.push(at),
        }
        self.at.sort_unstable();
    }

    fn latest(&self) -> Option<Timestamp> {
        self.at.last().copied()
    }
}

/// What was found so far.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Found {
    #[serde(default)]
    by_org: BTreeMap<OrganizationId, FoundIn>,
}

/// What was found in one organisation.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct FoundIn {
    values: BTreeSet<String>,
    /// By their names in lower case.
    hosts: BTreeMap<String, Place>,
    /// More than are counted.
    more: bool,
}

/// How many hosts, and values, of one organisation are counted where so many are searched.
pub(super) fn most_counted(organizations: usize) -> usize {
    (MOST_COUNTED / organizations.max(1)).max(LEAST_COUNTED)
}

impl Found {
    /// An event more; of more hosts than `most` those that named something last are kept.
    pub(super) fn add(&mut self, org: OrganizationId, host: &str, value: &str, at: Timestamp, most: usize) {
        let found = self.by_org.entry(org).or_default();
        let value: String = value.trim_end_matches('.').to_lowercase().chars().take(LONGEST_VALUE).collect();
        match found.values.len() < most || found.values.contains(&value) {
            true => drop(found.values.insert(value)),
            false => found.more = true,
        }
        let key = host.to_lowercase();
        if let Some(known) = found.hosts.get_mut(&key) {
            return known.take(at);
        }
        if found.hosts.len() >= most {
            found.more = true;
            let oldest = found.hosts.iter().min_by_key(|(_, place)| place.latest()).map(|(key, place)| (key.clone(), place.latest()));
            match oldest {
                Some((oldest, latest)) if latest < Some(at) => drop(found.hosts.remove(&oldest)),
                _ => return,
            }
        }
        found.hosts.insert(key, Place { org, host: host.to_owned(), at: vec![at], failed: 0 });
    }

    /// Hosts that were counted.
    pub(super) fn hosts(&self) -> usize {
        self.by_org.values().map(|found| found.hosts.len()).sum()
    }

    /// Hosts to be looked at, the first one last: the latest of each organisation, then the next of each, and so on.
    pub(super) fn to_raise(&self) -> Vec<Place> {
        let mut waiting: Vec<Vec<Place>> = self.by_org.values().map(|found| found.hosts.values().cloned().collect()).collect();
        for places in &mut waiting {
            places.sort_by_key(Place::latest);
        }
        let mut places: Vec<Place> = Vec::new();
        for round in 0.. {
            let mut next: Vec<Place> = waiting.iter_mut().filter_map(Vec::pop).collect();
            next.sort_by_key(|place| std::cmp::Reverse(place.latest()));
            if round >= LEAST_RAISED {
                next.truncate(MOST_RAISED.saturating_sub(places.len()));
            }
            if next.is_empty() {
                break;
            }
            places.extend(next);
        }
        places.reverse();
        places
    }

    /// By organisation, those without a finding left out.
    pub(super) fn seen(&self, to_raise: &[Place]) -> Vec<SeenIn> {
        let count = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        let seen = self.by_org.iter().map(|(org, found)| {
            let raised = to_raise.iter().filter(|place| place.org == *org).count();
            SeenIn {
                org: *org,
                values: count(found.values.len()),
                hosts: count(found.hosts.len()),
                not_raised: count(found.hosts.len().saturating_sub(raised)),
                more: found.more,
            }
        });
        seen.collect()
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn org(number: u128) -> OrganizationId {
        OrganizationId(Uuid::from_u128(number))
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn values_and_hosts_are_counted_once_and_the_latest_hosts_are_raised_first() {
        let mut found = Found::default();
        let mut add = |number, host: &str, value: &str, second| found.add(org(number), host, value, at(second), most_counted(2));
        add(1, "PC-1", "Evil.Example.", 5);
        add(1, "pc-1", "evil.example", 9);
        add(1, "PC-2", "evil.example", 7);
        add(2, "PC-1", "evil.example", 1);
        let places = found.to_raise();
        let told: Vec<_> = places.iter().map(|place| (place.org, place.at.clone())).collect();
        assert_eq!(told, [(org(1), vec![at(7)]), (org(2), vec![at(1)]), (org(1), vec![at(9)])], "one of each before the next of any");
        let seen = |number, hosts| SeenIn { org: org(number), values: 1, hosts, not_raised: 0, more: false };
        assert_eq!(found.seen(&places), [seen(1, 2), seen(2, 1)]);
        assert_eq!(found.hosts(), 3);
    }

    /// A host with more events than one look holds was looked at where it had named the entry last.
    #[test]
    fn of_each_day_the_latest_event_of_a_host_is_kept() {
        let mut found = Found::default();
        for second in [9 * DAY_S + 5, 3 * DAY_S + 1, 9 * DAY_S + 7, 3 * DAY_S + 8] {
            found.add(org(1), "PC-1", "evil.example", at(second), most_counted(1));
        }
        assert_eq!(found.to_raise()[0].at, [at(3 * DAY_S + 8), at(9 * DAY_S + 7)]);
    }

    /// A list that names the address of a public resolver would have every host's week read.
    #[test]
    fn what_everybody_names_is_counted_and_raised_within_bounds_and_the_latest_stay() {
        let mut found = Found::default();
        for number in 0..3_000 {
            found.add(org(1), &format!("PC-{number}"), &format!("{number}.example"), at(number), most_counted(1));
        }
        let places = found.to_raise();
        assert_eq!((places.len(), places.last().map(|place| place.at.clone())), (MOST_RAISED, Some(vec![at(2_999)])));
        let [seen] = found.seen(&places).try_into().unwrap();
        assert_eq!(seen, SeenIn { org: org(1), values: 1_000, hosts: 1_000, not_raised: 800, more: true });
        let payload = serde_json::to_string(&found).unwrap();
        assert!(payload.len() < 512 << 10, "{}", payload.len());
        assert_eq!(serde_json::from_str::<Found>(&payload).unwrap(), found);
    }

    /// Twelve hundred hosts of one tenant used up what was counted and raised, and the other was told that nothing was found.
    #[test]
    fn one_organisations_hits_hide_no_other_ones() {
        let mut found = Found::default();
        let most = most_counted(2);
        for number in 0..1_200 {
            found.add(org(1), &format!("PC-{number}"), "203.0.113.9", at(1_000 + number), most);
        }
        found.add(org(2), "PC-1", "203.0.113.9", at(1), most);
        let places = found.to_raise();
        assert_eq!(places.len(), MOST_RAISED);
        assert!(places.iter().rev().take(2).any(|place| place.org == org(2)), "its turn comes at once");
        let seen = found.seen(&places);
        assert_eq!(seen[1], SeenIn { org: org(2), values: 1, hosts: 1, not_raised: 0, more: false });
        assert_eq!((seen[0].hosts, seen[0].not_raised, seen[0].more), (500, 301, true));
    }

    #[test]
    fn where_many_are_searched_some_hosts_of_each_are_looked_at() {
        let mut found = Found::default();
        for number in 0..100 {
            for host in 0..9 {
                found.add(org(number), &format!("PC-{host}"), "203.0.113.9", at(host), most_counted(100));
            }
        }
        let places = found.to_raise();
        assert_eq!(places.len(), 100 * LEAST_RAISED);
        assert!(found.seen(&places).iter().all(|seen| (seen.hosts, seen.not_raised) == (9, 4)));
    }
}
