//! Merging small segments of one organisation, day and kind into a larger one, row by row in order, the originals packed more tightly.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};
use std::sync::Arc;

use arrow_array::RecordBatch;
use hikeshi_event::Column;
use jiff::Timestamp;
use jiff::civil::Date;

use crate::catalogue::{SegmentKind, SegmentRow};
use crate::decode::{EventBatch, decode_matches};
use crate::layout::Layout;
use crate::matches::MatchRow;
use crate::rows::Rows;
use crate::scan::{Batches, ReadError, SegmentReader};
use crate::segment::{Plan, SegmentError, write_events, write_matches};
use crate::view::{Segment, View};

/// Compression of merged segments. The first merge may fall into the busiest hour; what is merged again is read for long.
const FIRST_ZSTD_LEVEL: i32 = 3;
const MERGED_ZSTD_LEVEL: i32 = 6;
/// Each segment that is being read holds a page of each column, about 4 MB.
const MOST_AT_ONCE: usize = 8;
/// Matches of a merge: they are held in memory, about a kilobyte each.
const MOST_MATCHES: u64 = 100_000;

/// A merge that is written and not yet committed.
pub(crate) struct Merged {
    pub(crate) row: SegmentRow,
    pub(crate) replaced: Vec<Arc<Segment>>,
}

