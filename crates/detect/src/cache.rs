//! Keeps compiled rule sets on disk. The file's name is the hash of the sources and the engine; its contents carry their own
//! hash, so that a torn or altered file is ignored and written anew.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::program::Program;

/// Changes whenever the engine's sources do (`build.rs`), the log source table included.
pub(crate) const ENGINE: &[u8] = concat!("hikeshi-detect ", env!("CARGO_PKG_VERSION"), " ", env!("DETECT_SOURCES")).as_bytes();
/// A compiled rule set larger than this is not read.
const MAX_BYTES: usize = 256 << 20;
/// How many compiled rule sets are kept.
const KEEP: usize = 8;

fn file(folder: &Path, hash: &str) -> PathBuf {
    folder.join(format!("rules-{}.bin", hash.get(..40).unwrap_or(hash)))
}

/// The compiled form, if there is an intact one for this hash.
pub(crate) fn read(folder: &Path, hash: &str) -> Option<Program> {
    let bytes = std::fs::read(file(folder, hash)).ok()?;
    let (digest, packed) = bytes.split_at_checked(32)?;
    if digest != seal(hash, packed) {
        return None;
    }
    let plain = zstd::bulk::decompress(packed, MAX_BYTES).ok()?;
    postcard::from_bytes(&plain).ok()
}

/// Writes the compiled form beside the others, atomically; the oldest ones go.
pub(crate) fn write(folder: &Path, hash: &str, program: &Program) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    let plain = postcard::to_stdvec(program).map_err(std::io::Error::other)?;
    let packed = zstd::bulk::compress(&plain, 1)?;
    let target = file(folder, hash);
    let draft = target.with_extension(format!("{}.tmp", std::process::id()));
    let mut out = std::fs::File::create(&draft)?;
    out.write_all(&seal(hash, &packed))?;
    out.write_all(&packed)?;
    drop(out);
    std::fs::rename(&draft, &target)?;
    sweep(folder)
}

fn sweep(folder: &Path) -> std::io::Result<()> {
    let mut kept = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let ours = name.to_str().is_some_and(|name| name.starts_with("rules-") && name.ends_with(".bin"));
        if ours {
            kept.push((entry.metadata()?.modified()?, entry.path()));
        }
    }
    kept.sort();
    let surplus = kept.len().saturating_sub(KEEP);
    kept.into_iter().take(surplus).try_for_each(|(_, path)| std::fs::remove_file(path))
}

fn seal(hash: &str, packed: &[u8]) -> [u8; 32] {
    let mut seal = Sha256::new();
    seal.update(hash.as_bytes());
    seal.update(packed);
    seal.finalize().into()
}
