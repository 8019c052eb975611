//! The index beside a segment: which rows belong to which host, in which blocks of rows a value stands, and which uids may be there.
//!
//! Derived: where it is missing or damaged it is built again from the segment.

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

use hikeshi_event::{Column, Event, Uid};
use serde::{Deserialize, Serialize};
use twox_hash::XxHash64;

/// Rows of one block.
pub(crate) const BLOCK_ROWS: usize = 4096;
/// A value in more blocks than this is found by reading the whole segment.
const LISTED_BLOCKS: usize = 24;
const MAGIC: [u8; 4] = *b"HKI2";
const FILTER_BITS_A_ROW: usize = 10;
const FILTER_PROBES: u32 = 6;

/// Columns whose values are looked up across segments: hashes, addresses, names.
pub const INDEXED: [Column; 12] = [
    Column::ProcessMd5,
    Column::ProcessSha1,
    Column::ProcessSha256,
    Column::ProcessImphash,
    Column::FileMd5,
    Column::FileSha1,
    Column::FileSha256,
    Column::FileImphash,
    Column::NetworkSrcIp,
    Column::NetworkDstIp,
    Column::NetworkDstHost,
    Column::DnsQuery,
];

/// Those of them that hold hashes.
pub(crate) const HASHES: [Column; 8] = [
    Column::ProcessMd5,
    Column::ProcessSha1,
    Column::ProcessSha256,
    Column::ProcessImphash,
    Column::FileMd5,
    Column::FileSha1,
    Column::FileSha256,
    Column::FileImphash,
];

/// The rows of one host: they lie together, ordered by time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct HostSpan {
    pub(crate) first_row: u32,
    pub(crate) rows: u32,
    pub(crate) time_min_us: i64,
    pub(crate) time_max_us: i64,
}

/// The hosts of a segment, a column each: thousands of them are read for one that is looked for.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Hosts {
    /// Names in lower case, ascending, one after the other.
    names: String,
    /// Where each name ends.
    ends: Vec<u32>,
    /// The first row of each; its rows go up to the next one's, the last one's up to `rows`.
    first_rows: Vec<u32>,
    rows: u32,
    time_min_us: Vec<i64>,
    time_max_us: Vec<i64>,
}

impl Hosts {
    fn name(&self, number: usize) -> Option<&str> {
        let begin = number.checked_sub(1).map_or(Some(0), |before| self.ends.get(before).copied())?;
        self.names.get(begin as usize..*self.ends.get(number)? as usize)
    }

    /// The rows of a host, by its name in any case.
    pub(crate) fn host(&self, host: &str) -> Option<HostSpan> {
        let wanted = host.to_lowercase();
        let (mut low, mut high) = (0, self.ends.len());
        while low < high {
            let middle = low.midpoint(high);
            if self.name(middle)? < wanted.as_str() { low = middle + 1 } else { high = middle }
        }
        let first_row = *self.first_rows.get(low).filter(|_| self.name(low) == Some(wanted.as_str()))?;
        let end = self.first_rows.get(low + 1).copied().unwrap_or(self.rows);
        Some(HostSpan {
            first_row,
            rows: end.checked_sub(first_row)?,
            time_min_us: *self.time_min_us.get(low)?,
            time_max_us: *self.time_max_us.get(low)?,
        })
    }

    /// Takes the next row.
    fn add(&mut self, host: &str, time_us: i64) {
        let last = self.ends.len().checked_sub(1).filter(|last| self.name(*last).is_some_and(|name| same_host(name, host)));
        let known = last.and_then(|last| self.time_min_us.get_mut(last).zip(self.time_max_us.get_mut(last)));
        match known {
            Some((min, max)) => (*min, *max) = ((*min).min(time_us), (*max).max(time_us)),
            None => {
                self.names.push_str(&host.to_lowercase());
                self.ends.push(u32::try_from(self.names.len()).unwrap_or(u32::MAX));
                self.first_rows.push(self.rows);
                self.time_min_us.push(time_us);
                self.time_max_us.push(time_us);
            }
        }
        self.rows += 1;
    }

