//! What a correlation rule asks, compiled: which rules, grouped by what, within which time, under which condition.

use std::collections::HashMap;

use rsigma_parser::{
    ConditionExpr, ConditionOperator, CorrelationCondition, CorrelationRule, CorrelationType, Quantifier, SelectorPattern, WindowMode,
};
use serde::{Deserialize, Serialize};

use crate::expr::Expr;
use crate::lower::Unusable;

/// A compiled correlation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Correlation {
    /// Its own place in the rule set.
    pub(crate) rule: u32,
    /// The rules it joins, by place in the rule set, in its own order.
    pub(crate) members: Vec<u32>,
    /// The group's fields; for each the name that each member uses.
    pub(crate) group_by: Vec<GroupField>,
    pub(crate) span_seconds: u64,
    pub(crate) condition: Condition,
}

/// One field that groups.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct GroupField {
    pub(crate) name: String,
    pub(crate) per_member: Vec<String>,
}

/// When it fires.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum Condition {
    /// A figure over the window's events compares so.
    Figure { figure: Figure, bounds: Vec<(Bound, u64)> },
    /// The members seen in the window satisfy the expression (its tests are places in `members`).
    Seen(Expr),
    /// Every member is seen, in the order of the rule.
    Ordered,
}

/// A figure over the events of a window.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Figure {
    Events,
    /// How many different values of the fields.
    Distinct(Vec<String>),
    Sum(String),
    Average(String),
    /// The value below which so many percent lie.
    Percentile(String, u8),
}

/// How the figure compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Bound {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Equal,
    NotEqual,
}

impl Bound {
    pub(crate) fn holds(self, figure: f64, bound: u64) -> bool {
        let bound = bound as f64;
        match self {
            Bound::Less => figure < bound,
            Bound::LessOrEqual => figure <= bound,
            Bound::Greater => figure > bound,
            Bound::GreaterOrEqual => figure >= bound,
            Bound::Equal => figure == bound,
            Bound::NotEqual => figure != bound,
        }
    }

    /// Once true, more events keep it true, so that it may fire at once.
    pub(crate) fn only_grows(self) -> bool {
        matches!(self, Bound::Greater | Bound::GreaterOrEqual)
    }
}

impl Figure {
    /// The fields that it reads.
    pub(crate) fn fields(&self) -> &[String] {
        match self {
            Figure::Events => &[],
            Figure::Distinct(fields) => fields,
            Figure::Sum(field) | Figure::Average(field) | Figure::Percentile(field, _) => std::slice::from_ref(field),
        }
    }
}

/// Compiles a correlation; `find` gives the place of a rule by its id or name.
pub(crate) fn lower(rule: &CorrelationRule, own: u32, find: &impl Fn(&str) -> Option<u32>) -> Result<Correlation, Unusable> {
    if rule.window != WindowMode::Sliding {
        return Err(Unusable::new("only sliding windows are part of the Sigma specification"));
    }
    if rule.rules.is_empty() {
        return Err(Unusable::new("a correlation must name the rules that it joins"));
    }
    let find = |name: &String| find(name).ok_or_else(|| Unusable::new(format!("it joins the rule `{name}`, which is not loaded")));
    let members: Vec<u32> = rule.rules.iter().map(find).collect::<Result<_, _>>()?;
    let aliases: HashMap<&str, &HashMap<String, String>> =
        rule.aliases.iter().map(|alias| (alias.alias.as_str(), &alias.mapping)).collect();
    let group = |name: &String| {
        let of = |member: &String| aliases.get(name.as_str()).and_then(|mapping| mapping.get(member)).unwrap_or(name).clone();
        GroupField { name: name.clone(), per_member: rule.rules.iter().map(of).collect() }
    };
    Ok(Correlation {
        rule: own,
        group_by: rule.group_by.iter().map(group).collect(),
        span_seconds: rule.timespan.seconds,
        condition: condition(rule)?,
        members,
    })
}

