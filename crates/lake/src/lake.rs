//! The lake as the rooms above see it: opening, appending, waiting, expiring, and how it is doing.

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use hikeshi_event::Limits;
use jiff::Timestamp;
use tokio::sync::{Semaphore, watch};
use uuid::Uuid;

use crate::admission::{Bounds, look};
use crate::aside::Aside;
use crate::batch::Batch;
use crate::catalogue::{Catalogue, CatalogueError};
use crate::config::LakeConfig;
use crate::flight::write_flight;
use crate::layout::Layout;
use crate::matches::Tap;
use crate::seam::Stream;
use crate::shelf::Shelf;
use crate::status::{DiskRoom, IngestLag, Totals};
use crate::stream::{AppendError, Encoding, LocalDisk, Log, LogConfig, Recovery, make_folder};
use crate::view::{Segment, Views};
use crate::waiting::show_waiting;
use crate::writer::{STREAM, Writer};

/// Why a lake could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Its folder cannot be read or written.
    #[error("the lake's folder cannot be used")]
    Io(#[from] io::Error),
    /// The catalogue did not answer.
    #[error("the lake's catalogue cannot be read")]
    Catalogue(#[from] CatalogueError),
    /// Another process has it open.
    #[error("the lake is in use by another process; stop it first")]
    InUse,
}

/// A batch is on the medium.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Appended {
    /// Its place in the stream.
    pub offset: u64,
    /// The same batch had been appended before under its idempotency key; nothing was added.
    pub repeated: bool,
    /// Lines that are too long or no JSON object: they are not kept.
    pub refused: u64,
}

/// How long opening waits for whoever had the lake open to let go of it.
const LET_GO: Duration = Duration::from_secs(5);

