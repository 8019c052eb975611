//! Which sources a host sent: an empty section means *nothing happened* only where somebody was watching.

use std::collections::{BTreeMap, BTreeSet};

use hikeshi_event::Event;
use jiff::Timestamp;

use crate::clock::{Shifts, told_by_log};
use crate::kind::{Kind, Log};

/// Counts of events by log and event id, and by kind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Coverage {
    sources: BTreeMap<(Log, u32), u64>,
    kinds: BTreeMap<Kind, u64>,
    /// What the logs told of.
    told: BTreeSet<(Log, Kind)>,
    total: u64,
    /// First and last event: of those whose time the collector wrote by source, of all others under no name.
    spans: BTreeMap<String, (Timestamp, Timestamp)>,
}

impl Coverage {
    /// Counts the events.
    pub fn of<'e>(events: impl IntoIterator<Item = &'e Event<'e>>) -> Coverage {
        let mut coverage = Coverage::default();
        for event in events {
            coverage.see(event);
        }
        coverage
    }

    /// Counts one event more.
    pub fn see(&mut self, event: &Event<'_>) {
        let (log, kind) = (Log::of(event), Kind::of(event));
        *self.sources.entry((log, event.event_id)).or_default() += 1;
        *self.kinds.entry(kind).or_default() += 1;
        self.told.insert((log, kind));
        self.total += 1;
        self.reach(if told_by_log(event) { &event.source } else { "" }, (event.time, event.time));
    }

    fn reach(&mut self, source: &str, (first, last): (Timestamp, Timestamp)) {
        match self.spans.get_mut(source) {
            Some(span) => *span = (span.0.min(first), span.1.max(last)),
            None => {
                self.spans.insert(source.to_owned(), (first, last));
            }
        }
    }

    /// Brings the span to the host's one clock.
    pub(crate) fn shift(&mut self, shifts: &Shifts) {
        for (source, span) in &mut self.spans {
            if let Some(ahead) = shifts.ahead(source) {
                let by_sysmon = |at: Timestamp| at.checked_sub(ahead).unwrap_or(at);
                *span = (by_sysmon(span.0), by_sysmon(span.1));
            }
        }
    }

    /// Adds another count.
    pub fn merge(&mut self, other: &Coverage) {
        for (source, count) in &other.sources {
            *self.sources.entry(*source).or_default() += count;
        }
        for (kind, count) in &other.kinds {
            *self.kinds.entry(*kind).or_default() += count;
        }
        self.told.extend(&other.told);
        self.total += other.total;
        other.spans.iter().for_each(|(source, span)| self.reach(source, *span));
    }

    /// Whether the log sent events of that id.
    pub fn has(&self, log: Log, event_id: u32) -> bool {
        self.sources.contains_key(&(log, event_id))
    }

    /// Whether the log sent anything. What happens rarely (a service installed, a log cleared) is looked for where its log was sent.
    pub fn has_log(&self, log: Log) -> bool {
        self.sources.range((log, 0)..=(log, u32::MAX)).next().is_some()
    }

    /// Whether any log told of that kind.
    pub fn has_kind(&self, kind: Kind) -> bool {
        self.kinds.contains_key(&kind)
    }

    /// Whether that log told of that kind.
    pub fn told_of(&self, log: Log, kind: Kind) -> bool {
        self.told.contains(&(log, kind))
    }

    /// Events counted.
    pub const fn total(&self) -> u64 {
        self.total
    }

    /// First and last event.
    pub fn span(&self) -> Option<(Timestamp, Timestamp)> {
        self.spans.values().copied().reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
    }
}
