//! The subject of a request: its fixed start, the organisation behind it, and the marks before and after (S0-55, S0-60, S0-72).

use std::sync::LazyLock;

use regex::Regex;

use super::book::Book;
use super::fold::{folded, squeezed};

/// What a subject says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Subject {
    /// It has the fixed start.
    pub(crate) requests: bool,
    /// What stands behind the fixed start, as written.
    pub(crate) organization: Option<String>,
    /// It answers.
    pub(crate) answers: bool,
    /// It passes on.
    pub(crate) passes_on: bool,
    /// It bears the mark SENSITIVE.
    pub(crate) sensitive: bool,
    /// It bears the word URGENT or EMERGENCY.
    pub(crate) urgent: bool,
    /// Without prefixes.
    pub(crate) bare: String,
}

static PREFIX: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?i)^\s*(?:(re|aw|sv|antw|返信)|(fwd?|wg|転送))(?:\s*[\[(]?\d+[\])]?)?\s*[:：︰]\s*").ok());
/// Marks in brackets before and behind: `[SENSITIVE]`, `【至急】`, `[TLP:RED]`, `(123)`.
static MARK_BEFORE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"^\s*(?:\[[^\]]{0,60}\]|【[^】]{0,60}】|［[^］]{0,60}］|(?i:tlp:[a-z+]+|sensitive|urgent|emergency)\s*[:：\-]?\s+|(?i:sensitive|urgent|emergency)\s*[:：])\s*").ok()
});
static MARK_BEHIND: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?i)\s*[\-–(\[【［]*\s*\b(?:sensitive|urgent|emergency|tlp:[a-z+]+)\b\s*[)\]】］!]*\s*$").ok());

/// Reads a subject, decoded.
pub(crate) fn read(subject: &str, book: &Book) -> Subject {
    let mut read = Subject { sensitive: is_sensitive(subject), urgent: is_urgent(subject), ..Subject::default() };
    let mut rest = subject.trim();
    for _ in 0..20 {
        let prefix = PREFIX.as_ref().and_then(|pattern| pattern.captures(rest));
        if let Some(found) = prefix {
            if !read.answers && !read.passes_on {
                (read.answers, read.passes_on) = (found.get(1).is_some(), found.get(2).is_some());
            }
            rest = found.get(0).and_then(|all| rest.get(all.end()..)).unwrap_or_default();
        } else if let Some(found) = MARK_BEFORE.as_ref().and_then(|pattern| pattern.find(rest))
            && found.end() < rest.len()
        {
            rest = rest.get(found.end()..).unwrap_or_default();
        } else {
            break;
        }
    }
    read.bare = rest.to_owned();
    if let Some(behind) = behind_start(rest, book) {
        read.requests = true;
        read.organization = organization(behind, book);
    }
    read
}

/// What follows the fixed start: compared without blanks, widths and case.
fn behind_start<'s>(subject: &'s str, book: &Book) -> Option<&'s str> {
    let mut read = String::new();
    for (at, letter) in subject.char_indices() {
        read.push_str(&squeezed(&letter.to_string()));
        if read.len() > 400 {
            return None;
        }
        let whole = book.subject.iter().any(|start| read.ends_with(start.as_str()));
        if whole {
            let rest = subject.get(at + letter.len_utf8()..)?;
            return Some(rest.trim_start().trim_start_matches([':', '：', '︰', '-', '–', '—']));
        }
    }
    None
}

fn organization(behind: &str, book: &Book) -> Option<String> {
    let mut name = behind.trim();
    while let Some(found) = MARK_BEHIND.as_ref().and_then(|pattern| pattern.find(name)) {
        if found.start() == 0 || found.is_empty() {
            break;
        }
        name = name.get(..found.start()).unwrap_or_default().trim();
    }
    let inside = [('<', '>'), ('＜', '＞')].iter().find_map(|(open, close)| name.strip_prefix(*open)?.strip_suffix(*close));
    let placeholder = inside.is_some_and(|inside| book.labels.contains_key(&squeezed(inside)));
    let name = inside.unwrap_or(name).trim();
    (!name.is_empty() && !placeholder && !book.says_none(name)).then(|| name.to_owned())
}

