//! The sentences that the desk writes itself, in Japanese and English: `playbook/phrases/*.yaml`.
//!
//! A file maps a key to `{ja: …, en: …}`. `{name}` stands for a value; `{name|prefix}` for the phrase `prefix.<value>` where there
//! is one (so that `handle` reads 対処対応 or *Handle*; `handle,disclose` is read word by word), else for the value itself; `{{` and
//! `}}` are braces. `{name|time}` is an instant, told in the reader's zone ([`in_zone`]) or in UTC. Values are data: a value that
//! holds braces, tags or a phrase's key is shown as it is.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{LazyLock, OnceLock};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Deserialize;
use serde_saphyr::Spanned;

use crate::phrase::{Language, Phrase};
use crate::playbook::{Files, PlaybookError, parse};

/// The prefix of a value that is an instant, as RFC 3339.
const TIME: &str = "time";
const FOLDER: &str = "phrases/";

static SHIPPED: LazyLock<Result<Phrases, PlaybookError>> = LazyLock::new(|| Phrases::load(&Files::shipped()));

/// An organisation's own sentences over the shipped ones; set once, before anything is said.
static OWN: OnceLock<Phrases> = OnceLock::new();

/// All sentences, checked: each in both languages, with the same values in both.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Phrases {
    by_key: BTreeMap<String, Sentence>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Sentence {
    ja: Vec<Piece>,
    en: Vec<Piece>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Piece {
    Text(String),
    Value { name: String, prefix: Option<String> },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    ja: String,
    en: String,
}

/// The sentences in force: the shipped ones, unless [`put_in_force`] laid others over them.
///
/// # Errors
/// When a shipped file is wrong; ask once at start, by `check`.
pub fn in_force() -> Result<&'static Phrases, PlaybookError> {
    match OWN.get() {
        Some(own) => Ok(own),
        None => SHIPPED.as_ref().map_err(Clone::clone),
    }
}

/// Lets this process speak with an organisation's own sentences, from its start on: whoever starts it calls this once, before anything else.
///
/// # Errors
/// When a file is wrong, or lacks a sentence (or a sentence asks for a value) that the program has no other place for; or when called twice.
pub fn put_in_force(files: &Files) -> Result<(), PlaybookError> {
    let own = Phrases::complete(files)?;
    OWN.set(own).map_err(|_| PlaybookError::at(FOLDER, 0, "expected one set of sentences a process, found a second one"))
}

/// Fails at start, not in the middle of a report, if a sentence is wrong.
///
/// # Errors
/// The first wrong sentence: file, line, what was expected.
pub fn check() -> Result<(), PlaybookError> {
    in_force().map(|_| ())
}

/// The sentence in words. A phrase of an unknown key (written by an older or newer program) shows its key and values.
pub fn render(phrase: &Phrase, language: Language) -> String {
    match in_force() {
        Ok(phrases) => phrases.render(phrase, language),
        Err(_) => unknown(phrase),
    }
}

/// The phrase with its instants told in a zone, with the offset: `2026-11-21 03:08:41 +09:00`. Without this they are told in UTC.
pub fn in_zone(phrase: &Phrase, zone: &TimeZone) -> Phrase {
    match in_force() {
        Ok(phrases) => phrases.in_zone(phrase, zone),
        Err(_) => phrase.clone(),
    }
}

impl Phrases {
    /// Reads all files of `phrases/`.
    ///
    /// # Errors
    /// When a sentence lacks a language, holds other values in one language than in the other, stands twice, or a brace is open.
    pub fn load(files: &Files) -> Result<Self, PlaybookError> {
        let mut phrases = Phrases::default();
        for (path, text) in files.under(FOLDER) {
            phrases.add(path, text)?;
        }
        Ok(phrases)
    }

    /// Reads all files, and sees that nothing is missing that the program says.
    ///
    /// # Errors
    /// As [`Phrases::load`]; and when a file lacks a sentence, or a sentence asks for a value, that the program has no other place for.
    pub fn complete(files: &Files) -> Result<Self, PlaybookError> {
        let phrases = Phrases::load(files)?;
        for (path, text) in Files::shipped().under(FOLDER) {
            let mut shipped = Phrases::default();
            shipped.add(path, text)?;
            for key in shipped.keys() {
                if !phrases.contains(key) {
                    return Err(PlaybookError::at(path, 0, format!("expected a sentence `{key}`, found none")));
                }
                if let Some(value) = phrases.values_of(key).difference(&shipped.values_of(key)).next() {
                    return Err(PlaybookError::at(
                        path,
                        0,
                        format!("`{key}`: expected no value `{value}`; the program brings none of that name"),
                    ));
                }
            }
        }
        Ok(phrases)
    }

    /// The sentence in words.
    pub fn render(&self, phrase: &Phrase, language: Language) -> String {
        let Some(sentence) = self.by_key.get(&phrase.key) else { return unknown(phrase) };
        sentence.pieces(language).iter().map(|piece| self.word(piece, phrase, language)).collect()
    }

