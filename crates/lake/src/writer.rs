//! The writer: takes batches from the stream, has them read on all cores, drops repetitions in the order of the stream, and flies
//! what is new into segments: written by a worker, committed in order, then forgotten by the stream.
//!
//! Invariant: `committed` advances only by a catalogue commit whose segments are durable; the stream is trimmed only behind it.

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::{Duration, Instant};

use hikeshi_event::Limits;
use jiff::Timestamp;
use tokio::runtime::Handle;

use crate::aside::set_aside;
use crate::catalogue::{Advance, CatalogueError, Commit};
use crate::failure::{Failure, chain};
use crate::flight::{KnownSightings, Written, write_flight};
use crate::intake::{Parsed, read_frame};
use crate::lake::Inner;
use crate::matches::TapWorker;
use crate::merge::{Merged, merge, pick};
use crate::pool::Pool;
use crate::repeats::Repeats;
use crate::segment::day_of;
use crate::stream::{Fetched, LogReader};
use crate::view::{Segment, TailBlock};

/// The stream's name in the catalogue.
pub(crate) const STREAM: &str = "local";
const PATIENCE: Duration = Duration::from_millis(20);
const RETRY: Duration = Duration::from_secs(1);
/// After a merge that failed, the next is tried no sooner.
const MERGE_RETRY: Duration = Duration::from_secs(30);
/// A flight whose rows keep it from being written is set aside after so many tries.
const MOST_REFUSALS: u32 = 3;
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

/// Batches on their way into segments.
struct Flight {
    number: u64,
    to: u64,
    blocks: Vec<Arc<TailBlock>>,
    written: Option<Written>,
    /// How often its rows kept it from being written.
    refusals: u32,
    /// Its events lie aside: nothing of it is in a segment.
    aside: bool,
}

/// What waits for the next flight.
#[derive(Default)]
struct Filling {
    blocks: Vec<Arc<TailBlock>>,
    rows: usize,
    bytes: usize,
    since: Option<Instant>,
}

/// The writer's thread.
pub(crate) struct Writer {
    inner: Arc<Inner>,
    runtime: Handle,
    pool: Pool<WorkerState>,
    done: Receiver<Done>,
    report: Sender<Done>,
    reader: LogReader,
    repeats: Repeats,
    known: Arc<KnownSightings>,
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
    generation: u64,
    retry_at: Option<Instant>,
}

