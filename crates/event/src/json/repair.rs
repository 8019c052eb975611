//! JSON that breaks the rule only inside its texts: saved with a defect, so that the event is not lost.

use crate::defect::DefectKind;

use super::Fault;

/// The text with what can be mended replaced: bytes that are no UTF-8 and halves of surrogate pairs by U+FFFD, bare control
/// characters by spaces. `None` where there is nothing to mend.
pub(super) fn mended(raw: &[u8]) -> Option<(Vec<u8>, Fault)> {
    let mut losses = Vec::new();
    let mut text = match std::str::from_utf8(raw) {
        Ok(_) => raw.to_vec(),
        Err(_) => {
            losses.push("bytes that are no UTF-8");
            String::from_utf8_lossy(raw).into_owned().into_bytes()
        }
    };
    if replace_lone_surrogates(&mut text) {
        losses.push("halves of surrogate pairs");
    }
    if replace_controls(&mut text) {
        losses.push("bare control characters");
    }
    if losses.is_empty() {
        return None;
    }
    Some((text, Fault::new(DefectKind::Malformed, format!("replaced {}; the record was kept", losses.join(" and ")))))
}

fn replace_controls(text: &mut [u8]) -> bool {
    let mut replaced = false;
    for byte in text.iter_mut().filter(|byte| **byte < 0x20 && !matches!(**byte, b'\n' | b'\r')) {
        *byte = b' ';
        replaced = true;
    }
    replaced
}

/// Replaces `\ud8xx` without its second half, and the reverse, by `\ufffd`.
fn replace_lone_surrogates(text: &mut [u8]) -> bool {
    let mut replaced = false;
    let mut at = 0;
    while let Some(found) = text.get(at..).and_then(|rest| memchr::memchr(b'\\', rest)) {
        at += found;
        match surrogate(text, at) {
            Some(Half::High) if surrogate(text, at + 6) == Some(Half::Low) => at += 12,
            Some(_) => {
                if let Some(digits) = text.get_mut(at + 2..at + 6) {
                    digits.copy_from_slice(b"fffd");
                    replaced = true;
                }
                at += 6;
            }
            None => at += 2,
        }
    }
    replaced
}

#[derive(PartialEq, Eq)]
enum Half {
    High,
    Low,
}

fn surrogate(text: &[u8], at: usize) -> Option<Half> {
    match text.get(at..at + 6)? {
        [b'\\', b'u', b'd' | b'D', b'8' | b'9' | b'a' | b'b' | b'A' | b'B', _, _] => Some(Half::High),
        [b'\\', b'u', b'd' | b'D', b'c' | b'd' | b'e' | b'f' | b'C' | b'D' | b'E' | b'F', _, _] => Some(Half::Low),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(raw: &[u8], expected: Option<&[u8]>) {
        assert_eq!(mended(raw).map(|(text, _)| text).as_deref(), expected);
    }

    #[test]
    fn mends_only_what_is_broken() {
        check(br#"{"a":"b"}"#, None);
        check(br#"{"a":"\ud83d\ude00"}"#, None);
        check(br#"{"a":"\\ud83d"}"#, None);
        check(br#"{"a":"\ud83d!"}"#, Some(br#"{"a":"\ufffd!"}"#));
        check(br#"{"a":"\ude00"}"#, Some(br#"{"a":"\ufffd"}"#));
        check(b"{\"a\":\"\xff\"}", Some("{\"a\":\"\u{fffd}\"}".as_bytes()));
        check(b"{\"a\":\"x\ty\"}", Some(br#"{"a":"x y"}"#));
    }
}
