//! The fonts that the program carries: which characters they have, how wide those are.
//!
//! Noto Sans JP for text, DejaVu Sans Mono for paths, hashes and command lines, each the other's fallback. A character that neither
//! has is shown by its code point: a report never holds an empty box.

use std::borrow::Cow;
use std::sync::OnceLock;

use typst::foundations::Bytes;
use typst::layout::Abs;
use typst::text::{Font, FontBook, FontInstance, FontVariations};
use typst::utils::LazyHash;

use crate::DocumentError;
use crate::printable::code_point;

static FILES: [(&str, &[u8]); 4] = [
    ("NotoSansJP-Regular", include_bytes!("../../../templates/fonts/NotoSansJP-Regular.ttf")),
    ("NotoSansJP-Bold", include_bytes!("../../../templates/fonts/NotoSansJP-Bold.ttf")),
    ("DejaVuSansMono", include_bytes!("../../../templates/fonts/DejaVuSansMono.ttf")),
    ("DejaVuSansMono-Bold", include_bytes!("../../../templates/fonts/DejaVuSansMono-Bold.ttf")),
];

static FONTS: OnceLock<Result<Fonts, &'static str>> = OnceLock::new();

/// The parsed fonts.
#[derive(Debug)]
pub(crate) struct Fonts {
    pub(crate) all: Vec<Font>,
    pub(crate) book: LazyHash<FontBook>,
    measured: Vec<FontInstance>,
}

/// Which font a run of text is set in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Face {
    /// Noto Sans JP.
    Sans,
    /// Noto Sans JP Bold.
    Bold,
    /// DejaVu Sans Mono.
    Mono,
}

/// The fonts, parsed once.
///
/// # Errors
/// When a font that the program carries cannot be read.
pub(crate) fn fonts() -> Result<&'static Fonts, DocumentError> {
    FONTS.get_or_init(Fonts::parse).as_ref().map_err(|name| DocumentError::Font(name))
}

impl Fonts {
    fn parse() -> Result<Self, &'static str> {
        let parsed = FILES.iter().map(|(name, data)| Font::new(Bytes::new(*data), 0).ok_or(*name));
        let all = parsed.collect::<Result<Vec<Font>, _>>()?;
        let book = LazyHash::new(FontBook::from_fonts(&all));
        let instance = |font: &Font| font.clone().instantiate(font.info().variant, Abs::pt(10.0), &FontVariations::default());
        let measured = all.iter().map(instance).collect();
        Ok(Fonts { all, book, measured })
    }

    fn covers(&self, letter: char) -> bool {
        self.all.iter().any(|font| font.info().coverage.contains(u32::from(letter)))
    }

    /// The text with each character that no font has as its code point.
    pub(crate) fn printable<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let shows = |letter: char| letter.is_ascii_graphic() || matches!(letter, ' ' | '\n') || selector(letter) || self.covers(letter);
        if text.chars().all(shows) {
            return Cow::Borrowed(text);
        }
        let letters =
            text.chars().map(|letter| if shows(letter) { Cow::Owned(letter.to_string()) } else { Cow::Owned(code_point(letter)) });
        Cow::Owned(letters.collect::<Vec<Cow<'_, str>>>().concat())
    }

    /// Width of a character in ems.
    fn advance(&self, letter: char, face: Face) -> f64 {
        if selector(letter) {
            return 0.0;
        }
        let order: [usize; 2] = match face {
            Face::Sans => [0, 2],
            Face::Bold => [1, 3],
            Face::Mono => [2, 0],
        };
        let fonts = order.iter().filter_map(|index| self.measured.get(*index));
        let mut widths = fonts.filter_map(|font| font.x_advance(font.ttf().glyph_index(letter)?.0).map(|advance| advance.get()));
        widths.next().unwrap_or(1.0)
    }

    /// Width of a text in points.
    pub(crate) fn width(&self, text: &str, face: Face, size: f64) -> f64 {
        text.chars().map(|letter| self.advance(letter, face)).sum::<f64>() * size
    }

    /// The text cut in its middle to a width, so that both its beginning and its end are seen.
    pub(crate) fn shortened(&self, text: &str, face: Face, size: f64, width: f64) -> String {
        if self.width(text, face, size) <= width {
            return text.to_owned();
        }
        let room = (width / size - self.advance('…', face)).max(0.0);
        let head = self.fitting(text.chars(), face, room * 0.6);
        let tail: String = self.fitting(text.chars().rev(), face, room * 0.4).chars().rev().collect();
        format!("{head}…{tail}")
    }

    fn fitting(&self, letters: impl Iterator<Item = char>, face: Face, room_ems: f64) -> String {
        let mut used = 0.0;
        let fits = letters.take_while(|letter| {
            used += self.advance(*letter, face);
            used <= room_ems
        });
        fits.collect()
    }

    /// The text in lines of at most that width, broken at any character, rather after a separator near the end of the line.
    pub(crate) fn lines(&self, text: &str, size: f64, width: f64) -> Vec<String> {
        let room = width / size;
        let mut lines = Vec::new();
        for paragraph in text.split('\n') {
            self.break_lines(paragraph, room, &mut lines);
        }
        lines
    }

    fn break_lines(&self, paragraph: &str, room_ems: f64, lines: &mut Vec<String>) {
        let mut line = String::new();
        let mut used = 0.0;
        for letter in paragraph.chars() {
            let advance = self.advance(letter, Face::Mono);
            if used + advance > room_ems && !line.is_empty() {
                let keep = good_break(&line);
                let rest = line.split_off(keep);
                lines.push(std::mem::replace(&mut line, rest));
                used = self.width(&line, Face::Mono, 1.0);
            }
            line.push(letter);
            used += advance;
        }
        lines.push(line);
    }
}

