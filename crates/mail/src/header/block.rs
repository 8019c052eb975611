//! The block of headers: fields as they came, unfolded.

use crate::defect::{DefectKind, Defects};
use crate::limits::Limits;

/// A field, its value unfolded, otherwise as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Field {
    /// The name, as written.
    pub(crate) name: String,
    pub(crate) value: Vec<u8>,
}

/// Splits headers from what follows them. A text that starts with no header has none.
pub(crate) fn split<'b>(bytes: &'b [u8], place: &str, limits: &Limits, defects: &mut Defects) -> (Vec<Field>, &'b [u8]) {
    let (mut fields, mut rest, mut held): (Vec<Field>, _, _) = (Vec::new(), bytes, 0);
    while !rest.is_empty() {
        let (line, after) = line(rest);
        if line.is_empty() {
            return (fields, after);
        }
        let within = held + line.len() <= limits.header_bytes;
        held += line.len();
        match name(line) {
            _ if !within => defects.add(DefectKind::Limit, place, format!("headers beyond {} bytes were left out", limits.header_bytes)),
            _ if starts_blank(line) => match fields.last_mut() {
                Some(field) => field.value.extend_from_slice(line),
                None if blank(line) => {}
                None => return headless(fields, rest, place, defects),
            },
            Some((name, value)) if fields.len() < limits.headers => fields.push(Field { name, value: trimmed(value).to_vec() }),
            Some(_) => defects.add(DefectKind::Limit, place, format!("headers beyond {} were left out", limits.headers)),
            // A mailbox file's mark, or the same quoted.
            None if fields.is_empty() && (line.starts_with(b"From ") || line.starts_with(b">From ")) => {}
            None => return headless(fields, rest, place, defects),
        }
        rest = after;
    }
    (fields, rest)
}

/// No empty line came before the text.
fn headless<'b>(fields: Vec<Field>, rest: &'b [u8], place: &str, defects: &mut Defects) -> (Vec<Field>, &'b [u8]) {
    let what = if fields.is_empty() { "there are no headers; all of it was read as text" } else { "no empty line ends the headers" };
    defects.add(DefectKind::Header, place, what);
    (fields, rest)
}

/// The first line without its end, and what follows it.
pub(crate) fn line(bytes: &[u8]) -> (&[u8], &[u8]) {
    let end = memchr::memchr(b'\n', bytes);
    let (line, rest) = match end {
        Some(end) => (bytes.get(..end).unwrap_or_default(), bytes.get(end + 1..).unwrap_or_default()),
        None => (bytes, &[][..]),
    };
    (line.strip_suffix(b"\r").unwrap_or(line), rest)
}

fn starts_blank(line: &[u8]) -> bool {
    matches!(line.first(), Some(b' ' | b'\t'))
}

fn blank(line: &[u8]) -> bool {
    line.iter().all(u8::is_ascii_whitespace)
}

fn trimmed(value: &[u8]) -> &[u8] {
    value.trim_ascii()
}

/// A field's name and the rest of its line, if it is one.
fn name(line: &[u8]) -> Option<(String, &[u8])> {
    let colon = memchr::memchr(b':', line)?;
    let name = line.get(..colon)?.trim_ascii_end();
    let fits = !name.is_empty() && name.len() <= 100 && name.iter().all(|byte| byte.is_ascii_graphic());
    fits.then(|| (String::from_utf8_lossy(name).into_owned(), line.get(colon + 1..).unwrap_or_default()))
}
