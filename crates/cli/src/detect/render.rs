//! How a match is written: NDJSON and CSV as bytes, table and page as rows.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::Arc;

use hikeshi_detect::{CorrelationMatch, RuleIndex, RuleInfo, RuleSet};
use hikeshi_event::{Record, Value};
use jiff::Timestamp;
use serde::Serialize;

use super::{Format, html, table};

/// Names an event of a correlation.
#[derive(Debug, Clone, Serialize)]
pub(super) struct EventName {
    path: Arc<str>,
    channel: String,
    event_id: Option<u32>,
    record_id: Option<u64>,
    time: Option<Timestamp>,
    #[serde(skip)]
    pub(super) host: String,
}

/// Without the log's own number nobody can tell whether two records are one.
impl PartialEq for EventName {
    fn eq(&self, other: &Self) -> bool {
        self.record_id.is_some()
            && self.record_id == other.record_id
            && self.time == other.time
            && (&self.path, &self.channel, &self.host) == (&other.path, &other.channel, &other.host)
    }
}

impl EventName {
    pub(super) fn new(path: &str, record: &Record<'_>) -> EventName {
        EventName {
            path: path.into(),
            channel: record.channel.clone().into_owned(),
            event_id: Some(record.event_id).filter(|id| *id > 0),
            record_id: record.record_id,
            time: record.time,
            host: record.computer.clone().into_owned(),
        }
    }
}

/// A match as people read it.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) rule: RuleIndex,
    pub(super) time: Option<Timestamp>,
    pub(super) host: String,
    pub(super) event: String,
    pub(super) path: String,
    pub(super) fields: Vec<(String, String)>,
}

/// Fields longer than this are cut in rows; NDJSON and CSV have them whole.
const ROW_FIELD_CHARS: usize = 2000;

impl Row {
    pub(super) fn new(rule: RuleIndex, path: &str, record: &Record<'_>) -> Row {
        let field = |field: &hikeshi_event::Field<'_>| (field.name.to_string(), printed(&field.value));
        Row {
            rule,
            time: record.time,
            host: record.computer.to_string(),
            event: event(&record.channel, record.event_id, record.record_id),
            path: path.to_owned(),
            fields: record.fields.iter().map(field).collect(),
        }
    }

    fn of_correlation(found: &CorrelationMatch<EventName>) -> Row {
        let last = found.events.last();
        let events = found.events.iter().map(|name| event(&name.channel, name.event_id.unwrap_or(0), name.record_id));
        let mut fields = found.group.clone();
        fields.push(("events".to_owned(), cut(&events.collect::<Vec<_>>().join(", "))));
        Row {
            rule: found.rule,
            time: Some(found.time),
            host: last.map(|name| name.host.clone()).unwrap_or_default(),
            event: format!("{} events", found.events.len()),
            path: last.map(|name| name.path.to_string()).unwrap_or_default(),
            fields,
        }
    }
}

fn event(channel: &str, event_id: u32, record_id: Option<u64>) -> String {
    let record = record_id.map(|id| format!("#{id}")).unwrap_or_default();
    match event_id {
        0 => format!("{channel}{record}"),
        id => format!("{channel}/{id}{record}"),
    }
}

fn printed(value: &Value<'_>) -> String {
    match value {
        Value::Null => String::new(),
        Value::Text(text) => cut(text),
        Value::Integer(number) => number.to_string(),
        Value::Unsigned(number) => number.to_string(),
        Value::Float(number) => number.to_string(),
        Value::Bool(truth) => truth.to_string(),
        Value::List(items) => cut(&items.iter().map(printed).collect::<Vec<_>>().join(", ")),
    }
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(ROW_FIELD_CHARS) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text.to_owned(),
    }
}

#[derive(Serialize)]
struct Head<'r> {
    rule_id: &'r str,
    title: &'r str,
    level: &'r str,
    author: &'r str,
    tags: &'r [String],
}

/// The beginning that all matches of a rule share.
pub(super) fn head(format: Format, rule: &RuleInfo) -> String {
    match format {
        Format::Ndjson => {
            let head = Head { rule_id: &rule.id, title: &rule.title, level: rule.level.name(), author: &rule.author, tags: &rule.tags };
            let mut text = serde_json::to_string(&head).unwrap_or_default();
            text.pop();
            text
        }
        Format::Csv => {
            let cells = [&rule.id, &rule.title, rule.level.name(), &rule.author, &rule.tags.join(" ")];
            cells.map(|cell| cell_text(cell) + ",").concat()
        }
        Format::Table | Format::Html => String::new(),
    }
}

/// Appends one line of NDJSON.
pub(super) fn ndjson(head: Option<&String>, path: &str, record: &Record<'_>, out: &mut Vec<u8>) {
    out.extend_from_slice(head.map_or("", String::as_str).as_bytes());
    member(out, "time", &record.time);
    member(out, "host", &record.computer);
    member(out, "channel", &record.channel);
    member(out, "event_id", &Some(record.event_id).filter(|id| *id > 0));
    member(out, "record_id", &record.record_id);
    member(out, "path", path);
    out.extend_from_slice(b",\"fields\":");
    fields(record, out);
    out.extend_from_slice(b"}\n");
}

fn member(out: &mut Vec<u8>, name: &str, value: &(impl Serialize + ?Sized)) {
    out.extend_from_slice(b",\"");
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\":");
    json(value, out);
}

