//! Says of a value that no list knows it, without asking the lists: hundreds of them may be in force, and nearly nothing that the stream
//! names is on any. Twelve bits an entry, one line of the cache a look; about one stranger in two hundred passes.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use hikeshi_domain::reference_list::ListKind;

use super::List;
use super::lookup::{Asked, Indicators, parents};
use super::value::mask;

const BITS_AN_ENTRY: usize = 12;
const PROBES: u32 = 6;
const WORDS: usize = 8;

/// What an entry is kept under.
#[derive(Clone, Copy, Hash)]
pub(super) enum Key<'a> {
    Md5(&'a [u8; 16]),
    Sha1(&'a [u8; 20]),
    Sha256(&'a [u8; 32]),
    Network(u8, u128),
    Name(&'a str),
    /// A name with everything below it.
    Below(&'a str),
}

/// What lists of known bad may know. Never changes once it is made.
#[derive(Debug, Default)]
pub struct Filter {
    blocks: Vec<[u64; WORDS]>,
    /// Lengths of the networks among the entries.
    lengths: Vec<u8>,
    /// Whether a name among them counts with everything below it.
    below: bool,
}

impl Filter {
    /// Of the lists among these that call their entries bad.
    pub fn of(lists: &[List]) -> Arc<Filter> {
        let bad = || lists.iter().filter(|list| list.kind == ListKind::Bad).map(|list| &*list.indicators);
        let entries: usize = bad().map(|indicators| indicators.keys().count()).sum();
        let mut filter = Filter { blocks: vec![[0; WORDS]; (entries * BITS_AN_ENTRY).div_ceil(WORDS * 64)], ..Filter::default() };
        bad().flat_map(Indicators::keys).for_each(|key| filter.insert(key));
        filter.lengths.sort_unstable();
        filter.lengths.dedup();
        Arc::new(filter)
    }

    /// Whether a list may know it.
    pub(super) fn may_know(&self, asked: &Asked<'_>) -> bool {
        match asked {
            Asked::Md5(hash) => self.may_hold(Key::Md5(hash)),
            Asked::Sha1(hash) => self.may_hold(Key::Sha1(hash)),
            Asked::Sha256(hash) => self.may_hold(Key::Sha256(hash)),
            Asked::Address(address) => self.lengths.iter().any(|length| self.may_hold(Key::Network(*length, mask(*address, *length)))),
            Asked::Domain(name) => {
                self.may_hold(Key::Name(name)) || self.below && parents(name).any(|parent| self.may_hold(Key::Below(parent)))
            }
        }
    }

    fn insert(&mut self, key: Key<'_>) {
        match key {
            Key::Network(length, _) if self.lengths.last() != Some(&length) => self.lengths.push(length),
            Key::Below(_) => self.below = true,
            _ => {}
        }
        let (block, bits) = self.place(key);
        let Some(block) = self.blocks.get_mut(block) else { return };
        for (word, bit) in bits {
            if let Some(word) = block.get_mut(word) {
                *word |= bit;
            }
        }
    }

    fn may_hold(&self, key: Key<'_>) -> bool {
        let (block, mut bits) = self.place(key);
        let Some(block) = self.blocks.get(block) else { return false };
        bits.all(|(word, bit)| block.get(word).is_some_and(|word| word & bit != 0))
    }

    /// The block of a key, and its bits there: word and mask.
    fn place(&self, key: Key<'_>) -> (usize, impl Iterator<Item = (usize, u64)> + use<>) {
        let mut hasher = DefaultHasher::new();
        key.hash(&mut hasher);
        let hash = hasher.finish();
        let blocks = u64::try_from(self.blocks.len()).unwrap_or(0);
        let block = usize::try_from(((hash >> 32) * blocks) >> 32).unwrap_or(0);
        // Nine bits name one of 512; the product spreads those that chose the block.
        let spread = (hash ^ hash.rotate_left(29)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let bits = (0..PROBES).map(move |probe| {
            let place = (spread >> (9 * probe)) & 511;
            (usize::try_from(place / 64).unwrap_or(0), 1_u64 << (place % 64))
        });
        (block, bits)
    }
}

#[cfg(test)]
mod tests {
    use hikeshi_domain::reference_list::ListKind;

    use super::super::{ListLimits, ListOrigin, read};
    use super::*;

    fn list(kind: ListKind, text: &str) -> List {
        let origin = ListOrigin { name: "ours".to_owned(), dated: None, until: None };
        List { kind, origin, indicators: Arc::new(read(text.as_bytes(), &ListLimits::default()).indicators) }
    }

    fn hash(number: u32) -> String {
        // Not a hash of anything: spread over the bits as one.
        let word = u64::from(number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        format!("{word:016x}{word:016x}{number:032x}")
    }

    #[test]
    fn what_a_list_knows_always_passes() {
        let text = (0..10_000).map(|number| format!("{}\nhost-{number}.example\n", hash(number))).collect::<String>();
        let more = "*.evil.example\n203.0.113.0/24\n198.51.100.7\n2001:db8::/32\n44d88612fea8a8f36de82e1278abb02f\n";
        let filter = Filter::of(&[list(ListKind::Bad, &text), list(ListKind::Bad, more)]);
        let passes = |asked: Option<Asked<'_>>| filter.may_know(&asked.unwrap());
        assert!((0..10_000).all(|number| passes(Asked::hash(&hash(number)))));
        assert!((0..10_000).all(|number| passes(Asked::name(&format!("HOST-{number}.example.")))));
        for name in ["evil.example", "a.b.evil.example", "203.0.113.9", "198.51.100.7", "::ffff:198.51.100.7", "2001:db8::9"] {
            assert!(passes(Asked::name(name)), "{name}");
        }
        assert!(passes(Asked::hash("44D88612FEA8A8F36DE82E1278ABB02F")));
    }

    #[test]
    fn few_strangers_pass_and_none_where_there_is_no_list_of_known_bad() {
        let text = (0..10_000).map(|number| format!("{}\n*.host-{number}.example\n", hash(number))).collect::<String>();
        let filter = Filter::of(&[list(ListKind::Bad, &text)]);
        let hashes = (10_000..60_000).filter(|number| filter.may_know(&Asked::hash(&hash(*number)).unwrap())).count();
        let names = (10_000..60_000).filter(|number| filter.may_know(&Asked::name(&format!("x-{number}.test")).unwrap())).count();
        assert!(hashes < 1_000 && names < 1_500, "{hashes} and {names} of 50,000");
        let none = Filter::of(&[list(ListKind::Good, &text)]);
        assert!(!none.may_know(&Asked::hash(&hash(1)).unwrap()) && !none.may_know(&Asked::name("host-1.example").unwrap()));
    }
}
