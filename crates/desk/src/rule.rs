//! The rules in force, those refused with their reasons, and how often each matched.

use std::collections::HashMap;

use hikeshi_access::{Action, Caller, permit_everywhere};
pub use hikeshi_detect::{Refusal, RuleInfo, RuleText};
use hikeshi_lake::MatchQuery;
use hikeshi_record::Context;
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

/// How a rule stands.
#[derive(Debug, Clone)]
pub enum Standing {
    /// It looks at what comes in.
    InForce(RuleLine),
    /// It cannot be used.
    Refused(Refusal),
}

/// One rule.
#[derive(Debug, Clone)]
pub struct RulePage {
    /// How it stands.
    pub standing: Standing,
    /// The file that it is written in; absent where the file cannot be read.
    pub text: Option<RuleText>,
}

/// One rule, in force or refused, with its text.
///
/// # Errors
/// `NotFound` where there is none of that id.
pub async fn get(desk: &Desk, caller: &Caller, id: &str) -> Result<RulePage> {
    let context = context(&permit_everywhere(caller, Action::ReadRules)?);
    let telemetry = &desk.telemetry;
    if let Some((_, rule)) = telemetry.rules.iter().find(|(_, rule)| rule.id == id) {
        let matches = matches(desk, &context).await?.get(id).copied().unwrap_or_default();
        let standing = Standing::InForce(RuleLine { rule: rule.clone(), matches });
        return Ok(RulePage { standing, text: telemetry.texts.of_rule(id) });
    }
    let refusal = telemetry.refused.iter().find(|refusal| refusal.id.as_deref() == Some(id)).ok_or_else(Error::not_found)?;
    Ok(RulePage { text: telemetry.texts.of_file(&refusal.path), standing: Standing::Refused(refusal.clone()) })
}

/// Lists the rules.
///
/// # Errors
/// `Forbidden` where the caller may not see them.
pub async fn list(desk: &Desk, caller: &Caller) -> Result<Rules> {
    let counts = matches(desk, &context(&permit_everywhere(caller, Action::ReadRules)?)).await?;
    let rules = &desk.telemetry.rules;
    let mut lines: Vec<RuleLine> =
        rules.iter().map(|(_, rule)| RuleLine { rule: rule.clone(), matches: counts.get(&rule.id).copied().unwrap_or_default() }).collect();
    lines.sort_by(|a, b| (b.matches, b.rule.level, &a.rule.title).cmp(&(a.matches, a.rule.level, &b.rule.title)));
    Ok(Rules { lines, refused: desk.telemetry.refused.clone(), version: rules.version().to_owned() })
}

/// How often each rule matched in the last seven days.
async fn matches(desk: &Desk, context: &Context) -> Result<HashMap<String, usize>> {
    let to = desk.now();
    let from = to.saturating_sub(SignedDuration::from_hours(24 * DAYS)).map_err(Error::internal)?;
    let query = MatchQuery { scope: scope(context), host: None, from, to, limit: MOST_MATCHES };
    let rows = desk.telemetry.lake.matches(query).await.map_err(Error::internal)?;
    let mut counts: HashMap<String, usize> = HashMap::new();
    for row in rows {
        let count = counts.entry(row.rule.rule_id).or_default();
        *count = count.saturating_add(1);
    }
    Ok(counts)
}
