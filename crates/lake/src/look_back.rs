//! Recent committed events of all hosts, newest files first, for whoever must take up after a restart what the stream had told before.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::Arc;

use hikeshi_event::Event;
use jiff::Timestamp;

use crate::catalogue::{SegmentKind, SegmentRow};
use crate::decode::EventBatch;
use crate::lake::Lake;
use crate::reads::columns_missing;
use crate::scan::ReadError;

/// Which events are wanted.
#[derive(Debug, Clone)]
pub struct LookBack {
    /// Received at or after.
    pub from: Timestamp,
    /// Only these event ids; none given: all.
    pub event_ids: Option<BTreeSet<u32>>,
}

impl Lake {
    /// Shows the committed events to `visit`, the files with the latest events first and each file in its own order, until it
    /// breaks off. Returns whether it was shown all.
    ///
    /// # Errors
    /// When a segment cannot be read.
    pub async fn look_back(
        &self,
        wanted: LookBack,
        visit: impl FnMut(&Event<'_>) -> ControlFlow<()> + Send + 'static,
    ) -> Result<bool, ReadError> {
        let view = self.inner.views.now();
        // A segment is dated when it is written, which is after its events were received.
        let here = |row: &SegmentRow| row.kind == SegmentKind::Events && row.created_at >= wanted.from;
        let mut chosen: Vec<_> = view.segments.iter().filter(|segment| here(&segment.row)).cloned().collect();
        chosen.sort_by_key(|segment| std::cmp::Reverse(segment.row.time_max));
        let inner = self.inner.clone();
        let ids = wanted.event_ids.map(Arc::new);
        let work = move || {
            let mut visit = visit;
            for segment in chosen {
                for batch in inner.shelf.reader(&segment)?.read_since(wanted.from, ids.clone())? {
                    let batch = batch?;
                    let found = EventBatch::new(segment.row.org, &batch).ok_or_else(|| columns_missing(&segment))?;
                    if found.iter().try_for_each(|event| visit(&event)).is_break() {
                        return Ok(false);
                    }
                }
            }
            Ok(true)
        };
        tokio::task::spawn_blocking(work).await.map_err(std::io::Error::other)?
    }
}
