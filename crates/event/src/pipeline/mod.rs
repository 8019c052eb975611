//! All cores on one list of inputs: a feeder reads and cuts blocks, workers parse them and run the caller's code on every
//! record, results come back in the order of the inputs.
//!
//! Memory is bounded by a fixed number of blocks in flight: a block's buffer goes back to the feeder only when its result
//! was delivered.

mod cut;
mod elements;
mod feed;
mod values;

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::sync::{Arc, Mutex};

use crate::defect::{Defect, DefectKind};
use crate::evtx::{CHUNK_BYTES, ChunkSink, EvtxReader};
use crate::input::Input;
use crate::json::Fault;
use crate::limits::Limits;
use crate::record::Record;
use crate::text::{self, Sink, TextReader};

use feed::{Feeder, Job, Kind};

/// What is done with every record, on any thread.
pub trait Work: Sync {
    /// A thread's own working memory.
    type Scratch;
    /// What the records of one block gave.
    type Out: Send + Default;

    /// Whether the work reads [`Record::raw`]. Records of event logs are read at half the cost without it; their `raw`
    /// is empty then.
    fn needs_originals(&self) -> bool {
        true
    }

    /// Makes a thread's working memory.
    fn scratch(&self) -> Self::Scratch;

    /// Sees one record. `path` names the file, or the member of an archive (`a.zip!b.evtx`).
    fn see(&self, scratch: &mut Self::Scratch, path: &str, record: &Record<'_>, out: &mut Self::Out);
}

/// The result of one block of one input, delivered in the order of the inputs and of the records in them.
#[derive(Debug)]
pub struct Block<O> {
    /// The file, or the member of an archive.
    pub path: Arc<str>,
    /// Records that were read.
    pub events: u64,
    /// Bytes of the block, unpacked.
    pub bytes: u64,
    /// Bytes read from disk when the block was cut, over all inputs: what a progress bar shows against the inputs' sizes.
    pub disk_bytes: u64,
    /// What could not be read.
    pub defects: Vec<Defect>,
    /// What the work gave.
    pub out: O,
}

/// The sums over all blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// Records that were read.
    pub events: u64,
    /// Bytes, unpacked.
    pub bytes: u64,
    /// Bytes read from disk.
    pub disk_bytes: u64,
    /// Defects, those not listed included.
    pub defects: u64,
}

/// Reads all inputs with `threads` workers (at least one) and delivers the blocks' results in order on the calling thread,
/// until `deliver` breaks.
pub fn process<W: Work>(
    inputs: &[Input],
    limits: &Limits,
    threads: usize,
    work: &W,
    mut deliver: impl FnMut(Block<W::Out>) -> ControlFlow<()>,
) -> Totals {
    let threads = threads.max(1);
    let in_flight = threads * 2 + 2;
    let stop = AtomicBool::new(false);
    let (buffer_back, buffers) = channel();
    for _ in 0..in_flight {
        let _ = buffer_back.send(Vec::new());
    }
    let (job_in, job_out) = sync_channel::<Job>(in_flight);
    let (done_in, done_out) = channel();
    let jobs = Arc::new(Mutex::new(job_out));
    std::thread::scope(|scope| {
        scope.spawn(|| feed(inputs, limits, &stop, buffers, job_in));
        for _ in 0..threads {
            let (jobs, done) = (Arc::clone(&jobs), done_in.clone());
            scope.spawn(move || Worker::new(work, limits).run(&jobs, &done));
        }
        drop(done_in);
        drop(jobs);
        let totals = in_order(limits, &done_out, buffer_back, &mut deliver);
        stop.store(true, Ordering::Relaxed);
        drop(done_out);
        totals
    })
}

fn feed(inputs: &[Input], limits: &Limits, stop: &AtomicBool, buffers: Receiver<Vec<u8>>, jobs: SyncSender<Job>) {
    let mut feeder = Feeder::new(limits, stop, buffers, jobs);
    for input in inputs {
        if !feeder.input(input) {
            return;
        }
    }
}

/// One block that a worker is through with.
struct Done<O> {
    number: u64,
    buffer: Vec<u8>,
    lines: u64,
    /// Positions count from the block's first line where `kind` is lines.
    counts_lines: bool,
    block: Block<O>,
    faults: u64,
}

/// Restores the order of the blocks and hands them out.
fn in_order<O>(
    limits: &Limits,
    done: &Receiver<Option<Done<O>>>,
    buffers: Sender<Vec<u8>>,
    deliver: &mut impl FnMut(Block<O>) -> ControlFlow<()>,
) -> Totals {
    let mut totals = Totals::default();
    let mut waiting = BTreeMap::new();
    let mut next = 0;
    let mut place = Place::default();
    // `None` is the last word of a worker that panicked: its block will never come.
    while let Ok(Some(block)) = done.recv() {
        waiting.insert(block.number, block);
        while let Some(mut ready) = waiting.remove(&next) {
            next += 1;
            place.settle(limits, &mut ready);
            totals.events += ready.block.events;
            totals.bytes += ready.block.bytes;
            totals.disk_bytes = totals.disk_bytes.max(ready.block.disk_bytes);
            totals.defects += ready.faults;
            let _ = buffers.send(std::mem::take(&mut ready.buffer));
            if deliver(ready.block).is_break() {
                return totals;
            }
        }
    }
    totals
}

