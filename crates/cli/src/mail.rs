//! `hikeshi mail`: what a mail asks of the desk, from a file as it was received. The mail is read in a process of its own; what that
//! process says of it is text, and the intake works on text.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use hikeshi_domain::phrase::{Language, Phrase};
use hikeshi_domain::phrases::{self, render};
use hikeshi_mail::{Book, Defect, DefectKind, Intake, Limits, Mail, intake, read};
use hikeshi_sandbox::{ask_apart, serve_answer};

use crate::parse_worker;
use crate::playbook::in_force;

/// What a mail asks of the desk
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  hikeshi mail intake request.eml\n  hikeshi mail intake --json request.eml")]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    Intake(IntakeArgs),
}

/// The items of a service request, what is missing of it, and whether it looks like an emergency
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  hikeshi mail intake request.eml\n  hikeshi mail intake --json request.eml\n\nA mail that is damaged is read as far as it goes; its defects are listed. docs/mail.md tells the rest."
)]
struct IntakeArgs {
    /// One JSON object instead of a page to read
    #[arg(long)]
    json: bool,
    /// Language of the page
    #[arg(long, value_name = "LANG", value_parser = ["ja", "en"], default_value = "ja")]
    lang: String,
    /// Folder whose files take the place of the shipped playbook's files of the same name
    #[arg(long, value_name = "DIR")]
    playbook: Option<PathBuf>,
    /// The mail as it was received (RFC 5322)
    #[arg(value_name = "FILE.eml")]
    file: PathBuf,
}

/// Prints what the mail asks.
pub(crate) fn run(args: &Args, out: &mut dyn Write) -> Result<()> {
    let What::Intake(args) = &args.what;
    let book = Book::load(&in_force(args.playbook.as_deref())?)?;
    phrases::check()?;
    let mail = read_apart(&args.file)?;
    let intake = intake(&mail, &book);
    if args.json {
        serde_json::to_writer(&mut *out, &intake)?;
        writeln!(out)?;
        return Ok(());
    }
    page(&intake, if args.lang == "en" { Language::En } else { Language::Ja }, out)
}

/// The worker's side: the mail that is its standard input, as JSON.
pub(crate) fn serve() -> std::io::Result<()> {
    let limits = Limits::default();
    // One byte more than is read, so that a mail beyond the limit is known as one.
    serve_answer(limits.bytes as u64 + 1, || (), |(), bytes| serde_json::to_vec(&read(bytes, &limits)).unwrap_or_default())
}

/// Reads a mail in a process of its own. A mail on which that process dies is refused, and says so in its defects.
fn read_apart(file: &Path) -> Result<Mail> {
    let place = file.display();
    if !std::fs::metadata(file).with_context(|| format!("cannot read `{place}`"))?.is_file() {
        bail!("`{place}` is no file");
    }
    let arguments = [parse_worker::ARGUMENTS, &["--mail"]].concat();
    let answer = ask_apart(parse_worker::program(), &arguments, file).with_context(|| format!("cannot read `{place}`"))?;
    for missing in &answer.missing {
        eprintln!("warning: {missing}");
    }
    let said = answer.said.and_then(|said| serde_json::from_slice(&said).map_err(|error| error.to_string()));
    Ok(said.unwrap_or_else(|reason| {
        eprintln!("warning: {place}: refused: {reason}");
        let detail = format!("the process that read this mail was stopped: {reason}");
        Mail { defects: vec![Defect { kind: DefectKind::Refused, place: String::new(), detail }], ..Mail::default() }
    }))
}

fn page(intake: &Intake, language: Language, out: &mut dyn Write) -> Result<()> {
    let say = |key: &str| render(&Phrase::new(format!("mail.{key}")), language);
    let coded = |item: &str, value: Option<serde_json::Value>| value.and_then(|value| Some(say(&format!("{item}.{}", value.as_str()?))));
    let mut line = |item: &str, value: Option<String>| match value {
        Some(value) => writeln!(out, "{}: {}", say(&format!("item.{item}")), indented(&value)),
        None => writeln!(out, "{}: –", say(&format!("item.{item}"))),
    };
    let json = |value: serde_json::Result<serde_json::Value>| value.ok().filter(|value| !value.is_null());
    line("kind", coded("kind", json(serde_json::to_value(intake.kind))))?;
    line("organization", intake.organization.clone())?;
    line("sites", joined(intake.sites.iter().map(|site| site.raw.clone()), "\n"))?;
    line("contact.name", intake.contact.name.clone())?;
    line("contact.phone_primary", intake.contact.phone_primary.clone())?;
    line("contact.phone_secondary", intake.contact.phone_secondary.clone())?;
    line("contact.email", intake.contact.email.clone())?;
    line("service", coded("service", json(serde_json::to_value(intake.service))))?;
    line("urgency", coded("urgency", json(serde_json::to_value(intake.urgency))))?;
    line("state", coded("state", json(serde_json::to_value(intake.state))))?;
    line("indicators", intake.indicators.clone())?;
    line("business_impact", intake.business_impact.clone())?;
    line("request", intake.request.clone())?;
    line("scoping_call", call(intake))?;
    line("missing", joined(intake.missing.iter().map(|key| say(&format!("item.{key}"))), ", "))?;
    for (mark, set) in [("sensitive", intake.sensitive), ("emergency_by_mail", intake.emergency_by_mail)] {
        if set {
            writeln!(out, "! {}", say(&format!("mark.{mark}")))?;
        }
    }
    for defect in &intake.defects {
        let place = if defect.place.is_empty() { String::new() } else { format!("{}: ", plain(&defect.place)) };
        writeln!(out, "* {}: {place}{}", say("item.defects"), plain(&defect.detail))?;
    }
    Ok(())
}

fn joined(texts: impl Iterator<Item = String>, between: &str) -> Option<String> {
    let texts: Vec<String> = texts.collect();
    (!texts.is_empty()).then(|| texts.join(between))
}

fn call(intake: &Intake) -> Option<String> {
    let raw = intake.scoping_call.raw.clone()?;
    let zone = intake.scoping_call.tz.as_deref().unwrap_or_default();
    Some(match &intake.scoping_call.wished {
        Some(wished) => format!("{raw}\n→ {wished} {zone}"),
        None => raw,
    })
}

/// A stranger's text on several lines, below its label.
fn indented(text: &str) -> String {
    let lines: Vec<String> = text.lines().map(plain).collect();
    if lines.len() > 1 { format!("\n  {}", lines.join("\n  ")) } else { lines.concat() }
}

/// A stranger's text: nothing in it steers a terminal.
fn plain(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { char::REPLACEMENT_CHARACTER } else { letter }).collect()
}
