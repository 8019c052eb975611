//! Values with parameters (`Content-Type`, `Content-Disposition`), with RFC 2231 and with what mail programs write instead of it.

use super::word;
use crate::charset;
use crate::transfer::nibble;

/// The most parameters that are read of one value.
const MOST: usize = 64;

/// A value and its parameters, names in lower case.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Parametrised {
    /// The value before the first semicolon, in lower case.
    pub(crate) value: String,
    parameters: Vec<(String, String)>,
}

impl Parametrised {
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(held, _)| held == name).map(|(_, value)| value.as_str())
    }
}

/// Reads a value.
pub(crate) fn parametrised(value: &[u8]) -> Parametrised {
    let mut pieces = pieces(value).into_iter();
    let first = pieces.next().unwrap_or_default();
    let head = String::from_utf8_lossy(first.trim_ascii()).to_ascii_lowercase();
    let head = head.split(|letter: char| letter.is_whitespace() || letter == '(').next().unwrap_or_default().to_owned();
    let pairs: Vec<(String, Vec<u8>)> = pieces.take(MOST).filter_map(pair).collect();
    let mut parameters: Vec<(String, String)> = Vec::new();
    for (name, value) in &pairs {
        let base = name.split('*').next().unwrap_or_default();
        if parameters.iter().any(|(held, _)| held == base) {
            continue;
        }
        let extended = pairs
            .iter()
            .any(|(other, _)| other.len() > base.len() && other.starts_with(base) && other.as_bytes().get(base.len()) == Some(&b'*'));
        let text = if extended { continued(base, &pairs) } else { word::decoded(value).text };
        parameters.push((base.to_owned(), text));
    }
    Parametrised { value: head, parameters }
}

/// The pieces between semicolons that stand in no quotes.
fn pieces(value: &[u8]) -> Vec<Vec<u8>> {
    let (mut pieces, mut quoted, mut escaped) = (vec![Vec::new()], false, false);
    for byte in value {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b';' if !quoted => {
                pieces.push(Vec::new());
                continue;
            }
            _ => {}
        }
        if let Some(piece) = pieces.last_mut() {
            piece.push(*byte);
        }
    }
    pieces
}

fn pair(piece: Vec<u8>) -> Option<(String, Vec<u8>)> {
    let equals = memchr::memchr(b'=', &piece)?;
    let name = String::from_utf8_lossy(piece.get(..equals)?.trim_ascii()).to_ascii_lowercase();
    let value = piece.get(equals + 1..)?.trim_ascii();
    (!name.is_empty()).then(|| (name, unquoted(value)))
}

fn unquoted(value: &[u8]) -> Vec<u8> {
    let Some(inside) = value.strip_prefix(b"\"") else { return value.to_vec() };
    let (mut out, mut escaped) = (Vec::with_capacity(inside.len()), false);
    for byte in inside {
        match byte {
            b'\\' if !escaped => escaped = true,
            b'"' if !escaped => break,
            other => {
                escaped = false;
                out.push(*other);
            }
        }
    }
    out
}

/// `name*0*=utf-8''%E6…; name*1=…` and `name*=utf-8''…` in order of their numbers.
fn continued(base: &str, pairs: &[(String, Vec<u8>)]) -> String {
    let mut sections: Vec<(u32, bool, &[u8])> = Vec::new();
    for (name, value) in pairs {
        let Some(rest) = name.strip_prefix(base).and_then(|rest| rest.strip_prefix('*')) else { continue };
        let (number, encoded) = match rest.strip_suffix('*') {
            Some(number) => (number, true),
            None => (rest, rest.is_empty()),
        };
        sections.push((number.parse().unwrap_or(0), encoded, value));
    }
    sections.sort_by_key(|(number, ..)| *number);
    let (mut bytes, mut named) = (Vec::new(), None);
    for (place, (_, encoded, value)) in sections.into_iter().enumerate() {
        if !encoded {
            bytes.extend_from_slice(value);
            continue;
        }
        let mut value = value;
        if place == 0 {
            let mut marks = memchr::memchr_iter(b'\'', value);
            if let (Some(first), Some(second)) = (marks.next(), marks.next()) {
                named = value.get(..first).map(|name| String::from_utf8_lossy(name).into_owned());
                value = value.get(second + 1..).unwrap_or_default();
            }
        }
        bytes.extend(percent_decoded(value));
    }
    charset::decode(&bytes, named.as_deref()).text
}

fn percent_decoded(value: &[u8]) -> Vec<u8> {
    let (mut out, mut rest) = (Vec::with_capacity(value.len()), value);
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        if let (b'%', [high, low, after @ ..]) = (first, after)
            && let (Some(high), Some(low)) = (nibble(*high), nibble(*low))
        {
            out.push((high << 4) | low);
            rest = after;
        } else {
            out.push(*first);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(value: &str, name: &str, expected: &str) {
        assert_eq!(parametrised(value.as_bytes()).get(name), Some(expected), "{value}");
    }

    #[test]
    fn parameters_are_read_in_every_form() {
        check("text/plain; charset=\"utf-8\"; x", "charset", "utf-8");
        check("Multipart/Mixed; boundary=\"a;b\\\"c\"", "boundary", "a;b\"c");
        check("a; filename*=utf-8'ja'%E7%B5%84%E7%B9%94.txt", "filename", "組織.txt");
        check("a; filename*1*=%E7%B9%94; filename*2=.txt; filename*0*=utf-8''%E7%B5%84", "filename", "組織.txt");
        check("a; filename*0=abc; filename*1=def", "filename", "abcdef");
        check("a; filename=plain.txt; filename*=utf-8''%E7%B5%84.txt", "filename", "組.txt");
        check("a; name=\"=?ISO-2022-JP?B?GyRCQUg/JUw+GyhC?=.txt\"", "name", "組織名.txt");
        check("a; name=組織.txt", "name", "組織.txt");
        assert_eq!(parametrised(b"Text/HTML (comment); charset=x").value, "text/html");
    }
}
