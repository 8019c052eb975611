//! The rules in force, those refused with their reasons, and how often each matched.

use std::collections::HashMap;

use hikeshi_access::{Action, Caller, permit_everywhere};
use hikeshi_detect::{Refusal, RuleInfo};
use hikeshi_lake::MatchQuery;
use jiff::SignedDuration;

use crate::desk::{Desk, context};
use crate::error::{Error, Result};
use crate::telemetry::scope;

/// Days over which matches are counted.
const DAYS: i64 = 7;
const MOST_MATCHES: usize = 200_000;

/// A rule and how often it matched in the caller's organisations in the last seven days.
#[derive(Debug, Clone)]
pub struct RuleLine {
    /// The rule.
    pub rule: RuleInfo,
    /// Matches of seven days.
    pub matches: usize,
}

/// Rules in force.
#[derive(Debug)]
pub struct Rules {
    /// The rules, those that matched most first, then the strongest.
    pub lines: Vec<RuleLine>,
    /// Rules that cannot be used.
    pub refused: Vec<Refusal>,
    /// Names the rule set.
    pub version: String,
}

/// Lists the rules.
///
/// # Errors
/// `Forbidden` where the caller may not see them.
pub async fn list(desk: &Desk, caller: &Caller) -> Result<Rules> {
    let context = context(&permit_everywhere(caller, Action::ReadRules)?);
    let to = desk.now();
    let from = to.saturating_sub(SignedDuration::from_hours(24 * DAYS)).map_err(Error::internal)?;
    let query = MatchQuery { scope: scope(&context), host: None, from, to, limit: MOST_MATCHES };
    let rows = desk.telemetry.lake.matches(query).await.map_err(Error::internal)?;
    let mut counts: HashMap<String, usize> = HashMap::new();
    for row in rows {
        let count = counts.entry(row.rule.rule_id).or_default();
        *count = count.saturating_add(1);
    }
    let rules = &desk.telemetry.rules;
    let mut lines: Vec<RuleLine> =
        rules.iter().map(|(_, rule)| RuleLine { rule: rule.clone(), matches: counts.get(&rule.id).copied().unwrap_or_default() }).collect();
    lines.sort_by(|a, b| (b.matches, b.rule.level, &a.rule.title).cmp(&(a.matches, a.rule.level, &b.rule.title)));
    Ok(Rules { lines, refused: desk.telemetry.refused.clone(), version: rules.version().to_owned() })
}
