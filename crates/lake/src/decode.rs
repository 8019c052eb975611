//! Columns back to events and matches. A column that a file leaves out reads as empty.

use std::borrow::Cow;

use arrow_array::cast::AsArray;
use arrow_array::types::{Int64Type, TimestampMicrosecondType, UInt8Type, UInt32Type, UInt64Type};
use arrow_array::{
    Array, BinaryArray, BooleanArray, FixedSizeBinaryArray, Int64Array, MapArray, PrimitiveArray, RecordBatch, StringArray, UInt8Array,
    UInt32Array, UInt64Array,
};
use hikeshi_domain::OrganizationId;
use hikeshi_event::{Cell, Column, Event, Uid};
use jiff::Timestamp;

use crate::matches::{MatchRow, MatchedRule};
use crate::schema::RAW;

type Instants = PrimitiveArray<TimestampMicrosecondType>;

enum CellArray<'a> {
    Text(&'a StringArray),
    Integer(&'a Int64Array),
}

/// A batch of the table `events`, read row by row without copying texts.
pub(crate) struct EventBatch<'a> {
    org: OrganizationId,
    uid: &'a FixedSizeBinaryArray,
    seq: &'a UInt64Array,
    host: &'a StringArray,
    time: &'a Instants,
    received_at: &'a Instants,
    time_suspect: &'a BooleanArray,
    source: &'a StringArray,
    channel: &'a StringArray,
    provider: &'a StringArray,
    event_id: &'a UInt32Array,
    record_id: &'a UInt64Array,
    class_uid: &'a UInt32Array,
    activity_id: &'a UInt8Array,
    severity: &'a UInt8Array,
    unmapped: Option<&'a MapArray>,
    cells: Vec<(Column, CellArray<'a>)>,
    raw: Option<&'a BinaryArray>,
    rows: usize,
}

impl<'a> EventBatch<'a> {
    /// Looks at a whole batch of one organisation's file; `None` if it has not the columns of the table.
    pub(crate) fn new(org: OrganizationId, batch: &'a RecordBatch) -> Option<Self> {
        let raw = batch.column_by_name(RAW)?.as_binary_opt::<i32>()?;
        let bare = Self::bare(org, batch)?;
        Some(EventBatch { raw: Some(raw), unmapped: Some(bare.unmapped?), ..bare })
    }

    /// Looks at a batch that was read without `raw`, or without `unmapped` too, which are empty then.
    pub(crate) fn bare(org: OrganizationId, batch: &'a RecordBatch) -> Option<Self> {
        let text = |name| batch.column_by_name(name)?.as_string_opt::<i32>();
        let instants = |name| batch.column_by_name(name)?.as_primitive_opt::<TimestampMicrosecondType>();
        let cell = |column: Column| {
            let array = batch.column_by_name(column.name())?;
            let texts = array.as_string_opt::<i32>().map(CellArray::Text);
            Some((column, texts.or_else(|| array.as_primitive_opt::<Int64Type>().map(CellArray::Integer))?))
        };
        Some(EventBatch {
            org,
            uid: batch.column_by_name("uid")?.as_fixed_size_binary_opt()?,
            seq: batch.column_by_name("seq")?.as_primitive_opt::<UInt64Type>()?,
            host: text("host")?,
            time: instants("time")?,
            received_at: instants("received_at")?,
            time_suspect: batch.column_by_name("time_suspect")?.as_boolean_opt()?,
            source: text("source")?,
            channel: text("channel")?,
            provider: text("provider")?,
            event_id: batch.column_by_name("event_id")?.as_primitive_opt::<UInt32Type>()?,
            record_id: batch.column_by_name("record_id")?.as_primitive_opt::<UInt64Type>()?,
            class_uid: batch.column_by_name("class_uid")?.as_primitive_opt::<UInt32Type>()?,
            activity_id: batch.column_by_name("activity_id")?.as_primitive_opt::<UInt8Type>()?,
            severity: batch.column_by_name("severity")?.as_primitive_opt::<UInt8Type>()?,
            unmapped: batch.column_by_name("unmapped").and_then(|column| column.as_map_opt()),
            cells: Column::ALL.iter().filter_map(|column| cell(*column)).collect(),
            raw: None,
            rows: batch.num_rows(),
        })
    }

    /// All events of the batch.
    pub(crate) fn iter(&self) -> impl Iterator<Item = Event<'_>> {
        (0..self.rows).filter_map(|row| self.event(row))
    }

    fn event(&self, row: usize) -> Option<Event<'_>> {
        Some(Event {
            uid: Uid(self.uid.value(row).try_into().ok()?),
            seq: self.seq.value(row),
            org: self.org,
            host: self.host.value(row).into(),
            time: Timestamp::from_microsecond(self.time.value(row)).ok()?,
            received_at: Timestamp::from_microsecond(self.received_at.value(row)).ok()?,
            time_suspect: self.time_suspect.value(row),
            source: self.source.value(row).into(),
            channel: self.channel.value(row).into(),
            provider: self.provider.value(row).into(),
            event_id: self.event_id.value(row),
            record_id: self.record_id.is_valid(row).then(|| self.record_id.value(row)),
            class_uid: self.class_uid.value(row),
            activity_id: self.activity_id.value(row),
            severity: self.severity.value(row),
            cells: self.cells.iter().filter_map(|(column, array)| Some((*column, cell(array, row)?))).collect(),
            unmapped: self.unmapped(row).unwrap_or_default(),
            raw: Cow::Borrowed(self.raw.map_or(&[], |raw| raw.value(row))),
        })
    }

    fn unmapped(&self, row: usize) -> Option<Vec<(Cow<'_, str>, Cow<'_, str>)>> {
        let unmapped = self.unmapped?;
        let (names, texts) = (unmapped.keys().as_string_opt::<i32>()?, unmapped.values().as_string_opt::<i32>()?);
        let from = usize::try_from(*unmapped.value_offsets().get(row)?).ok()?;
        let to = usize::try_from(*unmapped.value_offsets().get(row + 1)?).ok()?;
        Some((from..to).map(|entry| (names.value(entry).into(), texts.value(entry).into())).collect())
    }
}

