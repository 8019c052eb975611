//! The log's writer: one thread that frames whatever waits, writes it at once, syncs once and then acknowledges it all.
//!
//! Invariant: an `Ack` is sent only after `sync` returned without error on every byte of its frame. After any failed sync, or a
//! failed write other than a full disk, nothing is acknowledged until `reopen` has begun a new file.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{mpsc, oneshot};

use super::disk::{Disk, LogFile, make_folder};
use super::frame::{HEAD_BYTES, Head, Mark, encode_body, encode_head, encode_opening};
use super::reader::LogReader;
use super::recent::{RecentKeys, Written, key_name};
use super::recovery::{LogPart, Recovery, part_name, survey};
use crate::batch::Batch;
use crate::status::DiskRoom;

const WAITING: usize = 1024;
const GROUP_BYTES: usize = 16 << 20;

/// Limits of a log.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LogConfig {
    /// A file is closed when it holds so much.
    pub(crate) part_bytes: u64,
    /// Appends are refused while more than this waits to be written into segments.
    pub(crate) backlog_bytes: u64,
    /// Appends are refused while less than this share of the file system is free.
    pub(crate) reserve_percent: u8,
}

/// The batch is on the medium.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ack {
    /// Its place in the stream.
    pub(crate) offset: u64,
    /// The same batch had been appended before under its idempotency key; nothing was added.
    pub(crate) repeated: bool,
}

/// Why a batch was not acknowledged. Nothing of it will be acknowledged later either; the client sends it again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AppendError {
    /// More is waiting than may wait.
    #[error("too much is waiting to be written, retry after {} s", retry_after.as_secs())]
    Busy {
        /// When to try again.
        retry_after: Duration,
    },
    /// The disk has reached its reserve.
    #[error("the disk is full but for its reserve")]
    Full,
    /// A write or sync failed: the log must be reopened.
    #[error("the log cannot be written until it is reopened")]
    Unavailable,
    /// The idempotency key was used before for another body.
    #[error("this idempotency key was used for another batch")]
    KeyReused,
    /// The batch holds more bytes, unpacked, or more lines than one may: send it in parts.
    #[error("the batch is larger than one may be: send it in parts")]
    TooLarge,
    /// The compressed body is cut or broken.
    #[error("the compressed batch is cut or broken")]
    Damaged,
    /// No line of the batch can be an event.
    #[error("no line of the batch can be an event: one JSON object a line")]
    NoEvents,
}

struct Request {
    name: Option<[u8; 16]>,
    batch_crc: u32,
    body: Vec<u8>,
    reply: oneshot::Sender<Result<Ack, AppendError>>,
}

enum Order {
    Append(Request),
    Reopen(oneshot::Sender<io::Result<()>>),
}

/// How often the log has failed since it was opened, and whether it stands still now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Failures {
    /// Nothing is acknowledged until the log is reopened.
    pub(crate) standing: bool,
    pub(crate) count: u64,
    pub(crate) last: Option<Timestamp>,
}

/// What the writer's thread has made durable.
pub(super) struct Durable {
    pub(super) parts: Vec<LogPart>,
    next: u64,
    failures: Failures,
    closed: bool,
}

/// What the writer's thread and the readers share.
pub(super) struct Shared {
    durable: Mutex<Durable>,
    grown: Condvar,
}

impl Shared {
    pub(super) fn lock(&self) -> MutexGuard<'_, Durable> {
        self.durable.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A log in a folder. Cheap to share.
#[derive(Clone)]
pub(crate) struct Log {
    shared: Arc<Shared>,
    orders: mpsc::Sender<Order>,
    config: LogConfig,
    recovery: Recovery,
    folder: PathBuf,
    disk: Arc<dyn Disk>,
}

impl Log {
    /// Opens the log, cuts off what was never acknowledged, and starts the writer's thread. `committed` is the catalogue's offset.
    pub(crate) fn open(folder: &Path, committed: u64, config: LogConfig, disk: Arc<dyn Disk>) -> io::Result<Self> {
        make_folder(folder)?;
        let mut found = survey(folder)?;
        found.next = found.next.max(committed);
        keep_what_is_whole(&mut found.parts)?;
        let recovery = found.recovery;
        let serials = found.parts.len() as u64;
        let durable = Durable { parts: found.parts, next: found.next, failures: Failures::default(), closed: false };
        let shared = Arc::new(Shared { durable: Mutex::new(durable), grown: Condvar::new() });
        let (orders, receiver) = mpsc::channel(WAITING);
        let (folder, keys, mark) = (folder.to_owned(), found.keys, fresh_mark());
        let mut writer =
            Writer { folder: folder.clone(), disk: disk.clone(), config, keys, mark, file: None, serials, shared: shared.clone() };
        writer.begin_part(found.next)?;
        std::thread::Builder::new().name("lake-log".into()).spawn(move || writer.run(receiver))?;
        Ok(Log { shared, orders, config, recovery, folder, disk })
    }

