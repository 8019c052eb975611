//! What is put around changed bytes: lengths and sums that hold, so that what lies behind them is reached.
//!
//! The formats are written down here a second time on purpose: a reader that changed its own by accident is noticed.

use std::sync::LazyLock;

use crate::mutate::{Dice, mutated};
use crate::seeds;

/// What the files of the stream made here bear.
const MARK: [u8; 8] = *b"markmark";

/// A body of a request: its first byte says how it is packed. Most are packed after they were changed, a few are bombs.
pub(crate) fn request(bytes: Vec<u8>, dice: &mut Dice) -> Vec<u8> {
    let text = bytes.get(1..).unwrap_or_default();
    match dice.roll(250) {
        0 => [[1].as_slice(), &BLANKS].concat(),
        1 => [[2].as_slice(), &MANY].concat(),
        roll if roll % 3 == 0 => bytes,
        roll if roll % 3 == 1 => {
            let (one, other) = text.split_at(dice.roll(text.len()));
            [vec![1], seeds::gzipped(one), seeds::gzipped(other)].concat()
        }
        _ => [vec![2], seeds::zstd_of(text)].concat(),
    }
}

/// More bytes than a batch may hold.
static BLANKS: LazyLock<Vec<u8>> = LazyLock::new(|| seeds::gzipped(&vec![b' '; 70 << 20]));
/// Just as many lines as it may hold.
static MANY: LazyLock<Vec<u8>> = LazyLock::new(|| seeds::zstd_of(&b"{}\n".repeat(400_000)));

/// A worker's frames: each line becomes a head, and as many bytes follow as it says, if those are few.
pub(crate) fn worker(bytes: Vec<u8>, dice: &mut Dice) -> Vec<u8> {
    let mut framed = Vec::new();
    for line in bytes.split(|byte| *byte == b'\n') {
        framed.extend((line.len() as u32).to_le_bytes());
        framed.extend(line);
        let head: serde_json::Value = serde_json::from_slice(line).unwrap_or_default();
        let parts = head["block"]["parts"].as_array().into_iter().flatten();
        let wanted: u64 = parts.filter_map(|part| part[1].as_u64()).fold(0, u64::saturating_add);
        let wanted = usize::try_from(wanted.min(100_000)).unwrap_or(0);
        framed.extend(seeds::all_lines().iter().cycle().take(wanted));
    }
    now_and_then_changed(framed, dice)
}

/// A file of the stream: three frames, the changed bytes being the body of the middle one.
pub(crate) fn stream(bytes: Vec<u8>, dice: &mut Dice) -> Vec<u8> {
    let mut file = [b"HKL2".as_slice(), &MARK].concat();
    file.extend(crc32c::crc32c(&file).to_le_bytes());
    let whole = seeds::stream_bodies();
    let middle = [1, 1, 1, 0, 2, 7, u64::MAX][dice.roll(7)];
    for (offset, body) in [(0, &whole[0]), (middle, &bytes), (2, &whole[1])] {
        let mut head = [b"HKF2".as_slice(), &MARK].concat();
        head.extend((body.len() as u32).to_le_bytes());
        head.extend(offset.to_le_bytes());
        head.extend(crc32c::crc32c(body).to_le_bytes());
        head.extend(crc32c::crc32c(&head).to_le_bytes());
        file.extend(head);
        file.extend(body);
    }
    now_and_then_changed(file, dice)
}

/// The index of a segment; every other time with sums that hold.
pub(crate) fn index(bytes: Vec<u8>, dice: &mut Dice) -> Vec<u8> {
    if dice.roll(2) == 0 { bytes } else { summed(bytes) }
}

/// An index whose sums are those of its parts, as far as it holds parts.
pub(crate) fn summed(mut bytes: Vec<u8>) -> Vec<u8> {
    const HEAD: usize = 4 + 3 * 8;
    let mut begin = HEAD;
    for part in 0..3 {
        let entry = 4 + part * 8;
        let Some(size) = bytes.get(entry..entry + 4).and_then(|size| size.try_into().ok()).map(u32::from_le_bytes) else { break };
        let end = begin.saturating_add(size as usize);
        let Some(sum) = bytes.get(begin..end).map(crc32c::crc32c) else { break };
        bytes[entry + 4..entry + 8].copy_from_slice(&sum.to_le_bytes());
        begin = end;
    }
    bytes
}

fn now_and_then_changed(bytes: Vec<u8>, dice: &mut Dice) -> Vec<u8> {
    if dice.roll(2) == 0 { bytes } else { mutated(bytes.clone(), &bytes, dice) }
}
