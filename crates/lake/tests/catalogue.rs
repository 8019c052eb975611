//! The lake on a catalogue whose database is being copied; a lake that is only read; batches that no lake takes.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use hikeshi_domain::OrganizationId;
use hikeshi_lake::catalogue::{Catalogue, CatalogueError, Commit, OrgScope, Prevalence, PrevalenceKind, SegmentRow, SourceRow};
use hikeshi_lake::{AppendError, Batch, Encoding, Lake, LakeConfig};
use hikeshi_record::{RecordCatalogue, Settings, Store};

use crate::fixture::{ORG, batch, config, everything, open, process_event};

/// The record's catalogue, which is being copied when a test says so.
struct Copied {
    inner: RecordCatalogue,
    copies: AtomicBool,
}

#[async_trait]
impl Catalogue for Copied {
    fn keeps_files(&self) -> bool {
        self.copies.load(Ordering::SeqCst)
    }

    async fn segments(&self) -> Result<Vec<SegmentRow>, CatalogueError> {
        self.inner.segments().await
    }

    async fn offset(&self, stream: &str) -> Result<u64, CatalogueError> {
        self.inner.offset(stream).await
    }

    async fn commit(&self, commit: Commit) -> Result<(), CatalogueError> {
        self.inner.commit(commit).await
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

fn one_event(number: u64) -> Batch {
    batch(ORG, &number.to_string(), process_event(number, "pc", "2026-11-20T10:00:00.000Z", &format!("{number:064x}")))
}

fn files(folder: &Path) -> usize {
    std::fs::read_dir(folder.join(format!("lake/events/org={ORG}/day=2026-11-20"))).map_or(0, Iterator::count)
}

/// A backup names segments as the catalogue had them when it was copied; merging them away took their files from under it.
#[tokio::test(flavor = "multi_thread")]
async fn files_of_merged_segments_stay_while_a_backup_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(Settings::embedded(folder.path().join("record"))).await.unwrap();
    let catalogue = Arc::new(Copied { inner: store.catalogue(), copies: AtomicBool::new(true) });
    let merging = LakeConfig { merge_segments_closed: 4, ..config() };
    let lake = Lake::open(&folder.path().join("lake"), catalogue.clone(), merging, None).await.unwrap();
    for number in 0..4 {
        lake.append(one_event(number)).await.unwrap();
        lake.flush().await;
    }
    while lake.lag().totals.merged < 4 {
        tokio::task::yield_now().await;
    }
    lake.append(one_event(4)).await.unwrap();
    lake.flush().await;
    assert_eq!(files(folder.path()), 2 * (4 + 1 + 1), "data and index of the four, of the merged one, and of the last");
    catalogue.copies.store(false, Ordering::SeqCst);
    while files(folder.path()) > 2 * 2 {
        tokio::task::yield_now().await;
    }
    assert_eq!(everything(&lake, ORG, "pc").await.len(), 5);
}

/// Reading drained what was acknowledged, without the rules that watch it.
#[tokio::test(flavor = "multi_thread")]
async fn a_lake_that_is_read_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let lake = open(folder.path()).await;
    lake.append(one_event(1)).await.unwrap();
    lake.flush().await;
    drop(lake);
    let read = async || {
        let store = Store::open(Settings::embedded(folder.path().join("record"))).await.unwrap();
        Lake::open_to_read(&folder.path().join("lake"), Arc::new(store.catalogue()), config()).await.unwrap()
    };
    let (lake, _) = read().await;
    lake.append(one_event(2)).await.unwrap();
    drop(lake);
    let (lake, unread) = read().await;
    assert_eq!((lake.lag().committed, lake.lag().appended, unread, everything(&lake, ORG, "pc").await.len()), (1, 2, 0, 2));
    drop(lake);
    let lake = open(folder.path()).await;
    lake.flush().await;
    assert_eq!(everything(&lake, ORG, "pc").await.len(), 2);
}

/// 202 was answered for what nobody could read afterwards, or not within the machine's memory.
#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_is_told_before_it_is_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let lake = open(folder.path()).await;
    let packed = |text: &[u8]| zstd::stream::encode_all(text, 1).unwrap();
    let spaces = packed(&vec![b' '; 65 << 20]);
    assert!(spaces.len() < 100_000);
    let whole = packed(&one_event(1).body);
    let cut = whole[..whole.len() - 1].to_vec();
    for (body, encoding, expected) in [
        (spaces, Encoding::Zstd, AppendError::TooLarge),
        (cut, Encoding::Zstd, AppendError::Damaged),
        (whole.clone(), Encoding::Gzip, AppendError::Damaged),
        (b"no event\n\n".to_vec(), Encoding::Plain, AppendError::NoEvents),
        (b"\n".to_vec(), Encoding::Plain, AppendError::NoEvents),
    ] {
        assert_eq!(lake.append(Batch { encoding, ..batch(ORG, "bad", body) }).await, Err(expected));
    }
    let mixed = format!("no event\n{}{{\"Long\":\"{}\"}}\n", process_event(2, "pc", "2026-11-20T10:00:00.000Z", ""), "x".repeat(1 << 20));
    assert_eq!(lake.append(batch(ORG, "mixed", mixed)).await.unwrap().refused, 2);
    assert_eq!(lake.append(Batch { encoding: Encoding::Zstd, ..batch(ORG, "good", whole) }).await.unwrap().refused, 0);
    lake.flush().await;
    assert_eq!(everything(&lake, ORG, "pc").await.len(), 2);
}
