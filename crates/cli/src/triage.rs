//! `hikeshi triage`: files of logs in; a verdict with its reasons per subject out, as lines, table and reports.

mod line;
mod lists;
mod report;
mod table;

use std::io::{IsTerminal, Write, stdout};
use std::path::PathBuf;
use std::sync::Arc;
use std::{fs, thread};

use anyhow::{Context, Result, bail};
use hikeshi_detect::{LoadOptions, RuleSet};
use hikeshi_domain::alert::ProductAlert;
use hikeshi_domain::endpoint::BlockMode;
use hikeshi_domain::full_list::MOST_ROWS;
use hikeshi_domain::phrase::{Language, Phrase};
use hikeshi_domain::playbook::Files;
use hikeshi_domain::raise::Raising;
use hikeshi_domain::triage::Triage;
use hikeshi_domain::verdict::Verdict;
use hikeshi_event::{Limits, expand};
use hikeshi_triage::full_list::{Packed, Packing};
use hikeshi_triage::gather::{self, Gathered, HostFiles, Pass, Reading};
use hikeshi_triage::{Coverage, Focus, Host, Input, Lists, Rule, Shifts, VerdictBook, read_alerts};
use indicatif::ProgressBar;
use jiff::Timestamp;

use crate::instant::instant;
use crate::named::Unread;
use crate::progress;
use crate::rules::{some_usable, tell_apart};

/// Judges what logs show: a verdict with reasons for each subject, blackest first
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  hikeshi triage 'evidence/**/*.evtx' --rules sigma/rules --out out/\n  hikeshi triage --alert alert.json --lang en logs.ndjson.gz\n  \
    hikeshi triage --known-bad malware.csv --known-good vendor.txt evidence/\n\n\
    A subject is what the alert names; without an alert each process tree that holds a match of level medium or higher, or that Defender or Sysmon reports.\n\
    On a terminal a table is shown; in a pipe, or with --json, one JSON line a subject."
)]
pub(crate) struct Args {
    /// Folders or files of Sigma rules: `--rules A B`, or the flag several times [default: the shipped rules]
    #[arg(long, value_name = "DIR")]
    rules: Vec<PathBuf>,
    /// Alert as JSON: our own shape or OCSF Detection Finding; several as an array or one a line
    #[arg(long, value_name = "FILE")]
    alert: Option<PathBuf>,
    /// List of what is known malicious: one hash, domain or address a line, CSV with a header, MISP warning list, STIX bundle; .gz too;
    /// may be given several times
    #[arg(long, value_name = "FILE")]
    known_bad: Vec<PathBuf>,
    /// List of what is known good, of the same shapes; may be given several times
    #[arg(long, value_name = "FILE")]
    known_good: Vec<PathBuf>,
    /// When the alert was received: RFC 3339, or a date or time in UTC; the two-hour clock starts there [default: when it was detected]
    #[arg(long, value_name = "TIME", value_parser = instant)]
    received: Option<Timestamp>,
    /// Language of reasons and reports
    #[arg(long, value_name = "LANG", value_parser = ["ja", "en"], default_value = "ja")]
    lang: String,
    /// Writes reports (PDF, HTML, JSON), full lists of their rows (CSV) and an index page into this folder
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// One JSON line a subject, on a terminal too
    #[arg(long)]
    json: bool,
    /// Files, folders, patterns; EVTX, NDJSON, JSON, .gz, .zst, .zip, `a.zip!b.evtx`
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<String>,
}

/// One subject, triaged.
struct Case {
    triage: Triage,
    alert: Option<ProductAlert>,
    /// What is to be said of the host's clocks.
    clocks: Vec<Phrase>,
    /// Every row of its sections, where reports are written.
    list: Option<Packed>,
}

/// What every subject is judged by.
struct Known<'a> {
    book: &'a VerdictBook,
    lists: &'a Lists,
    /// Every row is wanted.
    rows: bool,
}

