//! A flight that no segment takes: its events lie aside and can be read, what comes behind is written, nothing comes twice.

use std::fs;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use hikeshi_domain::OrganizationId;
use jiff::Timestamp;
use parquet::errors::ParquetError;
use uuid::Uuid;

use super::merges::least;
use super::{RUSH, WriteFlight, Writer};
use crate::batch::Batch;
use crate::catalogue::{Catalogue, CatalogueError, Commit, OrgScope, Prevalence, PrevalenceKind, SegmentKind, SegmentRow, SourceRow};
use crate::config::LakeConfig;
use crate::flight::{KnownSightings, Written, write_flight};
use crate::lake::Lake;
use crate::layout::Layout;
use crate::segment::SegmentError;
use crate::stream::Encoding;
use crate::view::TailBlock;

const ORG: OrganizationId = OrganizationId(Uuid::from_u128(1));
const POISON: &str = "poison";

/// A catalogue in memory, which outlives the lake.
#[derive(Default)]
struct Memory(Mutex<(Vec<SegmentRow>, u64)>);

#[async_trait]
impl Catalogue for Memory {
    async fn segments(&self) -> Result<Vec<SegmentRow>, CatalogueError> {
        Ok(self.0.lock().unwrap().0.clone())
    }

    async fn offset(&self, _: &str) -> Result<u64, CatalogueError> {
        Ok(self.0.lock().unwrap().1)
    }

    async fn commit(&self, commit: Commit) -> Result<(), CatalogueError> {
        let mut state = self.0.lock().unwrap();
        state.0.retain(|row| !commit.remove.contains(&row.id));
        state.0.extend(commit.add);
        state.1 = commit.advance.map_or(state.1, |advance| advance.to);
        Ok(())
    }

    async fn prevalence(&self, _: OrganizationId, _: &[(PrevalenceKind, String)]) -> Result<Vec<Option<Prevalence>>, CatalogueError> {
        Ok(Vec::new())
    }

    async fn sources(&self, _: &OrgScope) -> Result<Vec<SourceRow>, CatalogueError> {
        Ok(Vec::new())
    }
}

/// Fails as Parquet does on rows that it cannot take.
fn refuses_poison(layout: &Layout, blocks: &[Arc<TailBlock>], known: &KnownSightings, now: Timestamp) -> Result<Written, SegmentError> {
    if blocks.iter().flat_map(|block| block.events()).any(|event| event.host == POISON) {
        return Err(ParquetError::General("offset overflow".to_owned()).into());
    }
    write_flight(layout, blocks, known, now)
}

async fn opened(folder: &Path, catalogue: Arc<Memory>, write: WriteFlight) -> Lake {
    opened_with(folder, catalogue, write, LakeConfig::default()).await
}

async fn opened_with(folder: &Path, catalogue: Arc<Memory>, write: WriteFlight, config: LakeConfig) -> Lake {
    let config = LakeConfig { reserve_percent: 0, flush_after: Duration::from_secs(3600), ..config };
    let (inner, committed) = Lake::prepare(folder, catalogue, config, None).await.unwrap();
    Writer::start(inner.clone(), committed, write).unwrap();
    Lake { inner }
}

fn event(number: u64, host: &str) -> String {
    let time = format!("2026-11-20T10:00:0{number}Z");
    format!("{{\"Channel\":\"Security\",\"EventID\":4688,\"Computer\":\"{host}\",\"EventRecordID\":{number},\"TimeCreated\":\"{time}\"}}\n")
}

async fn send(lake: &Lake, key: &str, body: String) {
    let received_at = "2026-11-20T10:00:10Z".parse().unwrap();
    let (idempotency_key, encoding) = (Some(key.to_owned()), Encoding::Plain);
    let batch = Batch { org: ORG, source: "test".into(), idempotency_key, received_at, encoding, body: body.into() };
    lake.append(batch).await.unwrap();
    lake.flush().await;
}

async fn records(lake: &Lake, host: &str) -> Vec<u64> {
    let window = lake.host_window(ORG, host, Timestamp::MIN..Timestamp::MAX, Timestamp::MAX, usize::MAX).await.unwrap();
    window.events.iter().filter_map(|event| event.record_id).collect()
}

