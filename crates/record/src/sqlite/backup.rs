//! Copies by SQLite's own backup interface: consistent while others write.

use std::path::PathBuf;
use std::time::Duration;

use rusqlite::Connection;
use rusqlite::backup::Backup;

use super::session::{blocking, fault};
use crate::error::{Error, Result};

const PAGES_A_STEP: i32 = 1_024;

/// Copies the database to a file that does not exist yet.
pub(super) async fn copy_into(from: PathBuf, to: PathBuf) -> Result<Vec<PathBuf>> {
    let made = to.clone();
    blocking(move || {
        let source = super::connect(&from)?;
        // A view of its own, so that the copy does not start again at each commit of others.
        source.execute_batch("BEGIN; SELECT count(*) FROM sqlite_master").map_err(fault)?;
        copy(&source, &to)
    })
    .await??;
    Ok(vec![made])
}

/// Puts a copy in the place of a database that does not exist yet.
pub(super) async fn fill_from(from: PathBuf, to: PathBuf) -> Result<()> {
    if !from.is_file() {
        return Err(Error::file(&from, "is missing: this is no backup of an embedded record"));
    }
    blocking(move || {
        let source = Connection::open(&from).map_err(fault)?;
        copy(&source, &to)
    })
    .await??;
    Ok(())
}

fn copy(source: &Connection, to: &std::path::Path) -> Result<(), crate::backend::Fault> {
    let mut target = Connection::open(to).map_err(fault)?;
    let backup = Backup::new(source, &mut target).map_err(fault)?;
    backup.run_to_completion(PAGES_A_STEP, Duration::ZERO, None).map_err(fault)?;
    drop(backup);
    target.execute_batch("PRAGMA journal_mode = DELETE").map_err(fault)
}
