//! How many different values the generated fields have, beside what real logs have.

use std::collections::{BTreeMap, HashSet};
use std::hash::{BuildHasher, RandomState};

use serde_json::value::RawValue;

use crate::vocabulary::{Fit, Growth};

/// Counts values by field and host.
#[derive(Debug)]
pub struct Stats {
    fit: Fit,
    seen: BTreeMap<(u16, String, String), Seen>,
    by_id: BTreeMap<u64, u64>,
    hasher: RandomState,
    events: u64,
    bytes: u64,
}

#[derive(Debug, Default)]
struct Seen {
    events: u64,
    values: HashSet<u64>,
}

/// One field, over all hosts.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldCount {
    /// The field, and what it was fitted to.
    pub growth: Growth,
    /// Events that have it.
    pub events: u64,
    /// Different values, added up host by host.
    pub distinct: u64,
    /// What real logs would have, added up host by host.
    pub expected: f64,
}

impl Stats {
    /// Nothing counted yet.
    pub fn new(fit: Fit) -> Self {
        Stats { fit, seen: BTreeMap::new(), by_id: BTreeMap::new(), hasher: RandomState::new(), events: 0, bytes: 0 }
    }

    /// Counts one line. A line that is no JSON object counts by its length only.
    pub fn see(&mut self, ndjson: &str) {
        self.events += 1;
        self.bytes += u64::try_from(ndjson.len()).unwrap_or(0) + 1;
        let Ok(fields) = serde_json::from_str::<BTreeMap<&str, &RawValue>>(ndjson) else { return };
        let id = fields.get("EventID").and_then(|id| id.get().parse::<u64>().ok()).unwrap_or(0);
        *self.by_id.entry(id).or_default() += 1;
        let host = fields.get("Computer").map_or("", |host| host.get());
        for growth in self.fit.fields.iter().filter(|growth| u64::from(growth.event_id) == id) {
            if let Some(value) = fields.get(growth.field.as_str()) {
                let seen = self.seen.entry((growth.event_id, growth.field.clone(), host.to_owned())).or_default();
                seen.events += 1;
                seen.values.insert(self.hasher.hash_one(value.get()));
            }
        }
    }

    /// Events and bytes counted, a newline a line included.
    pub fn totals(&self) -> (u64, u64) {
        (self.events, self.bytes)
    }

    /// Events by event id.
    pub fn by_id(&self) -> &BTreeMap<u64, u64> {
        &self.by_id
    }

    /// The fitted fields.
    pub fn fields(&self) -> Vec<FieldCount> {
        let of = |growth: &Growth| {
            let hosts = self.seen.iter().filter(|((id, field, _), _)| *id == growth.event_id && *field == growth.field);
            let mut count = FieldCount { growth: growth.clone(), events: 0, distinct: 0, expected: 0.0 };
            for (_, seen) in hosts {
                count.events += seen.events;
                count.distinct += u64::try_from(seen.values.len()).unwrap_or(0);
                count.expected += growth.distinct_after(seen.events);
            }
            count
        };
        self.fit.fields.iter().map(of).collect()
    }

    /// Where the expectation comes from.
    pub fn source(&self) -> &str {
        &self.fit.source
    }
}
