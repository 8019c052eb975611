//! The events of one group of one correlation, in the order of their time, whatever order they came in.
//!
//! For each event is known whether the condition holds over the window that ends with it. Events in a row at which it holds are
//! one *burst*, told once: an event that comes late is judged in its own place, and tells nothing of a burst that was told.

use std::collections::VecDeque;
use std::mem::size_of;
use std::ops::Range;

use jiff::{SignedDuration, Timestamp};

use crate::correlation::{Bound, Condition, Correlation, Figure};
use crate::tally::{Tally, satisfies};

/// Events kept of one group; the earliest go first.
pub(crate) const MAX_EVENTS: usize = 10_000;

/// One event, or the events of an inner correlation.
#[derive(Debug, Clone)]
pub(crate) struct Entry<E> {
    pub(crate) time: Timestamp,
    pub(crate) arrived: Timestamp,
    pub(crate) member: u32,
    pub(crate) value: String,
    pub(crate) events: Vec<E>,
    /// The condition holds over the window that ends here.
    holds: bool,
    /// The burst that this belongs to was told.
    told: bool,
}

impl<E> Entry<E> {
    pub(crate) fn new(time: Timestamp, arrived: Timestamp, member: u32, value: String, events: Vec<E>) -> Self {
        Entry { time, arrived, member, value, events, holds: false, told: false }
    }

    /// Memory, about; `event_bytes` is what hangs on one event.
    fn bytes(&self, event_bytes: usize) -> usize {
        // A value stands here and may stand in the tally.
        size_of::<Entry<E>>() + 2 * self.value.len() + self.events.len() * (size_of::<E>() + event_bytes)
    }
}

/// A window that fired: its events and the time of the last.
#[derive(Debug)]
pub(crate) struct Fired<E> {
    pub(crate) time: Timestamp,
    pub(crate) events: Vec<E>,
}

/// The kept events of one group.
#[derive(Debug)]
pub(crate) struct Window<E> {
    entries: VecDeque<Entry<E>>,
    /// Where the window begins that ends with the last entry.
    begin: usize,
    /// Of that window.
    tally: Tally,
    /// How many entries have gone: places count from the very first.
    gone: u64,
    /// When its latest event came in.
    arrived: Timestamp,
    /// The last window that was judged at its end.
    judged: Option<(Timestamp, Timestamp)>,
    bytes: usize,
}

impl<E> Default for Window<E> {
    fn default() -> Self {
        Window {
            entries: VecDeque::new(),
            begin: 0,
            tally: Tally::default(),
            gone: 0,
            arrived: Timestamp::MIN,
            judged: None,
            bytes: size_of::<Window<E>>(),
        }
    }
}

impl<E: Clone + PartialEq> Window<E> {
    /// When its latest event came in.
    pub(crate) fn arrived(&self) -> Timestamp {
        self.arrived
    }

    /// Memory, about.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether the event is here already.
    pub(crate) fn holds(&self, entry: &Entry<E>) -> bool {
        let first = self.entries.partition_point(|known| known.time < entry.time);
        let same_time = self.entries.range(first..).take_while(|known| known.time == entry.time);
        same_time.into_iter().any(|known| known.member == entry.member && known.events == entry.events)
    }

    /// Takes an event at its own time. Gives the windows that fire with it.
    pub(crate) fn enter_sliding(&mut self, correlation: &Correlation, entry: Entry<E>, event_bytes: usize) -> Vec<Fired<E>> {
        self.arrived = self.arrived.max(entry.arrived);
        self.bytes += entry.bytes(event_bytes);
        let late = self.entries.back().is_some_and(|last| last.time > entry.time);
        let judged = if late { self.insert(correlation, entry) } else { self.append(correlation, entry) };
        let edges = self.tell(correlation, judged);
        edges.into_iter().filter_map(|edge| self.fired(correlation, edge)).collect()
    }

    /// An event not earlier than all others: its place is the last.
    fn append(&mut self, correlation: &Correlation, entry: Entry<E>) -> Range<usize> {
        let (span, now) = (span(correlation), entry.time);
        self.tally.add(correlation, entry.member, &entry.value, self.gone + self.entries.len() as u64);
        self.entries.push_back(entry);
        while let Some(first) = self.entries.get(self.begin).filter(|first| now.duration_since(first.time) > span) {
            self.tally.remove(correlation, first.member, &first.value);
            self.begin += 1;
        }
        let holds = self.tally.holds(correlation, self.gone + self.begin as u64);
        let last = self.entries.len().saturating_sub(1);
        if let Some(entry) = self.entries.get_mut(last) {
            entry.holds = holds;
        }
        last..last + 1
    }

