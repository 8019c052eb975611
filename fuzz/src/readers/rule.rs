//! Sigma rules: what strangers wrote, compiled and asked.

use std::path::Path;

use hikeshi_detect::{Correlator, LoadOptions, RuleSet};
use hikeshi_event::{Limits, read_lines};

use crate::seeds;

/// Loads a file of rules, asks them about each record of our own, and joins what matched. Counts the rules that could be used.
pub(crate) fn rules(bytes: &[u8], path: &Path) -> u64 {
    let loaded = match RuleSet::load(&[path.to_owned()], &LoadOptions::default()) {
        Ok(loaded) => loaded,
        Err(error) => panic!("one file of rules stopped the loading of all: {error}"),
    };
    assert!(loaded.refused.iter().all(|refusal| !refusal.reason.is_empty()), "refused without a reason");
    assert!(!loaded.rules.is_empty() || !loaded.refused.is_empty() || says_nothing(bytes), "neither used nor refused");
    let (mut matcher, mut found, mut fired) = (loaded.rules.matcher(), Vec::new(), Vec::new());
    let mut correlator = Correlator::new(loaded.rules.clone());
    let _ = read_lines(&seeds::all_lines(), "fuzz", &Limits::default(), |record| {
        matcher.matches(record, &mut found);
        for rule in &found {
            if let Some(observation) = loaded.rules.observe(*rule, record, *rule) {
                correlator.feed(observation, &mut fired);
            }
        }
    });
    correlator.finish(&mut fired);
    loaded.rules.len() as u64
}

/// Nothing but comments, blanks and marks of documents.
fn says_nothing(bytes: &[u8]) -> bool {
    String::from_utf8_lossy(bytes).lines().all(|line| {
        let line = line.trim_matches(|letter: char| letter.is_whitespace() || letter == '\u{feff}');
        line.is_empty() || line.starts_with('#') || line.starts_with("---") || line.starts_with("...")
    })
}
