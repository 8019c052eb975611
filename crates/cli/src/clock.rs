//! `hikeshi clock`: by when something is due, counted as the desk counts, and whether the clocks agree with a file of vectors.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use hikeshi_domain::clock::{Clocks, Rule, vector};
use hikeshi_domain::phrase::Language;
use hikeshi_domain::phrases::{Phrases, render};
use hikeshi_domain::playbook::{Files, PlaybookError};

use crate::playbook::{files, in_force};

/// A file of vectors or of calendars is no longer than this.
const LONGEST_FILE: u64 = 16 << 20;

/// By when something is due, and checks of the counting
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  hikeshi clock due --rule elapsed:2 --start 2026-11-20T15:00 --tz Asia/Tokyo\n  hikeshi clock vectors calendar-vectors.csv"
)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    Due(Due),
    Vectors(Vectors),
}

/// When something is due that starts at a time, by a rule
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  hikeshi clock due --rule 'bh:5;cal=JP0917' --start 2026-11-20T15:00 --tz Asia/Tokyo --explain en\n\n\
                        Rules: elapsed:H, bh:N;cal=C (business hours), bd:N;cal=C (business days), nmbd:N;cal=C (n-th business day of next month),\n\
                        nthday:N;roll=none|next (n-th day, the first counted), month:N, sec4bd. docs/clocks.md tells the rest.")]
struct Due {
    /// The rule, e.g. elapsed:2 or 'bh:5;cal=JP0917'
    #[arg(long, value_name = "RULE")]
    rule: Rule,
    /// Local time in the zone (2026-11-20T15:00), or with its offset (2026-11-20T15:00+09:00)
    #[arg(long, value_name = "TIME")]
    start: String,
    /// IANA time zone in which the start is meant and the answer shown
    #[arg(long, value_name = "ZONE")]
    tz: String,
    /// Tells the counting step by step before the answer, in this language
    #[arg(long, value_name = "LANG", value_parser = ["ja", "en"])]
    explain: Option<String>,
    #[command(flatten)]
    from: Calendars,
}

/// Checks a file of vectors (name,start,tz,rule,expected): each mismatch is printed, and a line that counts them; fails when there is one
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  hikeshi clock vectors calendar-vectors.csv")]
struct Vectors {
    /// CSV with the head `name,start,tz,rule,expected`
    #[arg(value_name = "FILE.csv")]
    file: PathBuf,
    #[command(flatten)]
    from: Calendars,
}

/// Which calendars are asked.
#[derive(Debug, clap::Args)]
struct Calendars {
    /// File of an organisation's own calendars, laid over the shipped ones by name (docs/clocks.md)
    #[arg(long, value_name = "FILE")]
    calendar: Option<PathBuf>,
    /// Folder whose files take the place of the shipped playbook's files of the same name
    #[arg(long, value_name = "DIR")]
    playbook: Option<PathBuf>,
}

/// Prints the deadline, or the check's outcome.
pub(crate) fn run(args: &Args, out: &mut dyn Write) -> Result<()> {
    match &args.what {
        What::Due(due) => print_due(due, out),
        What::Vectors(vectors) => check(vectors, out),
    }
}

fn print_due(args: &Due, out: &mut dyn Write) -> Result<()> {
    let clocks = args.from.clocks(&in_force(args.from.playbook.as_deref())?)?;
    let zone = vector::zone(&args.tz).map_err(anyhow::Error::msg)?;
    let start = vector::instant(&args.start, &zone, false).map_err(anyhow::Error::msg)?;
    let due = clocks.count(&args.rule, start, &zone)?;
    let language = args.explain.as_deref().map(|word| if word == "en" { Language::En } else { Language::Ja });
    if let Some(language) = language {
        due.steps.iter().try_for_each(|step| writeln!(out, "{}", render(step, language)))?;
    }
    writeln!(out, "{}", vector::written(due.at, &zone))?;
    Ok(())
}

fn check(args: &Vectors, out: &mut dyn Write) -> Result<()> {
    let files = files(args.from.playbook.as_deref())?;
    let (clocks, phrases) = (args.from.clocks(&files)?, Phrases::load(&files)?);
    let text = read(&args.file)?;
    let mut rows = csv::Reader::from_reader(text.as_bytes());
    let place = args.file.display();
    if rows.headers()? != vec!["name", "start", "tz", "rule", "expected"] {
        bail!("`{place}`: expected the head `name,start,tz,rule,expected`");
    }
    let (mut passed, mut failed) = (0_u64, 0_u64);
    for row in rows.records() {
        let row = row.with_context(|| format!("`{place}`"))?;
        let cell = |place: usize| row.get(place).unwrap_or_default().trim();
        let vector = vector::Vector { start: cell(1), zone: cell(2), rule: cell(3), expected: cell(4) };
        match vector.answer(&clocks, &phrases) {
            Ok(answer) if vector.is_met_by(&answer) => passed += 1,
            Ok(answer) => {
                failed += 1;
                writeln!(
                    out,
                    "{}: {} {} {}: expected {}, found {answer}",
                    cell(0),
                    vector.start,
                    vector.zone,
                    vector.rule,
                    vector.expected
                )?;
            }
            Err(why) => {
                failed += 1;
                writeln!(out, "{}: {} {} {}: {why}", cell(0), vector.start, vector.zone, vector.rule)?;
            }
        }
    }
    writeln!(out, "{passed} passed, {failed} failed")?;
    out.flush()?;
    if failed > 0 { bail!("{failed} vectors of `{place}` are not met") } else { Ok(()) }
}

