//! The frame: one batch in the log. Head of 32 bytes (magic, mark, body length, offset, CRC32C of the body, CRC32C of the head), then
//! the body. The head has its own sum so that a frame with a bad head can be stepped over by looking for the next one.
//!
//! The mark is random, the same in all heads of a file and in the file's opening (magic, mark, CRC32C of both). No client has seen it, so
//! that bytes inside a batch which look like a frame are never taken for one.

use bytes::Bytes;
use hikeshi_domain::OrganizationId;
use jiff::Timestamp;
use uuid::Uuid;

use crate::batch::Batch;

/// Size of a head.
pub(super) const HEAD_BYTES: usize = 32;
/// Size of what a file begins with.
pub(super) const OPENING_BYTES: usize = 16;
/// No frame is larger: a length beyond it is damage.
pub(super) const MAX_BODY_BYTES: usize = 256 << 20;
const MAGIC: [u8; 4] = *b"HKF2";
const OPENING_MAGIC: [u8; 4] = *b"HKL2";
const FIXED_BYTES: usize = 16 + 8 + 4 + 1 + 2 + 2;

/// What the frames of one file bear and no client knows.
pub(super) type Mark = [u8; 8];

/// How the body of a batch is compressed. It is kept as it came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// As it is.
    Plain,
    /// RFC 1952.
    Gzip,
    /// RFC 8878.
    Zstd,
}

impl Encoding {
    const ALL: [Encoding; 3] = [Encoding::Plain, Encoding::Gzip, Encoding::Zstd];

    const fn code(self) -> u8 {
        match self {
            Encoding::Plain => 0,
            Encoding::Gzip => 1,
            Encoding::Zstd => 2,
        }
    }
}

/// A batch as the log gives it back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Frame {
    /// Its place in the stream.
    pub(crate) offset: u64,
    /// What was appended.
    pub(crate) batch: Batch,
    /// Its size, unpacked, as it was found before it was acknowledged.
    pub(crate) plain_bytes: u64,
}

/// What a head says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) body_bytes: usize,
    pub(super) offset: u64,
    pub(super) body_crc: u32,
}

/// What a file of frames with that mark begins with.
pub(super) fn encode_opening(mark: &Mark) -> [u8; OPENING_BYTES] {
    let mut bytes = [OPENING_MAGIC.as_slice(), mark].concat();
    bytes.extend_from_slice(&crc32c::crc32c(&bytes).to_le_bytes());
    bytes.try_into().unwrap_or([0; OPENING_BYTES])
}

/// Reads the mark of a file; `None` if its opening is damaged.
pub(super) fn decode_opening(bytes: &[u8; OPENING_BYTES]) -> Option<Mark> {
    let (summed, crc) = bytes.split_last_chunk::<4>()?;
    let mut rest = summed;
    let magic: [u8; 4] = take(&mut rest)?;
    let mark = take(&mut rest)?;
    (magic == OPENING_MAGIC && crc32c::crc32c(summed) == u32::from_le_bytes(*crc)).then_some(mark)
}

/// The mark in a head that stands where a head must stand; `None` if it is damaged.
pub(super) fn mark_of_head(bytes: &[u8; HEAD_BYTES]) -> Option<Mark> {
    let mut rest = bytes.get(MAGIC.len()..)?;
    let mark = take(&mut rest)?;
    decode_head(bytes, &mark).map(|_| mark)
}

/// What every head in a file of that mark begins with.
pub(super) fn search_word(mark: &Mark) -> Vec<u8> {
    [MAGIC.as_slice(), mark].concat()
}

/// The bytes of a head.
pub(super) fn encode_head(head: Head, mark: &Mark) -> [u8; HEAD_BYTES] {
    let mut bytes = search_word(mark);
    bytes.extend_from_slice(&u32::try_from(head.body_bytes).unwrap_or(u32::MAX).to_le_bytes());
    bytes.extend_from_slice(&head.offset.to_le_bytes());
    bytes.extend_from_slice(&head.body_crc.to_le_bytes());
    let crc = crc32c::crc32c(&bytes);
    bytes.extend_from_slice(&crc.to_le_bytes());
    bytes.try_into().unwrap_or([0; HEAD_BYTES])
}