    /// A late event: its place is among the others, and the windows that hold it are judged again.
    fn insert(&mut self, correlation: &Correlation, entry: Entry<E>) -> Range<usize> {
        let (span, time) = (span(correlation), entry.time);
        let at = self.entries.partition_point(|known| known.time <= time);
        let end = self.entries.partition_point(|known| known.time.duration_since(time) <= span);
        let in_last = self.entries.get(self.begin).is_some_and(|first| first.time <= time);
        if in_last && only_grows(correlation) && self.is_within_burst(at, span) {
            // Nothing is left to tell of it: that it counts is enough.
            self.tally.add(correlation, entry.member, &entry.value, self.gone + at as u64);
            self.entries.insert(at, Entry { holds: true, told: true, ..entry });
            return at..at;
        }
        self.entries.insert(at, entry);
        let end = end + 1;
        let first = self.entries.partition_point(|known| time.duration_since(known.time) > span);
        let (mut begin, mut tally) = (first, Tally::default());
        for place in first..end {
            let Some(entry) = self.entries.get(place) else { break };
            tally.add(correlation, entry.member, &entry.value, self.gone + place as u64);
            let now = entry.time;
            while let Some(first) = self.entries.get(begin).filter(|first| now.duration_since(first.time) > span) {
                tally.remove(correlation, first.member, &first.value);
                begin += 1;
            }
            let holds = tally.holds(correlation, self.gone + begin as u64);
            if let Some(entry) = self.entries.get_mut(place).filter(|_| place >= at) {
                entry.holds = holds;
            }
        }
        if end == self.entries.len() {
            (self.begin, self.tally) = (begin, tally);
        } else {
            self.begin += 1;
            self.tally.shift();
        }
        at..end
    }

    /// Whether an event at that place falls among those of one burst that was told and goes on to the last event.
    fn is_within_burst(&self, at: usize, span: SignedDuration) -> bool {
        let Some(before) = at.checked_sub(1).and_then(|before| self.entries.get(before)) else { return false };
        let mut last = before.time;
        before.told
            && self.entries.range(at..).all(|entry| {
                let near = entry.time.duration_since(last) <= span;
                last = entry.time;
                near && entry.holds && entry.told
            })
    }

    /// Marks what was judged as told; gives the places where an untold burst came to light.
    fn tell(&mut self, correlation: &Correlation, judged: Range<usize>) -> Vec<usize> {
        let span = span(correlation);
        let mut edges = Vec::new();
        for place in judged {
            let Some(entry) = self.entries.get(place) else { break };
            if !entry.holds {
                if let Some(entry) = self.entries.get_mut(place) {
                    entry.told = false;
                }
                continue;
            }
            let follows =
                self.follows(place, span) && place.checked_sub(1).and_then(|before| self.entries.get(before)).is_some_and(|e| e.told);
            if !(entry.told || follows || self.told_further_on(place, span)) {
                edges.push(place);
            }
            if let Some(entry) = self.entries.get_mut(place) {
                entry.told = true;
            }
        }
        edges
    }

    /// Whether the entry is of the same burst as the one before it.
    fn follows(&self, place: usize, span: SignedDuration) -> bool {
        let Some(before) = place.checked_sub(1).and_then(|before| self.entries.get(before)) else { return false };
        self.entries.get(place).is_some_and(|entry| entry.holds && before.holds && entry.time.duration_since(before.time) <= span)
    }

    fn told_further_on(&self, place: usize, span: SignedDuration) -> bool {
        let further = (place + 1..self.entries.len()).take_while(|place| self.follows(*place, span));
        further.filter_map(|place| self.entries.get(place)).any(|entry| entry.told)
    }

    /// The burst that an event at this time belongs to counts as not told: its next event tells it.
    pub(crate) fn untell(&mut self, correlation: &Correlation, time: Timestamp) {
        let span = span(correlation);
        let mut place = self.entries.partition_point(|entry| entry.time < time);
        while self.follows(place, span) {
            place -= 1;
        }
        while let Some(entry) = self.entries.get_mut(place).filter(|entry| entry.holds) {
            entry.told = false;
            place += 1;
            if !self.follows(place, span) {
                break;
            }
        }
    }

