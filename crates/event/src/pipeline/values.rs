//! Cutting values that span lines: the elements of a JSON array, JSON objects one after another, or XML elements
//! ([`super::elements`]).
//!
//! The scan of JSON knows only braces, brackets and texts; whether a value is right JSON is the parser's business. A value over the
//! limit, or one that never closes, is dropped with a defect, and the scan takes up again at the next line that begins with
//! an opening brace in the column where values begin; so often, each time over a block at most, and no oftener.

use std::io::Read;

use crate::defect::DefectKind;
use crate::input::meter::Account;
use crate::json::Fault;

use super::cut::{BLOCK_BYTES, fill};
use super::feed::{Feeder, Kind, Span};

/// So many values of a stream may be given up: what is behind each is looked at once more.
const MOST_GIVEN_UP: usize = 500;

/// Where the scan stands.
#[derive(Debug, Default, Clone, Copy)]
struct Scan {
    depth: usize,
    in_text: bool,
    escaped: bool,
}

/// How values of one kind are found in a buffer.
pub(super) struct Shape {
    /// What a value is called in a defect.
    pub(super) value: &'static str,
    /// Finds the values in a buffer that begins outside of any, counting lines.
    pub(super) find: fn(&[u8], &mut u64) -> Found,
    /// Where to go on after a value that was given up.
    pub(super) resume: fn(&[u8], usize) -> usize,
    /// Whether one that never closes hides what is behind it, so that the scan has to go back when the stream ends.
    pub(super) hides: bool,
}

/// JSON objects.
pub(super) const JSON: Shape = Shape { value: "a JSON value", find: spans, resume, hides: true };

/// Cuts the stream; answers whether to go on.
pub(super) fn cut(feeder: &mut Feeder<'_>, stream: &mut dyn Read, account: &Account, shape: &Shape) -> bool {
    let most = feeder.limits.record_bytes;
    let (mut line, mut given_up) = (1, 0);
    let mut tail = Vec::new();
    let mut ended = false;
    loop {
        let Some(mut buffer) = feeder.buffer() else { return false };
        buffer.append(&mut tail);
        let mut fault = None;
        if !ended {
            (ended, fault) = fill(stream, &mut buffer, BLOCK_BYTES.max(most + 1));
        }
        let found = (shape.find)(&buffer, &mut line);
        let mut fault = fault.map(|fault| (None, fault)).or(found.fault);
        let mut over = ended || found.ends;
        let mut cut_at = buffer.len();
        if let Some((start, at_line)) = found.open.filter(|_| !found.ends) {
            cut_at = start;
            line = at_line;
            if ended || start == 0 || buffer.len() - start > most {
                given_up += 1;
                cut_at = if ended && !shape.hides { buffer.len() } else { (shape.resume)(&buffer, start) };
                line += newlines(buffer.get(start..cut_at).unwrap_or_default());
                let open = Open { ended, too_often: given_up > MOST_GIVEN_UP, most };
                over = open.too_often || (ended && cut_at == buffer.len());
                fault = fault.filter(|_| ended).or_else(|| Some((Some(at_line), open.fault(shape, at_line))));
            }
            tail.extend_from_slice(buffer.get(cut_at..).unwrap_or_default());
        }
        buffer.truncate(cut_at);
        if !feeder.send(buffer, Kind::Values(found.spans), 0, account, fault) {
            return false;
        }
        if over {
            return true;
        }
    }
}

/// Why a value is given up that its buffer does not close.
struct Open {
    ended: bool,
    too_often: bool,
    most: usize,
}

impl Open {
    fn fault(&self, shape: &Shape, line: u64) -> Fault {
        let value = shape.value;
        if self.too_often {
            let detail = format!("more than {MOST_GIVEN_UP} times {value} that is not closed: the rest from line {line} is not read");
            return Fault::new(DefectKind::Refused, detail);
        }
        match self.ended {
            true => Fault::new(DefectKind::Truncated, format!("{value} that begins in line {line} is not closed")),
            false => Fault::new(DefectKind::Refused, format!("record_bytes: {value} longer than {} bytes", self.most)),
        }
    }
}

/// What a buffer holds.
#[derive(Default)]
pub(super) struct Found {
    pub(super) spans: Vec<Span>,
    /// Where a value begins that the buffer does not close, and its line.
    pub(super) open: Option<(usize, u64)>,
    /// What is wrong between the values, and the line.
    pub(super) fault: Option<(Option<u64>, Fault)>,
    /// Nothing behind the fault is read.
    pub(super) ends: bool,
}

/// Finds the values in a buffer that begins outside of any. Brackets outside of objects are the array's own.
fn spans(buffer: &[u8], line: &mut u64) -> Found {
    let mut found = Found::default();
    let mut scan = Scan::default();
    let mut start = (0, *line);
    for (at, byte) in buffer.iter().enumerate() {
        if *byte == b'\n' {
            *line += 1;
        }
        if scan.in_text {
            match byte {
                _ if scan.escaped => scan.escaped = false,
                b'\\' => scan.escaped = true,
                b'"' => scan.in_text = false,
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' if scan.depth > 0 => scan.in_text = true,
            b'{' => {
                if scan.depth == 0 {
                    start = (at, *line);
                }
                scan.depth += 1;
            }
            b'}' if scan.depth > 0 => {
                scan.depth -= 1;
                if scan.depth == 0 {
                    found.spans.push(Span { start: start.0, end: at + 1, line: start.1 });
                }
            }
            _ => {}
        }
    }
    if scan.depth > 0 {
        found.open = Some(start);
    }
    found
}

/// Where to go on after a value that was given up: the next line that begins like the value's own did, else the end.
fn resume(buffer: &[u8], start: usize) -> usize {
    let column = buffer.get(..start).and_then(|before| memchr::memrchr(b'\n', before)).map_or(start, |newline| start - newline - 1);
    let mut at = start;
    while let Some(newline) = buffer.get(at..).and_then(|rest| memchr::memchr(b'\n', rest)) {
        at += newline + 1;
        let indent = buffer.get(at..at + column).is_some_and(|indent| indent.iter().all(u8::is_ascii_whitespace));
        if indent && buffer.get(at + column) == Some(&b'{') {
            return at;
        }
    }
    buffer.len()
}

fn newlines(bytes: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', bytes).count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str], open: bool) {
        let found = spans(text.as_bytes(), &mut 1);
        let values: Vec<_> = found.spans.iter().map(|span| &text[span.start..span.end]).collect();
        assert_eq!(values, expected);
        assert_eq!(found.open.is_some(), open);
    }

    #[test]
    fn finds_values() {
        check(r#"[{"a":1}, {"a":{"b":"}"}}]"#, &[r#"{"a":1}"#, r#"{"a":{"b":"}"}}"#], false);
        check("{\n \"a\": \"\\\"}\"\n}\n{}", &["{\n \"a\": \"\\\"}\"\n}", "{}"], false);
        check(r#"[{"a":1}, {"b":"#, &[r#"{"a":1}"#], true);
        check("[1, \"x\", null]", &[], false);
    }

    #[test]
    fn goes_on_at_a_value_of_the_same_column() {
        let text = b"[\n  {\"a\":\n    {\n  {\"b\":1}\n]";
        assert_eq!(resume(text, 4), 16);
    }
}
