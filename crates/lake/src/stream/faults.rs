//! The log under faults: failed syncs, a full disk, torn and flipped bytes, retries.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use hikeshi_domain::OrganizationId;
use jiff::Timestamp;
use uuid::Uuid;

use super::disk::{Disk, LocalDisk, LogFile, Space};
use super::frame::{HEAD_BYTES, Head, Mark, OPENING_BYTES, encode_body, encode_head};
use super::{Ack, AppendError, Encoding, Fetched, Log, LogConfig};
use crate::batch::Batch;

const CONFIG: LogConfig = LogConfig { part_bytes: 600, backlog_bytes: 1 << 20, reserve_percent: 5 };

fn batch(number: u32) -> Batch {
    Batch {
        org: OrganizationId(Uuid::from_u128(1)),
        source: "test".into(),
        idempotency_key: Some(format!("batch-{number}")),
        received_at: Timestamp::UNIX_EPOCH,
        encoding: Encoding::Plain,
        body: Bytes::from(format!("{{\"number\":{number}}}\n").repeat(4)),
    }
}

fn read_all(log: &Log, from: u64) -> (Vec<u64>, usize) {
    let mut reader = log.reader(from);
    let (mut offsets, mut damaged) = (Vec::new(), 0);
    loop {
        match reader.next().unwrap() {
            Fetched::Frame(frame) => offsets.push(frame.offset),
            Fetched::Damage { .. } => damaged += 1,
            Fetched::End => return (offsets, damaged),
        }
    }
}

fn open(folder: &Path) -> Log {
    Log::open(folder, 0, CONFIG, Arc::new(LocalDisk)).unwrap()
}

async fn append_many(log: &Log, numbers: std::ops::Range<u32>) {
    for number in numbers {
        log.append(&batch(number), 0).await.unwrap();
    }
}

#[tokio::test]
async fn frames_come_back_in_order_after_reopening() {
    let folder = tempfile::tempdir().unwrap();
    append_many(&open(folder.path()), 0..20).await;
    let log = open(folder.path());
    assert_eq!(log.recovery().frames, 20);
    assert_eq!(read_all(&log, 0), ((0..20).collect(), 0));
    assert_eq!(read_all(&log, 7), ((7..20).collect(), 0));
    log.trim(15).unwrap();
    let (offsets, _) = read_all(&log, 0);
    assert!(offsets.len() < 20 && offsets.contains(&15), "whole files before 15 are gone: {offsets:?}");
}

#[tokio::test]
async fn a_retry_adds_nothing_even_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    append_many(&open(folder.path()), 0..3).await;
    let log = open(folder.path());
    assert_eq!(log.append(&batch(1), 0).await, Ok(Ack { offset: 1, repeated: true }));
    let reused = Batch { body: Bytes::from_static(b"other"), ..batch(1) };
    assert_eq!(log.append(&reused, 0).await, Err(AppendError::KeyReused));
    assert_eq!(log.append(&batch(3), 0).await, Ok(Ack { offset: 3, repeated: false }));
}

#[tokio::test]
async fn an_unfinished_write_at_the_end_is_cut_off() {
    let folder = tempfile::tempdir().unwrap();
    append_many(&open(folder.path()), 0..2).await;
    let path = folder.path().join("00000000000000000000.log");
    let whole = fs::read(&path).unwrap();
    let torn: Vec<u8> = whole.iter().chain(&whole[..40]).copied().collect();
    fs::write(&path, torn).unwrap();
    let log = open(folder.path());
    assert_eq!(log.recovery().torn_bytes, 40);
    append_many(&log, 2..4).await;
    assert_eq!(read_all(&log, 0), (vec![0, 1, 2, 3], 0));
    assert_eq!(open(folder.path()).recovery().damaged, 0);
}

#[tokio::test]
async fn a_flipped_bit_loses_its_frame_only() {
    let origin = tempfile::tempdir().unwrap();
    append_many(&open(origin.path()), 0..6).await;
    let first = fs::read(origin.path().join("00000000000000000000.log")).unwrap();
    for bit in (0..first.len() * 8).step_by(37) {
        let folder = tempfile::tempdir().unwrap();
        for entry in fs::read_dir(origin.path()).unwrap().flatten() {
            fs::copy(entry.path(), folder.path().join(entry.file_name())).unwrap();
        }
        let mut flipped = first.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        fs::write(folder.path().join("00000000000000000000.log"), flipped).unwrap();
        let log = open(folder.path());
        let (offsets, damaged) = read_all(&log, 0);
        // The mark in a damaged opening is known from the first head.
        let expected = if bit / 8 < OPENING_BYTES { (6, 0) } else { (5, 1) };
        assert_eq!((offsets.len(), damaged), expected, "bit {bit}");
        assert_eq!(log.recovery().damaged, expected.1 as u64, "bit {bit}");
    }
}

