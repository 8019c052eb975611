//! The indexes of segments, kept in memory while they are used; built again where a file is missing or damaged.

use std::collections::HashSet;
use std::sync::Arc;

use hikeshi_event::Uid;
use uuid::Uuid;

use crate::cache::Cache;
use crate::decode::EventBatch;
use crate::index::{HostSpan, Hosts, IndexBuilder, SegmentIndex, UidFilter, Values, read_filter, read_hosts, read_values};
use crate::scan::{ReadError, SegmentReader};
use crate::view::Segment;

/// Uids of one host in one segment.
type HostUids = HashSet<Uid>;

/// Indexes, filters and exact uids of segments.
pub(crate) struct Shelf {
    hosts: Cache<Uuid, Hosts>,
    values: Cache<Uuid, Values>,
    filters: Cache<Uuid, UidFilter>,
    uids: Cache<(Uuid, u32), HostUids>,
    readers: Cache<Uuid, SegmentReader>,
}

impl Shelf {
    /// A shelf that holds about so much. What reading a host needs of each segment gets most of it.
    pub(crate) fn new(limit_bytes: usize) -> Self {
        let part = limit_bytes / 8;
        Shelf {
            hosts: Cache::new(3 * part),
            readers: Cache::new(2 * part),
            values: Cache::new(part),
            filters: Cache::new(part),
            uids: Cache::new(part),
        }
    }

    /// The hosts of a segment.
    pub(crate) fn hosts(&self, segment: &Segment) -> Result<Arc<Hosts>, ReadError> {
        self.hosts.get_or(&segment.row.id, || {
            let hosts = match read_hosts(&segment.layout.index(&segment.row)) {
                Some(hosts) => hosts,
                None => rebuild(segment)?.hosts,
            };
            let size = hosts.size_bytes();
            Ok((hosts, size))
        })
    }

    /// The indexed values of a segment.
    pub(crate) fn values(&self, segment: &Segment) -> Result<Arc<Values>, ReadError> {
        self.values.get_or(&segment.row.id, || {
            let values = match read_values(&segment.layout.index(&segment.row)) {
                Some(values) => values,
                None => rebuild(segment)?.values,
            };
            let size = values.size_bytes();
            Ok((values, size))
        })
    }

    /// The segment's file, open. Its footer is about 100 bytes a column and row group.
    pub(crate) fn reader(&self, segment: &Segment) -> Result<Arc<SegmentReader>, ReadError> {
        let reader = self.readers.get_or(&segment.row.id, || {
            let reader = SegmentReader::open(&segment.layout.data(&segment.row))?;
            let size = reader.size_bytes();
            Ok::<_, ReadError>((reader, size))
        })?;
        // Whoever read it while it was taken away has put it back.
        if segment.is_doomed() {
            self.forget(segment.row.id);
        }
        Ok(reader)
    }

    /// Lets go of all of a segment that was taken away: a deleted file takes its room on the disk until nobody has it open.
    pub(crate) fn forget(&self, id: Uuid) {
        self.hosts.forget(|known| *known == id);
        self.values.forget(|known| *known == id);
        self.filters.forget(|known| *known == id);
        self.readers.forget(|known| *known == id);
        self.uids.forget(|(known, _)| *known == id);
    }

    /// Whether a uid is among the rows of a host. The filter answers nearly always; where it cannot, the host's uids are read.
    pub(crate) fn holds(&self, segment: &Segment, span: HostSpan, uid: Uid) -> Result<bool, ReadError> {
        let filter = self.filters.get_or(&segment.row.id, || {
            let filter = match read_filter(&segment.layout.index(&segment.row)) {
                Some(filter) => filter,
                None => rebuild(segment)?.filter,
            };
            let size = filter.size_bytes();
            Ok::<_, ReadError>((filter, size))
        })?;
        if !filter.may_hold(uid) {
            return Ok(false);
        }
        let uids = self.uids.get_or(&(segment.row.id, span.first_row), || {
            let uids = self.read_uids(segment, span)?;
            let size = uids.len() * 24;
            Ok::<_, ReadError>((uids, size))
        })?;
        Ok(uids.contains(&uid))
    }

    fn read_uids(&self, segment: &Segment, span: HostSpan) -> Result<HostUids, ReadError> {
        let first = span.first_row as usize;
        let mut uids = HostUids::with_capacity(span.rows as usize);
        for batch in self.reader(segment)?.read_columns(&[first..first + span.rows as usize], &["uid"])? {
            let batch = batch?;
            let column = batch.column(0).as_any().downcast_ref::<arrow_array::FixedSizeBinaryArray>();
            let column = column.ok_or_else(|| ReadError::Columns("uid".into()))?;
            uids.extend(column.iter().flatten().filter_map(|bytes| bytes.try_into().ok()).map(Uid));
        }
        Ok(uids)
    }
}

/// Reads a whole segment to build its index again.
fn rebuild(segment: &Segment) -> Result<SegmentIndex, ReadError> {
    tracing::warn!(segment = %segment.row.id, "the index of a segment is missing or damaged and is built again");
    let reader = SegmentReader::open(&segment.layout.data(&segment.row))?;
    let rows = reader.rows();
    let mut builder = IndexBuilder::new(rows);
    for batch in reader.read(&[0..rows])? {
        let batch = batch?;
        let events = EventBatch::new(segment.row.org, &batch).ok_or_else(|| ReadError::Columns(segment.row.id.to_string()))?;
        events.iter().for_each(|event| builder.add(&event));
    }
    Ok(builder.finish())
}
