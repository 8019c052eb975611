//! Values of binary XML as the texts and numbers that rules compare: the spelling is the one that the `evtx` crate renders.

use std::fmt::Write;

use super::cursor::Cursor;

/// A value whose text, if it has one, stands in the record's text buffer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Scalar {
    Null,
    Integer(i64),
    Unsigned(u64),
    Bool(bool),
    /// From, to.
    Text(usize, usize),
}

/// A substitution: its type and its bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Slot<'c> {
    pub(super) kind: u8,
    pub(super) bytes: &'c [u8],
    /// Offset in the chunk.
    pub(super) at: usize,
}

/// Binary XML inside binary XML.
pub(super) const BINARY_XML: u8 = 0x21;
/// Substitutions of one template.
const MOST_SLOTS: usize = 4096;

/// Reads the substitutions behind a template's place into `slots`.
pub(super) fn slots<'c>(cursor: &mut Cursor<'c>, slots: &mut Vec<Slot<'c>>) -> Option<()> {
    slots.clear();
    let count = usize::try_from(cursor.u32()?).ok().filter(|count| *count <= MOST_SLOTS)?;
    let mut table = Cursor { end: cursor.at.checked_add(count * 4).filter(|end| *end <= cursor.end)?, ..*cursor };
    cursor.take(count * 4)?;
    for _ in 0..count {
        let size = usize::from(table.u16()?);
        let kind = table.u8()?;
        table.u8()?;
        let at = cursor.at;
        slots.push(Slot { kind, bytes: cursor.take(size)?, at });
    }
    Some(())
}

/// Reads a value, its text to the end of `text`; `None` for the kinds that are rare in real logs.
pub(super) fn scalar(slot: &Slot<'_>, text: &mut Vec<u8>) -> Option<Scalar> {
    let bytes = slot.bytes;
    let start = text.len();
    match slot.kind {
        0x00 => return Some(Scalar::Null),
        0x01 => utf16(bytes, text)?,
        0x02 => ansi(bytes, text)?,
        0x03 => return Some(Scalar::Integer(i64::from(i8::from_le_bytes(bytes.try_into().ok()?)))),
        0x04 => return Some(Scalar::Integer(i64::from(u8::from_le_bytes(bytes.try_into().ok()?)))),
        0x05 => return Some(Scalar::Integer(i64::from(i16::from_le_bytes(bytes.try_into().ok()?)))),
        0x06 => return Some(Scalar::Integer(i64::from(u16::from_le_bytes(bytes.try_into().ok()?)))),
        0x07 => return Some(Scalar::Integer(i64::from(i32::from_le_bytes(bytes.try_into().ok()?)))),
        0x08 => return Some(Scalar::Integer(i64::from(u32::from_le_bytes(bytes.try_into().ok()?)))),
        0x09 => return Some(Scalar::Integer(i64::from_le_bytes(bytes.try_into().ok()?))),
        0x0a => {
            let number = u64::from_le_bytes(bytes.try_into().ok()?);
            return Some(i64::try_from(number).map_or(Scalar::Unsigned(number), Scalar::Integer));
        }
        0x0d => {
            return Some(match i32::from_le_bytes(bytes.try_into().ok()?) {
                0 => Scalar::Bool(false),
                1 => Scalar::Bool(true),
                other => Scalar::Integer(i64::from(other)),
            });
        }
        0x0e => bytes.iter().for_each(|byte| text.extend_from_slice(&[upper(byte >> 4), upper(byte & 15)])),
        0x0f => guid(bytes.try_into().ok()?, text),
        0x10 if bytes.len() == 4 => hex(u64::from(u32::from_le_bytes(bytes.try_into().ok()?)), text),
        0x10 | 0x15 => hex(u64::from_le_bytes(bytes.try_into().ok()?), text),
        0x11 => filetime(u64::from_le_bytes(bytes.try_into().ok()?), text)?,
        0x13 => sid(bytes, text)?,
        0x14 => hex(u64::from(u32::from_le_bytes(bytes.try_into().ok()?)), text),
        _ => return None,
    }
    Some(if text.len() == start { Scalar::Null } else { Scalar::Text(start, text.len()) })
}

/// UTF-16 up to the first NUL. Eight units at once while they are ASCII.
fn utf16(bytes: &[u8], text: &mut Vec<u8>) -> Option<()> {
    if !bytes.len().is_multiple_of(2) {
        return None;
    }
    text.reserve(bytes.len() * 3 / 2);
    let mut rest = bytes;
    while let Some((eight, after)) = rest.split_first_chunk::<16>() {
        let word = u128::from_le_bytes(*eight);
        const NOT_ASCII: u128 = 0xff80_ff80_ff80_ff80_ff80_ff80_ff80_ff80;
        let ones = u128::MAX / 0xffff;
        let has_nul = word.wrapping_sub(ones) & !word & (ones << 15) != 0;
        if word & NOT_ASCII != 0 || has_nul {
            break;
        }
        let mut ascii = [0; 8];
        ascii.iter_mut().zip(eight.iter().step_by(2)).for_each(|(to, from)| *to = *from);
        text.extend_from_slice(&ascii);
        rest = after;
    }
    let units = rest.chunks_exact(2).map(|pair| pair.try_into().map_or(0, u16::from_le_bytes)).take_while(|unit| *unit != 0);
    let mut room = [0; 4];
    for character in char::decode_utf16(units) {
        text.extend_from_slice(character.ok()?.encode_utf8(&mut room).as_bytes());
    }
    Some(())
}

