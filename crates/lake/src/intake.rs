//! One batch of the stream to rows: unpack, read, normalise, name, and show to the tap.

use std::io::{self, Read};

use bytes::Bytes;
use hikeshi_event::{Defect, DefectKind, Intake, Limits, Uid, UidAssigner, normalise, read_lines};

use crate::matches::{MatchRow, TapWorker};
use crate::rows::Rows;
use crate::stream::{Encoding, Frame};

/// What a batch held.
#[derive(Debug, Default)]
pub(crate) struct Parsed {
    pub(crate) offset: u64,
    pub(crate) rows: Rows,
    pub(crate) matches: Vec<MatchRow>,
    pub(crate) defects: Vec<Defect>,
}

/// Events of one batch that can be told apart by their `seq`; more than a frame can hold.
const SEQ_BITS: u32 = 24;

/// Reads a batch. Damage gives fewer rows and more defects, never an error.
pub(crate) fn read_frame(frame: &Frame, limits: &Limits, mut tap: Option<&mut (dyn TapWorker + 'static)>) -> Parsed {
    let mut parsed = Parsed { offset: frame.offset, ..Parsed::default() };
    let path = format!("stream/{}", frame.offset);
    let (body, refused) = unpack(&frame.batch.body, frame.batch.encoding, limits);
    if let Some((kind, detail)) = refused {
        parsed.defects.push(Defect::new(path.as_str(), None, kind, detail));
    }
    let batch = &frame.batch;
    let intake = Intake { org: batch.org, source: &batch.source, received_at: batch.received_at };
    let mut uids = UidAssigner::default();
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
    parsed.defects.extend(defects);
    parsed
}

/// The plain body, and why the rest of it is missing if it is.
fn unpack(body: &Bytes, encoding: Encoding, limits: &Limits) -> (Bytes, Option<(DefectKind, String)>) {
    let unpacked = match encoding {
        Encoding::Plain => return (body.clone(), None),
        Encoding::Gzip => read_bounded(flate2::read::MultiGzDecoder::new(body.as_ref()), body.len(), limits),
        Encoding::Zstd => match zstd::stream::read::Decoder::with_buffer(body.as_ref()) {
            Ok(decoder) => read_bounded(decoder, body.len(), limits),
            Err(error) => (Vec::new(), Some((DefectKind::Malformed, error.to_string()))),
        },
    };
    (unpacked.0.into(), unpacked.1)
}

fn read_bounded(mut reader: impl Read, packed_bytes: usize, limits: &Limits) -> (Vec<u8>, Option<(DefectKind, String)>) {
    let by_ratio = limits.ratio_free_bytes.saturating_add(limits.unpacked_ratio.saturating_mul(packed_bytes as u64));
    let limit = by_ratio.min(limits.unpacked_bytes);
    let mut bytes = Vec::new();
    let outcome = io::Read::by_ref(&mut reader).take(limit).read_to_end(&mut bytes);
    let fault = match outcome {
        Err(error) => Some((DefectKind::Malformed, error.to_string())),
        Ok(_) if bytes.len() as u64 == limit => {
            let name = if limit == limits.unpacked_bytes { "unpacked_bytes" } else { "unpacked_ratio" };
            Some((DefectKind::Refused, format!("the batch unpacks to more than {limit} bytes ({name})")))
        }
        Ok(_) => None,
    };
    (bytes, fault)
}
