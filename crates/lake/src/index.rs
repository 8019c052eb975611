//! The index beside a segment: which rows belong to which host, in which blocks of rows a value stands, and which uids may be there.
//!
//! Derived: where it is missing or damaged it is built again from the segment.

use std::collections::HashMap;
use std::fs;
use std::io::{self, Read};
use std::path::Path;

use hikeshi_event::{Column, Event, Uid};
use serde::{Deserialize, Serialize};
use twox_hash::XxHash64;

/// Rows of one block.
pub(crate) const BLOCK_ROWS: usize = 4096;
/// A value in more blocks than this is found by reading the whole segment.
const LISTED_BLOCKS: usize = 24;
const MAGIC: [u8; 4] = *b"HKI1";
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct HostSpan {
    /// Lower case.
    pub(crate) host: String,
    pub(crate) first_row: u32,
    pub(crate) rows: u32,
    pub(crate) time_min_us: i64,
    pub(crate) time_max_us: i64,
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

/// Hosts and values of a segment.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct SegmentIndex {
    /// Ascending by name.
    pub(crate) hosts: Vec<HostSpan>,
    names: Vec<u64>,
    blocks: Vec<Vec<u16>>,
}

impl SegmentIndex {
    /// The rows of a host, by its name in any case.
    pub(crate) fn host(&self, host: &str) -> Option<&HostSpan> {
        let wanted = host.to_lowercase();
        let found = self.hosts.binary_search_by(|span| span.host.as_str().cmp(&wanted)).ok()?;
        self.hosts.get(found)
    }

    /// The blocks of a value of any indexed column, in any case.
    pub(crate) fn blocks(&self, value: &str) -> Blocks<'_> {
        let Ok(found) = self.names.binary_search(&value_name(value)) else { return Blocks::None };
        match self.blocks.get(found) {
            Some(listed) if !listed.is_empty() => Blocks::Listed(listed),
            _ => Blocks::Many,
        }
    }

    /// Memory in use, about.
    pub(crate) fn size_bytes(&self) -> usize {
        let hosts: usize = self.hosts.iter().map(|span| span.host.len() + size_of::<HostSpan>()).sum();
        let blocks: usize = self.blocks.iter().map(|listed| 24 + listed.len() * 2).sum();
        hosts + blocks + self.names.len() * 8
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

/// Builds the index of a segment from its rows in order.
pub(crate) struct IndexBuilder {
    hosts: Vec<HostSpan>,
    values: HashMap<u64, Vec<u16>>,
    filter: UidFilter,
    row: u32,
}

impl IndexBuilder {
    /// For a segment of so many rows.
    pub(crate) fn new(rows: usize) -> Self {
        IndexBuilder { hosts: Vec::new(), values: HashMap::new(), filter: UidFilter::for_rows(rows), row: 0 }
    }

    /// Takes the next row.
    pub(crate) fn add(&mut self, event: &Event<'_>) {
        let time_us = event.time.as_microsecond();
        match self.hosts.last_mut() {
            Some(span) if same_host(&span.host, &event.host) => {
                span.rows += 1;
                span.time_min_us = span.time_min_us.min(time_us);
                span.time_max_us = span.time_max_us.max(time_us);
            }
            _ => self.hosts.push(HostSpan {
                host: event.host.to_lowercase(),
                first_row: self.row,
                rows: 1,
                time_min_us: time_us,
                time_max_us: time_us,
            }),
        }
        self.filter.insert(event.uid);
        let block = u16::try_from(self.row as usize / BLOCK_ROWS).unwrap_or(u16::MAX);
        for column in INDEXED {
            if let Some(value) = event.text(column).filter(|value| !value.is_empty()) {
                let listed = self.values.entry(value_name(value)).or_default();
                if listed.last() != Some(&block) && listed.len() <= LISTED_BLOCKS {
                    listed.push(block);
                }
            }
        }
        self.row += 1;
    }

    /// The index and the filter.
    pub(crate) fn finish(self) -> (SegmentIndex, UidFilter) {
        let mut values: Vec<(u64, Vec<u16>)> = self.values.into_iter().collect();
        values.sort_unstable_by_key(|(name, _)| *name);
        let listed = |blocks: Vec<u16>| if blocks.len() > LISTED_BLOCKS { Vec::new() } else { blocks };
        let (names, blocks) = values.into_iter().map(|(name, blocks)| (name, listed(blocks))).unzip();
        (SegmentIndex { hosts: self.hosts, names, blocks }, self.filter)
    }
}

fn same_host(lower: &str, host: &str) -> bool {
    lower == host || lower == host.to_lowercase()
}

/// Stands for a value in any case.
fn value_name(value: &str) -> u64 {
    if value.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return XxHash64::oneshot(0, value.to_ascii_lowercase().as_bytes());
    }
    XxHash64::oneshot(0, value.as_bytes())
}