    /// What was found at start.
    pub(crate) fn recovery(&self) -> Recovery {
        self.recovery
    }

    /// Appends a batch that unpacks to so many bytes; returns when it is durable.
    pub(crate) async fn append(&self, batch: &Batch, plain_bytes: u64) -> Result<Ack, AppendError> {
        if self.backlog_bytes() > self.config.backlog_bytes {
            return Err(AppendError::Busy { retry_after: Duration::from_secs(2) });
        }
        let name = batch.idempotency_key.as_deref().map(|key| key_name(batch.org, key));
        let body = encode_body(batch, plain_bytes).ok_or(AppendError::TooLarge)?;
        let (reply, answer) = oneshot::channel();
        let request = Request { name, batch_crc: crc32c::crc32c(&batch.body), body, reply };
        self.orders.send(Order::Append(request)).await.map_err(|_| AppendError::Unavailable)?;
        answer.await.unwrap_or(Err(AppendError::Unavailable))
    }

    /// Begins a new file after a failure. What was acknowledged before is untouched.
    pub(crate) async fn reopen(&self) -> io::Result<()> {
        let (reply, answer) = oneshot::channel();
        let gone = || io::Error::other("the log's thread has ended");
        self.orders.send(Order::Reopen(reply)).await.map_err(|_| gone())?;
        answer.await.map_err(|_| gone())?
    }

    /// Whether appends are refused because of a failure, and how often that happened.
    pub(crate) fn failures(&self) -> Failures {
        let failures = self.shared.lock().failures;
        Failures { standing: failures.standing || self.orders.is_closed(), ..failures }
    }

    /// Where it lies, and how much room is left there.
    pub(crate) fn disk_room(&self) -> Option<DiskRoom> {
        let space = self.disk.space(&self.folder).ok()?;
        let reserve_bytes = space.reserve_bytes(self.config.reserve_percent);
        Some(DiskRoom { folder: self.folder.clone(), free_bytes: space.free_bytes, reserve_bytes })
    }

    /// Free bytes beyond a part of the reserve, in percent of it; 0 when there are none or the disk does not say.
    pub(crate) fn room_beyond(&self, percent_of_reserve: u64) -> u64 {
        let Ok(space) = self.disk.space(&self.folder) else { return 0 };
        let reserve = space.reserve_bytes(self.config.reserve_percent);
        space.free_bytes.saturating_sub(reserve / 100 * percent_of_reserve)
    }

    /// Bytes that are durable and not yet deleted.
    pub(crate) fn backlog_bytes(&self) -> u64 {
        self.shared.lock().parts.iter().map(|part| part.bytes).sum()
    }

    /// The offset after the last durable frame.
    pub(crate) fn next_offset(&self) -> u64 {
        self.shared.lock().next
    }

    /// Waits until a frame at or after `offset` is durable, at most for `patience`. False if there is none.
    pub(crate) fn wait_for(&self, offset: u64, patience: Duration) -> bool {
        let guard = self.shared.lock();
        let waiting = |durable: &mut Durable| durable.next <= offset && !durable.closed;
        let result = self.shared.grown.wait_timeout_while(guard, patience, waiting);
        let (guard, _) = result.unwrap_or_else(PoisonError::into_inner);
        guard.next > offset
    }

    /// A reader of everything from `offset` on.
    pub(crate) fn reader(&self, offset: u64) -> LogReader {
        LogReader::new(self.shared.clone(), offset)
    }