impl Writer {
    /// Starts the writer behind `committed`.
    pub(crate) fn start(inner: Arc<Inner>, committed: u64) -> std::io::Result<()> {
        let tap = inner.tap.clone();
        let state = move || WorkerState { tap: tap.as_ref().map(|tap| tap.worker()), limits: Limits::default() };
        // One more than there are cores to use: somebody always waits for a sync.
        let pool = Pool::start(inner.config.workers.saturating_add(1), state)?;
        let (report, done) = mpsc::channel();
        let repeats = Repeats::new(inner.shelf.clone(), &inner.views.now());
        let writer = Writer {
            reader: inner.log.reader(committed),
            runtime: Handle::current(),
            known: Arc::default(),
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
            let durable = self.inner.log.next_offset();
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
        let busy = self.given > self.delivered || self.flights.iter().any(|flight| flight.written.is_none()) || self.merging;
        if !busy {
            self.inner.log.wait_for(self.reached.max(self.committed), PATIENCE);
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

    /// Writes a flight again; one whose rows are at fault is set aside after some tries, so that what comes behind it is written.
    fn try_again(&mut self, index: usize, of_the_rows: bool) {
        let Some(flight) = self.flights.get_mut(index) else { return };
        flight.refusals += u32::from(of_the_rows);
        if flight.refusals < MOST_REFUSALS {
            return self.write(index);
        }
        match set_aside(&self.inner.layout, &flight.blocks, flight.to) {
            Ok(paths) => {
                let events: usize = flight.blocks.iter().map(|block| block.live.len()).sum();
                (flight.written, flight.aside) = (Some(Written::default()), true);
                self.inner.totals().set_aside += events as u64;
                tracing::error!(events, ?paths, "events that no segment takes were set aside");
            }
            Err(error) => {
                tracing::error!(%error, "events that no segment takes cannot be set aside");
                self.write(index);
            }
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

    /// The next flight carries what one may.
    fn is_full(&self) -> bool {
        let config = &self.inner.config;
        self.filling.rows >= config.flush_rows || self.filling.bytes >= config.flush_bytes
    }

    fn take_off_if_due(&mut self) {
        let config = &self.inner.config;
        if self.flights.len() >= config.workers.max(1) || self.reached == self.flights.back().map_or(self.committed, |flight| flight.to) {
            return;
        }
        let full = self.is_full();
        let old = self.filling.since.is_none_or(|since| since.elapsed() >= config.flush_after);
        let wanted = self.inner.flush_wanted.load(Ordering::Acquire) > self.committed && self.given == self.delivered;
        if !(full || old || wanted) {
            return;
        }
        let filling = std::mem::take(&mut self.filling);
        self.flights.push_back(Flight {
            number: self.flown,
            to: self.reached,
            blocks: filling.blocks,
            written: None,
            refusals: 0,
            aside: false,
        });
        self.flown += 1;
        self.write(self.flights.len() - 1);
    }

    fn write(&mut self, index: usize) {
        let Some(flight) = self.flights.get(index) else { return };
        let (number, blocks, report) = (flight.number, flight.blocks.clone(), self.report.clone());
        let (inner, known) = (self.inner.clone(), self.known.clone());
        self.pool.give(Box::new(move |_| {
            let write = || write_flight(&inner.layout, &blocks, &known, Timestamp::now());
            // Segments may take half of the reserve, since the stream that they free is larger; the other half is the record's alone.
            let written = if inner.log.room_beyond(50) == 0 {
                Err(Failure::no_room())
            } else {
                match catch_unwind(AssertUnwindSafe(write)) {
                    Ok(written) => written.map_err(|error| Failure::of_segment(&error)),
                    Err(_) => Err(Failure::panicked()),
                }
            };
            drop(blocks);
            let _ = report.send(Done::Written(number, written));
        }));
    }

    /// Commits the flights that are written, oldest first.
    fn commit_landed(&mut self) {
        while let Some(flight) = self.flights.front() {
            let Some(written) = &flight.written else { return };
            let advance = Advance { stream: STREAM.to_owned(), from: self.committed, to: flight.to };
            let commit = Commit {
                add: written.segments.clone(),
                remove: Vec::new(),
                advance: Some(advance),
                sightings: written.sightings.clone(),
                sources: written.sources.clone(),
            };
            if let Err(error) = self.runtime.block_on(self.inner.catalogue.commit(commit))
                && !self.stands_at(flight.to)
            {
                self.retry_at = Some(Instant::now() + RETRY);
                return self.fault(format!("cannot commit: {}", chain(&error)));
            }
            if let Some(flight) = self.flights.pop_front() {
                self.land(flight);
            }
        }
    }

    /// Whether a commit that was answered with an error, or not at all, was made all the same. Nobody else advances this stream.
    fn stands_at(&self, offset: u64) -> bool {
        let stands = self.runtime.block_on(self.inner.catalogue.offset(STREAM));
        offset > self.committed && stands.is_ok_and(|stands| stands == offset)
    }

    /// The same of a segment.
    fn is_committed(&self, id: uuid::Uuid) -> bool {
        self.runtime.block_on(self.inner.catalogue.segments()).is_ok_and(|rows| rows.iter().any(|row| row.id == id))
    }

    fn land(&mut self, flight: Flight) {
        self.retry_at = None;
        self.committed = flight.to;
        let rows = flight.written.map(|written| written.segments).unwrap_or_default();
        self.inner.totals().segments += rows.len() as u64;
        let segments: Vec<_> = rows.into_iter().map(|row| Segment::new(&self.inner.layout, row)).collect();
        self.inner.views.change(|view| {
            view.segments_mut().extend(segments);
            view.tail.retain(|block| !flight.blocks.iter().any(|landed| Arc::ptr_eq(block, landed)));
        });
        for block in &flight.blocks {
            let places = block.live.iter().filter_map(|row| block.rows.place(*row as usize));
            let landed = |place| if flight.aside { self.repeats.forget(&place) } else { self.repeats.committed(&place) };
            places.for_each(landed);
        }
        self.follow_catalogue();
        if let Err(error) = self.inner.log.trim(self.committed) {
            tracing::warn!(%error, "a written file of the stream cannot be deleted now");
        }
        let newest = flight.blocks.iter().filter_map(|block| block.events().next()).map(|event| event.received_at).max();
        if let Some(tap) = self.inner.tap.as_ref().filter(|_| !flight.aside) {
            let matches: Vec<_> = flight.blocks.iter().flat_map(|block| block.matches.iter().cloned()).collect();
            tap.committed(&matches);
        }
        // Last: who waits for the offset may rely on the tap having been told.
        self.inner.progress(self.committed, newest);
    }

    /// Merges small segments when nothing else waits, or when they have become many.
    fn merge_if_idle(&mut self) {
        self.inner.let_go([]);
        if self.merging || self.merge_after.is_some_and(|after| after > Instant::now()) {
            return;
        }
        let idle = self.given == self.delivered && self.inner.log.next_offset() <= self.reached;
        let config = &self.inner.config;
        let today = day_of(Timestamp::now().as_microsecond());
        let least = |day| match idle {
            true if day < today => config.merge_segments_closed,
            true => config.merge_segments,
            false => config.merge_segments.saturating_mul(8),
        };
        let Some(chosen) = pick(&self.inner.views.now(), least, config.merge_rows) else { return };
        // Old and new stand side by side for a while: that takes nothing of the reserve.
        if self.inner.log.room_beyond(100) <= chosen.iter().map(|segment| segment.row.size_bytes).sum() {
            self.merge_after = Some(Instant::now() + MERGE_RETRY);
            return;
        }
        self.merging = true;
        let (inner, report) = (self.inner.clone(), self.report.clone());
        self.pool.give(Box::new(move |_| {
            let merged = match catch_unwind(AssertUnwindSafe(|| merge(&inner.layout, chosen, Timestamp::now()))) {
                Ok(merged) => merged.map_err(|error| format!("cannot merge segments: {}", chain(&error))),
                Err(_) => Err("merging segments panicked".to_owned()),
            };
            let _ = report.send(Done::Merged(merged));
        }));
    }

    fn land_merge(&mut self, outcome: Result<Merged, String>) {
        self.merging = false;
        let merged = match outcome {
            Ok(merged) => merged,
            Err(fault) => {
                self.merge_after = Some(Instant::now() + MERGE_RETRY);
                return self.fault(fault);
            }
        };
        let remove: Vec<_> = merged.replaced.iter().map(|segment| segment.row.id).collect();
        let commit = Commit { add: vec![merged.row.clone()], remove: remove.clone(), ..Commit::default() };
        let committed = match self.runtime.block_on(self.inner.catalogue.commit(commit)) {
            Err(_) if self.is_committed(merged.row.id) => Ok(()),
            answered => answered,
        };
        match committed {
            Ok(()) => {
                self.inner.totals().merged += remove.len() as u64;
                let segment = Segment::new(&self.inner.layout, merged.row);
                self.inner.views.change(|view| {
                    view.segments_mut().retain(|segment| !remove.contains(&segment.row.id));
                    view.segments_mut().push(segment);
                });
                self.inner.let_go(merged.replaced);
                self.follow_catalogue();
                self.inner.clear_fault();
            }
            Err(CatalogueError::Conflict(_)) => {
                // Retention took one of them away meanwhile: the rest is merged another time.
                let _ = self.inner.layout.delete(&merged.row);
            }
            // Whether it was committed is unknown: the file stays, and the next start sweeps it if it was not.
            Err(error) => {
                self.merge_after = Some(Instant::now() + MERGE_RETRY);
                self.fault(format!("cannot commit merged segments: {}", chain(&error)));
            }
        }
    }

    fn fault(&self, what: String) {
        tracing::error!("{what}");
        self.inner.set_fault(what);
    }
}
