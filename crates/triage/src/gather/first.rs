//! The first pass: rules, counts, process starts and ends, findings of products.

use std::sync::Arc;

use hikeshi_detect::{Matcher, Observation, RuleIndex, RuleSet};
use hikeshi_domain::raise::Raising;
use hikeshi_event::{Event, Intake, Record, Uid, Work, normalise};

use super::{Kept, LISTED, slim};
use crate::clock::Clocks;
use crate::coverage::Coverage;
use crate::kind::Kind;
use crate::lists::Lists;

pub(super) struct First<'a> {
    pub(super) rules: &'a Arc<RuleSet>,
    pub(super) raising: &'a Raising,
    pub(super) lists: &'a Lists,
    pub(super) intake: Intake<'a>,
}

/// A host, over all blocks.
#[derive(Debug, Default)]
pub(super) struct FirstHost {
    pub(super) coverage: Coverage,
    pub(super) clocks: Clocks,
    pub(super) kept: Vec<Kept>,
    /// The names under which its records spoke of it.
    pub(super) aliases: Vec<String>,
}

#[derive(Default)]
pub(super) struct Out {
    pub(super) hosts: Vec<(String, Seen)>,
    pub(super) observations: Vec<Observation<Uid>>,
}

#[derive(Default)]
pub(super) struct Seen {
    pub(super) coverage: Coverage,
    pub(super) clocks: Clocks,
    pub(super) kept: Vec<Candidate>,
}

pub(super) struct Candidate {
    pub(super) event: Event<'static>,
    pub(super) rules: Vec<RuleIndex>,
}

pub(super) struct Scratch {
    matcher: Matcher,
    found: Vec<RuleIndex>,
}

impl Work for First<'_> {
    type Scratch = Scratch;
    type Out = Out;

    fn scratch(&self) -> Scratch {
        Scratch { matcher: self.rules.matcher(), found: Vec::new() }
    }

    fn see(&self, scratch: &mut Scratch, _path: &str, record: &Record<'_>, out: &mut Out) {
        scratch.found.clear();
        scratch.matcher.matches(record, &mut scratch.found);
        let event = normalise(record, &self.intake);
        let place = out.hosts.iter().rposition(|(name, _)| *name == event.host);
        let place = place.unwrap_or_else(|| {
            out.hosts.push((event.host.to_string(), Seen::default()));
            out.hosts.len() - 1
        });
        let Some((_, seen)) = out.hosts.get_mut(place) else { return };
        seen.coverage.see(&event);
        seen.clocks.see(&event);
        let lives = matches!(Kind::of(&event), Kind::ProcessStart | Kind::ProcessEnd);
        let found_by_product = || self.raising.product(&event.provider, event.event_id).is_some();
        let listed = !self.lists.is_empty() && self.lists.accuse(&event);
        if scratch.found.is_empty() && !lives && !listed && !found_by_product() {
            return;
        }
        let uid = Uid::of(&event);
        for rule in scratch.found.iter().filter(|rule| self.rules.is_joined(**rule)) {
            out.observations.extend(self.rules.observe(*rule, record, uid));
        }
        let reported = |rule: &&RuleIndex| self.rules.get(**rule).is_some_and(|info| info.reported);
        let rules: Vec<RuleIndex> = scratch.found.iter().filter(reported).copied().chain(listed.then_some(LISTED)).collect();
        let mut event = slim(event);
        event.uid = uid;
        seen.kept.push(Candidate { event, rules });
    }
}
