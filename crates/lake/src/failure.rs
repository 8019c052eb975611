//! Why a piece of the writer's work was not done, in words for an operator.

use hikeshi_domain::causes::causes;

use crate::segment::SegmentError;

/// Why a flight was not written.
pub(crate) struct Failure {
    pub(crate) what: String,
    /// It would end the same way if it were tried again.
    pub(crate) of_the_rows: bool,
}

impl Failure {
    pub(crate) fn of_segment(error: &SegmentError) -> Self {
        Failure { what: format!("cannot write a segment: {}", causes(error)), of_the_rows: error.is_of_the_rows() }
    }

    pub(crate) fn panicked() -> Self {
        Failure { what: "writing a segment panicked".to_owned(), of_the_rows: true }
    }

    pub(crate) fn no_room() -> Self {
        Failure { what: "the disk is full: events wait in the stream for room".to_owned(), of_the_rows: false }
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use arrow_schema::ArrowError;
    use parquet::errors::ParquetError;

    use super::*;

    #[test]
    fn only_the_rows_own_fault_counts_against_them() {
        let full = || io::Error::from(io::ErrorKind::StorageFull);
        for (error, expected) in [
            (SegmentError::Io(full()), false),
            (SegmentError::Parquet(ParquetError::from(full())), false),
            (SegmentError::Arrow(ArrowError::from(full())), false),
            (SegmentError::Parquet(ParquetError::General("offset overflow".to_owned())), true),
            (SegmentError::Arrow(ArrowError::OffsetOverflowError(1 << 31)), true),
        ] {
            assert_eq!(Failure::of_segment(&error).of_the_rows, expected, "{error:?}");
        }
    }
}
