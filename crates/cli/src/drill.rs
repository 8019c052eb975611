//! `hikeshi drill`: lists, generates and measures drills.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result};
use hikeshi_domain::phrase::Language;
use hikeshi_domain::playbook::Files;
use hikeshi_drill::{Fit, Generator, Item, Options, Scenario, Stats};
use indicatif::ProgressBar;
use jiff::{SignedDuration, Timestamp};

use crate::instant::instant;
use crate::playbook::files;
use crate::progress;

/// Simulated incidents: telemetry, alerts and mails, the same for the same seed.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  hikeshi drill run macro-intrusion --endpoints 50 --days 7 --out events.ndjson --alerts alerts.ndjson")]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Lists the drills: name, size, title
    #[command(after_help = "Example:\n  hikeshi drill list --lang en")]
    List {
        /// Language of the titles
        #[arg(long, value_name = "LANG", default_value = "ja", value_parser = ["ja", "en"])]
        lang: String,
        /// Folder whose files take the place of the shipped playbook's files of the same name
        #[arg(long, value_name = "DIR")]
        playbook: Option<PathBuf>,
    },
    /// Generates a drill: Windows events as flat NDJSON, alerts and mails beside it
    #[command(after_help = "Example:\n  hikeshi drill run company-week --out - | head -1")]
    Run {
        #[command(flatten)]
        drill: Drill,
        /// File for the events, `-` for standard output
        #[arg(long, value_name = "FILE", default_value = "-")]
        out: PathBuf,
        /// File for the alerts: one JSON object a line, as the alert API takes it
        #[arg(long, value_name = "FILE")]
        alerts: Option<PathBuf>,
        /// File for the mails: one JSON object a line
        #[arg(long, value_name = "FILE")]
        mails: Option<PathBuf>,
    },
    /// Generates a drill and prints how many different values its fields have, beside what real logs have
    #[command(after_help = "Example:\n  hikeshi drill stats macro-intrusion --endpoints 50 --days 7")]
    Stats {
        #[command(flatten)]
        drill: Drill,
    },
}

#[derive(Debug, clap::Args)]
struct Drill {
    /// Name of the drill; `hikeshi drill list` names them
    name: String,
    /// Number of endpoints
    #[arg(long, value_name = "N")]
    endpoints: Option<usize>,
    /// Number of days
    #[arg(long, value_name = "N")]
    days: Option<u32>,
    /// Events of an endpoint on a working day
    #[arg(long, value_name = "N")]
    events_per_day: Option<u32>,
    /// The same seed gives the same bytes
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// First day: a date, or an instant such as 2026-11-16T00:00:00Z [default: so that the drill ends today, or on the last day with enough working days before it]
    #[arg(long, value_name = "TIME", value_parser = instant)]
    start: Option<Timestamp>,
    /// Folder whose files take the place of the shipped playbook's files of the same name
    #[arg(long, value_name = "DIR")]
    playbook: Option<PathBuf>,
}

/// Runs one of the drill commands.
pub(crate) fn run(args: &Args, out: &mut dyn Write) -> Result<()> {
    match &args.what {
        What::List { lang, playbook } => list(&files(playbook.as_deref())?, lang, out),
        What::Run { drill, out: path, alerts, mails } => generate(drill, path, alerts.as_deref(), mails.as_deref(), out),
        What::Stats { drill } => stats(drill, out),
    }
}

fn list(files: &Files, lang: &str, out: &mut dyn Write) -> Result<()> {
    let language = if lang == "en" { Language::En } else { Language::Ja };
    for name in hikeshi_drill::list(files) {
        let scenario = hikeshi_drill::load(&name, files)?;
        let title = scenario.title.get(language);
        writeln!(out, "{name}\t{} endpoints\t{} days\t{title}", scenario.endpoints, scenario.days)?;
    }
    Ok(())
}