    /// Deletes the files that hold only frames before `offset`, oldest first. The file being written stays.
    pub(crate) fn trim(&self, offset: u64) -> io::Result<()> {
        loop {
            let oldest = {
                let durable = self.shared.lock();
                match durable.parts.as_slice() {
                    [oldest, following, ..] if following.first <= offset => oldest.path.clone(),
                    _ => return Ok(()),
                }
            };
            std::fs::remove_file(&oldest)?;
            self.shared.lock().parts.retain(|part| part.path != oldest);
        }
    }
}

/// Leaves a failed or torn file with its whole frames only. A file without any goes.
fn cut_tail(parts: &mut Vec<LogPart>) -> io::Result<()> {
    let Some(last) = parts.last() else { return Ok(()) };
    if last.bytes > 0 {
        return std::fs::OpenOptions::new().write(true).open(&last.path)?.set_len(last.bytes);
    }
    std::fs::remove_file(&last.path)?;
    parts.pop();
    Ok(())
}

/// Cuts off what was never acknowledged, and makes the rest durable before anybody relies on it: a process that was killed between
/// its write and its sync left whole frames in the cache of the machine only.
fn keep_what_is_whole(parts: &mut Vec<LogPart>) -> io::Result<()> {
    cut_tail(parts)?;
    match parts.last() {
        Some(last) => std::fs::File::open(&last.path)?.sync_all(),
        None => Ok(()),
    }
}

struct Writer {
    folder: PathBuf,
    disk: Arc<dyn Disk>,
    config: LogConfig,
    keys: RecentKeys,
    mark: Mark,
    file: Option<Box<dyn LogFile>>,
    /// How many files have been known: the next one's serial.
    serials: u64,
    shared: Arc<Shared>,
}

impl Writer {
    fn run(mut self, mut orders: mpsc::Receiver<Order>) {
        while let Some(order) = orders.blocking_recv() {
            let mut group = Vec::new();
            let mut reopen = None;
            let mut waiting = Some(order);
            let mut bytes = 0;
            while let Some(order) = waiting.take() {
                match order {
                    Order::Append(request) => {
                        bytes += request.body.len();
                        group.push(request);
                    }
                    Order::Reopen(reply) => {
                        reopen = Some(reply);
                        break;
                    }
                }
                if bytes < GROUP_BYTES {
                    waiting = orders.try_recv().ok();
                }
            }
            self.commit(group);
            if let Some(reply) = reopen {
                let _ = reply.send(self.reopen());
            }
        }
        self.shared.lock().closed = true;
        self.shared.grown.notify_all();
    }

    /// Writes and syncs a group, then answers each of its requests.
    fn commit(&mut self, group: Vec<Request>) {
        if group.is_empty() {
            return;
        }
        let wanted = group.iter().map(|request| (HEAD_BYTES + request.body.len()) as u64).sum();
        let outcome = if self.shared.lock().failures.standing { Err(AppendError::Unavailable) } else { self.room(wanted) };
        if let Err(error) = outcome {
            return group.into_iter().for_each(|request| answer(request.reply, Err(error.clone())));
        }
        let first = self.shared.lock().next;
        let mut next = first;
        let mut bytes = Vec::new();
        let mut answers = Vec::with_capacity(group.len());
        let mut fresh = Vec::new();
        for request in group {
            let known = request.name.and_then(|name| self.keys.get(&name));
            let verdict = match known {
                Some(written) if written.body_crc == request.batch_crc => Ok(Ack { offset: written.offset, repeated: true }),
                Some(_) => Err(AppendError::KeyReused),
                None => {
                    let body_crc = crc32c::crc32c(&request.body);
                    bytes.extend_from_slice(&encode_head(Head { body_bytes: request.body.len(), offset: next, body_crc }, &self.mark));
                    bytes.extend_from_slice(&request.body);
                    if let Some(name) = request.name {
                        self.keys.insert(name, Written { offset: next, body_crc: request.batch_crc });
                        fresh.push(name);
                    }
                    next += 1;
                    Ok(Ack { offset: next - 1, repeated: false })
                }
            };
            answers.push((request.reply, verdict));
        }
        let written = if bytes.is_empty() { Ok(()) } else { self.write(&bytes, first, next) };
        if written.is_err() {
            fresh.iter().for_each(|name| self.keys.remove(name));
        }
        for (reply, verdict) in answers {
            answer(reply, written.clone().and(verdict));
        }
    }

