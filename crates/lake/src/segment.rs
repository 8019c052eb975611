//! Writing a segment: a Parquet file and its index, written aside, synced, renamed, and their folder synced. Nothing reads them
//! before the catalogue names them.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use arrow_schema::{ArrowError, SchemaRef};
use hikeshi_domain::OrganizationId;
use hikeshi_event::{CellKind, Column, Event};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterPropertiesBuilder};
use parquet::schema::types::ColumnPath;
use uuid::Uuid;

use crate::catalogue::{SegmentKind, SegmentRow};
use crate::encode::{EventEncoder, encode_matches};
use crate::index::{INDEXED, IndexBuilder, encode as encode_index};
use crate::layout::Layout;
use crate::matches::MatchRow;
use crate::schema::RAW;
use crate::seal::{SEALED, seal};
use crate::stream::sync_folder;

const ROW_GROUP_ROWS: usize = 131_072;
/// A segment holds some hundred rows of a host, and whoever reads a host unpacks whole pages.
const PAGE_ROWS: usize = 2048;
/// Originals are read of the few events that a verdict cites: each costs a page of them.
const RAW_PAGE_BYTES: usize = 128 << 10;
/// A row group is closed when this much of it is encoded, so that its memory does not grow with the size of its events.
const ROW_GROUP_BYTES: usize = 64 << 20;
/// Whoever reads a page reads its column's dictionary, too: columns of many values do without.
const DICTIONARY_BYTES: usize = 64 << 10;

/// Columns that name a process: looked up in SQL, and spread over too many values to be listed in the index.
const GUIDS: [Column; 3] = [Column::ProcessGuid, Column::ParentGuid, Column::TargetGuid];

const PACKED: [Column; 14] = [
    Column::ProcessUser,
    Column::ProcessIntegrity,
    Column::ProcessCompany,
    Column::ProcessProduct,
    Column::ProcessDescription,
    Column::ProcessFileVersion,
    Column::ProcessOriginalFileName,
    Column::ParentUser,
    Column::FileSigned,
    Column::FileSigner,
    Column::FileSignatureStatus,
    Column::NetworkProtocol,
    Column::NetworkDirection,
    Column::DnsStatus,
];

/// Why a segment could not be written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SegmentError {
    #[error("the segment's file cannot be written")]
    Io(#[from] io::Error),
    #[error("the segment cannot be encoded")]
    Parquet(#[from] ParquetError),
    #[error("the rows do not fit the segment's columns")]
    Arrow(#[from] ArrowError),
}

impl SegmentError {
    /// Whether the rows themselves are at fault, not the disk: trying again would end the same way.
    pub(crate) fn is_of_the_rows(&self) -> bool {
        match self {
            SegmentError::Io(_) | SegmentError::Parquet(ParquetError::External(_)) => false,
            SegmentError::Arrow(error) => !matches!(error, ArrowError::IoError(..) | ArrowError::ExternalError(_)),
            SegmentError::Parquet(_) => true,
        }
    }
}

/// What a segment will hold, before it is written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) org: OrganizationId,
    pub(crate) day: Date,
    pub(crate) rows: usize,
    pub(crate) level: u8,
    pub(crate) zstd_level: i32,
    pub(crate) now: Timestamp,
}

/// The time that places an event: its own, or the receipt where its own is implausible.
pub(crate) fn effective_us(time_us: i64, received_us: i64, suspect: bool) -> i64 {
    if suspect { received_us } else { time_us }
}

/// The UTC day of an instant.
pub(crate) fn day_of(instant_us: i64) -> Date {
    Timestamp::from_microsecond(instant_us).unwrap_or(Timestamp::UNIX_EPOCH).to_zoned(TimeZone::UTC).date()
}

/// Extremes of the rows that went in.
#[derive(Default)]
struct Bounds {
    time_us: Option<(i64, i64)>,
    host: Option<(String, String)>,
}

impl Bounds {
    /// Covers an event's own time and the one that places it, so that a search by either finds the segment.
    fn take(&mut self, host: &str, time_us: i64, placed_us: i64) {
        let (first, last) = (time_us.min(placed_us), time_us.max(placed_us));
        self.time_us = Some(self.time_us.map_or((first, last), |(min, max)| (min.min(first), max.max(last))));
        match &mut self.host {
            None => self.host = Some((host.to_lowercase(), host.to_lowercase())),
            Some((_, last)) if last == host => {}
            Some((_, last)) => *last = host.to_lowercase(),
        }
    }

    fn row(self, plan: &Plan, kind: SegmentKind, rows: u64) -> SegmentRow {
        let (time_min, time_max) = self.time_us.unwrap_or_default();
        let (host_min, host_max) = self.host.unwrap_or_default();
        let instant = |us| Timestamp::from_microsecond(us).unwrap_or(Timestamp::UNIX_EPOCH);
        SegmentRow {
            id: Uuid::now_v7(),
            org: plan.org,
            day: plan.day,
            kind,
            level: plan.level,
            rows,
            size_bytes: 0,
            time_min: instant(time_min),
            time_max: instant(time_max),
            host_min,
            host_max,
            created_at: plan.now,
        }
    }
}

/// What gives events to a segment, one after the other, into the sink that it is called with.
pub(crate) type Feed<'a> = dyn FnMut(&mut dyn FnMut(&Event<'_>) -> Result<(), SegmentError>) -> Result<(), SegmentError> + 'a;

