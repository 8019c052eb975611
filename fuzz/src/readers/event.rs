//! Events: files of every format, and bodies of requests.

use std::ops::ControlFlow;
use std::path::Path;

use hikeshi_event::{Input, Intake, Limits, Record, Uid, Work, normalise, process, read_lines, to_ocsf};

fn intake() -> Intake<'static> {
    let org = "018f0000-0000-7000-8000-000000000001".parse().expect("a UUID");
    Intake { org, source: "fuzz", received_at: "2026-01-01T00:00:00Z".parse().expect("a time") }
}

/// All that is done with a record: the row, its name, its export.
fn digest(record: &Record<'_>) {
    let mut event = normalise(record, &intake());
    event.uid = Uid::of(&event);
    assert!(event.cells.is_sorted_by_key(|(column, _)| *column), "cells out of order");
    assert!(to_ocsf(&event).is_object());
}

/// The body of a request, unpacked.
pub(crate) fn body(bytes: &[u8], _: &Path) -> u64 {
    let mut events = 0;
    let _ = read_lines(bytes, "fuzz", &Limits::default(), |record| {
        events += 1;
        digest(record);
    });
    events
}

/// Reads with or without the records' originals: event logs have a way of their own for each.
struct Digest {
    originals: bool,
}

impl Work for Digest {
    type Scratch = ();
    type Out = ();

    fn needs_originals(&self) -> bool {
        self.originals
    }

    fn scratch(&self) {}

    fn see(&self, (): &mut (), _path: &str, record: &Record<'_>, (): &mut ()) {
        digest(record);
    }
}

/// A file of any format.
pub(crate) fn file(bytes: &[u8], path: &Path) -> u64 {
    let limits = Limits { unpacked_bytes: 64 << 20, ..Limits::default() };
    let read = |originals| process(&[Input::file(path)], &limits, 1, &Digest { originals }, |_| ControlFlow::Continue(())).events;
    let events = read(true);
    if bytes.starts_with(b"ElfFile\0") {
        read(false);
    }
    events
}
