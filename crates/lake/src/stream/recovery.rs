//! What stands in the log's folder at start: its files, their offsets, and what is damaged.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::cursor::{Cursor, Fetched};
use super::recent::{RecentKeys, Written, key_name};

/// What was found in the log at start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Recovery {
    /// Whole frames.
    pub frames: u64,
    /// Places where bytes held no whole frame inside the log: each lost its frame only.
    pub damaged: u64,
    /// Bytes of an unfinished write at the end of the last file; it was never acknowledged.
    pub torn_bytes: u64,
}

/// One file of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LogPart {
    pub(super) path: PathBuf,
    /// Offset of its first frame.
    pub(super) first: u64,
    /// Bytes that are durable.
    pub(super) bytes: u64,
    /// Tells it from every other file that this process has known, one of the same name included.
    pub(super) serial: u64,
}

/// The log as its folder shows it.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) parts: Vec<LogPart>,
    /// The offset after the last frame found.
    pub(super) next: u64,
    pub(super) keys: RecentKeys,
    pub(super) recovery: Recovery,
}

/// Reads the whole log once.
pub(super) fn survey(folder: &Path) -> io::Result<Found> {
    let mut found = Found::default();
    let mut paths: Vec<(u64, PathBuf)> = fs::read_dir(folder)?
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .filter_map(|path| Some((first_offset(&path)?, path)))
        .collect();
    paths.sort();
    let mut following: Vec<Option<u64>> = paths.iter().skip(1).map(|(first, _)| Some(*first)).collect();
    following.push(None);
    for ((first, path), following) in paths.into_iter().zip(following) {
        found.next = found.next.max(first);
        survey_part(&mut found, path, first, following)?;
    }
    Ok(found)
}

/// Reads one file. Frames at or behind the first offset of the `following` file are what a failed sync left: they do not count.
fn survey_part(found: &mut Found, path: PathBuf, first: u64, following: Option<u64>) -> io::Result<()> {
    let last = following.is_none();
    let length = fs::metadata(&path)?.len();
    let mut cursor = Cursor::open(&path, first)?;
    let mut whole_until = 0;
    loop {
        match cursor.next(length)? {
            Fetched::Frame(frame) if following.is_some_and(|following| frame.offset >= following) => {}
            Fetched::Frame(frame) => {
                whole_until = cursor.position();
                found.recovery.frames += 1;
                found.next = found.next.max(frame.offset.saturating_add(1));
                if let Some(key) = &frame.batch.idempotency_key {
                    let written = Written { offset: frame.offset, body_crc: crc32c::crc32c(&frame.batch.body) };
                    found.keys.insert(key_name(frame.batch.org, key), written);
                }
            }
            Fetched::Damage { bytes } if cursor.position() == length && last => found.recovery.torn_bytes += bytes,
            Fetched::Damage { .. } => found.recovery.damaged += 1,
            Fetched::End => break,
        }
    }
    let bytes = if last { whole_until } else { length };
    let serial = found.parts.len() as u64;
    found.parts.push(LogPart { path, first, bytes, serial });
    Ok(())
}

/// The name of the file whose first frame has that offset.
pub(super) fn part_name(first: u64) -> String {
    format!("{first:020}.log")
}

fn first_offset(path: &Path) -> Option<u64> {
    let name = path.file_name()?.to_str()?;
    name.strip_suffix(".log")?.parse().ok()
}
