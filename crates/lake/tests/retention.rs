//! Retention beside a merge of the same segments, whichever is committed first, and where the answer to a commit is lost.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use async_trait::async_trait;
use hikeshi_domain::OrganizationId;
use hikeshi_lake::catalogue::{Catalogue, CatalogueError, Commit, OrgScope, Prevalence, PrevalenceKind, SegmentRow, SourceRow};
use hikeshi_lake::{Lake, LakeConfig};
use hikeshi_record::{RecordCatalogue, Settings, Store};
use jiff::civil::{Date, date};
use tokio::sync::Semaphore;

use crate::fixture::{ORG, batch, config, everything, open, process_event};

const NEXT_DAY: Date = date(2026, 11, 21);

/// The record's catalogue; merges and retention wait before it until the test lets them through.
struct Steered {
    inner: RecordCatalogue,
    merges: Semaphore,
    merges_waiting: AtomicUsize,
    retention: Semaphore,
    retention_waiting: AtomicBool,
    loses_answer: AtomicBool,
}

#[async_trait]
impl Catalogue for Steered {
    async fn segments(&self) -> Result<Vec<SegmentRow>, CatalogueError> {
        self.inner.segments().await
    }

    async fn offset(&self, stream: &str) -> Result<u64, CatalogueError> {
        self.inner.offset(stream).await
    }

    async fn commit(&self, commit: Commit) -> Result<(), CatalogueError> {
        let forgets = commit.advance.is_none() && commit.add.is_empty();
        if forgets {
            self.retention_waiting.store(true, Ordering::SeqCst);
            self.retention.acquire().await.unwrap().forget();
        } else if commit.advance.is_none() {
            self.merges_waiting.fetch_add(1, Ordering::SeqCst);
            self.merges.acquire().await.unwrap().forget();
        }
        self.inner.commit(commit).await?;
        match forgets && self.loses_answer.swap(false, Ordering::SeqCst) {
            true => Err(CatalogueError::Unavailable("the line broke".into())),
            false => Ok(()),
        }
    }

    async fn prevalence(
        &self,
        org: OrganizationId,
        values: &[(PrevalenceKind, String)],
    ) -> Result<Vec<Option<Prevalence>>, CatalogueError> {
        self.inner.prevalence(org, values).await
    }

    async fn sources(&self, scope: &OrgScope) -> Result<Vec<SourceRow>, CatalogueError> {
        self.inner.sources(scope).await
    }
}

/// A lake whose day of two segments is over: a merge of them is written, and waits to be committed.
async fn merging(folder: &Path) -> (Arc<Lake>, Arc<Steered>) {
    let store = Store::open(Settings::embedded(folder.join("record"))).await.unwrap();
    let catalogue = Arc::new(Steered {
        inner: store.catalogue(),
        merges: Semaphore::new(0),
        merges_waiting: AtomicUsize::new(0),
        retention: Semaphore::new(0),
        retention_waiting: AtomicBool::new(false),
        loses_answer: AtomicBool::new(false),
    });
    let config = LakeConfig { merge_segments_closed: 2, ..config() };
    let lake = Arc::new(Lake::open(&folder.join("lake"), catalogue.clone(), config, None).await.unwrap());
    for number in 0..2 {
        let event = process_event(number, "pc", "2026-11-20T10:00:00.000Z", &format!("{number:064x}"));
        lake.append(batch(ORG, &number.to_string(), event)).await.unwrap();
        lake.flush().await;
    }
    until(|| catalogue.merges_waiting.load(Ordering::SeqCst) == 1).await;
    (lake, catalogue)
}

async fn until(so: impl Fn() -> bool) {
    while !so() {
        tokio::task::yield_now().await;
    }
}

fn files(folder: &Path) -> usize {
    std::fs::read_dir(folder.join(format!("lake/events/org={ORG}/day=2026-11-20"))).map_or(0, Iterator::count)
}

/// Nothing of the day is left: not to be read, not in the catalogue, not on the disk, not after a restart.
async fn assert_forgotten(folder: &Path, lake: Arc<Lake>, catalogue: Arc<Steered>) {
    assert_eq!(everything(&lake, ORG, "pc").await, []);
    assert_eq!(lake.lag().segments, 0);
    assert_eq!(catalogue.inner.segments().await.unwrap(), []);
    catalogue.retention.add_permits(1);
    assert_eq!(lake.expire(ORG, NEXT_DAY).await.unwrap(), 0, "a second time has no effect");
    until(|| files(folder) == 0).await;
    drop((lake, catalogue));
    assert_eq!(everything(&open(folder).await, ORG, "pc").await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_merge_that_is_written_when_retention_comes_brings_nothing_back() {
    let folder = tempfile::tempdir().unwrap();
    let (lake, catalogue) = merging(folder.path()).await;
    catalogue.retention.add_permits(1);
    assert_eq!(lake.expire(ORG, NEXT_DAY).await.unwrap(), 2);
    assert_eq!(everything(&lake, ORG, "pc").await, [], "not read while the merge still waits");
    catalogue.merges.add_permits(1);
    until(|| files(folder.path()) == 0).await;
    assert_eq!(lake.lag().totals.merged, 0);
    assert_forgotten(folder.path(), lake, catalogue).await;
}

/// What a merge had put into a larger segment a moment before stayed for another hour.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_merged_while_retention_looked_goes_too() {
    let folder = tempfile::tempdir().unwrap();
    let (lake, catalogue) = merging(folder.path()).await;
    let expiring = tokio::spawn({
        let lake = lake.clone();
        async move { lake.expire(ORG, NEXT_DAY).await }
    });
    until(|| catalogue.retention_waiting.load(Ordering::SeqCst)).await;
    catalogue.merges.add_permits(1);
    until(|| lake.lag().totals.merged == 2).await;
    catalogue.retention.add_permits(8);
    assert!(expiring.await.unwrap().unwrap() > 0);
    assert_forgotten(folder.path(), lake, catalogue).await;
}

/// The days were gone from the catalogue and stayed in sight, and every later merge and every later retention failed on them.
#[tokio::test(flavor = "multi_thread")]
async fn retention_whose_answer_was_lost_has_happened_all_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let (lake, catalogue) = merging(folder.path()).await;
    catalogue.loses_answer.store(true, Ordering::SeqCst);
    catalogue.retention.add_permits(8);
    assert_eq!(lake.expire(ORG, NEXT_DAY).await.unwrap(), 2);
    catalogue.merges.add_permits(1);
    assert_forgotten(folder.path(), lake, catalogue).await;
}
