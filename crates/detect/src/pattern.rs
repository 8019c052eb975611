//! Text patterns: what a Sigma string value means once its wildcards, escapes and modifiers are resolved.
//!
//! A [`Glob`] is what the modifiers work on; a [`Pattern`] is the cheapest equal test; a [`PatternSet`] is any of several.

use serde::{Deserialize, Serialize};

use crate::text::{Needle, fold};

/// One part of a Sigma string.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Part {
    /// Text as it stands.
    Literal(Needle),
    /// `*`: any text, also none.
    Many,
    /// `?`: exactly one character.
    One,
    /// Any of the characters that Windows takes for the dash of an option.
    Dash,
}

/// The characters that `windash` treats alike (Sigma specification, modifiers appendix).
pub(crate) const DASHES: [char; 5] = ['-', '/', '\u{2013}', '\u{2014}', '\u{2015}'];

/// A Sigma string before it is compiled: literals still in the rule's case.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Glob(pub(crate) Vec<RawPart>);

/// A part of a [`Glob`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum RawPart {
    Literal(String),
    Many,
    One,
    Dash,
}

impl Glob {
    pub(crate) fn literal(text: impl Into<String>) -> Glob {
        Glob(vec![RawPart::Literal(text.into())])
    }

    /// The text, if there are no wildcards.
    pub(crate) fn plain(&self) -> Option<String> {
        self.0.iter().map(|part| if let RawPart::Literal(text) = part { Some(text.as_str()) } else { None }).collect()
    }

    pub(crate) fn open_start(mut self) -> Glob {
        if self.0.first() != Some(&RawPart::Many) {
            self.0.insert(0, RawPart::Many);
        }
        self
    }

    pub(crate) fn open_end(mut self) -> Glob {
        if self.0.last() != Some(&RawPart::Many) {
            self.0.push(RawPart::Many);
        }
        self
    }

    /// Replaces each option dash (`-` or `/` before a word, not after one) by any of [`DASHES`].
    pub(crate) fn windash(self) -> Glob {
        let mut out = Vec::new();
        let mut previous = None;
        for part in self.0 {
            let RawPart::Literal(text) = part else {
                out.push(part);
                previous = None;
                continue;
            };
            let mut literal = String::new();
            let mut characters = text.chars().peekable();
            while let Some(character) = characters.next() {
                let opens = matches!(character, '-' | '/') && !previous.is_some_and(is_word);
                if opens && characters.peek().copied().is_some_and(is_word) {
                    push_literal(&mut out, &mut literal);
                    out.push(RawPart::Dash);
                } else {
                    literal.push(character);
                }
                previous = Some(character);
            }
            push_literal(&mut out, &mut literal);
        }
        Glob(out)
    }

    /// The cheapest pattern that tests the same. `cased` keeps the rule's case.
    pub(crate) fn compile(self, cased: bool) -> Pattern {
        let bytes = |text: &str| if cased { text.as_bytes().to_vec() } else { fold(text) };
        let mut parts = Vec::new();
        for part in self.0 {
            match part {
                RawPart::Many if parts.last() == Some(&Part::Many) => {}
                RawPart::Many => parts.push(Part::Many),
                RawPart::One => parts.push(Part::One),
                RawPart::Dash => parts.push(Part::Dash),
                RawPart::Literal(text) => match parts.pop() {
                    Some(Part::Literal(before)) => {
                        parts.push(Part::Literal(Needle::new([before.bytes(), &bytes(&text)].concat())));
                    }
                    before => {
                        parts.extend(before);
                        parts.push(Part::Literal(Needle::new(bytes(&text))));
                    }
                },
            }
        }
        match parts.as_slice() {
            [] => Pattern::Exact(Box::default()),
            [Part::Many] => Pattern::Any,
            [Part::Literal(text)] => Pattern::Exact(text.bytes().into()),
            [Part::Literal(text), Part::Many] => Pattern::Prefix(text.bytes().into()),
            [Part::Many, Part::Literal(text)] => Pattern::Suffix(text.bytes().into()),
            [Part::Many, Part::Literal(text), Part::Many] => Pattern::Contains(text.clone()),
            _ => Pattern::Glob(parts),
        }
    }
}

fn push_literal(out: &mut Vec<RawPart>, literal: &mut String) {
    if !literal.is_empty() {
        out.push(RawPart::Literal(std::mem::take(literal)));
    }
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

/// One text test. Its bytes are folded unless the predicate is cased.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Pattern {
    Any,
    Exact(Box<[u8]>),
    Prefix(Box<[u8]>),
    Suffix(Box<[u8]>),
    Contains(Needle),
    Glob(Vec<Part>),
}

