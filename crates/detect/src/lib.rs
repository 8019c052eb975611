//! Sigma over records: which rules match what a machine said.
//!
//! [`RuleSet::load`] compiles rules once; each thread takes a [`Matcher`] from it and asks it record after record. Rules are
//! indexed by log source (`data/logsources.yaml`: nothing for the user to map) and by the rarest literal that each needs, so
//! that a record is evaluated only against the few rules that could match it. [`Correlator`] joins matches over time.
//!
//! Invariant: a rule that cannot be used is a [`Refusal`] with its reason, never silently dropped.
//! Invariant: the index never loses a match: what it selects is a superset of what the plain evaluation finds (property-tested).
//!
//! Deliberately absent: reading logs, storing matches, clocks.

mod cache;
mod compile;
mod correlation;
mod correlator;
mod derive;
mod encode;
mod expr;
mod index;
mod item;
mod load;
mod lower;
mod matcher;
mod observation;
mod pattern;
mod predicate;
mod program;
mod regex_literal;
mod regexes;
mod rule;
mod set;
mod shipped;
mod slots;
mod source;
mod tally;
mod text;
mod texts;
mod window;
mod witness;

pub use hikeshi_domain::level::Level;

pub use correlator::{CorrelationMatch, Correlator, Forgotten};
pub use load::LoadOptions;
pub use matcher::Matcher;
pub use observation::Observation;
pub use rule::{Refusal, RuleIndex, RuleInfo, RuleKind};
pub use set::{LoadError, Loaded, RuleSet};
pub use source::TableError;
pub use texts::{RuleText, RuleTexts};

#[cfg(test)]
mod tests;
