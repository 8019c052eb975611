//! Encoded words (RFC 2047), as they come: split inside a letter, inside quotes, with blanks where none may be, cut off, or raw bytes instead.

use crate::charset;
use crate::transfer::{self, Underscore};

/// A value in letters, and what had to be assumed for it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Decoded {
    pub(crate) text: String,
    pub(crate) repair: Option<String>,
    /// A charset of Japanese software was used.
    pub(crate) japanese: bool,
}

enum Piece<'b> {
    Raw(&'b [u8]),
    Word { charset: String, bytes: Vec<u8>, damaged: bool },
}

/// Decodes an unfolded value.
pub(crate) fn decoded(value: &[u8]) -> Decoded {
    let pieces = pieces(value);
    let mut out = Decoded::default();
    let mut run: Vec<(String, Vec<u8>)> = Vec::new();
    for piece in pieces {
        match piece {
            Piece::Word { charset, bytes, damaged } => {
                if damaged {
                    out.repair.get_or_insert_with(|| "an encoded word is damaged".to_owned());
                }
                if run.last().is_some_and(|(last, _)| *last != charset) {
                    out.words(&mut run);
                }
                run.push((charset, bytes));
            }
            Piece::Raw(bytes) => {
                out.words(&mut run);
                out.raw(bytes);
            }
        }
    }
    out.words(&mut run);
    out.text = out.text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect::<String>().trim().to_owned();
    out
}

impl Decoded {
    /// Adds neighbours of one charset: each by itself, or, where one is no text alone, all of them as one.
    fn words(&mut self, run: &mut Vec<(String, Vec<u8>)>) {
        let Some((charset, _)) = run.first() else { return };
        let charset = charset.clone();
        let alone: Vec<_> = run.iter().map(|(_, bytes)| charset::decode(bytes, Some(&charset))).collect();
        let open = run.iter().rev().skip(1).any(|(_, bytes)| is_shifted(bytes));
        if alone.iter().all(|word| word.repair.is_none()) && !(open && charset.starts_with("iso-2022")) {
            alone.into_iter().for_each(|word| self.take(word));
        } else {
            let joined: Vec<u8> = run.iter().flat_map(|(_, bytes)| bytes.iter().copied()).collect();
            self.take(charset::decode(&joined, Some(&charset)));
        }
        run.clear();
    }

    fn raw(&mut self, bytes: &[u8]) {
        let ascii = bytes.is_ascii() && !bytes.contains(&0x1b);
        self.take(match ascii {
            true => charset::decode(bytes, Some("us-ascii")),
            false => charset::decode(bytes, None),
        });
    }

    fn take(&mut self, word: charset::Decoded) {
        self.text.push_str(&word.text);
        self.japanese |= charset::is_japanese(word.charset);
        if self.repair.is_none() {
            self.repair = word.repair;
        }
    }
}

/// Whether ISO-2022-JP text ends within Japanese: the next word goes on there.
fn is_shifted(bytes: &[u8]) -> bool {
    let last = bytes.iter().rposition(|byte| *byte == 0x1b).and_then(|at| bytes.get(at + 1));
    last == Some(&b'$')
}

/// Words and what stands between them. Blanks between two words are no text.
fn pieces(value: &[u8]) -> Vec<Piece<'_>> {
    let (mut pieces, mut rest, mut raw_from) = (Vec::new(), value, value);
    while let Some(start) = memchr::memmem::find(rest, b"=?") {
        let at = rest.get(start..).unwrap_or_default();
        let Some((piece, after)) = word(at) else {
            rest = at.get(2..).unwrap_or_default();
            continue;
        };
        let raw = raw_from.get(..raw_from.len() - at.len()).unwrap_or_default();
        let between = matches!(pieces.last(), Some(Piece::Word { .. })) && raw.iter().all(u8::is_ascii_whitespace);
        if !raw.is_empty() && !between {
            pieces.push(Piece::Raw(raw));
        }
        pieces.push(piece);
        (rest, raw_from) = (after, after);
    }
    if !raw_from.is_empty() {
        pieces.push(Piece::Raw(raw_from));
    }
    pieces
}