/// Reads, triages, prints.
pub(crate) fn run(args: &Args, out: &mut dyn Write) -> Result<()> {
    let language = if args.lang == "en" { Language::En } else { Language::Ja };
    let book = VerdictBook::shipped()?;
    hikeshi_domain::phrases::check()?;
    let alerts = alerts(args)?;
    let given = tell_apart(&args.rules, &args.paths)?;
    let rules = rules(&given.rules)?;
    let lists = lists::open(&args.known_bad, &args.known_good)?;
    let (files, defects) = expand(&given.paths);
    for defect in &defects {
        eprintln!("{}: {}", defect.path, defect.detail);
    }
    let mut unread = Unread::default();
    unread.note(&defects);
    if files.is_empty() {
        bail!("nothing to read: name files or folders of logs");
    }
    let now = Timestamp::now();
    let limits = Limits::default();
    let threads = thread::available_parallelism().map_or(1, usize::from);
    if let Some(folder) = &args.out {
        fs::create_dir_all(folder).with_context(|| format!("cannot make `{}`", folder.display()))?;
    }
    crate::walls::shut_in(&files, args.out.as_deref());
    let lists = lists::understood(lists, language, now)?;
    let bytes: u64 = files.iter().map(|file| file.size_bytes()).sum();
    let bar = progress::bar(bytes * 2, "{msg:10} {wide_bar} {bytes}/{total_bytes} {eta}");
    let raising = Raising::load(&Files::shipped())?;
    let reading = Reading { limits: &limits, threads, received_at: now, raising: &raising, lists: &lists };
    let mut gathered = gather::gather(&files, &rules, &alerts, reading, &book, |pass, bytes| show(&bar, pass, bytes));
    bar.finish_and_clear();
    unread.note(&gathered.defects);
    for defect in &gathered.defects {
        eprintln!("{}: {}", defect.path, defect.detail);
    }
    for alert in unheard(&mut gathered, &alerts) {
        eprintln!("alert `{}`: no event of host `{}` was found", alert.id, alert.host);
    }
    let cases = judge(&gathered, &rules, &alerts, &Known { book: &book, lists: &lists, rows: args.out.is_some() })?;
    if let Some(folder) = &args.out {
        report::write(folder, &cases, language, args.received, now)?;
    }
    let as_table = !args.json && stdout().is_terminal();
    match as_table {
        true => table::print(&cases, language, out)?,
        false => cases.iter().try_for_each(|case| line::print(&case.triage, language, out))?,
    }
    let count = |verdict: Verdict| cases.iter().filter(|case| case.triage.judgement.verdict == verdict).count();
    let (black, grey, white) = (count(Verdict::Black), count(Verdict::Grey), count(Verdict::White));
    let totals = gathered.totals;
    eprintln!(
        "{} events, {} bytes, {} rules, {}: {black} black, {grey} grey, {white} white",
        totals.events,
        totals.bytes,
        rules.len(),
        subjects(cases.len())
    );
    unread.end()
}

fn subjects(count: usize) -> String {
    format!("{count} subject{}", if count == 1 { "" } else { "s" })
}

fn alerts(args: &Args) -> Result<Vec<ProductAlert>> {
    let Some(path) = &args.alert else { return Ok(Vec::new()) };
    let text = fs::read_to_string(path).with_context(|| format!("cannot read `{}`", path.display()))?;
    let alerts = read_alerts(&text).with_context(|| format!("`{}`", path.display()))?;
    if alerts.is_empty() {
        bail!("`{}` holds no alert", path.display());
    }
    Ok(alerts)
}

fn rules(named: &[PathBuf]) -> Result<Arc<RuleSet>> {
    let loaded = match named.is_empty() {
        true => RuleSet::shipped()?,
        false => RuleSet::load(named, &LoadOptions::with_user_cache())?,
    };
    for refusal in &loaded.refused {
        eprintln!("refused: {refusal}");
    }
    some_usable(&loaded)?;
    Ok(loaded.rules)
}

/// Alerts of hosts that sent nothing. They are subjects all the same, as in the desk: what a product says of a file can be asked of the
/// lists, and the report says that nothing was collected.
fn unheard<'a>(gathered: &mut Gathered, alerts: &'a [ProductAlert]) -> Vec<&'a ProductAlert> {
    let is_there = |hosts: &[HostFiles], alert: &ProductAlert| hosts.iter().any(|host| gather::same_host(&alert.host, &host.host));
    let unheard: Vec<&ProductAlert> = alerts.iter().filter(|alert| !is_there(&gathered.hosts, alert)).collect();
    for alert in &unheard {
        if !is_there(&gathered.hosts, alert) {
            gathered.hosts.push(HostFiles {
                host: alert.host.clone(),
                events: Vec::new(),
                paths: Vec::new(),
                matches: Vec::new(),
                coverage: Coverage::default(),
                clocks: Shifts::default(),
                raised: Vec::new(),
            });
        }
    }
    unheard
}

