//! Text that the desk writes itself, kept as a key and values so that one record reads in Japanese and in English.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A language of the desk. Japanese first, English equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Default)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// 日本語.
    #[default]
    Ja,
    /// English.
    En,
}

/// A sentence of `playbook/phrases`, with the values that stand in its `{braces}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Phrase {
    /// The key in `playbook/phrases`.
    pub key: String,
    /// Values by name. They are data: never markup, never a format.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub values: BTreeMap<String, String>,
}

impl Phrase {
    /// A phrase without values.
    pub fn new(key: impl Into<String>) -> Self {
        Phrase { key: key.into(), values: BTreeMap::new() }
    }

    /// The same phrase with one value more.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.values.insert(name.to_owned(), value.into());
        self
    }

    /// The same phrase with other words for that value where it is read in Japanese: `{titles}` is then `titles.ja`.
    #[must_use]
    pub fn with_ja(self, name: &str, value: impl Into<String>) -> Self {
        self.with(&format!("{name}.ja"), value)
    }

    /// A value as a reader of the language is told it.
    pub fn value(&self, name: &str, language: Language) -> Option<&str> {
        let japanese = match language {
            Language::Ja => self.values.get(&format!("{name}.ja")),
            Language::En => None,
        };
        japanese.or_else(|| self.values.get(name)).map(String::as_str)
    }
}
