//! The objects' seam: samples, reports, cited events. Immutable, named by their SHA-256.
//!
//! The local side writes beside, syncs, renames, and syncs the folder, so that an object is whole or not there.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use async_trait::async_trait;
use bytes::Bytes;
use sha2::{Digest, Sha256};

use crate::stream::{make_folder, sync_folder};

/// Names an object: SHA-256 of its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectId(pub [u8; 32]);

impl ObjectId {
    /// The name of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        ObjectId(Sha256::digest(bytes).into())
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// A text that names no object.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` names no object: 64 hexadecimal digits do")]
pub struct NoObjectId(String);

impl FromStr for ObjectId {
    type Err = NoObjectId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || NoObjectId(text.to_owned());
        let mut id = [0; 32];
        if text.len() != 64 {
            return Err(wrong());
        }
        for (place, byte) in id.iter_mut().enumerate() {
            let digits = text.get(place * 2..place * 2 + 2).ok_or_else(wrong)?;
            *byte = u8::from_str_radix(digits, 16).map_err(|_| wrong())?;
        }
        Ok(ObjectId(id))
    }
}

/// Where objects are kept.
#[async_trait]
pub trait Objects: Send + Sync {
    /// Keeps an object; durable when this returns. The same bytes again change nothing.
    async fn put(&self, bytes: Bytes) -> io::Result<ObjectId>;

    /// The bytes of an object, checked against its name.
    ///
    /// # Errors
    /// `NotFound` where there is none, `InvalidData` where the bytes are not those that were kept.
    async fn get(&self, id: ObjectId) -> io::Result<Bytes>;
}

/// Objects in a folder: `objects/<first two digits>/<rest>`.
#[derive(Debug, Clone)]
pub struct LocalObjects {
    folder: PathBuf,
}

impl LocalObjects {
    /// Objects in that folder; it is made if it is not there.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn open(folder: impl Into<PathBuf>) -> io::Result<Self> {
        let folder = folder.into();
        make_folder(&folder)?;
        Ok(LocalObjects { folder })
    }

    fn place(&self, id: ObjectId) -> (PathBuf, String) {
        let name = id.to_string();
        let (shelf, rest) = name.split_at(2);
        (self.folder.join(shelf), rest.to_owned())
    }

    fn write(&self, bytes: &[u8]) -> io::Result<ObjectId> {
        let id = ObjectId::of(bytes);
        let (shelf, name) = self.place(id);
        make_folder(&shelf)?;
        if shelf.join(&name).is_file() {
            // Whoever put it here may have been stopped before its name was durable.
            sync_folder(&shelf)?;
            return Ok(id);
        }
        let beside = shelf.join(format!(".{name}.{}", uuid::Uuid::now_v7().simple()));
        let kept = write_synced(&beside, bytes).and_then(|()| fs::rename(&beside, shelf.join(&name)));
        if kept.is_err() {
            // What could not be finished is not there; a leftover is harmless and has a name that no object has.
            let _ = fs::remove_file(&beside);
        }
        kept?;
        sync_folder(&shelf)?;
        Ok(id)
    }

    fn read(&self, id: ObjectId) -> io::Result<Bytes> {
        let (shelf, name) = self.place(id);
        let bytes = fs::read(shelf.join(name))?;
        if ObjectId::of(&bytes) == id {
            Ok(bytes.into())
        } else {
            Err(io::Error::new(io::ErrorKind::InvalidData, format!("object {id} is damaged")))
        }
    }
}

#[async_trait]
impl Objects for LocalObjects {
    async fn put(&self, bytes: Bytes) -> io::Result<ObjectId> {
        let objects = self.clone();
        tokio::task::spawn_blocking(move || objects.write(&bytes)).await.map_err(io::Error::other)?
    }

    async fn get(&self, id: ObjectId) -> io::Result<Bytes> {
        let objects = self.clone();
        tokio::task::spawn_blocking(move || objects.read(id)).await.map_err(io::Error::other)?
    }
}

fn write_synced(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_object_is_found_by_its_hash_and_kept_once() {
        let folder = tempfile::tempdir().unwrap();
        let objects = LocalObjects::open(folder.path()).unwrap();
        let id = objects.put(Bytes::from_static(b"evidence")).await.unwrap();
        assert_eq!(objects.put(Bytes::from_static(b"evidence")).await.unwrap(), id);
        assert_eq!(objects.get(id).await.unwrap(), Bytes::from_static(b"evidence"));
        assert_eq!(id.to_string().parse(), Ok(id), "its name is told and read");
        assert!(["", "0x", &"g".repeat(64), &"é".repeat(32)].iter().all(|text| text.parse::<ObjectId>().is_err()));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[tokio::test]
    async fn a_damaged_object_is_not_handed_out() {
        let folder = tempfile::tempdir().unwrap();
        let objects = LocalObjects::open(folder.path()).unwrap();
        let id = objects.put(Bytes::from_static(b"evidence")).await.unwrap();
        let (shelf, name) = objects.place(id);
        fs::write(shelf.join(name), b"evidencE").unwrap();
        assert_eq!(objects.get(id).await.unwrap_err().kind(), io::ErrorKind::InvalidData);
        assert_eq!(objects.get(ObjectId([0; 32])).await.unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}