impl Calendars {
    fn clocks(&self, files: &Files) -> Result<Clocks> {
        let clocks = Clocks::load(files)?;
        let Some(path) = &self.calendar else { return Ok(clocks) };
        let folder = path.parent().unwrap_or(Path::new("")).display().to_string();
        let own = path.file_name().unwrap_or_default().to_string_lossy();
        let placed = |error: PlaybookError| match error.file == own {
            true => anyhow!(error.under(if folder.is_empty() { "." } else { &folder })),
            false => error.into(),
        };
        clocks.with_calendars(files, &own, &read(path)?).map_err(placed)
    }
}

fn read(path: &Path) -> Result<String> {
    let cannot = || format!("cannot read `{}`", path.display());
    if fs::metadata(path).with_context(cannot)?.len() > LONGEST_FILE {
        bail!("`{}` is longer than {} MiB", path.display(), LONGEST_FILE >> 20);
    }
    let mut text = String::new();
    File::open(path).and_then(|file| file.take(LONGEST_FILE).read_to_string(&mut text)).with_context(cannot)?;
    Ok(text.trim_start_matches('\u{feff}').to_owned())
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: Args,
    }

    fn said(words: &[&str]) -> (String, Option<String>) {
        let line = match Line::try_parse_from(["clock"].iter().chain(words)) {
            Ok(line) => line,
            Err(error) => return (String::new(), Some(error.to_string())),
        };
        let mut out = Vec::new();
        let error = run(&line.args, &mut out).err().map(|error| format!("{error:#}"));
        (String::from_utf8(out).unwrap(), error)
    }

    #[test]
    fn a_deadline_is_printed_and_told_step_by_step() {
        let words = ["due", "--rule", "bh:5;cal=JP0917", "--start", "2026-11-20T15:00", "--tz", "Asia/Tokyo"];
        assert_eq!(said(&words), ("2026-11-24T12:00+09:00\n".to_owned(), None));
        let (text, _) = said(&[&words[..], &["--explain", "en"]].concat());
        assert!(text.contains("2026-11-23 does not count (Labour Thanksgiving Day)"), "{text}");
        assert_eq!(text.lines().last(), Some("2026-11-24T12:00+09:00"));
        let (_, error) = said(&["due", "--rule", "bh:5", "--start", "2026-11-20T15:00", "--tz", "Asia/Tokyo"]);
        assert!(error.unwrap().contains("`bh:N;cal=C`"));
        let (_, error) = said(&["due", "--rule", "bh:5;cal=JP", "--start", "2026-11-20T15:00", "--tz", "Asia/Tokyo"]);
        assert!(error.unwrap().starts_with("expected a calendar among JP0917, "));
    }

    #[test]
    fn an_own_calendar_is_laid_over_the_shipped_ones() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("own.yaml");
        let own = "version: 1\ncalendars:\n  OSAKA: {zone: Asia/Tokyo, holidays: jp, days: [saturday], hours: [\"10:00-12:00\"]}\n";
        fs::write(&file, own).unwrap();
        let words = ["due", "--rule", "bd:1;cal=OSAKA", "--start", "2026-11-20T15:00", "--tz", "Asia/Tokyo", "--calendar"];
        assert_eq!(said(&[&words[..], &[file.to_str().unwrap()]].concat()).0, "2026-11-21T12:00+09:00\n");
        fs::write(&file, own.replace("saturday", "samedi")).unwrap();
        let (_, error) = said(&[&words[..], &[file.to_str().unwrap()]].concat());
        assert!(error.unwrap().contains("own.yaml:3"));
    }

    #[test]
    fn a_file_of_vectors_is_counted_and_a_mismatch_fails() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("v.csv");
        let rows = "name,start,tz,rule,expected\na,2026-11-24T10:15,Asia/Tokyo,elapsed:2,2026-11-24T03:15Z\nb,2026-11-24T10:15,Asia/Tokyo,elapsed:2,2026-11-24T12:16+09:00\n\"c, d\",x,Asia/Tokyo,month:1,-\n";
        fs::write(&file, rows).unwrap();
        let (text, error) = said(&["vectors", file.to_str().unwrap()]);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "b: 2026-11-24T10:15 Asia/Tokyo elapsed:2: expected 2026-11-24T12:16+09:00, found 2026-11-24T12:15+09:00");
        assert!(lines[1].starts_with("c, d: x Asia/Tokyo month:1: expected a time such as"), "{text}");
        assert_eq!(lines[2], "1 passed, 2 failed");
        assert!(error.is_some());
    }

    // covers: S0-11, S3-9
    #[test]
    fn shared_vectors_are_met() {
        let Ok(shared) = std::env::var("HIKESHI_SHARED") else {
            println!("skipped: needs shared data (clock::shared_vectors_are_met)");
            return;
        };
        let (text, error) = said(&["vectors", &format!("{shared}/data/calendar/calendar-vectors.csv")]);
        assert_eq!((text.as_str(), error), ("93 passed, 0 failed\n", None));
    }
}
