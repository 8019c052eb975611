//! One batch of the stream to rows: unpack, read, normalise, name, and show to the tap.

use std::io::Read;

use bytes::Bytes;
use hikeshi_event::{Defect, DefectKind, Intake, Limits, Uid, UidAssigner, normalise, read_lines};

use crate::admission::{LARGEST_BATCH_BYTES, zstd_reader};
use crate::matches::{InOrder, MatchRow, TapWorker};
use crate::rows::Rows;
use crate::stream::{Encoding, Frame};

/// What a batch held.
#[derive(Debug, Default)]
pub(crate) struct Parsed {
    pub(crate) offset: u64,
    /// Size of the batch, unpacked.
    pub(crate) plain_bytes: u64,
    pub(crate) rows: Rows,
    pub(crate) matches: Vec<MatchRow>,
    /// What the tap does with the batch when its turn comes.
    pub(crate) in_order: Option<InOrder>,
    pub(crate) defects: Vec<Defect>,
}

impl Parsed {
    /// Of a batch at which the reader panicked.
    pub(crate) fn unreadable(offset: u64, plain_bytes: u64) -> Self {
        let defect = Defect::new(format!("stream/{offset}"), None, DefectKind::Malformed, "the reader gave up on this batch");
        Parsed { offset, plain_bytes, defects: vec![defect], ..Parsed::default() }
    }
}

/// Events of one batch that can be told apart by their `seq`; more than a frame can hold.
const SEQ_BITS: u32 = 24;

/// Reads a batch. Damage gives fewer rows and more defects, never an error.
pub(crate) fn read_frame(frame: &Frame, limits: &Limits, mut tap: Option<&mut (dyn TapWorker + 'static)>) -> Parsed {
    let mut parsed = Parsed { offset: frame.offset, plain_bytes: frame.plain_bytes, ..Parsed::default() };
    let path = format!("stream/{}", frame.offset);
    let (body, refused) = unpack(frame);
    if let Some((kind, detail)) = refused {
        parsed.defects.push(Defect::new(path.as_str(), None, kind, detail));
    }
    let batch = &frame.batch;
    let intake = Intake { org: batch.org, source: &batch.source, received_at: batch.received_at };
    let mut uids = UidAssigner::default();
    parsed.rows = Rows::for_text(body.len());
    let (rows, matches) = (&mut parsed.rows, &mut parsed.matches);
    let defects = read_lines(&body, &path, limits, |record| {
        let mut event = normalise(record, &intake);
        event.uid = uids.assign(Uid::of(&event));
        event.seq = (frame.offset << SEQ_BITS) | rows.len() as u64;
        if let Some(tap) = tap.as_deref_mut() {
            tap.see(record, &event, matches);
        }
        rows.push(&event);
    });
    parsed.rows.give_back();
    parsed.defects.extend(defects);
    parsed.in_order = tap.and_then(TapWorker::end_batch);
    parsed
}

/// The plain body, and why the rest of it is missing if it is. What a batch may unpack to was looked at before it was acknowledged.
fn unpack(frame: &Frame) -> (Bytes, Option<(DefectKind, String)>) {
    let body = &frame.batch.body;
    let unpacked = match frame.batch.encoding {
        Encoding::Plain => return (body.clone(), None),
        Encoding::Gzip => read_bounded(flate2::read::MultiGzDecoder::new(body.as_ref()), frame.plain_bytes),
        Encoding::Zstd => match zstd_reader(body) {
            Ok(decoder) => read_bounded(decoder, frame.plain_bytes),
            Err(error) => (Vec::new(), Some((DefectKind::Malformed, error.to_string()))),
        },
    };
    (unpacked.0.into(), unpacked.1)
}

fn read_bounded(reader: impl Read, plain_bytes: u64) -> (Vec<u8>, Option<(DefectKind, String)>) {
    let mut bytes = Vec::with_capacity(usize::try_from(plain_bytes.min(LARGEST_BATCH_BYTES)).unwrap_or(0));
    let outcome = reader.take(LARGEST_BATCH_BYTES + 1).read_to_end(&mut bytes);
    let fault = match outcome {
        Err(error) => Some((DefectKind::Malformed, error.to_string())),
        Ok(_) if bytes.len() as u64 > LARGEST_BATCH_BYTES => {
            Some((DefectKind::Refused, format!("the batch unpacks to more than {LARGEST_BATCH_BYTES} bytes")))
        }
        Ok(_) => None,
    };
    (bytes, fault)
}