    /// The phrase with its instants told in a zone.
    pub fn in_zone(&self, phrase: &Phrase, zone: &TimeZone) -> Phrase {
        let mut told = phrase.clone();
        for piece in self.by_key.get(&phrase.key).map(|sentence| sentence.ja.as_slice()).unwrap_or_default() {
            let Piece::Value { name, prefix } = piece else { continue };
            let instant = phrase.values.get(name).filter(|_| prefix.as_deref() == Some(TIME)).and_then(|value| value.parse().ok());
            if let Some(instant) = instant {
                let local = Timestamp::to_zoned(instant, zone.clone());
                told.values.insert(name.clone(), local.strftime("%Y-%m-%d %H:%M:%S %:z").to_string());
            }
        }
        told
    }

    /// Whether there is a sentence of that key.
    pub fn contains(&self, key: &str) -> bool {
        self.by_key.contains_key(key)
    }

    /// All keys, ascending.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.by_key.keys().map(String::as_str)
    }

    /// Names of the values that a sentence asks for.
    pub fn values_of(&self, key: &str) -> BTreeSet<&str> {
        self.by_key.get(key).map(|sentence| names(&sentence.ja)).unwrap_or_default()
    }

    fn add(&mut self, path: &str, text: &str) -> Result<(), PlaybookError> {
        let written: Listing = parse(path, text)?;
        for (key, sentence) in written.0 {
            let line = sentence.referenced.line();
            let complain = |problem: String| PlaybookError::at(path, line, format!("`{key}`: {problem}"));
            let ja = pieces(&sentence.value.ja).map_err(|problem| complain(format!("ja: {problem}")))?;
            let en = pieces(&sentence.value.en).map_err(|problem| complain(format!("en: {problem}")))?;
            if names(&ja) != names(&en) {
                return Err(complain(format!(
                    "expected the same values in both languages; ja has {:?}, en has {:?}",
                    names(&ja),
                    names(&en)
                )));
            }
            if self.by_key.insert(key.clone(), Sentence { ja, en }).is_some() {
                return Err(complain("stands in another file too; expected one place".to_owned()));
            }
        }
        Ok(())
    }

    fn word(&self, piece: &Piece, phrase: &Phrase, language: Language) -> String {
        match piece {
            Piece::Text(text) => text.clone(),
            Piece::Value { name, prefix } => {
                let Some(value) = phrase.value(name, language) else { return "–".to_owned() };
                if prefix.as_deref() == Some(TIME) {
                    return value.parse().map_or_else(|_| value.to_owned(), utc);
                }
                let translated = prefix.as_ref().and_then(|prefix| self.words(prefix, value, language));
                translated.unwrap_or_else(|| value.to_owned())
            }
        }
    }

    /// Each of the words, separated by commas, in the language; none if one of them is no word of the desk.
    fn words(&self, prefix: &str, value: &str, language: Language) -> Option<String> {
        let each = value.split(',').map(|word| plain(self.by_key.get(&format!("{prefix}.{word}"))?.pieces(language)));
        let separator = match language {
            Language::Ja => "、",
            Language::En => ", ",
        };
        each.collect::<Option<Vec<String>>>().map(|words| words.join(separator))
    }
}

#[derive(Deserialize)]
#[serde(transparent)]
struct Listing(BTreeMap<String, Spanned<Written>>);

impl Sentence {
    fn pieces(&self, language: Language) -> &[Piece] {
        match language {
            Language::Ja => &self.ja,
            Language::En => &self.en,
        }
    }
}

fn utc(instant: Timestamp) -> String {
    instant.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// The text of a sentence that asks for no values.
fn plain(pieces: &[Piece]) -> Option<String> {
    let texts = pieces.iter().map(|piece| match piece {
        Piece::Text(text) => Some(text.as_str()),
        Piece::Value { .. } => None,
    });
    texts.collect()
}

fn names(pieces: &[Piece]) -> BTreeSet<&str> {
    let named = pieces.iter().filter_map(|piece| match piece {
        Piece::Text(_) => None,
        Piece::Value { name, .. } => Some(name.as_str()),
    });
    named.collect()
}

fn pieces(text: &str) -> Result<Vec<Piece>, String> {
    if text.trim().is_empty() {
        return Err("expected a sentence, found nothing".to_owned());
    }
    let mut found = Vec::new();
    let mut plain = String::new();
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '{' | '}' if letters.peek() == Some(&letter) => {
                letters.next();
                plain.push(letter);
            }
            '{' => {
                if !plain.is_empty() {
                    found.push(Piece::Text(std::mem::take(&mut plain)));
                }
                let inside: String = letters.by_ref().take_while(|letter| *letter != '}').collect();
                found.push(value(&inside)?);
            }
            '}' => return Err("expected `}}` for a brace, found a single `}`".to_owned()),
            other => plain.push(other),
        }
    }
    if !plain.is_empty() {
        found.push(Piece::Text(plain));
    }
    Ok(found)
}

