//! The index beside a segment: damaged, it is built again, and answers stay the same.

use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use hikeshi_lake::catalogue::OrgScope;
use hikeshi_lake::{Encoding, Lake};
use jiff::Timestamp;

use super::lake::{ORG, RUNTIME, Shortlived, batch, config, open};
use crate::seeds::{self, HOST, PRESENT};

/// A lake of one segment, and what it answers.
pub(crate) struct Written {
    pub(crate) folder: PathBuf,
    pub(crate) catalogue: Arc<Shortlived>,
    pub(crate) index: PathBuf,
    pub(crate) whole: Vec<u8>,
    pub(crate) answer: Answer,
}

impl Written {
    /// The segment that the index is of.
    pub(crate) fn segment(&self) -> PathBuf {
        self.index.with_extension("parquet")
    }
}

/// Events that show a hash, that show one which nobody has, and of a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Answer(usize, usize, usize);

impl Answer {
    /// All events of it.
    pub(crate) fn count(self) -> u64 {
        (self.0 + self.1 + self.2) as u64
    }
}

pub(crate) static WRITTEN: LazyLock<Written> = LazyLock::new(|| {
    let folder = crate::watch::scratch().expect("a folder").keep();
    let catalogue = Arc::new(Shortlived::default());
    RUNTIME.block_on(async {
        let lake = Lake::open(&folder, catalogue.clone(), config(), None).await.expect("a lake");
        lake.append(batch(Encoding::Plain, seeds::many_lines())).await.expect("room");
        lake.flush().await;
        let answer = answer(&lake).await.expect("a whole segment");
        drop(lake);
        let index = below(&folder.join("events")).into_iter().find(|path| path.extension().is_some_and(|kind| kind == "idx"));
        let index = index.expect("a segment has an index");
        let whole = std::fs::read(&index).expect("it was written");
        Written { folder, catalogue, index, whole, answer }
    })
});

fn below(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    entries.flat_map(|path| if path.is_dir() { below(&path) } else { vec![path] }).collect()
}

pub(crate) async fn answer(lake: &Lake) -> Option<Answer> {
    let hits = |hash: &'static str| lake.find_hash(&OrgScope::All, hash, 10_000);
    let (there, absent) = (hits(PRESENT).await.ok()?, hits("00000000000000000000000000000000").await.ok()?);
    let window = lake.host_window(ORG, HOST, Timestamp::MIN..Timestamp::MAX, Timestamp::UNIX_EPOCH, 10_000).await.ok()?;
    Some(Answer(there.events.len(), absent.events.len(), window.events.len()))
}

/// The index as it was written.
pub(crate) fn whole() -> Vec<u8> {
    WRITTEN.whole.clone()
}

/// Whether the sums in the head are those of the parts: then the file says what somebody wrote on purpose, and may lie.
fn is_believed(bytes: &[u8]) -> bool {
    bytes != WRITTEN.whole && crate::dress::summed(bytes.to_vec()) == bytes
}

/// Asks a lake whose index was changed.
pub(crate) fn file(bytes: &[u8], _: &Path) -> u64 {
    let written = &*WRITTEN;
    std::fs::write(&written.index, bytes).expect("the folder is ours");
    RUNTIME.block_on(async {
        let (lake, _) = open(&written.folder, written.catalogue.clone()).await;
        let given = answer(&lake).await;
        assert!(is_believed(bytes) || given == Some(written.answer), "{given:?} instead of {:?}", written.answer);
        given.map_or(0, Answer::count)
    })
}