/// Writes events, ordered by lower-case host, time and seq, as one segment.
pub(crate) fn write_events(
    layout: &Layout,
    plan: Plan,
    has: &dyn Fn(Column) -> bool,
    feed: &mut Feed<'_>,
) -> Result<SegmentRow, SegmentError> {
    let mut bounds = Bounds::default();
    let name = Bounds::default().row(&plan, SegmentKind::Events, 0);
    layout.make_folder(&name)?;
    let written = write_event_files(layout, &name, plan, has, feed, &mut bounds);
    let (rows, size_bytes) = clean_up_after(layout, &name, written)?;
    Ok(SegmentRow { id: name.id, size_bytes, ..bounds.row(&plan, SegmentKind::Events, rows) })
}

fn write_event_files(
    layout: &Layout,
    segment: &SegmentRow,
    plan: Plan,
    has: &dyn Fn(Column) -> bool,
    feed: &mut Feed<'_>,
    bounds: &mut Bounds,
) -> Result<(u64, u64), SegmentError> {
    let path = layout.data(segment);
    let part = path.with_extension("part");
    let mut encoder = EventEncoder::new(has);
    let mut index = IndexBuilder::new(plan.rows);
    let mut writer = ArrowWriter::try_new(made(&part)?, encoder.schema(), Some(properties(&encoder.schema(), &plan)?))?;
    let mut rows = 0_u64;
    feed(&mut |event| {
        let received_us = event.received_at.as_microsecond();
        let time_us = event.time.as_microsecond();
        bounds.take(&event.host, time_us, effective_us(time_us, received_us, event.time_suspect));
        index.add(event);
        encoder.push(event)?;
        rows += 1;
        if encoder.is_full() {
            writer.write(&encoder.finish()?)?;
            if writer.in_progress_size() > ROW_GROUP_BYTES {
                writer.flush()?;
            }
        }
        Ok(())
    })?;
    writer.write(&encoder.finish()?)?;
    let file = writer.into_inner()?;
    seal(&file)?;
    file.sync_all()?;
    let index = encode_index(&index.finish())?;
    write_durably(&layout.index(segment), &index)?;
    fs::rename(&part, &path)?;
    sync_folder(&layout.folder(segment))?;
    Ok((rows, file.metadata()?.len() + index.len() as u64))
}

/// Leaves nothing behind when writing failed: on a full disk each attempt would make it fuller.
fn clean_up_after<T>(layout: &Layout, segment: &SegmentRow, written: Result<T, SegmentError>) -> Result<T, SegmentError> {
    if written.is_err() {
        let _ = fs::remove_file(layout.data(segment).with_extension("part"));
        let _ = layout.delete(segment);
    }
    written
}

