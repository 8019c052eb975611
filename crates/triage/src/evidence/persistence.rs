//! Ways to stay, and ways to blind, as registry, files and logs show them (E24, E25, E26).

use hikeshi_domain::phrase::Phrase;
use hikeshi_event::{Column, Event};

use super::{Evidence, snip};
use crate::kind::Kind;
use crate::path::{inside_volume, name_of};
use crate::scope::{Scope, shown_image};

pub(super) fn weigh(scope: &Scope<'_>, evidence: &mut Evidence) {
    registry(scope, evidence);
    files(scope, evidence);
    made(scope, evidence);
    blinded(scope, evidence);
}

fn registry(scope: &Scope<'_>, evidence: &mut Evidence) {
    for (index, event) in scope.of_kinds(&[Kind::RegistrySet, Kind::RegistryRename, Kind::RegistryKey]) {
        let Some(path) = event.text(Column::RegistryPath) else { continue };
        let key_only = scope.host.kind(index) == Kind::RegistryKey;
        let removed = key_only && event.activity_id == 4;
        let data = event.text(Column::RegistryData).unwrap_or_default();
        let image = scope.actor(index).map(shown_image).unwrap_or_default();
        let said = |key: &str| Phrase::new(key).with("image", &image).with("path", path).with("data", snip(data));
        let quiet = scope
            .actor(index)
            .and_then(|process| process.image)
            .is_some_and(|image| scope.book.fits("quiet_autostarters", inside_volume(image)));
        if removed {
            if !quiet && scope.book.fits("defence_removed", path) {
                evidence.see("E26", said("finding.E26.removed"), [index]);
            }
            continue;
        }
        let tells = !key_only && scope.book.fits("autostart_data", data);
        if !quiet && tells && scope.book.fits("autostart_registry", path) {
            evidence.see("E24", said("finding.E24"), [index]);
        }
        if !quiet && scope.book.fits("defence_registry", path) {
            evidence.see("E26", said("finding.E26.registry"), [index]);
        }
    }
}

fn files(scope: &Scope<'_>, evidence: &mut Evidence) {
    for (index, event) in scope.of_kinds(&[Kind::FileCreate, Kind::FileStream]) {
        let Some(path) = event.text(Column::FilePath) else { continue };
        let ignored = name_of(path).eq_ignore_ascii_case("desktop.ini");
        if !ignored && scope.book.fits("autostart_files", inside_volume(path)) {
            let image = scope.actor(index).map(shown_image).unwrap_or_default();
            evidence.see("E24", Phrase::new("finding.E24.file").with("image", image).with("path", path), [index]);
        }
    }
}

/// Services, tasks and WMI subscriptions that the tree's own events show, or that name a file which the tree wrote or is.
fn made(scope: &Scope<'_>, evidence: &mut Evidence) {
    let own: Vec<usize> = scope.of_kinds(&[Kind::ServiceInstall, Kind::Task, Kind::WmiSubscription]).map(|(index, _)| index).collect();
    let files = files_of(scope);
    for (index, event) in scope.host_events(&[Kind::ServiceInstall, Kind::Task, Kind::WmiSubscription]) {
        let columns = [Column::ServiceImage, Column::TaskContent, Column::ScriptText];
        let what = columns.into_iter().find_map(|column| event.text(column)).unwrap_or_default();
        let lower = what.to_lowercase();
        let names = files.iter().any(|file| lower.contains(file));
        if !names && !own.contains(&index) {
            continue;
        }
        let name = event.text(Column::ServiceName).or(event.text(Column::TaskName)).or(event.text(Column::ObjectName)).unwrap_or_default();
        evidence.see("E25", Phrase::new("finding.E25.made").with("name", name).with("what", snip(what)), [index]);
    }
}

/// Files of the tree that are neither the system's nor well placed, in lower case.
fn files_of(scope: &Scope<'_>) -> Vec<String> {
    let images = scope.processes().filter_map(|(_, process)| process.image);
    let written = scope.of_kinds(&[Kind::FileCreate, Kind::FileExecutable]).filter_map(|(_, event)| event.text(Column::FilePath));
    let telling = images.chain(written).filter(|path| !scope.book.fits("program_places", inside_volume(path)));
    let mut files: Vec<String> = telling.map(|path| inside_volume(path).to_lowercase()).filter(|path| path.len() > 6).collect();
    files.sort();
    files.dedup();
    files
}

/// Security events that give an account rights which no list of members shows: SID history added (4765), the password of the
/// directory's restore mode set (4794).
const BACK_DOORS: [u32; 2] = [4765, 4794];

/// Audit of success (%%8448) or failure (%%8450) was removed (Windows security event 4719).
fn no_longer_audited(event: &Event<'_>) -> bool {
    event.unmapped("AuditPolicyChanges").is_some_and(|changes| changes.contains("%%8448") || changes.contains("%%8450"))
}

/// Logs cleared, audit switched off, protection switched off: by the tree, or on the channel that is the subject.
fn blinded(scope: &Scope<'_>, evidence: &mut Evidence) {
    for (index, event) in scope.of_kinds(&[Kind::LogCleared, Kind::ProtectionChange, Kind::AuditPolicy, Kind::AccountChange]) {
        let who = event.text(Column::UserName).unwrap_or_default();
        let said = |key: &str| Phrase::new(key).with("user", who).with("channel", event.channel.as_ref());
        match scope.host.kind(index) {
            Kind::LogCleared => evidence.see("E26", said("finding.E26.cleared"), [index]),
            Kind::ProtectionChange if matches!(event.event_id, 5001 | 5010 | 5012) => {
                evidence.see("E26", said("finding.E26.protection"), [index])
            }
            Kind::AuditPolicy if no_longer_audited(event) && !who.is_empty() && !who.ends_with('$') => {
                evidence.see("E26", said("finding.E26.audit"), [index])
            }
            Kind::AccountChange if BACK_DOORS.contains(&event.event_id) => {
                let account = event.text(Column::TargetUserName).unwrap_or_default();
                evidence.see("E25", said("finding.E25.account").with("account", account), [index])
            }
            _ => {}
        }
    }
}
