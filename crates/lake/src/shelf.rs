//! The indexes of segments, kept in memory while they are used; built again, and written, where a file is missing, damaged or of an older
//! version.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use hikeshi_event::Uid;
use uuid::Uuid;

use crate::cache::Cache;
use crate::decode::EventBatch;
use crate::index::{HostSpan, Hosts, IndexBuilder, SegmentIndex, UidFilter, Values, encode, read_filter, read_hosts, read_values};
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
    building: Mutex<()>,
}

/// All parts of a segment's index.
struct Whole {
    hosts: Arc<Hosts>,
    values: Arc<Values>,
    filter: Arc<UidFilter>,
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
            building: Mutex::default(),
        }
    }

    /// The hosts of a segment.
    pub(crate) fn hosts(&self, segment: &Segment) -> Result<Arc<Hosts>, ReadError> {
        self.part(segment, &self.hosts, read_hosts, Hosts::size_bytes, |whole| whole.hosts)
    }

    /// The indexed values of a segment.
    pub(crate) fn values(&self, segment: &Segment) -> Result<Arc<Values>, ReadError> {
        self.part(segment, &self.values, read_values, Values::size_bytes, |whole| whole.values)
    }

    fn filter(&self, segment: &Segment) -> Result<Arc<UidFilter>, ReadError> {
        self.part(segment, &self.filters, read_filter, UidFilter::size_bytes, |whole| whole.filter)
    }

    /// A part of a segment's index: kept, or read, or built again with the others.
    fn part<T>(
        &self,
        segment: &Segment,
        kept: &Cache<Uuid, T>,
        read: fn(&Path) -> Option<T>,
        size: fn(&T) -> usize,
        choose: fn(Whole) -> Arc<T>,
    ) -> Result<Arc<T>, ReadError> {
        let (id, path) = (segment.row.id, segment.layout.index(&segment.row));
        let known = || {
            kept.get(&id).or_else(|| {
                let part = read(&path)?;
                let size = size(&part);
                Some(kept.put(id, part, size))
            })
        };
        if let Some(part) = known() {
            return Ok(part);
        }
        // One at a time: whoever waited here most likely wanted the same one, and finds it.
        let _one_at_a_time = self.building.lock().unwrap_or_else(PoisonError::into_inner);
        match known() {
            Some(part) => Ok(part),
            None => Ok(choose(self.rebuild(segment)?)),
        }
    }

    /// Builds the index of a segment again, keeps all of it, and puts it beside the segment: the next to look finds it there.
    fn rebuild(&self, segment: &Segment) -> Result<Whole, ReadError> {
        let id = segment.row.id;
        tracing::warn!(segment = %id, "the index of a segment is missing, damaged or of an older version, and is built again");
        let index = built(segment)?;
        if let Err(error) = write(segment, &index) {
            tracing::warn!(%error, segment = %id, "the index of a segment cannot be written, and will be built again");
        }
        let SegmentIndex { hosts, values, filter } = index;
        let sizes = (hosts.size_bytes(), values.size_bytes(), filter.size_bytes());
        Ok(Whole {
            hosts: self.hosts.put(id, hosts, sizes.0),
            values: self.values.put(id, values, sizes.1),
            filter: self.filters.put(id, filter, sizes.2),
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
        if !self.filter(segment)?.may_hold(uid) {
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

/// Reads a whole segment.
fn built(segment: &Segment) -> Result<SegmentIndex, ReadError> {
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

/// Puts an index in the place of whatever lies there, whole or not at all.
fn write(segment: &Segment, index: &SegmentIndex) -> io::Result<()> {
    let path = segment.layout.index(&segment.row);
    let part = path.with_extension("idx.part");
    let written = encode(index).and_then(|bytes| {
        let mut file = File::create(&part)?;
        file.write_all(&bytes)?;
        file.sync_all()?;
        fs::rename(&part, &path)
    });
    if written.is_err() {
        // On a full disk it would make it fuller.
        let _ = fs::remove_file(&part);
    }
    written
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::flight::{KnownSightings, write_flight};
    use crate::index::Blocks;
    use crate::layout::Layout;
    use crate::rows::Rows;
    use crate::rows::tests::sample;
    use crate::view::TailBlock;

    /// A shelf, and a segment of a hundred events of one host.
    fn segment(folder: &Path) -> (Shelf, Arc<Segment>) {
        let mut rows = Rows::default();
        (0..100).for_each(|number| rows.push(&sample(number, "pc")));
        let block = Arc::new(TailBlock { rows, live: (0..100).collect(), matches: Vec::new() });
        let layout = Layout::new(folder);
        let written = write_flight(&layout, &[block], &KnownSightings::default(), Timestamp::now()).unwrap();
        (Shelf::new(1 << 20), Segment::new(&layout, written.segments[0].clone()))
    }

    fn asked(shelf: &Shelf, segment: &Segment) -> Result<(), ReadError> {
        let span = shelf.hosts(segment)?.host("pc").unwrap();
        assert_eq!(span.rows, 100);
        assert_ne!(shelf.values(segment)?.blocks(&format!("{:064x}", 7)), Blocks::None);
        assert!(shelf.filter(segment)?.may_hold(sample(7, "pc").uid));
        Ok(())
    }

    /// Each of the three parts read the whole segment, and again after each eviction.
    #[test]
    fn an_index_that_was_lost_or_is_of_an_older_version_is_built_once_and_written() {
        let folder = tempfile::tempdir().unwrap();
        let (_, segment) = segment(folder.path());
        let (index, data) = (segment.layout.index(&segment.row), segment.layout.data(&segment.row));
        let whole = fs::read(&index).unwrap();
        let older = [b"HKI1", whole.get(4..).unwrap()].concat();
        for damaged in [Some(older.as_slice()), Some(b"HKI2".as_slice()), None] {
            match damaged {
                Some(bytes) => fs::write(&index, bytes).unwrap(),
                None => fs::remove_file(&index).unwrap(),
            }
            let shelf = Shelf::new(1 << 20);
            shelf.hosts(&segment).unwrap();
            assert_eq!(fs::read(&index).unwrap(), whole, "it lies beside the segment again");
            assert!(!index.with_extension("idx.part").exists());
            fs::remove_file(&index).unwrap();
            fs::rename(&data, data.with_extension("hidden")).unwrap();
            asked(&shelf, &segment).unwrap();
            assert!(asked(&Shelf::new(1 << 20), &segment).is_err(), "nothing is left to be read");
            fs::rename(data.with_extension("hidden"), &data).unwrap();
            fs::write(&index, &whole).unwrap();
        }
    }

    #[test]
    fn where_nothing_can_be_written_it_is_read_all_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let (shelf, segment) = segment(folder.path());
        let index = segment.layout.index(&segment.row);
        fs::remove_file(&index).unwrap();
        fs::create_dir(&index).unwrap();
        asked(&shelf, &segment).unwrap();
        assert!(!index.with_extension("idx.part").exists());
    }
}
