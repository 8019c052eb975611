//! From events in memory to segments: what one flush writes, before the catalogue hears of it.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, PoisonError};

use hikeshi_domain::OrganizationId;
use hikeshi_event::{Column, Event};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use twox_hash::XxHash64;

use crate::catalogue::{PrevalenceKind, SegmentRow, Sighting, SourceRow};
use crate::layout::Layout;
use crate::matches::MatchRow;
use crate::repeats::host_key;
use crate::segment::{Plan, SegmentError, day_of, effective_us, write_events, write_matches};
use crate::view::TailBlock;

/// Compression of segments that will be merged soon.
const FRESH_ZSTD_LEVEL: i32 = 1;
/// How long a forwarder may hold events back.
const HELD_BACK: SignedDuration = SignedDuration::from_hours(7 * 24);
/// Sightings that are remembered twice over, so that the catalogue is not told again: 2 × 9 MB.
const KNOWN_SIGHTINGS: usize = 458_752;

const SEEN_VALUES: [(Column, PrevalenceKind); 8] = [
    (Column::ProcessSha256, PrevalenceKind::Sha256),
    (Column::FileSha256, PrevalenceKind::Sha256),
    (Column::ProcessSha1, PrevalenceKind::Sha1),
    (Column::FileSha1, PrevalenceKind::Sha1),
    (Column::ProcessMd5, PrevalenceKind::Md5),
    (Column::FileMd5, PrevalenceKind::Md5),
    (Column::DnsQuery, PrevalenceKind::Domain),
    (Column::NetworkDstHost, PrevalenceKind::Domain),
];

/// Written and durable, and not yet committed.
#[derive(Debug, Default)]
pub(crate) struct Written {
    pub(crate) segments: Vec<SegmentRow>,
    pub(crate) sightings: Vec<Sighting>,
    pub(crate) sources: Vec<SourceRow>,
}

/// Sightings that the catalogue has been told of, with their earliest time.
#[derive(Default)]
pub(crate) struct KnownSightings(Mutex<Generations>);

/// Those of late and those of before: what is not asked for while the first fill up is forgotten.
#[derive(Default)]
struct Generations {
    late: HashMap<u64, i64>,
    before: HashMap<u64, i64>,
}

impl Generations {
    /// Takes a sighting; whether it is earlier than what was known of it.
    fn take(&mut self, name: u64, at_us: i64) -> bool {
        if self.late.len() >= KNOWN_SIGHTINGS {
            self.before = std::mem::take(&mut self.late);
        }
        let before = &self.before;
        let earliest = self.late.entry(name).or_insert_with(|| before.get(&name).copied().unwrap_or(i64::MAX));
        let is_earlier = at_us < *earliest;
        *earliest = at_us.min(*earliest);
        is_earlier
    }
}

/// Where a row stands: which block, which row of it; and by what it is ordered.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Slot {
    host: u32,
    time_us: i64,
    seq: u64,
    block: u32,
    row: u32,
}

/// Writes the new events and the matches of the blocks as segments, one an organisation and day.
pub(crate) fn write_flight(
    layout: &Layout,
    blocks: &[Arc<TailBlock>],
    known: &KnownSightings,
    now: Timestamp,
) -> Result<Written, SegmentError> {
    let mut written = Written::default();
    let mut summary = Summary::default();
    let outcome = write_parts(layout, blocks, now, &mut summary, &mut written.segments);
    if let Err(error) = outcome {
        for segment in &written.segments {
            let _ = layout.delete(segment);
        }
        return Err(error);
    }
    written.sightings = summary.new_sightings(known);
    summary.end_run();
    written.sources = summary.sources.into_values().collect();
    Ok(written)
}