fn cell<'a>(array: &CellArray<'a>, row: usize) -> Option<Cell<'a>> {
    match array {
        CellArray::Text(texts) => texts.is_valid(row).then(|| Cell::Text(texts.value(row).into())),
        CellArray::Integer(numbers) => numbers.is_valid(row).then(|| Cell::Integer(numbers.value(row))),
    }
}

/// The matches of a batch of one organisation's file; `None` if it has not the columns of the table.
pub(crate) fn decode_matches(org: OrganizationId, batch: &RecordBatch) -> Option<Vec<MatchRow>> {
    let text = |name| batch.column_by_name(name)?.as_string_opt::<i32>();
    let instants = |name| batch.column_by_name(name)?.as_primitive_opt::<TimestampMicrosecondType>();
    let uid = batch.column_by_name("uid")?.as_fixed_size_binary_opt()?;
    let (host, channel, rule_id) = (text("host")?, text("channel")?, text("rule_id")?);
    let (title, level, author, tags) = (text("title")?, text("level")?, text("author")?, text("tags")?);
    let (guid, image, user, events) = (text("process_guid")?, text("process_image")?, text("user")?, text("events")?);
    let (time, received_at) = (instants("time")?, instants("received_at")?);
    let suspect = batch.column_by_name("time_suspect")?.as_boolean_opt()?;
    let event_id = batch.column_by_name("event_id")?.as_primitive_opt::<UInt32Type>()?;
    let record_id = batch.column_by_name("record_id")?.as_primitive_opt::<UInt64Type>()?;
    let pid = batch.column_by_name("process_pid")?.as_primitive_opt::<Int64Type>()?;
    let maybe = |array: &StringArray, row| array.is_valid(row).then(|| array.value(row).to_owned());
    let row = |row| {
        Some(MatchRow {
            uid: Uid(uid.value(row).try_into().ok()?),
            org,
            host: host.value(row).to_owned(),
            time: Timestamp::from_microsecond(time.value(row)).ok()?,
            received_at: Timestamp::from_microsecond(received_at.value(row)).ok()?,
            time_suspect: suspect.value(row),
            channel: channel.value(row).to_owned(),
            event_id: event_id.value(row),
            record_id: record_id.is_valid(row).then(|| record_id.value(row)),
            rule: MatchedRule {
                rule_id: rule_id.value(row).to_owned(),
                title: title.value(row).to_owned(),
                level: level.value(row).to_owned(),
                author: author.value(row).to_owned(),
                tags: tags.value(row).split_whitespace().map(str::to_owned).collect(),
            },
            process_guid: maybe(guid, row),
            process_pid: pid.is_valid(row).then(|| pid.value(row)),
            process_image: maybe(image, row),
            user: maybe(user, row),
            events: events.value(row).split_whitespace().filter_map(parse_uid).collect(),
        })
    };
    (0..batch.num_rows()).map(row).collect()
}

/// A uid from its 32 hexadecimal digits.
pub(crate) fn parse_uid(text: &str) -> Option<Uid> {
    let number = u128::from_str_radix(text, 16).ok()?;
    (text.len() == 32).then(|| Uid(number.to_be_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encode::{EventEncoder, encode_matches};
    use crate::rows::tests::sample;

    #[test]
    fn columns_give_back_the_events() {
        let events: Vec<_> = (0..20).map(|number| sample(number, "h")).collect();
        let filled = [Column::ProcessPid, Column::ProcessImage, Column::ProcessSha256];
        let mut encoder = EventEncoder::new(|column| filled.contains(&column));
        events.iter().for_each(|event| encoder.push(event).unwrap());
        let batch = encoder.finish().unwrap();
        assert_eq!(batch.num_columns(), crate::schema::HEAD + 3 + 1);
        let read = EventBatch::new(events[0].org, &batch).unwrap();
        assert_eq!(read.iter().collect::<Vec<_>>(), events);
    }

    #[test]
    fn matches_come_back_as_they_went_in() {
        let event = sample(4, "h");
        let rule = MatchedRule { rule_id: "r".into(), tags: vec!["attack.t1059".into(), "a".into()], ..MatchedRule::default() };
        let mut row = MatchRow::of(&event, rule);
        row.events = vec![event.uid, Uid([7; 16])];
        let batch = encode_matches(std::slice::from_ref(&row)).unwrap();
        assert_eq!(decode_matches(event.org, &batch), Some(vec![row]));
    }
}
