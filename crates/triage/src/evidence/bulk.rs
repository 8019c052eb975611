//! Mass change of user files (E32).

use std::collections::{BTreeMap, BTreeSet};

use hikeshi_domain::phrase::Phrase;
use hikeshi_event::Column;

use super::Evidence;
use crate::kind::Kind;
use crate::path::{extension, inside_volume};
use crate::scope::{Scope, shown_image};

/// So many user files with one new ending, or deleted, by one process.
const MASS: usize = 50;
/// A ransom note lies in several folders.
const NOTE_FOLDERS: usize = 3;

pub(super) fn weigh(scope: &Scope<'_>, evidence: &mut Evidence) {
    let mut endings: BTreeMap<(Option<usize>, String), Vec<usize>> = BTreeMap::new();
    let mut deleted: BTreeMap<Option<usize>, Vec<usize>> = BTreeMap::new();
    let mut notes: BTreeMap<String, (BTreeSet<String>, Vec<usize>)> = BTreeMap::new();
    for (index, event) in scope.of_kinds(&[Kind::FileCreate, Kind::FileDelete]) {
        let Some(path) = event.text(Column::FilePath) else { continue };
        let inside = inside_volume(path).to_lowercase();
        let user_file = scope.book.fits("user_documents", &inside) && !inside.contains("\\appdata\\");
        let acting = scope.host.processes.acting(index);
        if scope.host.kind(index) == Kind::FileDelete {
            if user_file {
                deleted.entry(acting).or_default().push(index);
            }
            continue;
        }
        if user_file && doubled(&inside) {
            endings.entry((acting, extension(&inside))).or_default().push(index);
        }
        if scope.book.fits("ransom_notes", &inside) {
            let (folder, name) = inside.rsplit_once('\\').unwrap_or(("", inside.as_str()));
            let note = notes.entry(name.to_owned()).or_default();
            note.0.insert(folder.to_owned());
            note.1.push(index);
        }
    }
    report(scope, endings, deleted, notes, evidence);
}

fn report(
    scope: &Scope<'_>,
    endings: BTreeMap<(Option<usize>, String), Vec<usize>>,
    deleted: BTreeMap<Option<usize>, Vec<usize>>,
    notes: BTreeMap<String, (BTreeSet<String>, Vec<usize>)>,
    evidence: &mut Evidence,
) {
    let image = |acting: Option<usize>| acting.and_then(|acting| scope.host.processes.get(acting)).map(shown_image).unwrap_or_default();
    for ((acting, ending), events) in endings.into_iter().filter(|(_, events)| events.len() >= MASS) {
        let reason = Phrase::new("finding.E32").with("image", image(acting)).with("count", events.len().to_string()).with("ending", ending);
        evidence.see("E32", reason, events);
    }
    for (acting, events) in deleted.into_iter().filter(|(_, events)| events.len() >= MASS) {
        let reason = Phrase::new("finding.E32.deleted").with("image", image(acting)).with("count", events.len().to_string());
        evidence.see("E32", reason, events);
    }
    for (name, (folders, events)) in notes.into_iter().filter(|(_, (folders, _))| folders.len() >= NOTE_FOLDERS) {
        let reason = Phrase::new("finding.E32.note").with("name", name).with("count", folders.len().to_string());
        evidence.see("E32", reason, events);
    }
}

/// `report.docx.locked`: the old ending stands before a new one.
fn doubled(path: &str) -> bool {
    let name = crate::path::name_of(path);
    let mut parts = name.rsplit('.');
    let (Some(_), Some(before), Some(_)) = (parts.next(), parts.next(), parts.next()) else { return false };
    matches!(
        before,
        "doc"
            | "docx"
            | "xls"
            | "xlsx"
            | "ppt"
            | "pptx"
            | "pdf"
            | "jpg"
            | "jpeg"
            | "png"
            | "txt"
            | "csv"
            | "zip"
            | "jtd"
            | "dwg"
            | "psd"
            | "pst"
    )
}
