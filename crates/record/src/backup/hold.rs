//! Holds the files of the data directory by hard links while the database is copied, so that nothing which the copy names is
//! deleted meanwhile.
//!
//! Files are durable before the database names them and deleted after it has forgotten them, but not while a hold is there: a segment
//! that came after the first look could else be merged away before the second, while the copy names it. So what was there before the
//! copy, together with what is there after it, holds everything that the copy names; what is too much is swept by the lake at its start.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::progress::{Progress, Stage};
use crate::schema::BACKUPS;
use crate::seal::KEYS;

use super::manifest::files_below;

/// Folders whose files are written once and never changed: they are linked into the backup instead of copied.
const IMMUTABLE: &[&str] = &["events", "matches", "objects"];

/// Locked while a backup is made, so that the lake, which may be another process, deletes nothing. The system unlocks it after a crash.
const LOCK: &str = "backup.lock";

/// The held files; let go when dropped.
pub(super) struct Hold {
    data: PathBuf,
    held: PathBuf,
    _lock: File,
}

/// Whether a backup of that data directory is being made.
pub(crate) fn is_held(data: &Path) -> bool {
    match File::open(data.join(LOCK)) {
        Ok(lock) => lock.try_lock().is_err(),
        Err(error) => error.kind() != io::ErrorKind::NotFound,
    }
}

impl Hold {
    /// An empty hold inside the data directory, on the same file system.
    pub(super) fn new(data: &Path) -> Result<Self> {
        let path = data.join(LOCK);
        let locked = || -> io::Result<File> {
            let lock = File::create(&path)?;
            lock.lock_shared()?;
            Ok(lock)
        };
        let lock = locked().map_err(|error| Error::file(&path, error))?;
        let held = data.join(BACKUPS).join(format!(".held-{}", uuid::Uuid::now_v7()));
        fs::create_dir_all(&held).map_err(|error| Error::file(&held, error))?;
        Ok(Hold { data: data.to_owned(), held, _lock: lock })
    }

    /// Takes every file that is there now and not yet held.
    pub(super) fn take(&self) -> Result<()> {
        for path in files_below(&self.data)? {
            let Some(name) = path.strip_prefix(&self.data).ok().filter(|name| belongs(name)) else { continue };
            let to = self.held.join(name);
            if to.exists() {
                continue;
            }
            if let Some(folder) = to.parent() {
                fs::create_dir_all(folder).map_err(|error| Error::file(folder, error))?;
            }
            match fs::hard_link(&path, &to) {
                // Deleted since we looked: the database has forgotten it, or never knew it.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                outcome => outcome.map_err(|error| Error::file(&path, error))?,
            }
        }
        Ok(())
    }

    /// Puts what is held into the folder: what never changes by link where that is possible, all else by copy.
    pub(super) fn put_into(&self, folder: &Path, progress: &Progress) -> Result<()> {
        let files = files_below(&self.held)?;
        let size = |path: &PathBuf| fs::metadata(path).map_or(0, |metadata| metadata.len());
        let mut stretch = progress.stage(Stage::Copying, files.iter().map(size).sum());
        for path in files {
            let name = path.strip_prefix(&self.held).unwrap_or(&path);
            let to = folder.join(name);
            if let Some(folder) = to.parent() {
                fs::create_dir_all(folder).map_err(|error| Error::file(folder, error))?;
            }
            let immutable = name.components().any(|part| IMMUTABLE.iter().any(|word| part.as_os_str() == *word));
            stretch.on(size(&path));
            if immutable && fs::hard_link(&path, &to).is_ok() {
                continue;
            }
            let copy = || -> io::Result<()> {
                fs::copy(&path, &to)?;
                File::open(&to)?.sync_all()
            };
            copy().map_err(|error| Error::file(&path, error))?;
        }
        Ok(())
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        // Links only: what stays behind after a crash costs no space until the file itself is deleted.
        let _ = fs::remove_dir_all(&self.held);
    }
}

/// Whether a file of the data directory goes into a backup by itself: not the database, the keys, other backups, locks and drafts.
fn belongs(name: &Path) -> bool {
    let first = name.components().next().map(|part| part.as_os_str().to_string_lossy().into_owned()).unwrap_or_default();
    let extension = name.extension().map(|extension| extension.to_string_lossy().into_owned()).unwrap_or_default();
    let ours = first == KEYS || first == BACKUPS || first.starts_with(crate::sqlite::FILE);
    !ours && !["lock", "tmp", "sock", "pid"].contains(&extension.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A segment that was merged away between the two looks was named by the copy and not in the backup.
    #[test]
    fn whoever_deletes_files_sees_that_a_backup_is_made() {
        let folder = tempfile::tempdir().unwrap();
        assert!(!is_held(folder.path()));
        let (one, other) = (Hold::new(folder.path()).unwrap(), Hold::new(folder.path()).unwrap());
        assert!(is_held(folder.path()));
        drop(one);
        assert!(is_held(folder.path()));
        drop(other);
        assert!(!is_held(folder.path()));
    }
}
