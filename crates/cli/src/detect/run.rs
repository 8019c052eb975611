//! The run: load rules, match every record on all cores, print in order, join correlations, count.

use std::collections::BTreeMap;
use std::io::Write;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context as _, Result, bail};
use hikeshi_detect::{Correlator, LoadOptions, Loaded, Matcher, Observation, RuleIndex, RuleSet};
use hikeshi_event::{Limits, Record, Work, expand, process};
use jiff::Timestamp;

use super::render::{EventName, Printer, Row};
use super::{Args, Format};
use crate::named::Unread;
use crate::progress;
use crate::rules::{some_usable, tell_apart};

/// Matches that correlations join are kept until the end; beyond this many the rest is left out, and said so.
const MAX_OBSERVATIONS: usize = 2_000_000;

/// Runs the command.
pub(super) fn run(args: &Args, format: Format, out: &mut dyn Write) -> Result<()> {
    let started = Instant::now();
    let given = tell_apart(&args.rules, &args.paths)?;
    let loaded = load(args, &given.rules)?;
    for refusal in &loaded.refused {
        eprintln!("refused: {refusal}");
    }
    some_usable(&loaded)?;
    let (inputs, defects) = expand(&given.paths);
    for defect in &defects {
        eprintln!("{}: {}", defect.path, defect.detail);
    }
    let mut unread = Unread::default();
    unread.note(&defects);
    if inputs.is_empty() {
        bail!("no input: none of the paths names a file");
    }
    let matching = Matching::new(args, format, &loaded);
    let threads = args.threads.or_else(|| std::thread::available_parallelism().ok().map(usize::from)).unwrap_or(1);
    crate::walls::shut_in(&inputs, None);
    let size = inputs.iter().map(hikeshi_event::Input::size_bytes).sum();
    let bar = progress::bar(size, "{wide_bar} {bytes}/{total_bytes} {bytes_per_sec} {eta}");
    let mut printer = Printer::new(format, &loaded.rules, out);
    printer.begin()?;
    let mut run = Run { matches: 0, observations: Vec::new(), left_out: 0, failed: None };
    let totals = process(&inputs, &Limits::default(), threads, &matching, |block| {
        bar.set_position(block.disk_bytes);
        unread.note(&block.defects);
        bar.suspend(|| block.defects.iter().for_each(|defect| eprintln!("{}", described(defect))));
        match bar.suspend(|| run.take(block.out, &mut printer)) {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                run.failed = Some(error);
                ControlFlow::Break(())
            }
        }
    });
    bar.finish_and_clear();
    if let Some(error) = run.failed.take() {
        return Err(error.into());
    }
    run.correlate(&matching, &mut printer)?;
    printer.end()?;
    let counts = || {
        eprintln!(
            "{} events, {} bytes, {} rules, {} refused, {} matches, {:.2} seconds",
            totals.events,
            totals.bytes,
            loaded.rules.len(),
            loaded.refused.len(),
            run.matches,
            started.elapsed().as_secs_f64(),
        )
    };
    unread.end_before(counts)
}

fn load(args: &Args, rules: &[PathBuf]) -> Result<Loaded> {
    if rules.is_empty() {
        return RuleSet::shipped().context("cannot load the shipped rules");
    }
    let mut options = if args.no_cache { LoadOptions::default() } else { LoadOptions::with_user_cache() };
    let mut placeholders: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, value) in &args.placeholder {
        placeholders.entry(name.clone()).or_default().push(value.clone());
    }
    options.placeholders = placeholders;
    Ok(RuleSet::load(rules, &options)?)
}

fn described(defect: &hikeshi_event::Defect) -> String {
    match defect.position {
        Some(position) => format!("{}: at {position}: {}", defect.path, defect.detail),
        None => format!("{}: {}", defect.path, defect.detail),
    }
}

/// What every worker does with a record.
struct Matching {
    rules: Arc<RuleSet>,
    /// By rule: its own matches are printed.
    printed: Vec<bool>,
    /// By rule: correlations join it.
    joined: Vec<bool>,
    format: Format,
    /// NDJSON and CSV are written by the workers; this is the part that is the same for every match of a rule.
    heads: Vec<String>,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
}

