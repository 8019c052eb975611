//! What products and rules said (E34, E35, E39, E42, and the rules' own weight).

use std::collections::{BTreeMap, BTreeSet};

use hikeshi_domain::alert::{Action, ProductAlert};
use hikeshi_domain::duplicate::same_file as same_hash;
use hikeshi_domain::endpoint::BlockMode;
use hikeshi_domain::level::Level;
use hikeshi_domain::phrase::Phrase;
use hikeshi_domain::told::{NEAR, same_file};
use hikeshi_event::Column;

use super::Evidence;
use crate::input::{Focus, Rule};
use crate::kind::Kind;
use crate::scope::{LOOK_BACK, Scope, names_file};

pub(super) fn weigh(scope: &Scope<'_>, evidence: &mut Evidence) {
    rules(scope, evidence);
    steps(scope, evidence);
    let Focus::Alert(alert) = scope.input.focus else { return };
    if scope.book.fits("generic_detections", &alert.name) {
        evidence.see("E34", Phrase::new("finding.E34").with("product", &alert.product).with("name", &alert.name), []);
    }
    second_product(scope, alert, evidence);
    let could_run = matches!(alert.action, Action::Detected) && scope.input.block_mode != BlockMode::Block;
    if scope.process.is_some() && scope.subject_runs() && could_run {
        evidence.see("E39", Phrase::new("finding.E39"), scope.process_event());
    }
}

/// Rules of one level weigh once, a second different rule adds half; the book caps levels and all.
fn rules(scope: &Scope<'_>, evidence: &mut Evidence) {
    let mut levels: BTreeMap<Level, BTreeMap<&str, (&Rule, Vec<usize>)>> = BTreeMap::new();
    for hit in &scope.matches {
        let rules = levels.entry(hit.rule.level).or_default();
        rules.entry(hit.rule.id.as_str()).or_insert_with(|| (hit.rule, Vec::new())).1.push(hit.event);
    }
    let mut left = scope.book.rules.cap;
    for (level, id) in [(Level::Critical, "R-critical"), (Level::High, "R-high"), (Level::Medium, "R-medium")] {
        let (Some(rules), Some(item)) = (levels.get(&level), scope.book.item(id)) else { continue };
        let more = if rules.len() > 1 { item.points / 2 } else { 0 };
        let cap = if level == Level::Medium { scope.book.rules.medium_cap.min(left) } else { left };
        let points = (item.points + more).min(cap);
        if points <= 0 {
            continue;
        }
        left -= points;
        let reason = Phrase::new("finding.R").with("level", level.name()).with("count", rules.len().to_string());
        let reason = titled(reason, rules.values().map(|(rule, _)| *rule).take(3));
        let mut events: Vec<usize> = rules.values().flat_map(|(_, events)| events.iter().copied()).collect();
        events.sort_unstable();
        events.dedup();
        evidence.see_weighing(id, points, reason, events);
    }
}

/// The sentence with the rules' titles, in Japanese too where a rule has one.
fn titled<'a>(reason: Phrase, rules: impl Iterator<Item = &'a Rule> + Clone) -> Phrase {
    let titles: Vec<&str> = rules.clone().map(|rule| rule.title.as_str()).collect();
    let japanese: Vec<&str> = rules.map(|rule| rule.title_ja.as_deref().unwrap_or(&rule.title)).collect();
    let reason = if japanese == titles { reason } else { reason.with_ja("titles", japanese.join(" / ")) };
    reason.with("titles", titles.join(" / "))
}

/// Strong rules saw different steps of an attack (E42): two rules of level high or above, on different events, whose authors
/// name different tactics. One noisy act, however many rules it trips, is no second step.
fn steps(scope: &Scope<'_>, evidence: &mut Evidence) {
    let strong: Vec<(usize, BTreeSet<&str>)> = scope
        .matches
        .iter()
        .filter(|hit| hit.rule.level >= Level::High)
        .map(|hit| (hit.event, hit.rule.tags.iter().filter_map(|tag| tactic(tag)).collect()))
        .collect();
    let different = |a: &(usize, BTreeSet<&str>), b: &(usize, BTreeSet<&str>)| {
        a.0 != b.0 && !a.1.is_empty() && !b.1.is_empty() && a.1.is_disjoint(&b.1)
    };
    let steps: Vec<&(usize, BTreeSet<&str>)> = strong.iter().filter(|one| strong.iter().any(|other| different(one, other))).collect();
    if steps.is_empty() {
        return;
    }
    let tactics: BTreeSet<&str> = steps.iter().flat_map(|(_, tactics)| tactics.iter().copied()).collect();
    let events: BTreeSet<usize> = steps.iter().map(|(event, _)| *event).collect();
    let named = tactics.into_iter().collect::<Vec<_>>().join(", ");
    evidence.see("E42", Phrase::new("finding.E42").with("tactics", named), events);
}

/// The tactic that a tag names, of the tags that the Sigma language has for ATT&CK: `attack.credential-access`. Execution and the
/// initial access are no steps of their own: nearly every rule on a process says them.
fn tactic(tag: &str) -> Option<&str> {
    const STEPS: [&str; 12] = [
        "persistence",
        "privilege-escalation",
        "defense-evasion",
        "defense-impairment",
        "stealth",
        "credential-access",
        "discovery",
        "lateral-movement",
        "collection",
        "command-and-control",
        "exfiltration",
        "impact",
    ];
    let name = tag.strip_prefix("attack.")?;
    STEPS.into_iter().find(|step| *step == name || step.replace('-', "_") == name)
}

/// Another product of the host speaks of the same file.
fn second_product(scope: &Scope<'_>, alert: &ProductAlert, evidence: &mut Evidence) {
    let Some(file) = &alert.file else { return };
    let defender = alert.product.to_lowercase().contains("defender");
    for (index, event) in scope.host_events(&[Kind::Detection]) {
        if !defender && names_file(event, file) {
            let name = event.text(Column::DetectionName).unwrap_or_default();
            evidence.see("E35", Phrase::new("finding.E35").with("product", event.provider.as_ref()).with("name", name), [index]);
        }
    }
    let agrees = |other: &&ProductAlert| {
        let apart = alert.detected_at.duration_since(other.detected_at).abs();
        let theirs = other.file.as_ref();
        // A path names a file for minutes, a hash for good.
        let same = (apart <= LOOK_BACK && same_hash(Some(file), theirs))
            || (apart <= NEAR && theirs.is_some_and(|theirs| same_file(file, theirs)));
        same && !same_maker(&alert.product, &other.product)
    };
    if let Some(other) = scope.input.others.iter().find(agrees) {
        evidence.see("E35", Phrase::new("finding.E35").with("product", &other.product).with("name", &other.name), []);
    }
}

/// Whether two names are of one product, as far as names tell: one holds the other, or both are Defender.
fn same_maker(one: &str, other: &str) -> bool {
    let (one, other) = (one.trim().to_lowercase(), other.trim().to_lowercase());
    one.contains(&other) || other.contains(&one) || [&one, &other].into_iter().all(|name| name.contains("defender"))
}

impl Scope<'_> {
    /// Whether the subject's file itself is what the process runs (not a document that it opened).
    pub(crate) fn subject_runs(&self) -> bool {
        let image = self.process.and_then(|process| self.host.processes.get(process)).and_then(|process| process.image);
        match (image, self.subject.image.as_deref()) {
            (Some(image), Some(subject)) => crate::path::same_path(image, subject),
            _ => false,
        }
    }
}
