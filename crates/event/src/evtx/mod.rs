//! Windows event log chunks to records.
//!
//! A chunk (64 KiB) is the unit: it holds its own names and templates, so chunks are read in any order and a damaged one costs
//! itself only. The binary XML is rendered to JSON from compiled templates by the `evtx` crate; that text is the record's
//! original (binary XML cannot stand outside its chunk) and is read like any other JSON. Work that needs no original gets the
//! usual records straight from the binary XML ([`direct`]); the others go the general way, in their order. A test holds both
//! ways against each other. Neither gives out a record that is not there to its end, and what a chunk's header says else than what was
//! found is told ([`check`]): a log that lost a part never looks like a whole one.

mod check;
mod cursor;
mod direct;
mod template;
mod value;

use std::sync::Arc;

use evtx::err::EvtxError;
use evtx::{EvtxChunkData, EvtxRecord, ParserSettings};

use crate::defect::DefectKind;
use crate::json::{Fault, JsonReader};
use crate::record::{LogFormat, Record};

use check::FREE_AT;
use direct::{HEADER, Progress, Walk};

/// The size of a chunk.
pub(crate) const CHUNK_BYTES: usize = 64 * 1024;
/// The size of the header before the first chunk.
pub(crate) const HEADER_BYTES: usize = 4096;
/// The size of a chunk's own header, which its records follow.
const CHUNK_HEADER_BYTES: usize = 512;
/// What a file begins with.
pub(crate) const FILE_MAGIC: &[u8] = b"ElfFile\0";
/// What a chunk begins with.
pub(crate) const CHUNK_MAGIC: &[u8] = b"ElfChnk\0";

/// A reader of chunks: one a thread.
pub(crate) struct EvtxReader {
    settings: Arc<ParserSettings>,
    chunk: Vec<u8>,
    /// Working memory of the direct way, where records need no original.
    text: Option<Vec<u8>>,
}

/// What becomes of a chunk's records and faults.
pub(crate) struct ChunkSink<'s> {
    pub(crate) json: &'s mut JsonReader,
    pub(crate) record: &'s mut dyn FnMut(&Record<'_>),
    pub(crate) fault: &'s mut dyn FnMut(Fault),
}

impl EvtxReader {
    /// `originals`: whether records carry their original.
    pub(crate) fn new(originals: bool) -> Self {
        let text = (!originals).then(Vec::new);
        EvtxReader { settings: Arc::new(ParserSettings::new().indent(false)), chunk: Vec::new(), text }
    }

    /// Reads the records of one chunk; a short one is what a cut file ends with.
    pub(crate) fn chunk(&mut self, bytes: &[u8], sink: &mut ChunkSink<'_>) {
        if bytes.len() < CHUNK_BYTES {
            (sink.fault)(Fault::new(DefectKind::Truncated, format!("the last chunk has {} of {CHUNK_BYTES} bytes", bytes.len())));
        }
        if is_unwritten(bytes) {
            return;
        }
        let found = match self.text.take() {
            Some(text) if bytes.len() == CHUNK_BYTES && bytes.starts_with(CHUNK_MAGIC) => {
                let mut walk = Walk::new(bytes, text);
                let found = match walk.run(sink.record) {
                    Progress::Done => Some(walk.given),
                    Progress::Unusual => self.general(bytes, Some(&mut walk), sink),
                    Progress::Broken => self.general_after(bytes, &mut walk, sink),
                };
                self.text = Some(walk.into_text());
                found
            }
            text => {
                let found = self.general(bytes, None, sink);
                self.text = text;
                found
            }
        };
        if let Some(found) = found {
            check::against_header(bytes, found, sink.fault);
        }
    }

    fn general_after(&mut self, bytes: &[u8], walk: &mut Walk<'_>, sink: &mut ChunkSink<'_>) -> Option<u64> {
        let given = walk.passed;
        self.parsed(bytes, sink, |records, sink| walk.given + rendered(bytes, records.skip(given), sink))
    }

