//! The rules of the folder `rules/`, embedded compressed: plain rule texts trip protection software on analysts' machines.

use std::path::Path;

use crate::load::{LoadOptions, RuleFile, from_files};
use crate::set::{LoadError, Loaded, RuleSet};

/// Made by `build.rs`.
pub(crate) const PACKED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/rules.bin"));
/// The bundle is a few dozen small files.
pub(crate) const MAX_BYTES: usize = 16 << 20;

impl RuleSet {
    /// The project's own rules.
    pub fn shipped() -> Result<Loaded, LoadError> {
        from_files(unpack()?, &LoadOptions::default())
    }
}

fn unpack() -> Result<Vec<RuleFile>, LoadError> {
    let plain = zstd::bulk::decompress(PACKED, MAX_BYTES).map_err(|error| LoadError::Shipped(error.to_string()))?;
    let bundle: Vec<(String, String)> = postcard::from_bytes(&plain).map_err(|error| LoadError::Shipped(error.to_string()))?;
    Ok(bundle.into_iter().map(|(name, text)| RuleFile { path: Path::new("rules").join(name), text: Ok(text) }).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_shipped_rule_loads_and_says_who_wrote_it() {
        let loaded = RuleSet::shipped().unwrap();
        assert_eq!(loaded.refused, []);
        assert!(loaded.rules.len() >= 25, "{}", loaded.rules.len());
        let mut ids = HashSet::new();
        for (_, rule) in loaded.rules.iter() {
            assert_eq!(rule.author, "Hikeshi project", "{}", rule.title);
            assert!(ids.insert(rule.id.clone()) && rule.id.len() == 36, "{}", rule.title);
            assert!(!rule.tags.is_empty() && !rule.description.is_empty(), "{}", rule.title);
            let japanese = rule.title_ja.as_deref().unwrap_or_default();
            assert!(japanese.chars().any(|letter| ('ぁ'..='ー').contains(&letter)), "{} has no Japanese title", rule.title);
        }
    }

    #[test]
    fn the_packed_rules_hold_no_plain_rule_text() {
        for word in ["vssadmin", "lsass", "DownloadString", "mimikatz"] {
            assert!(memchr::memmem::find(PACKED, word.as_bytes()).is_none(), "{word}");
        }
    }
}
