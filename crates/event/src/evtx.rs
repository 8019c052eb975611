//! Windows event log chunks to records.
//!
//! A chunk (64 KiB) is the unit: it holds its own names and templates, so chunks are read in any order and a damaged one costs
//! itself only. The binary XML is rendered to JSON from compiled templates by the `evtx` crate; that text is the record's
//! original (binary XML cannot stand outside its chunk) and is read like any other JSON.

use std::sync::Arc;

use evtx::{EvtxChunkData, ParserSettings};

use crate::defect::DefectKind;
use crate::json::{Fault, JsonReader};
use crate::record::{LogFormat, Record};

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
}

impl EvtxReader {
    pub(crate) fn new() -> Self {
        EvtxReader { settings: Arc::new(ParserSettings::new().indent(false)), chunk: Vec::new() }
    }

    /// Reads the records of one chunk; a short one is what a cut file ends with.
    pub(crate) fn chunk(&mut self, bytes: &[u8], json: &mut JsonReader, sink: &mut dyn FnMut(&Record<'_>), fault: &mut dyn FnMut(Fault)) {
        if bytes.len() < CHUNK_BYTES {
            fault(Fault::new(DefectKind::Truncated, format!("the last chunk has {} of {CHUNK_BYTES} bytes", bytes.len())));
        }
        if bytes.iter().take(512).all(|byte| *byte == 0) {
            return; // Preallocated and never written.
        }
        self.chunk.clear();
        self.chunk.extend_from_slice(bytes);
        self.chunk.resize(CHUNK_BYTES, 0);
        let mut data = match EvtxChunkData::new(std::mem::take(&mut self.chunk), false) {
            Ok(data) => data,
            Err(error) => return fault(Fault::new(DefectKind::Malformed, format!("chunk header: {error}"))),
        };
        match data.parse(Arc::clone(&self.settings)) {
            Ok(mut chunk) => records(&mut chunk, json, sink, fault),
            Err(error) => fault(Fault::new(DefectKind::Malformed, format!("chunk: {error}"))),
        }
        self.chunk = data.data;
    }
}

fn records(chunk: &mut evtx::EvtxChunk<'_>, json: &mut JsonReader, sink: &mut dyn FnMut(&Record<'_>), fault: &mut dyn FnMut(Fault)) {
    for record in chunk.iter() {
        let rendered = record.and_then(evtx::EvtxRecord::into_json_bytes);
        let text = match rendered {
            Ok(rendered) => rendered.data,
            Err(error) => {
                fault(Fault::new(DefectKind::Malformed, format!("record: {error}")));
                continue;
            }
        };
        let reading = json.read(&text);
        if let Some(loss) = reading.fault {
            fault(loss);
        }
        if let Some(mut record) = reading.record {
            record.format = LogFormat::Evtx;
            sink(&record);
        }
    }
}
