//! The engine on real data: skipped where the shared data is absent.

#[cfg(test)]
mod regression;

use std::path::PathBuf;

/// The shared data folder, if it is there; else says so once for the test.
fn shared(test: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("HIKESHI_SHARED").map(PathBuf::from).filter(|folder| folder.is_dir());
    if folder.is_none() {
        println!("skipped: needs shared data ({test})");
    }
    folder
}
