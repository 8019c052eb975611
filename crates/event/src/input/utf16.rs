//! UTF-16 texts as UTF-8, streamed.

use std::io::{self, Read};

/// Which half of a code unit comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Endian {
    /// Windows' own.
    Little,
    /// The other.
    Big,
}

/// What the first bytes of a text say of its encoding: UTF-16 by its byte order mark, or by a first `{`, `[` or `<` of two bytes.
pub(crate) fn sniff(head: &[u8]) -> Option<Endian> {
    match head {
        [0xff, 0xfe, ..] | [b'{' | b'[' | b'<', 0, ..] => Some(Endian::Little),
        [0xfe, 0xff, ..] | [0, b'{' | b'[' | b'<', ..] => Some(Endian::Big),
        _ => None,
    }
}

/// Reads UTF-16 and gives UTF-8; halves of surrogate pairs become U+FFFD, the byte order mark is dropped.
pub(crate) struct Utf16Reader<R> {
    inner: R,
    endian: Endian,
    pending: Vec<u8>,
    high: Option<u16>,
    ready: Vec<u8>,
    taken: usize,
    buffer: Vec<u8>,
}

impl<R: Read> Utf16Reader<R> {
    pub(crate) fn new(inner: R, endian: Endian) -> Self {
        Utf16Reader { inner, endian, pending: Vec::new(), high: None, ready: Vec::new(), taken: 0, buffer: vec![0; 16 * 1024] }
    }

    fn refill(&mut self) -> io::Result<bool> {
        self.ready.clear();
        self.taken = 0;
        let count = self.inner.read(&mut self.buffer)?;
        self.pending.extend_from_slice(self.buffer.get(..count).unwrap_or_default());
        let whole = self.pending.len() / 2 * 2;
        let units: Vec<u16> = self.pending.drain(..whole).as_slice().chunks_exact(2).map(|pair| unit(pair, self.endian)).collect();
        let last_high = units.last().copied().filter(|unit| count > 0 && (0xd800..0xdc00).contains(unit));
        let kept = units.len() - usize::from(last_high.is_some());
        let units = self.high.take().into_iter().chain(units.into_iter().take(kept));
        let mut room = [0; 4];
        for unit in char::decode_utf16(units) {
            let character = unit.unwrap_or(char::REPLACEMENT_CHARACTER);
            if character != '\u{feff}' {
                self.ready.extend_from_slice(character.encode_utf8(&mut room).as_bytes());
            }
        }
        self.high = last_high;
        Ok(count > 0)
    }
}

fn unit(pair: &[u8], endian: Endian) -> u16 {
    match (pair, endian) {
        ([low, high], Endian::Little) | ([high, low], Endian::Big) => u16::from_le_bytes([*low, *high]),
        _ => 0xfffd,
    }
}

impl<R: Read> Read for Utf16Reader<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.taken >= self.ready.len() {
            if !self.refill()? {
                if self.ready.is_empty() {
                    return Ok(0);
                }
                break;
            }
        }
        let ready = self.ready.get(self.taken..).unwrap_or_default();
        let count = ready.len().min(out.len());
        if let (Some(target), Some(source)) = (out.get_mut(..count), ready.get(..count)) {
            target.copy_from_slice(source);
        }
        self.taken += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(units: &[u16], expected: &str) {
        let bytes: Vec<u8> = units.iter().flat_map(|unit| unit.to_le_bytes()).collect();
        let mut text = String::new();
        Utf16Reader::new(bytes.as_slice(), Endian::Little).read_to_string(&mut text).unwrap();
        assert_eq!(text, expected);
    }

    #[test]
    fn reads_pairs_and_mends_halves() {
        check(&[0xfeff, 0x7b, 0x7d], "{}");
        check(&[0xd83d, 0xde00], "😀");
        check(&[0x61, 0xd83d, 0x62], "a\u{fffd}b");
        check(&[0x61, 0xd83d], "a\u{fffd}");
    }

    #[test]
    fn pairs_across_buffers_stay_whole() {
        let text = "a".to_owned() + &"😀".repeat(20_000);
        let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let mut read = String::new();
        Utf16Reader::new(bytes.as_slice(), Endian::Little).read_to_string(&mut read).unwrap();
        assert_eq!(read, text);
    }
}
