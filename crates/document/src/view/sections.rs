//! The eight sections in words: found, nothing found in …, or not collected.

use std::collections::HashMap;

use hikeshi_domain::triage::{EventRef, Section, SectionItem, SectionKind, SectionState, Triage};
use serde::Serialize;

use super::evidence::{Reasons, called};
use super::files::Files;
use super::head::short_name;
use crate::clock::Clock;
use crate::words::Words;

/// Most items shown of a section and most details of an item; all of them are in the full list ([`crate::FullListCsv`]).
const ITEMS_SHOWN: usize = 30;
const DETAILS_SHOWN: usize = 16;

/// A section.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SectionView {
    /// The word of the model: `origin`.
    pub name: String,
    /// `①` … `⑧`.
    pub number: String,
    /// Its title.
    pub title: String,
    /// A shorter title, for lanes and the overview.
    pub short: String,
    /// `found`, `nothing` or `not_collected`.
    pub state: String,
    /// The state in one or two words, or the count: for the overview.
    pub summary: String,
    /// The state in a sentence, with the sources.
    pub sentence: String,
    /// Audit settings that would have told more, in a sentence.
    pub missing: Option<String>,
    /// How many items there are in all.
    pub total: usize,
    /// How many are not shown, in words.
    pub note: Option<String>,
    /// The items shown, in order of time.
    pub items: Vec<ItemView>,
}

/// A row of a section.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ItemView {
    /// Day in the report's zone.
    pub date: String,
    /// Time of day.
    pub time: String,
    /// Offset from UTC.
    pub offset: String,
    /// After the detection.
    pub after_detection: bool,
    /// Who did it: `P3 powershell.exe`.
    pub actor: Option<String>,
    /// What happened.
    pub what: String,
    /// Named values.
    pub details: Vec<Detail>,
    /// How often, where more than once.
    pub count: Option<String>,
    /// Ids of findings that rest on it; not shown.
    pub findings: Vec<String>,
    /// What the report calls those of them that it shows: 根拠 1.
    pub reasons: Vec<String>,
    /// The first event and how many more.
    pub events: Option<String>,
}

/// A named value of a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Detail {
    /// Name of the value in the model.
    pub name: String,
    /// The name in words.
    pub label: String,
    /// The value: foreign text, defanged.
    pub value: String,
}

/// Numbers and names of the tree's nodes by their id: `P3 powershell.exe`.
pub(super) type Actors = HashMap<String, String>;

/// What rows point to by name.
#[derive(Clone, Copy)]
pub(super) struct Marks<'a> {
    /// Processes of the tree.
    pub(super) actors: &'a Actors,
    /// Reasons of the verdict.
    pub(super) reasons: &'a Reasons,
    /// Files of events.
    pub(super) files: &'a Files<'a>,
}

/// Always eight, in the fixed order, whatever the model holds (S3-44).
pub(super) fn view(triage: &Triage, words: Words, clock: &Clock, marks: Marks<'_>) -> Vec<SectionView> {
    let all = SectionKind::ALL.into_iter().zip(["①", "②", "③", "④", "⑤", "⑥", "⑦", "⑧"]);
    all.map(|(kind, number)| {
        let given = triage.sections.iter().find(|section| section.kind == kind);
        let absent = Section {
            kind,
            state: SectionState::NotCollected,
            searched: Vec::new(),
            missing_audit: Vec::new(),
            total: 0,
            items: Vec::new(),
        };
        section(given.unwrap_or(&absent), number, words, clock, marks)
    })
    .collect()
}

/// The rows that are shown.
pub(super) fn shown_rows(triage: &Triage) -> impl Iterator<Item = &SectionItem> {
    let kinds = SectionKind::ALL.into_iter();
    kinds.filter_map(|kind| triage.sections.iter().find(|section| section.kind == kind)).flat_map(|section| chosen(&section.items))
}