fn condition(rule: &CorrelationRule) -> Result<Condition, Unusable> {
    let temporal = matches!(rule.correlation_type, CorrelationType::Temporal | CorrelationType::TemporalOrdered);
    match &rule.condition {
        _ if rule.correlation_type == CorrelationType::TemporalOrdered => Ok(Condition::Ordered),
        CorrelationCondition::Extended(expr) if temporal => seen(expr, &rule.rules).map(Condition::Seen),
        CorrelationCondition::Extended(_) => Err(Unusable::new("only a temporal correlation may have an expression as its condition")),
        CorrelationCondition::Threshold { .. } if temporal => {
            let all = (0u32..).zip(&rule.rules).map(|(at, _)| Expr::Test(at));
            Ok(Condition::Seen(Expr::all(all.collect())))
        }
        CorrelationCondition::Threshold { predicates, field, percentile } => {
            let fields = field.clone().unwrap_or_default();
            let bounds = predicates.iter().map(|(operator, value)| (bound(*operator), *value)).collect();
            Ok(Condition::Figure { figure: figure(rule.correlation_type, fields, *percentile)?, bounds })
        }
    }
}

fn figure(kind: CorrelationType, fields: Vec<String>, percentile: Option<u64>) -> Result<Figure, Unusable> {
    let one = || match fields.as_slice() {
        [field] => Ok(field.clone()),
        _ => Err(Unusable::new("the condition must name one `field`")),
    };
    match kind {
        CorrelationType::ValueCount if fields.is_empty() => {
            Err(Unusable::new("`value_count` must name the `field` whose values it counts"))
        }
        CorrelationType::ValueCount => Ok(Figure::Distinct(fields)),
        CorrelationType::ValueSum => one().map(Figure::Sum),
        CorrelationType::ValueAvg => one().map(Figure::Average),
        CorrelationType::ValueMedian => one().map(|field| Figure::Percentile(field, 50)),
        CorrelationType::ValuePercentile => {
            let rank = u8::try_from(percentile.unwrap_or(50)).ok().filter(|rank| *rank <= 100);
            Ok(Figure::Percentile(one()?, rank.ok_or_else(|| Unusable::new("a percentile lies between 0 and 100"))?))
        }
        CorrelationType::EventCount | CorrelationType::Temporal | CorrelationType::TemporalOrdered => Ok(Figure::Events),
    }
}

fn bound(operator: ConditionOperator) -> Bound {
    match operator {
        ConditionOperator::Lt => Bound::Less,
        ConditionOperator::Lte => Bound::LessOrEqual,
        ConditionOperator::Gt => Bound::Greater,
        ConditionOperator::Gte => Bound::GreaterOrEqual,
        ConditionOperator::Eq => Bound::Equal,
        ConditionOperator::Neq => Bound::NotEqual,
    }
}

/// The expression over the members, by their names.
fn seen(expr: &ConditionExpr, rules: &[String]) -> Result<Expr, Unusable> {
    let each = |parts: &[ConditionExpr]| parts.iter().map(|part| seen(part, rules)).collect::<Result<Vec<_>, _>>();
    match expr {
        ConditionExpr::And(parts) => each(parts).map(Expr::all),
        ConditionExpr::Or(parts) => each(parts).map(Expr::any),
        ConditionExpr::Not(part) => seen(part, rules).map(Expr::not),
        ConditionExpr::Identifier(name) => {
            let at = (0u32..).zip(rules).find(|(_, rule)| *rule == name).map(|(at, _)| at);
            at.map(Expr::Test).ok_or_else(|| Unusable::new(format!("the condition names `{name}`, which `rules` does not list")))
        }
        ConditionExpr::Selector { quantifier, pattern } => {
            let fits = |rule: &str| match pattern {
                SelectorPattern::Them => true,
                SelectorPattern::Pattern(_) => pattern.matches_detection_name(rule),
            };
            let parts: Vec<Expr> = (0u32..).zip(rules).filter(|(_, rule)| fits(rule)).map(|(at, _)| Expr::Test(at)).collect();
            Ok(match quantifier {
                Quantifier::All => Expr::all(parts),
                Quantifier::Any => Expr::any(parts),
                Quantifier::Count(wanted) => Expr::AtLeast(u32::try_from(*wanted).unwrap_or(u32::MAX), parts),
            })
        }
    }
}
