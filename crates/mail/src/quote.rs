//! Who says a line of a text: the writer, somebody quoted, somebody whose mail is passed on.

use regex::Regex;
use std::sync::LazyLock;

/// A line, and whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) text: String,
    pub(crate) voice: Voice,
}

/// Whose words a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Voice {
    /// The writer's.
    Own,
    /// Of the mail that is answered.
    Quoted,
    /// Of a mail that is passed on.
    Forwarded,
}

/// A text line by line.
#[derive(Debug, Default)]
pub(crate) struct Letter {
    pub(crate) lines: Vec<Line>,
    /// It says itself that it passes a mail on.
    pub(crate) forwards: bool,
    /// The subject that stands over what is passed on.
    pub(crate) forwarded_subject: Option<String>,
}

static FORWARD: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)^[\s\-_=*>]*(-{2,}\s*forwarded (message|by)|begin forwarded message|forwarded message\s*-{2,}|-{2,}\s*(転送メッセージ|転送メール|転送された|以下転送)|以下、?転送|転送されたメッセージ)").ok()
});
static ORIGINAL: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)^[\s\-_]*-{2,}\s*(original message|original appointment|元のメッセージ|元のメール|オリジナルメッセージ|ursprüngliche nachricht)").ok()
});
static ATTRIBUTION: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)^\s*(on\s.{6,200}\swrote\s*:|.{0,200}<[^<>\s]+@[^<>\s]+>\s*(wrote|さん)?[^:：]{0,20}[:：]|.{2,200}(さんは書きました|は書きました|さんからのメッセージ|wrote)\s*[:：]?)\s*$").ok()
});
/// Fields of the head that programs put over what they quote or pass on.
static FIELD: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)^[\s*]*(from|sent|date|to|cc|subject|reply-to|差出人|送信元|送信者|送信日時|日時|日付|宛先|件名|from ?:|cc)\*?\s*[:：]\s?\*?\s*(.*)$").ok()
});

fn is(pattern: &LazyLock<Option<Regex>>, line: &str) -> bool {
    line.len() <= 1000 && pattern.as_ref().is_some_and(|pattern| pattern.is_match(line))
}

/// A field of a head: its name in lower case, and its value.
fn head_field(line: &str) -> Option<(String, String)> {
    let found = FIELD.as_ref().filter(|_| line.len() <= 1000)?.captures(line)?;
    Some((found.get(1)?.as_str().trim().to_lowercase(), found.get(2)?.as_str().trim().to_owned()))
}

/// Splits a text. `passed_on`: the subject says that a mail is passed on.
pub(crate) fn letter(text: &str, passed_on: bool) -> Letter {
    let mut letter = Letter { forwards: passed_on, ..Letter::default() };
    let (mut voice, mut head, mut signed) = (Voice::Own, false, false);
    let lines: Vec<&str> = text.lines().collect();
    for (at, line) in lines.iter().enumerate() {
        let (depth, inside) = unquoted(line);
        if is(&FORWARD, inside) {
            (voice, head, signed) = (Voice::Forwarded, true, false);
            letter.forwards = true;
            continue;
        }
        if is(&ORIGINAL, inside) || (!head && opens_head(&lines, at)) {
            (voice, signed) = (if letter.forwards { Voice::Forwarded } else { Voice::Quoted }, false);
            head = true;
        }
        if head {
            head = letter.take_head(inside);
            if head || head_field(inside).is_some() {
                continue;
            }
        }
        if depth == 0 && voice == Voice::Own && is(&ATTRIBUTION, line) && quotes_follow(&lines, at) {
            continue;
        }
        if matches!(*line, "-- " | "--" | "-- \r") {
            signed = true;
        }
        if signed && depth == 0 {
            continue;
        }
        let voice = if depth > 0 && voice == Voice::Own { Voice::Quoted } else { voice };
        letter.lines.push(Line { text: inside.trim_end().to_owned(), voice });
    }
    letter
}

impl Letter {
    /// Takes a line of a head; whether the head goes on behind it.
    fn take_head(&mut self, line: &str) -> bool {
        if is(&ORIGINAL, line) || line.trim().is_empty() && self.forwarded_subject.is_none() {
            return true;
        }
        match head_field(line) {
            Some((name, value)) => {
                if matches!(name.as_str(), "subject" | "件名") {
                    self.forwarded_subject.get_or_insert(value);
                }
                true
            }
            None => false,
        }
    }
}

/// The depth of quoting, and the line without its marks.
fn unquoted(line: &str) -> (usize, &str) {
    let (mut depth, mut rest) = (0, line);
    while let Some(inside) = rest.trim_start_matches([' ', '\t']).strip_prefix(['>', '＞']) {
        (depth, rest) = (depth + 1, inside);
    }
    if depth == 0 { (0, line) } else { (depth, rest.strip_prefix(' ').unwrap_or(rest)) }
}

/// Three fields of a head one after another, the first of them a sender: what follows is somebody else's.
fn opens_head(lines: &[&str], at: usize) -> bool {
    let fields = lines.iter().skip(at).take(5).map_while(|line| head_field(unquoted(line).1)).map(|(name, _)| name);
    let fields: Vec<String> = fields.collect();
    let sender = fields.first().is_some_and(|name| matches!(name.as_str(), "from" | "差出人" | "送信元" | "送信者"));
    sender && fields.len() >= 3 && fields.iter().any(|name| matches!(name.as_str(), "subject" | "件名"))
}

fn quotes_follow(lines: &[&str], at: usize) -> bool {
    lines.iter().skip(at + 1).take(3).any(|line| unquoted(line).0 > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn voices(text: &str) -> Vec<(Voice, String)> {
        letter(text, false).lines.into_iter().filter(|line| !line.text.trim().is_empty()).map(|line| (line.voice, line.text)).collect()
    }

    #[test]
    fn quotes_are_told_from_what_the_writer_says() {
        let answer = "Yes.\n\nOn Sat, 14 Mar 2026 at 10:00, Desk <desk@example.jp> wrote:\n> When?\n>> Old\nAt ten.\n-- \nTaro\n";
        let expected = [(Voice::Own, "Yes."), (Voice::Quoted, "When?"), (Voice::Quoted, "Old"), (Voice::Own, "At ten.")];
        assert_eq!(voices(answer), expected.map(|(voice, text)| (voice, text.to_owned())));
        let outlook = "はい。\n\n差出人: A <a@b>\n送信日時: 2026年\n宛先: C\n件名: Re: x\n\n古い\n";
        assert_eq!(voices(outlook), [(Voice::Own, "はい。".to_owned()), (Voice::Quoted, "古い".to_owned())]);
    }

    #[test]
    fn what_is_passed_on_keeps_its_subject() {
        let text = "FYI\n\n---------- Forwarded message ---------\nFrom: A <a@b>\nDate: x\nSubject: the thing\nTo: c\n\nbody\n";
        let read = letter(text, false);
        assert!(read.forwards && read.forwarded_subject.as_deref() == Some("the thing"));
        assert_eq!(read.lines.last().map(|line| line.voice), Some(Voice::Forwarded));
    }
}
