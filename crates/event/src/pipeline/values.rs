//! Cutting values that span lines: the elements of a JSON array, JSON objects one after another, or XML elements
//! ([`super::elements`]).
//!
//! The scan of JSON knows only braces, brackets and texts; whether a value is right JSON is the parser's business. A value over the
//! limit, or one that never closes, is dropped with a defect, and the scan takes up again at the next line that begins with
//! an opening brace in the column where values begin.

use std::io::Read;

use crate::defect::DefectKind;
use crate::input::meter::Account;
use crate::json::Fault;

use super::cut::{BLOCK_BYTES, fill};
use super::feed::{Feeder, Kind, Span};

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
}

/// JSON objects.
pub(super) const JSON: Shape = Shape { value: "a JSON value", find: spans, resume };

/// Cuts the stream; answers whether to go on.
pub(super) fn cut(feeder: &mut Feeder<'_>, stream: &mut dyn Read, account: &Account, shape: &Shape) -> bool {
    let most = feeder.limits.record_bytes;
    let mut line = 1;
    let mut tail = Vec::new();
    loop {
        let Some(mut buffer) = feeder.buffer() else { return false };
        buffer.append(&mut tail);
        let (ended, fault) = fill(stream, &mut buffer, BLOCK_BYTES.max(most + 1));
        let found = (shape.find)(&buffer, &mut line);
        let mut fault = fault.map(|fault| (None, fault)).or(found.fault);
        let open = found.open;
        let mut cut_at = buffer.len();
        match open {
            _ if found.ends => {}
            Some((_, at_line)) if ended => {
                fault = fault.or_else(|| {
                    let detail = format!("{} that begins in line {at_line} is not closed", shape.value);
                    Some((Some(at_line), Fault::new(DefectKind::Truncated, detail)))
                });
            }
            Some((start, at_line)) if start == 0 || buffer.len() - start > most => {
                let detail = format!("record_bytes: {} longer than {most} bytes", shape.value);
                fault = Some((Some(at_line), Fault::new(DefectKind::Refused, detail)));
                let resume = (shape.resume)(&buffer, start);
                line = at_line + newlines(buffer.get(start..resume).unwrap_or_default());
                tail.extend_from_slice(buffer.get(resume..).unwrap_or_default());
            }
            Some((start, at_line)) => {
                line = at_line;
                tail.extend_from_slice(buffer.get(start..).unwrap_or_default());
                cut_at = start;
            }
            None => {}
        }
        buffer.truncate(cut_at);
        if !feeder.send(buffer, Kind::Values(found.spans), 0, account, fault) {
            return false;
        }
        if ended || found.ends {
            return true;
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
