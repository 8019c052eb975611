//! Matches one record after another against a rule set: lay out the fields, let the index name candidates, evaluate only those.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;
use std::ops::Range;
use std::sync::Arc;

use hikeshi_event::Record;

use crate::index::Mixed;
use crate::lower::field_key;
use crate::program::{HEAD, Plan, Program, Route};
use crate::rule::RuleIndex;
use crate::set::RuleSet;
use crate::slots::{Slots, View};
use crate::source::{SourceIndex, Sources};

/// Channels that are remembered; foreign input may invent any number of them.
const MAX_REMEMBERED: usize = 4096;
/// Fields of a record layout that are remembered.
const MAX_LAYOUT: usize = 256;

/// Matches records. One for each thread; its buffers are reused, so a record costs no allocation once they have grown.
#[derive(Debug)]
pub struct Matcher {
    set: Arc<RuleSet>,
    state: State,
}

/// A matcher's working memory.
#[derive(Debug, Default)]
struct State {
    slots: Slots,
    candidates: Candidates,
    answers: Answers,
    channels: HashMap<String, SourceIndex, BuildHasherDefault<Mixed>>,
    /// The number of each field name as records write it; `None` for a name that no rule asks for.
    names: HashMap<String, Option<u16>, BuildHasherDefault<Mixed>>,
    /// The layout of the last record of each route: name and plan of each field, in order.
    layouts: Vec<Vec<(String, u16)>>,
    buffer: String,
}

/// The rules to be evaluated for the present record.
#[derive(Debug, Default)]
struct Candidates {
    epoch: u32,
    seen: Vec<u32>,
    rules: Vec<u32>,
}

impl Candidates {
    /// Adds every rule that the texts of these values announce.
    fn scan(&mut self, route: &Route, plan: &Plan, slots: &Slots, values: Range<usize>) {
        for index in &plan.indexes {
            let Some(index) = route.indexes.get(usize::from(*index)) else { continue };
            // Each value is linked once for every field it fills; the texts are equal, so the first of each is enough.
            for text in values.clone().step_by(plan.fields.len().max(1)).filter_map(|at| slots.folded_at(at)) {
                index.scan(text, &mut |rules| self.add(rules));
            }
        }
    }

    fn begin(&mut self, rules: usize) {
        self.seen.resize(rules, 0);
        self.rules.clear();
        self.epoch = self.epoch.wrapping_add(1);
        if self.epoch == 0 {
            self.seen.fill(0);
            self.epoch = 1;
        }
    }

    fn add(&mut self, rules: &[u32]) {
        for rule in rules {
            if let Some(seen) = self.seen.get_mut(*rule as usize).filter(|seen| **seen != self.epoch) {
                *seen = self.epoch;
                self.rules.push(*rule);
            }
        }
    }
}

/// The answers of predicates for the present record: a predicate that many rules share is asked once.
#[derive(Debug, Default)]
struct Answers {
    epoch: u32,
    known: Vec<u32>,
}

impl Answers {
    fn begin(&mut self, predicates: usize) {
        self.known.resize(predicates, 0);
        self.epoch = self.epoch.wrapping_add(2);
        if self.epoch < 2 {
            self.known.fill(0);
            self.epoch = 2;
        }
    }

    fn get(&mut self, id: u32, ask: impl FnOnce() -> bool) -> bool {
        let Some(known) = self.known.get_mut(id as usize) else { return false };
        if *known & !1 != self.epoch {
            *known = self.epoch | u32::from(ask());
        }
        *known & 1 == 1
    }
}

impl Matcher {
    pub(crate) fn new(set: Arc<RuleSet>) -> Matcher {
        Matcher { set, state: State::default() }
    }

    /// The rule set.
    pub fn rules(&self) -> &Arc<RuleSet> {
        &self.set
    }

    /// Fills `found` with every rule that matches the record, ascending.
    pub fn matches(&mut self, record: &Record<'_>, found: &mut Vec<RuleIndex>) {
        found.clear();
        let (program, state) = (self.set.program(), &mut self.state);
        let Some((at, route)) = state.route(program, record) else { return };
        state.lay_out(program, route, at, record);
        state.candidates.add(&route.always);
        if state.candidates.rules.is_empty() {
            return;
        }
        state.answers.begin(program.predicates.len());
        let view = View { record, slots: &state.slots, regexes: self.set.regexes() };
        for rule in &state.candidates.rules {
            let Some(expr) = program.exprs.get(*rule as usize) else { continue };
            let holds = expr.holds(&mut |id| {
                state.answers.get(id, || program.predicates.get(id as usize).is_some_and(|predicate| predicate.holds(&view)))
            });
            if holds {
                found.push(RuleIndex(*rule));
            }
        }
        found.sort_unstable();
    }

