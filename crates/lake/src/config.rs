//! What an operator may set.

use std::time::Duration;

/// Limits and sizes of a lake. The defaults suit two cores; what memory they take stands in bench/lake.
#[derive(Debug, Clone)]
pub struct LakeConfig {
    /// Readers and writers of segments; at least 1.
    pub workers: usize,
    /// Appends are refused with `Busy` while more bytes wait in the stream.
    pub backlog_bytes: u64,
    /// A file of the stream is closed at this size.
    pub log_part_bytes: u64,
    /// Appends are refused with `Full` while a smaller share of the file system is free.
    pub reserve_percent: u8,
    /// A segment is written when so many events wait …
    pub flush_rows: usize,
    /// … or when they take so much memory …
    pub flush_bytes: usize,
    /// … or when the first of them has waited so long.
    pub flush_after: Duration,
    /// Memory for indexes, filters and footers of segments.
    pub cache_bytes: usize,
    /// This many segments of one organisation, day and level are merged into one.
    pub merge_segments: usize,
    /// This many, where the day is over and nothing waits: what is read for long lies in few files.
    pub merge_segments_closed: usize,
    /// This many, while batches wait: a merge costs as much as a fifth of the writing, and comes out of what keeps the stream short.
    pub merge_segments_busy: usize,
    /// Segments of more rows are not merged any more.
    pub merge_rows: u64,
}

impl Default for LakeConfig {
    fn default() -> Self {
        LakeConfig {
            workers: std::thread::available_parallelism().map_or(1, usize::from),
            backlog_bytes: 4 << 30,
            log_part_bytes: 64 << 20,
            reserve_percent: 5,
            flush_rows: 40_960,
            flush_bytes: 64 << 20,
            flush_after: Duration::from_secs(5),
            cache_bytes: 64 << 20,
            merge_segments: 8,
            merge_segments_closed: 2,
            merge_segments_busy: 512,
            merge_rows: 4_000_000,
        }
    }
}