/// Every subject of every host, blackest first.
fn judge(gathered: &Gathered, rules: &RuleSet, alerts: &[ProductAlert], known: &Known<'_>) -> Result<Vec<Case>> {
    let table = gather::rule_table(rules);
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let next = std::sync::atomic::AtomicUsize::new(0);
    let judged: Result<Vec<Vec<Case>>> = thread::scope(|scope| {
        let work = || {
            let mut cases = Vec::new();
            while let Some(host) = gathered.hosts.get(next.fetch_add(1, std::sync::atomic::Ordering::Relaxed)) {
                cases.extend(judge_host(host, rules, &table, alerts, known)?);
            }
            Ok(cases)
        };
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        workers.into_iter().map(|worker| worker.join().unwrap_or_else(|_| bail!("a host could not be judged"))).collect()
    });
    let mut cases: Vec<Case> = judged?.into_iter().flatten().collect();
    let key = |case: &Case| {
        let judgement = &case.triage.judgement;
        (
            std::cmp::Reverse((judgement.verdict, judgement.score)),
            case.triage.window.detected_at,
            case.triage.host.clone(),
            case.triage.subject.node.clone(),
        )
    };
    cases.sort_by_cached_key(key);
    Ok(cases)
}

fn judge_host(host: &HostFiles, rules: &RuleSet, table: &[Rule], alerts: &[ProductAlert], known: &Known<'_>) -> Result<Vec<Case>> {
    let matches = gather::matches_of(host, table);
    let read = Host::read(&host.events, known.book);
    let place = |event: usize| host.paths.get(event).map(|path| path.to_string());
    let last = host.coverage.span().map_or(Timestamp::UNIX_EPOCH, |(_, last)| last);
    let found = read.subjects(&matches);
    let mine: Vec<ProductAlert> = alerts.iter().filter(|alert| gather::same_host(&alert.host, &host.host)).cloned().collect();
    let focuses: Vec<(Focus<'_>, Option<&ProductAlert>)> = match alerts.is_empty() {
        true => {
            let by_products = host.raised.iter().filter(|alert| !read.covers(&found, alert));
            let by_rules = found.iter().map(|found| (Focus::Found(found), None));
            by_rules.chain(by_products.map(|alert| (Focus::Alert(alert), Some(alert)))).collect()
        }
        false => mine.iter().map(|alert| (Focus::Alert(alert), Some(alert))).collect(),
    };
    let triaged = focuses.into_iter().map(|(focus, alert)| {
        let input = Input {
            host: &host.host,
            focus,
            others: &mine,
            events: &host.events,
            matches: &matches,
            exceptions: &[],
            prevalence: None,
            lists: Some(known.lists).filter(|lists| !lists.is_empty()),
            answers: &[],
            block_mode: BlockMode::Unknown,
            received_to: last,
            now: last,
            coverage: Some(&host.coverage),
            place: Some(&place),
            rules_version: rules.version(),
        };
        let alert = alert.cloned();
        if !known.rows {
            return Ok(Case { triage: read.triage(&input, known.book), alert, clocks: host.clocks.limits(), list: None });
        }
        let mut packing = Packing::new(MOST_ROWS);
        let triage = read.triage_telling(&input, known.book, |section, row| packing.take(section, row));
        Ok(Case { triage, alert, clocks: host.clocks.limits(), list: Some(packing.finish()?) })
    });
    triaged.collect()
}

fn show(bar: &ProgressBar, pass: Pass, bytes: u64) {
    let half = bar.length().unwrap_or_default() / 2;
    match pass {
        Pass::First => {
            bar.set_message("rules");
            bar.set_position(bytes);
        }
        Pass::Second => {
            bar.set_message("evidence");
            bar.set_position(half + bytes);
        }
    }
}
