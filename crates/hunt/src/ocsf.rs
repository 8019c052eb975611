//! Rows of `SELECT * FROM events` as events again, for the export as OCSF.

use std::borrow::Cow;

use hikeshi_domain::OrganizationId;
use hikeshi_event::{Cell, CellKind, Column, Event, Uid};
use jiff::Timestamp;
use serde_json::Value;

use crate::error::HuntError;
use crate::hunt::Found;

/// The events of a result that holds whole rows of the table `events`.
///
/// # Errors
/// `Refused` when a column of the table is missing.
pub fn events_of(found: &Found) -> Result<Vec<Event<'static>>, HuntError> {
    let place = |name: &str| found.columns.iter().position(|column| column.name == name);
    let row_event = |row: &Vec<Value>| event(&|name| place(name).and_then(|index| row.get(index)));
    let whole = "an export as OCSF needs whole events: SELECT * FROM events WHERE …";
    found.rows.iter().map(|row| row_event(row).ok_or_else(|| HuntError::Refused { message: whole.to_owned() })).collect()
}

fn event<'r>(get: &dyn Fn(&str) -> Option<&'r Value>) -> Option<Event<'static>> {
    let text = |name| Some(Cow::Owned(get(name)?.as_str()?.to_owned()));
    let time = |name: &str| get(name)?.as_str()?.parse::<Timestamp>().ok();
    let number = |name| get(name)?.as_u64();
    let cell = |column: &Column| {
        let value = get(column.name())?;
        match column.kind() {
            CellKind::Text => Some((*column, Cell::Text(value.as_str()?.to_owned().into()))),
            CellKind::Integer => Some((*column, Cell::Integer(value.as_i64()?))),
        }
    };
    let unmapped = get("unmapped")?.as_object().into_iter().flatten();
    Some(Event {
        uid: serde_json::from_value::<Uid>(get("uid")?.clone()).ok()?,
        seq: number("seq")?,
        org: get("org")?.as_str()?.parse::<OrganizationId>().ok()?,
        host: text("host")?,
        time: time("time")?,
        received_at: time("received_at")?,
        time_suspect: get("time_suspect")?.as_bool()?,
        source: text("source")?,
        channel: text("channel")?,
        provider: text("provider")?,
        event_id: u32::try_from(number("event_id")?).ok()?,
        record_id: get("record_id")?.as_u64(),
        class_uid: u32::try_from(number("class_uid")?).ok()?,
        activity_id: u8::try_from(number("activity_id")?).ok()?,
        severity: u8::try_from(number("severity")?).ok()?,
        cells: Column::ALL.iter().filter_map(cell).collect(),
        unmapped: unmapped.map(|(name, value)| (name.clone().into(), value.as_str().unwrap_or_default().to_owned().into())).collect(),
        raw: Cow::Owned(get("raw")?.as_str()?.as_bytes().to_vec()),
    })
}