/// Each file that lies aside, whole.
fn aside(folder: &Path) -> Vec<String> {
    let files = fs::read_dir(folder.join(format!("aside/org={ORG}"))).unwrap().flatten();
    files.map(|entry| fs::read_to_string(entry.path()).unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_segment_takes_lies_aside_and_comes_back_only_when_it_is_brought() {
    let (folder, catalogue) = (tempfile::tempdir().unwrap(), Arc::new(Memory::default()));
    let folder = folder.path();
    let lake = opened(folder, catalogue.clone(), refuses_poison).await;
    send(&lake, "before", event(1, "pc")).await;
    let poisoned = event(2, POISON) + &event(3, "bystander");
    send(&lake, "poisoned", poisoned.clone()).await;
    send(&lake, "behind", event(4, "pc")).await;
    assert_eq!((records(&lake, "pc").await, records(&lake, POISON).await, records(&lake, "bystander").await), (vec![1, 4], vec![], vec![]));
    assert_eq!(aside(folder), std::slice::from_ref(&poisoned));
    let lag = lake.lag();
    assert_eq!((lag.totals.set_aside, lag.aside_events, lag.committed, lag.tail_events, lag.writer_fault), (2, 2, 3, 0, None));
    drop(lake);

    let lake = opened(folder, catalogue.clone(), write_flight).await;
    lake.flush().await;
    assert_eq!((lake.lag().totals.events, records(&lake, "pc").await), (0, vec![1, 4]), "nothing waits in the stream any more");
    assert_eq!((lake.lag().totals.set_aside, lake.lag().aside_events), (0, 2), "they are told of after a restart, too");
    assert_eq!(aside(folder), std::slice::from_ref(&poisoned));
    for (key, added) in [("brought back", 2), ("once more", 2)] {
        send(&lake, key, poisoned.clone()).await;
        assert_eq!(lake.lag().totals.added, added, "{key}");
    }
    assert_eq!((records(&lake, POISON).await, records(&lake, "bystander").await), (vec![2], vec![3]));
    fs::remove_dir_all(folder.join("aside")).unwrap();
    assert_eq!(lake.lag().aside_events, 0, "until their files are taken away");
}

/// Between the file and the commit: the flight is written again, and what lay aside already is no more than that.
#[tokio::test(flavor = "multi_thread")]
async fn a_crash_before_the_commit_loses_nothing_of_it() {
    let (folder, catalogue) = (tempfile::tempdir().unwrap(), Arc::new(Memory::default()));
    let folder = folder.path();
    let lake = opened(folder, catalogue.clone(), refuses_poison).await;
    let poisoned = event(2, POISON);
    send(&lake, "poisoned", poisoned.clone()).await;
    drop(lake);
    catalogue.0.lock().unwrap().1 = 0;
    let lake = opened(folder, catalogue.clone(), refuses_poison).await;
    lake.flush().await;
    assert_eq!((aside(folder), lake.lag().totals.set_aside, lake.lag().aside_events), (vec![poisoned], 1, 1));
}

/// Waits until the segments of events are so many.
async fn segments_become(lake: &Lake, count: usize) {
    let merged = async {
        while lake.inner.views.now().segments.iter().filter(|segment| segment.row.kind == SegmentKind::Events).count() != count {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), merged).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn merging_goes_on_where_somebody_always_reads() {
    let folder = tempfile::tempdir().unwrap();
    let lake = opened(folder.path(), Arc::default(), write_flight).await;
    lake.inner.readers.fetch_add(1, Ordering::Relaxed);
    send(&lake, "1", event(1, "pc")).await;
    send(&lake, "2", event(2, "pc")).await;
    segments_become(&lake, 1).await;
    assert_eq!(records(&lake, "pc").await, [1, 2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn merging_waits_out_a_rush_and_begins_without_a_further_event() {
    let folder = tempfile::tempdir().unwrap();
    // A flight that fills up at once tells of a rush.
    let config = LakeConfig { flush_rows: 1, ..LakeConfig::default() };
    let lake = opened_with(folder.path(), Arc::default(), write_flight, config).await;
    let before = Instant::now();
    send(&lake, "1", event(1, "pc")).await;
    send(&lake, "2", event(2, "pc")).await;
    segments_become(&lake, 1).await;
    assert!(before.elapsed() >= 2 * RUSH, "the rush was waited out");
}

#[test]
fn a_day_that_is_over_is_merged_sooner_and_any_day_late_while_batches_wait() {
    let config = LakeConfig::default();
    let (busy, today, over) = (least(&config, false, true), least(&config, true, false), least(&config, true, true));
    assert!(over < today && today < busy && least(&config, false, false) == busy);
}
