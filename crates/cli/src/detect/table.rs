//! Matches as columns on a terminal. What logs hold is foreign: control characters never reach the terminal.

use std::io::{self, Write};

use hikeshi_detect::{Level, RuleInfo};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::render::Row;

/// The fields that tell most, in the order of preference.
const TELLING: [&str; 12] = [
    "CommandLine",
    "ScriptBlockText",
    "TargetObject",
    "TargetFilename",
    "ImageLoaded",
    "QueryName",
    "DestinationHostname",
    "ServiceName",
    "TaskName",
    "Path",
    "Image",
    "NewProcessName",
];
const DETAIL_CHARS: usize = 100;
/// Letters that share a cell at most, on average: marks and joiners take none, and a field may hold a million of them.
const LETTERS_A_CELL: usize = 4;

/// Widths of the columns, in cells of a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Widths {
    host: usize,
    rule: usize,
    /// What matched: at most so much; without a terminal, event and field have widths of their own.
    what: Option<usize>,
}

const TIME: usize = 20;
const LEVEL: usize = 13;
/// Where nobody says how wide the screen is: a file or another program reads it.
const ENDLESS: Widths = Widths { host: 24, rule: 52, what: None };

impl Widths {
    /// Those of the terminal that is written to, if one is; `COLUMNS` says it better than the terminal.
    pub(super) fn of_stdout() -> Self {
        let Some((terminal_size::Width(cells), _)) = terminal_size::terminal_size_of(io::stdout()) else { return ENDLESS };
        let said = std::env::var("COLUMNS").ok().and_then(|text| text.parse().ok()).filter(|cells| *cells > 0);
        Widths::within(said.unwrap_or_else(|| usize::from(cells)))
    }

    /// Those that fill a line of so many cells; a very narrow one is overrun rather than left without words.
    fn within(cells: usize) -> Self {
        let shared = cells.saturating_sub(TIME + LEVEL + 4);
        let host = (shared / 6).clamp(8, ENDLESS.host);
        let rule = (shared.saturating_sub(host) * 2 / 5).clamp(12, ENDLESS.rule);
        Widths { host, rule, what: Some(shared.saturating_sub(host + rule).max(12)) }
    }
}

/// The heading.
pub(super) fn begin(widths: Widths, out: &mut dyn Write) -> io::Result<()> {
    let (host, rule) = (widths.host, widths.rule);
    writeln!(out, "{:<TIME$} {:<LEVEL$} {:<host$} {:<rule$} MATCH", "TIME (UTC)", "LEVEL", "HOST", "RULE")
}

/// One match.
pub(super) fn row(rule: &RuleInfo, row: &Row, widths: Widths, out: &mut dyn Write) -> io::Result<()> {
    let time = row.time.map(|time| time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()).unwrap_or_default();
    let (paint, plain) = match (coloured(), rule.level) {
        (true, Level::Critical) => ("\x1b[1;31m", "\x1b[0m"),
        (true, Level::High) => ("\x1b[31m", "\x1b[0m"),
        (true, Level::Medium) => ("\x1b[33m", "\x1b[0m"),
        _ => ("", ""),
    };
    let telling = TELLING.iter().find_map(|name| row.fields.iter().find(|(field, text)| field == name && !text.is_empty()));
    let detail = telling.or(row.fields.first()).map(|(name, text)| format!("{name}: {text}")).unwrap_or_default();
    let what = match widths.what {
        None => format!("{} {}", fit(&row.event, 60), fit(&detail, DETAIL_CHARS)),
        Some(cells) => fit(&format!("{} {detail}", row.event), cells),
    };
    let (host, title) = (column(&row.host, widths.host), column(&rule.title, widths.rule));
    writeln!(out, "{time:<TIME$} {paint}{:<LEVEL$}{plain} {host} {title} {what}", rule.level)
}

fn coloured() -> bool {
    std::io::IsTerminal::is_terminal(&std::io::stdout()) && std::env::var_os("NO_COLOR").is_none()
}