    /// Memory in use.
    pub(crate) fn size_bytes(&self) -> usize {
        self.names.len() + self.ends.len() * (2 * size_of::<u32>() + 2 * size_of::<i64>())
    }
}

/// Where a value stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Blocks<'a> {
    /// Nowhere.
    None,
    /// In these blocks, ascending, and in no other.
    Listed(&'a [u16]),
    /// In too many to list.
    Many,
}

/// In which blocks of a segment the values of the indexed columns stand.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Values {
    /// What stands for each value, ascending.
    names: Vec<u64>,
    /// Where the blocks of each end among `blocks`; none listed: too many.
    ends: Vec<u32>,
    blocks: Vec<u16>,
}

impl Values {
    /// The blocks of a value of any indexed column, in any case.
    pub(crate) fn blocks(&self, value: &str) -> Blocks<'_> {
        self.blocks_of(value_name(value))
    }

    /// The blocks that hold one of the values that these stand for (ascending); `None`: in too many to list.
    pub(crate) fn blocks_of_any(&self, names: &[u64]) -> Option<BTreeSet<u16>> {
        let (few, many) = if names.len() < self.names.len() { (names, &*self.names) } else { (&*self.names, names) };
        let mut blocks = BTreeSet::new();
        for name in few.iter().filter(|name| many.binary_search(name).is_ok()) {
            match self.blocks_of(*name) {
                Blocks::None => {}
                Blocks::Listed(listed) => blocks.extend(listed),
                Blocks::Many => return None,
            }
        }
        Some(blocks)
    }

    fn blocks_of(&self, name: u64) -> Blocks<'_> {
        let Ok(found) = self.names.binary_search(&name) else { return Blocks::None };
        let begin = found.checked_sub(1).map_or(Some(0), |before| self.ends.get(before).copied());
        let range = begin.zip(self.ends.get(found)).map(|(begin, end)| begin as usize..*end as usize);
        match range.and_then(|range| self.blocks.get(range)) {
            Some(listed) if !listed.is_empty() => Blocks::Listed(listed),
            _ => Blocks::Many,
        }
    }

    fn of(values: HashMap<u64, Vec<u16>>) -> Self {
        let mut sorted: Vec<(u64, Vec<u16>)> = values.into_iter().collect();
        sorted.sort_unstable_by_key(|(name, _)| *name);
        let mut values = Values::default();
        for (name, blocks) in sorted {
            if blocks.len() <= LISTED_BLOCKS {
                values.blocks.extend(blocks);
            }
            values.names.push(name);
            values.ends.push(u32::try_from(values.blocks.len()).unwrap_or(u32::MAX));
        }
        values
    }

    /// Memory in use.
    pub(crate) fn size_bytes(&self) -> usize {
        self.names.len() * (size_of::<u64>() + size_of::<u32>()) + self.blocks.len() * size_of::<u16>()
    }
}

/// Says of a uid that it is not in the segment, or that it may be (about one wrong in a hundred).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct UidFilter {
    words: Vec<u64>,
}

impl UidFilter {
    fn for_rows(rows: usize) -> Self {
        UidFilter { words: vec![0; (rows * FILTER_BITS_A_ROW).div_ceil(64).max(1)] }
    }

    fn probes(&self, uid: Uid) -> impl Iterator<Item = (usize, u64)> + use<> {
        // A uid is a hash already: its halves are two independent numbers.
        let whole = u128::from_le_bytes(uid.0);
        let (mut at, step) = (whole as u64, (whole >> 64) as u64 | 1);
        let bits = self.words.len() as u64 * 64;
        (0..FILTER_PROBES).map(move |_| {
            at = at.wrapping_add(step);
            let bit = ((u128::from(at) * u128::from(bits)) >> 64) as u64;
            ((bit / 64) as usize, 1 << (bit % 64))
        })
    }

    fn insert(&mut self, uid: Uid) {
        for (word, bit) in self.probes(uid) {
            if let Some(word) = self.words.get_mut(word) {
                *word |= bit;
            }
        }
    }

    /// Whether the segment may hold it.
    pub(crate) fn may_hold(&self, uid: Uid) -> bool {
        self.probes(uid).all(|(word, bit)| self.words.get(word).is_some_and(|word| word & bit != 0))
    }

