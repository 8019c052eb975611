//! Remembers the idempotency keys of recent batches, so that a retry is answered without writing it again.
//!
//! Bounded: a retry that comes after its key was forgotten is written again, and the uids of its events keep it from counting
//! twice.

use std::collections::{HashMap, VecDeque};

use hikeshi_domain::OrganizationId;

const CAPACITY: usize = 100_000;

/// What was written under a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Written {
    pub(super) offset: u64,
    pub(super) body_crc: u32,
}

/// Keys of recent batches, oldest forgotten first.
#[derive(Debug, Default)]
pub(super) struct RecentKeys {
    known: HashMap<[u8; 16], Written>,
    order: VecDeque<[u8; 16]>,
}

impl RecentKeys {
    pub(super) fn get(&self, name: &[u8; 16]) -> Option<Written> {
        self.known.get(name).copied()
    }

    pub(super) fn insert(&mut self, name: [u8; 16], written: Written) {
        if self.known.insert(name, written).is_none() {
            self.order.push_back(name);
        }
        while self.order.len() > CAPACITY {
            if let Some(oldest) = self.order.pop_front() {
                self.known.remove(&oldest);
            }
        }
    }

    pub(super) fn remove(&mut self, name: &[u8; 16]) {
        self.known.remove(name);
        self.order.retain(|kept| kept != name);
    }
}

/// Names a key of an organisation in 128 bits.
pub(super) fn key_name(org: OrganizationId, key: &str) -> [u8; 16] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(org.0.as_bytes()).update(key.as_bytes());
    let mut name = [0; 16];
    hasher.finalize_xof().fill(&mut name);
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_key_is_forgotten_first() {
        let mut recent = RecentKeys::default();
        for number in 0..=CAPACITY as u128 {
            recent.insert(number.to_le_bytes(), Written { offset: 0, body_crc: 0 });
        }
        assert_eq!(recent.get(&0u128.to_le_bytes()), None);
        assert!(recent.get(&1u128.to_le_bytes()).is_some());
        assert_eq!(recent.known.len(), CAPACITY);
    }
}
