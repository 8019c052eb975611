//! What the log asks of a file system, as a trait, so that its faults can be tried.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

/// Free and total bytes of the file system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Space {
    pub(crate) free_bytes: u64,
    pub(crate) total_bytes: u64,
}

impl Space {
    /// What is kept free of telemetry.
    pub(crate) fn reserve_bytes(self, percent: u8) -> u64 {
        self.total_bytes / 100 * u64::from(percent)
    }
}

/// The file system under a log.
pub(crate) trait Disk: Send + Sync + 'static {
    /// Creates a file that is not there and makes its name durable.
    fn create(&self, path: &Path) -> io::Result<Box<dyn LogFile>>;

    /// How much room is left where `folder` is.
    fn space(&self, folder: &Path) -> io::Result<Space>;
}

/// A file that is only appended to.
pub(crate) trait LogFile: Send {
    /// Writes all bytes at the end.
    fn append(&mut self, bytes: &[u8]) -> io::Result<()>;

    /// Returns when all that was appended is on the medium.
    fn sync(&mut self) -> io::Result<()>;

    /// Cuts the file back to a length that was synced before.
    fn cut(&mut self, length: u64) -> io::Result<()>;
}

/// The file system of this machine.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LocalDisk;

impl Disk for LocalDisk {
    fn create(&self, path: &Path) -> io::Result<Box<dyn LogFile>> {
        let file = OpenOptions::new().append(true).create_new(true).open(path)?;
        if let Some(folder) = path.parent() {
            sync_folder(folder)?;
        }
        Ok(Box::new(file))
    }

    fn space(&self, folder: &Path) -> io::Result<Space> {
        let found = rustix::fs::statvfs(folder)?;
        Ok(Space { free_bytes: found.f_bavail * found.f_frsize, total_bytes: found.f_blocks * found.f_frsize })
    }
}

impl LogFile for File {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.write_all(bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.sync_data()
    }

    fn cut(&mut self, length: u64) -> io::Result<()> {
        self.set_len(length)
    }
}

/// Makes the names in a folder durable.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Makes a folder and those above it that are not there, each name durable. When that fails, what was made goes again, so that the
/// next attempt does not take it for durable.
///
/// # Errors
/// When one of them cannot be made or synced.
pub fn make_folder(folder: &Path) -> io::Result<()> {
    if folder.as_os_str().is_empty() || folder.is_dir() {
        return Ok(());
    }
    let parent = folder.parent().unwrap_or(Path::new("/"));
    make_folder(parent)?;
    match std::fs::create_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        made => made?,
    }
    let parent = if parent.as_os_str().is_empty() { Path::new(".") } else { parent };
    sync_folder(parent).inspect_err(|_| {
        // Empty as it is, it can be made again.
        let _ = std::fs::remove_dir(folder);
    })
}
