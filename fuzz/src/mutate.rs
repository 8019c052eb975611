//! Changing bytes at random, the same way for the same seed number.

/// xorshift64*.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// A number below `below`, 0 for 0.
    pub(crate) fn roll(&mut self, below: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % below.max(1)
    }
}

/// Numbers that break lengths and offsets.
const EDGES: [u32; 10] = [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x1_0000, 0x7fff_ffff, 0xffff_ffff];
/// Pieces of texts that break parsers.
const PIECES: [&[u8]; 22] = [
    b"{",
    b"}",
    b"[",
    b"]",
    b"\"",
    b"\\",
    b"\\ud800",
    b"\n",
    b"\0",
    b"\xff\xfe",
    b"1e999",
    b"-",
    b"\"#text\":",
    b"{\"Event\":{\"System\":",
    b"<Event>",
    b"</Event>",
    b"<a b='c'>",
    b"<![CDATA[",
    b"<!--",
    b"<!DOCTYPE a>",
    b"&a;",
    b"&#",
];

/// A changed copy; `other` is another input to take parts of.
pub(crate) fn mutated(mut bytes: Vec<u8>, other: &[u8], dice: &mut Dice) -> Vec<u8> {
    for _ in 0..=dice.roll(6) {
        if bytes.is_empty() {
            bytes.push(0);
        }
        let at = dice.roll(bytes.len());
        match dice.roll(9) {
            0 | 1 => bytes[at] ^= 1 << dice.roll(8),
            2 => bytes[at] = dice.roll(256) as u8,
            3 => {
                let width = [1, 2, 4][dice.roll(3)];
                let number = EDGES[dice.roll(EDGES.len())].to_le_bytes();
                let end = (at + width).min(bytes.len());
                bytes[at..end].copy_from_slice(&number[..end - at]);
            }
            4 => bytes.truncate(at + 1),
            5 => {
                let piece = PIECES[dice.roll(PIECES.len())];
                bytes.splice(at..at, piece.iter().copied().cycle().take(piece.len() * [1, 1, 2, 300][dice.roll(4)]));
            }
            6 => {
                let end = (at + dice.roll(400)).min(bytes.len());
                let from = dice.roll(bytes.len() - (end - at));
                bytes.copy_within(from..from + (end - at), at);
            }
            7 => {
                let from = dice.roll(other.len());
                let piece = &other[from..(from + dice.roll(400)).min(other.len())];
                let end = (at + piece.len()).min(bytes.len());
                bytes[at..end].copy_from_slice(&piece[..end - at]);
            }
            _ => {
                let end = (at + dice.roll(60)).min(bytes.len());
                bytes.drain(at..end);
            }
        }
    }
    bytes
}
