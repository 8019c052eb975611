//! What a rule says of itself, and why a rule could not be used.

use std::fmt;
use std::path::PathBuf;

use hikeshi_domain::level::Level;
use serde::{Deserialize, Serialize};

/// A rule's place in its rule set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RuleIndex(pub u32);

/// What kind of rule it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum RuleKind {
    /// Matches one record.
    Detection,
    /// Matches several records together.
    Correlation,
}

/// A rule's own words. Matches carry the author, as the public rules' licence asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleInfo {
    /// The rule's id; its name, or else its title, where it has none.
    pub id: String,
    /// The name that correlations may call it by; empty if none.
    pub name: String,
    /// One line for people.
    pub title: String,
    /// The same in Japanese, where the author wrote it: `title_ja`, a field of ours that other tools pass over.
    pub title_ja: Option<String>,
    /// Longer words; may be empty.
    pub description: String,
    /// How grave; `Medium` where the rule does not say.
    pub level: Level,
    /// Who wrote it; empty if the rule does not say.
    pub author: String,
    /// Tags such as `attack.t1059.001`.
    pub tags: Vec<String>,
    /// Known harmless causes.
    pub false_positives: Vec<String>,
    /// The log source as written: `windows/process_creation/`.
    pub log_source: String,
    /// Detection or correlation.
    pub kind: RuleKind,
    /// Its matches are reported. False for a base rule of correlations that do not ask for its own matches.
    pub reported: bool,
}

/// A rule, or a file, that could not be used. Never dropped in silence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// The file.
    pub path: PathBuf,
    /// The rule's id, if it was readable.
    pub id: Option<String>,
    /// The rule's title, if it was readable.
    pub title: Option<String>,
    /// Why, and what was expected.
    pub reason: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.path.display())?;
        if let Some(title) = &self.title {
            write!(f, "`{title}`: ")?;
        }
        f.write_str(&self.reason)
    }
}