    fn fired(&self, correlation: &Correlation, place: usize) -> Option<Fired<E>> {
        let time = self.entries.get(place)?.time;
        let span = span(correlation);
        let from = self.entries.partition_point(|entry| time.duration_since(entry.time) > span);
        Some(Fired { time, events: self.entries.range(from..=place).flat_map(|entry| entry.events.iter().cloned()).collect() })
    }

    /// Lets go of the earliest event.
    fn pop(&mut self, correlation: &Correlation, event_bytes: usize) {
        let Some(entry) = self.entries.pop_front() else { return };
        self.bytes = self.bytes.saturating_sub(entry.bytes(event_bytes));
        self.gone += 1;
        match self.begin.checked_sub(1) {
            Some(begin) => self.begin = begin,
            None => self.tally.remove(correlation, entry.member, &entry.value),
        }
    }

    /// Lets go of what lies before the last window: where events come in order, nothing asks for it again.
    pub(crate) fn keep_last(&mut self, correlation: &Correlation, event_bytes: usize) {
        while self.begin > 0 || self.entries.len() > MAX_EVENTS {
            self.pop(correlation, event_bytes);
        }
    }

    /// Lets go of what came in before an instant, and of the earliest beyond the limit; gives how many of those a window still held.
    pub(crate) fn keep_since(&mut self, correlation: &Correlation, since: Timestamp, event_bytes: usize) -> u64 {
        while self.entries.front().is_some_and(|first| first.arrived < since) {
            self.pop(correlation, event_bytes);
        }
        let mut lost = 0;
        while self.entries.len() > MAX_EVENTS {
            lost += u64::from(self.begin == 0);
            self.pop(correlation, event_bytes);
        }
        lost
    }

    /// Takes an event of a window that is judged when it has passed; gives whether it came too late for that.
    pub(crate) fn enter_waiting(&mut self, entry: Entry<E>, event_bytes: usize) -> bool {
        if self.judged.is_some_and(|(from, to)| (from..=to).contains(&entry.time)) {
            return true;
        }
        self.arrived = self.arrived.max(entry.arrived);
        if self.entries.len() < MAX_EVENTS {
            self.bytes += entry.bytes(event_bytes);
            let at = self.entries.partition_point(|known| known.time <= entry.time);
            self.entries.insert(at, entry);
        }
        false
    }

    /// The window opens with the first event: when does it end, and when did that event come in.
    pub(crate) fn first(&self) -> Option<(Timestamp, Timestamp)> {
        self.entries.front().map(|first| (first.time, first.arrived))
    }

    /// Judges the window that opens with the first event, and lets go of its events.
    pub(crate) fn judge(&mut self, correlation: &Correlation, event_bytes: usize) -> Option<Fired<E>> {
        let (first, _) = self.first()?;
        let end = self.entries.partition_point(|entry| entry.time.duration_since(first) <= span(correlation));
        let inside = self.entries.range(..end);
        let last = end.checked_sub(1).and_then(|last| self.entries.get(last))?.time;
        let holds = satisfies(correlation, inside.clone().map(|entry| entry.value.as_str()));
        let fired = holds.then(|| Fired { time: last, events: inside.flat_map(|entry| entry.events.iter().cloned()).collect() });
        let gone: usize = self.entries.drain(..end).map(|entry| entry.bytes(event_bytes)).sum();
        self.bytes = self.bytes.saturating_sub(gone);
        self.judged = Some((first, first.saturating_add(span(correlation)).unwrap_or(Timestamp::MAX)));
        fired
    }
}

/// Late events can only help the condition, and add nothing where it holds.
fn only_grows(correlation: &Correlation) -> bool {
    match &correlation.condition {
        Condition::Figure { figure: Figure::Events | Figure::Distinct(_), bounds } => {
            bounds.iter().all(|(bound, _)| Bound::only_grows(*bound))
        }
        _ => false,
    }
}

/// Later events could make the condition false again, so it is judged when the window has passed.
pub(crate) fn waits(condition: &Condition) -> bool {
    match condition {
        Condition::Figure { figure: Figure::Events | Figure::Distinct(_) | Figure::Sum(_), bounds } => {
            !bounds.iter().all(|(bound, _)| bound.only_grows())
        }
        Condition::Figure { .. } => true,
        Condition::Seen(_) | Condition::Ordered => false,
    }
}

pub(crate) fn span(correlation: &Correlation) -> SignedDuration {
    SignedDuration::from_secs(i64::try_from(correlation.span_seconds).unwrap_or(i64::MAX))
}