/// Why a merge failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MergeError {
    #[error("a segment to merge cannot be read")]
    Read(#[from] ReadError),
    #[error("the merged segment cannot be written")]
    Write(#[from] SegmentError),
}

/// The segments to merge next: of one organisation, day, kind and level, at least as many as `least` says of the day, and two; the
/// fullest group first.
pub(crate) fn pick(view: &View, least: impl Fn(Date) -> usize, most_rows: u64) -> Option<Vec<Arc<Segment>>> {
    let mut groups: BTreeMap<_, Vec<Arc<Segment>>> = BTreeMap::new();
    for segment in view.segments.iter() {
        let row = &segment.row;
        // Of matches any two must fit.
        let small = if row.kind == SegmentKind::Matches { most_rows.min(MOST_MATCHES / 2) } else { most_rows };
        if row.rows >= small || segment.is_given_up() {
            continue;
        }
        groups.entry((row.org, row.day, row.kind, row.level)).or_default().push(segment.clone());
    }
    let (_, mut fullest) =
        groups.into_iter().filter(|((_, day, ..), group)| group.len() >= least(*day).max(2)).max_by_key(|(_, group)| group.len())?;
    fullest.truncate(MOST_AT_ONCE);
    let mut rows = 0;
    fullest.retain(|segment| {
        rows += segment.row.rows;
        segment.row.kind == SegmentKind::Events || rows <= MOST_MATCHES
    });
    Some(fullest)
}

/// Writes one segment that holds all rows of the given ones; `step_aside` is called between two batches of a thousand rows.
pub(crate) fn merge(layout: &Layout, segments: Vec<Arc<Segment>>, now: Timestamp, step_aside: &dyn Fn()) -> Result<Merged, MergeError> {
    let Some(first) = segments.first().map(|segment| segment.row.clone()) else {
        return Err(ReadError::Columns("nothing to merge".into()).into());
    };
    let rows = segments.iter().map(|segment| usize::try_from(segment.row.rows).unwrap_or(0)).sum();
    let zstd_level = if first.level == 0 { FIRST_ZSTD_LEVEL } else { MERGED_ZSTD_LEVEL };
    let plan = Plan { org: first.org, day: first.day, rows, level: first.level.saturating_add(1), zstd_level, now };
    let row = match first.kind {
        SegmentKind::Events => merge_events(layout, plan, &segments, step_aside)?,
        SegmentKind::Matches => merge_matches(layout, plan, &segments)?,
    };
    Ok(Merged { row, replaced: segments })
}

fn merge_matches(layout: &Layout, plan: Plan, segments: &[Arc<Segment>]) -> Result<SegmentRow, MergeError> {
    let mut rows = Vec::with_capacity(plan.rows);
    for segment in segments {
        rows.extend(matches_of(layout, segment).inspect_err(|_| segment.was_unread())?);
    }
    Ok(write_matches(layout, plan, rows)?)
}

fn matches_of(layout: &Layout, segment: &Segment) -> Result<Vec<MatchRow>, ReadError> {
    let reader = SegmentReader::open(&layout.data(&segment.row))?;
    let mut rows = Vec::new();
    for batch in reader.read(&[0..reader.rows()])? {
        rows.extend(decode_matches(segment.row.org, &batch?).ok_or_else(|| ReadError::Columns(segment.row.id.to_string()))?);
    }
    Ok(rows)
}

fn merge_events(layout: &Layout, plan: Plan, segments: &[Arc<Segment>], step_aside: &dyn Fn()) -> Result<SegmentRow, MergeError> {
    let mut runs = Vec::with_capacity(segments.len());
    let mut filled = Vec::new();
    for segment in segments {
        let opened = SegmentReader::open(&layout.data(&segment.row)).and_then(|reader| Ok((reader.read_in_batches(1024)?, reader)));
        let (batches, reader) = opened.inspect_err(|_| segment.was_unread())?;
        filled.extend(Column::ALL.iter().filter(|column| reader.has(column.name())));
        runs.push(Run { segment: segment.clone(), batches, rows: VecDeque::new(), held: Rows::default() });
    }
    let mut failed = None;
    let written = write_events(layout, plan, &|column| filled.contains(&column), &mut |sink| {
        let mut heads = BinaryHeap::with_capacity(runs.len());
        for (number, run) in runs.iter_mut().enumerate() {
            push_head(&mut heads, number, run, &mut failed, step_aside);
        }
        while let Some(Reverse((_, number))) = heads.pop() {
            let Some(run) = runs.get_mut(number) else { continue };
            let row = run.rows.pop_front().map(|(_, row)| row);
            if let Some(event) = row.and_then(|row| run.held.get(row)) {
                sink(&event)?;
            }
            push_head(&mut heads, number, run, &mut failed, step_aside);
        }
        Ok(())
    });
    match failed {
        Some(error) => {
            if let Ok(row) = written {
                let _ = layout.delete(&row);
            }
            Err(error.into())
        }
        None => Ok(written?),
    }
}

type Key = (Arc<str>, i64, u64);

/// The rows of one segment that is being merged, some at a time.
struct Run {
    segment: Arc<Segment>,
    batches: Batches,
    held: Rows,
    rows: VecDeque<(Key, usize)>,
}

fn push_head(
    heads: &mut BinaryHeap<Reverse<(Key, usize)>>,
    number: usize,
    run: &mut Run,
    failed: &mut Option<ReadError>,
    step_aside: &dyn Fn(),
) {
    if run.rows.is_empty() && failed.is_none() {
        step_aside();
        if let Some(batch) = run.batches.next() {
            *failed = batch.and_then(|batch| run.hold(&batch)).inspect_err(|_| run.segment.was_unread()).err();
        }
    }
    if let Some((key, _)) = run.rows.front() {
        heads.push(Reverse((key.clone(), number)));
    }
}

impl Run {
    fn hold(&mut self, batch: &RecordBatch) -> Result<(), ReadError> {
        self.held = Rows::default();
        let columns = || ReadError::Columns(self.segment.row.id.to_string());
        let events = EventBatch::new(self.segment.row.org, batch).ok_or_else(columns)?;
        let mut host: Arc<str> = Arc::from("");
        for (row, event) in events.iter().enumerate() {
            let lower = event.host.to_lowercase();
            if *host != *lower {
                host = Arc::from(lower);
            }
            self.rows.push_back(((host.clone(), event.time.as_microsecond(), event.seq), row));
            self.held.push(&event);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use hikeshi_domain::OrganizationId;
    use uuid::Uuid;

    use super::*;

    fn view(kind: SegmentKind, rows: &[u64]) -> View {
        let mut view = View::default();
        let at = Timestamp::UNIX_EPOCH;
        view.segments_mut().extend(rows.iter().map(|rows| {
            let (id, org, day) = (Uuid::now_v7(), OrganizationId(Uuid::nil()), Date::constant(2026, 11, 20));
            let (host_min, host_max) = (String::new(), String::new());
            let level = 0;
            let row = SegmentRow {
                id,
                org,
                day,
                kind,
                level,
                rows: *rows,
                size_bytes: 0,
                time_min: at,
                time_max: at,
                host_min,
                host_max,
                created_at: at,
            };
            Segment::new(&Layout::new(std::path::Path::new("/nowhere")), row)
        }));
        view
    }

    /// A day of many matches was a merge of millions of them, all in memory.
    #[test]
    fn matches_are_merged_as_far_as_memory_allows() {
        let picked =
            |kind, rows: &[u64]| pick(&view(kind, rows), |_| 2, 4_000_000).map(|chosen| chosen.iter().map(|each| each.row.rows).collect());
        let many = [40_000, 30_000, 20_000, 40_000, 10_000];
        assert_eq!(picked(SegmentKind::Matches, &many), Some(vec![40_000, 30_000, 20_000]));
        assert_eq!(picked(SegmentKind::Events, &many), Some(many.to_vec()));
        assert_eq!(picked(SegmentKind::Matches, &[49_999, 49_999]), Some(vec![49_999, 49_999]), "any two that are small enough");
        assert_eq!(picked(SegmentKind::Matches, &[50_000, 50_000]), None);
    }

    /// One damaged segment kept all segments of the lake from being merged: its day was the fullest each time.
    #[test]
    fn a_segment_that_cannot_be_read_is_left_out_after_some_tries() {
        let view = view(SegmentKind::Events, &[10, 20, 30]);
        let picked = || pick(&view, |_| 2, 1000).map(|chosen| chosen.iter().map(|each| each.row.rows).collect::<Vec<_>>());
        let damaged = view.segments.first().unwrap();
        for _ in 0..2 {
            damaged.was_unread();
            assert_eq!(picked(), Some(vec![10, 20, 30]), "a fault of the system may pass");
        }
        damaged.was_unread();
        assert_eq!(picked(), Some(vec![20, 30]));
    }
}
