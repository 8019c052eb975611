//! The report in words: one language, one zone, ready to be shown. All formats show this and nothing else.
//!
//! The shape is the JSON's `texts` and part of its schema: fields may be added, never renamed or removed under one schema name.

mod evidence;
mod files;
mod head;
mod sections;
mod timeline;
mod tree;

use std::collections::{BTreeMap, HashMap};

use hikeshi_domain::flash_report::FlashReport;
use hikeshi_domain::phrase::Language;
use hikeshi_domain::triage::Triage;
use serde::Serialize;

pub use evidence::{EvidenceView, IndicatorGroup, ReasonView, RuleView, UnknownView};
pub use files::FileView;
pub use head::{Fact, Step, TlpView, VerdictView};
pub use sections::{Detail, ItemView, SectionView};
pub use timeline::{Lane, Mark, TimelineView};
pub use tree::{TreeRow, TreeView};

use self::files::Files;
use self::sections::Marks;
use crate::clock::Clock;
use crate::words::Words;

/// Headings and column heads that the formats need, by the name under `document.`.
const LABELS: &[&str] = &[
    "title",
    "advice",
    "advice.none",
    "after_detection",
    "before_detection",
    "against",
    "against.none",
    "colophon",
    "column.evidence",
    "column.marks",
    "column.points",
    "column.process",
    "column.reason",
    "column.rule",
    "column.time",
    "column.what",
    "contents",
    "detail.command_line",
    "detail.image",
    "detail.sha256",
    "continued",
    "detected",
    "events",
    "families",
    "files",
    "files.many",
    "files.one",
    "indicators",
    "indicators.none",
    "indicators.note",
    "level",
    "limits",
    "limits.none",
    "machine",
    "not_collected",
    "page",
    "processes",
    "reasons",
    "rule_author",
    "rules",
    "rules.none",
    "score",
    "sections",
    "sections.key",
    "subject",
    "supports",
    "supports.none",
    "timeline",
    "timeline.legend_finding",
    "timeline.legend_plain",
    "tree",
    "tree.legend_ghost",
    "tree.legend_plain",
    "tree.legend_subject",
    "tree.none",
    "unknown",
    "unknown.none",
];

/// How the report calls processes (`P3 powershell.exe`), by the tree's ids.
pub(crate) fn actors(triage: &Triage, words: Words) -> HashMap<String, String> {
    tree::actors(triage, words)
}

/// How the report calls the reasons that it shows (`根拠 1`), by the ids of findings.
pub(crate) fn reason_numbers(triage: &Triage, words: Words) -> HashMap<String, String> {
    evidence::numbers(triage, words)
}

/// A flash report in one language.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct View {
    /// Language of the texts.
    pub language: Language,
    /// Title of the document: `速報レポート FR-20261121-0007`.
    pub title: String,
    /// Reference for people.
    pub reference: String,
    /// Which issue this is: `第 2 版`.
    pub version: String,
    /// Who may read it.
    pub tlp: TlpView,
    /// The mark of a drill, where it is one.
    pub drill: Option<String>,
    /// The organisation.
    pub organization: String,
    /// The verdict.
    pub verdict: VerdictView,
    /// What it is about in one line: the chain of names up to the subject.
    pub headline: String,
    /// Detection, receipt, issue and due time, in the order of the clock.
    pub clock: Vec<Step>,
    /// What the report is about, field by field.
    pub facts: Vec<Fact>,
    /// What to do now, most urgent first.
    pub advice: Vec<String>,
    /// Reasons for and against, what is unknown, rules, indicators.
    pub evidence: EvidenceView,
    /// The process tree.
    pub tree: TreeView,
    /// What happened when, in eight lanes.
    pub timeline: TimelineView,
    /// The eight sections, always eight, in order.
    pub sections: Vec<SectionView>,
    /// Log files that the events of the report stand in.
    pub files: Vec<FileView>,
    /// What the examination could not see.
    pub limits: Vec<String>,
    /// Versions and spans under which the verdict was made.
    pub colophon: Vec<Fact>,
    /// When it was issued, as PDF metadata needs it.
    #[serde(skip)]
    pub(crate) issued_at: jiff::Timestamp,
    /// Headings, by name.
    pub labels: BTreeMap<&'static str, String>,
}

impl View {
    /// Puts the report into words.
    pub fn of(report: &FlashReport, language: Language) -> Self {
        let words = Words { language };
        let clock = Clock::new(&report.time_zone);
        let report = &*report.told_in(language);
        let reasons = evidence::numbers(&report.triage, words);
        let files = Files::of(&report.triage);
        let tree = tree::view(&report.triage, words, &clock, &reasons);
        let numbers = tree.numbers();
        let sections = sections::view(&report.triage, words, &clock, Marks { actors: &numbers, reasons: &reasons, files: &files });
        let timeline = timeline::view(&report.triage, words, &clock);
        View {
            language,
            title: words.say("document_title", &[("reference", words.foreign(&report.reference))]),
            reference: words.foreign(&report.reference),
            version: words.say("version", &[("version", report.version.to_string())]),
            tlp: head::tlp(report.tlp, words),
            drill: report.drill.then(|| words.label("drill")),
            organization: words.foreign(&report.organization),
            verdict: head::verdict(&report.triage.judgement, words),
            headline: head::headline(report, words),
            clock: head::clock(report, words, &clock),
            facts: head::facts(report, words),
            advice: report.advice.iter().map(|advice| words.phrase(advice)).collect(),
            evidence: evidence::view(&report.triage, words, &clock, &reasons, &files),
            tree: tree.view,
            timeline,
            sections,
            files: files.view(words),
            limits: limits(report, words, &clock),
            colophon: head::colophon(report, words, &clock),
            issued_at: report.issued_at,
            labels: LABELS.iter().map(|name| (*name, words.label(name))).collect(),
        }
    }

    /// A heading by its name under `document.`; its name where there is none, so that a slip is seen.
    pub fn label(&self, name: &'static str) -> &str {
        self.labels.get(name).map_or(name, String::as_str)
    }
}

/// What could not be seen: as the caller says, and that the zone's name was unknown.
fn limits(report: &FlashReport, words: Words, clock: &Clock) -> Vec<String> {
    let mut limits: Vec<String> = report.limits.iter().map(|limit| words.phrase(&clock.told(limit))).collect();
    if !clock.known {
        limits.push(words.say("limit.zone", &[("zone", words.foreign(&report.time_zone))]));
    }
    limits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_label_has_its_words() {
        let shipped = hikeshi_domain::phrases::in_force().unwrap();
        let missing: Vec<_> = LABELS.iter().filter(|name| !shipped.contains(&format!("document.{name}"))).collect();
        assert!(missing.is_empty(), "playbook/phrases/document.yaml lacks {missing:?}");
    }
}
