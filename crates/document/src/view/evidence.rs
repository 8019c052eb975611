//! What the verdict rests on: reasons with points, what contradicts them, what is unknown, rules, indicators.

use std::collections::{BTreeSet, HashMap};

use hikeshi_domain::triage::{EventRef, Triage};
use hikeshi_domain::verdict::Finding;
use serde::Serialize;

use super::files::Files;
use super::head::family;
use crate::clock::Clock;
use crate::words::Words;

/// Most rules and indicators shown; the rest is in the JSON's model.
const RULES_SHOWN: usize = 40;
const INDICATORS_SHOWN: usize = 120;
const FINDINGS_SHOWN: usize = 60;

/// Order in which kinds of indicators are shown; others follow by name.
const KINDS: &[&str] = &["sha256", "sha1", "md5", "ip", "domain", "url", "path", "registry"];

/// What the report calls a finding, by id.
pub(super) type Reasons = HashMap<String, String>;

/// The evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EvidenceView {
    /// Toward a threat, heaviest first.
    pub supports: Vec<ReasonView>,
    /// How many of these are not shown, in words.
    pub supports_note: Option<String>,
    /// Against a threat, heaviest first.
    pub against: Vec<ReasonView>,
    /// How many of these are not shown, in words.
    pub against_note: Option<String>,
    /// What would have been weighed, had it been known.
    pub unknown: Vec<UnknownView>,
    /// How many of these are not shown, in words.
    pub unknown_note: Option<String>,
    /// Rules that matched.
    pub rules: Vec<RuleView>,
    /// How many rules are not shown, in words.
    pub rules_note: Option<String>,
    /// Things to search for elsewhere, defanged.
    pub indicators: Vec<IndicatorGroup>,
    /// How many indicators are not shown, in words.
    pub indicators_note: Option<String>,
}

/// One item of evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReasonView {
    /// Its id in `playbook/verdict`; not shown.
    pub id: String,
    /// How the other parts of the report call it: 根拠 1.
    pub number: String,
    /// Its family.
    pub family: String,
    /// Points with their sign.
    pub points: String,
    /// Points without their sign, for a bar.
    pub weight: u32,
    /// Why.
    pub reason: String,
    /// The events that show it.
    pub events: Option<String>,
}

/// One thing not known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UnknownView {
    /// The item's id in `playbook/verdict`; not shown.
    pub id: String,
    /// What is not known and why.
    pub reason: String,
}

/// A rule that matched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RuleView {
    /// Its title.
    pub title: String,
    /// Its id.
    pub id: String,
    /// Its level in words.
    pub level: String,
    /// Its author, as the rules' licence asks.
    pub author: String,
    /// ATT&CK tactics and techniques, and other tags, in one line.
    pub tags: String,
    /// How many events matched, and the first of them.
    pub events: String,
}

/// Indicators of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct IndicatorGroup {
    /// `sha256`, `ip`, …
    pub kind: String,
    /// The kind in words.
    pub label: String,
    /// The values, network names defanged.
    pub values: Vec<String>,
}

/// What findings are called in the report, by id: numbered in the order in which they are shown. Ids say nothing to a reader.
pub(super) fn numbers(triage: &Triage, words: Words) -> Reasons {
    let shown = Side::Supports.findings(triage).chain(Side::Against.findings(triage));
    let called = |number: usize| words.say("reason_number", &[("number", words.number(number))]);
    shown.zip(1..).map(|(finding, number)| (finding.id.clone(), called(number))).collect()
}

/// What the report calls those of the findings that it shows.
pub(super) fn called(findings: &[String], numbers: &Reasons) -> Vec<String> {
    let mut called: Vec<String> = findings.iter().filter_map(|finding| numbers.get(finding).cloned()).collect();
    // Each is the same words with another number: the shorter number is the smaller one.
    called.sort_by(|one, other| one.len().cmp(&other.len()).then_with(|| one.cmp(other)));
    called
}

/// Which way findings point.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Supports,
    Against,
}

impl Side {
    fn all(self, triage: &Triage) -> impl Iterator<Item = &Finding> {
        triage.findings.iter().filter(move |finding| (finding.points < 0) == (self == Side::Against))
    }

    /// Its findings as they are shown, heaviest first.
    fn findings(self, triage: &Triage) -> impl Iterator<Item = &Finding> {
        let mut found: Vec<&Finding> = self.all(triage).collect();
        found.sort_by_key(|finding| std::cmp::Reverse(finding.points.unsigned_abs()));
        found.into_iter().take(FINDINGS_SHOWN)
    }
}

/// The events that stand beside reasons and rules: the first of each.
pub(super) fn shown_events(triage: &Triage) -> impl Iterator<Item = &EventRef> {
    let findings = Side::Supports.findings(triage).chain(Side::Against.findings(triage)).map(|finding| &finding.events);
    findings.chain(triage.rules.iter().take(RULES_SHOWN).map(|hit| &hit.events)).filter_map(|events| events.first())
}