impl Pattern {
    pub(crate) fn matches(&self, text: &[u8]) -> bool {
        match self {
            Pattern::Any => true,
            Pattern::Exact(wanted) => text == &**wanted,
            Pattern::Prefix(wanted) => text.starts_with(wanted),
            Pattern::Suffix(wanted) => text.ends_with(wanted),
            Pattern::Contains(needle) => needle.within(text),
            Pattern::Glob(parts) => glob_matches(parts, text),
        }
    }
}

/// Matches the parts against the whole text: each run of parts between two `*` takes its leftmost place, which loses no match.
fn glob_matches(parts: &[Part], text: &[u8]) -> bool {
    let mut rest = text;
    let mut segments = parts.split(|part| *part == Part::Many).peekable();
    let Some(first) = segments.next() else { return text.is_empty() };
    match prefix_length(first, rest).and_then(|length| rest.get(length..)) {
        Some(after) => rest = after,
        None => return false,
    }
    if segments.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(segment) = segments.next() {
        if segments.peek().is_none() {
            return ends_with(segment, rest);
        }
        match find_segment(segment, rest) {
            Some(after) => rest = after,
            None => return false,
        }
    }
    true
}

/// How many bytes the segment takes at the start of the text.
fn prefix_length(segment: &[Part], text: &[u8]) -> Option<usize> {
    let mut at = 0;
    for part in segment {
        let rest = text.get(at..)?;
        at += match part {
            Part::Literal(needle) => rest.starts_with(needle.bytes()).then(|| needle.bytes().len())?,
            Part::One => character_length(rest)?,
            Part::Dash => dash_length(rest)?,
            Part::Many => 0,
        };
    }
    Some(at)
}

fn find_segment<'t>(segment: &[Part], text: &'t [u8]) -> Option<&'t [u8]> {
    if let [Part::Literal(needle)] = segment {
        return text.get(needle.find(text)? + needle.bytes().len()..);
    }
    let mut start = 0;
    loop {
        let rest = text.get(start..)?;
        if let Some(length) = prefix_length(segment, rest) {
            return rest.get(length..);
        }
        start += character_length(rest)?;
    }
}

fn ends_with(segment: &[Part], text: &[u8]) -> bool {
    match segment {
        [] => true,
        [Part::Literal(needle)] => text.ends_with(needle.bytes()),
        _ => {
            let starts = (0..=text.len()).rev().filter_map(|start| text.get(start..));
            let mut starts = starts.filter(|rest| rest.first().is_none_or(|byte| (*byte as i8) >= -0x40));
            starts.any(|rest| prefix_length(segment, rest) == Some(rest.len()))
        }
    }
}

fn character_length(text: &[u8]) -> Option<usize> {
    let length = match text.first()? {
        0x00..=0xBF => 1,
        0xC0..=0xDF => 2,
        0xE0..=0xEF => 3,
        _ => 4,
    };
    Some(length.min(text.len()))
}

fn dash_length(text: &[u8]) -> Option<usize> {
    let mut buffer = [0; 4];
    DASHES.iter().find(|dash| text.starts_with(dash.encode_utf8(&mut buffer).as_bytes())).map(|dash| dash.len_utf8())
}

/// Any of several patterns, cheapest first.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, Default)]
pub(crate) struct PatternSet {
    /// Sorted, so that a long list of hashes or names is one binary search.
    exact: Vec<Box<[u8]>>,
    rest: Vec<Pattern>,
}

impl PatternSet {
    pub(crate) fn new(patterns: Vec<Pattern>) -> PatternSet {
        let mut set = PatternSet::default();
        for pattern in patterns {
            match pattern {
                Pattern::Exact(text) => set.exact.push(text),
                other => set.rest.push(other),
            }
        }
        set.exact.sort_unstable();
        set.exact.dedup();
        set.rest.sort_unstable();
        set.rest.dedup();
        set
    }

    pub(crate) fn matches(&self, text: &[u8]) -> bool {
        let exact = match self.exact.as_slice() {
            [] => false,
            [one] => text == &**one,
            many => many.binary_search_by(|wanted| (**wanted).cmp(text)).is_ok(),
        };
        exact || self.rest.iter().any(|pattern| pattern.matches(text))
    }

    /// The set asks for the empty text, which a null value satisfies too.
    pub(crate) fn holds_empty(&self) -> bool {
        self.exact.first().is_some_and(|text| text.is_empty())
    }

    /// Every pattern of the set.
    pub(crate) fn patterns(&self) -> impl Iterator<Item = Pattern> + '_ {
        self.exact.iter().cloned().map(Pattern::Exact).chain(self.rest.iter().cloned())
    }
}
