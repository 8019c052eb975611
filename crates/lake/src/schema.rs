//! The columns of the two tables as they lie in files.

use std::sync::{Arc, LazyLock};

use arrow_schema::{DataType, Field, Fields, Schema, SchemaRef, TimeUnit};
use hikeshi_event::{CellKind, Column};

/// Columns before the cells, in order.
pub(crate) const HEAD: usize = 15;

/// The column of original texts: most of a file's bytes.
pub(crate) const RAW: &str = "raw";

/// A UTC instant in microseconds.
pub(crate) fn instant() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))
}

/// `unmapped`: name and text of fields that have no column.
pub(crate) fn unmapped() -> DataType {
    let entry = Fields::from(vec![Field::new("keys", DataType::Utf8, false), Field::new("values", DataType::Utf8, true)]);
    DataType::Map(Arc::new(Field::new("entries", DataType::Struct(entry), false)), false)
}

static EVENTS: LazyLock<SchemaRef> = LazyLock::new(|| {
    let mut fields = vec![
        Field::new("uid", DataType::FixedSizeBinary(16), false),
        Field::new("seq", DataType::UInt64, false),
        Field::new("host", DataType::Utf8, false),
        Field::new("time", instant(), false),
        Field::new("received_at", instant(), false),
        Field::new("time_suspect", DataType::Boolean, false),
        Field::new("source", DataType::Utf8, false),
        Field::new("channel", DataType::Utf8, false),
        Field::new("provider", DataType::Utf8, false),
        Field::new("event_id", DataType::UInt32, false),
        Field::new("record_id", DataType::UInt64, true),
        Field::new("class_uid", DataType::UInt32, false),
        Field::new("activity_id", DataType::UInt8, false),
        Field::new("severity", DataType::UInt8, false),
        Field::new("unmapped", unmapped(), true),
    ];
    fields.extend(Column::ALL.iter().map(|column| Field::new(column.name(), cell_type(*column), true)));
    fields.push(Field::new(RAW, DataType::Binary, false));
    Arc::new(Schema::new(fields))
});

static MATCHES: LazyLock<SchemaRef> = LazyLock::new(|| {
    Arc::new(Schema::new(vec![
        Field::new("uid", DataType::FixedSizeBinary(16), false),
        Field::new("host", DataType::Utf8, false),
        Field::new("time", instant(), false),
        Field::new("received_at", instant(), false),
        Field::new("time_suspect", DataType::Boolean, false),
        Field::new("channel", DataType::Utf8, false),
        Field::new("event_id", DataType::UInt32, false),
        Field::new("record_id", DataType::UInt64, true),
        Field::new("rule_id", DataType::Utf8, false),
        Field::new("title", DataType::Utf8, false),
        Field::new("level", DataType::Utf8, false),
        Field::new("author", DataType::Utf8, false),
        Field::new("tags", DataType::Utf8, false),
        Field::new("process_guid", DataType::Utf8, true),
        Field::new("process_pid", DataType::Int64, true),
        Field::new("process_image", DataType::Utf8, true),
        Field::new("user", DataType::Utf8, true),
        Field::new("events", DataType::Utf8, false),
    ]))
});

/// The table `events` in a file: the organisation is in the file's path. A file leaves out columns that no row fills.
pub fn events_schema() -> SchemaRef {
    EVENTS.clone()
}

/// The table `matches` in a file: the organisation is in the file's path.
pub fn matches_schema() -> SchemaRef {
    MATCHES.clone()
}

fn cell_type(column: Column) -> DataType {
    match column.kind() {
        CellKind::Text => DataType::Utf8,
        CellKind::Integer => DataType::Int64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_follow_the_head() {
        let schema = events_schema();
        assert_eq!(schema.field(HEAD).name(), Column::ALL[0].name());
        assert_eq!(schema.fields().len(), HEAD + Column::ALL.len() + 1);
    }
}
