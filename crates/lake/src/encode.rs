//! Events to columns.

use std::sync::Arc;

use arrow_array::builder::{
    BinaryBuilder, BooleanBuilder, FixedSizeBinaryBuilder, GenericByteBuilder, Int64Builder, MapBuilder, StringBuilder,
    TimestampMicrosecondBuilder, UInt8Builder, UInt32Builder, UInt64Builder,
};
use arrow_array::types::ByteArrayType;
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{ArrowError, Schema, SchemaRef};
use hikeshi_event::{Cell, CellKind, Column, Event};

use crate::matches::MatchRow;
use crate::schema::{HEAD, events_schema, matches_schema};

/// Few enough that the columns of a batch stay in the cache, and that their buffers are not those of which each is a mapping of its own.
const BATCH_ROWS: usize = 2048;
const BATCH_BYTES: usize = 32 << 20;

enum CellBuilder {
    Text(StringBuilder),
    Integer(Int64Builder),
}

impl CellBuilder {
    fn for_column(column: Column) -> Self {
        match column.kind() {
            CellKind::Text => CellBuilder::Text(StringBuilder::new()),
            CellKind::Integer => CellBuilder::Integer(Int64Builder::new()),
        }
    }

    /// Appends nulls up to a row: most cells of most events are empty, so that they are filled in runs.
    fn pad(&mut self, row: usize) {
        use arrow_array::builder::ArrayBuilder;
        match self {
            CellBuilder::Text(builder) => builder.append_nulls(row.saturating_sub(builder.len())),
            CellBuilder::Integer(builder) => builder.append_nulls(row.saturating_sub(builder.len())),
        }
    }

    fn append(&mut self, row: usize, cell: &Cell<'_>) {
        self.pad(row);
        match (self, cell) {
            (CellBuilder::Text(builder), Cell::Text(text)) => builder.append_value(text),
            (CellBuilder::Integer(builder), Cell::Integer(number)) => builder.append_value(*number),
            // INVARIANT: the reader of the log gave a cell of the wrong kind; the value is still in `raw`.
            _ => {}
        }
    }

    fn finish(&mut self, rows: usize) -> ArrayRef {
        self.pad(rows);
        match self {
            CellBuilder::Text(builder) => finish_texts(builder),
            CellBuilder::Integer(builder) => Arc::new(builder.finish()),
        }
    }
}

/// The texts so far, and room for as many again: growing from nothing copies each batch twice.
fn finish_texts<T: ByteArrayType>(builder: &mut GenericByteBuilder<T>) -> ArrayRef {
    let next = GenericByteBuilder::with_capacity(BATCH_ROWS, builder.values_slice().len());
    Arc::new(std::mem::replace(builder, next).finish())
}

/// Gathers events into record batches of one schema.
pub(crate) struct EventEncoder {
    schema: SchemaRef,
    rows: usize,
    bytes: usize,
    uid: FixedSizeBinaryBuilder,
    seq: UInt64Builder,
    host: StringBuilder,
    time: TimestampMicrosecondBuilder,
    received_at: TimestampMicrosecondBuilder,
    time_suspect: BooleanBuilder,
    source: StringBuilder,
    channel: StringBuilder,
    provider: StringBuilder,
    event_id: UInt32Builder,
    record_id: UInt64Builder,
    class_uid: UInt32Builder,
    activity_id: UInt8Builder,
    severity: UInt8Builder,
    unmapped: MapBuilder<StringBuilder, StringBuilder>,
    cells: Vec<Option<CellBuilder>>,
    raw: BinaryBuilder,
}

