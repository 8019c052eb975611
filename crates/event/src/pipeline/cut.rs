//! Cutting a stream into blocks that can be parsed apart from each other.
//!
//! What a stream holds is told by its first bytes: event log chunks, lines, JSON values that span lines (an array, or
//! pretty-printed objects), or XML elements. The format of each record inside a text is found when it is parsed.

use std::io::{self, Read};

use crate::defect::DefectKind;
use crate::evtx::{CHUNK_BYTES, CHUNK_MAGIC, FILE_MAGIC, HEADER_BYTES};
use crate::input::archive::{Peeked, fault_of};
use crate::input::meter::Account;
use crate::input::utf16::{self, Utf16Reader};
use crate::json::Fault;
use crate::text::BOM;

use super::feed::{Feeder, Kind};
use super::{elements, values};

/// The usual size of a block of text.
pub(super) const BLOCK_BYTES: usize = 1 << 20;
/// Chunks of an event log in a block.
const CHUNKS: usize = 8;

/// Cuts one stream; answers whether to go on with the next.
pub(super) fn stream(feeder: &mut Feeder<'_>, stream: &mut Peeked<'_>, account: &Account) -> bool {
    let head = stream.head();
    if head.starts_with(FILE_MAGIC) || head.starts_with(CHUNK_MAGIC) {
        return event_log(feeder, stream, account);
    }
    if let Some(endian) = utf16::sniff(head) {
        let mut decoded = Peeked::new(Box::new(Utf16Reader::new(stream, endian)));
        return text(feeder, &mut decoded, account);
    }
    text(feeder, stream, account)
}

fn text(feeder: &mut Feeder<'_>, stream: &mut Peeked<'_>, account: &Account) -> bool {
    match layout(stream.head()) {
        Layout::Lines => lines(feeder, stream, account),
        Layout::Values => values::cut(feeder, stream, account, &values::JSON),
        Layout::Elements => values::cut(feeder, stream, account, &elements::XML),
        Layout::Empty => drained(feeder, stream, account),
        Layout::Unknown => nothing(feeder, account, Fault::new(DefectKind::UnknownFormat, "no reader knows the format")),
    }
}

/// How a text is laid out.
#[derive(Debug, PartialEq, Eq)]
enum Layout {
    Lines,
    Values,
    Elements,
    Empty,
    Unknown,
}

fn layout(head: &[u8]) -> Layout {
    let text = head.strip_prefix(BOM).unwrap_or(head).trim_ascii_start();
    let mut lines = text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).filter(|line| !line.is_empty());
    let first = lines.next().unwrap_or_default();
    match first.first() {
        None => Layout::Empty,
        Some(b'[') => Layout::Values,
        Some(b'<') if elements::is_there(text) => Layout::Elements,
        // An object that its first line does not close is spread over lines, unless the next line begins an object of its
        // own: then the first is only damaged.
        Some(b'{') if !first.ends_with(b"}") && lines.next().is_some_and(|second| !second.starts_with(b"{")) => Layout::Values,
        Some(b'{') => Layout::Lines,
        Some(_) if !head.contains(&0) && lines.any(|line| line.starts_with(b"{\"")) => Layout::Lines,
        Some(_) => Layout::Unknown,
    }
}

/// Reads on until `buffer` holds `target` bytes or the stream ends; answers whether it ended, and by what fault.
pub(super) fn fill(stream: &mut dyn Read, buffer: &mut Vec<u8>, target: usize) -> (bool, Option<Fault>) {
    let mut length = buffer.len();
    if length < target {
        buffer.resize(target, 0);
    }
    let mut ended = (false, None);
    while let Some(room) = buffer.get_mut(length..).filter(|room| !room.is_empty()) {
        match stream.read(room) {
            Ok(0) => {
                ended = (true, None);
                break;
            }
            Ok(count) => length += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => {
                let (kind, detail) = fault_of(&error);
                ended = (true, Some(Fault::new(kind, detail)));
                break;
            }
        }
    }
    buffer.truncate(length);
    ended
}

fn nothing(feeder: &mut Feeder<'_>, account: &Account, fault: Fault) -> bool {
    let Some(buffer) = feeder.buffer() else { return false };
    feeder.send(buffer, Kind::Nothing { skipped_lines: 0 }, 0, account, Some((None, fault)))
}

/// A stream with nothing in its first bytes: what follows is counted, and a fault on the way is told.
fn drained(feeder: &mut Feeder<'_>, stream: &mut Peeked<'_>, account: &Account) -> bool {
    let mut room = vec![0; 64 * 1024];
    loop {
        match stream.read(&mut room) {
            Ok(0) => return true,
            Ok(count) if room.get(..count).unwrap_or_default().trim_ascii().is_empty() => {}
            Ok(_) => return nothing(feeder, account, Fault::new(DefectKind::UnknownFormat, "no reader knows the format: blank at first")),
            Err(error) => {
                let (kind, detail) = fault_of(&error);
                return nothing(feeder, account, Fault::new(kind, detail));
            }
        }
    }
}

