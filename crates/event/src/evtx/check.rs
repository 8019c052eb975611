//! What a chunk and its records say of themselves, held against what is there: sizes, counts, checksums.
//!
//! Checksums are told and not enforced: of a log that is still written to, a copy may hold records that its chunk's header does not
//! know of yet.

use crc32fast::Hasher;

use crate::defect::DefectKind;
use crate::json::Fault;

use super::direct::{HEADER, MAGIC};
use super::{CHUNK_BYTES, CHUNK_HEADER_BYTES};

/// Where a chunk's header says that the free space begins.
pub(super) const FREE_AT: usize = 48;
/// The flag of a chunk that carries no checksums.
const NO_CHECKSUMS: u64 = 4;
/// More records than fit into a chunk: what counts more counts wrong.
const MOST_RECORDS: u64 = (CHUNK_BYTES / HEADER) as u64;

/// A little-endian number of the chunk; 0 beyond its end.
pub(super) fn number(chunk: &[u8], at: usize, width: usize) -> u64 {
    let bytes = chunk.get(at..at.saturating_add(width)).unwrap_or_default();
    bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// Whether a record that begins and ends here is there to its end, where its size stands once more.
pub(super) fn is_whole(chunk: &[u8], start: usize, end: usize) -> bool {
    let size = chunk.get(start.saturating_add(4)..start.saturating_add(8));
    size.is_some() && size == chunk.get(end.saturating_sub(4)..end)
}

/// Where the records of a cut chunk end that are whole, and the record that the cut is in.
pub(super) fn whole_part(chunk: &[u8]) -> (usize, Option<Fault>) {
    let free = number(chunk, FREE_AT, 4) as usize;
    let mut at = CHUNK_HEADER_BYTES;
    while at < free && chunk.get(at..at + 4) == Some(MAGIC) {
        let end = at.saturating_add(number(chunk, at + 4, 4).max(HEADER as u64 + 4) as usize);
        if end > chunk.len() || chunk.len() < at + HEADER {
            let numbered = chunk.get(at + 8..at + 16).map(|_| number(chunk, at + 8, 8));
            return (at, Some(cut_off(numbered)));
        }
        at = end;
    }
    (free.min(chunk.len()), None)
}

/// What is said of a record that is left out.
pub(super) fn cut_off(record_id: Option<u64>) -> Fault {
    let named = record_id.map_or_else(|| "a record".to_owned(), |id| format!("record {id}"));
    Fault::new(DefectKind::Truncated, format!("{named} is cut off or overwritten before its end; it is left out"))
}

/// What the header of a chunk says else than what was found: records that are missing, bytes that were changed.
pub(super) fn against_header(chunk: &[u8], found: u64, tell: &mut dyn FnMut(Fault)) {
    if chunk.len() < CHUNK_HEADER_BYTES {
        return; // That it is cut is told already.
    }
    let free = number(chunk, FREE_AT, 4) as usize;
    let counted = number(chunk, 16, 8).wrapping_sub(number(chunk, 8, 8)).wrapping_add(1);
    let is_empty = free == CHUNK_HEADER_BYTES && found == 0;
    if counted != found && !is_empty {
        let says = if counted > MOST_RECORDS { "more than a chunk can hold".to_owned() } else { counted.to_string() };
        let detail = format!("the chunk's header counts {says} records, {found} were found");
        tell(Fault::new(DefectKind::Malformed, detail));
    }
    if number(chunk, 120, 4) & NO_CHECKSUMS != 0 {
        return;
    }
    let what = match (header_matches(chunk), records_match(chunk, free)) {
        (true, true) => return,
        (true, false) => "records do",
        (false, true) => "header does",
        (false, false) => "header and records do",
    };
    tell(Fault::new(DefectKind::Malformed, format!("the chunk's {what} not match the checksum; read all the same")));
}

fn header_matches(chunk: &[u8]) -> bool {
    let (Some(before), Some(after)) = (chunk.get(..120), chunk.get(128..CHUNK_HEADER_BYTES)) else { return true };
    let mut sum = Hasher::new();
    sum.update(before);
    sum.update(after);
    u64::from(sum.finalize()) == number(chunk, 124, 4)
}

/// A cut chunk's records may not be there to be summed up.
fn records_match(chunk: &[u8], free: usize) -> bool {
    match chunk.get(CHUNK_HEADER_BYTES..free) {
        Some(records) => u64::from(crc32fast::hash(records)) == number(chunk, 52, 4),
        None => chunk.len() < CHUNK_BYTES,
    }
}
