//! How the files of the tree came to the machine (E15 … E18).

use std::collections::BTreeMap;

use hikeshi_domain::phrase::Phrase;
use hikeshi_event::{Column, Event};

use super::{Evidence, Signature, actors, shown_in};
use crate::kind::Kind;
use crate::path::{inside_volume, name_of, same_path};
use crate::scope::{Scope, image_name};

pub(super) fn weigh(scope: &Scope<'_>, signatures: &BTreeMap<String, Signature>, evidence: &mut Evidence) {
    let mut files: Vec<(String, Vec<usize>)> = Vec::new();
    for (_, process) in actors(scope) {
        if let Some(image) = process.image {
            files.push((image.to_owned(), shown_in(scope, process)));
            places(scope, image, &shown_in(scope, process), evidence);
        }
        if let Some(line) = process.command_line.filter(|line| scope.book.fits("mail_and_archives", line)) {
            let reason = Phrase::new("finding.E17").with("path", super::snip(line));
            evidence.see("E17", reason, shown_in(scope, process));
        }
    }
    if let Some(path) = scope.subject.image.clone().filter(|_| !scope.subject_runs()) {
        places(scope, &path, &[], evidence);
        files.push((path, Vec::new()));
    }
    for (index, event) in scope.host_events(&[Kind::FileCreate, Kind::FileStream, Kind::FileExecutable]) {
        let Some(path) = event.text(Column::FilePath) else { continue };
        let file = path.strip_suffix(":Zone.Identifier").unwrap_or(path);
        if files.iter().any(|(known, _)| same_path(known, file)) {
            came(scope, index, event, file, signatures, evidence);
        }
    }
}

fn places(scope: &Scope<'_>, path: &str, events: &[usize], evidence: &mut Evidence) {
    let inside = inside_volume(path);
    if scope.book.fits("mail_and_archives", inside) {
        evidence.see("E17", Phrase::new("finding.E17").with("path", path), events.iter().copied());
    }
    if scope.book.fits("shares", inside) {
        evidence.see("E18", Phrase::new("finding.E18").with("path", path), events.iter().copied());
    }
}

fn came(scope: &Scope<'_>, index: usize, event: &Event<'_>, file: &str, signatures: &BTreeMap<String, Signature>, evidence: &mut Evidence) {
    let contents = event.text(Column::FileContents).unwrap_or_default();
    if contents.contains("ZoneId=3") || contents.contains("ZoneId=4") {
        let from =
            ["HostUrl=", "ReferrerUrl="].iter().find_map(|key| contents.split(key).nth(1)).and_then(|rest| rest.split_whitespace().next());
        let reason = Phrase::new("finding.E15").with("file", name_of(file)).with("from", from.unwrap_or("ZoneId=3"));
        evidence.see("E15", reason, [index]);
    }
    let Some(writer) = scope.actor(index) else { return };
    let name = image_name(writer);
    let said = |key: &str| Phrase::new(key).with("file", name_of(file)).with("writer", name.clone());
    if scope.book.fits("browsers", &name) {
        evidence.see("E15", said("finding.E15.browser"), [index]);
    } else if scope.book.fits("documents", &name) && !file.to_lowercase().ends_with(".tmp") {
        evidence.see("E17", said("finding.E17.mail"), [index]);
    }
    let by_agent = writer.image.is_some_and(|image| scope.book.fits("distribution_agents", inside_volume(image)));
    let signed = signatures.get(&inside_volume(file).to_lowercase()).is_some_and(Signature::valid);
    if by_agent && signed && !scope.runs_foreign_code() {
        evidence.see("E16", said("finding.E16"), [index]);
    }
}
