//! How grave a match is, as the Sigma language has it: one word for rules, matches and alerts.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A level, by the rule's author or by `playbook/raise.yaml`. Compiled rule sets keep its place among the five.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// No alarm by itself.
    #[default]
    Informational,
    /// Rarely of interest.
    Low,
    /// To be looked at.
    Medium,
    /// Should be looked at soon.
    High,
    /// Needs an answer now.
    Critical,
}

impl Level {
    const ALL: [Level; 5] = [Level::Informational, Level::Low, Level::Medium, Level::High, Level::Critical];

    /// The word of the Sigma specification.
    pub const fn name(self) -> &'static str {
        match self {
            Level::Informational => "informational",
            Level::Low => "low",
            Level::Medium => "medium",
            Level::High => "high",
            Level::Critical => "critical",
        }
    }

    /// The level of that name, in any case; an unknown word is informational.
    pub fn by_name(name: &str) -> Level {
        name.parse().unwrap_or_default()
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Level {
    type Err = String;

    fn from_str(text: &str) -> Result<Level, String> {
        let found = Level::ALL.into_iter().find(|level| level.name().eq_ignore_ascii_case(text));
        found.ok_or_else(|| format!("`{text}` is no level: use informational, low, medium, high or critical"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_levels_in_any_case_and_strange_ones_are_none() {
        assert_eq!(Level::ALL.map(|level| Level::by_name(&level.name().to_uppercase())), Level::ALL);
        assert!(Level::ALL.is_sorted());
        assert_eq!((Level::by_name("grave"), "grave".parse::<Level>().is_err()), (Level::Informational, true));
    }
}