/// The text in exactly so many cells.
fn column(text: &str, cells: usize) -> String {
    let shown = fit(text, cells);
    let room = cells.saturating_sub(shown.width());
    format!("{shown}{:room$}", "")
}

/// The text in at most so many cells, without control characters. A Japanese letter takes two.
fn fit(text: &str, cells: usize) -> String {
    let mut shown = String::new();
    let mut taken = 0;
    let letters = text.chars().map(|letter| if letter.is_control() || is_direction(letter) { ' ' } else { letter });
    for (number, letter) in letters.enumerate() {
        taken += letter.width().unwrap_or_default();
        if taken > cells || number >= cells.saturating_mul(LETTERS_A_CELL) {
            while shown.width() >= cells.max(1) {
                shown.pop();
            }
            shown.push('…');
            return shown;
        }
        shown.push(letter);
    }
    shown
}

/// Characters that turn the direction of writing around could show a name as another.
fn is_direction(character: char) -> bool {
    matches!(character, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use hikeshi_detect::{RuleIndex, RuleKind};

    use super::*;

    #[test]
    fn nothing_that_steers_a_terminal_is_printed() {
        assert_eq!(fit("a\x1b[2Jb\u{202E}c", 20), "a [2Jb c");
        assert_eq!(fit("abcdef", 4), "abc…");
        assert_eq!(fit("abcd", 4), "abcd");
        assert_eq!(fit("報告書.exe", 6), "報告…");
        assert_eq!(column("報告", 6), "報告  ");
    }

    /// They take no cell, so that a whole field of them was printed.
    #[test]
    fn letters_without_width_are_bounded_too() {
        let marks = "\u{0301}".repeat(1_000_000);
        for text in [marks.clone(), format!("a{marks}"), format!("abcdef{marks}"), format!("{}b", "\u{200D}".repeat(1_000))] {
            let shown = fit(&text, 4);
            assert!(shown.chars().count() <= 17 && shown.ends_with('…') && shown.width() <= 4, "{} letters", shown.chars().count());
        }
        assert_eq!(fit("か\u{3099}き\u{3099}", 4), "か\u{3099}き\u{3099}", "a mark of its own belongs to the letter before it");
    }

    fn line(widths: Widths) -> (String, String) {
        let rule = RuleInfo {
            id: "r".to_owned(),
            name: String::new(),
            title: "検知ルールの題名 with words that do not end before the column does, so that it is cut".to_owned(),
            title_ja: None,
            description: String::new(),
            level: Level::High,
            author: String::new(),
            tags: Vec::new(),
            false_positives: Vec::new(),
            log_source: String::new(),
            kind: RuleKind::Detection,
            reported: true,
        };
        let row = Row {
            rule: RuleIndex(0),
            time: None,
            host: "workstation-of-the-accounting.corp.example".to_owned(),
            event: "1 #7".to_owned(),
            path: String::new(),
            fields: vec![("CommandLine".to_owned(), "x".repeat(1_000))],
        };
        let (mut heading, mut out) = (Vec::new(), Vec::new());
        begin(widths, &mut heading).unwrap();
        super::row(&rule, &row, widths, &mut out).unwrap();
        (String::from_utf8(heading).unwrap().trim_end().to_owned(), String::from_utf8(out).unwrap().trim_end().to_owned())
    }

    #[test]
    fn a_line_keeps_within_the_terminal() {
        for cells in [80, 100, 132, 200, 400] {
            let (heading, line) = line(Widths::within(cells));
            assert!(heading.width() <= cells && line.width() <= cells, "{cells}: {} {line}", line.width());
            assert_eq!(heading.find("MATCH").map(|at| heading[..at].width()), line.find("1 #7").map(|at| line[..at].width()), "{cells}");
        }
        assert!(line(Widths::within(400)).1.contains(&"x".repeat(200)), "a wide terminal shows more");
        let (_, piped) = line(ENDLESS);
        assert!(piped.contains(&"x".repeat(80)) && piped.ends_with('…'), "{piped}");
    }
}
