//! The full list of a report as CSV: every row of the eight sections, where the report shows the most relevant ones.
//!
//! Values are as the logs have them, not defanged: a list is searched and compared. Hidden characters are shown by their code point, and
//! text that a spreadsheet would run as a formula has an apostrophe before it. Written row by row, never held whole.

use std::collections::HashMap;
use std::io::{self, Write};

use hikeshi_domain::phrase::Language;
use hikeshi_domain::phrases::render;
use hikeshi_domain::triage::{EventRef, SectionItem, SectionKind, Triage};

use crate::clock::Clock;
use crate::printable::visible;
use crate::view::{actors, reason_numbers};
use crate::words::Words;

/// Spreadsheets take CSV for the machine's old code page unless it begins so.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
const COLUMNS: [&str; 9] = ["section", "time", "mark", "process", "what", "details", "count", "evidence", "events"];

/// Writes the rows of one report.
pub struct FullListCsv<W> {
    out: W,
    words: Words,
    clock: Clock,
    actors: HashMap<String, String>,
    reasons: HashMap<String, String>,
}

impl<W: Write> FullListCsv<W> {
    /// Begins with the head; times stand in the zone of that IANA name.
    ///
    /// # Errors
    /// When `out` cannot be written, as every function here.
    pub fn begin(mut out: W, triage: &Triage, time_zone: &str, language: Language) -> io::Result<Self> {
        let words = Words { language };
        out.write_all(BYTE_ORDER_MARK)?;
        let (actors, reasons) = (actors(triage, words), reason_numbers(triage, words));
        let mut list = FullListCsv { out, words, clock: Clock::new(time_zone), actors, reasons };
        let head = COLUMNS.map(|column| words.label(&format!("list.{column}")));
        list.line(&head.each_ref().map(String::as_str))?;
        Ok(list)
    }

    /// One row.
    ///
    /// # Errors
    /// As [`FullListCsv::begin`].
    pub fn row(&mut self, section: SectionKind, row: &SectionItem) -> io::Result<()> {
        let words = self.words;
        let label = |(name, value): &(String, String)| format!("{}: {}", words.label_or_key("detail", name), visible(value));
        let evidence: Vec<&str> = row.findings.iter().filter_map(|finding| self.reasons.get(finding)).map(String::as_str).collect();
        let cells = [
            words.label(&format!("section.{}", section.name())),
            self.clock.full(row.time),
            if row.after_detection { words.label("after_detection") } else { String::new() },
            row.node.as_ref().map(|node| visible(self.actors.get(node).unwrap_or(node)).into_owned()).unwrap_or_default(),
            render(&row.what, words.language),
            row.details.iter().map(label).collect::<Vec<_>>().join("\n"),
            row.count.to_string(),
            evidence.join(words.comma()),
            visible(&row.events.iter().map(event).collect::<Vec<_>>().join("\n")).into_owned(),
        ];
        self.line(&cells.each_ref().map(String::as_str))
    }

    /// Ends the list; where rows were left out because there are too many, the last line says how many.
    ///
    /// # Errors
    /// As [`FullListCsv::begin`].
    pub fn end(mut self, left_out: usize) -> io::Result<()> {
        if left_out > 0 {
            let said = self.words.say("list.left_out", &[("count", self.words.number(left_out))]);
            self.line(&["", "", "", "", said.as_str(), "", "", "", ""])?;
        }
        self.out.flush()
    }

    fn line(&mut self, cells: &[&str; COLUMNS.len()]) -> io::Result<()> {
        write!(self.out, "{}\r\n", cells.map(cell).join(","))
    }
}

/// `Security #4711 0b3f…`: the log, its number, our name of the event.
fn event(event: &EventRef) -> String {
    let number = event.record_id.map(|number| format!(" #{number}")).unwrap_or_default();
    let path = event.path.as_ref().map(|path| format!(" {path}")).unwrap_or_default();
    format!("{}{number} {}{path}", event.channel, event.uid)
}

fn cell(text: &str) -> String {
    let guard = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
    match text.contains([',', '"', '\n', '\r']) || !guard.is_empty() {
        true => format!("\"{guard}{}\"", text.replace('"', "\"\"")),
        false => text.to_owned(),
    }
}
