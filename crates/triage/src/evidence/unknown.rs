//! What would have been weighed, had it been known: every item of the list that no source of this host could show, with what would.
//!
//! An item that was seen is known. What happens rarely (a service installed, a log cleared) is known to be absent where its log was
//! sent; what happens all the time (files, registry, calls) where such an event was. Identity, prevalence and people's answers list
//! what they miss themselves. `docs/verdict.md` holds the table.

use std::collections::{BTreeMap, BTreeSet};

use hikeshi_domain::phrase::Phrase;
use hikeshi_domain::reference_list::ListKind;
use hikeshi_event::Column;

use super::{Evidence, Signature, actors, removable, volume};
use crate::input::Focus;
use crate::kind::{Kind, Log};
use crate::path::{inside_volume, same_path};
use crate::scope::{Scope, image_name};

/// Sources of sections 4, 5 and 7.
const ACTIVITY: &[Kind] = &[
    Kind::FileCreate,
    Kind::FileDelete,
    Kind::FileStream,
    Kind::FileExecutable,
    Kind::RegistrySet,
    Kind::RegistryKey,
    Kind::Network,
    Kind::Dns,
];
const WRITES: &[Kind] = &[Kind::FileCreate, Kind::FileStream, Kind::FileExecutable];

pub(super) fn list(scope: &Scope<'_>, signatures: &BTreeMap<String, Signature>, evidence: &mut Evidence) {
    blind(scope, evidence);
    signature(scope, signatures, evidence);
    names(scope, evidence);
    origin(scope, evidence);
    parents_and_commands(scope, evidence);
    staying_and_blinding(scope, evidence);
    other_processes(scope, evidence);
    network(scope, signatures, evidence);
    others(scope, evidence);
    heaviest_first(scope, evidence);
}

/// An item that was not seen because nothing could have shown it.
fn unseen(evidence: &mut Evidence, ids: &[&str], reason: &Phrase) {
    for id in ids {
        if !evidence.saw(id) {
            evidence.miss(id, reason.clone());
        }
    }
}

fn any(scope: &Scope<'_>, kinds: &[Kind]) -> bool {
    kinds.iter().any(|kind| scope.coverage.has_kind(*kind))
}

fn blind(scope: &Scope<'_>, evidence: &mut Evidence) {
    let (no_processes, no_activity) = (!any(scope, &[Kind::ProcessStart]), !any(scope, ACTIVITY));
    evidence.blind = no_processes || no_activity;
    if no_processes {
        evidence.miss("E40", Phrase::new("unknown.E40.processes"));
    }
    if no_activity {
        evidence.miss("E40", Phrase::new("unknown.E40.activity"));
    }
}

/// E3 … E8 rest on the load of the file itself (Sysmon 6, 7); the age of a certificate (E4) stands in no log.
fn signature(scope: &Scope<'_>, signatures: &BTreeMap<String, Signature>, evidence: &mut Evidence) {
    let Some(image) = scope.subject.image.as_deref() else {
        return unseen(evidence, &["E3", "E4", "E5", "E6", "E7", "E8"], &Phrase::new("unknown.no_file"));
    };
    let inside = inside_volume(image);
    match signatures.get(&inside.to_lowercase()) {
        None => {
            let reason = Phrase::new("unknown.E3").with("path", image);
            unseen(evidence, &["E3", "E4", "E5", "E6", "E7"], &reason);
            if scope.book.fits("program_places", inside) {
                unseen(evidence, &["E8"], &reason);
            }
        }
        Some(signature) => {
            let signer = signature.signer.as_deref().unwrap_or("-");
            if signature.valid() && !scope.book.fits("publishers", signer) {
                unseen(evidence, &["E4"], &Phrase::new("unknown.E4").with("signer", signer));
            }
        }
    }
}