/// Where a full line is broken: after the last separator of its last third, else at its end.
fn good_break(line: &str) -> usize {
    let earliest = line.len() * 2 / 3;
    let last = line.char_indices().rev().find(|(_, letter)| " \\/,;&|".contains(*letter));
    // `/n` after a space is an option, not the end of a folder's name.
    let after = last.map(|(at, letter)| match line.get(..at) {
        Some(before) if letter == '/' && before.ends_with(' ') => at,
        _ => at + letter.len_utf8(),
    });
    after.filter(|at| *at > earliest).unwrap_or(line.len())
}

/// Chooses the shape of the character before it and has no width of its own.
fn selector(letter: char) -> bool {
    matches!(u32::from(letter), 0xFE00..=0xFE0F | 0xE0100..=0xE01EF)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rare_characters_are_there_and_the_rest_is_named() {
        let fonts = fonts().unwrap();
        let rare = "髙﨑𠮷鷗葛\u{e0100}①㈱ｱｲｳ𠀋𡈽𩸽‹›…−↵●○■□→";
        assert_eq!(fonts.printable(rare), rare);
        assert_eq!(fonts.printable("a🔥b"), "a‹U+1F525›b");
        assert_eq!(fonts.printable("한"), "‹U+D55C›");
    }

    #[test]
    fn a_hash_fits_into_its_line() {
        let fonts = fonts().unwrap();
        assert_eq!(fonts.lines(&"a".repeat(64), 7.5, 300.0).len(), 1);
        let lines = fonts.lines(&"f".repeat(1000), 7.5, 300.0);
        assert!(lines.iter().all(|line| fonts.width(line, Face::Mono, 7.5) <= 300.0));
        assert_eq!(lines.concat(), "f".repeat(1000));
    }

    #[test]
    fn lines_break_after_separators_and_lose_nothing() {
        let fonts = fonts().unwrap();
        let text = r"C:\Users\山田 太郎\AppData\Roaming\Microsoft\Windows\Start Menu\Programs\Startup\update.lnk".repeat(3);
        let lines = fonts.lines(&text, 7.5, 200.0);
        assert_eq!(lines.concat(), text);
        assert!(lines[0].ends_with('\\') || lines[0].ends_with(' '), "{lines:?}");
        assert_eq!(fonts.lines("a\n\nb", 7.5, 200.0), ["a", "", "b"]);
    }

    #[test]
    fn an_option_keeps_its_slash() {
        let fonts = fonts().unwrap();
        let lines = fonts.lines(r#""C:\Program Files\WINWORD.EXE" /n "C:\a.docm""#, 7.5, 7.5 * 0.602 * 32.5);
        assert!(lines.get(1).is_some_and(|line| line.starts_with("/n ")), "{lines:?}");
    }

    #[test]
    fn names_are_shortened_in_the_middle() {
        let fonts = fonts().unwrap();
        let short = fonts.shortened("a_very_long_file_name_that_ends_in.exe", Face::Sans, 8.0, 80.0);
        assert!(short.starts_with("a_very") && short.ends_with(".exe") && short.contains('…'), "{short}");
        assert!(fonts.width(&short, Face::Sans, 8.0) <= 80.0);
    }
}