/// Writes matches as one segment; orders them by host, time and rule.
pub(crate) fn write_matches(layout: &Layout, plan: Plan, mut rows: Vec<MatchRow>) -> Result<SegmentRow, SegmentError> {
    rows.sort_by_cached_key(|row| (row.host.to_lowercase(), row.time, row.uid, row.rule.rule_id.clone()));
    let mut bounds = Bounds::default();
    for row in &rows {
        let time_us = row.time.as_microsecond();
        bounds.take(&row.host, time_us, effective_us(time_us, row.received_at.as_microsecond(), row.time_suspect));
    }
    let mut segment = bounds.row(&plan, SegmentKind::Matches, rows.len() as u64);
    layout.make_folder(&segment)?;
    segment.size_bytes = clean_up_after(layout, &segment, write_match_file(layout, &segment, &plan, &rows))?;
    Ok(segment)
}

fn write_match_file(layout: &Layout, segment: &SegmentRow, plan: &Plan, rows: &[MatchRow]) -> Result<u64, SegmentError> {
    let path = layout.data(segment);
    let part = path.with_extension("part");
    let batch = encode_matches(rows)?;
    let mut writer = ArrowWriter::try_new(made(&part)?, batch.schema(), Some(properties(&batch.schema(), plan)?))?;
    writer.write(&batch)?;
    let file = writer.into_inner()?;
    seal(&file)?;
    file.sync_all()?;
    fs::rename(&part, &path)?;
    sync_folder(&layout.folder(segment))?;
    Ok(file.metadata()?.len())
}

/// A new file, to be read as well: the seal needs all of it.
fn made(path: &Path) -> io::Result<File> {
    File::options().read(true).write(true).create(true).truncate(true).open(path)
}

fn write_durably(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn properties(schema: &SchemaRef, plan: &Plan) -> Result<WriterProperties, ParquetError> {
    let zstd = Compression::ZSTD(ZstdLevel::try_new(plan.zstd_level)?);
    let mut builder = WriterProperties::builder()
        // A host's window is a page of each column of each segment: a decoder of zstd for each cost a third of reading it (bench/lake).
        .set_compression(Compression::LZ4_RAW)
        .set_column_compression(ColumnPath::from(RAW), zstd)
        .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
        .set_data_page_row_count_limit(PAGE_ROWS)
        .set_column_data_page_size_limit(ColumnPath::from(RAW), RAW_PAGE_BYTES)
        .set_dictionary_page_size_limit(DICTIONARY_BYTES)
        // The segment's index says what lies where; extremes of a few columns are written for other readers of Parquet.
        .set_statistics_enabled(EnabledStatistics::None)
        .set_created_by("hikeshi".to_owned())
        .set_key_value_metadata(Some(vec![KeyValue::new(SEALED.to_owned(), "1".to_owned())]));
    for field in schema.fields() {
        builder = column_properties(builder, field.name(), plan.rows.min(ROW_GROUP_ROWS));
    }
    Ok(builder.build())
}

/// Columns of few values or none that repeat: packed by their encoding already. Compressing them again saves a twenty-fifth of a
/// fresh file and costs each reader a decoder a column: a tenth of the CPU of reading a host (bench/lake).
fn is_packed(name: &str) -> bool {
    let head = ["uid", "host", "time", "time_suspect", "source", "channel", "provider", "class_uid", "activity_id", "severity"];
    head.contains(&name) || Column::by_name(name).is_some_and(|column| PACKED.contains(&column) || column.kind() == CellKind::Integer)
}

fn column_properties(builder: WriterPropertiesBuilder, name: &str, rows: usize) -> WriterPropertiesBuilder {
    let path = ColumnPath::from(name);
    let builder = if is_packed(name) { builder.set_column_compression(path.clone(), Compression::UNCOMPRESSED) } else { builder };
    match name {
        "uid" | RAW => builder.set_column_dictionary_enabled(path, false),
        "seq" | "time" | "received_at" | "record_id" => {
            let extremes = if name == "time" { EnabledStatistics::Chunk } else { EnabledStatistics::None };
            builder
                .set_column_dictionary_enabled(path.clone(), false)
                .set_column_encoding(path.clone(), Encoding::DELTA_BINARY_PACKED)
                .set_column_statistics_enabled(path, extremes)
        }
        "host" | "event_id" => builder.set_column_statistics_enabled(path, EnabledStatistics::Chunk),
        _ => match Column::by_name(name) {
            Some(column) if INDEXED.contains(&column) || GUIDS.contains(&column) => {
                builder.set_column_bloom_filter_enabled(path.clone(), true).set_column_bloom_filter_max_ndv(path, rows as u64)
            }
            _ => builder,
        },
    }
}