    /// The same answer without index and memory: every rule of the record's log source, evaluated plainly.
    #[cfg(test)]
    pub(crate) fn matches_plainly(&mut self, record: &Record<'_>, found: &mut Vec<RuleIndex>) {
        found.clear();
        let (program, state) = (self.set.program(), &mut self.state);
        let Some((at, route)) = state.route(program, record) else { return };
        state.lay_out(program, route, at, record);
        let view = View { record, slots: &state.slots, regexes: self.set.regexes() };
        let ask = |id: u32| program.predicates.get(id as usize).is_some_and(|predicate| predicate.holds(&view));
        let holds = |rule: &&u32| program.exprs.get(**rule as usize).is_some_and(|expr| expr.holds(&mut { ask }));
        found.extend(route.rules.iter().filter(holds).map(|rule| RuleIndex(*rule)));
    }
}

impl State {
    fn route<'p>(&mut self, program: &'p Program, record: &Record<'_>) -> Option<(usize, &'p Route)> {
        let remembers = Sources::told_by_channel(record);
        let source = match self.channels.get(record.channel.as_ref()) {
            Some(known) if remembers => *known,
            _ => {
                let source = program.sources.of(record);
                if remembers && self.channels.len() < MAX_REMEMBERED {
                    self.channels.insert(record.channel.clone().into_owned(), source);
                }
                source
            }
        };
        let at = program.by_source.get(usize::from(source.0))?.of(record.event_id) as usize;
        Some((at, program.routes.get(at)?))
    }

    /// Gives every asked field its slot and collects the candidates on the way.
    fn lay_out(&mut self, program: &Program, route: &Route, at: usize, record: &Record<'_>) {
        self.slots.begin(program.field_count);
        self.candidates.begin(program.exprs.len());
        if self.layouts.len() <= at {
            self.layouts.resize_with(program.routes.len(), Vec::new);
        }
        let mut layout = self.layouts.get_mut(at).map(std::mem::take).unwrap_or_default();
        for (place, field) in record.fields.iter().enumerate() {
            let plan = self.plan(program, route, &mut layout, place, &field.name);
            let plan = plan.checked_sub(1).and_then(|plan| route.plans.get(usize::from(plan)));
            if let Some(plan) = plan.or(route.keywords.as_ref()) {
                let values = self.slots.push(&plan.fields, place, &field.value);
                self.candidates.scan(route, plan, &self.slots, values);
            }
        }
        if let Some(slot) = self.layouts.get_mut(at) {
            *slot = layout;
        }
        self.lay_out_head(route, record);
        self.lay_out_derived(route, record);
    }

    /// The plan of a field: remembered from the last record of the route if the name is the same at this place.
    fn plan(&mut self, program: &Program, route: &Route, layout: &mut Vec<(String, u16)>, place: usize, name: &str) -> u16 {
        if let Some((_, plan)) = layout.get(place).filter(|(known, _)| known == name) {
            return *plan;
        }
        let id = match self.names.get(name) {
            Some(known) => *known,
            None => {
                let id = program.names.get(&field_key(name)).copied();
                if self.names.len() < MAX_REMEMBERED {
                    self.names.insert(name.to_owned(), id);
                }
                id
            }
        };
        let plan = id.and_then(|id| route.plan_of_name.get(usize::from(id))).copied().unwrap_or(0);
        if let Some(slot) = layout.get_mut(place) {
            slot.0.clear();
            slot.0.push_str(name);
            slot.1 = plan;
        } else if place == layout.len() && place < MAX_LAYOUT {
            layout.push((name.to_owned(), plan));
        }
        plan
    }

    fn lay_out_head(&mut self, route: &Route, record: &Record<'_>) {
        for (place, plan) in &route.head {
            if plan.fields.first().is_some_and(|field| self.slots.has(*field)) {
                continue;
            }
            self.buffer.clear();
            match HEAD.get(usize::from(*place)) {
                Some(&"Channel") => self.buffer.push_str(&record.channel),
                Some(&"Computer") => self.buffer.push_str(&record.computer),
                Some(&"Provider_Name") => self.buffer.push_str(&record.provider),
                _ if record.event_id > 0 => self.buffer.push_str(&record.event_id.to_string()),
                _ => {}
            }
            if !self.buffer.is_empty() {
                let values = self.slots.push_text(&plan.fields, &self.buffer);
                self.candidates.scan(route, plan, &self.slots, values);
            }
        }
    }

    fn lay_out_derived(&mut self, route: &Route, record: &Record<'_>) {
        for (derivation, fields) in &route.derive {
            let (slots, candidates) = (&mut self.slots, &mut self.candidates);
            derivation.run(record, &mut self.buffer, &mut |name, text| {
                let asked = fields.iter().find(|(asked, _)| asked == name);
                let taken = |plan: &Plan| plan.fields.first().is_some_and(|field| slots.has(*field));
                if let Some((_, plan)) = asked.filter(|(_, plan)| !taken(plan)) {
                    let values = slots.push_text(&plan.fields, text);
                    candidates.scan(route, plan, slots, values);
                }
            });
        }
    }
}
