//! The boolean shape of a rule over numbered predicates, and its plain evaluation.

use serde::{Deserialize, Serialize};

/// A condition over predicates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Expr {
    Const(bool),
    Test(u32),
    Not(Box<Expr>),
    All(Vec<Expr>),
    Any(Vec<Expr>),
    /// At least so many of these.
    AtLeast(u32, Vec<Expr>),
}

impl Expr {
    /// All of these, flattened.
    pub(crate) fn all(parts: Vec<Expr>) -> Expr {
        let mut out = Vec::new();
        for part in parts {
            match part {
                Expr::Const(true) => {}
                Expr::Const(false) => return Expr::Const(false),
                Expr::All(inner) => out.extend(inner),
                other => out.push(other),
            }
        }
        single(out).unwrap_or_else(|many| if many.is_empty() { Expr::Const(true) } else { Expr::All(many) })
    }

    /// Any of these, flattened.
    pub(crate) fn any(parts: Vec<Expr>) -> Expr {
        let mut out = Vec::new();
        for part in parts {
            match part {
                Expr::Const(false) => {}
                Expr::Const(true) => return Expr::Const(true),
                Expr::Any(inner) => out.extend(inner),
                other => out.push(other),
            }
        }
        single(out).unwrap_or_else(|many| if many.is_empty() { Expr::Const(false) } else { Expr::Any(many) })
    }

    /// The opposite.
    pub(crate) fn not(part: Expr) -> Expr {
        match part {
            Expr::Const(truth) => Expr::Const(!truth),
            Expr::Not(inner) => *inner,
            other => Expr::Not(Box::new(other)),
        }
    }

    /// The answer, given the answers of the predicates.
    pub(crate) fn holds(&self, test: &mut impl FnMut(u32) -> bool) -> bool {
        match self {
            Expr::Const(truth) => *truth,
            Expr::Test(id) => test(*id),
            Expr::Not(inner) => !inner.holds(test),
            Expr::All(parts) => parts.iter().all(|part| part.holds(test)),
            Expr::Any(parts) => parts.iter().any(|part| part.holds(test)),
            Expr::AtLeast(wanted, parts) => {
                let mut found = 0;
                parts.iter().any(|part| {
                    found += u32::from(part.holds(test));
                    found >= *wanted
                })
            }
        }
    }

    /// Puts cheap questions first; answers the cost of the whole.
    pub(crate) fn order(&mut self, cost: &impl Fn(u32) -> u32) -> u32 {
        match self {
            Expr::Const(_) => 0,
            Expr::Test(id) => cost(*id),
            Expr::Not(inner) => inner.order(cost),
            Expr::All(parts) | Expr::Any(parts) | Expr::AtLeast(_, parts) => {
                let mut keyed: Vec<(u32, Expr)> = parts.drain(..).map(|mut part| (part.order(cost), part)).collect();
                keyed.sort_by_key(|(cost, _)| *cost);
                let total = keyed.iter().fold(0u32, |sum, (cost, _)| sum.saturating_add(*cost));
                parts.extend(keyed.into_iter().map(|(_, part)| part));
                total
            }
        }
    }

    /// Every predicate that is asked.
    pub(crate) fn tests(&self, see: &mut impl FnMut(u32)) {
        match self {
            Expr::Const(_) => {}
            Expr::Test(id) => see(*id),
            Expr::Not(inner) => inner.tests(see),
            Expr::All(parts) | Expr::Any(parts) | Expr::AtLeast(_, parts) => parts.iter().for_each(|part| part.tests(see)),
        }
    }
}

fn single(mut parts: Vec<Expr>) -> Result<Expr, Vec<Expr>> {
    match parts.pop() {
        Some(only) if parts.is_empty() => Ok(only),
        last => {
            parts.extend(last);
            Err(parts)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folds_constants_and_counts() {
        assert_eq!(Expr::all(vec![Expr::Const(true), Expr::Test(1)]), Expr::Test(1));
        assert_eq!(Expr::any(vec![Expr::Test(1), Expr::Const(true)]), Expr::Const(true));
        assert_eq!(Expr::any(vec![]), Expr::Const(false));
        assert_eq!(Expr::not(Expr::not(Expr::Test(3))), Expr::Test(3));
        let two = Expr::AtLeast(2, vec![Expr::Test(1), Expr::Test(2), Expr::Test(3)]);
        assert!(two.holds(&mut |id| id != 2));
        assert!(!two.holds(&mut |id| id == 2));
    }
}
