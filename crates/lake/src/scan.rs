//! Reading a segment: some of its rows, all of their columns, without a query engine.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::path::Path;

use arrow_array::cast::AsArray;
use arrow_array::{Array, BooleanArray, RecordBatch};
use arrow_schema::ArrowError;
use hikeshi_event::Column;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowPredicateFn, ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder, RowFilter,
    RowSelection, RowSelector,
};
use parquet::errors::ParquetError;
use parquet::file::metadata::{PageIndexPolicy, ParquetStatisticsPolicy};

use crate::positioned::PositionedFile;

/// Why a segment could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file cannot be read.
    #[error("a segment cannot be read")]
    Io(#[from] io::Error),
    /// The file's bytes are damaged.
    #[error("a segment is damaged")]
    Parquet(#[from] ParquetError),
    /// The file's columns are damaged.
    #[error("a segment's columns are damaged")]
    Arrow(#[from] ArrowError),
    /// The file has not the columns of its table.
    #[error("a segment has not the columns of its table: {0}")]
    Columns(String),
    /// The catalogue could not be asked.
    #[error(transparent)]
    Catalogue(#[from] crate::catalogue::CatalogueError),
}

/// An open segment.
pub(crate) struct SegmentReader {
    file: PositionedFile,
    metadata: ArrowReaderMetadata,
}

impl SegmentReader {
    /// Opens a file. The footer's statistics are skipped: who comes here knows the rows already.
    pub(crate) fn open(path: &Path) -> Result<Self, ReadError> {
        let file = File::open(path)?;
        let options = ArrowReaderOptions::new()
            .with_offset_index_policy(PageIndexPolicy::Optional)
            .with_column_index_policy(PageIndexPolicy::Skip)
            .with_column_stats_policy(ParquetStatisticsPolicy::SkipAll)
            .with_size_stats_policy(ParquetStatisticsPolicy::SkipAll);
        let metadata = ArrowReaderMetadata::load(&file, options)?;
        Ok(SegmentReader { file: PositionedFile::new(file)?, metadata })
    }

    /// Rows of the whole segment.
    pub(crate) fn rows(&self) -> usize {
        usize::try_from(self.metadata.metadata().file_metadata().num_rows()).unwrap_or(0)
    }

    /// Memory in use, about: the footer, and the places of its pages.
    pub(crate) fn size_bytes(&self) -> usize {
        self.metadata.metadata().memory_size()
    }

    /// Whether the file has the column.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.metadata.schema().column_with_name(name).is_some()
    }

    /// All rows and columns, so many rows at a time.
    pub(crate) fn read_in_batches(&self, rows: usize) -> Result<ParquetRecordBatchReader, ReadError> {
        let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(self.file.clone(), self.metadata.clone());
        Ok(builder.with_batch_size(rows).build()?)
    }

    /// All columns of some rows; `ranges` ascending and apart.
    pub(crate) fn read(&self, ranges: &[Range<usize>]) -> Result<ParquetRecordBatchReader, ReadError> {
        Ok(self.select(ranges)?.build()?)
    }

    /// Some columns of some rows.
    pub(crate) fn read_columns(&self, ranges: &[Range<usize>], names: &[&str]) -> Result<ParquetRecordBatchReader, ReadError> {
        let builder = self.select(ranges)?;
        let mask = self.mask(|name| names.contains(&name));
        Ok(builder.with_projection(mask).build()?)
    }

    /// All columns of those of some rows in which one of the given columns equals the value in any case.
    pub(crate) fn read_where_equal(
        &self,
        ranges: &[Range<usize>],
        columns: &[Column],
        value: &str,
        limit: usize,
    ) -> Result<Option<ParquetRecordBatchReader>, ReadError> {
        let mask = self.mask(|name| Column::by_name(name).is_some_and(|column| columns.contains(&column)));
        if !columns.iter().any(|column| self.has(column.name())) {
            return Ok(None);
        }
        let wanted = value.to_owned();
        let equals = ArrowPredicateFn::new(mask, move |batch| Ok(rows_equal(&batch, &wanted)));
        let filter = RowFilter::new(vec![Box::new(equals)]);
        Ok(Some(self.select(ranges)?.with_row_filter(filter).with_limit(limit).build()?))
    }

    fn mask(&self, wanted: impl Fn(&str) -> bool) -> ProjectionMask {
        let roots = self.metadata.schema().fields().iter().enumerate().filter(|(_, field)| wanted(field.name()));
        ProjectionMask::roots(self.metadata.parquet_schema(), roots.map(|(index, _)| index))
    }

    /// Only the row groups that hold wanted rows, and within them only the pages.
    fn select(&self, ranges: &[Range<usize>]) -> Result<ParquetRecordBatchReaderBuilder<PositionedFile>, ReadError> {
        let mut groups = Vec::new();
        let mut selectors = Vec::new();
        let mut begin = 0;
        for (index, group) in self.metadata.metadata().row_groups().iter().enumerate() {
            let end = begin + usize::try_from(group.num_rows()).unwrap_or(0);
            let inside: Vec<Range<usize>> =
                ranges.iter().map(|range| range.start.max(begin)..range.end.min(end)).filter(|range| !range.is_empty()).collect();
            if !inside.is_empty() {
                groups.push(index);
                select_within(begin..end, &inside, &mut selectors);
            }
            begin = end;
        }
        let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(self.file.clone(), self.metadata.clone());
        Ok(builder.with_row_groups(groups).with_row_selection(RowSelection::from(selectors)).with_batch_size(8192))
    }
}

fn select_within(group: Range<usize>, inside: &[Range<usize>], selectors: &mut Vec<RowSelector>) {
    let mut at = group.start;
    for range in inside {
        selectors.push(RowSelector::skip(range.start - at));
        selectors.push(RowSelector::select(range.len()));
        at = range.end;
    }
    selectors.push(RowSelector::skip(group.end - at));
}

fn rows_equal(batch: &RecordBatch, wanted: &str) -> BooleanArray {
    let columns: Vec<_> = batch.columns().iter().filter_map(|column| column.as_string_opt::<i32>()).collect();
    let equal = |row| columns.iter().any(|texts| texts.is_valid(row) && texts.value(row).eq_ignore_ascii_case(wanted));
    (0..batch.num_rows()).map(|row| Some(equal(row))).collect()
}
