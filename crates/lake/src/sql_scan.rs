//! What a query engine needs of the lake: the files of the organisations in scope that may hold what is asked, and the tail as
//! columns. Where rows are filtered out here is only what certainly does not match; the engine filters again.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use arrow_array::RecordBatch;
use hikeshi_domain::OrganizationId;
use jiff::Timestamp;

use crate::catalogue::{OrgScope, SegmentKind};
use crate::encode::{EventEncoder, encode_matches};
use crate::index::Blocks;
use crate::lake::Lake;
use crate::matches::MatchRow;
use crate::scan::{ReadError, check};
use crate::view::{Segment, View};

/// What is known of the rows that a query wants. Empty: nothing is known, all may match.
#[derive(Debug, Clone, Default)]
pub struct ScanFilter {
    /// Only these hosts.
    pub hosts: Option<BTreeSet<String>>,
    /// Only rows whose `time` is not before.
    pub from: Option<Timestamp>,
    /// Only rows whose `time` is not after.
    pub to: Option<Timestamp>,
    /// For each of these: only rows where an indexed column (hashes, addresses, names) equals it.
    pub values: Vec<String>,
}

/// A file to read, whole or in part.
#[derive(Debug, Clone)]
pub struct ScanFile {
    /// The Parquet file.
    pub path: PathBuf,
    /// Whose rows it holds.
    pub org: OrganizationId,
    /// Its size.
    pub size_bytes: u64,
}

/// Files and tail at one instant. The files stay while this is held.
pub struct Scan {
    /// The files.
    pub files: Vec<ScanFile>,
    /// Rows that are not in a file yet, in the columns of a file.
    pub tail: Vec<(OrganizationId, RecordBatch)>,
    view: Arc<View>,
}

impl std::fmt::Debug for Scan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} of {} files", self.files.len(), self.view.segments.len())
    }
}

impl Lake {
    /// What a query over one table must read. Reads indexes: call it where blocking is allowed.
    ///
    /// # Errors
    /// When an index cannot be read or built again, or the footer of a file is damaged: the engine would trust it.
    pub fn scan(&self, scope: &OrgScope, kind: SegmentKind, filter: &ScanFilter) -> Result<Scan, ReadError> {
        let view = self.inner.views.now();
        let mut files = Vec::new();
        for segment in view.segments.iter().filter(|segment| segment.row.kind == kind && scope.sees(segment.row.org)) {
            if self.may_match(segment, filter)? {
                let path = segment.layout.data(&segment.row);
                let size_bytes = std::fs::metadata(&path)?.len();
                segment.look_once(|| check(&path))?;
                files.push(ScanFile { path, org: segment.row.org, size_bytes });
            }
        }
        let tail = match kind {
            SegmentKind::Events => tail_events(&view, scope, filter)?,
            SegmentKind::Matches => tail_matches(&view, scope)?,
        };
        Ok(Scan { files, tail, view })
    }

    fn may_match(&self, segment: &Segment, filter: &ScanFilter) -> Result<bool, ReadError> {
        let row = &segment.row;
        let in_range = |host: &String| row.host_min <= host.to_lowercase() && row.host_max >= host.to_lowercase();
        if filter.from.is_some_and(|from| row.time_max < from)
            || filter.to.is_some_and(|to| row.time_min > to)
            || filter.hosts.as_ref().is_some_and(|hosts| !hosts.iter().any(in_range))
        {
            return Ok(false);
        }
        if row.kind != SegmentKind::Events || (filter.values.is_empty() && filter.hosts.is_none()) {
            return Ok(true);
        }
        if let Some(wanted) = &filter.hosts {
            let hosts = self.inner.shelf.hosts(segment)?;
            if !wanted.iter().any(|host| hosts.host(host).is_some()) {
                return Ok(false);
            }
        }
        if filter.values.is_empty() {
            return Ok(true);
        }
        let values = self.inner.shelf.values(segment)?;
        Ok(filter.values.iter().all(|value| values.blocks(value) != Blocks::None))
    }
}

fn tail_events(view: &View, scope: &OrgScope, filter: &ScanFilter) -> Result<Vec<(OrganizationId, RecordBatch)>, ReadError> {
    let mut encoders: BTreeMap<OrganizationId, EventEncoder> = BTreeMap::new();
    for block in &view.tail {
        for row in &block.live {
            let Some(place) = block.rows.place(*row as usize).filter(|place| scope.sees(place.org)) else { continue };
            let wanted = filter.hosts.as_ref().is_none_or(|hosts| hosts.contains(place.host));
            if let Some(event) = block.rows.get(*row as usize).filter(|_| wanted) {
                encoders.entry(place.org).or_insert_with(|| EventEncoder::new(|_| true)).push(&event)?;
            }
        }
    }
    encoders.into_iter().map(|(org, mut encoder)| Ok((org, encoder.finish()?))).collect()
}

fn tail_matches(view: &View, scope: &OrgScope) -> Result<Vec<(OrganizationId, RecordBatch)>, ReadError> {
    let mut rows: BTreeMap<OrganizationId, Vec<MatchRow>> = BTreeMap::new();
    for row in view.tail.iter().flat_map(|block| &block.matches).filter(|row| scope.sees(row.org)) {
        rows.entry(row.org).or_default().push(row.clone());
    }
    rows.into_iter().map(|(org, rows)| Ok((org, encode_matches(&rows)?))).collect()
}
