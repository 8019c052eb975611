//! Tells new events from those that the lake has already. Exact, and nearly free for a living stream: an event later than
//! everything committed of its host cannot be a repetition of it.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;

use hikeshi_domain::OrganizationId;
use hikeshi_event::Uid;
use jiff::civil::Date;
use twox_hash::XxHash64;

use crate::catalogue::SegmentKind;
use crate::index::HostSpan;
use crate::rows::Place;
use crate::scan::ReadError;
use crate::segment::{day_of, effective_us};
use crate::shelf::Shelf;
use crate::view::{Segment, View};

/// A uid is a hash already.
#[derive(Default)]
pub(crate) struct UidHasher(u64);

impl Hasher for UidHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        if let Some((number, _)) = bytes.split_last_chunk::<8>().map(|(_, number)| (u64::from_le_bytes(*number), ())) {
            self.0 = number;
        }
    }

    fn write_usize(&mut self, _: usize) {}
}

type Uids = HashSet<Uid, BuildHasherDefault<UidHasher>>;

/// What the writer knows of events that are there already.
pub(crate) struct Repeats {
    shelf: Arc<Shelf>,
    /// Uids that are read and not committed.
    waiting: Uids,
    /// The latest committed instant of a host.
    latest: HashMap<(OrganizationId, u64), i64>,
    days: HashMap<(OrganizationId, Date), Vec<Arc<Segment>>>,
}

impl Repeats {
    pub(crate) fn new(shelf: Arc<Shelf>, view: &View) -> Self {
        let mut repeats = Repeats { shelf, waiting: Uids::default(), latest: HashMap::new(), days: HashMap::new() };
        repeats.follow(view);
        repeats
    }

    /// The committed segments have changed.
    pub(crate) fn follow(&mut self, view: &View) {
        self.days.clear();
        for segment in view.segments.iter().filter(|segment| segment.row.kind == SegmentKind::Events) {
            self.days.entry((segment.row.org, segment.row.day)).or_default().push(segment.clone());
        }
    }

    /// Whether an event is new; if so it is remembered until `committed`.
    pub(crate) fn admit(&mut self, place: &Place<'_>) -> Result<bool, ReadError> {
        if self.waiting.contains(&place.uid) || self.is_committed(place)? {
            return Ok(false);
        }
        self.waiting.insert(place.uid);
        Ok(true)
    }

    /// An event that was read is in no segment and will be in none: if it comes again, it is new.
    pub(crate) fn forget(&mut self, place: &Place<'_>) {
        self.waiting.remove(&place.uid);
    }

    /// An event is in a committed segment now.
    pub(crate) fn committed(&mut self, place: &Place<'_>) {
        self.waiting.remove(&place.uid);
        let latest = self.latest.entry((place.org, place.host_key)).or_insert(i64::MIN);
        *latest = (*latest).max(effective_us(place.time_us, place.received_us, place.suspect));
    }

    fn is_committed(&mut self, place: &Place<'_>) -> Result<bool, ReadError> {
        let at_us = effective_us(place.time_us, place.received_us, place.suspect);
        let key = (place.org, place.host_key);
        let latest = match self.latest.get(&key) {
            Some(latest) => *latest,
            None => {
                let latest = self.latest_of(place);
                self.latest.insert(key, latest);
                latest
            }
        };
        // A suspect time is placed by its receipt, which differs from one receipt to the next: all days are looked at.
        if !place.suspect && at_us > latest {
            return Ok(false);
        }
        let host = place.host.to_lowercase();
        let of_day = |day| self.days.get(&(place.org, day)).into_iter().flatten();
        let of_all_days = || self.days.iter().filter(|((org, _), _)| *org == place.org).flat_map(|(_, segments)| segments);
        let candidates: Vec<&Arc<Segment>> = if place.suspect { of_all_days().collect() } else { of_day(day_of(at_us)).collect() };
        for segment in candidates {
            if segment.row.host_min > host || segment.row.host_max < host {
                continue;
            }
            // An event without a time has that of its receipt: another one each time that it comes.
            let fits = |span: &HostSpan| place.suspect || (span.time_min_us..=span.time_max_us).contains(&place.time_us);
            let span = self.shelf.hosts(segment)?.host(&host).filter(fits);
            if let Some(span) = span
                && self.shelf.holds(segment, span, place.uid)?
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The latest instant that committed segments may hold of a host, from the catalogue alone.
    fn latest_of(&self, place: &Place<'_>) -> i64 {
        let host = place.host.to_lowercase();
        let segments = self.days.iter().filter(|((org, _), _)| *org == place.org).flat_map(|(_, segments)| segments);
        let covering = segments.filter(|segment| segment.row.host_min <= host && segment.row.host_max >= host);
        covering.map(|segment| segment.row.time_max.as_microsecond()).max().unwrap_or(i64::MIN)
    }
}

/// Stands for a host in any case.
pub(crate) fn host_key(host: &str) -> u64 {
    if host.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase()) {
        return XxHash64::oneshot(0, host.as_bytes());
    }
    XxHash64::oneshot(0, host.to_lowercase().as_bytes())
}