/// Where in the current input the next block begins, and how many of its defects were listed.
#[derive(Default)]
struct Place {
    path: Option<Arc<str>>,
    lines: u64,
    listed: usize,
}

impl Place {
    fn settle<O>(&mut self, limits: &Limits, done: &mut Done<O>) {
        if self.path.as_ref() != Some(&done.block.path) {
            *self = Place { path: Some(Arc::clone(&done.block.path)), lines: 0, listed: 0 };
        }
        if done.counts_lines {
            for defect in &mut done.block.defects {
                defect.position = defect.position.map(|line| line + self.lines + 1);
            }
        }
        self.lines += done.lines;
        let before = self.listed;
        let room = limits.listed_defects.saturating_sub(before);
        done.block.defects.truncate(room);
        self.listed += done.block.defects.len();
        let unlisted = done.faults.saturating_sub(done.block.defects.len() as u64);
        if unlisted > 0 {
            let detail = format!("{unlisted} more defects are not listed");
            done.block.defects.push(Defect::new(done.block.path.as_ref(), None, DefectKind::Malformed, detail));
        }
    }
}

/// One thread: reads blocks and runs the work.
struct Worker<'w, W: Work> {
    work: &'w W,
    scratch: W::Scratch,
    text: TextReader,
    evtx: EvtxReader,
    listed: usize,
}

/// Tells the deliverer if the worker dies of a panic in the caller's code.
struct LastWord<'w, O>(&'w Sender<Option<Done<O>>>);

impl<O> Drop for LastWord<'_, O> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let _ = self.0.send(None);
        }
    }
}

impl<'w, W: Work> Worker<'w, W> {
    fn new(work: &'w W, limits: &Limits) -> Self {
        Worker {
            work,
            scratch: work.scratch(),
            text: TextReader::new(limits),
            evtx: EvtxReader::new(work.needs_originals()),
            listed: limits.listed_defects,
        }
    }

    fn run(mut self, jobs: &Mutex<Receiver<Job>>, done: &Sender<Option<Done<W::Out>>>) {
        let _last_word = LastWord(done);
        loop {
            let job = match jobs.lock() {
                Ok(jobs) => jobs.recv(),
                Err(_) => return,
            };
            let Ok(job) = job else { return };
            if done.send(Some(self.block(job))).is_err() {
                return;
            }
        }
    }

    fn block(&mut self, job: Job) -> Done<W::Out> {
        let Job { number, path, bytes, kind, base, disk_bytes, fault } = job;
        let mut out = W::Out::default();
        let mut events = 0;
        let mut faults = 0;
        let mut defects = Vec::new();
        let listed = self.listed;
        let (work, scratch) = (self.work, &mut self.scratch);
        let mut record = |record: &Record<'_>| {
            events += 1;
            work.see(scratch, &path, record, &mut out);
        };
        let mut note = |position: u64, fault: Fault| {
            faults += 1;
            if defects.len() < listed {
                defects.push(Defect::new(path.as_ref(), Some(position), fault.kind, fault.detail));
            }
        };
        let mut lines = 0;
        match &kind {
            Kind::Lines => lines = text::lines(&bytes, &mut self.text, &mut Sink { record: &mut record, fault: &mut note }),
            Kind::Values(spans) => {
                for span in spans {
                    let text = bytes.get(span.start..span.end).unwrap_or_default();
                    text::value(text, span.line, &mut self.text, &mut Sink { record: &mut record, fault: &mut note });
                }
            }
            Kind::Evtx => {
                for (index, chunk) in bytes.chunks(CHUNK_BYTES).enumerate() {
                    let position = base + (index * CHUNK_BYTES) as u64;
                    let mut fault = |fault| note(position, fault);
                    self.evtx.chunk(chunk, &mut ChunkSink { json: &mut self.text.json, record: &mut record, fault: &mut fault });
                }
            }
            Kind::Nothing { skipped_lines } => lines = *skipped_lines,
        }
        if let Some((position, fault)) = fault {
            faults += 1;
            defects.push(Defect::new(path.as_ref(), position, fault.kind, fault.detail));
        }
        let counts_lines = matches!(kind, Kind::Lines | Kind::Nothing { .. });
        let block = Block { path, events, bytes: bytes.len() as u64, disk_bytes, defects, out };
        Done { number, buffer: bytes, lines, counts_lines, block, faults }
    }
}