/// Writing these values to memory cannot fail.
fn json(value: &(impl Serialize + ?Sized), out: &mut Vec<u8>) {
    let _ = serde_json::to_writer(out, value);
}

fn fields(record: &Record<'_>, out: &mut Vec<u8>) {
    out.push(b'{');
    for (at, field) in record.fields.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        json(field.name.as_ref(), out);
        out.push(b':');
        value(&field.value, out);
    }
    out.push(b'}');
}

fn value(value_: &Value<'_>, out: &mut Vec<u8>) {
    match value_ {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Text(text) => json(text.as_ref(), out),
        Value::Integer(number) => json(number, out),
        Value::Unsigned(number) => json(number, out),
        Value::Float(number) => json(number, out),
        Value::Bool(truth) => json(truth, out),
        Value::List(items) => {
            out.push(b'[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push(b',');
                }
                value(item, out);
            }
            out.push(b']');
        }
    }
}

/// The names of the CSV's columns.
const COLUMNS: &str = "rule_id,title,level,author,tags,time,host,channel,event_id,record_id,path,fields\r\n";

/// Appends one line of CSV; the fields are one JSON object.
pub(super) fn csv(head: Option<&String>, path: &str, record: &Record<'_>, out: &mut Vec<u8>) {
    let mut json = Vec::new();
    fields(record, &mut json);
    let number = |number: Option<u64>| number.map(|number| number.to_string()).unwrap_or_default();
    let time = record.time.map(|time| time.to_string()).unwrap_or_default();
    let event_id = number(Some(record.event_id.into()).filter(|id| *id > 0));
    let record_id = number(record.record_id);
    let cells = [&time, record.computer.as_ref(), record.channel.as_ref(), &event_id, &record_id, path, &String::from_utf8_lossy(&json)];
    out.extend_from_slice(head.map_or("", String::as_str).as_bytes());
    out.extend_from_slice(cells.map(cell_text).join(",").as_bytes());
    out.extend_from_slice(b"\r\n");
}

/// One cell. What a spreadsheet would take for a formula gets an apostrophe before it: logs hold what attackers wrote.
fn cell_text(text: &str) -> String {
    let guard = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
    match text.contains([',', '"', '\n', '\r']) || !guard.is_empty() {
        true => format!("\"{guard}{}\"", text.replace('"', "\"\"")),
        false => text.to_owned(),
    }
}

/// Puts matches out in the chosen format.
pub(super) struct Printer<'o> {
    format: Format,
    rules: Arc<RuleSet>,
    out: &'o mut dyn Write,
    page: BTreeMap<RuleIndex, html::Group>,
    widths: table::Widths,
}

impl<'o> Printer<'o> {
    pub(super) fn new(format: Format, rules: &Arc<RuleSet>, out: &'o mut dyn Write) -> Printer<'o> {
        Printer { format, rules: Arc::clone(rules), out, page: BTreeMap::new(), widths: table::Widths::of_stdout() }
    }

    pub(super) fn begin(&mut self) -> io::Result<()> {
        match self.format {
            Format::Table => table::begin(self.widths, self.out),
            Format::Csv => self.out.write_all(COLUMNS.as_bytes()),
            Format::Ndjson | Format::Html => Ok(()),
        }
    }

    pub(super) fn text(&mut self, text: &[u8]) -> io::Result<()> {
        self.out.write_all(text)
    }

    pub(super) fn row(&mut self, row: Row) -> io::Result<()> {
        match self.format {
            Format::Table => match self.rules.get(row.rule) {
                Some(rule) => table::row(rule, &row, self.widths, self.out),
                None => Ok(()),
            },
            Format::Html => {
                self.page.entry(row.rule).or_default().add(row);
                Ok(())
            }
            Format::Ndjson | Format::Csv => Ok(()),
        }
    }

    pub(super) fn correlation(&mut self, found: &CorrelationMatch<EventName>, head: Option<&String>) -> io::Result<()> {
        let row = Row::of_correlation(found);
        let group: BTreeMap<&str, &str> = found.group.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let head = head.map_or("", String::as_str);
        match self.format {
            Format::Ndjson => {
                let mut line = head.as_bytes().to_vec();
                member(&mut line, "time", &found.time);
                member(&mut line, "host", &row.host);
                for name in ["channel", "event_id", "record_id"] {
                    member(&mut line, name, &None::<u64>);
                }
                member(&mut line, "path", &row.path);
                member(&mut line, "fields", &group);
                member(&mut line, "events", &found.events);
                line.extend_from_slice(b"}\n");
                self.out.write_all(&line)
            }
            Format::Csv => {
                let mut json = Vec::new();
                self::json(&serde_json::json!({"group": group, "events": found.events}), &mut json);
                let cells = [&found.time.to_string(), &row.host, "", "", "", &row.path, &String::from_utf8_lossy(&json)];
                write!(self.out, "{head}{}\r\n", cells.map(cell_text).join(","))
            }
            Format::Table | Format::Html => self.row(row),
        }
    }

    pub(super) fn end(&mut self) -> io::Result<()> {
        if self.format == Format::Html {
            html::page(&self.rules, &self.page, self.out)?;
        }
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_and_never_formulas() {
        assert_eq!(cell_text("plain"), "plain");
        assert_eq!(cell_text("a,\"b\""), "\"a,\"\"b\"\"\"");
        assert_eq!(cell_text("=cmd|'/c calc'!A1"), "\"'=cmd|'/c calc'!A1\"");
        assert_eq!(cell_text("-enc"), "\"'-enc\"");
    }
}