/// Text of the system's code page, where it is ASCII.
fn ansi(bytes: &[u8], text: &mut Vec<u8>) -> Option<()> {
    if !bytes.is_ascii() {
        return None;
    }
    text.extend(bytes.iter().filter(|byte| **byte != 0));
    Some(())
}

fn upper(digit: u8) -> u8 {
    if digit < 10 { b'0' + digit } else { b'A' + digit - 10 }
}

fn lower(digit: u8) -> u8 {
    if digit < 10 { b'0' + digit } else { b'a' + digit - 10 }
}

fn hex(number: u64, text: &mut Vec<u8>) {
    text.extend_from_slice(b"0x");
    let digits = (64 - number.leading_zeros()).div_ceil(4).max(1);
    text.extend((0..digits).rev().map(|place| lower((number >> (place * 4)) as u8 & 15)));
}

fn guid(bytes: [u8; 16], text: &mut Vec<u8>) {
    let [a, b, c, d, e, f, g, h, rest @ ..] = bytes;
    text.push(b'{');
    for (place, byte) in [d, c, b, a, f, e, h, g].into_iter().chain(rest).enumerate() {
        if matches!(place, 4 | 6 | 8 | 10) {
            text.push(b'-');
        }
        text.extend_from_slice(&[lower(byte >> 4), lower(byte & 15)]);
    }
    text.push(b'}');
}

fn sid(bytes: &[u8], text: &mut Vec<u8>) -> Option<()> {
    let [revision, count, a, b, c, d, e, f, parts @ ..] = bytes else { return None };
    if parts.len() != usize::from(*count) * 4 {
        return None;
    }
    let authority = u64::from_be_bytes([0, 0, *a, *b, *c, *d, *e, *f]);
    let mut out = String::with_capacity(48);
    write!(out, "S-{revision}-{authority}").ok()?;
    for part in parts.chunks_exact(4) {
        write!(out, "-{}", u32::from_le_bytes(part.try_into().ok()?)).ok()?;
    }
    text.extend_from_slice(out.as_bytes());
    Some(())
}

/// `YYYY-MM-DDThh:mm:ss.fffffffZ`, by Howard Hinnant's `civil_from_days`.
fn filetime(ticks: u64, text: &mut Vec<u8>) -> Option<()> {
    const TICKS_A_SECOND: u64 = 10_000_000;
    const TICKS_A_DAY: u64 = 86_400 * TICKS_A_SECOND;
    i64::try_from(ticks).ok()?;
    let (days, of_day) = (ticks / TICKS_A_DAY + 584_694, ticks % TICKS_A_DAY);
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    if year > 9999 {
        return None;
    }
    let second = of_day / TICKS_A_SECOND;
    digits(year, 4, text);
    for (mark, number) in [(b'-', month), (b'-', day), (b'T', second / 3600), (b':', second / 60 % 60), (b':', second % 60)] {
        text.push(mark);
        digits(number, 2, text);
    }
    text.push(b'.');
    digits(of_day % TICKS_A_SECOND, 7, text);
    text.push(b'Z');
    Some(())
}

fn digits(number: u64, width: u32, text: &mut Vec<u8>) {
    text.extend((0..width).rev().map(|place| b'0' + (number / 10_u64.pow(place) % 10) as u8));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(kind: u8, bytes: &[u8], expected: &str) {
        let mut text = b"before".to_vec();
        let found = scalar(&Slot { kind, bytes, at: 0 }, &mut text);
        assert!(matches!(found, Some(Scalar::Text(6, _))), "{found:?}");
        assert_eq!(std::str::from_utf8(&text[6..]).unwrap(), expected);
    }

    #[test]
    fn texts_have_the_usual_spelling() {
        let wide = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
        check(0x01, &wide(r"C:\Windows\System32\日本語 😀\a.exe"), r"C:\Windows\System32\日本語 😀\a.exe");
        check(0x01, &wide("twelve chars\0hidden"), "twelve chars");
        check(0x01, &wide("12345678901\u{0}x"), "12345678901");
        check(0x14, &0x1a4_u32.to_le_bytes(), "0x1a4");
        check(0x15, &0x8000_0000_0000_0000_u64.to_le_bytes(), "0x8000000000000000");
        check(0x14, &0_u32.to_le_bytes(), "0x0");
        check(0x11, &133_594_528_891_234_567_u64.to_le_bytes(), "2024-05-06T07:08:09.1234567Z");
        check(0x13, &[1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 32, 2, 0, 0], "S-1-5-32-544");
        check(
            0x0f,
            &[0x44, 0x3a, 0xa1, 0x5a, 0x74, 0x0d, 0xfc, 0x68, 0xeb, 0x1d, 0, 0, 0, 0, 0x40, 2],
            "{5aa13a44-0d74-68fc-eb1d-000000004002}",
        );
        check(0x0e, &[0x0a, 0xff], "0AFF");
    }

    #[test]
    fn what_cannot_be_told_is_left_to_the_general_way() {
        let mut text = Vec::new();
        for (kind, bytes) in
            [(0x01, [0, 0xd8].as_slice()), (0x01, &[0x41]), (0x08, &[1]), (0x81, &[0x41, 0]), (0x13, &[1, 9, 0, 0, 0, 0, 0, 5])]
        {
            assert_eq!(scalar(&Slot { kind, bytes, at: 0 }, &mut text), None);
        }
    }
}
