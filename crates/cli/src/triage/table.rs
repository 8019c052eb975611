//! The subjects for a person at a terminal: one block each, the verdict first, then the strongest reasons.

use std::io::Write;

use anyhow::Result;
use hikeshi_domain::phrase::{Language, Phrase};
use hikeshi_domain::phrases::render;
use hikeshi_domain::verdict::Verdict;

use super::Case;

/// Letters shown of a reason or a command line.
const LONGEST: usize = 200;
/// Reasons shown of each subject; the rest stands in the reports.
const REASONS: usize = 4;

/// Prints all subjects.
pub(super) fn print(cases: &[Case], language: Language, out: &mut dyn Write) -> Result<()> {
    if cases.is_empty() {
        let nothing = Phrase::new("triage_table.nothing");
        writeln!(out, "{}", render(&nothing, language))?;
    }
    for case in cases {
        let triage = &case.triage;
        let (verdict, score) = (triage.judgement.verdict, triage.judgement.score);
        let subject = triage.subject.image.clone().or_else(|| triage.subject.channel.clone()).unwrap_or_else(|| "?".to_owned());
        let detected = triage.window.detected_at.strftime("%Y-%m-%d %H:%M:%S UTC");
        writeln!(out, "{} {score:+4}  {detected}  {}  {}", chip(verdict, language), triage.host, printable(&subject))?;
        if let Some(line) = &triage.subject.command_line {
            writeln!(out, "            {}", printable(&shortened(line)))?;
        }
        for finding in triage.findings.iter().take(REASONS) {
            writeln!(out, "     {:+4}   {}", finding.points, printable(&shortened(&render(&finding.reason, language))))?;
        }
        let more = triage.findings.len().saturating_sub(REASONS);
        if more > 0 {
            writeln!(out, "            {}", render(&Phrase::new("triage_table.more").with("count", more.to_string()), language))?;
        }
        writeln!(out)?;
    }
    Ok(())
}

fn chip(verdict: Verdict, language: Language) -> String {
    let word = render(&Phrase::new(format!("verdict.{verdict}")), language);
    match verdict {
        Verdict::Black => format!("\u{1b}[97;40;1m {word} \u{1b}[0m"),
        Verdict::Grey => format!("\u{1b}[30;47m {word} \u{1b}[0m"),
        Verdict::White => format!("\u{1b}[30;107m {word} \u{1b}[0m"),
    }
}

/// The beginning of a long text, with a sign that there is more.
fn shortened(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", text.split_at(end).0),
        None => text.to_owned(),
    }
}

/// What a log holds must not steer the terminal.
fn printable(text: &str) -> String {
    text.chars().map(|sign| if sign.is_control() { '\u{fffd}' } else { sign }).collect()
}