/// E9 … E12: a place needs a path, another name the version information, another content the file or Sysmon 29; icons stand in no log.
fn names(scope: &Scope<'_>, evidence: &mut Evidence) {
    if scope.subject.image.is_none() && actors(scope).all(|(_, process)| process.image.is_none()) {
        return unseen(evidence, &["E9", "E10", "E11", "E12"], &Phrase::new("unknown.no_file"));
    }
    if actors(scope).all(|(_, process)| process.original_name.is_none()) {
        unseen(evidence, &["E10"], &Phrase::new("unknown.E10"));
    }
    unseen(evidence, &["E11"], &Phrase::new("unknown.E11"));
    if !any(scope, &[Kind::FileExecutable]) {
        unseen(evidence, &["E12"], &Phrase::new("unknown.E12"));
    }
}

/// E15 … E18: how the subject's file came.
fn origin(scope: &Scope<'_>, evidence: &mut Evidence) {
    let Some(image) = scope.subject.image.as_deref() else {
        return unseen(evidence, &["E15", "E16", "E17", "E18"], &Phrase::new("unknown.no_file"));
    };
    if !any(scope, &[Kind::FileStream]) {
        unseen(evidence, &["E15"], &Phrase::new("unknown.E15"));
    }
    if !any(scope, WRITES) {
        unseen(evidence, &["E16", "E17"], &Phrase::new("unknown.E16"));
    } else {
        let of_file = |path: &str| same_path(path.strip_suffix(":Zone.Identifier").unwrap_or(path), image);
        let came = scope.host_events(WRITES).any(|(_, event)| event.text(Column::FilePath).is_some_and(of_file));
        if !came {
            let already: BTreeSet<String> = evidence.unknown.iter().map(|unknown| unknown.id.clone()).collect();
            let ids: Vec<&str> = ["E15", "E16", "E17"].into_iter().filter(|id| !already.contains(*id)).collect();
            unseen(evidence, &ids, &Phrase::new("unknown.E16.before"));
        }
    }
    if !removable::told(scope) {
        let reason = match removable::other_drive(scope, image) {
            Some(drive) => Phrase::new("unknown.E18.drive").with("drive", format!("{drive}:")),
            None => Phrase::new("unknown.E18"),
        };
        unseen(evidence, &["E18"], &reason);
    }
}

/// E19 … E23: who started it, and what it was told to do.
fn parents_and_commands(scope: &Scope<'_>, evidence: &mut Evidence) {
    let process = scope.process.and_then(|process| scope.host.processes.get(process));
    let known_parent = process.is_some_and(|process| process.parent.is_some());
    if !known_parent && actors(scope).all(|(_, process)| process.parent.is_none()) {
        unseen(evidence, &["E19", "E20", "E21"], &Phrase::new("unknown.E19"));
    }
    if actors(scope).all(|(_, process)| process.command_line.is_none()) {
        unseen(evidence, &["E22", "E23"], &Phrase::new("unknown.E22"));
    }
    let powershell = actors(scope).any(|(_, process)| image_name(process).starts_with("powershell") || image_name(process) == "pwsh.exe");
    if powershell && !any(scope, &[Kind::Script]) && !scope.coverage.has_log(Log::PowerShell) {
        unseen(evidence, &["E23"], &Phrase::new("unknown.E23"));
    }
}