impl EventEncoder {
    /// For events of which only the given columns are filled.
    pub(crate) fn new(has: impl Fn(Column) -> bool) -> Self {
        let cells = Column::ALL.iter().map(|column| has(*column).then(|| CellBuilder::for_column(*column))).collect();
        EventEncoder {
            schema: schema_with(has),
            rows: 0,
            bytes: 0,
            uid: FixedSizeBinaryBuilder::new(16),
            seq: UInt64Builder::new(),
            host: StringBuilder::new(),
            time: TimestampMicrosecondBuilder::new().with_timezone("UTC"),
            received_at: TimestampMicrosecondBuilder::new().with_timezone("UTC"),
            time_suspect: BooleanBuilder::new(),
            source: StringBuilder::new(),
            channel: StringBuilder::new(),
            provider: StringBuilder::new(),
            event_id: UInt32Builder::new(),
            record_id: UInt64Builder::new(),
            class_uid: UInt32Builder::new(),
            activity_id: UInt8Builder::new(),
            severity: UInt8Builder::new(),
            unmapped: MapBuilder::new(None, StringBuilder::new(), StringBuilder::new()),
            cells,
            raw: BinaryBuilder::new(),
        }
    }

    /// The columns that it writes.
    pub(crate) fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }

    /// Whether it is time to `finish`: a column of a batch is addressed by 31 bits, and a batch is held in memory whole.
    pub(crate) fn is_full(&self) -> bool {
        self.rows >= BATCH_ROWS || self.bytes >= BATCH_BYTES
    }

    /// Adds one event.
    pub(crate) fn push(&mut self, event: &Event<'_>) -> Result<(), ArrowError> {
        self.uid.append_value(event.uid.0)?;
        self.seq.append_value(event.seq);
        self.host.append_value(&event.host);
        self.time.append_value(event.time.as_microsecond());
        self.received_at.append_value(event.received_at.as_microsecond());
        self.time_suspect.append_value(event.time_suspect);
        self.source.append_value(&event.source);
        self.channel.append_value(&event.channel);
        self.provider.append_value(&event.provider);
        self.event_id.append_value(event.event_id);
        self.record_id.append_option(event.record_id);
        self.class_uid.append_value(event.class_uid);
        self.activity_id.append_value(event.activity_id);
        self.severity.append_value(event.severity);
        for (name, text) in &event.unmapped {
            self.unmapped.keys().append_value(name);
            self.unmapped.values().append_value(text);
        }
        self.unmapped.append(true)?;
        for (column, cell) in &event.cells {
            if let Some(Some(builder)) = self.cells.get_mut(*column as usize) {
                builder.append(self.rows, cell);
            }
        }
        self.raw.append_value(&event.raw);
        self.bytes += size_bytes(event);
        self.rows += 1;
        Ok(())
    }

    /// The rows since the last `finish`, as one batch.
    pub(crate) fn finish(&mut self) -> Result<RecordBatch, ArrowError> {
        let rows = self.rows;
        (self.rows, self.bytes) = (0, 0);
        let mut arrays: Vec<ArrayRef> = vec![
            Arc::new(self.uid.finish()),
            Arc::new(self.seq.finish()),
            finish_texts(&mut self.host),
            Arc::new(self.time.finish()),
            Arc::new(self.received_at.finish()),
            Arc::new(self.time_suspect.finish()),
            finish_texts(&mut self.source),
            finish_texts(&mut self.channel),
            finish_texts(&mut self.provider),
            Arc::new(self.event_id.finish()),
            Arc::new(self.record_id.finish()),
            Arc::new(self.class_uid.finish()),
            Arc::new(self.activity_id.finish()),
            Arc::new(self.severity.finish()),
            Arc::new(self.unmapped.finish()),
        ];
        arrays.extend(self.cells.iter_mut().flatten().map(|builder| builder.finish(rows)));
        arrays.push(finish_texts(&mut self.raw));
        RecordBatch::try_new(self.schema.clone(), arrays)
    }
}

/// Text of an event, near enough.
fn size_bytes(event: &Event<'_>) -> usize {
    let cell = |cell: &Cell<'_>| if let Cell::Text(text) = cell { text.len() } else { size_of::<i64>() };
    let cells: usize = event.cells.iter().map(|(_, value)| cell(value)).sum();
    let unmapped: usize = event.unmapped.iter().map(|(name, text)| name.len() + text.len()).sum();
    event.raw.len() + cells + unmapped
}

