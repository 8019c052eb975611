//! Rules on the stream: the lake shows each event once, matches are kept beside it, strong ones are handed on to be raised.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use hikeshi_detect::{CorrelationMatch, Correlator, Matcher, RuleIndex, RuleSet};
use hikeshi_domain::OrganizationId;
use hikeshi_event::{Event, Record, Uid};
use hikeshi_lake::{MatchRow, MatchedRule, Tap, TapWorker};
use tokio::sync::mpsc::UnboundedSender;

/// The lake's plug for the rules in force.
pub struct Watch {
    rules: Arc<RuleSet>,
    correlators: Arc<Correlators>,
    strong: UnboundedSender<MatchRow>,
}

/// Correlations look at all workers' matches of one organisation: never across tenants.
#[derive(Default)]
struct Correlators(Mutex<HashMap<OrganizationId, Correlator<Uid>>>);

impl Watch {
    /// Watches with these rules; committed matches of level high and above go to `strong`.
    pub fn new(rules: Arc<RuleSet>, strong: UnboundedSender<MatchRow>) -> Self {
        Watch { rules, correlators: Arc::default(), strong }
    }
}

impl Tap for Watch {
    fn worker(&self) -> Box<dyn TapWorker> {
        Box::new(Worker {
            rules: self.rules.clone(),
            matcher: self.rules.matcher(),
            correlators: self.correlators.clone(),
            found: Vec::new(),
            joined: Vec::new(),
        })
    }

    fn committed(&self, matches: &[MatchRow]) {
        for row in matches.iter().filter(|row| matches!(row.rule.level.as_str(), "high" | "critical")) {
            // The receiver lives as long as the desk; at shutdown what is committed stays in the lake.
            let _ = self.strong.send(row.clone());
        }
    }
}

struct Worker {
    rules: Arc<RuleSet>,
    matcher: Matcher,
    correlators: Arc<Correlators>,
    found: Vec<RuleIndex>,
    joined: Vec<CorrelationMatch<Uid>>,
}

impl TapWorker for Worker {
    fn see(&mut self, record: &Record<'_>, event: &Event<'_>, matches: &mut Vec<MatchRow>) {
        self.matcher.matches(record, &mut self.found);
        for index in &self.found {
            let Some(info) = self.rules.get(*index) else { continue };
            if info.reported {
                matches.push(MatchRow::of(event, matched(info)));
            }
            if let Some(observation) = self.rules.observe(*index, record, event.uid) {
                let mut correlators = self.correlators.0.lock().unwrap_or_else(PoisonError::into_inner);
                let correlator = correlators.entry(event.org).or_insert_with(|| Correlator::new(self.rules.clone()));
                correlator.feed(observation, &mut self.joined);
            }
        }
        for fired in self.joined.drain(..) {
            if let Some(info) = self.rules.get(fired.rule) {
                matches.push(MatchRow { events: fired.events, ..MatchRow::of(event, matched(info)) });
            }
        }
    }
}

fn matched(info: &hikeshi_detect::RuleInfo) -> MatchedRule {
    MatchedRule {
        rule_id: info.id.clone(),
        title: info.title.clone(),
        level: info.level.as_str().to_owned(),
        author: info.author.clone(),
        tags: info.tags.clone(),
    }
}
