//! `hikeshi matrix`: which response flows the procedure offers for a type and a severity.

use std::io::Write;
use std::path::PathBuf;

use anyhow::Result;
use hikeshi_domain::incident::{IncidentType, Severity};
use hikeshi_domain::phrase::Language;
use hikeshi_domain::procedure::{Entry, Procedure};

use crate::playbook::files;

/// Which response flows answer an incident, one a line, lightest first; the lead picks one or more.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  hikeshi matrix --type B-2 --severity 3\n\nprints `handle` and `disclose`.")]
pub(crate) struct Args {
    /// Incident type, B-1, B-2 or C-1
    #[arg(long = "type", value_name = "TYPE")]
    incident_type: IncidentType,
    /// Severity: 1 to 5
    #[arg(long, value_name = "LEVEL")]
    severity: Severity,
    /// Folder whose files take the place of the shipped playbook's files of the same name
    #[arg(long, value_name = "DIR")]
    playbook: Option<PathBuf>,
    /// Prints what type, severity and flows mean, with examples, in this language instead of the bare words
    #[arg(long, value_name = "LANG", value_parser = ["ja", "en"])]
    explain: Option<String>,
}

/// Prints the flows of one cell.
pub(crate) fn run(args: &Args, out: &mut dyn Write) -> Result<()> {
    let procedure = Procedure::load(&files(args.playbook.as_deref())?)?;
    let flows = procedure.matrix().cell(args.incident_type, args.severity);
    match args.explain.as_deref() {
        None => flows.iter().try_for_each(|flow| writeln!(out, "{flow}"))?,
        Some("en") => explain(&procedure, args, Language::En, out)?,
        Some(_) => explain(&procedure, args, Language::Ja, out)?,
    }
    Ok(())
}

fn explain(procedure: &Procedure, args: &Args, language: Language, out: &mut dyn Write) -> Result<()> {
    let matrix = procedure.matrix();
    let incident_type = matrix.types().find(|(incident_type, _)| *incident_type == args.incident_type);
    let severity = matrix.severities().find(|(severity, _)| *severity == args.severity);
    if let Some((word, entry)) = incident_type {
        choice(word.name(), entry, language, out)?;
    }
    if let Some((word, entry)) = severity {
        choice(&word.to_string(), entry, language, out)?;
    }
    let cell = matrix.cell(args.incident_type, args.severity);
    for (flow, entry) in matrix.flows().filter(|(flow, _)| cell.contains(flow)) {
        choice(flow.name(), entry, language, out)?;
    }
    Ok(())
}

fn choice(word: &str, entry: &Entry, language: Language, out: &mut dyn Write) -> Result<()> {
    writeln!(out, "{word}  {}: {}", entry.name.get(language), entry.meaning.get(language))?;
    entry.examples.iter().try_for_each(|example| writeln!(out, "  - {}", example.get(language)))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: Args,
    }

    fn said(words: &[&str]) -> Result<String> {
        let line = Line::try_parse_from(["matrix"].iter().chain(words))?;
        let mut out = Vec::new();
        run(&line.args, &mut out)?;
        Ok(String::from_utf8(out)?)
    }

    // covers: S4-12, S4-16
    #[test]
    fn a_cell_is_printed_one_flow_a_line() {
        assert_eq!(said(&["--type", "B-2", "--severity", "3"]).unwrap(), "handle\ndisclose\n");
        assert_eq!(said(&["--type", "b-1", "--severity", "Lv5"]).unwrap(), "external-help\n");
        let refused = said(&["--type", "B-3", "--severity", "3"]).unwrap_err().to_string();
        assert!(refused.contains("`B-3` is no incident type; use A-1, A-2, B-1, B-2 or C-1"), "{refused}");
    }

    // covers: S4-84, S4-91
    #[test]
    fn explained_it_names_meaning_and_examples() {
        let text = said(&["--type", "B-2", "--severity", "3", "--explain", "ja"]).unwrap();
        assert!(text.contains("サービスへの侵害") && text.contains("中度") && text.contains("対処対応"), "{text}");
        assert_eq!(text.lines().filter(|line| line.starts_with("  - ")).count(), 10);
    }

    #[test]
    fn an_own_playbook_takes_the_place_of_the_shipped_one() {
        let folder = tempfile::tempdir().unwrap();
        let shipped = hikeshi_domain::playbook::shipped("matrix.yaml").unwrap();
        let own = shipped.replace("B-2: {source: S4-16, 1: [record, prevent]", "B-2: {source: S4-16, 1: [handle]");
        fs::write(folder.path().join("matrix.yaml"), own).unwrap();
        let place = folder.path().to_str().unwrap();
        assert_eq!(said(&["--type", "B-2", "--severity", "1", "--playbook", place]).unwrap(), "handle\n");
        fs::write(folder.path().join("matrix.yaml"), "version: 1\ntyps: {}\n").unwrap();
        let refused = said(&["--type", "B-2", "--severity", "1", "--playbook", place]).unwrap_err().to_string();
        assert!(refused.starts_with(&format!("{place}/matrix.yaml:2: ")), "{refused}");
    }
}
