//! Finds, in one pass over a field's text, which rules could match: the literals chosen by `witness.rs`, hashed.
//!
//! Literals that end, start or fill the text are looked up by a key of their end or start. Literals inside are found by rare runs
//! of four bytes: the text's runs are looked up in a bitmap, and the few that hit are verified against the literal. Where every
//! literal is long, each gives as many runs in a row as the stride, and only every second or fourth place of a text is looked at.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use serde::{Deserialize, Serialize};

use crate::text::{Needle, information};
use crate::witness::Place;

/// Lengths of the keys of anchored literals: the longest that fits the literal is taken.
const KEY_LENGTHS: [usize; 4] = [8, 4, 2, 1];
/// Length of a run that is looked up inside a text.
const RUN: usize = 4;
/// Bits of the bitmap for each run in it.
const BITS_PER_RUN: usize = 32;

/// Keys are mixed already.
#[derive(Debug, Default, Clone)]
pub(crate) struct Mixed(u64);

impl Hasher for Mixed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        let mut chunks = bytes.chunks_exact(8);
        let whole = chunks.by_ref().fold(self.0, |hash, chunk| match chunk.try_into() {
            Ok(bytes) => mix(hash ^ u64::from_le_bytes(bytes)),
            Err(_) => hash,
        });
        let rest = chunks.remainder().iter().fold(0u64, |value, byte| value << 8 | u64::from(*byte));
        self.0 = mix(whole ^ rest ^ (bytes.len() as u64) << 56);
    }

    fn write_u64(&mut self, key: u64) {
        self.0 = key;
    }
}

type Lookup = HashMap<u64, Vec<u32>, BuildHasherDefault<Mixed>>;

/// One literal and the rules that it makes candidates.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Posting {
    place: Place,
    literal: Needle,
    rules: Vec<u32>,
}

/// The index of one field.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct FieldIndex {
    postings: Vec<Posting>,
    anchored: Lookup,
    /// By run: the postings that have it, and where in the literal.
    runs: HashMap<u64, Vec<(u32, u32)>, BuildHasherDefault<Mixed>>,
    bitmap: Vec<u64>,
    shift: u32,
    /// Every so many places of a text are looked at.
    stride: usize,
    /// Too short for a run: tried on every text.
    short: Vec<u32>,
    /// Candidates whenever the field has a value.
    present: Vec<u32>,
}

impl FieldIndex {
    pub(crate) fn new(literals: Vec<(Place, Box<[u8]>, Vec<u32>)>) -> FieldIndex {
        let mut index = FieldIndex::default();
        let mut used: HashMap<u32, u32> = HashMap::new();
        let mut inside = Vec::new();
        for (place, bytes, rules) in literals {
            if bytes.is_empty() {
                index.present.extend(rules);
                continue;
            }
            let at = u32::try_from(index.postings.len()).unwrap_or(u32::MAX);
            match place {
                Place::Within if bytes.len() < RUN => index.short.push(at),
                Place::Within => inside.push(at),
                anchored => index.anchored.entry(anchored_key(anchored, &bytes)).or_default().push(at),
            }
            index.postings.push(Posting { place, literal: Needle::new(bytes.into_vec()), rules });
        }
        let lengths = inside.iter().filter_map(|at| index.postings.get(*at as usize)).map(|posting| posting.literal.bytes().len());
        index.stride = match lengths.min() {
            Some(7..) => 4,
            Some(5..) => 2,
            _ => 1,
        };
        for at in inside {
            let Some(posting) = index.postings.get(at as usize) else { continue };
            for (place, run) in rarest_runs(posting.literal.bytes(), index.stride, &used) {
                *used.entry(run).or_insert(0) += 1;
                index.runs.entry(mix(u64::from(run))).or_default().push((at, place));
            }
        }
        index.build_bitmap(used.keys().copied());
        index
    }

    fn build_bitmap(&mut self, runs: impl ExactSizeIterator<Item = u32>) {
        if runs.len() == 0 {
            return;
        }
        let bits = (runs.len() * BITS_PER_RUN).next_power_of_two().clamp(1 << 10, 1 << 18);
        self.shift = 32 - bits.trailing_zeros();
        self.bitmap = vec![0; bits / 64];
        for run in runs {
            let bit = slot(run, self.shift);
            if let Some(word) = self.bitmap.get_mut(bit >> 6) {
                *word |= 1 << (bit & 63);
            }
        }
    }

    /// Hands over every rule that one of its literals makes a candidate; a rule may be handed over more than once.
    pub(crate) fn scan(&self, text: &[u8], see: &mut impl FnMut(&[u32])) {
        if !self.present.is_empty() {
            see(&self.present);
        }
        if !self.anchored.is_empty() {
            self.scan_anchored(text, see);
        }
        for at in &self.short {
            if let Some(posting) = self.postings.get(*at as usize).filter(|posting| posting.literal.within(text)) {
                see(&posting.rules);
            }
        }
        match self.stride {
            _ if self.bitmap.is_empty() => {}
            4 => self.scan_runs::<4>(text, see),
            2 => self.scan_runs::<2>(text, see),
            _ => self.scan_runs::<1>(text, see),
        }
    }