/// Reads a head; `None` if it is damaged or bears another mark.
pub(super) fn decode_head(bytes: &[u8; HEAD_BYTES], mark: &Mark) -> Option<Head> {
    let (summed, crc) = bytes.split_last_chunk::<4>()?;
    let mut rest = summed;
    let magic: [u8; 4] = take(&mut rest)?;
    let borne: Mark = take(&mut rest)?;
    let body_bytes = usize::try_from(u32::from_le_bytes(take(&mut rest)?)).ok()?;
    let offset = u64::from_le_bytes(take(&mut rest)?);
    let body_crc = u32::from_le_bytes(take(&mut rest)?);
    let whole = magic == MAGIC && borne == *mark && crc32c::crc32c(summed) == u32::from_le_bytes(*crc);
    (whole && body_bytes <= MAX_BODY_BYTES).then_some(Head { body_bytes, offset, body_crc })
}

/// The bytes of a body: who and when, then the batch as received. `None` if a name or the whole is too long to frame.
pub(super) fn encode_body(batch: &Batch, plain_bytes: u64) -> Option<Vec<u8>> {
    let key = batch.idempotency_key.as_deref().unwrap_or_default();
    let source_bytes = u16::try_from(batch.source.len()).ok()?;
    let key_bytes = u16::try_from(key.len()).ok()?;
    let total = FIXED_BYTES + batch.source.len() + key.len() + batch.body.len();
    if total > MAX_BODY_BYTES {
        return None;
    }
    let mut bytes = Vec::with_capacity(total);
    bytes.extend_from_slice(batch.org.0.as_bytes());
    bytes.extend_from_slice(&batch.received_at.as_microsecond().to_le_bytes());
    bytes.extend_from_slice(&u32::try_from(plain_bytes).unwrap_or(u32::MAX).to_le_bytes());
    bytes.push(batch.encoding.code());
    bytes.extend_from_slice(&source_bytes.to_le_bytes());
    bytes.extend_from_slice(&key_bytes.to_le_bytes());
    bytes.extend_from_slice(batch.source.as_bytes());
    bytes.extend_from_slice(key.as_bytes());
    bytes.extend_from_slice(&batch.body);
    Some(bytes)
}

/// Reads a body whose sum was right: the batch, and its size unpacked.
pub(super) fn decode_body(bytes: &Bytes) -> Option<(Batch, u64)> {
    let mut rest: &[u8] = bytes;
    let org = OrganizationId(Uuid::from_bytes(take(&mut rest)?));
    let received_at = Timestamp::from_microsecond(i64::from_le_bytes(take(&mut rest)?)).ok()?;
    let plain_bytes = u64::from(u32::from_le_bytes(take(&mut rest)?));
    let [code] = take(&mut rest)?;
    let encoding = Encoding::ALL.into_iter().find(|encoding| encoding.code() == code)?;
    let source_bytes = usize::from(u16::from_le_bytes(take(&mut rest)?));
    let key_bytes = usize::from(u16::from_le_bytes(take(&mut rest)?));
    let (source, rest) = rest.split_at_checked(source_bytes)?;
    let (key, body) = rest.split_at_checked(key_bytes)?;
    let source = std::str::from_utf8(source).ok()?.to_owned();
    let key = std::str::from_utf8(key).ok()?;
    let idempotency_key = (!key.is_empty()).then(|| key.to_owned());
    Some((Batch { org, source, idempotency_key, received_at, encoding, body: bytes.slice_ref(body) }, plain_bytes))
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, after) = rest.split_first_chunk::<N>()?;
    *rest = after;
    Some(*taken)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_comes_back_as_it_went_in() {
        let batch = Batch {
            org: OrganizationId(Uuid::from_u128(7)),
            source: "forwarder-1".into(),
            idempotency_key: Some("k".into()),
            received_at: Timestamp::from_microsecond(1_700_000_000_123_456).unwrap(),
            encoding: Encoding::Zstd,
            body: Bytes::from_static(b"{}\n"),
        };
        let body = Bytes::from(encode_body(&batch, 9).unwrap());
        assert_eq!(decode_body(&body), Some((batch, 9)));
    }

    #[test]
    fn every_flipped_bit_of_a_head_is_seen() {
        let mark = [7; 8];
        let bytes = encode_head(Head { body_bytes: 90, offset: 3, body_crc: 77 }, &mark);
        assert!(decode_head(&bytes, &mark).is_some());
        assert_eq!((mark_of_head(&bytes), decode_head(&bytes, &[8; 8])), (Some(mark), None));
        assert_eq!(decode_opening(&encode_opening(&mark)), Some(mark));
        for bit in 0..HEAD_BYTES * 8 {
            let mut flipped = bytes;
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(decode_head(&flipped, &mark), None, "bit {bit}");
        }
    }
}
