//! Reading a segment: some of its rows, all of their columns, without a query engine.

use std::collections::BTreeSet;
use std::fs::File;
use std::io;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{TimestampMicrosecondType, UInt32Type};
use arrow_array::{Array, BooleanArray, RecordBatch};
use arrow_schema::ArrowError;
use hikeshi_event::Column;
use jiff::Timestamp;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowPredicateFn, ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder, RowFilter,
    RowSelection, RowSelector,
};
use parquet::file::metadata::{PageIndexPolicy, ParquetMetaDataBuilder, ParquetMetaDataReader, ParquetStatisticsPolicy};
use parquet::file::page_index::offset_index::PageLocation;

use crate::damage::{Damage, caught, check_footer, check_pages};
use crate::positioned::PositionedFile;

/// Pages that lie this close are read as one.
const NEAR_BYTES: u64 = 16 << 10;

/// Why segments could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file of one of them cannot be read, or is damaged.
    #[error("the segment `{path}` cannot be read")]
    Segment {
        /// Which file: to be taken out of a backup again.
        path: String,
        /// What is wrong with it.
        source: Damage,
    },
    /// The system did not let them be read.
    #[error("segments cannot be read")]
    Io(#[from] io::Error),
    /// What is not in a segment yet does not fit the columns of one.
    #[error("events that wait for a segment cannot be read")]
    Arrow(#[from] ArrowError),
    /// The file has not the columns of its table.
    #[error("a segment has not the columns of its table: {0}")]
    Columns(String),
    /// The catalogue could not be asked.
    #[error(transparent)]
    Catalogue(#[from] crate::catalogue::CatalogueError),
}

/// An open segment: its footer without the places of its pages, of which a merged segment has a hundred thousand.
pub(crate) struct SegmentReader {
    path: Arc<Path>,
    file: PositionedFile,
    metadata: ArrowReaderMetadata,
}

/// Rows of a segment, some at a time, until there are no more or they cannot be read.
pub(crate) struct Batches {
    path: Arc<Path>,
    left: Option<ParquetRecordBatchReader>,
}

impl Iterator for Batches {
    type Item = Result<RecordBatch, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        let left = self.left.as_mut()?;
        let next = caught(|| left.next().transpose()).transpose()?;
        if next.is_err() {
            self.left = None;
        }
        Some(next.map_err(|damage| damaged(&self.path, damage)))
    }
}

fn damaged(path: &Path, source: Damage) -> ReadError {
    ReadError::Segment { path: path.display().to_string(), source }
}

/// Looks at the footer of a file that somebody else will read.
pub(crate) fn check(path: &Path) -> Result<(), ReadError> {
    let file = File::open(path).map_err(|error| damaged(path, error.into()))?;
    match PositionedFile::new(file) {
        Ok(file) if file.is_sealed() => Ok(()),
        Ok(_) => SegmentReader::open(path).map(drop),
        Err(damage) => Err(damaged(path, damage)),
    }
}

/// The row groups of a segment that hold wanted rows, with the places of their pages.
struct Groups {
    metadata: ArrowReaderMetadata,
    /// Of each the rows within the segment, and the wanted among them.
    rows: Vec<(Range<usize>, Vec<Range<usize>>)>,
}

impl SegmentReader {
    /// Opens a file whose footer can be true. Its statistics are skipped: who comes here knows the rows already.
    pub(crate) fn open(path: &Path) -> Result<Self, ReadError> {
        Self::opened(path).map_err(|damage| damaged(path, damage))
    }

    fn opened(path: &Path) -> Result<Self, Damage> {
        let file = PositionedFile::new(File::open(path)?)?;
        let options = ArrowReaderOptions::new()
            .with_offset_index_policy(PageIndexPolicy::Skip)
            .with_column_index_policy(PageIndexPolicy::Skip)
            .with_column_stats_policy(ParquetStatisticsPolicy::SkipAll)
            .with_size_stats_policy(ParquetStatisticsPolicy::SkipAll);
        let metadata = caught(|| ArrowReaderMetadata::load(&file, options))?;
        check_footer(metadata.metadata(), file.size_bytes())?;
        Ok(SegmentReader { path: path.into(), file, metadata })
    }

    /// Rows of the whole segment.
    pub(crate) fn rows(&self) -> usize {
        usize::try_from(self.metadata.metadata().file_metadata().num_rows()).unwrap_or(0)
    }

    /// Memory in use, about: the footer and the seal.
    pub(crate) fn size_bytes(&self) -> usize {
        self.metadata.metadata().memory_size() + self.file.held_bytes()
    }

    /// Whether the file has the column.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.metadata.schema().column_with_name(name).is_some()
    }

    /// All rows and columns, so many rows at a time.
    pub(crate) fn read_in_batches(&self, rows: usize) -> Result<Batches, ReadError> {
        let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(self.file.clone(), self.metadata.clone());
        self.batches(builder.with_batch_size(rows))
    }

    /// All columns of some rows; `ranges` ascending and apart.
    pub(crate) fn read(&self, ranges: &[Range<usize>]) -> Result<Batches, ReadError> {
        self.batches(self.select(ranges, ProjectionMask::all())?)
    }

    /// All columns of some rows but one.
    pub(crate) fn read_without(&self, ranges: &[Range<usize>], left_out: &str) -> Result<Batches, ReadError> {
        self.batches(self.select(ranges, self.mask(|name| name != left_out))?)
    }

    /// Some columns of some rows.
    pub(crate) fn read_columns(&self, ranges: &[Range<usize>], names: &[&str]) -> Result<Batches, ReadError> {
        self.batches(self.select(ranges, self.mask(|name| names.contains(&name)))?)
    }

    /// All columns of those of some rows in which one of the given columns equals the value in any case.
    pub(crate) fn read_where_equal(
        &self,
        ranges: &[Range<usize>],
        columns: &[Column],
        value: &str,
        limit: usize,
    ) -> Result<Option<Batches>, ReadError> {
        let mask = self.mask(|name| Column::by_name(name).is_some_and(|column| columns.contains(&column)));
        if !columns.iter().any(|column| self.has(column.name())) {
            return Ok(None);
        }
        let wanted = value.to_owned();
        let groups = self.groups_with(ranges)?;
        self.read_ahead(&groups, &mask);
        let equals = ArrowPredicateFn::new(mask, move |batch| Ok(rows_equal(&batch, &wanted)));
        let filter = RowFilter::new(vec![Box::new(equals)]);
        self.batches(self.select_rows(groups).with_row_filter(filter).with_limit(limit)).map(Some)
    }

    /// All columns of those rows that were received at or after an instant and whose event's id is one of these (none given: any).
    pub(crate) fn read_since(&self, from: Timestamp, ids: Option<Arc<BTreeSet<u32>>>) -> Result<Batches, ReadError> {
        let mask = self.mask(|name| matches!(name, "event_id" | "received_at"));
        let wanted = ArrowPredicateFn::new(mask, move |batch| rows_since(&batch, from, ids.as_deref()));
        let all = self.groups_with(&[0..self.rows()])?;
        self.batches(self.select_rows(all).with_row_filter(RowFilter::new(vec![Box::new(wanted)])))
    }

    fn batches(&self, builder: ParquetRecordBatchReaderBuilder<PositionedFile>) -> Result<Batches, ReadError> {
        let built = caught(|| builder.build()).map_err(|damage| damaged(&self.path, damage))?;
        Ok(Batches { path: self.path.clone(), left: Some(built) })
    }

    fn mask(&self, wanted: impl Fn(&str) -> bool) -> ProjectionMask {
        let roots = self.metadata.schema().fields().iter().enumerate().filter(|(_, field)| wanted(field.name()));
        ProjectionMask::roots(self.metadata.parquet_schema(), roots.map(|(index, _)| index))
    }

    /// Some columns of some rows, their pages on their way from the disk.
    fn select(
        &self,
        ranges: &[Range<usize>],
        columns: ProjectionMask,
    ) -> Result<ParquetRecordBatchReaderBuilder<PositionedFile>, ReadError> {
        let groups = self.groups_with(ranges)?;
        self.read_ahead(&groups, &columns);
        Ok(self.select_rows(groups).with_projection(columns))
    }

    /// Only the pages that hold wanted rows.
    fn select_rows(&self, groups: Groups) -> ParquetRecordBatchReaderBuilder<PositionedFile> {
        let mut selectors = Vec::new();
        groups.rows.into_iter().for_each(|(group, inside)| select_within(group, &inside, &mut selectors));
        let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(self.file.clone(), groups.metadata);
        builder.with_row_selection(RowSelection::from(selectors)).with_batch_size(8192)
    }

    /// The row groups that hold wanted rows. The places of their pages are read, not those of the others: in a segment of millions of
    /// rows that took longer than reading a host.
    fn groups_with(&self, ranges: &[Range<usize>]) -> Result<Groups, ReadError> {
        self.placed_groups(ranges).map_err(|damage| damaged(&self.path, damage))
    }

    fn placed_groups(&self, ranges: &[Range<usize>]) -> Result<Groups, Damage> {
        let whole = self.metadata.metadata();
        let mut chosen = ParquetMetaDataBuilder::new(whole.file_metadata().clone());
        let mut rows = Vec::new();
        let mut begin = 0_usize;
        for group in whole.row_groups() {
            let end = begin.saturating_add(usize::try_from(group.num_rows()).unwrap_or(0));
            let within = ranges.iter().map(|range| range.start.max(begin)..range.end.min(end));
            let inside: Vec<Range<usize>> = within.filter(|range| !range.is_empty()).collect();
            if !inside.is_empty() {
                chosen = chosen.add_row_group(group.clone());
                rows.push((begin..end, inside));
            }
            begin = end;
        }
        let mut places = ParquetMetaDataReader::new_with_metadata(chosen.build())
            .with_offset_index_policy(PageIndexPolicy::Optional)
            .with_column_index_policy(PageIndexPolicy::Skip);
        caught(|| places.read_page_indexes(&self.file))?;
        let placed = places.finish()?;
        if let Some(pages) = placed.offset_index() {
            for (group, pages) in placed.row_groups().iter().zip(pages) {
                let mut columns = group.columns().iter().zip(pages);
                columns.try_for_each(|(chunk, pages)| check_pages(chunk, pages.page_locations(), group.num_rows()))?;
            }
        }
        Ok(Groups { metadata: ArrowReaderMetadata::try_new(Arc::new(placed), ArrowReaderOptions::new())?, rows })
    }

    /// Asks the system for all the pages at once that the reader will ask for one after the other: on a cold cache a window is some
    /// hundred small reads. Only advice: where it fails, the reads wait for themselves.
    fn read_ahead(&self, groups: &Groups, columns: &ProjectionMask) {
        let metadata = groups.metadata.metadata();
        let Some(pages) = metadata.offset_index() else { return };
        let mut wanted = Vec::new();
        for ((chunks, pages), (group, inside)) in metadata.row_groups().iter().zip(pages).zip(&groups.rows) {
            let columns = chunks.columns().iter().zip(pages).enumerate().filter(|(leaf, _)| columns.leaf_included(*leaf));
            for (_, (chunk, pages)) in columns {
                wanted.extend(chunk.dictionary_page_offset().map(|from| place(from)..place(chunk.data_page_offset())));
                wanted.extend(pages_of(pages.page_locations(), group, inside));
            }
        }
        wanted.sort_by_key(|bytes| bytes.start);
        joined(wanted).into_iter().for_each(|bytes| self.file.will_need(bytes));
    }
}

