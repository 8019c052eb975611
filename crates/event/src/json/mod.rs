//! JSON texts to records: one object in any of the shapes that forwarders send.
//!
//! The text is parsed by simd-json onto a tape that borrows it; the fields borrow the same text, so nothing but the field
//! list is allocated for a record. What shape a record has is decided for each record anew.

mod head;
mod repair;
mod shape;
mod tape;
mod windows;

pub(crate) use head::{Head, is_clock, log_time};
pub(crate) use windows::attribute;

use simd_json::{Buffers, ErrorType, INPUT_PADDING, Node, Tape};

use crate::defect::DefectKind;
use crate::limits::Limits;
use crate::record::Record;

/// What was wrong with one record, without its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) kind: DefectKind,
    pub(crate) detail: String,
}

impl Fault {
    pub(crate) fn new(kind: DefectKind, detail: impl Into<String>) -> Self {
        Fault { kind, detail: detail.into() }
    }
}

/// What one text gave: a record, a fault, or both where the record could be saved with a loss.
#[derive(Debug)]
pub(crate) struct Reading<'a> {
    pub(crate) record: Option<Record<'a>>,
    pub(crate) fault: Option<Fault>,
}

impl From<Fault> for Reading<'_> {
    fn from(fault: Fault) -> Self {
        Reading { record: None, fault: Some(fault) }
    }
}

/// A reader of single JSON texts, and its working memory: one a thread.
pub(crate) struct JsonReader {
    limits: Limits,
    text: Vec<u8>,
    repaired: Vec<u8>,
    buffers: Buffers,
    tape: Vec<Node<'static>>,
}

impl JsonReader {
    pub(crate) fn new(limits: &Limits) -> Self {
        let buffers = Buffers::with_max_depth(4096, limits.json_depth);
        JsonReader { limits: limits.clone(), text: Vec::new(), repaired: Vec::new(), buffers, tape: Vec::new() }
    }

    /// Reads one JSON object. `raw` is kept as the record's original.
    pub(crate) fn read<'a>(&'a mut self, raw: &'a [u8]) -> Reading<'a> {
        let JsonReader { limits, text, repaired, buffers, tape } = self;
        if raw.len() > limits.record_bytes {
            let detail = format!("record_bytes: a record of {} bytes, at most {} are read", raw.len(), limits.record_bytes);
            return Fault::new(DefectKind::Refused, detail).into();
        }
        let mut first = Tape(std::mem::take(tape)).reset();
        match parse(text, raw, buffers, &mut first) {
            Ok(()) => built(first, raw, limits, None, tape),
            Err(fault) if fault.kind == DefectKind::Refused => {
                *tape = first.reset().0;
                fault.into()
            }
            Err(fault) => {
                let mut second = first.reset();
                let Some((mended, loss)) = repair::mended(raw) else {
                    *tape = second.reset().0;
                    return fault.into();
                };
                match parse(repaired, &mended, buffers, &mut second) {
                    Ok(()) => built(second, raw, limits, Some(loss), tape),
                    Err(fault) => {
                        *tape = second.reset().0;
                        fault.into()
                    }
                }
            }
        }
    }
}

/// Copies `raw` into `text` (the parser unescapes in place) and parses it there.
fn parse<'a>(text: &'a mut Vec<u8>, raw: &[u8], buffers: &mut Buffers, tape: &mut Tape<'a>) -> Result<(), Fault> {
    text.clear();
    text.reserve(raw.len() + INPUT_PADDING);
    text.extend_from_slice(raw);
    text.resize(raw.len() + INPUT_PADDING, b' ');
    simd_json::fill_tape_padded(text, raw.len(), buffers, tape).map_err(|error| match error.error() {
        ErrorType::DepthLimitExceeded => Fault::new(DefectKind::Refused, "json_depth: the record is nested too deeply"),
        kind => Fault::new(DefectKind::Malformed, format!("not JSON: {kind:?} at byte {}", error.index())),
    })
}

fn built<'a>(tape: Tape<'a>, raw: &'a [u8], limits: &Limits, loss: Option<Fault>, keep: &mut Vec<Node<'static>>) -> Reading<'a> {
    let mut reading = shape::read(&tape.0, raw, limits);
    *keep = tape.reset().0;
    if loss.is_some() {
        reading.fault = loss;
    }
    reading
}
