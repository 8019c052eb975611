//! A loaded rule set: immutable, shared by every thread.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use jiff::SignedDuration;

use crate::matcher::Matcher;
use crate::program::Program;
use crate::regexes::Regexes;
use crate::rule::{Refusal, RuleIndex, RuleInfo};

/// A compiled rule set. Share it by [`Arc`]; each thread takes its own [`Matcher`].
#[derive(Debug)]
pub struct RuleSet {
    program: Program,
    regexes: Regexes,
}

/// What loading gave: the rules that can be used, and those that cannot, each with its reason.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The usable rules.
    pub rules: Arc<RuleSet>,
    /// The others.
    pub refused: Vec<Refusal>,
    /// How many files were read.
    pub files: usize,
}

/// Why no rule set could be made at all.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// A path could not be read.
    #[error("cannot read rules from `{}`", path.display())]
    Io {
        /// The path.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The paths hold no rule file.
    #[error("no rule file (*.yml, *.yaml) under {0}: name a folder or file of Sigma rules")]
    Nothing(String),
    /// The shipped log source table is broken.
    #[error(transparent)]
    Table(#[from] crate::source::TableError),
    /// The shipped rules are broken.
    #[error("the shipped rules cannot be unpacked: {0}")]
    Shipped(String),
    /// The texts of the rules cannot be kept.
    #[error("the texts of the rules cannot be kept: {0}")]
    Pack(String),
}

impl RuleSet {
    pub(crate) fn new(mut program: Program) -> RuleSet {
        let regexes = Regexes::new(std::mem::take(&mut program.expressions));
        RuleSet { program, regexes }
    }

    pub(crate) fn program(&self) -> &Program {
        &self.program
    }

    pub(crate) fn regexes(&self) -> &Regexes {
        &self.regexes
    }

    /// The rule at that place.
    pub fn get(&self, rule: RuleIndex) -> Option<&RuleInfo> {
        self.program.rules.get(rule.0 as usize)
    }

    /// Every rule with its place.
    pub fn iter(&self) -> impl Iterator<Item = (RuleIndex, &RuleInfo)> {
        (0u32..).map(RuleIndex).zip(&self.program.rules)
    }

    /// How many rules there are.
    pub fn len(&self) -> usize {
        self.program.rules.len()
    }

    /// Whether there is no rule.
    pub fn is_empty(&self) -> bool {
        self.program.rules.is_empty()
    }

    /// Whether any correlation is loaded.
    pub fn has_correlations(&self) -> bool {
        !self.program.correlations.is_empty()
    }

    /// The longest timespan of a correlation.
    pub fn longest_timespan(&self) -> SignedDuration {
        self.program.correlations.iter().map(crate::window::span).max().unwrap_or_default()
    }

    /// The event ids of all events that correlations can join; `None`: any.
    pub fn joined_event_ids(&self) -> Option<&BTreeSet<u32>> {
        self.program.joined_ids.as_ref()
    }

    /// Whether a correlation is judged only when its window has passed.
    pub fn has_waiting_correlations(&self) -> bool {
        self.program.correlations.iter().any(|correlation| crate::window::waits(&correlation.condition))
    }

    /// Names the contents of the rules and the engine; equal for equal contents.
    pub fn version(&self) -> &str {
        &self.program.version
    }

    /// A matcher for one thread.
    pub fn matcher(self: &Arc<Self>) -> Matcher {
        Matcher::new(Arc::clone(self))
    }
}
