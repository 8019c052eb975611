//! Texts with places to fill, compiled once into pieces that are copied: what is fixed is JSON-escaped at load, not per event.
//!
//! `{name}` is a place; `{number:1-9}` and `{hex:8}` are made by chance; `{word}` is one of the drill's words; `{{` and `}}` are braces.

use std::fmt::Write;

use crate::chance::Chance;

/// A place that the host, the process or the event fills.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Host,
    Short,
    Ip,
    Domain,
    Login,
    Sid,
    Utc,
    Time,
    Guid,
    Pid,
    PidHex,
    Image,
    Command,
    User,
    LogonId,
    Integrity,
    Sha256,
    Version,
    Description,
    Product,
    Company,
    Original,
    ParentGuid,
    ParentPid,
    ParentPidHex,
    ParentImage,
    ParentCommand,
    ValueHash,
}

const PLACES: [(&str, Place); 28] = [
    ("host", Place::Host),
    ("short", Place::Short),
    ("ip", Place::Ip),
    ("domain", Place::Domain),
    ("login", Place::Login),
    ("sid", Place::Sid),
    ("utc", Place::Utc),
    ("time", Place::Time),
    ("guid", Place::Guid),
    ("pid", Place::Pid),
    ("pid_hex", Place::PidHex),
    ("image", Place::Image),
    ("command", Place::Command),
    ("user", Place::User),
    ("logon_id", Place::LogonId),
    ("integrity", Place::Integrity),
    ("sha256", Place::Sha256),
    ("version", Place::Version),
    ("description", Place::Description),
    ("product", Place::Product),
    ("company", Place::Company),
    ("original", Place::Original),
    ("parent.guid", Place::ParentGuid),
    ("parent.pid", Place::ParentPid),
    ("parent.pid_hex", Place::ParentPidHex),
    ("parent.image", Place::ParentImage),
    ("parent.command", Place::ParentCommand),
    ("value_hash", Place::ValueHash),
];

/// One piece of a compiled text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Piece {
    /// Already escaped.
    Text(Box<str>),
    Place(Place),
    Number(u64, u64),
    Hex(u8),
    Word,
    /// A value of a vocabulary.
    Value(usize),
}

/// A compiled text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Template {
    pub(crate) pieces: Vec<Piece>,
}

/// Fills places while a template is written.
pub(crate) trait Fill {
    /// Writes the text of a place, escaped.
    fn place(&mut self, place: Place, out: &mut String);
    /// Writes a value of a vocabulary, escaped.
    fn value(&mut self, vocabulary: usize, out: &mut String);
    /// One of the words, by number.
    fn word(&self, number: u64) -> &str;
}

impl Template {
    /// Compiles a text. `named` gives the meaning of names that are no fixed places: texts that a scenario defines.
    pub(crate) fn compile(text: &str, named: &dyn Fn(&str) -> Option<String>) -> Result<Self, String> {
        let mut template = Template::default();
        let mut plain = String::new();
        let mut letters = text.chars().peekable();
        while let Some(letter) = letters.next() {
            if letter == '{' && letters.peek() != Some(&'{') {
                template.text(&std::mem::take(&mut plain));
                let inside: String = letters.by_ref().take_while(|letter| *letter != '}').collect();
                match (piece(&inside), named(&inside)) {
                    (Some(piece), _) => template.pieces.push(piece),
                    // A named text holds fixed places only, so that none can name itself.
                    (None, Some(text)) => template.extend(Template::compile(&text, &|_| None)?),
                    (None, None) => return Err(format!("expected a known name in braces, found `{{{inside}}}`")),
                }
                continue;
            }
            if matches!(letter, '{' | '}') && letters.next_if_eq(&letter).is_none() {
                return Err("expected `}}` for a brace, found a single `}`".to_owned());
            }
            plain.push(letter);
        }
        template.text(&plain);
        Ok(template)
    }