impl Matching {
    fn new(args: &Args, format: Format, loaded: &Loaded) -> Matching {
        let rules = Arc::clone(&loaded.rules);
        let excluded = |id: &str| args.exclude_rule.iter().any(|excluded| excluded.eq_ignore_ascii_case(id));
        let printed = rules
            .iter()
            .map(|(_, rule)| rule.reported && args.min_level.is_none_or(|level| rule.level >= level) && !excluded(&rule.id))
            .collect();
        let joined = rules.iter().map(|(index, _)| rules.is_joined(index)).collect();
        let heads = rules.iter().map(|(_, rule)| super::render::head(format, rule)).collect();
        Matching { rules, printed, joined, format, heads, from: args.from, to: args.to }
    }

    fn within(&self, record: &Record<'_>) -> bool {
        match record.time {
            Some(time) => self.from.is_none_or(|from| time >= from) && self.to.is_none_or(|to| time < to),
            None => self.from.is_none() && self.to.is_none(),
        }
    }

    fn is_printed(&self, rule: RuleIndex) -> bool {
        self.printed.get(rule.0 as usize).copied().unwrap_or(false)
    }

    fn is_joined(&self, rule: RuleIndex) -> bool {
        self.joined.get(rule.0 as usize).copied().unwrap_or(false)
    }
}

/// What one block gave.
#[derive(Default)]
pub(super) struct Found {
    matches: u64,
    text: Vec<u8>,
    rows: Vec<Row>,
    observations: Vec<Observation<EventName>>,
}

struct Scratch {
    matcher: Matcher,
    found: Vec<RuleIndex>,
}

impl Work for Matching {
    type Scratch = Scratch;
    type Out = Found;

    /// Rules and what is printed read fields only.
    fn needs_originals(&self) -> bool {
        false
    }

    fn scratch(&self) -> Scratch {
        Scratch { matcher: self.rules.matcher(), found: Vec::new() }
    }

    fn see(&self, scratch: &mut Scratch, path: &str, record: &Record<'_>, out: &mut Found) {
        if !self.within(record) {
            return;
        }
        scratch.matcher.matches(record, &mut scratch.found);
        for rule in &scratch.found {
            if self.is_joined(*rule) {
                out.observations.extend(self.rules.observe(*rule, record, EventName::new(path, record)));
            }
            if !self.is_printed(*rule) {
                continue;
            }
            out.matches += 1;
            match self.format {
                Format::Ndjson => super::render::ndjson(self.heads.get(rule.0 as usize), path, record, &mut out.text),
                Format::Csv => super::render::csv(self.heads.get(rule.0 as usize), path, record, &mut out.text),
                Format::Table | Format::Html => out.rows.push(Row::new(*rule, path, record)),
            }
        }
    }
}

/// What is gathered over the whole run.
struct Run {
    matches: u64,
    observations: Vec<Observation<EventName>>,
    left_out: u64,
    failed: Option<std::io::Error>,
}

impl Run {
    fn take(&mut self, found: Found, printer: &mut Printer<'_>) -> std::io::Result<()> {
        self.matches += found.matches;
        for observation in found.observations {
            match self.observations.len() < MAX_OBSERVATIONS {
                true => self.observations.push(observation),
                false => self.left_out += 1,
            }
        }
        printer.text(&found.text)?;
        found.rows.into_iter().try_for_each(|row| printer.row(row))
    }

    /// Joins the matches over time, from the earliest.
    fn correlate(&mut self, matching: &Matching, printer: &mut Printer<'_>) -> std::io::Result<()> {
        if self.left_out > 0 {
            eprintln!(
                "refused: correlations saw the first {MAX_OBSERVATIONS} matches that they join; {} more were left out",
                self.left_out
            );
        }
        self.observations.sort_by_key(|observation| observation.time);
        let mut correlator = Correlator::new(Arc::clone(&matching.rules));
        let mut fired = Vec::new();
        for observation in self.observations.drain(..) {
            correlator.feed(observation, &mut fired);
        }
        correlator.finish(&mut fired);
        for found in fired.into_iter().filter(|found| matching.is_printed(found.rule)) {
            self.matches += 1;
            printer.correlation(&found, matching.heads.get(found.rule.0 as usize))?;
        }
        Ok(())
    }
}