/// Blocks of whole chunks. A chunk is found by its place, so that a damaged one costs itself only.
fn event_log(feeder: &mut Feeder<'_>, stream: &mut Peeked<'_>, account: &Account) -> bool {
    let (mut base, mut counted) = (0, 0);
    if stream.head().starts_with(FILE_MAGIC) {
        let mut header = Vec::new();
        let (_, fault) = fill(stream, &mut header, HEADER_BYTES);
        if header.len() < HEADER_BYTES {
            let fault = fault.unwrap_or_else(|| Fault::new(DefectKind::Truncated, "the file ends inside its header"));
            return nothing(feeder, account, fault);
        }
        base = HEADER_BYTES as u64;
        let count = header.get(42..44).and_then(|bytes| bytes.try_into().ok());
        counted = count.map_or(0, |count| u64::from(u16::from_le_bytes(count)));
    }
    let first = base;
    loop {
        let Some(mut buffer) = feeder.buffer() else { return false };
        let (ended, fault) = fill(stream, &mut buffer, CHUNKS * CHUNK_BYTES);
        let length = buffer.len() as u64;
        let there = (base + length - first).div_ceil(CHUNK_BYTES as u64);
        let fault = fault.or_else(|| {
            let detail = format!("the file's header counts {counted} chunks, {there} are there");
            (ended && there < counted).then(|| Fault::new(DefectKind::Truncated, detail))
        });
        if !feeder.send(buffer, Kind::Evtx, base, account, fault.map(|fault| (Some(base + length), fault))) {
            return false;
        }
        base += length;
        if ended {
            return true;
        }
    }
}

/// Blocks of whole lines. A line longer than the limit is left out and told.
fn lines(feeder: &mut Feeder<'_>, stream: &mut Peeked<'_>, account: &Account) -> bool {
    let most = feeder.limits.record_bytes;
    let target = BLOCK_BYTES.max(most + 1);
    let mut tail = Vec::new();
    loop {
        let Some(mut buffer) = feeder.buffer() else { return false };
        buffer.append(&mut tail);
        let (ended, fault) = fill(stream, &mut buffer, target);
        if ended {
            return feeder.send(buffer, Kind::Lines, 0, account, fault.map(|fault| (None, fault)));
        }
        match memchr::memrchr(b'\n', &buffer) {
            Some(end) => {
                tail.extend_from_slice(buffer.get(end + 1..).unwrap_or_default());
                buffer.truncate(end + 1);
                if !feeder.send(buffer, Kind::Lines, 0, account, None) {
                    return false;
                }
            }
            None => {
                buffer.clear();
                let ended = skip_line(stream, &mut tail);
                let mut detail = format!("record_bytes: a line longer than {most} bytes");
                if let Err(error) = &ended {
                    detail = format!("{detail}; {error}");
                }
                let fault = (Some(0), Fault::new(DefectKind::Refused, detail));
                if !feeder.send(buffer, Kind::Nothing { skipped_lines: 1 }, 0, account, Some(fault)) {
                    return false;
                }
                if !matches!(ended, Ok(true)) {
                    return true;
                }
            }
        }
    }
}

/// Reads past the end of a line; what follows it goes to `rest`. Answers whether there was an end.
pub(super) fn skip_line(stream: &mut dyn Read, rest: &mut Vec<u8>) -> io::Result<bool> {
    let mut room = vec![0; 64 * 1024];
    loop {
        let count = match stream.read(&mut room) {
            Ok(0) => return Ok(false),
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        let read = room.get(..count).unwrap_or_default();
        if let Some(end) = memchr::memchr(b'\n', read) {
            rest.extend_from_slice(read.get(end + 1..).unwrap_or_default());
            return Ok(true);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(head: &str, expected: Layout) {
        assert_eq!(layout(head.as_bytes()), expected, "{head}");
    }

    #[test]
    fn tells_lines_from_spread_values() {
        check("{\"a\":1}\n{\"a\":2}\n", Layout::Lines);
        check("{\"a\":1,\n{\"a\":2}\n", Layout::Lines);
        check("{\n  \"a\": 1\n}\n", Layout::Values);
        check("{\"a\": 1,\n \"b\": 2}\n", Layout::Values);
        check("[{\"a\":1}]", Layout::Values);
        check("\u{feff}{\"a\":1}", Layout::Lines);
        check("\n \n", Layout::Empty);
        check("Sep 1 host prog: hello\n{\"a\":1}\n", Layout::Lines);
        check("Sep 1 host prog: hello\n", Layout::Unknown);
        check("MZ\0\0\n{", Layout::Unknown);
    }
}
