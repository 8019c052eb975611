//! A record as a row of the lake, by the tables in `data/`: each provider's events name their OCSF class and which field
//! goes to which column. Fields without a column stay in `unmapped`; the original stays as it was.

mod book;
mod cell;

use std::borrow::Cow;

use hikeshi_domain::OrganizationId;
use jiff::{SignedDuration, Timestamp};

use crate::column::{Cell, Column};
use crate::event::{Event, Uid};
use crate::json::log_time;
use crate::ocsf;
use crate::record::{Field, LogFormat, Record, Value};

use book::{Plan, Target, book};

/// What the desk knows of a record's arrival.
#[derive(Debug, Clone, Copy)]
pub struct Intake<'i> {
    /// The tenant: from the key that brought it.
    pub org: OrganizationId,
    /// The forwarder's name; empty where the format's own name is to stand.
    pub source: &'i str,
    /// When it arrived.
    pub received_at: Timestamp,
}

/// 2000-01-01T00:00:00Z: a log that speaks of an earlier time has a broken clock.
const EARLIEST_S: i64 = 946_684_800;

/// So far ahead of its receipt an event is placed by its own time, a local time that is sent as UTC above all; beyond, its clock is broken.
pub const MOST_AHEAD: SignedDuration = SignedDuration::from_hours(24);

/// Makes a row of a record. The uid is left empty: see [`crate::UidAssigner`].
pub fn normalise<'a>(record: &Record<'a>, intake: &Intake<'a>) -> Event<'a> {
    let (time, time_suspect) = plausible(record.time, intake.received_at);
    let mut row = match record.format {
        LogFormat::Ocsf => ocsf::row(record),
        _ => row(record),
    };
    row.cells.sort_unstable_by_key(|(column, _)| *column);
    Event {
        uid: Uid::default(),
        seq: 0,
        org: intake.org,
        host: record.computer.clone(),
        time,
        received_at: intake.received_at,
        time_suspect,
        source: Cow::Borrowed(if intake.source.is_empty() { record.format.name() } else { intake.source }),
        channel: record.channel.clone(),
        provider: record.provider.clone(),
        event_id: record.event_id,
        record_id: record.record_id,
        class_uid: row.class_uid,
        activity_id: row.activity_id,
        severity: row.severity,
        cells: row.cells,
        unmapped: row.unmapped,
        raw: record.raw.clone(),
    }
}

fn plausible(time: Option<Timestamp>, received_at: Timestamp) -> (Timestamp, bool) {
    let latest = received_at.checked_add(MOST_AHEAD).unwrap_or(Timestamp::MAX);
    match time {
        Some(time) => (time, time.as_second() < EARLIEST_S || time > latest),
        None => (received_at, true),
    }
}

/// The part of a row that comes from the record's fields.
#[derive(Default)]
pub(crate) struct Row<'a> {
    pub(crate) class_uid: u32,
    pub(crate) activity_id: u8,
    pub(crate) severity: u8,
    pub(crate) cells: Vec<(Column, Cell<'a>)>,
    pub(crate) unmapped: Vec<(Cow<'a, str>, Cow<'a, str>)>,
}

impl<'a> Row<'a> {
    fn vacant(&self, column: Column) -> bool {
        !self.cells.iter().any(|(taken, _)| *taken == column)
    }

    /// Puts a value into its column; a value that the column cannot hold stays among the unmapped.
    pub(crate) fn put(&mut self, column: Column, wins: bool, field: &Field<'a>) {
        let Some(text) = text_of(&field.value) else { return };
        match cell::of(column, text.clone()) {
            Some(cell) if wins => {
                self.cells.retain(|(taken, _)| *taken != column);
                self.cells.push((column, cell));
            }
            Some(cell) if self.vacant(column) => self.cells.push((column, cell)),
            _ => self.unmapped.push((field.name.clone(), text)),
        }
    }

    pub(crate) fn put_hashes(&mut self, columns: [Column; 4], field: &Field<'a>) {
        let Some(text) = text_of(&field.value) else { return };
        for (column, cell) in cell::hashes(columns, &text) {
            if self.vacant(column) {
                self.cells.push((column, cell));
            }
        }
    }

    pub(crate) fn leave(&mut self, field: &Field<'a>) {
        if let Some(text) = text_of(&field.value) {
            self.unmapped.push((field.name.clone(), text));
        }
    }