/// E24 … E26, by the logs that tell of each part.
fn staying_and_blinding(scope: &Scope<'_>, evidence: &mut Evidence) {
    let (coverage, registry) = (&scope.coverage, any(scope, &[Kind::RegistrySet]));
    let lack = |parts: &[(bool, &str)]| parts.iter().filter(|(there, _)| !there).map(|(_, name)| *name).collect::<Vec<_>>().join(", ");
    let system = coverage.has_log(Log::System);
    let services = system || coverage.has(Log::Security, 4697);
    let tasks = coverage.has_log(Log::TaskScheduler) || coverage.has(Log::Security, 4698);
    let wmi = coverage.has_log(Log::Wmi) || [19, 20, 21].into_iter().any(|id| coverage.has(Log::Sysmon, id));
    let cleared = coverage.has_log(Log::Security) || system;
    for (id, lacking) in [
        ("E24", lack(&[(registry, "Sysmon 13 / Security 4657"), (any(scope, &[Kind::FileCreate]), "Sysmon 11")])),
        (
            "E25",
            lack(&[
                (services, "System 7045 / Security 4697"),
                (tasks, "TaskScheduler 106 / Security 4698"),
                (wmi, "Sysmon 19–21 / WMI-Activity 5861"),
            ]),
        ),
        (
            "E26",
            lack(&[
                (registry, "Sysmon 13 / Security 4657"),
                (cleared, "Security 1102 / System 104"),
                (coverage.has_log(Log::Defender), "Defender 5001"),
            ]),
        ),
    ] {
        if !lacking.is_empty() {
            unseen(evidence, &[id], &Phrase::new(format!("unknown.{id}")).with("missing", lacking));
        }
    }
}

/// E27, E28, E32, E33: what it did to other processes, to many files, to other machines.
fn other_processes(scope: &Scope<'_>, evidence: &mut Evidence) {
    if !any(scope, &[Kind::ProcessAccess, Kind::ObjectAccess]) {
        unseen(evidence, &["E27"], &Phrase::new("unknown.E27"));
    }
    if !any(scope, &[Kind::RemoteThread, Kind::Tampering, Kind::ProcessAccess, Kind::ImageLoad]) {
        unseen(evidence, &["E28"], &Phrase::new("unknown.E28"));
    }
    if !any(scope, &[Kind::FileCreate, Kind::FileDelete]) {
        unseen(evidence, &["E32"], &Phrase::new("unknown.E32"));
    }
    if !any(scope, &[Kind::ShareAccess, Kind::PipeCreate, Kind::PipeConnect]) {
        unseen(evidence, &["E33"], &Phrase::new("unknown.E33"));
    }
}

/// E29 … E31: whom it spoke with, since when the name exists, how much was sent, whose the places are.
fn network(scope: &Scope<'_>, signatures: &BTreeMap<String, Signature>, evidence: &mut Evidence) {
    if !any(scope, &[Kind::Network, Kind::Dns]) {
        return unseen(evidence, &["E29", "E30", "E31"], &Phrase::new("unknown.E29"));
    }
    if !scope.input.lists.is_some_and(|lists| lists.know_names(ListKind::Bad)) {
        unseen(evidence, &["E29"], &Phrase::new("unknown.E29.lists"));
    }
    unseen(evidence, &["E29"], &Phrase::new("unknown.E29.age"));
    if !any(scope, &[Kind::Network]) {
        unseen(evidence, &["E30"], &Phrase::new("unknown.E30"));
    } else if !volume::told(scope) {
        unseen(evidence, &["E30"], &Phrase::new("unknown.E30.volume"));
    }
    let signer = scope.subject.image.as_deref().and_then(|image| signatures.get(&inside_volume(image).to_lowercase()));
    if signer.is_none() {
        unseen(evidence, &["E31"], &Phrase::new("unknown.E31"));
    }
}

/// E34, E35: what a product called it, and whether another agrees; no sandbox is asked.
fn others(scope: &Scope<'_>, evidence: &mut Evidence) {
    match scope.input.focus {
        Focus::Found(_) => unseen(evidence, &["E34", "E35"], &Phrase::new("unknown.E34")),
        Focus::Alert(alert) if alert.file.is_none() => unseen(evidence, &["E35"], &Phrase::new("unknown.E35.no_file")),
        Focus::Alert(_) => unseen(evidence, &["E35"], &Phrase::new("unknown.E35")),
    }
}

/// What forbids a white verdict first, then what would weigh most.
fn heaviest_first(scope: &Scope<'_>, evidence: &mut Evidence) {
    let weight = |id: &str| scope.book.item(id).map_or(0, |item| item.points.unsigned_abs());
    evidence.unknown.sort_by_key(|unknown| (unknown.id != "E40", std::cmp::Reverse(weight(&unknown.id))));
}
