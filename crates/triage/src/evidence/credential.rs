//! Theft of credentials as access, files and directory reads show it (E27).

use hikeshi_domain::phrase::Phrase;
use hikeshi_event::{Column, Event};

use super::Evidence;
use crate::kind::Kind;
use crate::path::{inside_volume, lower_name};
use crate::scope::{Scope, shown_image};

/// `PROCESS_VM_READ`: without it nothing can be read out of another process.
const VM_READ: u64 = 0x10;
/// What task lists and management tools ask for: query and read, nothing more. It tells only with code from nowhere behind it.
const QUERY_AND_READ: u64 = 0x1410;
/// DS-Replication-Get-Changes, …-All and …-In-Filtered-Set: the rights that a replicating attacker uses (MS-ADTS 5.1.3.2.1).
const REPLICATION: [&str; 3] =
    ["1131f6aa-9c07-11d1-f79f-00c04fc2dcd2", "1131f6ad-9c07-11d1-f79f-00c04fc2dcd2", "89e95b76-444d-4c62-991a-0facbeda640c"];

pub(super) fn weigh(scope: &Scope<'_>, evidence: &mut Evidence) {
    for (index, event) in scope.of_kinds(&[Kind::ProcessAccess]) {
        if event.text(Column::TargetImage).is_some_and(is_lsass) && reads_memory(scope, index, event) {
            let access = event.text(Column::GrantedAccess).unwrap_or_default();
            evidence.see("E27", said(scope, index, "finding.E27.lsass").with("access", access), [index]);
        }
    }
    for (index, event) in scope.of_kinds(&[Kind::ObjectAccess]) {
        let Some(object) = event.text(Column::ObjectName) else { continue };
        if is_lsass(object)
            && !well_known_reader(scope, index)
            && mask(event.text(Column::AccessMask)).is_some_and(|mask| mask & VM_READ != 0)
        {
            evidence.see(
                "E27",
                said(scope, index, "finding.E27.lsass").with("access", event.text(Column::AccessMask).unwrap_or_default()),
                [index],
            );
        }
        if object.to_uppercase().contains(r"\SAM\SAM\DOMAINS\ACCOUNT\USERS") && !well_known_reader(scope, index) {
            evidence.see("E27", said(scope, index, "finding.E27.file").with("path", object), [index]);
        }
    }
    for (index, event) in scope.of_kinds(&[Kind::FileCreate]) {
        let Some(path) = event.text(Column::FilePath) else { continue };
        if scope.book.fits("credential_files", path) && !lower_name(path).starts_with("security.log") {
            evidence.see("E27", said(scope, index, "finding.E27.file").with("path", path), [index]);
        }
    }
    for (index, event) in scope.of_kinds(&[Kind::DirectoryAccess]) {
        let user = event.text(Column::UserName).unwrap_or_default();
        let properties = event.unmapped("Properties").unwrap_or_default().to_lowercase();
        if !user.ends_with('$') && !user.is_empty() && REPLICATION.iter().any(|right| properties.contains(right)) {
            evidence.see("E27", Phrase::new("finding.E27.replication").with("user", user), [index]);
        }
    }
}

fn reads_memory(scope: &Scope<'_>, index: usize, event: &Event<'_>) -> bool {
    let Some(granted) = mask(event.text(Column::GrantedAccess)) else { return false };
    let trace = event.text(Column::CallTrace).unwrap_or_default().to_lowercase();
    let from_nowhere = trace.contains("unknown") && !trace.contains(".ni.dll");
    let dumps = ["dbghelp", "dbgcore", "comsvcs"].iter().any(|module| trace.contains(module));
    if granted & VM_READ == 0 {
        return false;
    }
    dumps || !well_known_reader(scope, index) && (granted & !QUERY_AND_READ != 0 || granted == 0x1010 || from_nowhere)
}

fn well_known_reader(scope: &Scope<'_>, index: usize) -> bool {
    scope.actor(index).and_then(|process| process.image).is_some_and(|image| scope.book.fits("lsass_readers", inside_volume(image)))
}

fn is_lsass(path: &str) -> bool {
    lower_name(path) == "lsass.exe"
}

fn said(scope: &Scope<'_>, index: usize, key: &str) -> Phrase {
    Phrase::new(key).with("image", scope.actor(index).map(shown_image).unwrap_or_default())
}

/// A mask as logs write it: `0x1410`, or a decimal number.
pub(super) fn mask(text: Option<&str>) -> Option<u64> {
    let text = text?.trim();
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::mask;

    #[test]
    fn masks_are_read_as_logs_write_them() {
        assert_eq!(mask(Some("0x1410")), Some(0x1410));
        assert_eq!(mask(Some(" 16 ")), Some(16));
        assert_eq!(mask(Some("%%4484")), None);
        assert_eq!(mask(None), None);
    }
}
