//! What a reader can see: hidden characters become visible ones.
//!
//! A control character, a bidirectional override or a zero-width joiner in a file name is how a name lies about itself. Such a
//! character is shown as `‹U+202E›`, in every format. Line breaks stay line breaks.

use std::borrow::Cow;

/// The text with each hidden character as its code point.
pub(crate) fn visible(text: &str) -> Cow<'_, str> {
    if text.chars().all(|letter| letter.is_ascii_graphic() || letter == ' ') {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    let mut before = ' ';
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\r' if letters.peek() == Some(&'\n') => {}
            '\n' => shown.push('\n'),
            '\t' => shown.push_str("    "),
            _ if hidden(letter) && !selects_variant(letter, before) => shown.push_str(&code_point(letter)),
            _ => shown.push(letter),
        }
        before = letter;
    }
    Cow::Owned(shown)
}

/// A character by its number: `‹U+202E›`.
pub(crate) fn code_point(letter: char) -> String {
    format!("‹U+{:04X}›", u32::from(letter))
}

/// The text in one line: line breaks become `↵`.
pub(crate) fn one_line(text: &str) -> Cow<'_, str> {
    if text.contains('\n') { Cow::Owned(text.replace('\n', "↵ ")) } else { Cow::Borrowed(text) }
}

/// Characters that show nothing, or change how their neighbours show, or mean nothing outside one program.
fn hidden(letter: char) -> bool {
    matches!(u32::from(letter),
        0x00..=0x1F | 0x7F..=0x9F | 0xAD | 0x34F | 0x61C | 0x115F..=0x1160 | 0x17B4..=0x17B5 | 0x180B..=0x180F
        | 0x200B..=0x200F | 0x2028..=0x202E | 0x2060..=0x206F | 0x2800 | 0x3164 | 0xE000..=0xF8FF | 0xFE00..=0xFE0F | 0xFEFF | 0xFFA0
        | 0xFFF0..=0xFFFB | 0xFFFE..=0xFFFF | 0x1BCA0..=0x1BCA3 | 0x1D173..=0x1D17A | 0xE0000..=0xE0FFF | 0xF0000..=0x10_FFFF)
}

/// Whether the letter chooses the shape of the one before it, as it should: kanji variants, emoji presentation.
fn selects_variant(letter: char, before: char) -> bool {
    let before = u32::from(before);
    let kanji = matches!(before, 0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xF900..=0xFAFF | 0x20000..=0x323AF);
    match u32::from(letter) {
        0xE0100..=0xE01EF => kanji,
        0xFE00..=0xFE02 => kanji,
        0xFE0E..=0xFE0F => before > 0x2000 && !kanji,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        assert_eq!(visible(text), expected);
    }

    #[test]
    fn hidden_characters_are_shown() {
        check("invoice\u{202e}fdp.exe", "invoice‹U+202E›fdp.exe");
        check("a\u{0}b\u{7}\u{200b}c\u{feff}", "a‹U+0000›b‹U+0007›‹U+200B›c‹U+FEFF›");
        check("x\u{e000}\u{e0041}", "x‹U+E000›‹U+E0041›");
        check("a\u{fe0f}", "a‹U+FE0F›");
    }

    #[test]
    fn ordinary_text_stays() {
        check("葛\u{e0100}城市 髙﨑 𠮷野家 ﾃｽﾄ", "葛\u{e0100}城市 髙﨑 𠮷野家 ﾃｽﾄ");
        check("a\r\nb\tc", "a\nb    c");
        check("☎\u{fe0f}", "☎\u{fe0f}");
        assert_eq!(one_line("a\nb"), "a↵ b");
    }
}