/// A word at the start of these bytes, and what follows it.
fn word(bytes: &[u8]) -> Option<(Piece<'_>, &[u8])> {
    let (charset, rest) = until(bytes.get(2..)?, 60)?;
    let (encoding, rest) = until(rest, 4)?;
    let charset = String::from_utf8_lossy(charset.trim_ascii()).to_ascii_lowercase();
    let charset = charset.split('*').next().unwrap_or_default().to_owned(); // RFC 2231 5: a language may follow.
    let encoding = encoding.trim_ascii().to_ascii_lowercase();
    if charset.is_empty() || charset.contains(char::is_whitespace) || !matches!(encoding.as_slice(), b"b" | b"q") {
        return None;
    }
    let (text, after, cut) = match end(rest, encoding == b"q") {
        Some(end) => (rest.get(..end)?, rest.get(end + 2..)?, false),
        None => (rest, &[][..], true),
    };
    let decoded = match encoding == b"b" {
        true => transfer::base64(text),
        false => transfer::quoted_printable(text, Underscore::IsSpace),
    };
    Some((Piece::Word { charset, bytes: decoded.bytes.into_owned(), damaged: decoded.damaged || cut }, after))
}

fn until(bytes: &[u8], most: usize) -> Option<(&[u8], &[u8])> {
    let end = memchr::memchr(b'?', bytes.get(..bytes.len().min(most + 1))?)?;
    Some((bytes.get(..end)?, bytes.get(end + 1..)?))
}

/// Where `?=` stands that ends a word. In the Q encoding `?=3D` may be a question mark that should have been encoded.
fn end(rest: &[u8], quoted: bool) -> Option<usize> {
    let mut from = 0;
    loop {
        let found = from + memchr::memmem::find(rest.get(from..)?, b"?=")?;
        let code = rest.get(found + 2..found + 4).is_some_and(|two| two.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'A'..=b'F')));
        if !quoted || !code {
            return Some(found);
        }
        from = found + 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(value: &[u8], expected: &str) {
        assert_eq!(decoded(value).text, expected, "{}", String::from_utf8_lossy(value));
    }

    #[test]
    fn words_are_decoded_as_they_come() {
        check(b"Hello =?utf-8?Q?W=C3=B6rld_!?= end", "Hello Wörld ! end");
        check(b"=?ISO-2022-JP?B?GyRCQUg/JUw+GyhC?=", "組織名");
        check(b"=?utf-8?B?57WE?= =?utf-8?B?57mU?=", "組織");
        check(b"=?utf-8?B?57WE?= and =?utf-8*ja?B?57mU?=", "組 and 織");
        check(b"\"=?utf-8?B?57WE?=\" <a@b>", "\"組\" <a@b>");
        check(b"=? ISO-2022-JP? B? GyRCQUg/JUw+GyhC?=", "組織名");
        check(b"=?x?=", "=?x?=");
        check(b"a =?utf-8?Q?b", "a b");
        check(b"1 =? 2", "1 =? 2");
    }

    #[test]
    fn letters_split_between_words_are_joined() {
        check(b"=?utf-8?B?57U=?= =?utf-8?B?hOe5lA==?=", "組織");
        check(b"=?iso-2022-jp?Q?=1B=24BAH=3F?= =?iso-2022-jp?Q?=25L=3E=1B=28B?=", "組織名");
        let read = decoded(b"=?utf-8?B?57W?=");
        assert!(read.repair.is_some(), "{read:?}");
    }

    #[test]
    fn raw_bytes_are_read_too() {
        let (sjis, _, _) = encoding_rs::SHIFT_JIS.encode("件名：至急のお願い");
        check(&sjis, "件名：至急のお願い");
        check("件名：至急".as_bytes(), "件名：至急");
        check(b"\x1b$BAH?%L>\x1b(B: x", "組織名: x");
    }
}
