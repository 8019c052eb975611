//! Keeps what was read from segments' files in memory, up to a number of bytes; what was used longest ago goes first.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

struct Entry<V> {
    value: Arc<V>,
    size_bytes: usize,
    used: u64,
}

struct State<K, V> {
    entries: HashMap<K, Entry<V>>,
    size_bytes: usize,
    clock: u64,
}

/// A bounded cache. Cheap to read, linear to shrink: it holds hundreds of things, not millions.
pub(crate) struct Cache<K, V> {
    state: Mutex<State<K, V>>,
    limit_bytes: usize,
}

impl<K: Hash + Eq + Clone, V> Cache<K, V> {
    pub(crate) fn new(limit_bytes: usize) -> Self {
        Cache { state: Mutex::new(State { entries: HashMap::new(), size_bytes: 0, clock: 0 }), limit_bytes }
    }

    /// The value of a key, made by `make` (value and size) if it is not there.
    pub(crate) fn get_or<E>(&self, key: &K, make: impl FnOnce() -> Result<(V, usize), E>) -> Result<Arc<V>, E> {
        if let Some(value) = self.get(key) {
            return Ok(value);
        }
        let (value, size_bytes) = make()?;
        Ok(self.put(key.clone(), value, size_bytes))
    }

    /// Keeps a value.
    pub(crate) fn put(&self, key: K, value: V, size_bytes: usize) -> Arc<V> {
        let value = Arc::new(value);
        self.insert(key, value.clone(), size_bytes);
        value
    }

    /// Lets go of some values before their time.
    pub(crate) fn forget(&self, gone: impl Fn(&K) -> bool) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let mut freed = 0;
        state.entries.retain(|key, entry| {
            let stays = !gone(key);
            freed += if stays { 0 } else { entry.size_bytes };
            stays
        });
        state.size_bytes -= freed;
    }

    /// The value of a key, if it is there.
    pub(crate) fn get(&self, key: &K) -> Option<Arc<V>> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.clock += 1;
        let now = state.clock;
        let entry = state.entries.get_mut(key)?;
        entry.used = now;
        Some(entry.value.clone())
    }

    fn insert(&self, key: K, value: Arc<V>, size_bytes: usize) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.clock += 1;
        let used = state.clock;
        if let Some(old) = state.entries.insert(key, Entry { value, size_bytes, used }) {
            state.size_bytes -= old.size_bytes;
        }
        state.size_bytes += size_bytes;
        while state.size_bytes > self.limit_bytes && state.entries.len() > 1 {
            let Some(oldest) = state.entries.iter().min_by_key(|(_, entry)| entry.used).map(|(key, _)| key.clone()) else { break };
            if let Some(entry) = state.entries.remove(&oldest) {
                state.size_bytes -= entry.size_bytes;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_used_longest_ago_goes_first() {
        let cache: Cache<u8, u8> = Cache::new(25);
        let made = |value| move || Ok::<_, ()>((value, 10));
        cache.get_or(&1, made(1)).unwrap();
        cache.get_or(&2, made(2)).unwrap();
        cache.get_or(&1, made(9)).unwrap();
        cache.get_or(&3, made(3)).unwrap();
        assert_eq!(cache.get(&1).as_deref(), Some(&1));
        assert_eq!(cache.get(&2), None);
        cache.forget(|key| *key == 1);
        assert_eq!(cache.get(&1), None);
        cache.get_or(&4, made(4)).unwrap();
        assert_eq!((cache.get(&3).as_deref(), cache.get(&4).as_deref()), (Some(&3), Some(&4)), "the room is free again");
    }
}