fn value(inside: &str) -> Result<Piece, String> {
    let (name, prefix) = match inside.split_once('|') {
        Some((name, prefix)) => (name, Some(prefix.to_owned())),
        None => (inside, None),
    };
    let word = |text: &str| {
        !text.is_empty() && text.chars().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || "_.".contains(letter))
    };
    if !word(name) || !prefix.as_deref().is_none_or(word) {
        return Err(format!("expected `{{name}}` or `{{name|prefix}}` of small letters, digits and `_`, found `{{{inside}}}`"));
    }
    Ok(Piece::Value { name: name.to_owned(), prefix })
}

fn unknown(phrase: &Phrase) -> String {
    if phrase.values.is_empty() {
        return phrase.key.clone();
    }
    let values: Vec<String> = phrase.values.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    format!("{} ({})", phrase.key, values.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Result<Phrases, PlaybookError> {
        let mut phrases = Phrases::default();
        phrases.add("phrases/test.yaml", text).map(|()| phrases)
    }

    #[test]
    fn shipped_sentences_stand_in_both_languages() {
        check().unwrap();
        assert!(in_force().unwrap().keys().count() > 10);
    }

    #[test]
    fn sentences_of_ones_own_say_all_that_the_program_says() {
        let path = "phrases/triage.yaml";
        let shipped = crate::playbook::shipped(path).unwrap();
        let own = |text: String| Phrases::complete(&Files::with_own(BTreeMap::from([(path.to_owned(), text)])).unwrap());
        let (key, _) = shipped.lines().find(|line| line.contains(": {ja: ")).unwrap().split_once(':').unwrap();
        let line = shipped.lines().find(|line| line.starts_with(&format!("{key}:"))).unwrap();
        assert!(own(shipped.to_owned()).is_ok());
        let missing = own(shipped.replacen(line, "", 1)).unwrap_err().to_string();
        assert_eq!(missing, format!("playbook/{path}: expected a sentence `{key}`, found none"));
        let unknown = own(shipped.replacen(line, &format!("{key}: {{ja: \"{{odd}}\", en: \"{{odd}}\"}}"), 1)).unwrap_err().to_string();
        assert!(unknown.contains("expected no value `odd`"), "{unknown}");
    }

    #[test]
    fn values_are_data() {
        let phrases =
            of("a: {ja: \"{file}を{flow|flow}\", en: \"{file}: {flow|flow} {{x}}\"}\nflow.handle: {ja: 対処, en: Handle}\n").unwrap();
        let phrase = Phrase::new("a").with("file", "{flow} <b>%s").with("flow", "handle");
        assert_eq!(phrases.render(&phrase, Language::Ja), "{flow} <b>%sを対処");
        assert_eq!(phrases.render(&phrase, Language::En), "{flow} <b>%s: Handle {x}");
        let two = Phrase::new("a").with("file", "f").with("flow", "handle,handle");
        assert_eq!(phrases.render(&two, Language::Ja), "fを対処、対処");
        let odd = Phrase::new("a").with("file", "f").with("flow", "a");
        assert_eq!(phrases.render(&odd, Language::Ja), "fをa");
        assert_eq!(phrases.render(&Phrase::new("gone").with("n", "1"), Language::En), "gone (n: 1)");
    }

    #[test]
    fn a_value_may_have_words_of_its_own_in_japanese() {
        let phrases = of("a: {ja: \"{rule}に一致\", en: \"matches {rule}\"}\n").unwrap();
        let phrase = Phrase::new("a").with("rule", "Log cleared").with_ja("rule", "ログの消去");
        assert_eq!(phrases.render(&phrase, Language::Ja), "ログの消去に一致");
        assert_eq!(phrases.render(&phrase, Language::En), "matches Log cleared");
    }

    #[test]
    fn instants_stand_in_the_readers_zone() {
        let phrases = of("a: {ja: \"初出 {first|time}\", en: \"first {first|time}\"}\n").unwrap();
        let phrase = Phrase::new("a").with("first", "2026-11-20T18:08:41.123Z");
        assert_eq!(phrases.render(&phrase, Language::En), "first 2026-11-20 18:08:41 UTC");
        let tokyo = phrases.in_zone(&phrase, &TimeZone::get("Asia/Tokyo").unwrap());
        assert_eq!(phrases.render(&tokyo, Language::Ja), "初出 2026-11-21 03:08:41 +09:00");
        let odd = Phrase::new("a").with("first", "yesterday");
        assert_eq!(phrases.render(&phrases.in_zone(&odd, &TimeZone::UTC), Language::En), "first yesterday");
    }

    #[test]
    fn errors_name_file_and_line() {
        let check = |text: &str, expected: &str| {
            let message = of(text).unwrap_err().to_string();
            assert!(message.contains(expected), "`{message}` does not say `{expected}`");
        };
        check("a: {ja: あ, en: a}\nb: {ja: い}\n", "playbook/phrases/test.yaml:2: ");
        check("a: {ja: あ, en: a}\nb: {ja: い}\n", "en");
        check("\na: {ja: \"{x}\", en: \"{y}\"}\n", "phrases/test.yaml:2: `a`: expected the same values");
        check("a: {ja: \"{x\", en: \"{X}\"}\n", "en: expected `{name}`");
        check("a: {ja: \"\", en: \"x\"}\n", "ja: expected a sentence");
    }
}
