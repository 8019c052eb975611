//! Rules and lists on the stream: the lake shows each event once, matches are kept beside it, strong ones are handed on to be raised.

mod joins;
mod lately;
mod listed;
mod take_up;

use std::sync::Arc;

use hikeshi_detect::{Matcher, Observation, RuleIndex, RuleSet};
use hikeshi_domain::OrganizationId;
use hikeshi_domain::raise::{MatchFacts, Raising};
use hikeshi_event::{Event, Record};
use hikeshi_lake::{InOrder, MatchRow, MatchedRule, Tap, TapWorker};
use hikeshi_triage::lists::LISTED;
use jiff::Timestamp;
use tokio::sync::mpsc::UnboundedSender;

pub(crate) use joins::Joins;
use joins::Seen;
pub(crate) use lately::SAME_SUBJECT;
pub(crate) use listed::{BadLists, Listed, Opener as ListsOpener};
pub(crate) use take_up::take_up;

/// Before the id of the event, in place of a rule's id: a product's own finding, not a rule's.
const PRODUCT: &str = "product:";

/// The lake's plug for the rules in force.
pub struct Watch {
    rules: Arc<RuleSet>,
    raising: Arc<Raising>,
    joins: Arc<Joins>,
    listed: Arc<Listed>,
    strong: UnboundedSender<MatchRow>,
}

impl Watch {
    /// Watches with these rules and lists; committed matches that raise go to `strong`. Correlations wait until `joins` is opened, and
    /// everything until `listed` is.
    pub(crate) fn new(
        rules: Arc<RuleSet>,
        raising: Arc<Raising>,
        joins: Arc<Joins>,
        listed: Arc<Listed>,
        strong: UnboundedSender<MatchRow>,
    ) -> Self {
        Watch { rules, raising, joins, listed, strong }
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
            joins: self.joins.clone(),
            listed: self.listed.clone(),
            bad: None,
            accused: false,
            found: Vec::new(),
            observed: Vec::new(),
            received_at: Timestamp::MIN,
        })
    }

    fn committed(&self, matches: &[MatchRow]) {
        let is_news = |row: &&MatchRow| row.rule.rule_id != LISTED || self.listed.is_news(row);
        for row in matches.iter().filter(|row| raises(&self.raising, row)).filter(is_news) {
            // The receiver lives as long as the desk; at shutdown what is committed stays in the lake.
            let _ = self.strong.send(row.clone());
        }
    }
}

struct Worker {
    rules: Arc<RuleSet>,
    raising: Arc<Raising>,
    matcher: Matcher,
    joins: Arc<Joins>,
    listed: Arc<Listed>,
    /// The lists that this batch is asked of.
    bad: Option<Arc<BadLists>>,
    /// Whether they knew something of this batch.
    accused: bool,
    found: Vec<RuleIndex>,
    /// Matches of this batch that correlations join.
    observed: Vec<(OrganizationId, Observation<Seen>)>,
    received_at: Timestamp,
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
        let bad = self.bad.get_or_insert_with(|| self.listed.in_force());
        if let Some(row) = bad.found(event) {
            self.accused = true;
            matches.push(row);
        }
        self.matcher.matches(record, &mut self.found);
        for index in &self.found {
            let Some(info) = self.rules.get(*index) else { continue };
            if info.reported {
                matches.push(MatchRow::of(event, matched(info)));
            }
            self.observed.extend(observed(&self.rules, *index, record, event).map(|observation| (event.org, observation)));
        }
        self.received_at = event.received_at;
    }

    fn end_batch(&mut self) -> Option<InOrder> {
        self.bad = None;
        let (observed, accused) = (std::mem::take(&mut self.observed), std::mem::take(&mut self.accused));
        if observed.is_empty() && !accused && !self.joins.wait_for_time() {
            return None;
        }
        let (joins, listed, received_at) = (self.joins.clone(), self.listed.clone(), self.received_at);
        Some(InOrder::new(move |is_new, matches| {
            if accused {
                listed.thin(matches);
            }
            let new = observed.into_iter().filter(|(_, observation)| is_new(&observation.event.uid()));
            joins.join(new, received_at, matches);
        }))
    }
}

/// What correlations need of a match.
fn observed(rules: &RuleSet, rule: RuleIndex, record: &Record<'_>, event: &Event<'_>) -> Option<Observation<Seen>> {
    let observation = rules.observe(rule, record, ())?;
    // Clocks that are far off are no clocks: the event is placed as everywhere else.
    Some(observation.with(Seen::of(event), event.placed_at(), event.received_at))
}

fn matched(info: &hikeshi_detect::RuleInfo) -> MatchedRule {
    MatchedRule {
        rule_id: info.id.clone(),
        title: info.title.clone(),
        level: info.level.name().to_owned(),
        author: info.author.clone(),
        tags: info.tags.clone(),
    }
}