/// The bytes of an index file: sizes and sums of its two parts, then the parts.
pub(crate) fn encode(index: &SegmentIndex, filter: &UidFilter) -> io::Result<Vec<u8>> {
    let index = postcard::to_stdvec(index).map_err(io::Error::other)?;
    let filter: Vec<u8> = filter.words.iter().flat_map(|word| word.to_le_bytes()).collect();
    let mut bytes = MAGIC.to_vec();
    for part in [&index, &filter] {
        bytes.extend_from_slice(&u32::try_from(part.len()).unwrap_or(u32::MAX).to_le_bytes());
        bytes.extend_from_slice(&crc32c::crc32c(part).to_le_bytes());
    }
    bytes.extend_from_slice(&index);
    bytes.extend_from_slice(&filter);
    Ok(bytes)
}

/// Reads hosts and values of an index file; `None` if it is missing or damaged.
pub(crate) fn read_index(path: &Path) -> Option<SegmentIndex> {
    let mut file = fs::File::open(path).ok()?;
    let ([index_bytes, _], [index_crc, _]) = read_head(&mut file)?;
    let part = read_part(&mut file, index_bytes, index_crc)?;
    postcard::from_bytes(&part).ok()
}

/// Reads the uid filter of an index file; `None` if it is missing or damaged.
pub(crate) fn read_filter(path: &Path) -> Option<UidFilter> {
    use std::io::{Seek, SeekFrom};
    let mut file = fs::File::open(path).ok()?;
    let ([index_bytes, filter_bytes], [_, filter_crc]) = read_head(&mut file)?;
    file.seek(SeekFrom::Current(i64::from(index_bytes))).ok()?;
    let part = read_part(&mut file, filter_bytes, filter_crc)?;
    let words = part.as_chunks::<8>().0.iter().map(|word| u64::from_le_bytes(*word)).collect();
    Some(UidFilter { words })
}

fn read_head(file: &mut fs::File) -> Option<([u32; 2], [u32; 2])> {
    let mut head = [0; 20];
    file.read_exact(&mut head).ok()?;
    let (magic, rest) = head.split_first_chunk::<4>()?;
    let (numbers, _) = rest.as_chunks::<4>();
    let [index_bytes, index_crc, filter_bytes, filter_crc] = *numbers else { return None };
    let number = u32::from_le_bytes;
    let sizes = [number(index_bytes), number(filter_bytes)];
    (*magic == MAGIC).then(|| (sizes, [number(index_crc), number(filter_crc)]))
}

fn read_part(file: &mut fs::File, bytes: u32, crc: u32) -> Option<Vec<u8>> {
    let length = file.metadata().ok()?.len();
    if u64::from(bytes) > length {
        return None;
    }
    let mut part = vec![0; usize::try_from(bytes).ok()?];
    file.read_exact(&mut part).ok()?;
    (crc32c::crc32c(&part) == crc).then_some(part)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::tests::sample;

    fn built(rows: u64) -> (SegmentIndex, UidFilter) {
        let mut builder = IndexBuilder::new(rows as usize);
        for number in 0..rows {
            builder.add(&sample(number, if number < rows / 2 { "Alpha" } else { "beta" }));
        }
        builder.finish()
    }

    #[test]
    fn hosts_values_and_uids_are_found() {
        let (index, _) = built(20_000);
        let span = index.host("ALPHA").unwrap();
        assert_eq!((span.first_row, span.rows), (0, 10_000));
        assert_eq!(index.host("gamma"), None);
        assert_eq!(index.blocks(&format!("{:064X}", 1500)), Blocks::Listed(&[3]));
        assert_eq!(index.blocks(&format!("{:064x}", 999_999)), Blocks::None);
    }

    #[test]
    fn a_damaged_file_is_not_believed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.idx");
        let (index, filter) = built(300);
        let bytes = encode(&index, &filter).unwrap();
        fs::write(&path, &bytes).unwrap();
        assert_eq!(read_index(&path), Some(index.clone()));
        assert_eq!(read_filter(&path), Some(filter.clone()));
        for at in 0..bytes.len() {
            let mut flipped = bytes.clone();
            flipped[at] ^= 4;
            fs::write(&path, &flipped).unwrap();
            assert!(read_index(&path).is_none_or(|read| read == index), "byte {at}");
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
