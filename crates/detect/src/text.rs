//! Case folding and byte-level search that every text predicate rests on.
//!
//! Sigma compares without regard to case: both sides are folded by Unicode's lower-case mapping, one character at a time, so
//! that a rule and a record always fold alike. Offsets of needles are chosen once, when rules are compiled.

use memchr::{memchr, memmem};
use serde::{Deserialize, Serialize};

/// Haystacks longer than this are searched by the linear-time searcher.
const LONG_HAYSTACK: usize = 4096;

/// Appends the folded text.
pub(crate) fn fold_into(text: &str, out: &mut Vec<u8>) {
    let start = out.len();
    if text.is_ascii() {
        out.extend_from_slice(text.as_bytes());
        if let Some(tail) = out.get_mut(start..) {
            tail.make_ascii_lowercase();
        }
        return;
    }
    let mut buffer = [0; 4];
    for character in text.chars() {
        if character.is_ascii() {
            out.push(character.to_ascii_lowercase() as u8);
        } else {
            for lower in character.to_lowercase() {
                // Unicode's folding joins these two with their plain forms; lower-casing alone does not.
                let folded = match lower {
                    'ſ' => 's',
                    'ς' => 'σ',
                    other => other,
                };
                out.extend_from_slice(folded.encode_utf8(&mut buffer).as_bytes());
            }
        }
    }
}

/// The folded text.
pub(crate) fn fold(text: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    fold_into(text, &mut out);
    out
}

/// How much it says, in bits, that a byte occurs at a given place of a folded command line, path or registry key.
pub(crate) fn information(byte: u8) -> u32 {
    match byte {
        b'e' | b'\\' | b's' | b'i' | b't' | b'r' | b'o' | b'n' | b'a' => 4,
        b'c' | b'l' | b'm' | b'd' | b'p' | b'.' | b' ' | b'w' | b'x' | b'0' => 5,
        b'u' | b'f' | b'g' | b'h' | b'v' | b'1' | b'2' | b'3' | b'-' | b'"' | b'/' => 6,
        b'y' | b'b' | b'k' | b'4'..=b'9' | b':' | b'=' | b',' | b'_' => 7,
        _ => 9,
    }
}

/// A literal, with the place of its rarest byte.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Needle {
    bytes: Box<[u8]>,
    rare: u32,
}

impl Needle {
    pub(crate) fn new(bytes: Vec<u8>) -> Needle {
        let rare = bytes.iter().enumerate().max_by_key(|(_, byte)| information(**byte)).map_or(0, |(at, _)| at);
        Needle { bytes: bytes.into(), rare: u32::try_from(rare).unwrap_or(0) }
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Where the literal first occurs.
    pub(crate) fn find(&self, haystack: &[u8]) -> Option<usize> {
        if haystack.len() > LONG_HAYSTACK {
            return memmem::find(haystack, &self.bytes);
        }
        let rare = self.rare as usize;
        let Some(wanted) = self.bytes.get(rare) else { return Some(0) };
        let mut from = rare;
        loop {
            let at = from + memchr(*wanted, haystack.get(from..)?)?;
            let start = at - rare;
            if haystack.get(start..start + self.bytes.len())? == &*self.bytes {
                return Some(start);
            }
            from = at + 1;
        }
    }

    pub(crate) fn within(&self, haystack: &[u8]) -> bool {
        self.find(haystack).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn folds_beyond_ascii() {
        assert_eq!(fold("ÄÖ Straße ΑΣ"), "äö straße ασ".as_bytes());
        assert_eq!(fold("ſς"), "sσ".as_bytes());
        assert_eq!(fold("ＡＢＣ漏洩"), "ａｂｃ漏洩".as_bytes());
    }

    proptest! {
        #[test]
        fn finds_what_the_standard_library_finds(haystack in "[abc]{0,40}", needle in "[abc]{0,4}") {
            let found = Needle::new(needle.clone().into_bytes()).find(haystack.as_bytes());
            prop_assert_eq!(found, haystack.find(&needle));
        }
    }
}
