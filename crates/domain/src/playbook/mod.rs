//! The procedure as data: the files of `playbook/`, carried by the program, replaceable file by file for an organisation.
//!
//! A file that is wrong is refused with its name, the line and what was expected there; nothing is guessed. This module knows
//! files and errors; what stands in a file is known by the module that the file is for (`phrases`, `procedure`, `clock`).

use std::collections::BTreeMap;
use std::fmt;

use serde::de::DeserializeOwned;
use serde_saphyr::Location;

static SHIPPED: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/playbook.rs"));

/// A playbook file says something that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.under("playbook"))]
pub struct PlaybookError {
    /// The file, from `playbook/` on.
    pub file: String,
    /// The line, from 1; 0 where the whole file is meant.
    pub line: u64,
    /// What was found and what was expected instead.
    pub expected: String,
}

impl PlaybookError {
    /// An error that names a line.
    pub fn at(file: &str, line: u64, expected: impl fmt::Display) -> Self {
        PlaybookError { file: file.to_owned(), line, expected: expected.to_string() }
    }

    /// The message, with the file where somebody finds it: below this folder.
    pub fn under(&self, folder: &str) -> String {
        let line = if self.line == 0 { String::new() } else { format!(":{}", self.line) };
        format!("{}/{}{line}: {}", folder.trim_end_matches('/'), self.file, self.expected)
    }
}

/// The files in force: the shipped ones, with those of an organisation laid over them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Files {
    own: BTreeMap<String, String>,
}

impl Files {
    /// The shipped files alone.
    pub fn shipped() -> Self {
        Files::default()
    }

    /// The same files with an organisation's own ones over them: path from `playbook/` on, and the whole text. New ones are taken where
    /// a file is found by its name: drills, and calendars of holidays.
    ///
    /// # Errors
    /// When another path names no shipped file: most likely a slip of the pen that would go unseen.
    pub fn with_own(own: BTreeMap<String, String>) -> Result<Self, PlaybookError> {
        match own.keys().find(|path| shipped(path).is_none() && !may_be_new(path)) {
            Some(path) => Err(PlaybookError::at(path, 0, "no such playbook file; expected the path of a shipped one, e.g. `matrix.yaml`")),
            None => Ok(Files { own }),
        }
    }

    /// Own files of a folder such as `calendars/` that are laid over no shipped one, in order of path.
    pub fn new_under<'a>(&'a self, folder: &'a str) -> impl Iterator<Item = &'a str> {
        self.own.keys().map(String::as_str).filter(move |path| path.starts_with(folder) && shipped(path).is_none())
    }

    /// The text of one file.
    pub fn text(&self, path: &str) -> Option<&str> {
        self.own.get(path).map(String::as_str).or_else(|| shipped(path))
    }

    /// The files of a folder such as `phrases/`, in order of path.
    pub fn under<'a>(&'a self, folder: &str) -> BTreeMap<&'a str, &'a str> {
        let shipped = SHIPPED.iter().copied();
        let own = self.own.iter().map(|(path, text)| (path.as_str(), text.as_str()));
        shipped.chain(own).filter(|(path, _)| path.starts_with(folder)).collect()
    }

    /// Reads one file as `T`.
    ///
    /// # Errors
    /// When the file is missing or does not have the shape of `T`; the error names the line.
    pub fn read<T: DeserializeOwned>(&self, path: &str) -> Result<T, PlaybookError> {
        let text = self.text(path).ok_or_else(|| PlaybookError::at(path, 0, "file is missing"))?;
        parse(path, text)
    }
}

fn may_be_new(path: &str) -> bool {
    ["calendars/", "drills/"].iter().any(|folder| path.strip_prefix(folder).is_some_and(|name| !name.contains('/')))
}

/// The text of a shipped file, e.g. `phrases/domain.yaml`.
pub fn shipped(path: &str) -> Option<&'static str> {
    SHIPPED.iter().find(|(name, _)| *name == path).map(|(_, text)| *text)
}

/// Reads YAML as `T`.
///
/// # Errors
/// When the text does not have the shape of `T`; the error names the line.
pub fn parse<T: DeserializeOwned>(path: &str, text: &str) -> Result<T, PlaybookError> {
    serde_saphyr::from_str(text).map_err(|error| {
        let line = error.location().map_or(0, |location: Location| location.line());
        let message = error.without_snippet().to_string();
        PlaybookError::at(path, line, without_place(message.lines().next().unwrap_or_default()))
    })
}

/// A message of the YAML reader without the line and column at its end: the error names the place before it.
fn without_place(message: &str) -> &str {
    message.rsplit_once(" at line ").filter(|(_, place)| place.contains(", column ")).map_or(message, |(before, _)| before)
}
