//! Runs correlation rules over the matches of the rules they join.
//!
//! A group's window slides with its events; a correlation fires when its condition becomes true and again only after it was false
//! between. A condition with an upper bound is judged when its window has passed.
//!
//! Over files, matches are fed in the order of time and nothing is kept that no later one can ask for. On a stream they come as they
//! come: a forwarder that was offline sends yesterday's. Each is judged at its own time among what is kept, and an event is kept
//! for twice the timespan of its rule after it came in, within a bound of memory: the groups that were silent longest go first.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::correlation::{Correlation, GroupField};
use crate::observation::{Observation, counted};
use crate::rule::RuleIndex;
use crate::set::RuleSet;
use crate::window::{Entry, Fired, Window, span, waits};

/// How deep correlations of correlations may go.
const MAX_DEPTH: usize = 8;
/// Events of a stream are kept so long at least, however short the timespan: whoever sends late sends them within it.
const PATIENCE: SignedDuration = SignedDuration::from_mins(10);
/// A window of a stream is judged so long after its end.
const GRACE: SignedDuration = SignedDuration::from_mins(1);

/// A correlation that fired.
#[derive(Debug, Clone, PartialEq)]
pub struct CorrelationMatch<E> {
    /// The correlation rule.
    pub rule: RuleIndex,
    /// When the last event of the window happened.
    pub time: Timestamp,
    /// The group's fields and their common values.
    pub group: Vec<(String, String)>,
    /// The events of the window, in the order of time.
    pub events: Vec<E>,
}

/// What a correlator of a stream let go of although it might have been asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Forgotten {
    /// Groups, for want of memory.
    pub groups: u64,
    /// Events of groups that have too many.
    pub events: u64,
    /// Events that came after the window to which they belong was judged.
    pub late: u64,
}

/// The windows of all correlations.
#[derive(Debug)]
pub struct Correlator<E> {
    set: Arc<RuleSet>,
    windows: HashMap<(u32, Vec<String>), Window<E>>,
    /// On a stream: what hangs on one event, in bytes.
    stream: Option<usize>,
    bytes: usize,
    forgotten: Forgotten,
}

impl<E: Clone + PartialEq> Correlator<E> {
    /// Over files: matches are fed in the order of time, then comes [`finish`](Self::finish).
    pub fn new(set: Arc<RuleSet>) -> Correlator<E> {
        Correlator { set, windows: HashMap::new(), stream: None, bytes: 0, forgotten: Forgotten::default() }
    }

    /// On a stream: matches are fed as they come, [`pass`](Self::pass) tells how time goes. `event_bytes`: memory that hangs on one event.
    pub fn on_stream(set: Arc<RuleSet>, event_bytes: usize) -> Correlator<E> {
        Correlator { stream: Some(event_bytes), ..Correlator::new(set) }
    }

    /// Takes the next match and adds what fires to `fired`. An event that is kept already is not counted again: a forwarder may send
    /// a batch twice.
    pub fn feed(&mut self, observation: Observation<E>, fired: &mut Vec<CorrelationMatch<E>>) {
        for key in observation.keys {
            let entry = Entry::new(observation.time, observation.arrived, key.member, key.value, vec![observation.event.clone()]);
            self.enter(key.correlation, key.group, entry, 0, fired);
        }
    }

    /// Judges the windows that were waiting for their end.
    pub fn finish(&mut self, fired: &mut Vec<CorrelationMatch<E>>) {
        let set = Arc::clone(&self.set);
        let mut open: Vec<_> = self.windows.drain().collect();
        open.sort_by(|a, b| a.0.cmp(&b.0));
        for ((at, group), mut window) in open {
            let Some(correlation) = set.program().correlations.get(at as usize).filter(|correlation| waits(&correlation.condition)) else {
                continue;
            };
            fired.extend(window.judge(correlation, 0).map(|found| matched(correlation, &group, found)));
        }
        self.bytes = 0;
    }

    /// On a stream: it is `now` where events come in. Judges the windows whose end has passed, and lets go of what nothing can ask
    /// for any more.
    pub fn pass(&mut self, now: Timestamp, fired: &mut Vec<CorrelationMatch<E>>) {
        let set = Arc::clone(&self.set);
        let event_bytes = self.stream.unwrap_or_default();
        let mut judged = Vec::new();
        self.windows.retain(|(at, group), window| {
            let Some(correlation) = set.program().correlations.get(*at as usize) else { return false };
            let over = |came: Timestamp| now.duration_since(came) > span(correlation).saturating_add(GRACE);
            while waits(&correlation.condition) && window.first().is_some_and(|(_, came)| over(came)) {
                judged.extend(window.judge(correlation, event_bytes).map(|found| ((*at, group.clone()), found)));
            }
            window.arrived() >= since(correlation, now) || window.first().is_some() && waits(&correlation.condition)
        });
        judged.sort_by(|a, b| a.0.cmp(&b.0));
        for ((at, group), found) in judged {
            let Some(correlation) = set.program().correlations.get(at as usize) else { continue };
            self.fire(correlation, matched(correlation, &group, found), now, 0, fired);
        }
        self.bytes = self.windows.iter().map(|((_, group), window)| bytes_of(group) + window.bytes()).sum();
    }

