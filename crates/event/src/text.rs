//! Texts of many records: lines, or values one after another.

use crate::defect::DefectKind;
use crate::json::{Fault, JsonReader, Reading};
use crate::limits::Limits;
use crate::record::Record;
use crate::xml;

/// The UTF-8 byte order mark.
pub(crate) const BOM: &[u8] = b"\xef\xbb\xbf";

/// What happens to the records and faults of a block. A fault comes with the number of its line in the block, from 0.
pub(crate) struct Sink<'s> {
    pub(crate) record: &'s mut dyn FnMut(&Record<'_>),
    pub(crate) fault: &'s mut dyn FnMut(u64, Fault),
}

/// A reader of single records as text, and its working memory: one a thread. What a text is, is told by its first byte.
pub(crate) struct TextReader {
    pub(crate) json: JsonReader,
    limits: Limits,
    rendered: Vec<u8>,
}

impl TextReader {
    pub(crate) fn new(limits: &Limits) -> Self {
        TextReader { json: JsonReader::new(limits), limits: limits.clone(), rendered: Vec::new() }
    }

    /// Reads one record. `raw` is kept as its original.
    pub(crate) fn read<'a>(&'a mut self, raw: &'a [u8]) -> Reading<'a> {
        match raw.first() {
            Some(b'{') => self.json.read(raw),
            _ if xml::is_event(raw) => xml::read(raw, &self.limits, &mut self.rendered, &mut self.json),
            _ => {
                let shown = String::from_utf8_lossy(raw.get(..raw.len().min(40)).unwrap_or_default()).into_owned();
                let detail = format!("no JSON object and no `<Event>`: `{}`", shown.escape_debug());
                Fault::new(DefectKind::UnknownFormat, detail).into()
            }
        }
    }
}

/// Reads a block of lines, one record a line; answers how many lines there were.
pub(crate) fn lines(block: &[u8], reader: &mut TextReader, sink: &mut Sink<'_>) -> u64 {
    let mut number = 0;
    let mut rest = block;
    while !rest.is_empty() {
        let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        let (line, after) = rest.split_at_checked(end).unwrap_or((rest, &[]));
        rest = after.get(1..).unwrap_or_default();
        value(line, number, reader, sink);
        number += 1;
    }
    number
}

/// Reads one text that begins at a line.
pub(crate) fn value(text: &[u8], line: u64, reader: &mut TextReader, sink: &mut Sink<'_>) {
    let text = text.strip_prefix(BOM).unwrap_or(text).trim_ascii();
    if text.is_empty() {
        return;
    }
    let reading = reader.read(text);
    if let Some(fault) = reading.fault {
        (sink.fault)(line, fault);
    }
    if let Some(record) = reading.record {
        (sink.record)(&record);
    }
}
