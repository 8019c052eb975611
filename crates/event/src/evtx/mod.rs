//! Windows event log chunks to records.
//!
//! A chunk (64 KiB) is the unit: it holds its own names and templates, so chunks are read in any order and a damaged one costs
//! itself only. The binary XML is rendered to JSON from compiled templates by the `evtx` crate; that text is the record's
//! original (binary XML cannot stand outside its chunk) and is read like any other JSON. Work that needs no original gets the
//! usual records straight from the binary XML ([`direct`]); the others go the general way, in their order. A test holds both
//! ways against each other.

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

use direct::{Progress, Walk};

/// The size of a chunk.
pub(crate) const CHUNK_BYTES: usize = 64 * 1024;
/// The size of the header before the first chunk.
pub(crate) const HEADER_BYTES: usize = 4096;
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
        if bytes.iter().take(512).all(|byte| *byte == 0) {
            return; // Preallocated and never written.
        }
        match self.text.take() {
            Some(text) if bytes.len() == CHUNK_BYTES && bytes.starts_with(CHUNK_MAGIC) => {
                let mut walk = Walk::new(bytes, text);
                match walk.run(sink.record) {
                    Progress::Done => {}
                    Progress::Unusual => self.general(bytes, Some(&mut walk), sink),
                    Progress::Broken => self.general_after(bytes, &mut walk, sink),
                }
                self.text = Some(walk.into_text());
            }
            text => {
                self.general(bytes, None, sink);
                self.text = text;
            }
        }
    }

    fn general_after(&mut self, bytes: &[u8], walk: &mut Walk<'_>, sink: &mut ChunkSink<'_>) {
        let given = walk.passed;
        self.parsed(bytes, sink, |records, sink| rendered(records.skip(given), sink));
    }

    /// The general way: for all records, or for those that a walk finds unusual, the one that it stands behind first.
    fn general(&mut self, bytes: &[u8], walk: Option<&mut Walk<'_>>, sink: &mut ChunkSink<'_>) {
        self.parsed(bytes, sink, |mut records, sink| {
            let Some(walk) = walk else { return rendered(records, sink) };
            let mut taken = 0;
            loop {
                rendered(records.by_ref().skip(walk.passed - 1 - taken).take(1), sink);
                taken = walk.passed;
                match walk.run(sink.record) {
                    Progress::Done => return,
                    Progress::Unusual => {}
                    Progress::Broken => return rendered(records.skip(walk.passed - taken), sink),
                }
            }
        });
    }

    fn parsed(&mut self, bytes: &[u8], sink: &mut ChunkSink<'_>, read: impl FnOnce(evtx::IterChunkRecords<'_>, &mut ChunkSink<'_>)) {
        self.chunk.clear();
        self.chunk.extend_from_slice(bytes);
        self.chunk.resize(CHUNK_BYTES, 0);
        let mut data = match EvtxChunkData::new(std::mem::take(&mut self.chunk), false) {
            Ok(data) => data,
            Err(error) => return (sink.fault)(Fault::new(DefectKind::Malformed, format!("chunk header: {error}"))),
        };
        match data.parse(Arc::clone(&self.settings)) {
            Ok(mut chunk) => read(chunk.iter(), sink),
            Err(error) => (sink.fault)(Fault::new(DefectKind::Malformed, format!("chunk: {error}"))),
        }
        self.chunk = data.data;
    }
}

/// Renders records as JSON and reads that.
fn rendered<'c>(records: impl Iterator<Item = Result<EvtxRecord<'c>, EvtxError>>, sink: &mut ChunkSink<'_>) {
    for record in records {
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
}
