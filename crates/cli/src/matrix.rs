//! `hikeshi matrix`: which response flows the procedure offers for a type and a severity.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{fs, io::Write};

use anyhow::{Context, Result};
use hikeshi_domain::incident::{IncidentType, Severity};
use hikeshi_domain::phrase::Language;
use hikeshi_domain::playbook::Files;
use hikeshi_domain::procedure::{Entry, Procedure};

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

/// The shipped playbook, with the files of a folder laid over it.
pub(crate) fn files(folder: Option<&Path>) -> Result<Files> {
    let Some(folder) = folder else { return Ok(Files::shipped()) };
    let mut own = BTreeMap::new();
    collect(folder, "", &mut own).with_context(|| format!("cannot read the playbook folder `{}`", folder.display()))?;
    Ok(Files::with_own(own)?)
}

fn collect(folder: &Path, prefix: &str, own: &mut BTreeMap<String, String>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
        if path.is_dir() {
            collect(&path, &format!("{prefix}{name}/"), own)?;
        } else if name.ends_with(".yaml") {
            own.insert(format!("{prefix}{name}"), fs::read_to_string(&path)?);
        }
    }
    Ok(())
}