fn write_parts(
    layout: &Layout,
    blocks: &[Arc<TailBlock>],
    now: Timestamp,
    summary: &mut Summary,
    segments: &mut Vec<SegmentRow>,
) -> Result<(), SegmentError> {
    for ((org, day), slots) in partition(blocks) {
        let plan = Plan { org, day, rows: slots.len(), level: 0, zstd_level: FRESH_ZSTD_LEVEL, now };
        let has = |column| blocks.iter().any(|block| block.rows.has(column));
        segments.push(write_events(layout, plan, &has, &mut |sink| {
            for slot in &slots {
                let block = blocks.get(slot.block as usize);
                if let Some(event) = block.and_then(|block| block.rows.get(slot.row as usize)) {
                    summary.take(&event);
                    sink(&event)?;
                }
            }
            Ok(())
        })?);
    }
    let mut matches: HashMap<(OrganizationId, Date), Vec<MatchRow>> = HashMap::new();
    for row in blocks.iter().flat_map(|block| &block.matches) {
        let at_us = effective_us(row.time.as_microsecond(), row.received_at.as_microsecond(), row.time_suspect);
        matches.entry((row.org, day_of(at_us))).or_default().push(row.clone());
    }
    for ((org, day), rows) in matches {
        let plan = Plan { org, day, rows: rows.len(), level: 0, zstd_level: FRESH_ZSTD_LEVEL, now };
        segments.push(write_matches(layout, plan, rows)?);
    }
    Ok(())
}

/// The rows of each organisation and day, in the order of a segment. Hosts are ranked once, so that sorting compares numbers.
fn partition(blocks: &[Arc<TailBlock>]) -> HashMap<(OrganizationId, Date), Vec<Slot>> {
    let mut hosts: HashMap<&str, u32> = HashMap::new();
    let mut parts: HashMap<(OrganizationId, Date), Vec<Slot>> = HashMap::new();
    let mut last: Option<(OrganizationId, i64, Date)> = None;
    for (number, block) in (0..).zip(blocks) {
        let mut of_block: Vec<Option<u32>> = Vec::new();
        for row in &block.live {
            let Some(place) = block.rows.place(*row as usize) else { continue };
            let host = ranked(&mut of_block, place.host_number, || {
                let fresh = u32::try_from(hosts.len()).unwrap_or(u32::MAX);
                *hosts.entry(place.host).or_insert(fresh)
            });
            let at_us = effective_us(place.time_us, place.received_us, place.suspect);
            let day_number = at_us.div_euclid(86_400_000_000);
            let day = match last {
                Some((org, number, day)) if org == place.org && number == day_number => day,
                _ => day_of(at_us),
            };
            last = Some((place.org, day_number, day));
            let slot = Slot { host, time_us: place.time_us, seq: place.seq, block: number, row: *row };
            parts.entry((place.org, day)).or_default().push(slot);
        }
    }
    let ranks = ranks(&hosts);
    for slots in parts.values_mut() {
        for slot in slots.iter_mut() {
            slot.host = ranks.get(slot.host as usize).copied().unwrap_or(u32::MAX);
        }
        slots.sort_unstable();
    }
    parts
}

/// The number of a host among all blocks, asked for once a block.
fn ranked(of_block: &mut Vec<Option<u32>>, number: u32, among_all: impl FnOnce() -> u32) -> u32 {
    let index = number as usize;
    if of_block.len() <= index {
        of_block.resize(index + 1, None);
    }
    match of_block.get_mut(index) {
        Some(known) => *known.get_or_insert_with(among_all),
        None => among_all(),
    }
}

/// The place of each host, by its number, among all in lower-case order; spellings of one host share theirs.
fn ranks(hosts: &HashMap<&str, u32>) -> Vec<u32> {
    let mut named: Vec<(String, u32)> = hosts.iter().map(|(host, number)| (host.to_lowercase(), *number)).collect();
    named.sort();
    let mut ranks = vec![0; named.len()];
    let mut rank = 0;
    let mut previous: Option<&str> = None;
    for (name, number) in &named {
        rank += u32::from(previous.is_some_and(|previous| previous != name));
        previous = Some(name);
        if let Some(place) = ranks.get_mut(*number as usize) {
            *place = rank;
        }
    }
    ranks
}

/// What a flush tells the catalogue beside its segments.
#[derive(Default)]
struct Summary {
    sightings: HashMap<u64, Sighting>,
    sources: HashMap<(OrganizationId, String, String), SourceRow>,
    /// The rows of one source that are being taken.
    run: Option<SourceRow>,
    host: (String, i64),
}