    /// Memory in use.
    pub(crate) fn size_bytes(&self) -> usize {
        self.words.len() * 8
    }
}

/// What lies beside a segment.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct SegmentIndex {
    pub(crate) hosts: Hosts,
    pub(crate) values: Values,
    pub(crate) filter: UidFilter,
}

/// Builds the index of a segment from its rows in order.
pub(crate) struct IndexBuilder {
    hosts: Hosts,
    values: HashMap<u64, Vec<u16>>,
    filter: UidFilter,
}

impl IndexBuilder {
    /// For a segment of so many rows.
    pub(crate) fn new(rows: usize) -> Self {
        IndexBuilder { hosts: Hosts::default(), values: HashMap::new(), filter: UidFilter::for_rows(rows) }
    }

    /// Takes the next row.
    pub(crate) fn add(&mut self, event: &Event<'_>) {
        let block = u16::try_from(self.hosts.rows as usize / BLOCK_ROWS).unwrap_or(u16::MAX);
        self.hosts.add(&event.host, event.time.as_microsecond());
        self.filter.insert(event.uid);
        for column in INDEXED {
            if let Some(value) = event.text(column).filter(|value| !value.is_empty()) {
                let listed = self.values.entry(value_name(value)).or_default();
                if listed.last() != Some(&block) && listed.len() <= LISTED_BLOCKS {
                    listed.push(block);
                }
            }
        }
    }

    /// The index.
    pub(crate) fn finish(self) -> SegmentIndex {
        SegmentIndex { hosts: self.hosts, values: Values::of(self.values), filter: self.filter }
    }
}

fn same_host(lower: &str, host: &str) -> bool {
    lower == host || lower == host.to_lowercase()
}

/// Stands for a value in any case.
pub(crate) fn value_name(value: &str) -> u64 {
    if value.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return XxHash64::oneshot(0, value.to_ascii_lowercase().as_bytes());
    }
    XxHash64::oneshot(0, value.as_bytes())
}

/// The parts of an index file, in their order: each is read by itself.
#[derive(Debug, Clone, Copy)]
enum Part {
    Hosts,
    Values,
    Filter,
}

const PARTS: usize = 3;
const HEAD_BYTES: usize = MAGIC.len() + PARTS * 8;

/// The bytes of an index file: sizes and sums of its parts, then the parts.
pub(crate) fn encode(index: &SegmentIndex) -> io::Result<Vec<u8>> {
    let hosts = postcard::to_stdvec(&index.hosts).map_err(io::Error::other)?;
    let values = postcard::to_stdvec(&index.values).map_err(io::Error::other)?;
    let filter: Vec<u8> = index.filter.words.iter().flat_map(|word| word.to_le_bytes()).collect();
    let mut bytes = MAGIC.to_vec();
    for part in [&hosts, &values, &filter] {
        bytes.extend_from_slice(&u32::try_from(part.len()).unwrap_or(u32::MAX).to_le_bytes());
        bytes.extend_from_slice(&crc32c::crc32c(part).to_le_bytes());
    }
    Ok([bytes, hosts, values, filter].concat())
}

/// The hosts of an index file; `None` if it is missing or damaged.
pub(crate) fn read_hosts(path: &Path) -> Option<Hosts> {
    postcard::from_bytes(&read_part(path, Part::Hosts)?).ok()
}

/// The values of an index file; `None` if it is missing or damaged.
pub(crate) fn read_values(path: &Path) -> Option<Values> {
    postcard::from_bytes(&read_part(path, Part::Values)?).ok()
}

/// The uid filter of an index file; `None` if it is missing or damaged.
pub(crate) fn read_filter(path: &Path) -> Option<UidFilter> {
    let part = read_part(path, Part::Filter)?;
    let words = part.as_chunks::<8>().0.iter().map(|word| u64::from_le_bytes(*word)).collect();
    Some(UidFilter { words })
}