fn place(offset: i64) -> u64 {
    u64::try_from(offset).unwrap_or(0)
}

/// The bytes of those pages of a column chunk that hold wanted rows.
fn pages_of<'a>(pages: &'a [PageLocation], group: &'a Range<usize>, inside: &'a [Range<usize>]) -> impl Iterator<Item = Range<u64>> + 'a {
    let first_row = |page: &PageLocation| group.start.saturating_add(usize::try_from(page.first_row_index).unwrap_or(0));
    let ends = pages.iter().skip(1).map(first_row).chain([group.end]);
    let holds = move |rows: &Range<usize>| inside.iter().any(|wanted| wanted.start < rows.end && rows.start < wanted.end);
    let pages = pages.iter().zip(ends).filter(move |(page, end)| holds(&(first_row(page)..*end)));
    pages.map(|(page, _)| place(page.offset)..place(page.offset).saturating_add(u64::try_from(page.compressed_page_size).unwrap_or(0)))
}

/// Ranges in order, those that nearly touch made one.
fn joined(ranges: Vec<Range<u64>>) -> Vec<Range<u64>> {
    let mut joined: Vec<Range<u64>> = Vec::new();
    for range in ranges {
        match joined.last_mut() {
            Some(last) if range.start <= last.end.saturating_add(NEAR_BYTES) => last.end = last.end.max(range.end),
            _ => joined.push(range),
        }
    }
    joined
}

