//! Rules on the stream: the lake shows each event once, matches are kept beside it, strong ones are handed on to be raised.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use hikeshi_detect::{CorrelationMatch, Correlator, Matcher, RuleIndex, RuleSet};
use hikeshi_domain::OrganizationId;
use hikeshi_domain::raise::{MatchFacts, Raising};
use hikeshi_event::{Event, Record, Uid};
use hikeshi_lake::{MatchRow, MatchedRule, Tap, TapWorker};
use tokio::sync::mpsc::UnboundedSender;

/// Before the id of the event, in place of a rule's id: a product's own finding, not a rule's.
const PRODUCT: &str = "product:";

/// The lake's plug for the rules in force.
pub struct Watch {
    rules: Arc<RuleSet>,
    raising: Arc<Raising>,
    correlators: Arc<Correlators>,
    strong: UnboundedSender<MatchRow>,
}

/// Correlations look at all workers' matches of one organisation: never across tenants.
#[derive(Default)]
struct Correlators(Mutex<HashMap<OrganizationId, Correlator<Uid>>>);

impl Watch {
    /// Watches with these rules; committed matches that raise go to `strong`.
    pub fn new(rules: Arc<RuleSet>, raising: Arc<Raising>, strong: UnboundedSender<MatchRow>) -> Self {
        Watch { rules, raising, correlators: Arc::default(), strong }
    }
}

/// Whether the match becomes an alert.
pub(crate) fn raises(raising: &Raising, row: &MatchRow) -> bool {
    let rule = &row.rule;
    let image = row.process_image.as_deref();
    let facts = MatchFacts { rule: &rule.rule_id, level: &rule.level, tags: &rule.tags, channel: &row.channel, host: &row.host, image };
    is_product(&rule.rule_id) || raising.raises(&facts)
}

/// Whether the id stands for a product's own finding.
pub(crate) fn is_product(rule_id: &str) -> bool {
    rule_id.starts_with(PRODUCT)
}

impl Tap for Watch {
    fn worker(&self) -> Box<dyn TapWorker> {
        Box::new(Worker {
            rules: self.rules.clone(),
            raising: self.raising.clone(),
            matcher: self.rules.matcher(),
            correlators: self.correlators.clone(),
            found: Vec::new(),
            joined: Vec::new(),
        })
    }

    fn committed(&self, matches: &[MatchRow]) {
        for row in matches.iter().filter(|row| raises(&self.raising, row)) {
            // The receiver lives as long as the desk; at shutdown what is committed stays in the lake.
            let _ = self.strong.send(row.clone());
        }
    }
}

struct Worker {
    rules: Arc<RuleSet>,
    raising: Arc<Raising>,
    matcher: Matcher,
    correlators: Arc<Correlators>,
    found: Vec<RuleIndex>,
    joined: Vec<CorrelationMatch<Uid>>,
}

impl TapWorker for Worker {
    fn see(&mut self, record: &Record<'_>, event: &Event<'_>, matches: &mut Vec<MatchRow>) {
        if let Some(product) = self.raising.product(&event.provider, event.event_id) {
            let rule = MatchedRule {
                rule_id: format!("{PRODUCT}{}", event.event_id),
                title: product.product.clone(),
                level: product.level.name().to_owned(),
                ..MatchedRule::default()
            };
            matches.push(MatchRow::of(event, rule));
        }
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
