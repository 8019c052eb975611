//! Signs of an incident that a caller tells of, with the first questions and the first evidence to keep (S2-3 … S2-9).
//!
//! The signs stand in `playbook/signs.yaml`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::phrase::Language;
use crate::playbook::{Files, PlaybookError};

const PATH: &str = "signs.yaml";

/// The name of a sign in the playbook: `leak_complaint`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sign(pub String);

/// A text in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bilingual {
    /// Japanese.
    pub ja: String,
    /// English.
    pub en: String,
}

impl Bilingual {
    /// The text in a language.
    pub fn text(&self, language: Language) -> &str {
        match language {
            Language::Ja => &self.ja,
            Language::En => &self.en,
        }
    }
}

/// What a sign suggests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignAdvice {
    /// What the caller tells, in a few words.
    pub title: Bilingual,
    /// What to ask first, in order.
    pub questions: Vec<Bilingual>,
    /// What to keep first, in order.
    pub evidence: Vec<Bilingual>,
    /// The requirement or practice that it comes from.
    pub source: String,
}

/// The signs in force, in the playbook's order of names.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signs {
    #[serde(rename = "version")]
    _version: String,
    signs: BTreeMap<String, SignAdvice>,
}

impl Signs {
    /// Reads and checks the signs.
    ///
    /// # Errors
    /// When the file is wrong: its name, the line and what was expected.
    pub fn load(files: &Files) -> Result<Self, PlaybookError> {
        let signs: Signs = files.read(PATH)?;
        match signs.signs.iter().find(|(_, advice)| advice.questions.is_empty() || advice.evidence.is_empty()) {
            Some((name, _)) => Err(PlaybookError::at(PATH, 0, format!("expected a question and evidence at least for `{name}`"))),
            None => Ok(signs),
        }
    }

    /// What a sign suggests; none for a name that is not there.
    pub fn advice(&self, sign: &Sign) -> Option<&SignAdvice> {
        self.signs.get(&sign.0)
    }

    /// Every sign.
    pub fn all(&self) -> impl Iterator<Item = (&str, &SignAdvice)> {
        self.signs.iter().map(|(name, advice)| (name.as_str(), advice))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // covers: S2-3, S2-4, S2-5, S2-6, S2-7, S2-9
    #[test]
    fn each_sign_suggests_questions_and_evidence_in_both_languages() {
        let signs = Signs::load(&Files::shipped()).unwrap();
        for name in ["leak_complaint", "spam_complaint", "defacement", "denial_of_service", "strange_file"] {
            let advice = signs.advice(&Sign(name.to_owned())).unwrap_or_else(|| panic!("{name}"));
            assert!(advice.questions.len() >= 3 && advice.evidence.len() >= 2, "{name}");
        }
        for (name, advice) in signs.all() {
            let texts = [&advice.title].into_iter().chain(&advice.questions).chain(&advice.evidence);
            for text in texts {
                assert!(!text.ja.is_ascii() && !text.en.trim().is_empty(), "{name}: {text:?}");
            }
        }
    }
}