/// Takes the lake for this process: two writers of one stream would destroy it.
async fn take(folder: &Path) -> Result<File, OpenError> {
    make_folder(folder)?;
    let lock = File::create(folder.join("lock"))?;
    let begun = Instant::now();
    while let Err(error) = rustix::fs::flock(&lock, rustix::fs::FlockOperation::NonBlockingLockExclusive) {
        if error != rustix::io::Errno::WOULDBLOCK {
            return Err(OpenError::Io(error.into()));
        }
        if begun.elapsed() > LET_GO {
            return Err(OpenError::InUse);
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    Ok(lock)
}

/// What the lake's threads share.
pub(crate) struct Inner {
    pub(crate) layout: Layout,
    pub(crate) config: LakeConfig,
    pub(crate) catalogue: Arc<dyn Catalogue>,
    pub(crate) stream: Arc<dyn Stream>,
    pub(crate) views: Views,
    pub(crate) shelf: Arc<Shelf>,
    pub(crate) tap: Option<Arc<dyn Tap>>,
    pub(crate) closing: AtomicBool,
    pub(crate) flush_wanted: AtomicU64,
    /// Who reads segments now.
    pub(crate) readers: AtomicUsize,
    /// Compressed batches that are looked through at once.
    looking: Semaphore,
    /// Segments that no commit names any more and whose files a backup may still want.
    unnamed: Mutex<Vec<Arc<Segment>>>,
    pub(crate) aside: Aside,
    totals: Mutex<Totals>,
    fault: Mutex<Option<String>>,
    committed: watch::Sender<(u64, Option<Timestamp>)>,
    /// Held until the last thread of this lake has ended.
    _lock: File,
}

impl Inner {
    pub(crate) fn totals(&self) -> MutexGuard<'_, Totals> {
        self.totals.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has the files of segments that no commit names any more deleted once nobody reads them; while a backup is made they wait.
    ///
    /// A backup that begins after the look at `keeps_files` copies a catalogue that does not name them.
    pub(crate) fn let_go(&self, segments: impl IntoIterator<Item = Arc<Segment>>) {
        let mut unnamed = self.unnamed.lock().unwrap_or_else(PoisonError::into_inner);
        unnamed.extend(segments);
        if !unnamed.is_empty() && !self.catalogue.keeps_files() {
            for segment in unnamed.drain(..) {
                segment.doom();
                self.shelf.forget(segment.row.id);
            }
        }
    }

    /// The writer stands still. It tries again every second or so: the same reason is told once.
    pub(crate) fn set_fault(&self, what: String) {
        let mut standing = self.fault.lock().unwrap_or_else(PoisonError::into_inner);
        if standing.as_ref() != Some(&what) {
            tracing::error!("{what}");
        }
        *standing = Some(what);
    }

    /// The writer works again.
    pub(crate) fn clear_fault(&self) {
        *self.fault.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Everything before `offset` is committed; the writer works.
    pub(crate) fn progress(&self, offset: u64, newest: Option<Timestamp>) {
        self.clear_fault();
        self.committed.send_modify(|(committed, received_at)| {
            *committed = offset;
            *received_at = newest.max(*received_at);
        });
    }
}

/// A lake on this machine. Dropping it stops its writer; what was acknowledged is read again at the next opening.
pub struct Lake {
    pub(crate) inner: Arc<Inner>,
}

impl Lake {
    /// Opens the lake in a folder: sweeps what no commit names, recovers the stream, and starts the writer. Call it inside a Tokio
    /// runtime of several threads. One process at a time has a lake open.
    ///
    /// # Errors
    /// When folder or catalogue cannot be used, or another process has the lake open.
    pub async fn open(
        folder: &Path,
        catalogue: Arc<dyn Catalogue>,
        config: LakeConfig,
        tap: Option<Arc<dyn Tap>>,
    ) -> Result<Self, OpenError> {
        let (inner, committed) = Self::prepare(folder, catalogue, config, tap).await?;
        Writer::start(inner.clone(), committed, write_flight)?;
        Ok(Lake { inner })
    }

    /// Opens the lake to be read: nothing is written, so that no rule misses what waits in the stream; what waits is read along, and how
    /// many batches of it were not is told beside. What is appended all the same is durable and waits, too.
    ///
    /// # Errors
    /// As [`Lake::open`].
    pub async fn open_to_read(folder: &Path, catalogue: Arc<dyn Catalogue>, config: LakeConfig) -> Result<(Self, u64), OpenError> {
        let (inner, committed) = Self::prepare(folder, catalogue, config, None).await?;
        let reading = inner.clone();
        let unread = tokio::task::spawn_blocking(move || show_waiting(&reading, committed)).await.map_err(io::Error::other)?;
        Ok((Lake { inner }, unread))
    }

    /// Everything but the writer, and the offset that it starts at.
    pub(crate) async fn prepare(
        folder: &Path,
        catalogue: Arc<dyn Catalogue>,
        config: LakeConfig,
        tap: Option<Arc<dyn Tap>>,
    ) -> Result<(Arc<Inner>, u64), OpenError> {
        let lock = take(folder).await?;
        let layout = Layout::new(folder);
        let rows = catalogue.segments().await?;
        let committed = catalogue.offset(STREAM).await?;
        let known: std::collections::HashSet<Uuid> = rows.iter().map(|row| row.id).collect();
        let swept = if catalogue.keeps_files() { 0 } else { layout.sweep(&|id| known.contains(&id))? };
        if swept > 0 {
            tracing::info!(swept, "files that no commit names were deleted");
        }
        let log_config = LogConfig {
            part_bytes: config.log_part_bytes,
            backlog_bytes: config.backlog_bytes,
            reserve_percent: config.reserve_percent.min(99),
        };
        let counted = layout.clone();
        let aside = tokio::task::spawn_blocking(move || Aside::found(&counted)).await.map_err(io::Error::other)?;
        let log = Log::open(&layout.log(), committed, log_config, Arc::new(LocalDisk))?;
        let views = Views::default();
        views.change(|view| view.segments_mut().extend(rows.into_iter().map(|row| Segment::new(&layout, row))));
        let workers = config.workers.max(1);
        let inner = Arc::new(Inner {
            shelf: Arc::new(Shelf::new(config.cache_bytes)),
            layout,
            config,
            catalogue,
            stream: Arc::new(log),
            views,
            tap,
            closing: AtomicBool::new(false),
            flush_wanted: AtomicU64::new(0),
            readers: AtomicUsize::new(0),
            looking: Semaphore::new(workers),
            unnamed: Mutex::default(),
            aside,
            totals: Mutex::default(),
            fault: Mutex::default(),
            committed: watch::Sender::new((committed, None)),
            _lock: lock,
        });
        Ok((inner, committed))
    }

    /// Makes a batch durable. When this returns, its events will be in the lake, whatever happens.
    ///
    /// # Errors
    /// See [`AppendError`]: nothing was acknowledged, the sender tries again.
    pub async fn append(&self, batch: Batch) -> Result<Appended, AppendError> {
        let bounds = Bounds::of(Limits::default().record_bytes);
        let contents = match batch.encoding {
            Encoding::Plain => look(&batch.body, Encoding::Plain, bounds)?,
            packed => {
                // As many at once as there are workers: the others wait, and take neither core nor memory.
                let _permit = self.inner.looking.acquire().await.map_err(|_| AppendError::Unavailable)?;
                let body = batch.body.clone();
                let looked = tokio::task::spawn_blocking(move || look(&body, packed, bounds)).await;
                looked.map_err(|_| AppendError::Unavailable)??
            }
        };
        if contents.refused == contents.lines {
            return Err(AppendError::NoEvents);
        }
        let ack = self.inner.stream.append(&batch, contents.bytes).await?;
        Ok(Appended { offset: ack.offset, repeated: ack.repeated, refused: contents.refused })
    }

    /// Waits until everything acknowledged before this call is in committed segments.
    pub async fn flush(&self) {
        let target = self.inner.stream.next_offset();
        self.inner.flush_wanted.fetch_max(target, Ordering::AcqRel);
        let mut committed = self.inner.committed.subscribe();
        // The sender lives in `inner`, so that waiting cannot fail.
        let _ = committed.wait_for(|(offset, _)| *offset >= target).await;
    }

    /// What was found in the stream when the lake was opened.
    pub fn recovery(&self) -> Recovery {
        self.inner.stream.recovery()
    }

    /// Goes on in a new file of the stream after a failed sync or write, once the disk is well again.
    ///
    /// # Errors
    /// When the disk still refuses.
    pub async fn reopen_stream(&self) -> io::Result<()> {
        self.inner.stream.reopen().await
    }

    /// How far writing is behind receiving, and what was counted.
    pub fn lag(&self) -> IngestLag {
        let (committed, committed_received_at) = *self.inner.committed.borrow();
        let view = self.inner.views.now();
        let failures = self.inner.stream.failures();
        IngestLag {
            appended: self.inner.stream.next_offset(),
            committed,
            stream_bytes: self.inner.stream.backlog_bytes(),
            tail_events: view.tail.iter().map(|block| block.live.len() as u64).sum(),
            segments: view.segments.len() as u64,
            committed_received_at,
            stream_failed: failures.standing,
            stream_failures: failures.count,
            stream_failed_at: failures.last,
            disk_full: self.inner.stream.room_beyond(100) == 0,
            aside_events: self.inner.aside.events(),
            writer_fault: self.inner.fault.lock().unwrap_or_else(PoisonError::into_inner).clone(),
            totals: *self.inner.totals(),
        }
    }

    /// Where the lake lies, and how much room is left there; `None` where the system does not say.
    pub fn disk_room(&self) -> Option<DiskRoom> {
        self.inner.stream.disk_room()
    }
}

impl Drop for Lake {
    fn drop(&mut self) {
        self.inner.closing.store(true, Ordering::Release);
    }
}
