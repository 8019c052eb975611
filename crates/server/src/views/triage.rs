//! The outcome of triage as the API tells it: the domain's model with every phrase in the reader's language.

use hikeshi_domain::phrase::{Language, Phrase};
use hikeshi_domain::phrases::{in_zone, render};
use hikeshi_domain::triage;
use hikeshi_domain::verdict;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;
use utoipa::ToSchema;

use super::evidence::{EventView, IndicatorView, RuleHitView, SubjectView, TreeView, WindowView, events};
use super::word;

/// One run of triage on one subject.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TriageView {
    /// Host as the events name it.
    pub(crate) host: String,
    /// What it is about.
    pub(crate) subject: SubjectView,
    /// The verdict and the rule that gave it.
    pub(crate) judgement: JudgementView,
    /// Evidence, by absolute points, largest first.
    pub(crate) findings: Vec<FindingView>,
    /// What was not known, what could weigh most first.
    pub(crate) unknown: Vec<UnknownView>,
    /// The eight sections, in order.
    pub(crate) sections: Vec<SectionView>,
    /// The process tree.
    pub(crate) tree: TreeView,
    /// Rules that matched.
    pub(crate) rules: Vec<RuleHitView>,
    /// Things to search for elsewhere.
    pub(crate) indicators: Vec<IndicatorView>,
    /// The span looked at.
    pub(crate) window: WindowView,
    /// Events of the host in the window.
    pub(crate) events_seen: usize,
    /// Names the rules, the playbook and the program.
    pub(crate) rules_version: String,
}

/// The grade.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct JudgementView {
    /// `black`, `grey`, `white`.
    #[schema(value_type = word::Verdict)]
    pub(crate) verdict: &'static str,
    /// Sum of points.
    pub(crate) score: i32,
    /// Families that point the verdict's way.
    #[schema(value_type = Vec<String>)]
    pub(crate) families: Vec<verdict::Family>,
    /// Which rule gave the grade.
    pub(crate) rule: String,
}

/// One item of evidence.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FindingView {
    /// Its id in the playbook.
    pub(crate) id: String,
    /// Its family.
    #[schema(value_type = String)]
    pub(crate) family: verdict::Family,
    /// Points, positive toward malicious.
    pub(crate) points: i32,
    /// Why.
    pub(crate) reason: String,
    /// The events that show it.
    pub(crate) events: Vec<EventView>,
}

/// Something that would have been weighed, had it been known.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UnknownView {
    /// Its id in the playbook.
    pub(crate) id: String,
    /// What is not known and why.
    pub(crate) reason: String,
}

/// One of the eight sections.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SectionView {
    /// Which one.
    #[schema(value_type = word::SectionKind)]
    pub(crate) kind: &'static str,
    /// `found`, `nothing`, `not_collected`.
    #[schema(value_type = word::SectionState)]
    pub(crate) state: triage::SectionState,
    /// Sources that were searched.
    pub(crate) searched: Vec<String>,
    /// Audit settings that would have told more.
    pub(crate) missing_audit: Vec<String>,
    /// How many items there are in all.
    pub(crate) total: usize,
    /// The most relevant items.
    pub(crate) items: Vec<ItemView>,
}

/// One row of a section.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ItemView {
    /// When (first, if it repeats).
    #[schema(value_type = String, format = DateTime)]
    pub(crate) time: Timestamp,
    /// After the detection.
    pub(crate) after_detection: bool,
    /// The node of the tree that did it.
    pub(crate) node: Option<String>,
    /// What happened.
    pub(crate) what: String,
    /// Named values in display order.
    pub(crate) details: Vec<(String, String)>,
    /// How often.
    pub(crate) count: usize,
    /// Ids of findings that rest on it.
    pub(crate) findings: Vec<String>,
    /// The events.
    pub(crate) events: Vec<EventView>,
}

impl TriageView {
    /// The view in a language, times in sentences in a zone; `weight` tells how much an item of evidence could weigh.
    pub(crate) fn new(triage: &triage::Triage, language: Language, zone: &TimeZone, weight: impl Fn(&str) -> u32) -> Self {
        let say = |phrase: &Phrase| render(&in_zone(phrase, zone), language);
        let triage = &*triage.told_in(language);
        let mut unknown: Vec<_> = triage.unknown.iter().collect();
        unknown.sort_by_key(|item| std::cmp::Reverse(weight(&item.id)));
        TriageView {
            host: triage.host.clone(),
            subject: SubjectView::from(&triage.subject),
            judgement: JudgementView {
                verdict: triage.judgement.verdict.name(),
                score: triage.judgement.score,
                families: triage.judgement.families.clone(),
                rule: render(&triage.judgement.rule, language),
            },
            findings: triage.findings.iter().map(|finding| finding_view(finding, say(&finding.reason))).collect(),
            unknown: unknown.into_iter().map(|item| UnknownView { id: item.id.clone(), reason: say(&item.reason) }).collect(),
            sections: triage.sections.iter().map(|section| section_view(section, language)).collect(),
            tree: TreeView::from(&triage.tree),
            rules: triage.rules.iter().map(RuleHitView::from).collect(),
            indicators: triage.indicators.iter().map(IndicatorView::from).collect(),
            window: triage.window.into(),
            events_seen: triage.events_seen,
            rules_version: triage.rules_version.clone(),
        }
    }
}

fn finding_view(finding: &verdict::Finding, reason: String) -> FindingView {
    FindingView { id: finding.id.clone(), family: finding.family, points: finding.points, reason, events: events(&finding.events) }
}

fn section_view(section: &triage::Section, language: Language) -> SectionView {
    SectionView {
        kind: section.kind.name(),
        state: section.state,
        searched: section.searched.clone(),
        missing_audit: section.missing_audit.clone(),
        total: section.total,
        items: section.items.iter().map(|item| item_view(item, language)).collect(),
    }
}

fn item_view(item: &triage::SectionItem, language: Language) -> ItemView {
    ItemView {
        time: item.time,
        after_detection: item.after_detection,
        node: item.node.clone(),
        what: render(&item.what, language),
        details: item.details.clone(),
        count: item.count,
        findings: item.findings.clone(),
        events: events(&item.events),
    }
}
