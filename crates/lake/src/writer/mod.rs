//! The writer: takes batches from the stream, has them read on all cores, drops repetitions in the order of the stream, and flies
//! what is new into segments: written by a worker, committed in order, then forgotten by the stream.
//!
//! Here: reading ahead, and delivering in the order of the stream. [`flights`] writes and commits, [`merges`] tidies up.
//!
//! Invariant: `committed` advances only by a catalogue commit whose segments are durable; the stream is trimmed only behind it.

mod flights;
mod merges;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::{Duration, Instant};

use hikeshi_event::Limits;
use tokio::runtime::Handle;

use crate::failure::Failure;
use crate::flight::{KnownSightings, Written};
use crate::intake::{Parsed, read_frame};
use crate::lake::Inner;
use crate::matches::TapWorker;
use crate::merge::Merged;
use crate::pool::Pool;
use crate::repeats::Repeats;
use crate::seam::StreamReader;
use crate::stream::Fetched;
use crate::view::TailBlock;
use flights::{Filling, Flight, WriteFlight};

/// The stream's name in the catalogue.
pub(crate) const STREAM: &str = "local";
const PATIENCE: Duration = Duration::from_millis(20);
const RETRY: Duration = Duration::from_secs(1);
/// A flight that fills up faster tells of a rush: whatever can wait does, also in the moments in which no batch waits.
const RUSH: Duration = Duration::from_secs(1);
/// No further batch is read while those being read unpack to this much …
const READ_AHEAD_BYTES: u64 = 64 << 20;
/// … or while there are so many a worker: enough to do while a commit is waited for.
const BATCHES_AHEAD: u64 = 8;

/// What a worker keeps from job to job.
struct WorkerState {
    tap: Option<Box<dyn TapWorker>>,
    limits: Limits,
}

enum Done {
    Read(u64, Parsed),
    Written(u64, Result<Written, Failure>),
    Merged(Result<Merged, String>),
}

/// The writer's thread.
pub(crate) struct Writer {
    inner: Arc<Inner>,
    runtime: Handle,
    pool: Pool<WorkerState>,
    done: Receiver<Done>,
    report: Sender<Done>,
    reader: Box<dyn StreamReader>,
    repeats: Repeats,
    known: Arc<KnownSightings>,
    write: WriteFlight,
    given: u64,
    delivered: u64,
    /// Unpacked size of the batches between `given` and `delivered`.
    ahead_bytes: u64,
    parsed: BTreeMap<u64, Parsed>,
    filling: Filling,
    flights: VecDeque<Flight>,
    flown: u64,
    committed: u64,
    /// The first offset that is not yet in `filling` or a flight.
    reached: u64,
    merging: bool,
    merge_after: Option<Instant>,
    /// When a flight last filled up within [`RUSH`].
    rushed_at: Option<Instant>,
    generation: u64,
    retry_at: Option<Instant>,
}

impl Writer {
    /// Starts the writer behind `committed`; `write` makes segments of a flight.
    pub(crate) fn start(inner: Arc<Inner>, committed: u64, write: WriteFlight) -> std::io::Result<()> {
        let tap = inner.tap.clone();
        let state = move || WorkerState { tap: tap.as_ref().map(|tap| tap.worker()), limits: Limits::default() };
        // One more than there are cores to use: somebody always waits for a sync.
        let pool = Pool::start(inner.config.workers.saturating_add(1), state)?;
        let (report, done) = mpsc::channel();
        let repeats = Repeats::new(inner.shelf.clone(), &inner.views.now());
        let writer = Writer {
            reader: inner.stream.reader(committed),
            runtime: Handle::current(),
            known: Arc::default(),
            write,
            parsed: BTreeMap::new(),
            filling: Filling::default(),
            flights: VecDeque::new(),
            reached: committed,
            generation: inner.views.generation(),
            given: 0,
            delivered: 0,
            ahead_bytes: 0,
            flown: 0,
            merging: false,
            merge_after: None,
            rushed_at: None,
            retry_at: None,
            inner,
            pool,
            done,
            report,
            repeats,
            committed,
        };
        std::thread::Builder::new().name("lake-writer".into()).spawn(move || writer.run())?;
        Ok(())
    }

    fn run(mut self) {
        while !self.inner.closing.load(Ordering::Acquire) {
            self.follow_catalogue();
            if self.retry_at.is_none_or(|at| at <= Instant::now()) {
                self.take_batches();
                self.take_off_if_due();
                self.commit_landed();
                self.merge_if_idle();
            }
            self.wait();
        }
    }

    /// Somebody else changed the committed segments: retention.
    fn follow_catalogue(&mut self) {
        let generation = self.inner.views.generation();
        if generation != self.generation {
            self.generation = generation;
            self.repeats.follow(&self.inner.views.now());
        }
    }

    /// Whether memory is left to read on: a few batches and bytes ahead, unless the next flight is full and cannot start.
    fn may_read(&self) -> bool {
        let workers = self.inner.config.workers.max(1);
        let waits = self.is_full() && self.flights.len() >= workers;
        self.given - self.delivered < BATCHES_AHEAD * workers as u64 && self.ahead_bytes < READ_AHEAD_BYTES && !waits
    }

