//! The eight sections: what was found, or where was searched, or what was not collected.

mod attributes;
mod chain;
mod files;
mod network;
mod registry;
mod source;
mod started;

use std::collections::{BTreeMap, HashMap};

use hikeshi_domain::phrase::Phrase;
use hikeshi_domain::triage::{Section, SectionItem, SectionKind, SectionState};
use jiff::Timestamp;

use crate::scope::Scope;

/// What findings rest on an event.
pub(crate) type ByEvent = BTreeMap<usize, Vec<String>>;

/// Is told every row of the sections, in the order of the sections and each section's most telling first.
pub(crate) type Tell<'t> = dyn FnMut(SectionKind, &SectionItem) + 't;

/// All eight, in order. A section keeps its most telling rows; with somebody to tell, every row is made and told.
pub(crate) fn sections(scope: &Scope<'_>, by_event: &ByEvent, mut tell: Option<&mut Tell<'_>>) -> Vec<Section> {
    let mut sections = Vec::with_capacity(SectionKind::ALL.len());
    for kind in SectionKind::ALL {
        sections.push(section(scope, by_event, kind, tell.as_deref_mut()));
    }
    sections
}

fn section(scope: &Scope<'_>, by_event: &ByEvent, kind: SectionKind, tell: Option<&mut Tell<'_>>) -> Section {
    let mut rows = Rows::default();
    match kind {
        SectionKind::Origin => files::origin(scope, &mut rows),
        SectionKind::ProcessChain => chain::chain(scope, &mut rows),
        SectionKind::ProcessesStarted => started::started(scope, by_event, &mut rows),
        SectionKind::FilesWritten => files::written(scope, &mut rows),
        SectionKind::RegistryEdited => registry::edited(scope, &mut rows),
        SectionKind::FilesRead => files::read(scope, &mut rows),
        SectionKind::Network => network::network(scope, &mut rows),
        SectionKind::FileAttributes => attributes::attributes(scope, &mut rows),
    }
    let (searched, missing_audit, collected) = source::sources(kind, &scope.coverage);
    let total = rows.rows.len();
    let items = rows.into_items(scope, by_event, kind, tell);
    let state = match (total, collected) {
        (1.., _) => SectionState::Found,
        (0, true) => SectionState::Nothing,
        (0, false) => SectionState::NotCollected,
    };
    Section { kind, state, searched, missing_audit, total, items }
}

/// One row under way: the same thing seen again adds to it.
#[derive(Debug)]
struct Row {
    what: &'static str,
    details: Vec<(String, String)>,
    node: Option<usize>,
    time: Timestamp,
    count: usize,
    events: Vec<usize>,
    /// Larger is more telling.
    weight: i32,
}

/// Rows that agree in this are the same: what, details, node.
type Same = (&'static str, Vec<(String, String)>, Option<usize>);

/// Rows of one section, equal ones joined.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    rows: Vec<Row>,
    known: HashMap<Same, usize>,
    /// Rows stand in the order in which they were added: a chain.
    ordered: bool,
}

impl Rows {
    /// Adds what an event shows. Details without a value are left out.
    fn add(&mut self, what: &'static str, details: &[(&str, Option<&str>)], node: Option<usize>, at: (usize, Timestamp), weight: i32) {
        let given = details
            .iter()
            .filter_map(|(name, value)| Some(((*name).to_owned(), value.filter(|value| !value.is_empty() && *value != "-")?.to_owned())));
        self.add_row(what, given.collect(), node, (Some(at.0), at.1), weight);
    }

    fn add_row(
        &mut self,
        what: &'static str,
        details: Vec<(String, String)>,
        node: Option<usize>,
        at: (Option<usize>, Timestamp),
        weight: i32,
    ) {
        let key = (what, details, node);
        let place = self.known.get(&key).copied();
        if let Some(row) = place.and_then(|place| self.rows.get_mut(place)) {
            row.count += 1;
            row.time = row.time.min(at.1);
            if row.events.len() < 20 {
                row.events.extend(at.0);
            }
            return;
        }
        self.known.insert(key.clone(), self.rows.len());
        self.rows.push(Row { what, details: key.1, node, time: at.1, count: 1, events: at.0.into_iter().collect(), weight });
    }

    fn into_items(self, scope: &Scope<'_>, by_event: &ByEvent, kind: SectionKind, tell: Option<&mut Tell<'_>>) -> Vec<SectionItem> {
        let ordered = self.ordered;
        let matched: std::collections::BTreeSet<usize> = scope.matches.iter().map(|hit| hit.event).collect();
        let mut rows: Vec<(i32, Row, Vec<String>)> = self.rows.into_iter().map(|row| weighed(row, by_event, &matched)).collect();
        if !ordered {
            rows.sort_by(|a, b| (b.0, a.1.time).cmp(&(a.0, b.1.time)));
        }
        let shown = scope.book.shown.section_items;
        let Some(tell) = tell else {
            return rows.into_iter().take(shown).map(|(_, row, findings)| item(scope, row, findings)).collect();
        };
        let mut items = Vec::new();
        for (_, row, findings) in rows {
            let item = item(scope, row, findings);
            tell(kind, &item);
            if items.len() < shown {
                items.push(item);
            }
        }
        items
    }
}

/// Findings weigh most, then matches, then what the section thinks of the row.
fn weighed(row: Row, by_event: &ByEvent, matched: &std::collections::BTreeSet<usize>) -> (i32, Row, Vec<String>) {
    let mut findings: Vec<String> = row.events.iter().filter_map(|event| by_event.get(event)).flatten().cloned().collect();
    findings.sort();
    findings.dedup();
    let hit = row.events.iter().any(|event| matched.contains(event));
    let weight = row.weight + 100 * i32::from(!findings.is_empty()) + 50 * i32::from(hit);
    (weight, row, findings)
}

fn item(scope: &Scope<'_>, row: Row, findings: Vec<String>) -> SectionItem {
    SectionItem {
        time: row.time,
        after_detection: row.time > scope.window.detected_at,
        node: row.node.map(|node| scope.host.processes.name(node)),
        what: Phrase::new(row.what),
        details: row.details,
        count: row.count,
        findings,
        events: scope.references(&row.events),
    }
}
