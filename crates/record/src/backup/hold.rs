//! Holds the files of the data directory by hard links while the database is copied, so that nothing which the copy names is
//! deleted meanwhile.
//!
//! Files are durable before the database names them and deleted after it has forgotten them. So what was there before the copy,
//! together with what is there after it, holds everything that the copy names; what is too much is swept by the lake at its start.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::schema::BACKUPS;
use crate::seal::KEYS;

use super::manifest::files_below;

/// Folders whose files are written once and never changed: they are linked into the backup instead of copied.
const IMMUTABLE: &[&str] = &["events", "matches", "objects"];

/// The held files; let go when dropped.
pub(super) struct Hold {
    data: PathBuf,
    held: PathBuf,
}

impl Hold {
    /// An empty hold inside the data directory, on the same file system.
    pub(super) fn new(data: &Path) -> Result<Self> {
        let held = data.join(BACKUPS).join(format!(".held-{}", uuid::Uuid::now_v7()));
        fs::create_dir_all(&held).map_err(|error| Error::file(&held, error))?;
        Ok(Hold { data: data.to_owned(), held })
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
    pub(super) fn put_into(&self, folder: &Path) -> Result<()> {
        for path in files_below(&self.held)? {
            let name = path.strip_prefix(&self.held).unwrap_or(&path);
            let to = folder.join(name);
            if let Some(folder) = to.parent() {
                fs::create_dir_all(folder).map_err(|error| Error::file(folder, error))?;
            }
            let immutable = name.components().any(|part| IMMUTABLE.iter().any(|word| part.as_os_str() == *word));
            if immutable && fs::hard_link(&path, &to).is_ok() {
                continue;
            }
            let copy = || -> io::Result<()> {
                fs::copy(&path, &to)?;
                fs::File::open(&to)?.sync_all()
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
