//! Backup and restore: a consistent copy of the database while it works, the files that it names, the keys, and a manifest with the
//! hash of each. The manifest is written last: without it, it is no backup.

pub(crate) mod hold;
mod manifest;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use hikeshi_lake::catalogue::Catalogue;
use jiff::Timestamp;

use crate::backend::Backend;
use crate::chain::Checkpoint;
use crate::error::{Error, Result};
use crate::progress::{Progress, Stage};
use crate::seal::KEYS;
use crate::store::{self, Settings, Store};
use hold::Hold;
pub use manifest::{Manifest, ManifestFile};

const DATABASE: &str = "database";
const FILES: &str = "files";

/// Whether the key files go into a backup.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keys {
    /// They do: whoever holds the backup can read everything.
    Included,
    /// They do not: whoever restores it must bring them.
    LeftOut,
}

impl Store {
    /// Makes a backup in a folder that is empty or not there, while others read and write.
    pub async fn backup(&self, target: &Path, keys: Keys) -> Result<Manifest> {
        let checkpoint = self.checkpoint().await?;
        let checkpoint = Some(checkpoint);
        make(self.backend(), self.data(), target, Part::Everything, keys, checkpoint, self.progress()).await
    }
}

/// What a backup covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// Database and files.
    Everything,
    /// The database only: before a migration, which touches nothing else.
    Database,
}

pub(crate) async fn make(
    backend: &Arc<dyn Backend>,
    data: &Path,
    target: &Path,
    part: Part,
    keys: Keys,
    checkpoint: Option<Checkpoint>,
    progress: &Progress,
) -> Result<Manifest> {
    empty_folder(target)?;
    let database = target.join(DATABASE);
    fs::create_dir_all(&database).map_err(|error| Error::file(&database, error))?;
    let hold = Hold::new(data)?;
    if part == Part::Everything {
        hold.take()?;
    }
    backend.copy_into(&database).await?;
    if part == Part::Everything {
        hold.take()?;
        hold.put_into(&target.join(FILES), progress)?;
    }
    drop(hold);
    if keys == Keys::Included {
        copy_keys(&data.join(KEYS), &target.join(KEYS))?;
    }
    let manifest = Manifest::of(target, Timestamp::now(), backend.name(), keys == Keys::Included, checkpoint, progress)?;
    manifest.write(target)?;
    Ok(manifest)
}

/// Puts a backup into a data directory (and a database) where nothing is yet, checks every file against the manifest, and verifies the
/// chain. `keys` is the folder of the key files where the backup was made without them.
///
/// # Errors
/// When the target is not empty, a file is not what the manifest says, or the restored chain does not hold.
pub async fn restore(from: &Path, settings: Settings, keys: Option<&Path>) -> Result<Manifest> {
    let manifest = Manifest::read(from)?;
    let data = settings.data().to_owned();
    empty_folder(&data)?;
    let backend = store::backend(&settings)?;
    if manifest.database != backend.name() {
        let (theirs, ours) = (&manifest.database, backend.name());
        return Err(Error::Invalid(format!("the backup is of a {theirs} record; it cannot be restored into {ours}")));
    }
    if !backend.is_empty().await? {
        return Err(Error::Invalid("the database is not empty; restore into an empty one".to_owned()));
    }
    let held = from.join(KEYS);
    let keys = keys.unwrap_or(&held);
    if !keys.is_dir() {
        return Err(Error::file(keys, "is missing: the backup was made without the key files; bring them"));
    }
    let mut stretch = settings.told().stage(Stage::Restoring, manifest.files.iter().map(|file| file.size_bytes).sum());
    for file in &manifest.files {
        let source = file.below(from)?;
        match file.path.split_once('/') {
            Some((FILES, name)) => file.copy(&source, &data.join(name), &mut stretch)?,
            _ => file.copy(&source, &data.join(".restore").join(&file.path), &mut stretch)?,
        }
    }
    backend.fill_from(&data.join(".restore").join(DATABASE)).await?;
    copy_keys(keys, &data.join(KEYS))?;
    let scratch = data.join(".restore");
    fs::remove_dir_all(&scratch).map_err(|error| Error::file(&scratch, error))?;
    checked(settings, &manifest).await?;
    Ok(manifest)
}

/// Opens the restored record once and verifies it against the manifest's checkpoint.
async fn checked(settings: Settings, manifest: &Manifest) -> Result<()> {
    let store = Store::open(settings).await?;
    let outside: Vec<Checkpoint> = manifest.checkpoint.iter().cloned().collect();
    let verification = store.verify(&outside).await?;
    let lacking = lacking(&store).await?;
    store.close().await;
    match verification.first_bad {
        None => lacking.map_or(Ok(()), |why| Err(Error::Corrupt(why))),
        Some(bad) => Err(Error::Corrupt(format!("the restored chain does not hold at {}: {}", bad.seq, bad.why))),
    }
}

/// Segments that the restored catalogue names and whose files did not come with it.
async fn lacking(store: &Store) -> Result<Option<String>> {
    let files = manifest::files_below(store.data())?;
    let parquet = files.iter().filter(|path| path.extension().is_some_and(|extension| extension == "parquet"));
    let held: BTreeSet<String> = parquet.filter_map(|path| Some(path.file_stem()?.to_string_lossy().into_owned())).collect();
    let named = store.catalogue().segments().await.map_err(|error| Error::Unavailable(error.to_string()))?;
    let lacking: Vec<String> = named.iter().map(|row| row.id.to_string()).filter(|id| !held.contains(id)).collect();
    let words = |first: &String| {
        let count = lacking.len();
        format!(
            "the record is restored and holds, but the backup lacks {count} segments of telemetry that it names, the first of them {first}"
        )
    };
    Ok(lacking.first().map(words))
}

fn empty_folder(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).map_err(|error| Error::file(folder, error))?;
    let mut entries = fs::read_dir(folder).map_err(|error| Error::file(folder, error))?;
    match entries.next() {
        None => Ok(()),
        Some(_) => Err(Error::file(folder, "is not empty; name an empty folder")),
    }
}

/// Copies the key files, for their owner's eyes only.
fn copy_keys(from: &Path, to: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::create_dir_all(to).map_err(|error| Error::file(to, error))?;
    for path in manifest::files_below(from)? {
        let target = to.join(path.file_name().unwrap_or_default());
        let copy = || -> std::io::Result<()> {
            let file = fs::File::create_new(&target)?;
            file.set_permissions(fs::Permissions::from_mode(0o600))?;
            fs::copy(&path, &target)?;
            file.sync_all()
        };
        copy().map_err(|error| Error::file(&target, error))?;
    }
    Ok(())
}
