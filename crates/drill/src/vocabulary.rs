//! Values that come again, and new ones at the rate that real logs have: k · n^beta different values after n draws (Heaps' law).
//!
//! A value is a number; its text is made from the number, so that nothing is kept but two counters a host and field.

use hikeshi_domain::playbook::{Files, PlaybookError};
use serde::{Deserialize, Serialize};

use crate::chance::Chance;

const PATH: &str = "drills/fit.yaml";

/// The growth of different values of one field.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Growth {
    /// Sysmon event id.
    pub event_id: u16,
    /// Field.
    pub field: String,
    /// Factor.
    pub k: f64,
    /// Exponent.
    pub beta: f64,
    /// Share of the most common value.
    pub top: f64,
    /// How many events the figures rest on.
    pub events: u64,
}

impl Growth {
    /// How many different values are expected after `n` events of one host.
    pub fn distinct_after(&self, n: u64) -> f64 {
        (self.k * (n as f64).powf(self.beta)).min(n as f64)
    }
}

/// What the drill's noise is fitted to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fit {
    /// Where the figures come from.
    pub source: String,
    /// The fields.
    pub fields: Vec<Growth>,
}

impl Fit {
    /// Reads the figures.
    ///
    /// # Errors
    /// When the file has another shape; the error names the line.
    pub fn load(files: &Files) -> Result<Self, PlaybookError> {
        files.read(PATH)
    }

    pub(crate) fn growth(&self, name: &str) -> Option<&Growth> {
        self.fields.iter().find(|growth| format!("{} {}", growth.event_id, growth.field) == name)
    }
}

/// How far one host's stream of one field has come.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Drawn {
    draws: u32,
    distinct: u32,
}

impl Drawn {
    /// Counts a draw whose value is fixed.
    pub(crate) fn pass(&mut self) -> u64 {
        self.draws = self.draws.saturating_add(1);
        0
    }

    /// The number of the next value.
    pub(crate) fn draw(&mut self, growth: &Growth, chance: &mut Chance) -> u64 {
        self.draws = self.draws.saturating_add(1);
        if self.distinct == 0 || f64::from(self.distinct) < growth.distinct_after(u64::from(self.draws)).floor() {
            self.distinct += 1;
            return u64::from(self.distinct - 1);
        }
        if chance.share() < growth.top {
            return 0;
        }
        // The rest leans towards the early values.
        let share = chance.share();
        let place = share * share * f64::from(self.distinct);
        place as u64
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn different_values_grow_as_measured() {
        let fit = Fit::load(&Files::shipped()).unwrap();
        for growth in &fit.fields {
            let (mut drawn, mut chance, mut seen) = (Drawn::default(), Chance::new(3), BTreeSet::new());
            for _ in 0..5000 {
                seen.insert(drawn.draw(growth, &mut chance));
            }
            let expected = growth.distinct_after(5000);
            assert!((seen.len() as f64 / expected - 1.0).abs() < 0.05, "{}: {} of {expected}", growth.field, seen.len());
        }
    }
}
