//! A segment, as a disk may give it back: it answers as it did, or says that it is damaged. It never answers with other rows.

use std::path::Path;
use std::sync::LazyLock;

use super::index::{Answer, WRITTEN, answer};
use super::lake::{RUNTIME, open};

static WHOLE: LazyLock<Vec<u8>> = LazyLock::new(|| std::fs::read(WRITTEN.segment()).expect("it was written"));

/// The segment as it was written.
pub(crate) fn whole() -> Vec<u8> {
    WHOLE.clone()
}

/// Asks a lake whose segment was changed; every other time it has to build the index from it.
pub(crate) fn file(bytes: &[u8], _: &Path) -> u64 {
    std::fs::write(WRITTEN.segment(), bytes).expect("the folder is ours");
    if bytes.len() % 2 == 1 {
        std::fs::remove_file(&WRITTEN.index).expect("it lies there");
    }
    let given = RUNTIME.block_on(async { answer(&open(&WRITTEN.folder, WRITTEN.catalogue.clone()).await.0).await });
    std::fs::write(&WRITTEN.index, &WRITTEN.whole).expect("the folder is ours");
    assert!(given.is_none() || given == Some(WRITTEN.answer), "{given:?} instead of {:?}", WRITTEN.answer);
    given.map_or(0, Answer::count)
}
