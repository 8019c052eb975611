//! Code inside other processes (E28).

use hikeshi_domain::phrase::Phrase;
use hikeshi_event::{Column, Event};

use super::Evidence;
use super::credential::mask;
use crate::kind::Kind;
use crate::path::{inside_volume, name_of};
use crate::scope::{Scope, shown_image};

/// Rights to write memory and to start threads in another process: `VM_OPERATION`, `VM_WRITE`, `CREATE_THREAD`.
const INJECT: u64 = 0x8 | 0x20 | 0x2;

pub(super) fn weigh(scope: &Scope<'_>, evidence: &mut Evidence) {
    for (index, event) in scope.of_kinds(&[Kind::RemoteThread, Kind::Tampering, Kind::ImageLoad, Kind::ProcessAccess]) {
        let key = match scope.host.kind(index) {
            Kind::RemoteThread if foreign_thread(scope, index, event) => "finding.E28",
            Kind::Tampering => "finding.E28.tampering",
            Kind::ImageLoad if alien_module(scope, index, event) => "finding.E28.module",
            Kind::ProcessAccess if opened_to_write(scope, index, event) => "finding.E28.access",
            _ => continue,
        };
        let image = scope.actor(index).map(shown_image).unwrap_or_default();
        let target = event.text(Column::TargetImage).or(event.text(Column::FilePath)).unwrap_or_default();
        evidence.see("E28", Phrase::new(key).with("image", image).with("target", name_of(target)).with("path", target), [index]);
    }
}

fn by_system(scope: &Scope<'_>, index: usize) -> bool {
    scope.actor(index).and_then(|process| process.image).is_some_and(|image| scope.book.fits("injectors", inside_volume(image)))
}

fn foreign_thread(scope: &Scope<'_>, index: usize, event: &Event<'_>) -> bool {
    let acting = scope.host.processes.acting(index);
    let target = scope.host.processes.target(event);
    let own = target.is_some() && target == acting;
    !own && !by_system(scope, index)
}

/// An unsigned module from where anybody writes, inside a program that stands where only administrators write.
fn alien_module(scope: &Scope<'_>, index: usize, event: &Event<'_>) -> bool {
    let unsigned = event.text(Column::FileSigned).is_some_and(|signed| signed.eq_ignore_ascii_case("false"));
    let (Some(path), Some(image)) = (event.text(Column::FilePath), scope.actor(index).and_then(|process| process.image)) else {
        return false;
    };
    let book = scope.book;
    unsigned
        && !path.to_lowercase().contains("\\assembly\\nativeimages")
        && !path.to_lowercase().contains("\\microsoft.net\\")
        && book.fits("user_writable", inside_volume(path))
        && book.fits("program_places", inside_volume(image))
}

/// Opened with every right that injection needs, from memory that no file backs, and not its own child.
fn opened_to_write(scope: &Scope<'_>, index: usize, event: &Event<'_>) -> bool {
    let granted = mask(event.text(Column::GrantedAccess)).unwrap_or_default();
    let trace = event.text(Column::CallTrace).unwrap_or_default().to_lowercase();
    let from_nowhere = trace.contains("unknown") && !trace.contains(".ni.dll");
    let acting = scope.host.processes.acting(index);
    let target = scope.host.processes.target(event);
    let kin = target.and_then(|target| scope.host.processes.get(target)).is_some_and(|known| known.parent == acting && acting.is_some());
    granted & INJECT == INJECT && from_nowhere && !kin && target != acting && !by_system(scope, index)
}
