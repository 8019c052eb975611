//! Events of the past, of all hosts, for whoever learns late what to look for. Of each file only those rows are read in which the index
//! beside it says that something may be, and of them only the columns that tell it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use hikeshi_event::{Column, Event};
use jiff::Timestamp;
use uuid::Uuid;

use crate::catalogue::{OrgScope, SegmentKind};
use crate::decode::EventBatch;
use crate::index::{BLOCK_ROWS, INDEXED, value_name};
use crate::lake::{Inner, Lake};
use crate::reads::{columns_missing, overlaps};
use crate::scan::ReadError;
use crate::view::Segment;

/// What every row has.
const HEAD: [&str; 14] = [
    "uid",
    "seq",
    "host",
    "time",
    "received_at",
    "time_suspect",
    "source",
    "channel",
    "provider",
    "event_id",
    "record_id",
    "class_uid",
    "activity_id",
    "severity",
];

/// What is looked for.
#[derive(Debug)]
pub enum Sought {
    /// Whatever stands in a column that is looked up ([`crate::INDEXED`]).
    Anything,
    /// What stands for these values, ascending.
    Values(Vec<u64>),
}

impl Sought {
    /// These hashes, addresses and names, as events write them in any case.
    pub fn values(values: impl Iterator<Item = String>) -> Self {
        let mut names: Vec<u64> = values.map(|value| value_name(&value)).collect();
        names.sort_unstable();
        names.dedup();
        Sought::Values(names)
    }

    /// The rows of a segment that may show it.
    fn rows(&self, inner: &Inner, segment: &Segment) -> Result<Vec<std::ops::Range<usize>>, ReadError> {
        let rows = usize::try_from(segment.row.rows).unwrap_or(0);
        let blocks = match self {
            Sought::Anything => None,
            Sought::Values(names) => inner.shelf.values(segment)?.blocks_of_any(names),
        };
        let Some(blocks) = blocks else { return Ok(vec![0..rows]) };
        let range = |block: u16| {
            let first = usize::from(block) * BLOCK_ROWS;
            first.min(rows)..(first + BLOCK_ROWS).min(rows)
        };
        Ok(blocks.into_iter().map(range).filter(|range| !range.is_empty()).collect())
    }
}

/// Which part of the past is looked through.
#[derive(Debug, Clone)]
pub struct Past {
    /// Whose.
    pub scope: OrgScope,
    /// Not before.
    pub from: Timestamp,
    /// Before.
    pub to: Timestamp,
    /// Only files behind this one; `None`: from the first on.
    pub after: Option<Uuid>,
    /// What is looked for.
    pub sought: Arc<Sought>,
}

impl Lake {
    /// Shows events that may hold what is looked for to `visit`, without `raw` and `unmapped` and with no other columns than those that are
    /// looked up, for about so long. Returns the last file that was looked through, to go on behind it; `None` when all was. Files that are
    /// merged meanwhile are looked through again, none is left out.
    ///
    /// # Errors
    /// When a segment cannot be read.
    pub async fn look_through(
        &self,
        past: Past,
        patience: Duration,
        visit: impl FnMut(&Event<'_>) + Send + 'static,
    ) -> Result<Option<Uuid>, ReadError> {
        let view = self.inner.views.now();
        let here = |segment: &&Arc<Segment>| {
            let row = &segment.row;
            let ahead = past.after.is_none_or(|after| row.id > after);
            row.kind == SegmentKind::Events && ahead && past.scope.sees(row.org) && overlaps(segment, past.from, past.to)
        };
        let mut chosen: Vec<_> = view.segments.iter().filter(here).cloned().collect();
        // Names tell when a file was written: a merged one is newer than those that it was made of.
        chosen.sort_by_key(|segment| segment.row.id);
        let inner = self.inner.clone();
        let work = move || {
            let (mut visit, begun) = (visit, Instant::now());
            let wanted = |event: &Event<'_>| (past.from..past.to).contains(&event.placed_at());
            for segment in chosen {
                let mut shown = |event: &Event<'_>| {
                    if wanted(event) {
                        visit(event)
                    }
                };
                look_at(&inner, &segment, &past.sought, &mut shown)?;
                if begun.elapsed() > patience {
                    return Ok(Some(segment.row.id));
                }
            }
            let tail = view.tail.iter().flat_map(|block| block.events());
            tail.filter(|event| past.scope.sees(event.org) && wanted(event)).for_each(|event| visit(&event));
            Ok(None)
        };
        tokio::task::spawn_blocking(work).await.map_err(std::io::Error::other)?
    }
}

fn look_at(inner: &Inner, segment: &Segment, sought: &Sought, visit: &mut dyn FnMut(&Event<'_>)) -> Result<(), ReadError> {
    let ranges = sought.rows(inner, segment)?;
    if ranges.is_empty() {
        return Ok(());
    }
    let columns: Vec<&str> = HEAD.into_iter().chain(INDEXED.into_iter().map(Column::name)).collect();
    for batch in inner.shelf.reader(segment)?.read_columns(&ranges, &columns)? {
        let batch = batch?;
        let found = EventBatch::bare(segment.row.org, &batch).ok_or_else(|| columns_missing(segment))?;
        found.iter().for_each(|event| visit(&event));
    }
    Ok(())
}
