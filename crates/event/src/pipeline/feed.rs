//! The feeder: opens inputs one after another, has their streams cut into blocks, and sends the blocks to the workers.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender};

use crate::defect::Defect;
use crate::input::Input;
use crate::input::archive::{self, Peeked, Streams};
use crate::input::meter::Account;
use crate::json::Fault;
use crate::limits::Limits;

use super::cut;

/// What a block holds.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Whole lines, a record each.
    Lines,
    /// JSON values or XML elements at these places.
    Values(Vec<Span>),
    /// Event log chunks.
    Evtx,
    /// Only a fault, and the lines that it swallowed.
    Nothing {
        /// Lines that no block holds.
        skipped_lines: u64,
    },
}

/// The place of a value in a block, and the line of the file that it begins at, from 1.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) line: u64,
}

/// A block on its way to a worker.
pub(super) struct Job {
    pub(super) number: u64,
    pub(super) path: Arc<str>,
    pub(super) bytes: Vec<u8>,
    pub(super) kind: Kind,
    /// Offset of the block's first byte in its stream.
    pub(super) base: u64,
    pub(super) disk_bytes: u64,
    /// A fault behind the block's records. The position is relative to the block's first line where it counts lines.
    pub(super) fault: Option<(Option<u64>, Fault)>,
}

/// Cuts all inputs into jobs.
pub(super) struct Feeder<'f> {
    pub(super) limits: &'f Limits,
    stop: &'f AtomicBool,
    buffers: Receiver<Vec<u8>>,
    jobs: SyncSender<Job>,
    next: u64,
    disk_bytes: u64,
    path: Arc<str>,
}

impl<'f> Feeder<'f> {
    pub(super) fn new(limits: &'f Limits, stop: &'f AtomicBool, buffers: Receiver<Vec<u8>>, jobs: SyncSender<Job>) -> Self {
        Feeder { limits, stop, buffers, jobs, next: 0, disk_bytes: 0, path: "".into() }
    }

    /// Feeds one input; answers whether to go on.
    pub(super) fn input(&mut self, input: &Input) -> bool {
        let before = self.disk_bytes;
        let going = archive::open(input, self.limits, self);
        self.disk_bytes = before + input.size_bytes();
        going
    }

    /// An empty buffer, once there is one; `None` when nobody wants blocks any more.
    pub(super) fn buffer(&mut self) -> Option<Vec<u8>> {
        if self.stop.load(Ordering::Relaxed) {
            return None;
        }
        let mut buffer = self.buffers.recv().ok()?;
        buffer.clear();
        Some(buffer)
    }

    /// Sends a block; answers whether to go on.
    pub(super) fn send(&mut self, bytes: Vec<u8>, kind: Kind, base: u64, account: &Account, fault: Option<(Option<u64>, Fault)>) -> bool {
        let disk_bytes = self.disk_bytes + account.packed_bytes();
        self.job(bytes, kind, base, disk_bytes, fault)
    }

    fn job(&mut self, bytes: Vec<u8>, kind: Kind, base: u64, disk_bytes: u64, fault: Option<(Option<u64>, Fault)>) -> bool {
        let job = Job { number: self.next, path: Arc::clone(&self.path), bytes, kind, base, disk_bytes, fault };
        self.next += 1;
        self.jobs.send(job).is_ok()
    }
}

impl Streams for Feeder<'_> {
    fn stream(&mut self, path: &str, stream: &mut Peeked<'_>, account: &Account) -> bool {
        self.path = path.into();
        cut::stream(self, stream, account)
    }

    fn defect(&mut self, defect: Defect) -> bool {
        self.path = defect.path.as_str().into();
        let Some(buffer) = self.buffer() else { return false };
        let fault = (defect.position, Fault::new(defect.kind, defect.detail));
        self.job(buffer, Kind::Nothing { skipped_lines: 0 }, 0, self.disk_bytes, Some(fault))
    }
}