    /// Hands batches to the workers.
    fn take_batches(&mut self) {
        while self.may_read() {
            let durable = self.inner.stream.next_offset();
            match self.reader.next() {
                Ok(Fetched::Frame(frame)) => {
                    let (number, report) = (self.given, self.report.clone());
                    self.given += 1;
                    self.ahead_bytes += frame.plain_bytes;
                    self.pool.give(Box::new(move |state| {
                        let (offset, plain_bytes) = (frame.offset, frame.plain_bytes);
                        let read = catch_unwind(AssertUnwindSafe(|| read_frame(&frame, &state.limits, state.tap.as_deref_mut())));
                        let _ = report.send(Done::Read(number, read.unwrap_or_else(|_| Parsed::unreadable(offset, plain_bytes))));
                    }));
                }
                Ok(Fetched::Damage { bytes }) => {
                    tracing::error!(bytes, "a place of the stream is damaged; its batch is lost");
                    self.inner.totals().damaged += 1;
                }
                Ok(Fetched::End) => {
                    if self.given == self.delivered {
                        self.reached = self.reached.max(durable);
                    }
                    return;
                }
                Err(error) => {
                    self.retry_at = Some(Instant::now() + RETRY);
                    return self.fault(format!("cannot read the stream: {error}"));
                }
            }
        }
    }

    fn wait(&mut self) {
        if self.retry_at.is_some_and(|at| at > Instant::now()) {
            std::thread::sleep(PATIENCE);
        }
        if !(self.given > self.delivered || self.flights.iter().any(|flight| flight.written.is_none()) || self.merging) {
            self.inner.stream.wait_for(self.reached.max(self.committed), PATIENCE);
            return;
        }
        let first = self.done.recv_timeout(PATIENCE).ok();
        let more: Vec<Done> = first.into_iter().chain(self.done.try_iter()).collect();
        more.into_iter().for_each(|done| self.take(done));
    }

    fn take(&mut self, done: Done) {
        match done {
            Done::Read(number, parsed) => {
                self.parsed.insert(number, parsed);
                while let Some(parsed) = self.parsed.remove(&self.delivered) {
                    self.delivered += 1;
                    self.ahead_bytes = self.ahead_bytes.saturating_sub(parsed.plain_bytes);
                    self.deliver(parsed);
                }
            }
            Done::Written(number, Ok(written)) => {
                if let Some(flight) = self.flights.iter_mut().find(|flight| flight.number == number) {
                    flight.written = Some(written);
                }
            }
            Done::Written(number, Err(failure)) => {
                self.fault(failure.what);
                std::thread::sleep(RETRY);
                if let Some(index) = self.flights.iter().position(|flight| flight.number == number) {
                    self.try_again(index, failure.of_the_rows);
                }
            }
            Done::Merged(outcome) => self.land_merge(outcome),
        }
    }

    /// Takes the events of one batch, in the order of the stream: keeps what is new.
    fn deliver(&mut self, parsed: Parsed) {
        let mut live = Vec::with_capacity(parsed.rows.len());
        for row in 0..parsed.rows.len() {
            let Some(place) = parsed.rows.place(row) else { continue };
            match self.repeats.admit(&place) {
                Ok(true) => live.push(u32::try_from(row).unwrap_or(u32::MAX)),
                Ok(false) => {}
                Err(error) => {
                    // Better twice than not at all: the uid is the same, so that whoever counts can still tell.
                    tracing::error!(%error, "cannot look for a repetition; the event is kept");
                    live.push(u32::try_from(row).unwrap_or(u32::MAX));
                }
            }
        }
        self.reached = parsed.offset + 1;
        self.count(&parsed, live.len());
        if live.is_empty() {
            return;
        }
        let mut matches = parsed.matches;
        if live.len() < parsed.rows.len() || parsed.in_order.is_some() {
            let kept: HashSet<_> = live.iter().filter_map(|row| parsed.rows.place(*row as usize)).map(|place| place.uid).collect();
            matches.retain(|row| kept.contains(&row.uid));
            if let Some(work) = parsed.in_order
                && catch_unwind(AssertUnwindSafe(|| work.run(&|uid| kept.contains(uid), &mut matches))).is_err()
            {
                tracing::error!(offset = parsed.offset, "joining the matches of a batch panicked");
            }
        }
        let block = Arc::new(TailBlock { rows: parsed.rows, live, matches });
        self.filling.rows += block.live.len();
        self.filling.bytes += block.rows.size_bytes();
        self.filling.since.get_or_insert_with(Instant::now);
        self.filling.blocks.push(block.clone());
        self.inner.views.change(|view| view.tail.push(block));
    }

    fn count(&self, parsed: &Parsed, added: usize) {
        let mut totals = self.inner.totals();
        totals.events += parsed.rows.len() as u64;
        totals.added += added as u64;
        totals.repeated += (parsed.rows.len() - added) as u64;
        totals.defects += parsed.defects.len() as u64;
        drop(totals);
        for defect in parsed.defects.iter().take(3) {
            tracing::warn!(path = defect.path, position = defect.position, kind = ?defect.kind, "{}", defect.detail);
        }
    }

    fn fault(&self, what: String) {
        self.inner.set_fault(what);
    }
}
