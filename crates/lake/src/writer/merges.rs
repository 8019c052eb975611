//! Merges: one at a time, when nothing else waits, or when small segments have become many.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use hikeshi_domain::causes::causes;
use jiff::Timestamp;

use super::{Done, RETRY, RUSH, Writer};
use crate::catalogue::{CatalogueError, Commit};
use crate::config::LakeConfig;
use crate::lake::Inner;
use crate::merge::{Merged, merge, pick};
use crate::segment::day_of;
use crate::view::Segment;

/// After a merge that failed, the next is tried no sooner.
const MERGE_RETRY: Duration = Duration::from_secs(30);

/// While segments are read, a merge rests so many times as long as it works.
const REST_FOR_READERS: u32 = 4;
/// How long between two looks whether somebody still reads.
const GLANCE: Duration = Duration::from_micros(500);

/// Lets whoever reads go first: on two cores an idle merge would take one of them from a verdict.
struct Courtesy<'a> {
    inner: &'a Inner,
    since: Cell<Instant>,
}

impl Courtesy<'_> {
    /// Rests while somebody reads, but not for ever: where readers never go, a fifth of the time is left.
    fn step_aside(&self) {
        let longest = self.since.get().elapsed().saturating_mul(REST_FOR_READERS);
        let begun = Instant::now();
        while self.inner.readers.load(Ordering::Relaxed) > 0 && begun.elapsed() < longest {
            std::thread::sleep(GLANCE);
        }
        self.since.set(Instant::now());
    }
}

/// How many small segments of a day are enough to merge them.
pub(super) fn least(config: &LakeConfig, idle: bool, day_is_over: bool) -> usize {
    match (idle, day_is_over) {
        (true, true) => config.merge_segments_closed,
        (true, false) => config.merge_segments,
        (false, _) => config.merge_segments_busy,
    }
}

impl Writer {
    /// Merges small segments when nothing else waits, or when they have become many.
    pub(super) fn merge_if_idle(&mut self) {
        self.inner.let_go([]);
        if self.merging || self.merge_after.is_some_and(|after| after > Instant::now()) {
            return;
        }
        let rushed = self.rushed_at.is_some_and(|at| at.elapsed() < 2 * RUSH);
        let idle = !rushed && self.given == self.delivered && self.inner.stream.next_offset() <= self.reached;
        let config = &self.inner.config;
        let today = day_of(Timestamp::now().as_microsecond());
        let least = |day| least(config, idle, day < today);
        let Some(chosen) = pick(&self.inner.views.now(), least, config.merge_rows) else { return };
        // Old and new stand side by side for a while: that takes nothing of the reserve.
        if self.inner.stream.room_beyond(100) <= chosen.iter().map(|segment| segment.row.size_bytes).sum() {
            self.merge_after = Some(Instant::now() + MERGE_RETRY);
            return;
        }
        self.merging = true;
        let (inner, report) = (self.inner.clone(), self.report.clone());
        self.pool.give(Box::new(move |_| {
            let courtesy = Courtesy { inner: &inner, since: Cell::new(Instant::now()) };
            let merged = match catch_unwind(AssertUnwindSafe(|| merge(&inner.layout, chosen, Timestamp::now(), &|| courtesy.step_aside())))
            {
                Ok(merged) => merged.map_err(|error| format!("cannot merge segments: {}", causes(&error))),
                Err(_) => Err("merging segments panicked".to_owned()),
            };
            let _ = report.send(Done::Merged(merged));
        }));
    }

    pub(super) fn land_merge(&mut self, outcome: Result<Merged, String>) {
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
                // Retention took one of them away meanwhile: the rest is merged when that is seen here.
                self.merge_after = Some(Instant::now() + RETRY);
                let _ = self.inner.layout.delete(&merged.row);
            }
            // Whether it was committed is unknown: the file stays, and the next start sweeps it if it was not.
            Err(error) => {
                self.merge_after = Some(Instant::now() + MERGE_RETRY);
                self.fault(format!("cannot commit merged segments: {}", causes(&error)));
            }
        }
    }

    /// Whether a merge was committed although its commit was answered with an error, or not at all.
    fn is_committed(&self, id: uuid::Uuid) -> bool {
        self.runtime.block_on(self.inner.catalogue.segments()).is_ok_and(|rows| rows.iter().any(|row| row.id == id))
    }
}
