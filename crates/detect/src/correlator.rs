//! Runs correlation rules over the matches of the rules they join.
//!
//! Matches are fed in the order of time. A group's window slides with its events; a correlation fires when its condition becomes
//! true and again only after it was false between. A condition with an upper bound is judged when its window has passed.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use hikeshi_event::{Record, Value};
use jiff::{SignedDuration, Timestamp};

use crate::correlation::{Condition, Correlation, Figure};
use crate::rule::RuleIndex;
use crate::set::RuleSet;

/// Events kept of one group; the oldest go first.
const MAX_EVENTS: usize = 10_000;
/// How deep correlations of correlations may go.
const MAX_DEPTH: usize = 8;

/// What correlations need to know of one match: group and counted values, taken from the record.
#[derive(Debug, Clone)]
pub struct Observation<E> {
    /// When the record says it happened.
    pub time: Timestamp,
    /// The rule that matched.
    pub rule: RuleIndex,
    /// What the caller wants back: the event's name.
    pub event: E,
    keys: Vec<Key>,
}

#[derive(Debug, Clone)]
struct Key {
    correlation: u32,
    member: u32,
    group: Vec<String>,
    value: String,
}

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

/// The windows of all correlations.
#[derive(Debug)]
pub struct Correlator<E> {
    set: Arc<RuleSet>,
    windows: HashMap<(u32, Vec<String>), Window<E>>,
}

#[derive(Debug)]
struct Window<E> {
    entries: VecDeque<Entry<E>>,
    /// How many entries each member has.
    members: Vec<u32>,
    /// How many entries each value has.
    values: HashMap<String, u32>,
    holding: bool,
}

#[derive(Debug, Clone)]
struct Entry<E> {
    time: Timestamp,
    member: u32,
    value: String,
    events: Vec<E>,
}

impl RuleSet {
    /// What correlations need of this match; `None` if none joins the rule, or the record lacks a field that groups.
    pub fn observe<E>(&self, rule: RuleIndex, record: &Record<'_>, event: E) -> Option<Observation<E>> {
        let time = record.time?;
        let mut keys = Vec::new();
        for (at, correlation) in (0u32..).zip(&self.program().correlations) {
            for (member, _) in (0u32..).zip(&correlation.members).filter(|(_, joined)| **joined == rule.0) {
                let named = |name: &String| self.text_of(record, name);
                let per_member = |field: &crate::correlation::GroupField| field.per_member.get(member as usize).and_then(named);
                let Some(group) = correlation.group_by.iter().map(per_member).collect::<Option<Vec<_>>>() else { continue };
                let Some(value) = counted(correlation, named) else { continue };
                keys.push(Key { correlation: at, member, group, value });
            }
        }
        (!keys.is_empty()).then_some(Observation { time, rule, event, keys })
    }

    /// Whether any correlation joins the rule.
    pub fn is_joined(&self, rule: RuleIndex) -> bool {
        self.program().correlations.iter().any(|correlation| correlation.members.contains(&rule.0))
    }

    /// A field's text: the record's own, the head's, or one known under another name in this log.
    fn text_of(&self, record: &Record<'_>, name: &str) -> Option<String> {
        if let Some(value) = record.get(name) {
            return printed(value);
        }
        let head = match name.to_ascii_lowercase().as_str() {
            "computer" => record.computer.to_string(),
            "channel" => record.channel.to_string(),
            "provider_name" => record.provider.to_string(),
            "eventid" => record.event_id.to_string(),
            _ => {
                let program = self.program();
                let source = program.sources.sources.get(usize::from(program.sources.of(record).0))?;
                let applying = source.fields.iter().filter(|extra| extra.apply_to(Some(record.event_id)));
                let mut pairs = applying.flat_map(|extra| &extra.names);
                let own = pairs.find(|(_, others)| others.iter().any(|other| other.eq_ignore_ascii_case(name)))?;
                return record.get(own.0).and_then(printed);
            }
        };
        Some(head).filter(|text| !text.is_empty())
    }
}

/// The value that a figure counts, one text for several fields; `None` if the record lacks one.
fn counted(correlation: &Correlation, named: impl Fn(&String) -> Option<String>) -> Option<String> {
    match &correlation.condition {
        Condition::Figure { figure, .. } => {
            let values: Vec<String> = figure.fields().iter().map(named).collect::<Option<_>>()?;
            Some(values.join("\u{1f}"))
        }
        Condition::Seen(_) | Condition::Ordered => Some(String::new()),
    }
}