fn generate(drill: &Drill, path: &Path, alerts: Option<&Path>, mails: Option<&Path>, stdout: &mut dyn Write) -> Result<()> {
    let begun = Instant::now();
    let scenario = drill.scenario()?;
    let stream = scenario.generate(drill.options(&scenario, Timestamp::now()))?;
    let mut alerts = alerts.map(create).transpose()?;
    let mut mails = mails.map(create).transpose()?;
    let mut file = if path == Path::new("-") { None } else { Some(create(path)?) };
    let events: &mut dyn Write = file.as_mut().map_or(stdout, |file| file);
    let progress = over_its_days(&stream);
    let mut counts = [0_u64; 4];
    for item in stream {
        let [event_count, bytes, alert_count, mail_count] = &mut counts;
        match item {
            Item::Event(event) => {
                events.write_all(event.ndjson.as_bytes())?;
                events.write_all(b"\n")?;
                *event_count += 1;
                *bytes += u64::try_from(event.ndjson.len())? + 1;
                if *event_count % 65_536 == 0 {
                    progress.set_position(u64::try_from(event.at.as_second()).unwrap_or(0));
                }
            }
            Item::Alert(alert) => {
                *alert_count += 1;
                if let Some(file) = &mut alerts {
                    serde_json::to_writer(&mut *file, &alert.alert)?;
                    file.write_all(b"\n")?;
                }
            }
            Item::Mail(mail) => {
                *mail_count += 1;
                if let Some(file) = &mut mails {
                    serde_json::to_writer(&mut *file, &mail)?;
                    file.write_all(b"\n")?;
                }
            }
        }
    }
    events.flush()?;
    for file in [alerts, mails].iter_mut().flatten() {
        file.flush()?;
    }
    progress.finish_and_clear();
    let [event_count, bytes, alert_count, mail_count] = counts;
    let seconds = begun.elapsed().as_secs_f64();
    eprintln!("{event_count} events, {bytes} bytes, {alert_count} alerts, {mail_count} mails, {seconds:.2} seconds");
    Ok(())
}

fn stats(drill: &Drill, out: &mut dyn Write) -> Result<()> {
    let scenario = drill.scenario()?;
    let mut stats = Stats::new(Fit::load(&files(drill.playbook.as_deref())?)?);
    let stream = scenario.generate(drill.options(&scenario, Timestamp::now()))?;
    for item in stream {
        if let Item::Event(event) = item {
            stats.see(&event.ndjson);
        }
    }
    let (events, bytes) = stats.totals();
    writeln!(out, "{events} events, {bytes} bytes, {:.0} bytes an event", bytes as f64 / events.max(1) as f64)?;
    let shares: Vec<String> =
        stats.by_id().iter().map(|(id, count)| format!("{id}: {:.1} %", *count as f64 * 100.0 / events.max(1) as f64)).collect();
    writeln!(out, "event ids: {}", shares.join(", "))?;
    writeln!(out, "\ndifferent values, added up host by host; real: {}", stats.source())?;
    writeln!(out, "{:>5}  {:<16} {:>10} {:>10} {:>10} {:>6}", "event", "field", "events", "drill", "real", "ratio")?;
    for field in stats.fields() {
        let ratio = field.distinct as f64 / field.expected.max(1.0);
        let name = (field.growth.event_id, &field.growth.field);
        writeln!(out, "{:>5}  {:<16} {:>10} {:>10} {:>10.0} {ratio:>6.2}", name.0, name.1, field.events, field.distinct, field.expected)?;
    }
    Ok(())
}

impl Drill {
    fn scenario(&self) -> Result<Scenario> {
        Ok(hikeshi_drill::load(&self.name, &files(self.playbook.as_deref())?)?)
    }

