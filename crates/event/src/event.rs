//! The event: one flat row of the lake.

use std::borrow::Cow;
use std::fmt;

use hikeshi_domain::OrganizationId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::column::{Cell, Column};
use crate::json::{is_clock, log_time};
use crate::record::{Field, Value};

/// Names an event for ever: 128 bits of a hash of organisation, source, channel, record id and raw text. The same record
/// ingested twice has the same uid; equal records inside one batch keep a counter that enters the hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Uid(pub [u8; 16]);

impl fmt::Display for Uid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// One flat row of the lake. Text columns borrow from the batch that they were read from, or own their text.
#[derive(Debug, Clone, PartialEq)]
pub struct Event<'a> {
    /// The event's name.
    pub uid: Uid,
    /// Place in the order of arrival; 0 before the lake assigned it.
    pub seq: u64,
    /// The tenant: from the key that brought it, never from its body.
    pub org: OrganizationId,
    /// The host as the record names it.
    pub host: Cow<'a, str>,
    /// When it happened by its own words, UTC.
    pub time: Timestamp,
    /// When the desk received it, UTC.
    pub received_at: Timestamp,
    /// `time` is missing or implausible (before 2000, or more than a day after receipt): the day of receipt counts instead.
    pub time_suspect: bool,
    /// What brought it: a forwarder's name or the format.
    pub source: Cow<'a, str>,
    /// Windows channel, or the log's kind.
    pub channel: Cow<'a, str>,
    /// Windows provider, or the product.
    pub provider: Cow<'a, str>,
    /// Windows event id, 0 if none.
    pub event_id: u32,
    /// The log's own number of the record.
    pub record_id: Option<u64>,
    /// OCSF class, e.g. 1007 Process Activity; 0 is Base Event.
    pub class_uid: u32,
    /// OCSF activity within the class, e.g. 1 Launch.
    pub activity_id: u8,
    /// OCSF severity 0–6.
    pub severity: u8,
    /// The columns that this event fills, ascending by column.
    pub cells: Vec<(Column, Cell<'a>)>,
    /// Fields that have no column: name and text.
    pub unmapped: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    /// The original, byte for byte.
    pub raw: Cow<'a, [u8]>,
}

impl<'a> Event<'a> {
    /// The cell of a column.
    pub fn cell(&self, column: Column) -> Option<&Cell<'a>> {
        let found = self.cells.binary_search_by_key(&column, |(column, _)| *column).ok()?;
        self.cells.get(found).map(|(_, cell)| cell)
    }

    /// The text of a column.
    pub fn text(&self, column: Column) -> Option<&str> {
        self.cell(column).and_then(Cell::text)
    }

    /// The number in a column.
    pub fn integer(&self, column: Column) -> Option<i64> {
        self.cell(column).and_then(Cell::integer)
    }

    /// The text of a field that has no column.
    pub fn unmapped(&self, name: &str) -> Option<&str> {
        self.unmapped.iter().find(|(key, _)| key == name).map(|(_, text)| text.as_ref())
    }

    /// The time that places the event: its own, or the receipt where its own is implausible.
    pub fn placed_at(&self) -> Timestamp {
        if self.time_suspect { self.received_at } else { self.time }
    }

    /// What the event log's clock said where it contradicts [`Event::time`], which is Sysmon's own then: a collector wrote local time
    /// and marked it as UTC.
    pub fn log_time(&self) -> Option<Timestamp> {
        let field = |(name, text): &'_ (Cow<'a, str>, Cow<'a, str>)| Field { name: name.clone(), value: Value::Text(text.clone()) };
        let fields: Vec<Field<'_>> = self.unmapped.iter().filter(|(name, _)| is_clock(name)).map(field).collect();
        log_time(&fields)
    }

    /// The same event, owning all its text, and no room beyond it: events are held by the hundred thousand.
    pub fn into_owned(self) -> Event<'static> {
        let mut cells: Vec<_> = self.cells.into_iter().map(|(column, cell)| (column, cell.into_owned())).collect();
        cells.shrink_to_fit();
        Event {
            uid: self.uid,
            seq: self.seq,
            org: self.org,
            host: owned(self.host),
            time: self.time,
            received_at: self.received_at,
            time_suspect: self.time_suspect,
            source: owned(self.source),
            channel: owned(self.channel),
            provider: owned(self.provider),
            event_id: self.event_id,
            record_id: self.record_id,
            class_uid: self.class_uid,
            activity_id: self.activity_id,
            severity: self.severity,
            cells,
            unmapped: self.unmapped.into_iter().map(|(name, text)| (owned(name), owned(text))).collect(),
            raw: Cow::Owned(self.raw.into_owned()),
        }
    }
}

fn owned(text: Cow<'_, str>) -> Cow<'static, str> {
    Cow::Owned(text.into_owned())
}

impl Serialize for Uid {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Uid {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let mut bytes = [0; 16];
        if text.len() != 32 || !text.is_ascii() {
            return Err(serde::de::Error::custom("expected 32 hexadecimal digits"));
        }
        for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            let digits = std::str::from_utf8(pair).map_err(serde::de::Error::custom)?;
            *byte = u8::from_str_radix(digits, 16).map_err(serde::de::Error::custom)?;
        }
        Ok(Uid(bytes))
    }
}
