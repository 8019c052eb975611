//! Texts of many records: lines, or JSON values one after another.

use crate::defect::DefectKind;
use crate::json::{Fault, JsonReader};
use crate::record::Record;

/// The UTF-8 byte order mark.
pub(crate) const BOM: &[u8] = b"\xef\xbb\xbf";

/// What happens to the records and faults of a block. A fault comes with the number of its line in the block, from 0.
pub(crate) struct Sink<'s> {
    pub(crate) record: &'s mut dyn FnMut(&Record<'_>),
    pub(crate) fault: &'s mut dyn FnMut(u64, Fault),
}

/// Reads a block of lines, one record a line; answers how many lines there were.
pub(crate) fn lines(block: &[u8], json: &mut JsonReader, sink: &mut Sink<'_>) -> u64 {
    let mut number = 0;
    let mut rest = block;
    while !rest.is_empty() {
        let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        let (line, after) = rest.split_at_checked(end).unwrap_or((rest, &[]));
        rest = after.get(1..).unwrap_or_default();
        value(line, number, json, sink);
        number += 1;
    }
    number
}

/// Reads one JSON text that begins at a line.
pub(crate) fn value(text: &[u8], line: u64, json: &mut JsonReader, sink: &mut Sink<'_>) {
    let text = text.strip_prefix(BOM).unwrap_or(text).trim_ascii();
    match text.first() {
        None => return,
        Some(b'{') => {}
        Some(_) => {
            let shown = String::from_utf8_lossy(text.get(..text.len().min(40)).unwrap_or_default()).into_owned();
            return (sink.fault)(line, Fault::new(DefectKind::UnknownFormat, format!("no JSON object: `{}`", shown.escape_debug())));
        }
    }
    let reading = json.read(text);
    if let Some(fault) = reading.fault {
        (sink.fault)(line, fault);
    }
    if let Some(record) = reading.record {
        (sink.record)(&record);
    }
}