fn schema_with(has: impl Fn(Column) -> bool) -> SchemaRef {
    let full = events_schema();
    let last = full.fields().len() - 1;
    let kept = full.fields().iter().enumerate().filter(|(index, _)| {
        let cell = index.checked_sub(HEAD).and_then(|cell| Column::ALL.get(cell));
        *index == last || cell.is_none_or(|column| has(*column))
    });
    Arc::new(Schema::new(kept.map(|(_, field)| field.clone()).collect::<Vec<_>>()))
}

/// Matches as one batch.
pub(crate) fn encode_matches(rows: &[MatchRow]) -> Result<RecordBatch, ArrowError> {
    use arrow_array::{BooleanArray, FixedSizeBinaryArray, Int64Array, StringArray, TimestampMicrosecondArray, UInt32Array, UInt64Array};
    let text = |get: fn(&MatchRow) -> &str| Arc::new(StringArray::from_iter_values(rows.iter().map(get))) as ArrayRef;
    let maybe = |get: fn(&MatchRow) -> Option<&str>| Arc::new(rows.iter().map(get).collect::<StringArray>()) as ArrayRef;
    let instant = |get: fn(&MatchRow) -> i64| {
        Arc::new(TimestampMicrosecondArray::from_iter_values(rows.iter().map(get)).with_timezone("UTC")) as ArrayRef
    };
    let joined = |items: Vec<String>| items.join(" ");
    let tags = StringArray::from_iter_values(rows.iter().map(|row| joined(row.rule.tags.clone())));
    let events = StringArray::from_iter_values(rows.iter().map(|row| joined(row.events.iter().map(ToString::to_string).collect())));
    let mut uids = FixedSizeBinaryBuilder::with_capacity(rows.len(), 16);
    rows.iter().try_for_each(|row| uids.append_value(row.uid.0))?;
    let uids: FixedSizeBinaryArray = uids.finish();
    let arrays: Vec<ArrayRef> = vec![
        Arc::new(uids),
        text(|row| &row.host),
        instant(|row| row.time.as_microsecond()),
        instant(|row| row.received_at.as_microsecond()),
        Arc::new(rows.iter().map(|row| Some(row.time_suspect)).collect::<BooleanArray>()),
        text(|row| &row.channel),
        Arc::new(UInt32Array::from_iter_values(rows.iter().map(|row| row.event_id))),
        Arc::new(rows.iter().map(|row| row.record_id).collect::<UInt64Array>()),
        text(|row| &row.rule.rule_id),
        text(|row| &row.rule.title),
        text(|row| &row.rule.level),
        text(|row| &row.rule.author),
        Arc::new(tags),
        maybe(|row| row.process_guid.as_deref()),
        Arc::new(rows.iter().map(|row| row.process_pid).collect::<Int64Array>()),
        maybe(|row| row.process_image.as_deref()),
        maybe(|row| row.user.as_deref()),
        Arc::new(events),
    ];
    RecordBatch::try_new(matches_schema(), arrays)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::tests::sample;

    /// 8,192 events of 1 MiB do not fit the 31 bits of a column: building one panicked, and the flight was tried for ever.
    #[test]
    fn a_batch_ends_by_its_size_as_well_as_by_its_rows() {
        let large = Event { raw: vec![b'x'; 1 << 20].into(), ..sample(1, "pc") };
        let mut encoder = EventEncoder::new(|_| true);
        while !encoder.is_full() {
            encoder.push(&large).unwrap();
        }
        assert_eq!(encoder.finish().unwrap().num_rows(), 32);
        assert!(!encoder.is_full());
        while !encoder.is_full() {
            encoder.push(&sample(1, "pc")).unwrap();
        }
        assert_eq!(encoder.finish().unwrap().num_rows(), BATCH_ROWS);
    }
}
