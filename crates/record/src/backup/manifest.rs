//! What a backup holds, file by file, each with its hash.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Component, Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::chain::Checkpoint;
use crate::error::{Error, Result};
use crate::progress::{Counted, Progress, Stage, Stretch};

/// Name of the manifest inside a backup.
pub(super) const MANIFEST: &str = "manifest.json";
const FORMAT: &str = "hikeshi.backup.1";
const BUFFER: usize = 1 << 20;

/// The contents of a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Format of the backup.
    pub format: String,
    /// When it was made.
    pub made_at: Timestamp,
    /// The kind of database: `sqlite` or `postgres`.
    pub database: String,
    /// Whether the key files are in it.
    pub keys: bool,
    /// Where the record stood at least; `None` for a backup made before a migration.
    pub checkpoint: Option<Checkpoint>,
    /// The files, in order of path.
    pub files: Vec<ManifestFile>,
}

/// A file of a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManifestFile {
    /// Path inside the backup, with slashes.
    pub path: String,
    /// Its size.
    pub size_bytes: u64,
    /// SHA-256, hexadecimal.
    pub sha256: String,
}

impl Manifest {
    /// A manifest of every file that lies in the folder.
    pub(super) fn of(
        folder: &Path,
        made_at: Timestamp,
        database: &str,
        keys: bool,
        checkpoint: Option<Checkpoint>,
        progress: &Progress,
    ) -> Result<Self> {
        let mut files = Vec::new();
        let paths = files_below(folder)?;
        let size = |path: &PathBuf| fs::metadata(path).map_or(0, |metadata| metadata.len());
        let mut stretch = progress.stage(Stage::Hashing, paths.iter().map(size).sum());
        for path in paths {
            let name = path.strip_prefix(folder).unwrap_or(&path).to_string_lossy().replace('\\', "/");
            let (size_bytes, sha256) = hash(&path, &mut Counted { out: io::sink(), stretch: &mut stretch })?;
            files.push(ManifestFile { path: name, size_bytes, sha256 });
        }
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(Manifest { format: FORMAT.to_owned(), made_at, database: database.to_owned(), keys, checkpoint, files })
    }

    /// Writes it, durably, as the last file of the backup.
    pub(super) fn write(&self, folder: &Path) -> Result<()> {
        let path = folder.join(MANIFEST);
        let text = serde_json::to_vec_pretty(self).map_err(|error| Error::Internal(error.to_string()))?;
        let write = || -> io::Result<()> {
            let mut file = File::create(&path)?;
            file.write_all(&text)?;
            file.sync_all()?;
            File::open(folder)?.sync_all()
        };
        write().map_err(|error| Error::file(&path, error))
    }

    /// Reads the manifest of a backup.
    pub(super) fn read(folder: &Path) -> Result<Self> {
        let path = folder.join(MANIFEST);
        let text = fs::read(&path).map_err(|error| Error::file(&path, format!("{error}; this is no finished backup")))?;
        let manifest: Manifest = serde_json::from_slice(&text).map_err(|error| Error::file(&path, error))?;
        if manifest.format != FORMAT {
            return Err(Error::file(&path, format!("format `{}` is unknown; {FORMAT} was expected", manifest.format)));
        }
        Ok(manifest)
    }
}

impl ManifestFile {
    /// Where the file belongs below a folder; a path that leads out of it is refused.
    pub(super) fn below(&self, folder: &Path) -> Result<PathBuf> {
        let path = Path::new(&self.path);
        if path.components().all(|part| matches!(part, Component::Normal(_))) {
            Ok(folder.join(path))
        } else {
            Err(Error::Invalid(format!("the manifest names `{}`, which leads out of the backup", self.path)))
        }
    }

    /// Copies the file while checking it; durable when it returns.
    pub(super) fn copy(&self, from: &Path, to: &Path, stretch: &mut Stretch<'_>) -> Result<()> {
        if let Some(folder) = to.parent() {
            fs::create_dir_all(folder).map_err(|error| Error::file(folder, error))?;
        }
        let target = File::create_new(to).map_err(|error| Error::file(to, error))?;
        let (size, sha256) = hash(from, &mut Counted { out: &target, stretch })?;
        if (size, &sha256) != (self.size_bytes, &self.sha256) {
            return Err(Error::file(from, "is not the file that the manifest describes: the backup is damaged"));
        }
        target.sync_all().map_err(|error| Error::file(to, error))
    }
}

/// Size and hash of a file, which is written on to `out`.
fn hash(path: &Path, out: &mut dyn Write) -> Result<(u64, String)> {
    let mut read = || -> io::Result<(u64, String)> {
        let mut file = File::open(path)?;
        let mut hasher = Sha256::new();
        let mut buffer = vec![0; BUFFER];
        let mut size = 0;
        loop {
            let read = file.read(&mut buffer)?;
            let Some(part) = buffer.get(..read).filter(|part| !part.is_empty()) else { break };
            hasher.update(part);
            out.write_all(part)?;
            size += part.len() as u64;
        }
        Ok((size, hex::encode(hasher.finalize())))
    };
    read().map_err(|error| Error::file(path, error))
}

/// Every regular file below the folder; links are not followed.
pub(super) fn files_below(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = match fs::read_dir(&folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            entries => entries.map_err(|error| Error::file(&folder, error))?,
        };
        for entry in entries {
            let entry = entry.map_err(|error| Error::file(&folder, error))?;
            let kind = entry.file_type().map_err(|error| Error::file(&entry.path(), error))?;
            if kind.is_dir() {
                folders.push(entry.path());
            } else if kind.is_file() {
                files.push(entry.path());
            }
        }
    }
    Ok(files)
}
