//! Transfer encodings, read leniently: what is damaged costs what it hit, and is told.

use std::borrow::Cow;

/// Decoded bytes, and whether something was wrong with the encoding.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Decoded<'b> {
    pub(crate) bytes: Cow<'b, [u8]>,
    pub(crate) damaged: bool,
}

/// Decodes by the name in `Content-Transfer-Encoding`; nothing is done for names that mean the bytes as they are.
pub(crate) fn decode<'b>(bytes: &'b [u8], encoding: &str) -> Decoded<'b> {
    match encoding {
        "base64" => base64(bytes),
        "quoted-printable" => quoted_printable(bytes, Underscore::IsItself),
        "" | "7bit" | "8bit" | "binary" => Decoded { bytes: bytes.into(), damaged: false },
        _ => Decoded { bytes: bytes.into(), damaged: true },
    }
}

/// Base64. Letters outside the alphabet are passed over, padding in the middle starts anew, a missing end gives what it can.
pub(crate) fn base64(bytes: &[u8]) -> Decoded<'static> {
    let mut out = Vec::with_capacity(bytes.len() / 4 * 3 + 3);
    let (mut held, mut bits, mut damaged) = (0_u32, 0_u32, false);
    for byte in bytes {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            b'=' => {
                (held, bits) = (0, 0);
                continue;
            }
            b' ' | b'\t' | b'\r' | b'\n' => continue,
            _ => {
                damaged = true;
                continue;
            }
        };
        held = (held << 6) | u32::from(value);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            out.push(((held >> bits) & 0xff) as u8);
            held &= (1 << bits) - 1;
        }
    }
    // Six bits left over are a letter that lost its fellows.
    Decoded { bytes: out.into(), damaged: damaged || bits == 6 }
}

/// What an underscore means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Underscore {
    /// In bodies.
    IsItself,
    /// In encoded words of headers (RFC 2047 4.2).
    IsSpace,
}

/// Quoted-printable. An equals sign that starts no code stays as it is.
pub(crate) fn quoted_printable(bytes: &[u8], underscore: Underscore) -> Decoded<'static> {
    let mut out = Vec::with_capacity(bytes.len());
    let (mut rest, mut damaged) = (bytes, false);
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        match first {
            b'=' => match escape(after) {
                Some((byte, after)) => {
                    out.extend(byte);
                    rest = after;
                }
                None => {
                    damaged = true;
                    out.push(b'=');
                }
            },
            b'_' if underscore == Underscore::IsSpace => out.push(b' '),
            other => out.push(*other),
        }
    }
    Decoded { bytes: out.into(), damaged }
}

/// What follows an equals sign: a byte, or the end of a line that goes on.
fn escape(after: &[u8]) -> Option<(Option<u8>, &[u8])> {
    if let [high, low, rest @ ..] = after
        && let (Some(high), Some(low)) = (nibble(*high), nibble(*low))
    {
        return Some((Some((high << 4) | low), rest));
    }
    let blanks = after.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    match after.get(blanks..)? {
        [] => Some((None, &[])),
        [b'\r', b'\n', rest @ ..] | [b'\n', rest @ ..] => Some((None, rest)),
        _ => None,
    }
}

pub(crate) fn nibble(letter: u8) -> Option<u8> {
    match letter {
        b'0'..=b'9' => Some(letter - b'0'),
        b'a'..=b'f' => Some(letter - b'a' + 10),
        b'A'..=b'F' => Some(letter - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn damaged_base64_gives_what_it_holds() {
        let read = |text: &str| base64(text.as_bytes());
        assert_eq!(read("aGVsbG8="), Decoded { bytes: (&b"hello"[..]).into(), damaged: false });
        assert_eq!(read("aGVs\r\nbG8"), Decoded { bytes: (&b"hello"[..]).into(), damaged: false });
        assert_eq!(read("aGVs!bG8="), Decoded { bytes: (&b"hello"[..]).into(), damaged: true });
        assert_eq!(read("aGk=aGk=").bytes.as_ref(), b"hihi");
        assert_eq!(read("aGVsbG8gd").bytes.as_ref(), b"hello ");
    }

    #[test]
    fn damaged_quoted_printable_keeps_its_letters() {
        let read = |text: &str| quoted_printable(text.as_bytes(), Underscore::IsItself);
        assert_eq!(read("a=3Db=\r\nc_d=  \nz"), Decoded { bytes: (&b"a=bc_dz"[..]).into(), damaged: false });
        assert_eq!(read("50 = fifty =ZZ ="), Decoded { bytes: (&b"50 = fifty =ZZ "[..]).into(), damaged: true });
        assert_eq!(quoted_printable(b"a_b", Underscore::IsSpace).bytes.as_ref(), b"a b");
    }
}
