//! What correlations need of one match: its time, and the texts that group and count, taken from the record while it is there.

use hikeshi_event::{Record, Value};
use jiff::Timestamp;

use crate::correlation::{Condition, Correlation};
use crate::rule::RuleIndex;
use crate::set::RuleSet;

/// What correlations need to know of one match: group and counted values, taken from the record.
#[derive(Debug, Clone)]
pub struct Observation<E> {
    /// When the record says it happened.
    pub time: Timestamp,
    /// When it came in; the same unless whoever watches a stream says otherwise.
    pub arrived: Timestamp,
    /// The rule that matched.
    pub rule: RuleIndex,
    /// What the caller wants back: the event's name.
    pub event: E,
    pub(crate) keys: Vec<Key>,
}

#[derive(Debug, Clone)]
pub(crate) struct Key {
    pub(crate) correlation: u32,
    pub(crate) member: u32,
    pub(crate) group: Vec<String>,
    pub(crate) value: String,
}

impl<E> Observation<E> {
    /// The same match under another name of its event, placed and received as whoever watches a stream knows better.
    pub fn with<F>(self, event: F, time: Timestamp, arrived: Timestamp) -> Observation<F> {
        Observation { time, arrived, rule: self.rule, event, keys: self.keys }
    }
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
        (!keys.is_empty()).then_some(Observation { time, arrived: time, rule, event, keys })
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
pub(crate) fn counted(correlation: &Correlation, named: impl Fn(&String) -> Option<String>) -> Option<String> {
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
