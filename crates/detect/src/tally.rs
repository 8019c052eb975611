//! Counts over a window that moves: what enters is added, what leaves is taken off, and the condition is asked in constant time.

use std::collections::{HashMap, HashSet};

use crate::correlation::{Condition, Correlation, Figure};

/// The counts of one window. Keeps only what its condition asks for.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    entries: usize,
    /// Entries of each member.
    members: Vec<u32>,
    /// Entries of each value.
    values: HashMap<Box<str>, u32>,
    sum: f64,
    /// For each member the latest place at which a chain of all members up to it began.
    chain: Vec<Option<u64>>,
}

impl Tally {
    /// Adds the entry at a place; places ascend.
    pub(crate) fn add(&mut self, correlation: &Correlation, member: u32, value: &str, place: u64) {
        self.entries += 1;
        match &correlation.condition {
            Condition::Seen(_) => {
                if let Some(count) = at(&mut self.members, member) {
                    *count += 1;
                }
            }
            Condition::Ordered => {
                let began = match member.checked_sub(1) {
                    None => Some(place),
                    Some(before) => self.chain.get(before as usize).copied().flatten(),
                };
                if let Some(latest) = at(&mut self.chain, member) {
                    *latest = began.max(*latest);
                }
            }
            Condition::Figure { figure: Figure::Distinct(_), .. } => *self.values.entry(value.into()).or_insert(0) += 1,
            Condition::Figure { figure: Figure::Sum(_), .. } => self.sum += crate::predicate::number(value).unwrap_or(0.0),
            Condition::Figure { .. } => {}
        }
    }

    /// Takes off the window's first entry. A chain that began with it is told by its place.
    pub(crate) fn remove(&mut self, correlation: &Correlation, member: u32, value: &str) {
        self.entries = self.entries.saturating_sub(1);
        match &correlation.condition {
            Condition::Seen(_) => {
                if let Some(count) = self.members.get_mut(member as usize) {
                    *count = count.saturating_sub(1);
                }
            }
            Condition::Figure { figure: Figure::Distinct(_), .. } => {
                if let Some(count) = self.values.get_mut(value) {
                    *count = count.saturating_sub(1);
                    if *count == 0 {
                        self.values.remove(value);
                    }
                }
            }
            Condition::Figure { figure: Figure::Sum(_), .. } => {
                self.sum = if self.entries == 0 { 0.0 } else { self.sum - crate::predicate::number(value).unwrap_or(0.0) };
            }
            Condition::Ordered | Condition::Figure { .. } => {}
        }
    }

    /// An entry came in before the window: every place is one further.
    pub(crate) fn shift(&mut self) {
        self.chain.iter_mut().flatten().for_each(|place| *place += 1);
    }

    /// Whether the condition holds over the window whose first entry stands at that place.
    pub(crate) fn holds(&self, correlation: &Correlation, first: u64) -> bool {
        match &correlation.condition {
            Condition::Figure { figure, bounds } => {
                let figure = match figure {
                    Figure::Distinct(_) => self.values.len() as f64,
                    Figure::Sum(_) => self.sum,
                    _ => self.entries as f64,
                };
                bounds.iter().all(|(bound, value)| bound.holds(figure, *value))
            }
            Condition::Seen(expr) => expr.holds(&mut |member| self.members.get(member as usize).is_some_and(|count| *count > 0)),
            Condition::Ordered => {
                let last = correlation.members.len().checked_sub(1).and_then(|last| self.chain.get(last));
                last.copied().flatten().is_some_and(|began| began >= first)
            }
        }
    }
}

/// The figure over the values of a whole window, and whether its bounds hold.
pub(crate) fn satisfies<'a>(correlation: &Correlation, values: impl Iterator<Item = &'a str> + Clone) -> bool {
    let Condition::Figure { figure, bounds } = &correlation.condition else { return false };
    let numbers = || values.clone().filter_map(crate::predicate::number);
    let figure = match figure {
        Figure::Events => Some(values.clone().count() as f64),
        Figure::Distinct(_) => Some(values.clone().collect::<HashSet<_>>().len() as f64),
        Figure::Sum(_) => Some(numbers().sum()),
        Figure::Average(_) => {
            let count = numbers().count();
            (count > 0).then(|| numbers().sum::<f64>() / count as f64)
        }
        Figure::Percentile(_, rank) => {
            let mut sorted: Vec<f64> = numbers().collect();
            sorted.sort_by(f64::total_cmp);
            let at = (usize::from(*rank) * sorted.len()).div_ceil(100).saturating_sub(1);
            sorted.get(at).copied()
        }
    };
    figure.is_some_and(|figure| bounds.iter().all(|(bound, value)| bound.holds(figure, *value)))
}

fn at<T: Default + Clone>(list: &mut Vec<T>, place: u32) -> Option<&mut T> {
    let place = place as usize;
    if list.len() <= place {
        list.resize(place + 1, T::default());
    }
    list.get_mut(place)
}