/// What a client could send to look like a frame of its own making: another organisation's batch, at an offset of its choice.
fn forged(mark: &Mark, offset: u64) -> Vec<u8> {
    let body = encode_body(&Batch { org: OrganizationId(Uuid::from_u128(666)), ..batch(9) }, 0).unwrap();
    let head = encode_head(Head { body_bytes: body.len(), offset, body_crc: crc32c::crc32c(&body) }, mark);
    [head.as_slice(), &body].concat()
}

/// The bytes of a batch were searched for the next frame, and what a client had put there was taken for one.
#[tokio::test]
async fn a_frame_inside_a_batch_is_never_taken_for_one() {
    for offset in [1, 2, 1_000_000, u64::MAX] {
        let folder = tempfile::tempdir().unwrap();
        let log = open(folder.path());
        log.append(&batch(0), 0).await.unwrap();
        let path = folder.path().join("00000000000000000000.log");
        let known: Mark = fs::read(&path).unwrap()[4..12].try_into().unwrap();
        // Even who knew the mark could not name an offset that was not lost there; who does not gets nothing in.
        let mark = if offset > 2 { known } else { [0x5a; 8] };
        let begin = fs::metadata(&path).unwrap().len() as usize;
        log.append(&Batch { body: forged(&mark, offset).into(), ..batch(1) }, 0).await.unwrap();
        log.append(&batch(2), 0).await.unwrap();
        drop(log);
        let mut bytes = fs::read(&path).unwrap();
        bytes[begin + HEAD_BYTES - 1] ^= 1;
        fs::write(&path, bytes).unwrap();
        let log = open(folder.path());
        assert_eq!(read_all(&log, 0), (vec![0, 2], 1), "offset {offset}");
        assert_eq!(log.append(&batch(3), 0).await, Ok(Ack { offset: 3, repeated: false }));
    }
}

/// A disk whose syncs fail from the n-th on until it is mended, and whose room can be set.
#[derive(Clone)]
struct FaultyDisk {
    good_syncs: Arc<AtomicI64>,
    syncs_tried: Arc<AtomicU64>,
    free: Arc<AtomicU64>,
    synced: Arc<Mutex<u64>>,
}

struct FaultyFile {
    inner: Box<dyn LogFile>,
    disk: FaultyDisk,
}

impl FaultyDisk {
    fn new(good_syncs: i64) -> Self {
        FaultyDisk {
            good_syncs: Arc::new(AtomicI64::new(good_syncs)),
            syncs_tried: Arc::default(),
            free: Arc::new(AtomicU64::new(1 << 20)),
            synced: Arc::default(),
        }
    }
}

impl Disk for FaultyDisk {
    fn create(&self, path: &Path) -> io::Result<Box<dyn LogFile>> {
        Ok(Box::new(FaultyFile { inner: LocalDisk.create(path)?, disk: self.clone() }))
    }

    fn space(&self, _: &Path) -> io::Result<Space> {
        Ok(Space { free_bytes: self.free.load(Ordering::SeqCst), total_bytes: 100 })
    }
}

impl LogFile for FaultyFile {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.inner.append(bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.disk.syncs_tried.fetch_add(1, Ordering::SeqCst);
        if self.disk.good_syncs.fetch_sub(1, Ordering::SeqCst) <= 0 {
            return Err(io::Error::other("injected"));
        }
        self.inner.sync()?;
        *self.disk.synced.lock().unwrap() += 1;
        Ok(())
    }

    fn cut(&mut self, length: u64) -> io::Result<()> {
        self.inner.cut(length)
    }
}

#[tokio::test]
async fn after_a_failed_sync_nothing_is_acknowledged_until_reopened() {
    for good in 1..8 {
        let folder = tempfile::tempdir().unwrap();
        let disk = FaultyDisk::new(good);
        let log = Log::open(folder.path(), 0, CONFIG, Arc::new(disk.clone())).unwrap();
        let mut acknowledged = Vec::new();
        for number in 0..10 {
            if let Ok(ack) = log.append(&batch(number), 0).await {
                acknowledged.push(ack.offset);
            }
        }
        assert_eq!(acknowledged.len() as i64, good);
        assert!(log.failures().standing);
        assert_eq!(disk.syncs_tried.load(Ordering::SeqCst) as i64, good + 1, "the failed sync is not tried again");
        assert_eq!(read_all(&log, 0).0, acknowledged, "reading goes on, of what is durable");
        disk.good_syncs.store(100, Ordering::SeqCst);
        log.reopen().await.unwrap();
        assert_eq!(log.append(&batch(9), 0).await.map(|ack| ack.repeated), Ok(false), "it was not acknowledged before");
        let reopened = Log::open(folder.path(), 0, CONFIG, Arc::new(disk)).unwrap();
        assert_eq!(read_all(&reopened, 0).0.len() as i64, good + 1);
    }
}

