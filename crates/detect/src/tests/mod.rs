//! Tests of the engine as a whole: rules in YAML against records.

mod correlations;
mod differential;
mod loading;
mod modifiers;
mod sources;

use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::Arc;

use hikeshi_event::{Field, LogFormat, Record, Value};

use crate::load::{LoadOptions, RuleFile, from_files};
use crate::{Loaded, RuleIndex, RuleSet};

/// Loads rules from texts.
pub(crate) fn load(texts: &[&str]) -> Loaded {
    let file = |(at, text): (usize, &&str)| RuleFile { path: PathBuf::from(format!("rule-{at}.yml")), text: Ok((*text).to_owned()) };
    from_files(texts.iter().enumerate().map(file).collect(), &LoadOptions::default()).unwrap()
}

/// A rule on process creation with that detection section.
pub(crate) fn process_rule(detection: &str) -> String {
    let indented = detection.trim_matches('\n').lines().map(|line| format!("    {line}\n")).collect::<String>();
    format!("title: t\nid: one\nlogsource: {{product: windows, category: process_creation}}\ndetection:\n{indented}")
}

/// A Windows record.
pub(crate) fn windows<'a>(channel: &'a str, event_id: u32, fields: &[(&'a str, Value<'a>)]) -> Record<'a> {
    Record {
        format: LogFormat::WindowsJson,
        channel: Cow::Borrowed(channel),
        provider: Cow::Borrowed("P"),
        event_id,
        computer: Cow::Borrowed("HOST-1"),
        time: Some("2026-11-22T01:02:03Z".parse().unwrap()),
        record_id: Some(1),
        fields: fields.iter().map(|(name, value)| Field { name: Cow::Borrowed(name), value: value.clone() }).collect(),
        raw: Cow::Borrowed(b""),
    }
}

/// A text value.
pub(crate) fn text(text: &str) -> Value<'_> {
    Value::Text(Cow::Borrowed(text))
}

/// A process creation by Sysmon.
pub(crate) fn process<'a>(fields: &[(&'a str, Value<'a>)]) -> Record<'a> {
    windows("Microsoft-Windows-Sysmon/Operational", 1, fields)
}

/// The ids of the rules that match, with and without the index.
pub(crate) fn matching(rules: &Arc<RuleSet>, record: &Record<'_>) -> Vec<String> {
    let mut matcher = rules.matcher();
    let (mut indexed, mut plain) = (Vec::new(), Vec::new());
    matcher.matches(record, &mut indexed);
    matcher.matches_plainly(record, &mut plain);
    assert_eq!(indexed, plain, "the index and the plain evaluation differ on {record:?}");
    let id = |rule: &RuleIndex| rules.get(*rule).unwrap().id.clone();
    indexed.iter().map(id).collect()
}

/// Whether a process rule with that detection matches.
pub(crate) fn check(detection: &str, fields: &[(&str, Value<'_>)], expected: bool) {
    let loaded = load(&[&process_rule(detection)]);
    assert_eq!(loaded.refused, [], "{detection}");
    assert_eq!(!matching(&loaded.rules, &process(fields)).is_empty(), expected, "{detection}\n{fields:?}");
}

/// The reason for which a process rule is refused.
pub(crate) fn refusal(detection: &str) -> String {
    let loaded = load(&[&process_rule(detection)]);
    assert!(loaded.rules.is_empty(), "{detection}");
    loaded.refused.iter().map(|refusal| refusal.reason.clone()).collect::<Vec<_>>().join("; ")
}