fn printed(value: &Value<'_>) -> Option<String> {
    match value {
        Value::Null => None,
        Value::Text(text) => Some(text.to_string()).filter(|text| !text.is_empty()),
        Value::Integer(number) => Some(number.to_string()),
        Value::Unsigned(number) => Some(number.to_string()),
        Value::Float(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        Value::List(items) => items.first().and_then(printed),
    }
}

impl<E: Clone + PartialEq> Correlator<E> {
    /// Empty windows over the correlations of a rule set.
    pub fn new(set: Arc<RuleSet>) -> Correlator<E> {
        Correlator { set, windows: HashMap::new() }
    }

    /// Takes the next match, not earlier than the one before, and adds what fires to `fired`. An event that is in the window already
    /// is not counted again: a forwarder may send a batch twice.
    pub fn feed(&mut self, observation: Observation<E>, fired: &mut Vec<CorrelationMatch<E>>) {
        for key in observation.keys {
            let entry = Entry { time: observation.time, member: key.member, value: key.value, events: vec![observation.event.clone()] };
            self.enter(key.correlation, key.group, entry, 0, fired);
        }
    }

    /// Judges the windows that were waiting for their end.
    pub fn finish(&mut self, fired: &mut Vec<CorrelationMatch<E>>) {
        let set = Arc::clone(&self.set);
        let mut open: Vec<_> = self.windows.drain().collect();
        open.sort_by(|a, b| a.0.cmp(&b.0));
        for ((at, group), window) in open {
            let Some(correlation) = set.program().correlations.get(at as usize) else { continue };
            if waits(&correlation.condition) && window.satisfies(correlation) {
                fired.extend(window.matched(correlation, &group));
            }
        }
    }

    fn enter(&mut self, at: u32, group: Vec<String>, entry: Entry<E>, depth: usize, fired: &mut Vec<CorrelationMatch<E>>) {
        let set = Arc::clone(&self.set);
        let Some(correlation) = set.program().correlations.get(at as usize) else { return };
        let window = self.windows.entry((at, group.clone())).or_default();
        if window.holds(&entry) {
            return;
        }
        let found = match waits(&correlation.condition) {
            true => window.enter_waiting(correlation, &group, entry),
            false => window.enter_sliding(correlation, &group, entry),
        };
        let Some(found) = found else { return };
        if depth < MAX_DEPTH {
            self.pass_on(correlation, &found, depth, fired);
        }
        fired.push(found);
    }

    /// Feeds a correlation that fired to those that join it.
    fn pass_on(&mut self, inner: &Correlation, found: &CorrelationMatch<E>, depth: usize, fired: &mut Vec<CorrelationMatch<E>>) {
        let set = Arc::clone(&self.set);
        for (at, outer) in (0u32..).zip(&set.program().correlations) {
            for (member, _) in (0u32..).zip(&outer.members).filter(|(_, joined)| **joined == inner.rule) {
                let value_of = |name: &String| found.group.iter().find(|(field, _)| field == name).map(|(_, value)| value.clone());
                let per_member = |field: &crate::correlation::GroupField| field.per_member.get(member as usize).and_then(value_of);
                let Some(group) = outer.group_by.iter().map(per_member).collect::<Option<Vec<_>>>() else { continue };
                let Some(value) = counted(outer, value_of) else { continue };
                let entry = Entry { time: found.time, member, value, events: found.events.clone() };
                self.enter(at, group, entry, depth + 1, fired);
            }
        }
    }
}

/// Later events could make the condition false again, so it is judged when the window has passed.
fn waits(condition: &Condition) -> bool {
    match condition {
        Condition::Figure { figure: Figure::Events | Figure::Distinct(_) | Figure::Sum(_), bounds } => {
            !bounds.iter().all(|(bound, _)| bound.only_grows())
        }
        Condition::Figure { .. } => true,
        Condition::Seen(_) | Condition::Ordered => false,
    }
}

impl<E> Default for Window<E> {
    fn default() -> Self {
        Window { entries: VecDeque::new(), members: Vec::new(), values: HashMap::new(), holding: false }
    }
}

impl<E: Clone + PartialEq> Window<E> {
    fn holds(&self, entry: &Entry<E>) -> bool {
        let same = |known: &Entry<E>| known.time == entry.time && known.member == entry.member && known.events == entry.events;
        self.entries.iter().any(same)
    }

    fn push(&mut self, entry: Entry<E>) {
        let member = entry.member as usize;
        if self.members.len() <= member {
            self.members.resize(member + 1, 0);
        }
        if let Some(count) = self.members.get_mut(member) {
            *count += 1;
        }
        *self.values.entry(entry.value.clone()).or_insert(0) += 1;
        self.entries.push_back(entry);
    }

    fn pop(&mut self) {
        let Some(entry) = self.entries.pop_front() else { return };
        if let Some(count) = self.members.get_mut(entry.member as usize) {
            *count -= 1;
        }
        if let Some(count) = self.values.get_mut(&entry.value) {
            *count -= 1;
            if *count == 0 {
                self.values.remove(&entry.value);
            }
        }
    }

    fn clear(&mut self) {
        self.entries.clear();
        self.members.clear();
        self.values.clear();
    }

    fn enter_sliding(&mut self, correlation: &Correlation, group: &[String], entry: Entry<E>) -> Option<CorrelationMatch<E>> {
        let span = span(correlation);
        let now = entry.time;
        self.push(entry);
        while self.entries.front().is_some_and(|first| now.duration_since(first.time) > span) || self.entries.len() > MAX_EVENTS {
            self.pop();
        }
        let holds = self.satisfies(correlation);
        let held = std::mem::replace(&mut self.holding, holds);
        (self.holding && !held).then(|| self.matched(correlation, group)).flatten()
    }

    /// The window opens with its first event and is judged by the first event after it.
    fn enter_waiting(&mut self, correlation: &Correlation, group: &[String], entry: Entry<E>) -> Option<CorrelationMatch<E>> {
        let over = self.entries.front().is_some_and(|first| entry.time.duration_since(first.time) > span(correlation));
        let found = (over && self.satisfies(correlation)).then(|| self.matched(correlation, group)).flatten();
        if over {
            self.clear();
        }
        if self.entries.len() < MAX_EVENTS {
            self.push(entry);
        }
        found
    }

    fn matched(&self, correlation: &Correlation, group: &[String]) -> Option<CorrelationMatch<E>> {
        Some(CorrelationMatch {
            rule: RuleIndex(correlation.rule),
            time: self.entries.back()?.time,
            group: correlation.group_by.iter().map(|field| field.name.clone()).zip(group.iter().cloned()).collect(),
            events: self.entries.iter().flat_map(|entry| entry.events.iter().cloned()).collect(),
        })
    }

    fn satisfies(&self, correlation: &Correlation) -> bool {
        match &correlation.condition {
            Condition::Figure { figure, bounds } => {
                self.figure(figure).is_some_and(|figure| bounds.iter().all(|(bound, value)| bound.holds(figure, *value)))
            }
            Condition::Seen(expr) => expr.holds(&mut |member| self.members.get(member as usize).is_some_and(|count| *count > 0)),
            Condition::Ordered => self.in_order(correlation.members.len()),
        }
    }

    fn figure(&self, figure: &Figure) -> Option<f64> {
        let numbers = || self.entries.iter().filter_map(|entry| crate::predicate::number(&entry.value));
        match figure {
            Figure::Events => Some(self.entries.len() as f64),
            Figure::Distinct(_) => Some(self.values.len() as f64),
            Figure::Sum(_) => Some(numbers().sum()),
            Figure::Average(_) => {
                let count = numbers().count();
                (count > 0).then(|| numbers().sum::<f64>() / count as f64)
            }
            Figure::Percentile(_, rank) => {
                let mut sorted: Vec<f64> = numbers().collect();
                sorted.sort_by(f64::total_cmp);
                let at = (usize::from(*rank) * sorted.len()).div_ceil(100).saturating_sub(1);
                sorted.get(at).copied()
            }
        }
    }

    /// Every member in turn, each after the one before.
    fn in_order(&self, members: usize) -> bool {
        let seen = self.entries.iter().fold(0, |seen, entry| seen + usize::from(entry.member as usize == seen));
        seen == members
    }
}

fn span(correlation: &Correlation) -> SignedDuration {
    SignedDuration::from_secs(i64::try_from(correlation.span_seconds).unwrap_or(i64::MAX))
}
