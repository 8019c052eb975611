//! What is wrong with a segment's file, found before the library that reads Parquet relies on it: it panics where a length is below
//! zero, and whoever reads it may be the only writer of the lake.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};

use arrow_schema::ArrowError;
use parquet::errors::ParquetError;
use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData, RowGroupMetaData};
use parquet::file::page_index::offset_index::PageLocation;

/// Why the file of a segment gives no rows.
#[derive(Debug, thiserror::Error)]
pub enum Damage {
    /// The system does not give its bytes, or they are not those that were written.
    #[error("its bytes cannot be read")]
    Io(#[from] io::Error),
    /// Its footer, or what stands beside it, cannot be true.
    #[error("{0}")]
    Footer(&'static str),
    /// It is no Parquet.
    #[error("it is damaged")]
    Parquet(#[from] ParquetError),
    /// Its columns are damaged.
    #[error("its columns are damaged")]
    Arrow(#[from] ArrowError),
    /// What reads Parquet gave up on it.
    #[error("its bytes make no sense")]
    Senseless,
}

/// Calls what may panic on damaged bytes.
pub(crate) fn caught<T, E>(read: impl FnOnce() -> Result<T, E>) -> Result<T, Damage>
where
    Damage: From<E>,
{
    catch_unwind(AssertUnwindSafe(read)).map_err(|_| Damage::Senseless)?.map_err(Damage::from)
}

/// Looks at each number of a footer that is used as a place or a length.
pub(crate) fn check_footer(metadata: &ParquetMetaData, size_bytes: u64) -> Result<(), Damage> {
    let mut rows = 0_i64;
    for group in metadata.row_groups() {
        rows = rows.checked_add(counted(group, size_bytes)?).ok_or(Damage::Footer("its footer counts too many rows"))?;
    }
    if rows != metadata.file_metadata().num_rows() {
        return Err(Damage::Footer("its footer counts other rows than its parts"));
    }
    Ok(())
}

/// The rows of a row group whose columns lie within the file.
fn counted(group: &RowGroupMetaData, size_bytes: u64) -> Result<i64, Damage> {
    let rows = group.num_rows();
    if rows < 0 {
        return Err(Damage::Footer("its footer counts fewer rows than none"));
    }
    let outside = |chunk: &ColumnChunkMetaData| !lies_within(chunk, size_bytes) || chunk.num_values() < 0 || chunk.uncompressed_size() < 0;
    if group.columns().iter().any(outside) {
        return Err(Damage::Footer("its footer names bytes outside of the file"));
    }
    Ok(rows)
}

fn lies_within(chunk: &ColumnChunkMetaData, size_bytes: u64) -> bool {
    let data = chunk.data_page_offset();
    let begin = chunk.dictionary_page_offset().unwrap_or(data);
    let places = match (chunk.offset_index_offset(), chunk.offset_index_length()) {
        (None, None) => true,
        (Some(begin), Some(length)) => within(begin, i64::from(length), size_bytes),
        _ => false,
    };
    begin <= data && within(begin, chunk.compressed_size(), size_bytes) && within(data, 0, size_bytes) && places
}

fn within(begin: i64, length: i64, size_bytes: u64) -> bool {
    let end = begin.checked_add(length).and_then(|end| u64::try_from(end).ok());
    begin >= 0 && length >= 0 && end.is_some_and(|end| end <= size_bytes)
}

/// Looks at the places of a column's pages: one behind the other within its chunk, their rows ascending within the group.
pub(crate) fn check_pages(chunk: &ColumnChunkMetaData, pages: &[PageLocation], rows: i64) -> Result<(), Damage> {
    let begin = chunk.dictionary_page_offset().unwrap_or_else(|| chunk.data_page_offset());
    let end = begin.saturating_add(chunk.compressed_size());
    let (mut at, mut row) = (begin, -1);
    for page in pages {
        let length = i64::from(page.compressed_page_size);
        let page_end = page.offset.checked_add(length).filter(|page_end| *page_end <= end);
        let (true, Some(page_end)) = (page.offset >= at && length >= 0 && page.first_row_index > row, page_end) else {
            return Err(Damage::Footer("the places of its pages are damaged"));
        };
        (at, row) = (page_end, page.first_row_index);
    }
    let first = pages.first().map_or(0, |page| page.first_row_index);
    if first != 0 || row >= rows.max(1) || (pages.is_empty() && rows > 0) {
        return Err(Damage::Footer("the places of its pages are damaged"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{Int64Array, RecordBatch};
    use parquet::arrow::ArrowWriter;
    use parquet::file::metadata::{ColumnChunkMetaDataBuilder, ParquetMetaDataBuilder, ParquetMetaDataReader, ParquetMetaDataWriter};

    use super::*;
    use crate::scan::{ReadError, SegmentReader};

    /// A file of one column, and its footer.
    fn written() -> (Vec<u8>, ParquetMetaData) {
        let numbers: arrow_array::ArrayRef = Arc::new(Int64Array::from_iter_values(0..1000));
        let batch = RecordBatch::try_from_iter([("n", numbers)]).unwrap();
        let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), None).unwrap();
        writer.write(&batch).unwrap();
        let bytes = writer.into_inner().unwrap();
        let metadata = ParquetMetaDataReader::new().parse_and_finish(&bytes::Bytes::from(bytes.clone())).unwrap();
        (bytes, metadata)
    }

    /// The file with a footer in which one chunk says something else; no seal, as older versions wrote it.
    fn lying(change: impl Fn(ColumnChunkMetaDataBuilder) -> ColumnChunkMetaDataBuilder) -> tempfile::NamedTempFile {
        let (bytes, metadata) = written();
        let group = metadata.row_group(0).clone();
        let chunk = change(group.column(0).clone().into_builder()).build().unwrap();
        let group = group.into_builder().set_column_metadata(vec![chunk]).build().unwrap();
        let footer = ParquetMetaDataBuilder::new(metadata.file_metadata().clone()).add_row_group(group).build();
        let file = tempfile::NamedTempFile::new().unwrap();
        let mut lying = bytes;
        ParquetMetaDataWriter::new(&mut lying, &footer).finish().unwrap();
        std::fs::write(file.path(), lying).unwrap();
        file
    }

    fn read(file: &tempfile::NamedTempFile) -> Result<usize, ReadError> {
        let reader = SegmentReader::open(file.path())?;
        reader.read_in_batches(100)?.try_fold(0, |rows, batch| Ok(rows + batch?.num_rows()))
    }

    /// `ColumnChunkMetaData::byte_range` asserts that neither is below zero, in whichever thread reads: once the lake's only writer.
    #[test]
    fn places_and_lengths_that_cannot_be_are_errors_that_name_the_file() {
        assert_eq!(read(&lying(|chunk| chunk)).unwrap(), 1000, "a footer that is true");
        type Change = fn(ColumnChunkMetaDataBuilder) -> ColumnChunkMetaDataBuilder;
        let changes: [Change; 8] = [
            |chunk| chunk.set_total_compressed_size(-1),
            |chunk| chunk.set_total_compressed_size(i64::MAX),
            |chunk| chunk.set_data_page_offset(-5).set_dictionary_page_offset(None),
            |chunk| chunk.set_dictionary_page_offset(Some(i64::MIN)),
            |chunk| chunk.set_data_page_offset(1 << 40),
            |chunk| chunk.set_num_values(-1),
            |chunk| chunk.set_total_uncompressed_size(-1),
            |chunk| chunk.set_offset_index_offset(Some(-4)).set_offset_index_length(Some(10)),
        ];
        for (number, change) in changes.into_iter().enumerate() {
            let file = lying(change);
            let error = read(&file).unwrap_err();
            assert!(error.to_string().contains(&file.path().display().to_string()), "{number}: {error}");
            assert!(matches!(error, ReadError::Segment { source: Damage::Footer(_), .. }), "{number}: {error:?}");
        }
    }

    #[test]
    fn pages_lie_one_behind_the_other() {
        let (_, metadata) = written();
        let chunk = metadata.row_group(0).column(0);
        let begin = chunk.dictionary_page_offset().unwrap_or_else(|| chunk.data_page_offset());
        let page = |at: i64, length: i32, row: i64| PageLocation { offset: begin + at, compressed_page_size: length, first_row_index: row };
        assert!(check_pages(chunk, &[page(0, 10, 0), page(10, 10, 500)], 1000).is_ok());
        let wrong = [
            vec![],
            vec![page(-1, 10, 0)],
            vec![page(0, -1, 0)],
            vec![page(0, i32::MAX, 0)],
            vec![page(0, 10, 1)],
            vec![page(0, 10, 0), page(5, 10, 500)],
            vec![page(0, 10, 0), page(10, 10, 0)],
            vec![page(0, 10, 0), page(10, 10, 1000)],
        ];
        for pages in wrong {
            assert!(check_pages(chunk, &pages, 1000).is_err(), "{pages:?}");
        }
    }

    #[test]
    fn a_panic_of_the_library_is_an_error() {
        let read = || -> Result<(), ParquetError> { panic!("as planned") };
        assert!(matches!(caught(read), Err(Damage::Senseless)));
    }
}