impl Summary {
    fn take(&mut self, event: &Event<'_>) {
        if self.host.0 != event.host {
            self.host = (event.host.as_ref().to_owned(), i64::from_le_bytes(host_key(&event.host).to_le_bytes()));
        }
        let host_key = self.host.1;
        let first_seen_at = first_seen_at(event);
        for (column, kind) in SEEN_VALUES {
            let Some(value) = event.text(column).filter(|value| is_value(kind, value)) else { continue };
            let name = sighting_name(event.org, kind, value, host_key);
            let known = self.sightings.entry(name).or_insert_with(|| Sighting {
                org: event.org,
                kind,
                value: value.trim_end_matches('.').to_lowercase(),
                host_key,
                first_seen_at,
            });
            known.first_seen_at = known.first_seen_at.min(first_seen_at);
        }
        self.take_source(event);
    }

    /// Rows come by host: nearly always the source is that of the row before.
    fn take_source(&mut self, event: &Event<'_>) {
        let same = |run: &&mut SourceRow| run.org == event.org && run.source == event.source && run.host == event.host;
        if let Some(run) = self.run.as_mut().filter(same) {
            run.events += 1;
            run.last_received_at = run.last_received_at.max(event.received_at);
            run.last_event_at = run.last_event_at.max(event.time);
            return;
        }
        self.end_run();
        self.run = Some(SourceRow {
            org: event.org,
            source: event.source.as_ref().to_owned(),
            host: event.host.as_ref().to_owned(),
            last_received_at: event.received_at,
            last_event_at: event.time,
            events: 1,
        });
    }

    /// Adds the rows of one source that came after one another to what is known of it.
    fn end_run(&mut self) {
        let Some(run) = self.run.take() else { return };
        match self.sources.entry((run.org, run.source.clone(), run.host.to_lowercase())) {
            Entry::Vacant(place) => {
                place.insert(run);
            }
            Entry::Occupied(mut known) => {
                let row = known.get_mut();
                row.events += run.events;
                row.last_received_at = row.last_received_at.max(run.last_received_at);
                row.last_event_at = row.last_event_at.max(run.last_event_at);
            }
        }
    }

    /// Those that the catalogue has not been told of, or of which it knows only a later time.
    fn new_sightings(&self, known: &KnownSightings) -> Vec<Sighting> {
        let mut known = known.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut fresh = Vec::new();
        for (name, sighting) in &self.sightings {
            if known.take(*name, sighting.first_seen_at.as_microsecond()) {
                fresh.push(sighting.clone());
            }
        }
        fresh
    }
}

/// When a value counts as seen. The host's own clock is its attacker's to set: a year that passed on it would make a new hash look old.
/// So it is believed for what a forwarder may hold back and no further; beyond that the receipt speaks.
fn first_seen_at(event: &Event<'_>) -> Timestamp {
    if event.time_suspect {
        event.received_at
    } else {
        event.time.max(event.received_at.checked_sub(HELD_BACK).unwrap_or(event.received_at))
    }
}

fn is_value(kind: PrevalenceKind, value: &str) -> bool {
    let hex = |length| value.len() == length && value.bytes().any(|byte| byte != b'0');
    match kind {
        PrevalenceKind::Sha256 => hex(64),
        PrevalenceKind::Sha1 => hex(40),
        PrevalenceKind::Md5 => hex(32),
        PrevalenceKind::Domain => value.len() > 1 && value != "-",
    }
}

fn sighting_name(org: OrganizationId, kind: PrevalenceKind, value: &str, host_key: i64) -> u64 {
    let org = XxHash64::oneshot(kind as u64, org.0.as_bytes());
    XxHash64::oneshot(org ^ u64::from_le_bytes(host_key.to_le_bytes()), value.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::tests::sample;

    /// A clock set to 2020 gave malware's hash an age that spoke for it.
    #[test]
    fn a_hosts_own_clock_ages_a_value_by_a_week_at_most() {
        let received_at: Timestamp = "2026-11-22T00:00:00Z".parse().unwrap();
        for (time, suspect, expected) in [
            ("2026-11-21T23:59:00Z", false, "2026-11-21T23:59:00Z"),
            ("2026-11-16T00:00:00Z", false, "2026-11-16T00:00:00Z"),
            ("2020-01-01T00:00:00Z", false, "2026-11-15T00:00:00Z"),
            ("2020-01-01T00:00:00Z", true, "2026-11-22T00:00:00Z"),
        ] {
            let event = Event { time: time.parse().unwrap(), received_at, time_suspect: suspect, ..sample(1, "pc") };
            assert_eq!(first_seen_at(&event).to_string(), expected, "{time}");
        }
    }
}