fn read_part(path: &Path, part: Part) -> Option<Vec<u8>> {
    let file = fs::File::open(path).ok()?;
    let mut head = [0; HEAD_BYTES];
    file.read_exact_at(&mut head, 0).ok()?;
    let (magic, rest) = head.split_first_chunk::<4>()?;
    if *magic != MAGIC {
        return None;
    }
    let entries: Vec<(u32, u32)> = rest.as_chunks::<8>().0.iter().map(|entry| size_and_sum(*entry)).collect();
    let (size, sum) = *entries.get(part as usize)?;
    let begin = HEAD_BYTES as u64 + entries.iter().take(part as usize).map(|(size, _)| u64::from(*size)).sum::<u64>();
    if begin + u64::from(size) > file.metadata().ok()?.len() {
        return None;
    }
    let mut bytes = vec![0; usize::try_from(size).ok()?];
    file.read_exact_at(&mut bytes, begin).ok()?;
    (crc32c::crc32c(&bytes) == sum).then_some(bytes)
}

fn size_and_sum([a, b, c, d, e, f, g, h]: [u8; 8]) -> (u32, u32) {
    (u32::from_le_bytes([a, b, c, d]), u32::from_le_bytes([e, f, g, h]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::tests::sample;

    fn built(rows: u64) -> SegmentIndex {
        let mut builder = IndexBuilder::new(rows as usize);
        for number in 0..rows {
            builder.add(&sample(number, if number < rows / 2 { "Alpha" } else { "beta" }));
        }
        builder.finish()
    }

    #[test]
    fn hosts_values_and_uids_are_found() {
        let index = built(20_000);
        for (host, expected) in
            [("ALPHA", Some((0, 10_000))), ("Beta", Some((10_000, 10_000))), ("a", None), ("alphabet", None), ("gamma", None)]
        {
            assert_eq!(index.hosts.host(host).map(|span| (span.first_row, span.rows)), expected, "{host}");
        }
        assert_eq!(index.values.blocks(&format!("{:064X}", 1500)), Blocks::Listed(&[3]));
        assert_eq!(index.values.blocks(&format!("{:064x}", 999_999)), Blocks::None);
        let of_any = |numbers: &[u64]| {
            let mut names: Vec<u64> = numbers.iter().map(|number| value_name(&format!("{number:064x}"))).collect();
            names.sort_unstable();
            index.values.blocks_of_any(&names).map(|blocks| blocks.into_iter().collect::<Vec<_>>())
        };
        assert_eq!(of_any(&[]), Some(vec![]));
        assert_eq!(of_any(&[1500, 999_999]), Some(vec![3]));
        let all: Vec<u64> = (0..100_000).collect();
        assert_eq!(of_any(&all), Some(vec![0, 1, 2, 3, 4]), "more than the file has");
        assert_eq!(Hosts::default().host("alpha"), None);
    }

    #[test]
    fn a_damaged_file_is_not_believed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.idx");
        let SegmentIndex { hosts, values, filter } = built(300);
        let bytes = encode(&built(300)).unwrap();
        fs::write(&path, &bytes).unwrap();
        assert_eq!(read_hosts(&path), Some(hosts.clone()));
        assert_eq!(read_values(&path), Some(values.clone()));
        assert_eq!(read_filter(&path), Some(filter.clone()));
        for at in 0..bytes.len() {
            let mut flipped = bytes.clone();
            flipped[at] ^= 4;
            fs::write(&path, &flipped).unwrap();
            assert!(read_hosts(&path).is_none_or(|read| read == hosts), "byte {at}");
            assert!(read_values(&path).is_none_or(|read| read == values), "byte {at}");
            assert!(read_filter(&path).is_none_or(|read| read == filter), "byte {at}");
        }
    }

    #[test]
    fn the_filter_lets_few_strangers_pass() {
        // Uids are hashes; these are, too.
        let uid = |number: u64| Uid(blake3::hash(&number.to_le_bytes()).as_bytes()[..16].try_into().unwrap());
        let mut filter = UidFilter::for_rows(10_000);
        (0..10_000).for_each(|number| filter.insert(uid(number)));
        assert!((0..10_000).all(|number| filter.may_hold(uid(number))));
        let passed = (10_000..110_000).filter(|number| filter.may_hold(uid(*number))).count();
        assert!(passed < 2_000, "{passed} of 100,000");
    }
}
