//! Files of the tree on removable media (the first half of E18): a drive beside the system's, and a USB store attached before.
//!
//! Windows tells of devices, rarely of their letters: Security 6416 names a portable volume by its letter where it has no label;
//! Partition/Diagnostic 1006, DriverFrameworks-UserMode 2003 and Kernel-PnP 400 and 410 name the device alone.

use hikeshi_domain::phrase::Phrase;
use hikeshi_event::Event;
use jiff::Timestamp;

use super::{Evidence, actors, shown_in};
use crate::kind::{Kind, Log};
use crate::scope::Scope;

/// `STORAGE_BUS_TYPE`: `BusTypeUsb`, `BusTypeSd`, `BusTypeMmc` (Windows driver documentation, ntddstor.h).
const REMOVABLE_BUSES: [&str; 3] = ["7", "12", "13"];

/// A store that was attached.
struct Attached<'a> {
    at: Timestamp,
    device: &'a str,
    letter: Option<char>,
    event: usize,
}

/// Whether a log of the host tells of devices.
pub(super) fn told(scope: &Scope<'_>) -> bool {
    scope.coverage.has_log(Log::Devices) || scope.coverage.has(Log::Security, 6416)
}

/// The drive of a file beside the system's drive: `E:`.
pub(super) fn other_drive(scope: &Scope<'_>, path: &str) -> Option<char> {
    letter(path).filter(|drive| *drive != system_drive(scope))
}

pub(super) fn weigh(scope: &Scope<'_>, evidence: &mut Evidence) {
    let stores: Vec<Attached<'_>> = scope.host_events(&[Kind::Device]).filter_map(|(index, event)| attached(index, event)).collect();
    if stores.is_empty() {
        return;
    }
    for (_, process) in actors(scope) {
        let Some(image) = process.image else { continue };
        let since = process.started_at.unwrap_or(process.first_seen_at);
        on_store(scope, &stores, image, since, shown_in(scope, process), evidence);
    }
    if let Some(path) = scope.subject.image.as_deref().filter(|_| !scope.subject_runs()) {
        on_store(scope, &stores, path, scope.window.detected_at, Vec::new(), evidence);
    }
}

fn on_store(scope: &Scope<'_>, stores: &[Attached<'_>], path: &str, used_at: Timestamp, shown: Vec<usize>, evidence: &mut Evidence) {
    let Some(drive) = other_drive(scope, path) else { return };
    let before = |store: &&Attached<'_>| store.at <= used_at;
    let named = stores.iter().filter(before).find(|store| store.letter == Some(drive));
    // A drive that was in use before anything was attached is a fixed one; a device that names another letter is not it.
    let unnamed = || stores.iter().filter(before).filter(|store| store.letter.is_none()).min_by_key(|store| store.at);
    let likely = || unnamed().filter(|store| !used_before(scope, drive, store.at) && stores.iter().all(|store| store.letter.is_none()));
    let (key, store) = match named {
        Some(store) => ("finding.E18.removable", store),
        None => match likely() {
            Some(store) => ("finding.E18.attached", store),
            None => return,
        },
    };
    let reason = Phrase::new(key).with("path", path).with("device", store.device).with("at", store.at.to_string());
    evidence.see("E18", reason, shown.into_iter().chain([store.event]));
}

fn used_before(scope: &Scope<'_>, drive: char, at: Timestamp) -> bool {
    scope.host.processes.iter().any(|(_, process)| process.first_seen_at < at && process.image.and_then(letter) == Some(drive))
}

/// The store that the event says was attached; `None` for other devices, and for one that was taken away (a capacity of 0).
fn attached<'a>(index: usize, event: &'a Event<'_>) -> Option<Attached<'a>> {
    let stored = event.unmapped.iter().map(|(_, text)| text.as_ref()).find(|text| names_store(text));
    let usb = stored.is_some();
    let device = DEVICE_FIELDS.iter().find_map(|name| event.unmapped(name)).or(stored).unwrap_or_default();
    let bus = event.unmapped("BusType").is_some_and(|bus| REMOVABLE_BUSES.contains(&bus.trim()));
    let gone = event.unmapped("Capacity").is_some_and(|capacity| capacity.trim() == "0");
    let description = event.unmapped("DeviceDescription").map(str::trim);
    let letter = description.filter(|text| text.len() <= 3).and_then(letter);
    ((usb || bus) && !gone).then_some(Attached { at: event.time, device, letter, event: index })
}

/// Whether a device's name says that it is a store on USB, wherever the event writes it.
pub(crate) fn names_store(text: &str) -> bool {
    text.to_uppercase().contains("USBSTOR")
}

/// Where an event names its device, the plainest name first.
pub(crate) const DEVICE_FIELDS: [&str; 5] = ["Model", "DeviceId", "instance", "DeviceInstanceId", "ParentId"];

fn letter(path: &str) -> Option<char> {
    let bare = path.trim().trim_start_matches(r"\\?\").trim_start_matches(r"\??\");
    let mut signs = bare.chars();
    let drive = signs.next().filter(char::is_ascii_alphabetic)?;
    (signs.next() == Some(':')).then(|| drive.to_ascii_uppercase())
}

/// The drive that Windows runs from.
fn system_drive(scope: &Scope<'_>) -> char {
    let images = scope.host.processes.iter().filter_map(|(_, process)| process.image);
    let system = images.filter(|image| image.to_lowercase().contains(r":\windows\system32\")).find_map(letter);
    system.unwrap_or('C')
}