    /// The drill ends today, or, where too few of its days would be working days, on the last day before that gives enough.
    fn options(&self, scenario: &Scenario, now: Timestamp) -> Options {
        let days = i64::from(self.days.unwrap_or(scenario.days));
        let ending = |days_ago: i64| {
            let start = now.saturating_sub(SignedDuration::from_hours(24 * (days - 1 + days_ago))).unwrap_or(Timestamp::UNIX_EPOCH);
            self.beginning(start)
        };
        match self.start {
            Some(start) => self.beginning(start),
            None => (0..7).map(ending).find(|options| scenario.generate(*options).is_ok()).unwrap_or_else(|| ending(0)),
        }
    }

    fn beginning(&self, start: Timestamp) -> Options {
        Options { start, endpoints: self.endpoints, days: self.days, events_per_day: self.events_per_day, seed: self.seed }
    }
}

fn create(path: &Path) -> Result<BufWriter<File>> {
    let file = File::create(path).with_context(|| format!("cannot write `{}`", path.display()))?;
    Ok(BufWriter::with_capacity(1 << 20, file))
}

/// A bar over the simulated time, on a terminal only.
fn over_its_days(stream: &Generator<'_>) -> ProgressBar {
    let (from, to) = stream.span();
    let (from, to) = (u64::try_from(from.as_second()).unwrap_or(0), u64::try_from(to.as_second()).unwrap_or(0));
    progress::bar(to, "{wide_bar} {percent}% {elapsed}").with_position(from)
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

    fn said(words: &[&str]) -> Result<String> {
        let line = Line::try_parse_from(["drill"].iter().chain(words))?;
        let mut out = Vec::new();
        run(&line.args, &mut out)?;
        Ok(String::from_utf8(out)?)
    }

    #[test]
    fn drills_are_listed_and_run_into_files() {
        let listed = said(&["list", "--lang", "en"]).unwrap();
        assert!(listed.starts_with("company-week\t8 endpoints\t7 days\tA company's week\n"), "{listed}");
        let folder = tempfile::tempdir().unwrap();
        let place = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        let (events, alerts, mails) = (place("events"), place("alerts"), place("mails"));
        said(&["run", "company-week", "--events-per-day", "50", "--out", &events, "--alerts", &alerts, "--mails", &mails]).unwrap();
        let lines = |path: &str| std::fs::read_to_string(path).unwrap().lines().count();
        assert!(lines(&events) > 1000);
        assert_eq!((lines(&alerts), lines(&mails)), (3, 1));
        let streamed = said(&["run", "company-week", "--events-per-day", "50"]).unwrap();
        assert_eq!(streamed, std::fs::read_to_string(&events).unwrap(), "a second run, to standard output, gives the same bytes");
    }

    /// On a Sunday, three days held one working day: the command failed, and the day before it had worked.
    #[test]
    fn a_drill_below_a_week_runs_on_any_day_of_the_week() {
        let drill = |more: &[&str]| {
            let words = ["drill", "run", "macro-intrusion", "--endpoints", "1"];
            match Line::try_parse_from([&words, more].concat()).unwrap().args.what {
                What::Run { drill, .. } => drill,
                _ => panic!("not a run"),
            }
        };
        let three = drill(&["--days", "3"]);
        let scenario = three.scenario().unwrap();
        let monday: Timestamp = "2026-11-16T03:00:00Z".parse().unwrap();
        for day in 0..7 {
            let now = monday + SignedDuration::from_hours(24 * day);
            let options = three.options(&scenario, now);
            scenario.generate(options).unwrap();
            assert!(options.start <= now && now.duration_since(options.start) <= SignedDuration::from_hours(24 * 4), "{day}: {options:?}");
        }
        let friday = drill(&["--days", "2", "--start", "2026-11-20"]);
        let error = scenario.generate(friday.options(&scenario, monday)).unwrap_err().to_string();
        assert!(error.contains("need 2 working days, and of 2 days from 2026-11-20 on 1 are"), "{error}");
    }

    #[test]
    fn statistics_compare_with_real_logs() {
        let text = said(&["stats", "company-week", "--events-per-day", "100"]).unwrap();
        assert!(text.contains("bytes an event") && text.contains("Security-Datasets") && text.contains("TargetFilename"), "{text}");
    }
}
