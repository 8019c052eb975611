//! ① how the file came to exist, ④ files written, ⑥ files read.

use hikeshi_event::{Column, Event};

use super::Rows;
use crate::evidence::snip;
use crate::kind::Kind;
use crate::path::{extension, inside_volume, same_path};
use crate::scope::{Scope, names_file, shown_image};

/// Rights of a file that 4663 reports (winnt.h): ReadData; WriteData or AppendData.
const READ_DATA: u64 = 0x1;
const WRITE_DATA: u64 = 0x2 | 0x4;

pub(super) fn origin(scope: &Scope<'_>, rows: &mut Rows) {
    let alert_file = match scope.input.focus {
        crate::input::Focus::Alert(alert) => alert.file.as_ref(),
        crate::input::Focus::Found(_) => None,
    };
    let path = scope.subject.image.as_deref();
    let kinds =
        [Kind::FileCreate, Kind::FileStream, Kind::FileExecutable, Kind::FileTime, Kind::ObjectAccess, Kind::ShareAccess, Kind::Detection];
    for (index, event) in scope.host_events(&kinds) {
        let object = event.text(Column::FilePath).or(event.text(Column::ObjectName));
        let file = object.map(|object| object.strip_suffix(":Zone.Identifier").unwrap_or(object));
        let by_path = file.zip(path).is_some_and(|(file, path)| same_path(file, path));
        let by_alert = alert_file.is_some_and(|wanted| names_file(event, wanted));
        if !by_path && !by_alert {
            continue;
        }
        if scope.host.kind(index) == Kind::ObjectAccess && mask(event) & WRITE_DATA == 0 {
            continue;
        }
        let writer = scope.actor(index).map(shown_image);
        let stream =
            event.text(Column::FileContents).filter(|contents| contents.contains("ZoneTransfer") || contents.contains("ZoneId")).map(snip);
        let what = match scope.host.kind(index) {
            Kind::FileStream => "item.file.stream",
            Kind::FileExecutable => "item.file.executable",
            Kind::FileTime => "item.file.time",
            Kind::Detection => "item.detection",
            Kind::ShareAccess => "item.share",
            _ => "item.file.created",
        };
        let details = [
            ("path", object),
            ("by", writer.as_deref()),
            ("sha256", event.text(Column::FileSha256)),
            ("mark_of_the_web", stream.as_deref()),
            ("detection", event.text(Column::DetectionName)),
            ("previous_time", event.text(Column::FilePreviousCreatedAt)),
        ];
        rows.add(what, &details, scope.host.processes.acting(index), (index, event.time), 0);
    }
}

pub(super) fn written(scope: &Scope<'_>, rows: &mut Rows) {
    let kinds = [Kind::FileCreate, Kind::FileStream, Kind::FileExecutable, Kind::FileTime, Kind::FileDelete, Kind::ObjectAccess];
    for (index, event) in scope.of_kinds(&kinds) {
        let node = scope.host.processes.acting(index);
        if node.is_some_and(|node| !scope.inner.contains(&node)) {
            continue;
        }
        let what = match scope.host.kind(index) {
            Kind::FileStream => "item.file.stream",
            Kind::FileExecutable => "item.file.executable",
            Kind::FileTime => "item.file.time",
            Kind::FileDelete => "item.file.deleted",
            Kind::ObjectAccess if is_file(event) && mask(event) & WRITE_DATA != 0 => "item.file.opened_to_write",
            Kind::ObjectAccess => continue,
            _ => "item.file.created",
        };
        let path = event.text(Column::FilePath).or(event.text(Column::ObjectName));
        let contents = event.text(Column::FileContents).map(snip);
        let details = [("path", path), ("sha256", event.text(Column::FileSha256)), ("contents", contents.as_deref())];
        rows.add(what, &details, node, (index, event.time), path.map(|path| telling(scope, path)).unwrap_or_default());
    }
}

pub(super) fn read(scope: &Scope<'_>, rows: &mut Rows) {
    for (index, event) in scope.of_kinds(&[Kind::ImageLoad, Kind::DriverLoad, Kind::ObjectAccess]) {
        let node = scope.host.processes.acting(index);
        if node.is_some_and(|node| !scope.inner.contains(&node)) {
            continue;
        }
        let at = (index, event.time);
        if scope.host.kind(index) == Kind::ObjectAccess {
            if is_file(event) && mask(event) & READ_DATA != 0 {
                rows.add("item.file.read", &[("path", event.text(Column::ObjectName))], node, at, 10);
            }
            continue;
        }
        let what = if scope.host.kind(index) == Kind::DriverLoad { "item.driver" } else { "item.module" };
        let path = event.text(Column::FilePath);
        let unsigned = event.text(Column::FileSigned).is_some_and(|signed| signed.eq_ignore_ascii_case("false"));
        let details = [
            ("path", path),
            ("sha256", event.text(Column::FileSha256)),
            ("signer", event.text(Column::FileSigner)),
            ("status", event.text(Column::FileSignatureStatus)),
        ];
        let weight = path.map(|path| telling(scope, path)).unwrap_or_default() + 15 * i32::from(unsigned);
        rows.add(what, &details, node, at, weight);
    }
}

/// Programs and scripts first, and what lies where anybody writes.
fn telling(scope: &Scope<'_>, path: &str) -> i32 {
    const PROGRAMS: [&str; 15] = ["exe", "dll", "ps1", "bat", "cmd", "vbs", "js", "hta", "scr", "sys", "lnk", "docm", "xlsm", "iso", "zip"];
    let program = PROGRAMS.contains(&extension(path).as_str());
    20 * i32::from(program) + 10 * i32::from(scope.book.fits("user_writable", inside_volume(path)))
}

fn is_file(event: &Event<'_>) -> bool {
    event.text(Column::ObjectType).is_some_and(|kind| kind.eq_ignore_ascii_case("file"))
}

fn mask(event: &Event<'_>) -> u64 {
    let text = event.text(Column::AccessMask).unwrap_or_default();
    text.strip_prefix("0x").and_then(|digits| u64::from_str_radix(digits, 16).ok()).unwrap_or_default()
}