/// An index that lies names rows twice or out of order: each is read once, in order, and what stands before the last is left out.
fn select_within(group: Range<usize>, inside: &[Range<usize>], selectors: &mut Vec<RowSelector>) {
    let mut at = group.start;
    for range in inside {
        let from = range.start.max(at);
        if from < range.end {
            selectors.push(RowSelector::skip(from - at));
            selectors.push(RowSelector::select(range.end - from));
            at = range.end;
        }
    }
    selectors.push(RowSelector::skip(group.end.saturating_sub(at)));
}

fn rows_equal(batch: &RecordBatch, wanted: &str) -> BooleanArray {
    let columns: Vec<_> = batch.columns().iter().filter_map(|column| column.as_string_opt::<i32>()).collect();
    let equal = |row| columns.iter().any(|texts| texts.is_valid(row) && texts.value(row).eq_ignore_ascii_case(wanted));
    (0..batch.num_rows()).map(|row| Some(equal(row))).collect()
}

fn rows_since(batch: &RecordBatch, from: Timestamp, ids: Option<&BTreeSet<u32>>) -> Result<BooleanArray, ArrowError> {
    let missing = |name: &str| ArrowError::SchemaError(format!("no column `{name}`"));
    let received_at = batch.column_by_name("received_at").and_then(|column| column.as_primitive_opt::<TimestampMicrosecondType>());
    let received_at = received_at.ok_or_else(|| missing("received_at"))?;
    let id = batch.column_by_name("event_id").and_then(|column| column.as_primitive_opt::<UInt32Type>());
    let id = id.ok_or_else(|| missing("event_id"))?;
    let from = from.as_microsecond();
    let wanted = |row: usize| received_at.value(row) >= from && ids.is_none_or(|ids| ids.contains(&id.value(row)));
    Ok((0..batch.num_rows()).map(|row| Some(wanted(row))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The difference of a row and one before it was taken, below zero.
    #[test]
    fn rows_that_are_named_twice_or_out_of_order_are_read_once() {
        let selected = |inside: &[Range<usize>]| {
            let mut selectors = Vec::new();
            select_within(10..30, inside, &mut selectors);
            selectors
                .into_iter()
                .map(|selector| if selector.skip { (0, selector.row_count) } else { (selector.row_count, 0) })
                .collect::<Vec<_>>()
        };
        assert_eq!(selected(&[12..14, 20..30]), [(0, 2), (2, 0), (0, 6), (10, 0), (0, 0)]);
        assert_eq!(selected(&[20..24, 12..14, 22..26]), [(0, 10), (4, 0), (0, 0), (2, 0), (0, 4)]);
    }
}
