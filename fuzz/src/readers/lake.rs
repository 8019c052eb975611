//! Lakes to be broken: in a folder in memory, under a catalogue that is not.

use std::path::Path;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use hikeshi_domain::OrganizationId;
use hikeshi_lake::catalogue::{Catalogue, CatalogueError, Commit, OrgScope, Prevalence, PrevalenceKind, SegmentRow, SourceRow};
use hikeshi_lake::{Batch, Encoding, Lake, LakeConfig};
use tokio::runtime::Runtime;
use uuid::Uuid;

/// Whose lake it is.
pub(crate) const ORG: OrganizationId = OrganizationId(Uuid::from_u128(1));

/// Where lakes live.
pub(crate) static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("threads"));

/// A catalogue that forgets everything with the process.
#[derive(Default)]
pub(crate) struct Shortlived(Mutex<(Vec<SegmentRow>, u64)>);

impl Shortlived {
    fn held(&self) -> MutexGuard<'_, (Vec<SegmentRow>, u64)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Catalogue for Shortlived {
    async fn segments(&self) -> Result<Vec<SegmentRow>, CatalogueError> {
        Ok(self.held().0.clone())
    }

    async fn offset(&self, _: &str) -> Result<u64, CatalogueError> {
        Ok(self.held().1)
    }

    async fn commit(&self, commit: Commit) -> Result<(), CatalogueError> {
        let mut held = self.held();
        held.0.retain(|row| !commit.remove.contains(&row.id));
        held.0.extend(commit.add);
        held.1 = commit.advance.map_or(held.1, |advance| advance.to);
        Ok(())
    }

    async fn prevalence(&self, _: OrganizationId, values: &[(PrevalenceKind, String)]) -> Result<Vec<Option<Prevalence>>, CatalogueError> {
        Ok(vec![None; values.len()])
    }

    async fn sources(&self, _: &OrgScope) -> Result<Vec<SourceRow>, CatalogueError> {
        Ok(Vec::new())
    }
}

/// Nothing is written or merged unless asked.
pub(crate) fn config() -> LakeConfig {
    let never = std::time::Duration::from_secs(3600);
    LakeConfig { workers: 2, flush_after: never, reserve_percent: 0, merge_segments_closed: usize::MAX, ..LakeConfig::default() }
}

/// A batch without a name.
pub(crate) fn batch(encoding: Encoding, body: impl Into<Bytes>) -> Batch {
    let received_at = jiff::Timestamp::UNIX_EPOCH + jiff::SignedDuration::from_hours(24 * 365 * 56);
    Batch { org: ORG, source: "fuzz".into(), idempotency_key: None, received_at, encoding, body: body.into() }
}

/// Opens a lake to read it; how many batches it left unread.
pub(crate) async fn open(folder: &Path, catalogue: Arc<Shortlived>) -> (Lake, u64) {
    Lake::open_to_read(folder, catalogue, config()).await.expect("a lake opens whatever stands in its files")
}

/// An empty folder beside the input.
pub(crate) fn fresh(input: &Path) -> std::path::PathBuf {
    let folder = input.with_file_name("lake");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(folder.join("log")).expect("the folder is ours");
    folder
}
