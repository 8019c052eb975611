//! What goes through the pipe: a length, a head as JSON, and the bytes that the head counts.
//!
//! The reading side trusts nothing: a head has a largest length, and so has what follows it.

use std::io::{self, Read, Write};

use hikeshi_event::Defect;
use serde::{Deserialize, Serialize};

/// The longest head: a block's defects are its bulk.
const LONGEST_HEAD: usize = 4 << 20;
/// The most bytes that one block of input may become.
const LARGEST_BODY: u64 = 64 << 20;

/// The head of a frame.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Head {
    /// The first frame: walls that are not there.
    Started {
        /// As sentences.
        missing: Vec<String>,
    },
    /// What one block of the input gave.
    Block {
        /// The place inside the file: empty, or `!member`.
        inside: String,
        /// Names of formats, and how many bytes of lines follow for each.
        parts: Vec<(String, u64)>,
        events: u64,
        bytes: u64,
        disk_bytes: u64,
        defects: Vec<Defect>,
    },
    /// All that a worker says of a file that is no stream of records; so many bytes follow.
    Answer { bytes: u64 },
    /// The last frame. A worker that ends without it did not end well.
    Ended { events: u64, bytes: u64, disk_bytes: u64, defects: u64 },
}

/// Writes a frame.
pub(crate) fn write(out: &mut dyn Write, head: &Head, parts: &[&[u8]]) -> io::Result<()> {
    let text = serde_json::to_vec(head)?;
    let length = u32::try_from(text.len()).map_err(|_| io::Error::other("a head too long"))?;
    out.write_all(&length.to_le_bytes())?;
    out.write_all(&text)?;
    parts.iter().try_for_each(|part| out.write_all(part))?;
    out.flush()
}

/// Reads the head of the next frame; `None` at the end.
pub(crate) fn read(input: &mut dyn Read) -> io::Result<Option<Head>> {
    let mut length = [0; 4];
    match input.read(&mut length)? {
        0 => return Ok(None),
        count => input.read_exact(length.get_mut(count..).unwrap_or_default())?,
    }
    let length = u32::from_le_bytes(length) as usize;
    if length > LONGEST_HEAD {
        return Err(io::Error::new(io::ErrorKind::InvalidData, format!("a head of {length} bytes")));
    }
    let mut text = vec![0; length];
    input.read_exact(&mut text)?;
    serde_json::from_slice(&text).map(Some).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

/// Reads one part of a frame. `left` is what the frame may still hold.
pub(crate) fn read_part(input: &mut dyn Read, length: u64, left: &mut u64) -> io::Result<Vec<u8>> {
    *left = left.checked_sub(length).ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "a block too large"))?;
    let mut part = Vec::new();
    if input.take(length).read_to_end(&mut part)? as u64 == length { Ok(part) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

/// What a frame may hold before its first part.
pub(crate) const fn largest_body() -> u64 {
    LARGEST_BODY
}
