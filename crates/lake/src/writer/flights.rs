//! Flights: what is new, written into segments by a worker, committed in order, then forgotten by the stream. A flight whose rows keep it
//! from being written is set aside, so that what comes behind it is written.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use hikeshi_domain::causes::causes;
use jiff::Timestamp;

use super::{Done, RETRY, RUSH, STREAM, Writer};
use crate::aside::set_aside;
use crate::catalogue::{Advance, Commit};
use crate::failure::Failure;
use crate::flight::{KnownSightings, Written};
use crate::layout::Layout;
use crate::segment::SegmentError;
use crate::view::{Segment, TailBlock};

/// A flight whose rows keep it from being written is set aside after so many tries.
const MOST_REFUSALS: u32 = 3;

/// What writes the blocks of a flight as segments.
pub(crate) type WriteFlight = fn(&Layout, &[Arc<TailBlock>], &KnownSightings, Timestamp) -> Result<Written, SegmentError>;

/// Batches on their way into segments.
pub(super) struct Flight {
    pub(super) number: u64,
    pub(super) to: u64,
    pub(super) blocks: Vec<Arc<TailBlock>>,
    pub(super) written: Option<Written>,
    /// How often its rows kept it from being written.
    pub(super) refusals: u32,
    /// Its events lie aside: nothing of it is in a segment.
    pub(super) aside: bool,
}

/// What waits for the next flight.
#[derive(Default)]
pub(super) struct Filling {
    pub(super) blocks: Vec<Arc<TailBlock>>,
    pub(super) rows: usize,
    pub(super) bytes: usize,
    pub(super) since: Option<Instant>,
}

impl Writer {
    /// The next flight carries what one may.
    pub(super) fn is_full(&self) -> bool {
        let config = &self.inner.config;
        self.filling.rows >= config.flush_rows || self.filling.bytes >= config.flush_bytes
    }

    pub(super) fn take_off_if_due(&mut self) {
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
        if full && filling.since.is_some_and(|since| since.elapsed() < RUSH) {
            self.rushed_at = Some(Instant::now());
        }
        self.flights.push_back(Flight {
            number: self.flown,
            to: self.reached,
            blocks: filling.blocks,
            written: None,
            refusals: 0,
            aside: false,
        });
        self.flown += 1;
        self.fly(self.flights.len() - 1);
    }

    fn fly(&mut self, index: usize) {
        let Some(flight) = self.flights.get(index) else { return };
        let (number, blocks, report) = (flight.number, flight.blocks.clone(), self.report.clone());
        let (inner, known, write) = (self.inner.clone(), self.known.clone(), self.write);
        self.pool.give(Box::new(move |_| {
            let write = || write(&inner.layout, &blocks, &known, Timestamp::now());
            // Segments may take half of the reserve, since the stream that they free is larger; the other half is the record's alone.
            let written = if inner.stream.room_beyond(50) == 0 {
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
    pub(super) fn commit_landed(&mut self) {
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
                return self.fault(format!("cannot commit: {}", causes(&error)));
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
        if let Err(error) = self.inner.stream.trim(self.committed) {
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

    /// Writes a flight again; one whose rows are at fault is set aside after some tries, so that what comes behind it is written.
    pub(super) fn try_again(&mut self, index: usize, of_the_rows: bool) {
        let Some(flight) = self.flights.get_mut(index) else { return };
        flight.refusals += u32::from(of_the_rows);
        if flight.refusals < MOST_REFUSALS {
            return self.fly(index);
        }
        match set_aside(&self.inner.layout, &flight.blocks, flight.to) {
            Ok(files) => {
                let events: u64 = files.values().sum();
                (flight.written, flight.aside) = (Some(Written::default()), true);
                self.inner.totals().set_aside += events;
                tracing::error!(events, paths = ?files.keys(), "events that no segment takes were set aside");
                self.inner.aside.add(files);
            }
            Err(error) => {
                tracing::error!(%error, "events that no segment takes cannot be set aside");
                self.fly(index);
            }
        }
    }
}