    fn scan_anchored(&self, text: &[u8], see: &mut impl FnMut(&[u32])) {
        let mut look = |key: u64| {
            for at in self.anchored.get(&key).into_iter().flatten() {
                let Some(posting) = self.postings.get(*at as usize) else { continue };
                let bytes = posting.literal.bytes();
                let found = match posting.place {
                    Place::Start => text.starts_with(bytes),
                    Place::End => text.ends_with(bytes),
                    _ => text == bytes,
                };
                if found {
                    see(&posting.rules);
                }
            }
        };
        look(key(Place::Whole, text));
        for length in KEY_LENGTHS {
            if let Some(start) = text.get(..length) {
                look(key(Place::Start, start));
            }
            if let Some(end) = text.len().checked_sub(length).and_then(|from| text.get(from..)) {
                look(key(Place::End, end));
            }
        }
    }

    fn scan_runs<const STRIDE: usize>(&self, text: &[u8], see: &mut impl FnMut(&[u32])) {
        let bitmap = self.bitmap.as_slice();
        for (at, window) in text.windows(RUN).enumerate().step_by(STRIDE) {
            let &[a, b, c, d] = window else { continue };
            let run = u32::from_le_bytes([a, b, c, d]);
            let bit = slot(run, self.shift);
            if bitmap.get(bit >> 6).is_some_and(|word| word >> (bit & 63) & 1 == 1) {
                self.verify(run, at, text, see);
            }
        }
    }

    #[cold]
    fn verify(&self, run: u32, at: usize, text: &[u8], see: &mut impl FnMut(&[u32])) {
        for (posting, place) in self.runs.get(&mix(u64::from(run))).into_iter().flatten() {
            let Some(posting) = self.postings.get(*posting as usize) else { continue };
            let start = at.checked_sub(*place as usize).and_then(|start| text.get(start..));
            if start.is_some_and(|rest| rest.starts_with(posting.literal.bytes())) {
                see(&posting.rules);
            }
        }
    }
}

fn slot(run: u32, shift: u32) -> usize {
    (run.wrapping_mul(0x9E37_79B1) >> shift) as usize
}

fn mix(key: u64) -> u64 {
    let mixed = key.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    mixed ^ (mixed >> 32)
}

/// So many runs in a row, with their places: those that say most, less for what other literals use already.
fn rarest_runs(bytes: &[u8], count: usize, used: &HashMap<u32, u32>) -> Vec<(u32, u32)> {
    let run = |window: &[u8]| window.try_into().map(u32::from_le_bytes).unwrap_or(0);
    let said = |window: &[u8]| {
        let bits: u32 = window.iter().map(|byte| information(*byte)).sum();
        bits.saturating_sub(4 * used.get(&run(window)).copied().unwrap_or(0))
    };
    let rows = bytes.windows(RUN + count - 1).enumerate();
    // The weakest run of a row decides: it is the one that hits in vain.
    let best = rows.max_by_key(|(at, row)| (row.windows(RUN).map(said).min(), std::cmp::Reverse(*at)));
    let Some((at, row)) = best else { return Vec::new() };
    (at..).zip(row.windows(RUN)).filter_map(|(at, window)| Some((u32::try_from(at).ok()?, run(window)))).collect()
}

fn anchored_key(place: Place, bytes: &[u8]) -> u64 {
    let length = KEY_LENGTHS.into_iter().find(|length| *length <= bytes.len()).unwrap_or(0);
    match place {
        Place::Start => key(place, bytes.get(..length).unwrap_or_default()),
        Place::End => key(place, bytes.get(bytes.len() - length..).unwrap_or_default()),
        _ => key(place, bytes),
    }
}

fn key(place: Place, bytes: &[u8]) -> u64 {
    let mut hash = Mixed(mix(place as u64 + 1));
    hash.write(bytes);
    hash.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn found(index: &FieldIndex, text: &str) -> Vec<u32> {
        let mut rules = Vec::new();
        index.scan(text.as_bytes(), &mut |some| rules.extend_from_slice(some));
        rules.sort_unstable();
        rules.dedup();
        rules
    }

    fn place() -> impl Strategy<Value = Place> {
        prop_oneof![Just(Place::Whole), Just(Place::Start), Just(Place::End), Just(Place::Within)]
    }

    proptest! {
        #[test]
        fn finds_exactly_the_literals_that_are_there(
            shortest in 0..8usize,
            literals in prop::collection::vec((place(), "[ab]{0,12}"), 0..12),
            text in "[ab]{0,40}",
        ) {
            let literals: Vec<_> = literals.into_iter().filter(|(_, literal)| literal.len() >= shortest).collect();
            let expected: Vec<u32> = (0u32..).zip(&literals).filter(|(_, (place, literal))| match place {
                Place::Whole => literal.is_empty() || text == *literal,
                Place::Start => text.starts_with(literal.as_str()),
                Place::End => text.ends_with(literal.as_str()),
                Place::Within => text.contains(literal.as_str()),
            }).map(|(rule, _)| rule).collect();
            let given = (0u32..).zip(literals).map(|(rule, (place, literal))| (place, literal.into_bytes().into(), vec![rule]));
            prop_assert_eq!(found(&FieldIndex::new(given.collect()), &text), expected);
        }
    }
}
