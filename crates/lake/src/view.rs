//! What a read sees: the committed segments and the tail that is not yet in one, at one instant. Segments and tail change together,
//! so that no event is seen twice or not at all while it moves.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use hikeshi_domain::OrganizationId;
use hikeshi_event::Event;

use crate::catalogue::SegmentRow;
use crate::layout::Layout;
use crate::matches::MatchRow;
use crate::repeats::host_key;
use crate::rows::Rows;

/// A committed segment. Its files are deleted when it is doomed and nobody reads it any more.
#[derive(Debug)]
pub(crate) struct Segment {
    pub(crate) row: SegmentRow,
    pub(crate) layout: Layout,
    doomed: AtomicBool,
    looked_at: AtomicBool,
    unread: AtomicU32,
}

/// So often a segment is tried again that a merge could not read.
const MOST_UNREAD: u32 = 3;

impl Segment {
    pub(crate) fn new(layout: &Layout, row: SegmentRow) -> Arc<Self> {
        Arc::new(Segment {
            row,
            layout: layout.clone(),
            doomed: AtomicBool::default(),
            looked_at: AtomicBool::default(),
            unread: AtomicU32::default(),
        })
    }

    /// The catalogue names it no more.
    pub(crate) fn doom(&self) {
        self.doomed.store(true, Ordering::Release);
    }

    /// Looks at its file unless somebody has, and found it in order.
    pub(crate) fn look_once<E>(&self, look: impl FnOnce() -> Result<(), E>) -> Result<(), E> {
        if !self.looked_at.load(Ordering::Acquire) {
            look()?;
            self.looked_at.store(true, Ordering::Release);
        }
        Ok(())
    }

    /// A merge could not read it.
    pub(crate) fn was_unread(&self) {
        self.unread.fetch_add(1, Ordering::AcqRel);
    }

    /// Whether merges leave it out until the next start: those beside it would never be merged.
    pub(crate) fn is_given_up(&self) -> bool {
        self.unread.load(Ordering::Acquire) >= MOST_UNREAD
    }

    /// Whether the catalogue names it no more.
    pub(crate) fn is_doomed(&self) -> bool {
        self.doomed.load(Ordering::Acquire)
    }
}

impl Drop for Segment {
    fn drop(&mut self) {
        if self.is_doomed()
            && let Err(error) = self.layout.delete(&self.row)
        {
            tracing::warn!(%error, segment = %self.row.id, "a removed segment's files stay until the next start");
        }
    }
}

/// Events of one batch that are read and not yet in a segment.
#[derive(Debug, Default)]
pub(crate) struct TailBlock {
    pub(crate) rows: Rows,
    /// Those of `rows` that are new.
    pub(crate) live: Vec<u32>,
    pub(crate) matches: Vec<MatchRow>,
}

impl TailBlock {
    /// The new events of a host, by its name in lower case. The others are passed over without being read.
    pub(crate) fn events_of<'a>(&'a self, org: OrganizationId, host: &'a str) -> impl Iterator<Item = Event<'a>> {
        let key = host_key(host);
        let here = move |row: &&u32| self.rows.may_be_of(**row as usize, org, key);
        let named = move |event: &Event<'_>| event.host == host || event.host.to_lowercase() == host;
        self.live.iter().filter(here).filter_map(|row| self.rows.get(*row as usize)).filter(named)
    }

    /// The new events.
    pub(crate) fn events(&self) -> impl Iterator<Item = Event<'_>> {
        self.live.iter().filter_map(|row| self.rows.get(*row as usize))
    }
}

/// One instant of the lake.
#[derive(Debug, Clone, Default)]
pub(crate) struct View {
    pub(crate) segments: Arc<Vec<Arc<Segment>>>,
    pub(crate) tail: Vec<Arc<TailBlock>>,
}

impl View {
    /// The committed segments, to change them.
    pub(crate) fn segments_mut(&mut self) -> &mut Vec<Arc<Segment>> {
        Arc::make_mut(&mut self.segments)
    }
}

/// The present view; readers keep the one they took.
#[derive(Debug, Default)]
pub(crate) struct Views {
    present: RwLock<Arc<View>>,
    generation: AtomicU64,
}

impl Views {
    pub(crate) fn now(&self) -> Arc<View> {
        self.present.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Changes with the committed segments.
    pub(crate) fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    /// Changes the view in one step.
    pub(crate) fn change(&self, change: impl FnOnce(&mut View)) {
        let mut guard = self.present.write().unwrap_or_else(PoisonError::into_inner);
        let mut view = View::clone(&guard);
        change(&mut view);
        let same = Arc::ptr_eq(&view.segments, &guard.segments);
        self.generation.fetch_add(u64::from(!same), Ordering::Release);
        *guard = Arc::new(view);
    }
}