    /// Whether so many bytes fit without touching the reserve.
    fn room(&self, wanted: u64) -> Result<(), AppendError> {
        let Ok(space) = self.disk.space(&self.folder) else { return Err(AppendError::Unavailable) };
        let reserve = space.reserve_bytes(self.config.reserve_percent);
        if space.free_bytes <= reserve.saturating_add(wanted) { Err(AppendError::Full) } else { Ok(()) }
    }

    fn write(&mut self, bytes: &[u8], first: u64, next: u64) -> Result<(), AppendError> {
        let durable_bytes = self.part_bytes();
        if durable_bytes > 0 && durable_bytes + bytes.len() as u64 > self.config.part_bytes {
            match self.begin_part(first) {
                Err(error) if is_full(&error) => return Err(AppendError::Full),
                Err(error) => return Err(self.fail("cannot begin a file of the log", &error)),
                Ok(()) => {}
            }
        }
        let durable_bytes = self.part_bytes();
        let Some(file) = &mut self.file else { return Err(AppendError::Unavailable) };
        let opened = if durable_bytes == 0 { [encode_opening(&self.mark).as_slice(), bytes].concat() } else { Vec::new() };
        let bytes = if opened.is_empty() { bytes } else { opened.as_slice() };
        if let Err(error) = file.append(bytes) {
            if is_full(&error) && file.cut(durable_bytes).is_ok() {
                return Err(AppendError::Full);
            }
            return Err(self.fail("cannot write the log", &error));
        }
        if let Err(error) = file.sync() {
            return Err(self.fail("cannot sync the log", &error));
        }
        let mut durable = self.shared.lock();
        if let Some(part) = durable.parts.last_mut() {
            part.bytes += bytes.len() as u64;
        }
        durable.next = next;
        drop(durable);
        self.shared.grown.notify_all();
        Ok(())
    }

    fn part_bytes(&self) -> u64 {
        self.shared.lock().parts.last().map_or(0, |part| part.bytes)
    }

    fn fail(&mut self, what: &str, error: &io::Error) -> AppendError {
        tracing::error!(%error, "{what}: nothing is acknowledged until it is reopened");
        let durable_bytes = self.part_bytes();
        if let Some(mut file) = self.file.take() {
            // What the failed sync was to make durable may look written to whoever starts next: it goes at once.
            let _ = file.cut(durable_bytes);
        }
        let failures = &mut self.shared.lock().failures;
        *failures = Failures { standing: true, count: failures.count + 1, last: Some(Timestamp::now()) };
        AppendError::Unavailable
    }

    fn begin_part(&mut self, first: u64) -> io::Result<()> {
        let path = self.folder.join(part_name(first));
        // A file of this name is the rest of an attempt that failed: nothing in it was acknowledged.
        if path.exists() {
            std::fs::remove_file(&path)?;
        }
        self.file = Some(self.disk.create(&path)?);
        self.shared.lock().parts.push(LogPart { path, first, bytes: 0, serial: self.serials });
        self.serials += 1;
        Ok(())
    }

    /// Leaves the failed file as it was at its last good sync, and goes on in a new one. The failed sync is not tried again: should
    /// the cut not last, the frames behind it are known by their offsets, which the new file gives again.
    fn reopen(&mut self) -> io::Result<()> {
        if !self.shared.lock().failures.standing {
            return Ok(());
        }
        let first = {
            let mut durable = self.shared.lock();
            cut_tail(&mut durable.parts)?;
            durable.next
        };
        self.begin_part(first)?;
        self.shared.lock().failures.standing = false;
        tracing::warn!(offset = first, "the log was reopened");
        Ok(())
    }
}

/// Random enough that nobody guesses it.
fn fresh_mark() -> Mark {
    let mut mark = [0; 8];
    blake3::Hasher::new().update(uuid::Uuid::new_v4().as_bytes()).finalize_xof().fill(&mut mark);
    mark
}

fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

fn answer(reply: oneshot::Sender<Result<Ack, AppendError>>, verdict: Result<Ack, AppendError>) {
    // The client may have gone away; the batch stays durable.
    let _ = reply.send(verdict);
}