    /// Memory in use, about.
    pub fn size_bytes(&self) -> usize {
        self.bytes
    }

    /// Lets go of the groups that were silent longest, until no more memory than this is in use.
    pub fn shrink_to(&mut self, bytes: usize) {
        let mut by_silence: Vec<_> = self.windows.iter().map(|(key, window)| (window.arrived(), key.clone())).collect();
        by_silence.sort();
        for (_, key) in by_silence {
            if self.bytes <= bytes {
                return;
            }
            if let Some(window) = self.windows.remove(&key) {
                self.bytes = self.bytes.saturating_sub(bytes_of(&key.1) + window.bytes());
                self.forgotten.groups += 1;
            }
        }
    }

    /// What had to be let go of so far.
    pub fn forgotten(&self) -> Forgotten {
        self.forgotten
    }

    /// What fired was heard by nobody: the next event of its burst fires again.
    pub fn unheard(&mut self, found: &CorrelationMatch<E>) {
        let set = Arc::clone(&self.set);
        let group: Vec<String> = found.group.iter().map(|(_, value)| value.clone()).collect();
        let own = (0u32..).zip(&set.program().correlations).filter(|(_, correlation)| correlation.rule == found.rule.0);
        for (at, correlation) in own {
            if let Some(window) = self.windows.get_mut(&(at, group.clone())) {
                window.untell(correlation, found.time);
            }
        }
    }

    fn enter(&mut self, at: u32, group: Vec<String>, entry: Entry<E>, depth: usize, fired: &mut Vec<CorrelationMatch<E>>) {
        let set = Arc::clone(&self.set);
        let Some(correlation) = set.program().correlations.get(at as usize) else { return };
        let key = (at, group);
        if !self.windows.contains_key(&key) {
            self.bytes += bytes_of(&key.1) + Window::<E>::default().bytes();
        }
        let arrived = entry.arrived;
        let window = self.windows.entry(key.clone()).or_default();
        if window.holds(&entry) {
            return;
        }
        let (before, event_bytes) = (window.bytes(), self.stream.unwrap_or_default());
        let found = match (waits(&correlation.condition), self.stream) {
            (true, None) => {
                let over = window.first().is_some_and(|(first, _)| entry.time.duration_since(first) > span(correlation));
                let found = if over { window.judge(correlation, event_bytes) } else { None };
                window.enter_waiting(entry, event_bytes);
                Vec::from_iter(found)
            }
            (true, Some(_)) => {
                self.forgotten.late += u64::from(window.enter_waiting(entry, event_bytes));
                Vec::new()
            }
            (false, None) => {
                let found = window.enter_sliding(correlation, entry, event_bytes);
                window.keep_last(correlation, event_bytes);
                found
            }
            (false, Some(_)) => {
                let found = window.enter_sliding(correlation, entry, event_bytes);
                self.forgotten.events += window.keep_since(correlation, since(correlation, arrived), event_bytes);
                found
            }
        };
        self.bytes = self.bytes.saturating_add(window.bytes()).saturating_sub(before);
        for found in found {
            self.fire(correlation, matched(correlation, &key.1, found), arrived, depth, fired);
        }
    }

    /// Adds a correlation that fired, and feeds it to those that join it.
    fn fire(
        &mut self,
        inner: &Correlation,
        found: CorrelationMatch<E>,
        arrived: Timestamp,
        depth: usize,
        fired: &mut Vec<CorrelationMatch<E>>,
    ) {
        let set = Arc::clone(&self.set);
        for (at, outer) in (0u32..).zip(&set.program().correlations).filter(|_| depth < MAX_DEPTH) {
            for (member, _) in (0u32..).zip(&outer.members).filter(|(_, joined)| **joined == inner.rule) {
                let value_of = |name: &String| found.group.iter().find(|(field, _)| field == name).map(|(_, value)| value.clone());
                let per_member = |field: &GroupField| field.per_member.get(member as usize).and_then(value_of);
                let Some(group) = outer.group_by.iter().map(per_member).collect::<Option<Vec<_>>>() else { continue };
                let Some(value) = counted(outer, value_of) else { continue };
                let entry = Entry::new(found.time, arrived, member, value, found.events.clone());
                self.enter(at, group, entry, depth + 1, fired);
            }
        }
        fired.push(found);
    }
}

/// What came in before this is not asked for any more.
fn since(correlation: &Correlation, now: Timestamp) -> Timestamp {
    let kept = span(correlation).saturating_mul(2).max(PATIENCE);
    now.saturating_sub(kept).unwrap_or(Timestamp::MIN)
}

fn bytes_of(group: &[String]) -> usize {
    // The name of a group stands in the map with its own bookkeeping.
    64 + group.iter().map(|value| size_of::<String>() + value.len()).sum::<usize>()
}

fn matched<E>(correlation: &Correlation, group: &[String], found: Fired<E>) -> CorrelationMatch<E> {
    CorrelationMatch {
        rule: RuleIndex(correlation.rule),
        time: found.time,
        group: correlation.group_by.iter().map(|field| field.name.clone()).zip(group.iter().cloned()).collect(),
        events: found.events,
    }
}