    /// The general way: for all records, or for those that a walk finds unusual, the one that it stands behind first.
    fn general(&mut self, bytes: &[u8], walk: Option<&mut Walk<'_>>, sink: &mut ChunkSink<'_>) -> Option<u64> {
        self.parsed(bytes, sink, |mut records, sink| {
            let Some(walk) = walk else { return rendered(bytes, records, sink) };
            let (mut taken, mut found) = (0, 0);
            loop {
                found += rendered(bytes, records.by_ref().skip(walk.passed - 1 - taken).take(1), sink);
                taken = walk.passed;
                match walk.run(sink.record) {
                    Progress::Done => return found + walk.given,
                    Progress::Unusual => {}
                    Progress::Broken => {
                        let rest = rendered(bytes, records.skip(walk.passed - taken), sink);
                        return found + walk.given + rest;
                    }
                }
            }
        })
    }

    /// Answers what `read` does: how many records were found; `None` where the chunk has no records that can be looked for.
    fn parsed(
        &mut self,
        bytes: &[u8],
        sink: &mut ChunkSink<'_>,
        read: impl FnOnce(evtx::IterChunkRecords<'_>, &mut ChunkSink<'_>) -> u64,
    ) -> Option<u64> {
        self.chunk.clear();
        self.chunk.extend_from_slice(bytes);
        self.chunk.resize(CHUNK_BYTES, 0);
        if bytes.len() < CHUNK_BYTES {
            let (end, cut_off) = check::whole_part(bytes);
            let free = u32::try_from(end).unwrap_or_default().to_le_bytes();
            self.chunk.iter_mut().skip(FREE_AT).zip(free).for_each(|(byte, free)| *byte = free);
            if let Some(cut_off) = cut_off {
                (sink.fault)(cut_off);
            }
        }
        let mut data = match EvtxChunkData::new(std::mem::take(&mut self.chunk), false) {
            Ok(data) => data,
            Err(error) => {
                (sink.fault)(Fault::new(DefectKind::Malformed, format!("chunk header: {error}")));
                return None;
            }
        };
        let found = match data.parse(Arc::clone(&self.settings)) {
            Ok(mut chunk) => Some(read(chunk.iter(), sink)),
            Err(error) => {
                (sink.fault)(Fault::new(DefectKind::Malformed, format!("chunk: {error}")));
                None
            }
        };
        self.chunk = data.data;
        found
    }
}

/// Preallocated and never written. A chunk whose header alone was blanked is not.
fn is_unwritten(bytes: &[u8]) -> bool {
    let is_blank = |bytes: &[u8]| bytes.iter().fold(0, |all, byte| all | byte) == 0;
    bytes.iter().take(CHUNK_HEADER_BYTES).all(|byte| *byte == 0) && is_blank(bytes)
}

/// Renders records as JSON and reads that. Answers how many records of the chunk were found, those included of which was told that they
/// cannot be read.
fn rendered<'c>(bytes: &[u8], records: impl Iterator<Item = Result<EvtxRecord<'c>, EvtxError>>, sink: &mut ChunkSink<'_>) -> u64 {
    let mut found = 0;
    for record in records {
        found += u64::from(!matches!(record, Err(EvtxError::FailedToReadRecordAt { .. })));
        if let Ok(record) = &record
            && !is_there(bytes, record)
        {
            (sink.fault)(check::cut_off(Some(record.event_record_id)));
            continue;
        }
        let text = match record.and_then(EvtxRecord::into_json_bytes) {
            Ok(rendered) => rendered.data,
            Err(error) => {
                (sink.fault)(Fault::new(DefectKind::Malformed, format!("record: {error}")));
                continue;
            }
        };
        let reading = sink.json.read(&text);
        if let Some(loss) = reading.fault {
            (sink.fault)(loss);
        }
        if let Some(mut record) = reading.record {
            record.format = LogFormat::Evtx;
            (sink.record)(&record);
        }
    }
    found
}

fn is_there(bytes: &[u8], record: &EvtxRecord<'_>) -> bool {
    let binary_at = usize::try_from(record.binxml_offset).unwrap_or_default();
    let end = binary_at.saturating_add(record.binxml_size as usize + 4);
    check::is_whole(bytes, binary_at.saturating_sub(HEADER), end)
}