/// The events that stand beside rows: the first of each.
pub(super) fn shown_events(triage: &Triage) -> impl Iterator<Item = &EventRef> {
    shown_rows(triage).filter_map(|item| item.events.first())
}

fn section(section: &Section, number: &str, words: Words, clock: &Clock, marks: Marks<'_>) -> SectionView {
    let name = section.kind.name();
    let total = section.total.max(section.items.len());
    let sources = |list: &[String]| words.foreign(&list.join(words.comma()));
    let searched = (!section.searched.is_empty()).then(|| sources(&section.searched));
    let missing = (!section.missing_audit.is_empty()).then(|| sources(&section.missing_audit));
    let count = words.say("item_count", &[("count", words.number(total))]);
    let (state, summary, sentence) = match (section.state, searched) {
        (SectionState::Found, Some(sources)) => ("found", count.clone(), words.say("found_in", &[("count", count), ("sources", sources)])),
        (SectionState::Found, None) => ("found", count.clone(), count),
        (SectionState::Nothing, Some(sources)) => ("nothing", words.label("nothing"), words.say("nothing_in", &[("sources", sources)])),
        (SectionState::Nothing, None) => ("nothing", words.label("nothing"), words.label("nothing")),
        (SectionState::NotCollected, _) => {
            let sentence = missing
                .as_ref()
                .map_or_else(|| words.label("not_collected"), |missing| words.say("not_collected_of", &[("sources", missing.clone())]));
            ("not_collected", words.label("not_collected"), sentence)
        }
    };
    let chosen = chosen(&section.items);
    SectionView {
        name: name.to_owned(),
        number: number.to_owned(),
        title: words.label(&format!("section.{name}")),
        short: words.label(&format!("section.{name}.short")),
        state: state.to_owned(),
        summary,
        sentence,
        missing: missing
            .filter(|_| section.state != SectionState::NotCollected)
            .map(|missing| words.say("missing_audit", &[("sources", missing)])),
        total,
        note: (section.state == SectionState::Found && total > chosen.len()).then(|| left_out(total, chosen.len(), words)),
        items: chosen.into_iter().map(|row| item(row, words, clock, marks)).collect(),
    }
}

fn left_out(total: usize, shown: usize, words: Words) -> String {
    words.say("section.shown_of", &[("shown", words.number(shown)), ("total", words.number(total))])
}

/// Rows that findings rest on first, then as triage ordered them; shown in order of time.
fn chosen(items: &[SectionItem]) -> Vec<&SectionItem> {
    let mut rows: Vec<&SectionItem> = items.iter().collect();
    rows.sort_by_key(|item| item.findings.is_empty());
    rows.truncate(ITEMS_SHOWN);
    rows.sort_by_key(|item| (item.after_detection, item.time));
    rows
}

fn item(item: &SectionItem, words: Words, clock: &Clock, marks: Marks<'_>) -> ItemView {
    let shown = item.details.iter().filter(|(_, value)| !value.is_empty()).take(DETAILS_SHOWN);
    ItemView {
        date: clock.date(item.time),
        time: clock.time_of_day(item.time),
        offset: clock.offset(item.time),
        after_detection: item.after_detection,
        actor: item.node.as_ref().and_then(|node| marks.actors.get(node)).map(|actor| short_name(actor)),
        what: words.phrase(&item.what),
        details: shown
            .map(|(name, value)| Detail { name: name.clone(), label: words.label_or_key("detail", name), value: words.value(name, value) })
            .collect(),
        count: (item.count > 1).then(|| words.say("times", &[("count", words.number(item.count))])),
        findings: item.findings.iter().map(|finding| words.foreign(finding)).collect(),
        reasons: called(&item.findings, marks.reasons),
        events: item.events.first().map(|first| {
            let more = item.events.len() - 1;
            let more = if more > 0 { words.say("more_events", &[("count", words.number(more))]) } else { String::new() };
            format!("{}{more}", marks.files.source(first, words))
        }),
    }
}
