//! Reference lists.

use std::path::Path;

use hikeshi_triage::lists::{ListLimits, read};

/// Reads a reference list.
pub(crate) fn list(bytes: &[u8], _: &Path) -> u64 {
    let limits = ListLimits { bytes: 16 << 20, entries: 100_000, listed_defects: 100, ..ListLimits::default() };
    let list = read(bytes, &limits);
    assert!(list.count() <= limits.entries, "more entries than may be");
    assert!(list.defects.len() <= limits.listed_defects && list.defects.len() as u64 <= list.rejected, "more defects than lines");
    list.count() as u64
}
