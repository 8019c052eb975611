//! What lists of known bad say of the stream: for each organisation its own lists and those of the installation, swapped whole when one
//! changes. Where there is no list, nothing is looked up.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use hikeshi_domain::OrganizationId;
use hikeshi_domain::level::Level;
use hikeshi_event::{Event, Uid};
use hikeshi_lake::{MatchRow, MatchedRule};
use hikeshi_triage::Lists;
use hikeshi_triage::lists::{Accused, LISTED};
use jiff::Timestamp;
use tokio::sync::mpsc::UnboundedSender;

use super::lately::{Lately, Thinning};

/// Letters of a value that a title shows.
const LONGEST_VALUE: usize = 100;

/// Lists of known bad, by whose events they are asked of.
#[derive(Debug, Default)]
pub(crate) struct BadLists {
    /// Of organisations that have lists of their own: these and those of the installation.
    pub(crate) own: HashMap<OrganizationId, Lists>,
    /// Of all others: those of the installation.
    pub(crate) everywhere: Lists,
}

impl BadLists {
    /// The match of a list on the event, if one calls bad what it names.
    pub(super) fn found(&self, event: &Event<'_>) -> Option<MatchRow> {
        if self.own.is_empty() && self.everywhere.is_empty() {
            return None;
        }
        let lists = self.own.get(&event.org).unwrap_or(&self.everywhere);
        let accused = lists.accused(event, event.received_at)?;
        let rule = MatchedRule {
            rule_id: LISTED.to_owned(),
            title: title(&accused),
            level: Level::High.name().to_owned(),
            ..MatchedRule::default()
        };
        Some(MatchRow::of(event, rule))
    }
}

/// `ThreatFox: evil.example (Emotet)`: list and entry, in the words of whoever brought the list.
fn title(accused: &Accused<'_>) -> String {
    let value: String = accused.value.chars().take(LONGEST_VALUE).collect();
    match accused.label.filter(|label| *label != accused.value) {
        Some(label) => format!("{}: {value} ({label})", accused.list),
        None => format!("{}: {value}", accused.list),
    }
}

/// The lists in force, and what they found lately.
pub(crate) struct Listed {
    state: Mutex<State>,
    opened: Condvar,
    strong: UnboundedSender<MatchRow>,
    left_out: AtomicU64,
}

#[derive(Default)]
struct State {
    /// Whether the lists have been read since the start: before that the stream waits, so that what it held at a crash is asked too.
    open: bool,
    lists: Arc<BadLists>,
    lately: Lately,
    thinning: Thinning,
}

/// Opens the lists when it is dropped, whatever became of reading them: a stream must not stand still for it.
pub(crate) struct Opener(Arc<Listed>);

impl Drop for Opener {
    fn drop(&mut self) {
        self.0.lock().open = true;
        self.0.opened.notify_all();
    }
}

impl Listed {
    /// No lists yet: who asks waits until the opener is gone. What waited for its time goes to `strong`.
    pub(crate) fn closed(strong: UnboundedSender<MatchRow>) -> (Arc<Self>, Opener) {
        let listed = Arc::new(Listed { state: Mutex::default(), opened: Condvar::new(), strong, left_out: AtomicU64::new(0) });
        (listed.clone(), Opener(listed))
    }

    /// From now on these lists are asked.
    pub(crate) fn put(&self, lists: BadLists) {
        self.lock().lists = Arc::new(lists);
    }

    /// Adds what lists say now of events that came in before they did.
    pub(crate) fn add_to(&self, rows: &mut Vec<MatchRow>, events: &[Event<'_>]) {
        let lists = self.lock().lists.clone();
        let known: HashSet<Uid> = rows.iter().filter(|row| row.rule.rule_id == LISTED).map(|row| row.uid).collect();
        let found = events.iter().filter(|event| !known.contains(&event.uid)).filter_map(|event| lists.found(event));
        let mut thinning = Thinning::default();
        rows.extend(found.filter(|row| thinning.keeps(row)));
    }

    /// Hands on what subjects did since they were handed on, once their time is over.
    pub(crate) fn hand_on(&self, now: Timestamp) {
        for row in self.lock().lately.due(now) {
            // As in `Watch::committed`.
            let _ = self.strong.send(row);
        }
    }

    /// Matches that were left out because the same subject had met the same entry within a minute, since start.
    pub(crate) fn left_out(&self) -> u64 {
        self.left_out.load(Ordering::Relaxed)
    }

    /// The lists in force.
    pub(super) fn in_force(&self) -> Arc<BadLists> {
        let waiting = self.opened.wait_while(self.lock(), |state| !state.open);
        waiting.unwrap_or_else(PoisonError::into_inner).lists.clone()
    }

    /// Whether nothing was handed on lately of who did it; else it waits.
    pub(super) fn is_news(&self, row: &MatchRow) -> bool {
        self.lock().lately.is_news(row)
    }

    /// Leaves out of a batch's matches what says again what was said within a minute. In the order of the stream.
    pub(super) fn thin(&self, matches: &mut Vec<MatchRow>) {
        let mut state = self.lock();
        let before = matches.len();
        matches.retain(|row| row.rule.rule_id != LISTED || state.thinning.keeps(row));
        let left_out = before.saturating_sub(matches.len());
        self.left_out.fetch_add(u64::try_from(left_out).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_names_list_and_entry() {
        let said = |label, value| title(&Accused { list: "ours", label, value });
        assert_eq!(said(Some("Emotet"), "evil.example"), "ours: evil.example (Emotet)");
        assert_eq!(said(None, "evil.example"), "ours: evil.example");
        assert_eq!(said(None, &"x".repeat(5_000)).len(), "ours: ".len() + LONGEST_VALUE);
    }
}
