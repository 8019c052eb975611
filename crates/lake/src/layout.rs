//! Where the lake's files lie: `log/`, `aside/`, `events/` and `matches/` with a folder an organisation and day, `objects/`.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use uuid::Uuid;

use crate::catalogue::{SegmentKind, SegmentRow};
use crate::stream::make_folder;

/// The folder of a lake.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    root: PathBuf,
}

impl Layout {
    pub(crate) fn new(root: &Path) -> Self {
        Layout { root: root.to_owned() }
    }

    /// Folder of events that no segment took.
    pub(crate) fn aside(&self) -> PathBuf {
        self.root.join("aside")
    }

    /// The folder of the stream.
    pub(crate) fn log(&self) -> PathBuf {
        self.root.join("log")
    }

    /// The folder of a segment. The names `org=` and `day=` are read as columns by other tools, too.
    pub(crate) fn folder(&self, segment: &SegmentRow) -> PathBuf {
        let table = self.root.join(segment.kind.name());
        table.join(format!("org={}", segment.org)).join(format!("day={}", segment.day))
    }

    /// The Parquet file of a segment.
    pub(crate) fn data(&self, segment: &SegmentRow) -> PathBuf {
        self.folder(segment).join(format!("{}.parquet", segment.id))
    }

    /// The index file of a segment.
    pub(crate) fn index(&self, segment: &SegmentRow) -> PathBuf {
        self.folder(segment).join(format!("{}.idx", segment.id))
    }

    /// Makes the folder of a segment, durably.
    pub(crate) fn make_folder(&self, segment: &SegmentRow) -> io::Result<()> {
        make_folder(&self.folder(segment))
    }

    /// Deletes the files of a segment that the catalogue no longer names. One that is gone already is no fault.
    pub(crate) fn delete(&self, segment: &SegmentRow) -> io::Result<()> {
        for path in [self.data(segment), self.index(segment)] {
            match fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }

    /// Deletes every file that belongs to no committed segment: what a crash left behind. Returns how many.
    pub(crate) fn sweep(&self, committed: &dyn Fn(Uuid) -> bool) -> io::Result<usize> {
        let mut swept = 0;
        for kind in [SegmentKind::Events, SegmentKind::Matches] {
            for path in files_below(&self.root.join(kind.name()), 2)? {
                let id = path.file_stem().and_then(|stem| stem.to_str()).and_then(|stem| stem.split('.').next()?.parse().ok());
                if !id.is_some_and(committed) {
                    fs::remove_file(&path)?;
                    swept += 1;
                }
            }
        }
        Ok(swept)
    }
}

/// Files of a folder and of folders so deep below it; none where it is not there.
pub(crate) fn files_below(folder: &Path, depth: usize) -> io::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.is_file() {
            files.push(path);
        } else if depth > 0 {
            files.extend(files_below(&path, depth - 1)?);
        }
    }
    Ok(files)
}