    /// Writes a text before or behind what stands in a column.
    fn join(&mut self, column: Column, joined: impl Fn(&str) -> String) {
        for (taken, cell) in &mut self.cells {
            if *taken == column
                && let Cell::Text(text) = cell
            {
                *text = Cow::Owned(joined(text));
            }
        }
    }
}

/// The text of a value; `None` where the log says that there is none.
pub(crate) fn text_of<'a>(value: &Value<'a>) -> Option<Cow<'a, str>> {
    match value {
        Value::Null => None,
        Value::Text(text) => (!text.is_empty() && text != "-").then(|| text.clone()),
        Value::Integer(number) => Some(Cow::Owned(number.to_string())),
        Value::Unsigned(number) => Some(Cow::Owned(number.to_string())),
        Value::Float(number) => Some(Cow::Owned(number.to_string())),
        Value::Bool(flag) => Some(Cow::Borrowed(if *flag { "true" } else { "false" })),
        Value::List(values) => {
            let texts: Vec<_> = values.iter().filter_map(text_of).collect();
            (!texts.is_empty()).then(|| Cow::Owned(texts.join("\n")))
        }
    }
}

fn row<'a>(record: &Record<'a>) -> Row<'a> {
    let plan = book().plan(record);
    let mut row = Row { cells: Vec::with_capacity(24), ..Row::default() };
    let (mut domains, mut suffixes, mut contradicted) = (Vec::new(), Vec::new(), None);
    for field in &record.fields {
        match plan.and_then(|plan| plan.target(&field.name)) {
            Some(Target::Column { column, wins }) => row.put(*column, *wins, field),
            Some(Target::Hashes(columns)) => row.put_hashes(*columns, field),
            Some(Target::Domain { column, wins }) => domains.extend(text_of(&field.value).map(|text| (*wins, *column, text))),
            Some(Target::ValueName(column)) => suffixes.extend(text_of(&field.value).map(|text| (*column, text))),
            Some(Target::Head) => {}
            None if is_time(&field.name) && *contradicted.get_or_insert_with(|| is_contradicted(record)) => row.leave(field),
            None if said_by_head(record, &field.name) => {}
            // The rendered message says the fields again.
            None if plan.is_some_and(|plan| plan.known) && field.name == "Message" => {}
            None => row.leave(field),
        }
    }
    domains.sort_by_key(|(wins, _, _)| !wins);
    for (_, column, domain) in domains {
        row.join(column, |name| if name.contains(['\\', '@']) { name.to_owned() } else { format!("{domain}\\{name}") });
    }
    for (column, name) in suffixes {
        row.join(column, |path| format!("{path}\\{name}"));
    }
    graded(&mut row, plan, record);
    row
}

fn graded(row: &mut Row<'_>, plan: Option<&Plan>, record: &Record<'_>) {
    row.severity = match record.get("Level") {
        Some(Value::Integer(1)) => 5,
        Some(Value::Integer(2)) => 4,
        Some(Value::Integer(3)) => 3,
        _ => 1,
    };
    let Some(plan) = plan else { return };
    row.class_uid = plan.class.of(record);
    row.activity_id = u8::try_from(plan.activity.of(record)).unwrap_or(0);
    if let Some(severity) = &plan.severity {
        row.severity = u8::try_from(severity.of(record)).unwrap_or(1);
    }
}

/// Whether the log's own time is another one than Sysmon's, which the head took: then it says more than the head.
fn is_contradicted(record: &Record<'_>) -> bool {
    const SAME_S: i64 = 300;
    let has_own = record.fields.iter().any(|field| field.name == "UtcTime");
    let differ = |(log, own): (Timestamp, Timestamp)| log.duration_since(own).abs() > SignedDuration::from_secs(SAME_S);
    has_own && log_time(&record.fields).zip(record.time).is_some_and(differ)
}

fn is_time(name: &str) -> bool {
    matches!(name, "TimeCreated_SystemTime" | "TimeCreated" | "EventTime" | "@timestamp")
}

/// Whether a field only repeats the head of the row.
fn said_by_head(record: &Record<'_>, name: &str) -> bool {
    match record.format {
        LogFormat::Evtx | LogFormat::WindowsJson | LogFormat::WindowsXml => {}
        _ => return false,
    }
    let repeats = matches!(
        name,
        "Channel"
            | "EventID"
            | "Computer"
            | "Hostname"
            | "Provider_Name"
            | "SourceName"
            | "EventRecordID"
            | "RecordNumber"
            | "winlog.channel"
            | "winlog.event_id"
            | "winlog.computer_name"
            | "winlog.provider_name"
            | "winlog.record_id"
    );
    repeats || is_time(name)
}
