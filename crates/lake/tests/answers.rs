//! A catalogue whose answers get lost: what it committed is neither written twice nor waited for.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;
use hikeshi_domain::OrganizationId;
use hikeshi_lake::catalogue::{Catalogue, CatalogueError, Commit, OrgScope, Prevalence, PrevalenceKind, SegmentRow, SourceRow};
use hikeshi_lake::{Lake, LakeConfig};
use hikeshi_record::{Settings, Store};

use crate::fixture::{ORG, batch, config, everything, process_event};

/// Commits, and says of the first ones that it did not.
struct Mumbling {
    inner: Arc<dyn Catalogue>,
    lost_answers: AtomicU32,
}

#[async_trait]
impl Catalogue for Mumbling {
    async fn segments(&self) -> Result<Vec<SegmentRow>, CatalogueError> {
        self.inner.segments().await
    }

    async fn offset(&self, stream: &str) -> Result<u64, CatalogueError> {
        self.inner.offset(stream).await
    }

    async fn commit(&self, commit: Commit) -> Result<(), CatalogueError> {
        self.inner.commit(commit).await?;
        let lose = |left: u32| left.checked_sub(1);
        match self.lost_answers.fetch_update(Ordering::SeqCst, Ordering::SeqCst, lose) {
            Ok(_) => Err(CatalogueError::Unavailable("the answer was lost".into())),
            Err(_) => Ok(()),
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

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_whose_answer_was_lost_is_seen_to_stand() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(Settings::embedded(folder.path().join("record"))).await.unwrap();
    let catalogue = Arc::new(Mumbling { inner: Arc::new(store.catalogue()), lost_answers: AtomicU32::new(4) });
    let small = LakeConfig { merge_segments_closed: 3, ..config() };
    let lake = Lake::open(&folder.path().join("lake"), catalogue, small, None).await.unwrap();
    for number in 0..8 {
        lake.append(batch(ORG, &number.to_string(), process_event(number, "pc", "2026-11-20T10:00:00.000Z", ""))).await.unwrap();
        lake.flush().await;
    }
    assert_eq!(everything(&lake, ORG, "pc").await.len(), 8);
    assert_eq!(lake.lag().writer_fault, None);
}
