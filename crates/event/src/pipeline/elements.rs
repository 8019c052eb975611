//! Finding `<Event>` elements in a text: one, several one after another, or in a list, over any number of lines.
//!
//! The scan knows tags, comments and CDATA sections, so that nothing inside a text is taken for an element; whether an element
//! is right XML is the parser's business. Events do not stand inside each other: where a second one begins, the first was not
//! closed, and is told and left out. A document type ends the reading: what it declares is nobody's event.

use memchr::memmem;

use crate::defect::DefectKind;
use crate::json::Fault;
use crate::xml;

use super::feed::Span;
use super::values::{Found, Shape};

/// XML events.
pub(super) const XML: Shape = Shape { value: "an event", find, resume, hides: false };

/// Whether the first bytes of a text, which begin with `<`, show an event or a list of them.
pub(super) fn is_there(head: &[u8]) -> bool {
    memmem::find_iter(head, "<Event").any(|at| {
        let rest = head.get(at..).unwrap_or_default();
        xml::is_event(rest) || rest.starts_with(b"<Events>") || rest.starts_with(b"<Events ")
    })
}

/// A piece of markup, and where it ends.
enum Markup {
    /// `<Event …>`; `closed` if it ends itself.
    Event {
        end: usize,
        closed: bool,
    },
    EventEnd(usize),
    /// Another tag, a comment, a processing instruction, a CDATA section.
    Other(usize),
    DocumentType,
    /// The buffer ends inside it.
    Cut,
}

fn find(buffer: &[u8], line: &mut u64) -> Found {
    let mut scan = Scan { buffer, counted: 0, line: *line, found: Found::default(), open: None };
    let mut at = 0;
    while let Some(next) = buffer.get(at..).and_then(|rest| memchr::memchr(b'<', rest)) {
        let here = at + next;
        scan.between(at, here);
        match markup(buffer, here) {
            Markup::Event { end, closed } => {
                scan.begin(here);
                if closed {
                    scan.end(end);
                }
                at = end;
            }
            Markup::EventEnd(end) => {
                scan.end(end);
                at = end;
            }
            Markup::Other(end) => at = end,
            Markup::DocumentType => {
                scan.refuse(here);
                at = buffer.len();
            }
            Markup::Cut => {
                scan.open = scan.open.or_else(|| Some((here, scan.line_at(here))));
                at = buffer.len();
            }
        }
    }
    scan.between(at, buffer.len());
    scan.line_at(buffer.len());
    *line = scan.line;
    Found { open: scan.open, ..scan.found }
}

struct Scan<'b> {
    buffer: &'b [u8],
    counted: usize,
    line: u64,
    found: Found,
    open: Option<(usize, u64)>,
}

impl Scan<'_> {
    /// The line of a place; places come in order.
    fn line_at(&mut self, at: usize) -> u64 {
        let passed = self.buffer.get(self.counted..at).unwrap_or_default();
        self.line += memchr::memchr_iter(b'\n', passed).count() as u64;
        self.counted = self.counted.max(at);
        self.line
    }

    /// Text outside of events: only blanks belong there.
    fn between(&mut self, from: usize, to: usize) {
        let text = self.buffer.get(from..to).unwrap_or_default();
        let text = text.strip_prefix(crate::text::BOM).unwrap_or(text);
        if self.open.is_none() && !text.trim_ascii().is_empty() {
            let line = self.line_at(from);
            self.fault(line, DefectKind::Malformed, "text outside of events was passed over");
        }
    }

    fn fault(&mut self, line: u64, kind: DefectKind, detail: &str) {
        self.found.fault.get_or_insert_with(|| (Some(line), Fault::new(kind, detail)));
    }

    fn begin(&mut self, at: usize) {
        let line = self.line_at(at);
        if let Some((_, unclosed)) = self.open.replace((at, line)) {
            self.fault(unclosed, DefectKind::Truncated, "an event is not closed before the next begins");
        }
    }

    fn end(&mut self, end: usize) {
        if let Some((start, line)) = self.open.take() {
            self.found.spans.push(Span { start, end, line });
        }
    }

    fn refuse(&mut self, at: usize) {
        let line = self.line_at(at);
        let refused = Fault::new(DefectKind::Refused, "a document type is not read, nor what follows it");
        self.found.fault = Some((Some(line), refused));
        self.found.ends = true;
        self.open = None;
    }
}

