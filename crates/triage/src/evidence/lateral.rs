//! What others do on this host over the network, as shares and pipes show it (E33), and pipes that attack tools make (E41).

use hikeshi_domain::phrase::Phrase;
use hikeshi_event::{Column, Event};

use super::Evidence;
use super::credential::mask;
use crate::kind::Kind;
use crate::path::extension;
use crate::scope::{Scope, shown_image};

/// `FILE_WRITE_DATA`: a file on the share was opened to be written.
const WRITE: u64 = 0x2;
/// What runs when it is put on another machine.
const RUNS: &[&str] = &["exe", "dll", "sys", "bat", "cmd", "ps1", "vbs", "js", "hta", "msi", "scr", "com", "cpl", "wsf"];

pub(super) fn weigh(scope: &Scope<'_>, evidence: &mut Evidence) {
    for (index, event) in scope.of_kinds(&[Kind::ShareAccess]) {
        let Some(from) = elsewhere(scope, event) else { continue };
        let (share, file) = (event.text(Column::ShareName).unwrap_or_default(), event.text(Column::FilePath).unwrap_or_default());
        let said = |key: &str| Phrase::new(key).with("from", from).with("share", share).with("file", file);
        let remote_control = scope.book.fits("remote_pipes", file);
        if share.to_lowercase().ends_with("ipc$") && remote_control {
            evidence.see("E33", said("finding.E33.pipe"), [index]);
        } else if administrative(share) && written(event) && RUNS.contains(&extension(file).as_str()) {
            evidence.see("E33", said("finding.E33.share"), [index]);
        }
    }
    for (index, event) in scope.of_kinds(&[Kind::PipeCreate, Kind::PipeConnect]) {
        let Some(pipe) = event.text(Column::PipeName) else { continue };
        let said = |key: &str| Phrase::new(key).with("image", scope.actor(index).map(shown_image).unwrap_or_default()).with("pipe", pipe);
        if scope.book.fits("attack_pipes", pipe) {
            evidence.see("E41", said("finding.E41.pipe"), [index]);
        } else if scope.book.fits("remote_pipes", pipe) {
            evidence.see("E33", said("finding.E33.streams"), [index]);
        }
    }
}

/// The address that the share was used from, if it is another machine's.
fn elsewhere<'e>(scope: &Scope<'_>, event: &'e Event<'e>) -> Option<&'e str> {
    let from = event.text(Column::NetworkSrcIp).map(|address| address.trim_start_matches("::ffff:"))?;
    (!from.is_empty() && from != "-" && !scope.book.fits("own_addresses", from)).then_some(from)
}

/// `ADMIN$`, `C$`: shares that only an administrator reaches.
fn administrative(share: &str) -> bool {
    let name = share.rsplit('\\').next().unwrap_or_default().to_lowercase();
    name == "admin$" || name.len() == 2 && name.ends_with('$')
}

fn written(event: &Event<'_>) -> bool {
    mask(event.text(Column::AccessMask)).is_some_and(|mask| mask & WRITE != 0)
}