/// The word SENSITIVE as a mark (S0-60): in any case, but not `non-sensitive`, `time-sensitive` or `not sensitive`. Japanese marks stand in brackets.
fn is_sensitive(subject: &str) -> bool {
    let text = folded(subject);
    let marked = text.match_indices("sensitive").any(|(at, word)| {
        let (before, after) = (text.get(..at).unwrap_or_default(), text.get(at + word.len()..).unwrap_or_default());
        let alone = !before.ends_with(|letter: char| letter.is_ascii_alphanumeric())
            && !after.starts_with(|letter: char| letter.is_ascii_alphanumeric());
        let before = before.trim_end_matches([' ', '-', '_']);
        let denied = ["non", "not", "time", "case", "price", "cost", "in", "less"]
            .iter()
            .any(|word| before.strip_suffix(word).is_some_and(|rest| !rest.ends_with(|letter: char| letter.is_ascii_alphanumeric())));
        alone && !denied
    });
    marked
        || ["【機密】", "[機密]", "【取扱注意】", "[取扱注意]", "【極秘】", "[極秘]", "【厳秘】", "【センシティブ】", "[センシティブ]"]
            .iter()
            .any(|mark| text.contains(mark))
}

/// The words URGENT and EMERGENCY, said outright: in capitals, or as a mark in brackets (S0-55).
fn is_urgent(subject: &str) -> bool {
    let wide: String = super::fold::narrowed(subject);
    let denied = |before: &str| {
        let before = before.to_lowercase();
        let before = before.trim_end_matches([' ', '-']);
        before.ends_with("non") || before.ends_with("not")
    };
    let said = |word: &str| {
        wide.match_indices(word).any(|(at, _)| {
            let (before, after) = (wide.get(..at).unwrap_or_default(), wide.get(at + word.len()..).unwrap_or_default());
            !denied(before)
                && !before.ends_with(|letter: char| letter.is_ascii_alphanumeric())
                && !after.starts_with(|letter: char| letter.is_ascii_alphanumeric())
        })
    };
    let marks = folded(subject);
    said("URGENT")
        || said("EMERGENCY")
        || ["【緊急】", "【至急】", "[緊急]", "[至急]", "【大至急】", "[urgent]", "[emergency]", "【urgent】", "【emergency】"]
            .iter()
            .any(|mark| marks.contains(mark))
}

#[cfg(test)]
mod tests {
    use hikeshi_domain::playbook::Files;

    use super::*;

    fn of(subject: &str) -> Subject {
        read(subject, &Book::load(&Files::shipped()).unwrap())
    }

    // covers: S0-72
    #[test]
    fn the_fixed_subject_names_the_organisation() {
        for subject in [
            "Incident Management Request Service Request: 株式会社 ひけし",
            "incident management request  service request：株式会社 ひけし",
            "[SENSITIVE] Incident Management Request Service Request: 株式会社 ひけし",
            "【至急】Ｉｎｃｉｄｅｎｔ　Management Request Service Request： 株式会社 ひけし",
            "Fwd: RE: Incident Management Request Service Request: <株式会社 ひけし>",
            "Incident Management Request Service Request: 株式会社 ひけし (SENSITIVE)",
            "SENSITIVE: Incident Management Request Service Request: 株式会社 ひけし [URGENT]",
        ] {
            let read = of(subject);
            assert_eq!((read.requests, read.organization.as_deref()), (true, Some("株式会社 ひけし")), "{subject}");
        }
        for subject in [
            "Incident Management Request Service Request:",
            "Incident Management Request Service Request: <組織名>",
            "Incident Management Request Service Request: N/A",
        ] {
            assert_eq!((of(subject).requests, of(subject).organization), (true, None), "{subject}");
        }
        assert_eq!(of("Incident report: A"), Subject { bare: "Incident report: A".to_owned(), ..Subject::default() });
        assert!(of("Re: x").answers && of("返信: x").answers && of("転送: Re: x").passes_on && of("RE[2]: x").answers);
    }

    // covers: S0-55, S0-60
    #[test]
    fn marks_of_the_subject_are_seen() {
        for subject in ["SENSITIVE", "[SENSITIVE] x", "x (Sensitive)", "Re: ＳＥＮＳＩＴＩＶＥ: x", "TLP:AMBER SENSITIVE x", "【機密】x"]
        {
            assert!(of(subject).sensitive, "{subject}");
        }
        for subject in
            ["non-sensitive data", "Not sensitive: x", "time-sensitive", "insensitive", "sensitivity", "機密情報の漏えい", "INSENSITIVE"]
        {
            assert!(!of(subject).sensitive, "{subject}");
        }
        assert!(of("URGENT: x").urgent && of("[Emergency] x").urgent && of("【至急】x").urgent && of("EMERGENCY").urgent);
        assert!(!of("urgent question").urgent && !of("NON-URGENT x").urgent && !of("緊急ではない件").urgent && !of("INSURGENTS").urgent);
    }
}
