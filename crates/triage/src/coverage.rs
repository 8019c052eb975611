//! Which sources a host sent: an empty section means *nothing happened* only where somebody was watching.

use std::collections::BTreeMap;

use hikeshi_event::Event;
use jiff::Timestamp;

use crate::kind::{Kind, Log};

/// Counts of events by log and event id, and by kind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Coverage {
    sources: BTreeMap<(Log, u32), u64>,
    kinds: BTreeMap<Kind, u64>,
    total: u64,
    first_at: Option<Timestamp>,
    last_at: Option<Timestamp>,
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
        *self.sources.entry((Log::of(event), event.event_id)).or_default() += 1;
        *self.kinds.entry(Kind::of(event)).or_default() += 1;
        self.total += 1;
        self.first_at = Some(self.first_at.map_or(event.time, |first| first.min(event.time)));
        self.last_at = Some(self.last_at.map_or(event.time, |last| last.max(event.time)));
    }

    /// Adds another count.
    pub fn merge(&mut self, other: &Coverage) {
        for (source, count) in &other.sources {
            *self.sources.entry(*source).or_default() += count;
        }
        for (kind, count) in &other.kinds {
            *self.kinds.entry(*kind).or_default() += count;
        }
        self.total += other.total;
        self.first_at = [self.first_at, other.first_at].into_iter().flatten().min();
        self.last_at = [self.last_at, other.last_at].into_iter().flatten().max();
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

    /// Events counted.
    pub const fn total(&self) -> u64 {
        self.total
    }

    /// First and last event.
    pub fn span(&self) -> Option<(Timestamp, Timestamp)> {
        self.first_at.zip(self.last_at)
    }
}
