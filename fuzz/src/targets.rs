//! What is fuzzed: a target a reader of foreign bytes.

use std::path::Path;

use crate::mutate::Dice;
use crate::{dress, readers, seeds};

/// A reader, and what it is fed with.
pub(crate) struct Target {
    /// Its name on the command line.
    pub(crate) name: &'static str,
    /// What the number of a run's line counts.
    pub(crate) gives: &'static str,
    /// Inputs of our own making.
    pub(crate) seeds: fn() -> Vec<Vec<u8>>,
    /// Whether a file of a corpus belongs to it.
    pub(crate) fits: fn(&[u8]) -> bool,
    /// What is put around changed bytes, where bytes without it would all be refused for the same reason.
    pub(crate) dress: fn(Vec<u8>, &mut Dice) -> Vec<u8>,
    /// Reads an input, which also lies in a file; how much came out of it. It panics where a promise is broken.
    pub(crate) read: fn(&[u8], &Path) -> u64,
}

/// Every target.
pub(crate) const TARGETS: &[Target] = &[
    file("evtx", seeds::evtx, |bytes| bytes.starts_with(b"ElfFile\0")),
    Target { read: readers::event::body, ..file("lines", seeds::lines, seeds::is_json) },
    file("values", seeds::values, seeds::is_json),
    file("utf16", seeds::utf16, |bytes| bytes.starts_with(&[0xff, 0xfe])),
    file("xml", seeds::xml, |bytes| bytes.starts_with(b"<")),
    file("gzip", seeds::gzip, |bytes| bytes.starts_with(&[0x1f, 0x8b])),
    file("zstd", seeds::zstd, |bytes| bytes.starts_with(&[0x28, 0xb5, 0x2f, 0xfd])),
    file("zip", seeds::zip, |bytes| bytes.starts_with(b"PK")),
    Target { gives: "entries", read: readers::list::list, ..file("lists", seeds::lists, |_| true) },
    Target { gives: "alerts", read: readers::alert::alerts, ..file("alerts", seeds::alerts, seeds::is_json) },
    Target { gives: "parts", read: readers::mail::mail, ..file("mail", seeds::mails, seeds::is_mail) },
    Target { gives: "rules", read: readers::rule::rules, ..file("rules", seeds::rules, |bytes| bytes.starts_with(b"title")) },
    Target { dress: dress::request, read: readers::request::body, ..file("requests", seeds::requests, |_| false) },
    Target { gives: "blocks", dress: dress::worker, read: readers::worker::frames, ..file("worker", seeds::worker, |_| false) },
    Target { gives: "frames", dress: dress::stream, read: readers::stream::file, ..file("stream", seeds::stream_bodies, |_| false) },
    Target {
        gives: "answers",
        dress: dress::index,
        read: readers::index::file,
        ..file("index", || vec![readers::index::whole()], |_| false)
    },
    Target { gives: "answers", read: readers::segment::file, ..file("segment", || vec![readers::segment::whole()], |_| false) },
];

/// Readers that break what every reader promises: whoever watches them has to complain. `all` leaves them out.
const CONTROLS: &[Target] = &[
    Target { read: |_, _| panic!("as planned"), ..file("control-panic", seeds::lines, |_| false) },
    Target { read: readers::control::panics_elsewhere, ..file("control-panic-elsewhere", seeds::lines, |_| false) },
    Target { read: readers::control::never_ends, ..file("control-endless", seeds::lines, |_| false) },
    Target { read: readers::control::swells, ..file("control-swollen", seeds::lines, |_| false) },
    Target { read: |_, _| 0, ..file("control-blind", seeds::lines, |_| false) },
    Target { read: |_, _| std::process::abort(), ..file("control-dead", seeds::lines, |_| false) },
];

/// A target that reads files of events.
const fn file(name: &'static str, seeds: fn() -> Vec<Vec<u8>>, fits: fn(&[u8]) -> bool) -> Target {
    Target { name, gives: "events", seeds, fits, dress: |bytes, _| bytes, read: readers::event::file }
}

/// The target of that name.
pub(crate) fn named(name: &str) -> Option<&'static Target> {
    TARGETS.iter().chain(CONTROLS).find(|target| target.name == name)
}
