//! Windows events as XML text: one `<Event>` as `wevtutil`, Event Viewer and event forwarding write it.
//!
//! The element is rendered as the nested JSON that event log files are rendered to, and that is read like any other JSON: one
//! place decides what a Windows event's fields are. Entities beyond XML's own five are left as written, a document type is
//! refused, and nothing outside of the text is ever fetched.

mod render;
mod tree;

use crate::defect::DefectKind;
use crate::json::{Fault, JsonReader, Reading};
use crate::limits::Limits;
use crate::record::LogFormat;

/// What a text begins with that this reader takes.
const START: &[u8] = b"<Event";

/// Whether a text begins with the tag `<Event`, and not with that of another name (`<Events`).
pub(crate) fn is_event(text: &[u8]) -> bool {
    text.strip_prefix(START).and_then(<[u8]>::first).is_some_and(|byte| byte.is_ascii_whitespace() || matches!(byte, b'>' | b'/'))
}

/// Reads one event. `raw` is kept as the record's original; `rendered` is working memory.
pub(crate) fn read<'a>(raw: &'a [u8], limits: &Limits, rendered: &'a mut Vec<u8>, json: &'a mut JsonReader) -> Reading<'a> {
    if raw.len() > limits.record_bytes {
        let detail = format!("record_bytes: a record of {} bytes, at most {} are read", raw.len(), limits.record_bytes);
        return Fault::new(DefectKind::Refused, detail).into();
    }
    let text = String::from_utf8_lossy(raw);
    let mut losses = Vec::new();
    if matches!(text, std::borrow::Cow::Owned(_)) {
        losses.push("bytes that are no UTF-8 were replaced");
    }
    let parsed = match tree::parse(&text, limits) {
        Ok(parsed) => parsed,
        Err(fault) => return fault.into(),
    };
    if parsed.unexpanded {
        losses.push("an entity was left as written");
    }
    rendered.clear();
    render::event(&parsed.root, rendered);
    let mut reading = json.read(rendered);
    if let Some(record) = &mut reading.record {
        record.format = LogFormat::WindowsXml;
        record.raw = raw.into();
        if reading.fault.is_none() && !losses.is_empty() {
            reading.fault = Some(Fault::new(DefectKind::Malformed, format!("{}; the record was kept", losses.join(", "))));
        }
    }
    reading
}

/// The same event without line breaks, for places where a record is a line: what stands inside a text becomes a character
/// reference, so that no value changes.
pub(crate) fn on_one_line(raw: &[u8], line: &mut Vec<u8>) {
    let mut place = Place::Text;
    let mut rest = raw;
    while let Some(byte) = rest.first() {
        let (next, length) = place.after(rest);
        match (byte, place) {
            (b'\n', Place::Text) => line.extend_from_slice(b"&#10;"),
            (b'\r', Place::Text) => line.extend_from_slice(b"&#13;"),
            (b'\n', Place::Literal) => line.extend_from_slice(b"]]>&#10;<![CDATA["),
            (b'\r', Place::Literal) => line.extend_from_slice(b"]]>&#13;<![CDATA["),
            (b'\n' | b'\r', Place::Tag) => line.push(b' '),
            _ => line.extend_from_slice(rest.get(..length).unwrap_or_default()),
        }
        rest = rest.get(length..).unwrap_or_default();
        place = next;
    }
}

/// Where in an XML text a byte stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Text,
    Tag,
    /// A CDATA section: taken as written.
    Literal,
}

impl Place {
    /// The place behind the next piece, and that piece's length.
    fn after(self, rest: &[u8]) -> (Place, usize) {
        match self {
            Place::Text if rest.starts_with(b"<![CDATA[") => (Place::Literal, 9),
            Place::Text if rest.starts_with(b"<") => (Place::Tag, 1),
            Place::Tag if rest.starts_with(b">") => (Place::Text, 1),
            Place::Literal if rest.starts_with(b"]]>") => (Place::Text, 3),
            _ => (self, 1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_event_itself_is_taken() {
        for text in ["<Event>", "<Event xmlns='x'>", "<Event\n>", "<Event/>"] {
            assert!(is_event(text.as_bytes()), "{text}");
        }
        for text in ["<Events>", "<EventXML>", "<Event", "{", ""] {
            assert!(!is_event(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn a_line_keeps_the_breaks_inside_texts() {
        let mut line = Vec::new();
        on_one_line(b"<Event\r\n a='1'>\n<Data>a\r\nb</Data><![CDATA[c\n>d]]>\n</Event>", &mut line);
        let expected = "<Event   a='1'>&#10;<Data>a&#13;&#10;b</Data><![CDATA[c]]>&#10;<![CDATA[>d]]>&#10;</Event>";
        assert_eq!(String::from_utf8(line).unwrap(), expected);
    }
}