fn markup(buffer: &[u8], at: usize) -> Markup {
    const BLOCKS: [(&[u8], &str); 3] = [(b"<![CDATA[", "]]>"), (b"<!--", "-->"), (b"<?", "?>")];
    let rest = buffer.get(at..).unwrap_or_default();
    for (start, end) in BLOCKS {
        if rest.starts_with(start) {
            let found = memmem::find(rest.get(start.len()..).unwrap_or_default(), end.as_bytes());
            return found.map_or(Markup::Cut, |found| Markup::Other(at + start.len() + found + end.len()));
        }
        if start.starts_with(rest) {
            return Markup::Cut;
        }
    }
    if rest.starts_with(b"<!") {
        return Markup::DocumentType;
    }
    let Some(length) = tag_length(rest) else { return Markup::Cut };
    let tag = rest.get(..length).unwrap_or_default();
    let end = at + length;
    if xml::is_event(tag) {
        return Markup::Event { end, closed: tag.ends_with(b"/>") };
    }
    let is_end = tag.strip_prefix(b"</Event").is_some_and(|rest| rest.trim_ascii() == b">");
    if is_end { Markup::EventEnd(end) } else { Markup::Other(end) }
}

/// The length of a tag: to its `>` outside of quotes, or to the next `<`, which no tag holds.
fn tag_length(rest: &[u8]) -> Option<usize> {
    let mut quote = None;
    for (at, byte) in rest.iter().enumerate().skip(1) {
        match (byte, quote) {
            (b'<', _) => return Some(at),
            (b'>', None) => return Some(at + 1),
            (b'"' | b'\'', None) => quote = Some(*byte),
            (byte, Some(open)) if *byte == open => quote = None,
            _ => {}
        }
    }
    None
}

/// The longest start of a tag that the end of a buffer may cut.
const CUT_BYTES: usize = 16;

/// Where to go on after an event that is too long: no other begins in the buffer, but for a tag that its end cuts.
fn resume(buffer: &[u8], start: usize) -> usize {
    let last = memchr::memrchr(b'<', buffer).filter(|last| *last > start && buffer.len() - last < CUT_BYTES);
    last.unwrap_or(buffer.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str], fault: Option<&str>, open: bool) {
        let found = find(text.as_bytes(), &mut 1);
        let spans: Vec<_> = found.spans.iter().map(|span| &text[span.start..span.end]).collect();
        assert_eq!(spans, expected, "{text}");
        assert_eq!(found.fault.map(|(line, fault)| format!("{}: {}", line.unwrap(), fault.detail)).as_deref(), fault, "{text}");
        assert_eq!(found.open.is_some(), open, "{text}");
    }

    #[test]
    fn events_are_found_wherever_they_stand() {
        check("<Event>a</Event>", &["<Event>a</Event>"], None, false);
        check(
            "\u{feff}<?xml version='1.0'?>\n<Events>\n<Event x='>'/>\n<Event\n>b</Event >\n</Events>",
            &["<Event x='>'/>", "<Event\n>b</Event >"],
            None,
            false,
        );
        check("<Event><![CDATA[</Event><Event>]]></Event>", &["<Event><![CDATA[</Event><Event>]]></Event>"], None, false);
        check("<!-- <Event>no</Event> --><Event/>", &["<Event/>"], None, false);
        check("<EventXML></EventXML><QueryList/>", &[], None, false);
    }

    #[test]
    fn what_is_wrong_between_events_is_told() {
        check("<Event>a\n<Event>b</Event>", &["<Event>b</Event>"], Some("1: an event is not closed before the next begins"), false);
        check(
            "<Event>a</Event>\nnoise<Event/>",
            &["<Event>a</Event>", "<Event/>"],
            Some("1: text outside of events was passed over"),
            false,
        );
        check(
            "<Event/>\n<!DOCTYPE x [<!ENTITY e '<Event/>'>]><Event/>",
            &["<Event/>"],
            Some("2: a document type is not read, nor what follows it"),
            false,
        );
    }

    #[test]
    fn what_the_end_cuts_stays_open() {
        for text in
            ["<Event/><", "<Event/><![CDA", "<Event/><!-- a", "<Event/><!", "<Event/><Event", "<Event/><Event x='>", "<Event/><Event>a<"]
        {
            check(text, &["<Event/>"], None, true);
        }
    }
}
