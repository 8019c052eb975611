//! The list of inputs: what the user named, with patterns and folders opened up.

use std::cmp::Ordering;
use std::fs::File;
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
/// (`evidence/**/*.evtx`), or a member of an archive (`a.zip!b.evtx`). Sorted by path, each file once; a name that gives
/// nothing is an [`DefectKind::Io`] defect.
pub fn expand(names: &[String]) -> (Vec<Input>, Vec<Defect>) {
    let mut inputs = Vec::new();
    let mut defects = Vec::new();
    for name in names {
        if let Err(defect) = expand_one(name, &mut inputs) {
            defects.push(defect);
        }
    }
    inputs.sort();
    inputs.dedup_by(|later, earlier| later.path == earlier.path && (earlier.member.is_none() || earlier.member == later.member));
    (inputs, defects)
}

fn expand_one(name: &str, inputs: &mut Vec<Input>) -> Result<(), Defect> {
    let path = Path::new(name);
    if path.is_dir() {
        return folder(path, inputs);
    }
    if path.exists() {
        inputs.push(Input::file(path));
        return Ok(());
    }
    if let Some((archive, member)) = name.split_once('!')
        && Path::new(archive).is_file()
    {
        inputs.push(Input { member: Some(member.to_owned()), ..Input::file(archive) });
        return Ok(());
    }
    if !glob::is_pattern(name) {
        return Err(Defect::new(name, None, DefectKind::Io, "no such file or folder"));
    }
    let found = glob::files(name);
    if found.is_empty() {
        return Err(Defect::new(name, None, DefectKind::Io, "no file matches the pattern"));
    }
    for path in found {
        if path.is_dir() {
            folder(&path, inputs)?;
        } else {
            inputs.push(Input::file(path));
        }
    }
    Ok(())
}

fn folder(path: &Path, inputs: &mut Vec<Input>) -> Result<(), Defect> {
    let mut folders = vec![path.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = std::fs::read_dir(&folder)
            .map_err(|error| Defect::new(folder.display().to_string(), None, DefectKind::Io, format!("cannot list the folder: {error}")))?;
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