#[tokio::test]
async fn a_reader_that_waits_at_a_file_follows_when_it_is_begun_again() {
    let folder = tempfile::tempdir().unwrap();
    let disk = FaultyDisk::new(0);
    let log = Log::open(folder.path(), 0, CONFIG, Arc::new(disk.clone())).unwrap();
    let mut reader = log.reader(0);
    assert_eq!(reader.next().unwrap(), Fetched::End, "it has the empty file open");
    assert_eq!(log.append(&batch(0), 0).await, Err(AppendError::Unavailable));
    disk.good_syncs.store(100, Ordering::SeqCst);
    log.reopen().await.unwrap();
    append_many(&log, 0..2).await;
    let offsets = [reader.next().unwrap(), reader.next().unwrap()].map(|fetched| match fetched {
        Fetched::Frame(frame) => frame.offset,
        other => panic!("{other:?}"),
    });
    assert_eq!(offsets, [0, 1]);
}

#[tokio::test]
async fn what_a_failed_sync_left_is_never_taken_for_what_was_acknowledged_after_it() {
    let folder = tempfile::tempdir().unwrap();
    let disk = FaultyDisk::new(2);
    let log = Log::open(folder.path(), 0, CONFIG, Arc::new(disk.clone())).unwrap();
    append_many(&log, 0..2).await;
    let first = folder.path().join("00000000000000000000.log");
    let whole = fs::read(&first).unwrap();
    assert_eq!(log.append(&batch(7), 0).await, Err(AppendError::Unavailable));
    assert_eq!(fs::read(&first).unwrap(), whole, "what was not synced does not look written to the next start");
    disk.good_syncs.store(100, Ordering::SeqCst);
    log.reopen().await.unwrap();
    append_many(&log, 2..4).await;
    // The power goes before the cut is on the medium: the frame of the failed sync is back, with an offset that was given again.
    let other = tempfile::tempdir().unwrap();
    let elsewhere = open(other.path());
    append_many(&elsewhere, 0..2).await;
    elsewhere.append(&batch(7), 0).await.unwrap();
    drop(log);
    fs::copy(other.path().join("00000000000000000000.log"), &first).unwrap();
    let log = open(folder.path());
    let mut reader = log.reader(0);
    let mut keys = Vec::new();
    while let Fetched::Frame(frame) = reader.next().unwrap() {
        keys.push(frame.batch.idempotency_key.unwrap());
    }
    assert_eq!(keys, ["batch-0", "batch-1", "batch-2", "batch-3"]);
    assert_eq!(log.append(&batch(7), 0).await, Ok(Ack { offset: 4, repeated: false }), "it never was acknowledged");
}

#[tokio::test]
async fn a_full_disk_refuses_and_resumes_by_itself() {
    let folder = tempfile::tempdir().unwrap();
    let disk = FaultyDisk::new(100);
    let log = Log::open(folder.path(), 0, CONFIG, Arc::new(disk.clone())).unwrap();
    append_many(&log, 0..2).await;
    disk.free.store(5, Ordering::SeqCst);
    assert_eq!(log.append(&batch(2), 0).await, Err(AppendError::Full));
    assert_eq!(log.append(&batch(1), 0).await, Err(AppendError::Full));
    disk.free.store(6, Ordering::SeqCst);
    assert_eq!(log.append(&batch(2), 0).await, Err(AppendError::Full), "the batch itself would take of the reserve");
    disk.free.store(10_000, Ordering::SeqCst);
    assert_eq!(log.append(&batch(2), 0).await, Ok(Ack { offset: 2, repeated: false }));
}

#[tokio::test]
async fn a_long_backlog_pushes_back() {
    let folder = tempfile::tempdir().unwrap();
    let config = LogConfig { backlog_bytes: 300, ..CONFIG };
    let log = Log::open(folder.path(), 0, config, Arc::new(LocalDisk)).unwrap();
    let mut refused = 0;
    for number in 0..10 {
        refused += u32::from(matches!(log.append(&batch(number), 0).await, Err(AppendError::Busy { .. })));
    }
    assert!(refused > 0);
}