    /// Adds fixed text, escaped for a JSON string.
    pub(crate) fn text(&mut self, text: &str) {
        if !text.is_empty() {
            self.raw(&escaped(text));
        }
    }

    /// Adds fixed text as it is.
    pub(crate) fn raw(&mut self, text: &str) {
        if let Some(Piece::Text(last)) = self.pieces.last_mut() {
            *last = format!("{last}{text}").into();
        } else {
            self.pieces.push(Piece::Text(text.into()));
        }
    }

    pub(crate) fn extend(&mut self, other: Template) {
        for piece in other.pieces {
            match piece {
                Piece::Text(text) => self.raw(&text),
                other => self.pieces.push(other),
            }
        }
    }

    /// Writes the text with its places filled.
    pub(crate) fn write(&self, fill: &mut impl Fill, chance: &mut Chance, out: &mut String) {
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::Place(place) => fill.place(*place, out),
                Piece::Number(from, to) => number(from + chance.below(to - from + 1), out),
                Piece::Hex(digits) => hex(chance.next(), *digits, out),
                Piece::Word => out.push_str(fill.word(chance.next())),
                Piece::Value(vocabulary) => fill.value(*vocabulary, out),
            }
        }
    }
}

fn piece(inside: &str) -> Option<Piece> {
    if let Some((_, place)) = PLACES.iter().find(|(name, _)| *name == inside) {
        return Some(Piece::Place(*place));
    }
    if inside == "word" {
        return Some(Piece::Word);
    }
    if let Some(digits) = inside.strip_prefix("hex:") {
        return digits.parse().ok().filter(|digits| (1..=16).contains(digits)).map(Piece::Hex);
    }
    let (from, to) = inside.strip_prefix("number:")?.split_once('-')?;
    let (from, to) = (from.parse().ok()?, to.parse().ok()?);
    (from <= to && to < u64::from(u32::MAX)).then_some(Piece::Number(from, to))
}

/// A text as it stands inside a JSON string.
pub(crate) fn escaped(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or_default().to_owned()
}

/// The text of an escaped one.
pub(crate) fn unescaped(text: &str) -> String {
    serde_json::from_str(&format!("\"{text}\"")).unwrap_or_else(|_| text.to_owned())
}

/// Writes a number; a `String` takes every write.
pub(crate) fn number(number: u64, out: &mut String) {
    let _ = write!(out, "{number}");
}

/// Writes so many hexadecimal digits.
pub(crate) fn hex(bits: u64, digits: u8, out: &mut String) {
    for place in (0..digits).rev() {
        let digit = (bits >> (4 * u32::from(place))) & 0xf;
        out.push(char::from_digit(u32::try_from(digit).unwrap_or(0), 16).unwrap_or('0'));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Nothing;

    impl Fill for Nothing {
        fn place(&mut self, place: Place, out: &mut String) {
            let _ = write!(out, "<{place:?}>");
        }
        fn value(&mut self, vocabulary: usize, out: &mut String) {
            let _ = write!(out, "<{vocabulary}>");
        }
        fn word(&self, _: u64) -> &str {
            "週報"
        }
    }

    fn written(text: &str) -> String {
        let template = Template::compile(text, &|name| (name == "lure").then(|| "a\"b".to_owned())).unwrap();
        let mut out = String::new();
        template.write(&mut Nothing, &mut Chance::new(1), &mut out);
        out
    }

    #[test]
    fn places_are_filled_and_texts_escaped() {
        assert_eq!(written(r"C:\Users\{login}\{word}_{number:7-7}.txt"), r"C:\\Users\\<Login>\\週報_7.txt");
        assert_eq!(written("{{{hex:2}}} {lure}").len(), "{ab} a\\\"b".len());
        assert_eq!(unescaped(&escaped("a\\\"b\n")), "a\\\"b\n");
        assert!(Template::compile("{nobody}", &|_| None).unwrap_err().contains("{nobody}"));
        assert!(Template::compile("a}b", &|_| None).is_err());
    }
}
