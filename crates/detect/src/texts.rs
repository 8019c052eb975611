//! The rules as they were written, for people to read: kept packed, unpacked when somebody asks.
//!
//! Loading compiles rules and forgets their texts; who needs them (a desk that shows a rule, never the command line) gathers them apart.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use crate::load::{self, RuleFile};
use crate::set::LoadError;
use crate::shipped;

/// The texts of a rule set.
#[derive(Clone)]
pub struct RuleTexts {
    packed: Cow<'static, [u8]>,
    /// Bytes once unpacked, at most.
    size: usize,
}

/// A rule file as it was written. It may hold more rules than one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleText {
    /// The file; for shipped rules, its place in the project's tree.
    pub path: String,
    /// The YAML.
    pub yaml: String,
    /// The licence that the file names, if it names one.
    pub license: Option<String>,
}

impl RuleTexts {
    /// Of the rules that ship with the program.
    pub fn shipped() -> RuleTexts {
        RuleTexts { packed: Cow::Borrowed(shipped::PACKED), size: shipped::MAX_BYTES }
    }

    /// Of every rule file under the paths, as [`crate::RuleSet::load`] finds them. A file that cannot be read has no text.
    ///
    /// # Errors
    /// When a path cannot be read.
    pub fn read(paths: &[PathBuf]) -> Result<RuleTexts, LoadError> {
        let files = load::files(paths)?.into_iter().filter_map(|RuleFile { path, text }| Some((path.display().to_string(), text.ok()?)));
        let plain = postcard::to_stdvec(&files.collect::<Vec<_>>()).map_err(|error| LoadError::Pack(error.to_string()))?;
        let packed = zstd::bulk::compress(&plain, 1).map_err(|error| LoadError::Pack(error.to_string()))?;
        Ok(RuleTexts { packed: Cow::Owned(packed), size: plain.len() })
    }

    /// The file that holds the rule of this id (its name, or else its title, where it has none).
    pub fn of_rule(&self, id: &str) -> Option<RuleText> {
        self.find(|_, yaml| ["id", "name", "title"].iter().any(|key| values(yaml, key).any(|value| value == id)))
    }

    /// The file of a path, as a refusal names it.
    pub fn of_file(&self, path: &Path) -> Option<RuleText> {
        let path = path.display().to_string();
        self.find(|name, _| name == path || format!("rules/{name}") == path)
    }

    fn find(&self, wanted: impl Fn(&str, &str) -> bool) -> Option<RuleText> {
        let plain = zstd::bulk::decompress(&self.packed, self.size).ok()?;
        let files: Vec<(String, String)> = postcard::from_bytes(&plain).ok()?;
        let (path, yaml) = files.into_iter().find(|(name, yaml)| wanted(name, yaml))?;
        let license = values(&yaml, "license").next().map(str::to_owned);
        Some(RuleText { path, yaml, license })
    }
}

/// The values of a key at the top level of each document of a file, plain or quoted, without remarks.
fn values<'a>(yaml: &'a str, key: &'a str) -> impl Iterator<Item = &'a str> {
    let value = move |line: &'a str| line.strip_prefix(key)?.strip_prefix(':');
    yaml.lines().filter_map(value).map(|value| {
        let value = value.split(" #").next().unwrap_or(value).trim();
        value.trim_matches(|letter| letter == '"' || letter == '\'')
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RuleSet;

    #[test]
    fn every_shipped_rule_has_its_text_and_licence() {
        let texts = RuleTexts::shipped();
        for (_, rule) in RuleSet::shipped().unwrap().rules.iter() {
            let text = texts.of_rule(&rule.id).unwrap_or_else(|| panic!("{} has no text", rule.title));
            assert!(text.yaml.contains(&rule.title), "{}", text.path);
            assert_eq!(text.license.as_deref(), Some("Apache-2.0"), "{}", text.path);
        }
    }

    #[test]
    fn rules_of_a_folder_are_found_by_id_name_title_and_path() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("two.yml");
        std::fs::write(&path, "title: One\nid: 'a-1' # first\n---\ntitle: Two\nname: two\ndetection:\n    id: a-9\n").unwrap();
        std::fs::write(folder.path().join("broken.yml"), [0xff, 0xfe]).unwrap();
        let texts = RuleTexts::read(&[folder.path().to_owned()]).unwrap();
        for id in ["a-1", "One", "two"] {
            assert_eq!(texts.of_rule(id).map(|text| text.path), Some(path.display().to_string()), "{id}");
        }
        assert_eq!(texts.of_rule("a-9"), None, "what lies deeper is no rule's id");
        assert!(texts.of_file(&path).is_some_and(|text| text.license.is_none()));
        assert_eq!(texts.of_file(&folder.path().join("broken.yml")), None);
    }
}
