//! The rule set's regular expressions, compiled when first asked: a record that no rule with an expression may match pays nothing.

use std::sync::OnceLock;

use regex::{Regex, RegexBuilder};
use serde::{Deserialize, Serialize};

/// Bound on one compiled expression, in bytes.
const SIZE_LIMIT: usize = 4 << 20;

/// One expression with its flags.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Expression {
    pub(crate) source: String,
    pub(crate) ignore_case: bool,
    pub(crate) multi_line: bool,
    pub(crate) dot_all: bool,
}

impl Expression {
    /// The compiled expression, or why it cannot be used.
    pub(crate) fn compile(&self) -> Result<Regex, regex::Error> {
        let mut builder = RegexBuilder::new(&self.source);
        builder.case_insensitive(self.ignore_case).multi_line(self.multi_line).dot_matches_new_line(self.dot_all);
        builder.size_limit(SIZE_LIMIT).dfa_size_limit(SIZE_LIMIT / 4).build()
    }
}

/// The expressions by number.
#[derive(Debug, Default)]
pub(crate) struct Regexes(Vec<(Expression, OnceLock<Option<Regex>>)>);

impl Regexes {
    pub(crate) fn new(expressions: Vec<Expression>) -> Regexes {
        Regexes(expressions.into_iter().map(|expression| (expression, OnceLock::new())).collect())
    }

    /// INVARIANT: every expression compiled when its rule was accepted, so that none is silently missing here.
    pub(crate) fn is_match(&self, id: u32, text: &str) -> bool {
        let Some((expression, cell)) = self.0.get(id as usize) else { return false };
        cell.get_or_init(|| expression.compile().ok()).as_ref().is_some_and(|regex| regex.is_match(text))
    }
}