pub(super) fn view(triage: &Triage, words: Words, clock: &Clock, numbers: &Reasons, files: &Files<'_>) -> EvidenceView {
    let reasons = |side: Side| side.findings(triage).map(|finding| reason(finding, words, clock, numbers, files)).collect();
    let left_out = |side: Side| note(side.all(triage).count(), FINDINGS_SHOWN, words);
    // One missing source leaves several items unknown: the sentence stands once.
    let mut told = BTreeSet::new();
    let unknown: Vec<_> =
        triage.unknown.iter().filter(|unknown| told.insert((unknown.reason.key.as_str(), &unknown.reason.values))).collect();
    EvidenceView {
        supports: reasons(Side::Supports),
        supports_note: left_out(Side::Supports),
        against: reasons(Side::Against),
        against_note: left_out(Side::Against),
        unknown_note: note(unknown.len(), FINDINGS_SHOWN, words),
        unknown: unknown
            .into_iter()
            .take(FINDINGS_SHOWN)
            .map(|unknown| UnknownView { id: words.foreign(&unknown.id), reason: words.phrase(&clock.told(&unknown.reason)) })
            .collect(),
        rules: rules(triage, words, clock, files),
        rules_note: note(triage.rules.len(), RULES_SHOWN, words),
        indicators: indicators(triage, words),
        indicators_note: note(triage.indicators.len(), INDICATORS_SHOWN, words),
    }
}

/// `全 1,234 件のうち 40 件を表示。残りは JSON に…`, where not all are shown.
pub(super) fn note(total: usize, shown: usize, words: Words) -> Option<String> {
    (total > shown).then(|| words.say("shown_of", &[("shown", words.number(shown)), ("total", words.number(total))]))
}

fn reason(finding: &Finding, words: Words, clock: &Clock, numbers: &Reasons, files: &Files<'_>) -> ReasonView {
    ReasonView {
        id: words.foreign(&finding.id),
        number: numbers.get(&finding.id).cloned().unwrap_or_default(),
        family: family(finding.family, words),
        points: words.points(finding.points),
        weight: finding.points.unsigned_abs(),
        reason: words.phrase(&clock.told(&finding.reason)),
        events: events(&finding.events, words, clock, files),
    }
}

/// The first event by time, channel, number and file, and how many more there are.
fn events(events: &[EventRef], words: Words, clock: &Clock, files: &Files<'_>) -> Option<String> {
    let first = events.first()?;
    let mut text = format!("{} {}", clock.full(first.time), files.source(first, words));
    if events.len() > 1 {
        text.push_str(&words.say("more_events", &[("count", words.number(events.len() - 1))]));
    }
    Some(text)
}

/// `attack.t1059.001` is T1059.001, `attack.lateral-movement` the tactic's name; other vocabularies stay as they are.
fn tag(tag: &str, words: Words) -> String {
    let Some(known) = tag.strip_prefix("attack.") else { return words.foreign(tag) };
    let mut letters = known.chars();
    let numbered = letters.next().is_some_and(|letter| "tsg".contains(letter)) && letters.next().is_some_and(|next| next.is_ascii_digit());
    if numbered {
        return words.foreign(&known.to_ascii_uppercase());
    }
    words.tactic(known)
}

fn rules(triage: &Triage, words: Words, clock: &Clock, files: &Files<'_>) -> Vec<RuleView> {
    let shown = triage.rules.iter().take(RULES_SHOWN);
    shown
        .map(|hit| RuleView {
            title: words.foreign(&hit.title),
            id: words.foreign(&hit.rule_id),
            level: words.label_or_key("level", &hit.level),
            author: words.foreign(&hit.author),
            tags: words.foreign(&hit.tags.iter().map(|name| tag(name, words)).collect::<Vec<_>>().join(" · ")),
            events: {
                let count = words.say("event_count", &[("count", words.number(hit.count))]);
                match hit.events.first() {
                    Some(first) => format!("{count}{}{} {}", words.comma(), clock.full(first.time), files.source(first, words)),
                    None => count,
                }
            },
        })
        .collect()
}

fn indicators(triage: &Triage, words: Words) -> Vec<IndicatorGroup> {
    let mut groups: Vec<IndicatorGroup> = Vec::new();
    for indicator in triage.indicators.iter().take(INDICATORS_SHOWN) {
        let value = words.value(&indicator.kind, &indicator.value);
        match groups.iter_mut().find(|group| group.kind == indicator.kind) {
            Some(group) => group.values.push(value),
            None => groups.push(IndicatorGroup {
                kind: indicator.kind.clone(),
                label: words.label_or_key("detail", &indicator.kind),
                values: vec![value],
            }),
        }
    }
    groups.sort_by_key(|group| (KINDS.iter().position(|kind| *kind == group.kind).unwrap_or(KINDS.len()), group.kind.clone()));
    groups
}
