//! Correlations on the stream: one correlator an organisation, never across tenants, fed in the order of the stream with what is new,
//! within one bound of memory for all.

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use hikeshi_detect::{CorrelationMatch, Correlator, Forgotten, Observation, RuleSet};
use hikeshi_domain::OrganizationId;
use hikeshi_event::{Event, Uid};
use hikeshi_lake::{MatchRow, MatchedRule};
use jiff::{SignedDuration, Timestamp};

use super::matched;

/// Memory of all correlators together, about; beyond it the organisation that uses most lets go of what was silent longest.
const MEMORY_BYTES: usize = 64 << 20;
/// How often is looked whether windows have passed, by the time of receipt.
const LOOK_EVERY: SignedDuration = SignedDuration::from_secs(10);
/// A match's head and its texts.
const EVENT_BYTES: usize = size_of::<MatchRow>() + 256;

/// An event that correlations join: the head of the match that it may end.
#[derive(Debug, Clone)]
pub(crate) struct Seen(Arc<MatchRow>);

impl Seen {
    pub(crate) fn of(event: &Event<'_>) -> Self {
        Seen(Arc::new(MatchRow::of(event, MatchedRule::default())))
    }

    pub(crate) fn uid(&self) -> Uid {
        self.0.uid
    }
}

impl PartialEq for Seen {
    fn eq(&self, other: &Self) -> bool {
        self.0.uid == other.0.uid
    }
}

/// The correlators of all organisations.
pub(crate) struct Joins {
    rules: Arc<RuleSet>,
    state: Mutex<State>,
    opened: Condvar,
    memory_bytes: usize,
}

#[derive(Default)]
struct State {
    /// What was told before the start has been taken up.
    open: bool,
    correlators: BTreeMap<OrganizationId, Correlator<Seen>>,
    /// Found while taking up what was told before: goes out with the next batch.
    owed: Vec<MatchRow>,
    now: Option<Timestamp>,
    looked_at: Option<Timestamp>,
    warned: bool,
}

/// Opens the joins when it is dropped, whatever became of taking up: a stream must not stand still for it.
pub(crate) struct Opener(Arc<Joins>);

impl Drop for Opener {
    fn drop(&mut self) {
        self.0.lock().open = true;
        self.0.opened.notify_all();
    }
}

/// How much is kept, and what had to be let go of.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Kept {
    /// Memory, about.
    pub(crate) bytes: usize,
    /// Let go of.
    pub(crate) forgotten: Forgotten,
}

impl Joins {
    /// Correlations of these rules, closed: who joins waits until the opener is gone.
    pub(crate) fn closed(rules: Arc<RuleSet>) -> (Arc<Self>, Opener) {
        let joins = Arc::new(Joins { rules, state: Mutex::default(), opened: Condvar::new(), memory_bytes: MEMORY_BYTES });
        (joins.clone(), Opener(joins))
    }

    /// Whether time alone can complete a correlation.
    pub(crate) fn wait_for_time(&self) -> bool {
        self.rules.has_waiting_correlations()
    }

    pub(crate) fn rules(&self) -> &Arc<RuleSet> {
        &self.rules
    }

    /// Takes the new matches of a batch that was received at an instant; what fires becomes a match.
    pub(crate) fn join(
        &self,
        new: impl Iterator<Item = (OrganizationId, Observation<Seen>)>,
        received_at: Timestamp,
        matches: &mut Vec<MatchRow>,
    ) {
        let waiting = self.opened.wait_while(self.lock(), |state| !state.open);
        let mut state = waiting.unwrap_or_else(PoisonError::into_inner);
        matches.append(&mut state.owed);
        let mut fired = Vec::new();
        for (org, observation) in new {
            self.correlator(&mut state, org).feed(observation, &mut fired);
        }
        state.now = state.now.max(Some(received_at));
        self.pass(&mut state, &mut fired);
        matches.extend(fired.iter().filter_map(|found| self.row(found)));
        self.bound(&mut state);
    }

    /// Takes up what the stream had told before the start: `told` says what the lake holds as a match already. Earliest first.
    pub(super) fn take_up(&self, before: Vec<(OrganizationId, Observation<Seen>)>, now: Timestamp, told: &dyn Fn(&str, &Uid) -> bool) {
        let mut state = self.lock();
        let mut fired = Vec::new();
        let is_told = |found: &CorrelationMatch<Seen>| {
            self.rules.get(found.rule).is_some_and(|info| found.events.iter().any(|event| told(&info.id, &event.0.uid)))
        };
        for (org, observation) in before {
            let correlator = self.correlator(&mut state, org);
            correlator.feed(observation, &mut fired);
            fired.drain(..).filter(|found| !is_told(found)).for_each(|found| correlator.unheard(&found));
            self.bound(&mut state);
        }
        state.now = Some(now);
        self.pass(&mut state, &mut fired);
        state.owed = fired.iter().filter(|found| !is_told(found)).filter_map(|found| self.row(found)).collect();
    }

    /// What is kept now.
    pub(crate) fn kept(&self) -> Kept {
        let state = self.lock();
        let mut kept = Kept::default();
        for correlator in state.correlators.values() {
            let forgotten = correlator.forgotten();
            kept.bytes += correlator.size_bytes();
            kept.forgotten.groups += forgotten.groups;
            kept.forgotten.events += forgotten.events;
            kept.forgotten.late += forgotten.late;
        }
        kept
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn correlator<'s>(&self, state: &'s mut State, org: OrganizationId) -> &'s mut Correlator<Seen> {
        state.correlators.entry(org).or_insert_with(|| Correlator::on_stream(self.rules.clone(), EVENT_BYTES))
    }

    /// Tells the correlators how time goes, now and then.
    fn pass(&self, state: &mut State, fired: &mut Vec<CorrelationMatch<Seen>>) {
        let Some(now) = state.now else { return };
        if state.looked_at.is_some_and(|at| now.duration_since(at) < LOOK_EVERY) {
            return;
        }
        state.looked_at = Some(now);
        state.correlators.values_mut().for_each(|correlator| correlator.pass(now, fired));
    }

    /// Keeps the bound of memory.
    fn bound(&self, state: &mut State) {
        let mut total: usize = state.correlators.values().map(Correlator::size_bytes).sum();
        while total > self.memory_bytes {
            let Some(largest) = state.correlators.values_mut().max_by_key(|correlator| correlator.size_bytes()) else { return };
            let before = largest.size_bytes();
            // A tenth more than needed, so that the next event does not ask again.
            largest.shrink_to(before.saturating_sub(total - self.memory_bytes / 10 * 9));
            total = total.saturating_sub(before.saturating_sub(largest.size_bytes()).max(1));
            if !std::mem::replace(&mut state.warned, true) {
                tracing::warn!("correlations hold more than may be kept: the groups that were silent longest are let go of");
            }
        }
    }

    fn row(&self, found: &CorrelationMatch<Seen>) -> Option<MatchRow> {
        let (info, last) = (self.rules.get(found.rule)?, found.events.last()?);
        let events = found.events.iter().map(Seen::uid).collect();
        Some(MatchRow { rule: matched(info), events, ..MatchRow::clone(&last.0) })
    }
}
