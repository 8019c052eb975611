//! What was wrong with foreign bytes: data, not failure.

use serde::{Deserialize, Serialize};

/// A part of an input that could not be read, or was refused. Everything that could be read came out beside it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Defect {
    /// Where: a path, `archive.zip!member.evtx`, or the name of a batch.
    pub path: String,
    /// Where inside: byte offset of a record or chunk, or line number from 1, as `kind` says.
    pub position: Option<u64>,
    /// What kind of fault.
    pub kind: DefectKind,
    /// One line for people: what was found, what was expected.
    pub detail: String,
}

/// The kinds of fault that a caller may treat apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DefectKind {
    /// The bytes break the format. `position` is a byte offset (binary) or a line number (text).
    Malformed,
    /// The input ends in the middle of a record.
    Truncated,
    /// A limit stopped the reader; `detail` names it. Never to be shown as clean.
    Refused,
    /// No reader knows the format.
    UnknownFormat,
    /// The record has no host, no time, or an implausible one.
    Incomplete,
    /// The input could not be opened or read.
    Io,
    /// What was asked for by its name is not there, cannot be opened, or is no regular file.
    Missing,
}

impl Defect {
    /// A defect at a place.
    pub fn new(path: impl Into<String>, position: Option<u64>, kind: DefectKind, detail: impl Into<String>) -> Self {
        Defect { path: path.into(), position, kind, detail: detail.into() }
    }
}
