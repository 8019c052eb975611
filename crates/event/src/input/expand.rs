//! The list of inputs: what the user named, with patterns and folders opened up.

use std::cmp::Ordering;
use std::fs::{File, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::defect::{Defect, DefectKind};

use super::glob;

/// One file to read, or the members of it that the user asked for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Input {
    pub(crate) path: PathBuf,
    /// `Some("b.evtx")` for `a.zip!b.evtx`: this member, or what is inside it.
    pub(crate) member: Option<String>,
    size_bytes: u64,
    /// Read instead of the path, where somebody opened it already.
    pub(crate) opened: Option<Opened>,
}

/// An open file. Two inputs are told apart by their names; this is only a way to their bytes.
#[derive(Debug, Clone)]
pub(crate) struct Opened(pub(crate) Arc<File>);

impl PartialEq for Opened {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Opened {}

impl PartialOrd for Opened {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Opened {
    fn cmp(&self, _: &Self) -> Ordering {
        Ordering::Equal
    }
}

impl Input {
    /// One file.
    pub fn file(path: impl Into<PathBuf>) -> Input {
        let path = path.into();
        let size_bytes = std::fs::metadata(&path).map_or(0, |metadata| metadata.len());
        Input { path, member: None, size_bytes, opened: None }
    }

    /// A file that is open already, under the name that records and defects are to carry; `member` is the one member of an
    /// archive that is wanted. Its size is as given, so that nothing asks the system again.
    pub fn opened(file: File, name: impl Into<PathBuf>, size_bytes: u64, member: Option<String>) -> Input {
        Input { path: name.into(), member, size_bytes, opened: Some(Opened(Arc::new(file))) }
    }

    /// The member of an archive that is asked for, where not all of the file is.
    pub fn member(&self) -> Option<&str> {
        self.member.as_deref()
    }

    /// The file's path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The file's size when it was listed, for progress.
    pub fn size_bytes(&self) -> u64 {
        self.size_bytes
    }
}

/// Opens up what the user named: a file, a folder (all files below it, symbolic links to folders not followed), a pattern
/// (`evidence/**/*.evtx`), or a member of an archive (`a.zip!b.evtx`). Sorted by path, each file once. A name that gives nothing, or
/// cannot be opened, is a [`DefectKind::Missing`] defect; a folder met on the way that cannot be listed is an [`DefectKind::Io`] one.
pub fn expand(names: &[String]) -> (Vec<Input>, Vec<Defect>) {
    let mut inputs = Vec::new();
    let mut defects = Vec::new();
    for name in names {
        if let Err(detail) = expand_one(name, &mut inputs, &mut defects) {
            defects.push(Defect::new(name, None, DefectKind::Missing, detail));
        }
    }
    inputs.sort();
    inputs.dedup_by(|later, earlier| later.path == earlier.path && (earlier.member.is_none() || earlier.member == later.member));
    (inputs, defects)
}

fn expand_one(name: &str, inputs: &mut Vec<Input>, defects: &mut Vec<Defect>) -> Result<(), String> {
    let path = Path::new(name);
    let absent = match std::fs::metadata(path) {
        Ok(found) if found.is_dir() => return folder(path, inputs, defects),
        Ok(found) => {
            readable(path, &found)?;
            inputs.push(Input::file(path));
            return Ok(());
        }
        Err(error) => error,
    };
    if let Some((archive, member)) = name.split_once('!')
        && let Ok(found) = std::fs::metadata(archive)
        && !found.is_dir()
    {
        readable(Path::new(archive), &found)?;
        inputs.push(Input { member: Some(member.to_owned()), ..Input::file(archive) });
        return Ok(());
    }
    if !glob::is_pattern(name) {
        return Err(match absent.kind() {
            _ if name == "-" => "standard input is not read: write it to a file, and name the file".to_owned(),
            io::ErrorKind::NotFound => "no such file or folder".to_owned(),
            _ => absent.to_string(),
        });
    }
    let before = inputs.len();
    for path in glob::files(name) {
        if path.is_file() {
            inputs.push(Input::file(path));
        } else if path.is_dir()
            && let Err(detail) = folder(&path, inputs, defects)
        {
            defects.push(Defect::new(path.display().to_string(), None, DefectKind::Io, detail));
        }
    }
    if inputs.len() == before { Err("no file matches the pattern".to_owned()) } else { Ok(()) }
}

/// Why a file cannot be read. A pipe or a device would keep the reader waiting, and cannot be read twice.
fn readable(path: &Path, found: &Metadata) -> Result<(), String> {
    if !found.is_file() {
        return Err("not a regular file: write what comes from it to a file, and name the file".to_owned());
    }
    File::open(path).map(drop).map_err(|error| error.to_string())
}

/// All files below a folder. Those below that cannot be listed are passed over and told.
fn folder(top: &Path, inputs: &mut Vec<Input>, defects: &mut Vec<Defect>) -> Result<(), String> {
    let mut folders = vec![top.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = match std::fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if folder == top => return Err(format!("cannot list the folder: {error}")),
            Err(error) => {
                let detail = format!("cannot list the folder: {error}");
                defects.push(Defect::new(folder.display().to_string(), None, DefectKind::Io, detail));
                continue;
            }
        };
        for entry in entries.flatten() {
            let path = entry.path();
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => folders.push(path),
                _ if path.is_file() => inputs.push(Input::file(path)),
                _ => {}
            }
        }
    }
    Ok(())
}
