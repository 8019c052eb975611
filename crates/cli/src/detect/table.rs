//! Matches as columns on a terminal. What logs hold is foreign: control characters never reach the terminal.

use std::io::{self, Write};

use hikeshi_detect::{Level, RuleInfo};

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

/// The heading.
pub(super) fn begin(out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{:<20} {:<13} {:<24} {:<52} MATCH", "TIME (UTC)", "LEVEL", "HOST", "RULE")
}

/// One match.
pub(super) fn row(rule: &RuleInfo, row: &Row, out: &mut dyn Write) -> io::Result<()> {
    let time = row.time.map(|time| time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()).unwrap_or_default();
    let (paint, plain) = match (coloured(), rule.level) {
        (true, Level::Critical) => ("\x1b[1;31m", "\x1b[0m"),
        (true, Level::High) => ("\x1b[31m", "\x1b[0m"),
        (true, Level::Medium) => ("\x1b[33m", "\x1b[0m"),
        _ => ("", ""),
    };
    let telling = TELLING.iter().find_map(|name| row.fields.iter().find(|(field, text)| field == name && !text.is_empty()));
    let detail = telling.or(row.fields.first()).map(|(name, text)| format!("{name}: {text}")).unwrap_or_default();
    writeln!(
        out,
        "{time:<20} {paint}{:<13}{plain} {:<24} {:<52} {} {}",
        rule.level,
        fit(&row.host, 24),
        fit(&rule.title, 52),
        fit(&row.event, 60),
        fit(&detail, DETAIL_CHARS),
    )
}

fn coloured() -> bool {
    std::io::IsTerminal::is_terminal(&std::io::stdout()) && std::env::var_os("NO_COLOR").is_none()
}

/// At most so many characters, none of them a control character.
fn fit(text: &str, most: usize) -> String {
    let mut shown: String = text.chars().map(|c| if c.is_control() || is_direction(c) { ' ' } else { c }).take(most + 1).collect();
    if shown.chars().count() > most {
        shown.pop();
        shown.pop();
        shown.push('…');
    }
    shown
}

/// Characters that turn the direction of writing around could show a name as another.
fn is_direction(character: char) -> bool {
    matches!(character, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_steers_a_terminal_is_printed() {
        assert_eq!(fit("a\x1b[2Jb\u{202E}c", 20), "a [2Jb c");
        assert_eq!(fit("abcdef", 4), "abc…");
        assert_eq!(fit("abcd", 4), "abcd");
    }
}
