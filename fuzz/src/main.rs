//! Mutation fuzzing of the readers of foreign bytes.
//!
//! `cargo run --release -- TARGET|all [--seconds N] [--seed N] [--corpus FOLDER] [--keep FOLDER]`
//!
//! Seeds are made here, one set a target; `--corpus` adds the files of a folder. Every input is read in this process on a
//! thread of its own: a panic, an input that takes longer than [`SLOWEST`], or more than [`LARGEST_KB`] of memory ends the
//! run with exit code 1, the input kept under `--keep` (default `found/`) as a regression file. The same seed number gives
//! the same inputs.

mod mutate;
mod seeds;

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use hikeshi_event::{Input, Intake, Limits, Record, Uid, Work, normalise, process, read_lines, to_ocsf};
use hikeshi_triage::lists::{ListLimits, read as read_list};

use mutate::Dice;

/// What one input may take.
const SLOWEST: Duration = Duration::from_secs(10);
/// What the process may hold at its peak.
const LARGEST_KB: u64 = 512 * 1024;

struct Options {
    targets: Vec<&'static str>,
    seconds: u64,
    seed: u64,
    corpus: Option<PathBuf>,
    keep: PathBuf,
}

fn main() -> ExitCode {
    let Some(options) = options(std::env::args().skip(1)) else {
        eprintln!(
            "usage: hikeshi-fuzz TARGET|all [--seconds N] [--seed N] [--corpus FOLDER] [--keep FOLDER]; targets: {:?}",
            seeds::TARGETS
        );
        return ExitCode::from(2);
    };
    for target in &options.targets {
        if let Err(fault) = run(target, &options) {
            eprintln!("{target}: {fault}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

fn options(mut arguments: impl Iterator<Item = String>) -> Option<Options> {
    let target = arguments.next()?;
    let targets = match seeds::TARGETS.iter().find(|name| **name == target) {
        Some(name) => vec![*name],
        None if target == "all" => seeds::TARGETS.to_vec(),
        None => return None,
    };
    let mut options = Options { targets, seconds: 10, seed: 1, corpus: None, keep: "found".into() };
    while let Some(flag) = arguments.next() {
        let value = arguments.next()?;
        match flag.as_str() {
            "--seconds" => options.seconds = value.parse().ok()?,
            "--seed" => options.seed = value.parse().ok()?,
            "--corpus" => options.corpus = Some(value.into()),
            "--keep" => options.keep = value.into(),
            _ => return None,
        }
    }
    Some(options)
}

fn run(target: &str, options: &Options) -> Result<(), String> {
    let mut corpus = seeds::of(target);
    if let Some(folder) = &options.corpus {
        corpus.extend(files(folder).into_iter().filter(|bytes| seeds::fits(target, bytes)));
    }
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let mut dice = Dice::new(options.seed);
    let end = Instant::now() + Duration::from_secs(options.seconds);
    let (mut inputs, mut events, mut slowest) = (0_u64, 0_u64, Duration::ZERO);
    while Instant::now() < end {
        let seed = corpus.get(dice.roll(corpus.len())).cloned().unwrap_or_default();
        let other = corpus.get(dice.roll(corpus.len())).cloned().unwrap_or_default();
        let bytes = mutate::mutated(seed, &other, &mut dice);
        let started = Instant::now();
        events += watched(target, &bytes, folder.path()).inspect_err(|_| keep(options, target, &bytes))?;
        slowest = slowest.max(started.elapsed());
        inputs += 1;
        let peak = peak_kb();
        if peak > LARGEST_KB {
            keep(options, target, &bytes);
            return Err(format!("{peak} KB of memory"));
        }
    }
    println!("{target}: {inputs} inputs, {events} events, slowest {slowest:?}, peak {} KB, seed {}", peak_kb(), options.seed);
    Ok(())
}

/// Reads one input on a thread of its own.
fn watched(target: &str, bytes: &[u8], folder: &Path) -> Result<u64, String> {
    let (done, finished) = mpsc::channel();
    let (bytes, path) = (bytes.to_vec(), folder.join("input"));
    let read: fn(&[u8], &Path) -> u64 = match target {
        "lines" => |bytes, _| read_body(bytes),
        "lists" => |bytes, _| read_reference_list(bytes),
        _ => read_file,
    };
    let thread = std::thread::spawn(move || {
        let _ = done.send(read(&bytes, &path));
    });
    match finished.recv_timeout(SLOWEST) {
        Ok(events) => Ok(events),
        Err(mpsc::RecvTimeoutError::Timeout) => Err(format!("an input took longer than {SLOWEST:?}")),
        Err(mpsc::RecvTimeoutError::Disconnected) => {
            let _ = thread.join();
            Err("a panic".to_owned())
        }
    }
}

fn intake() -> Intake<'static> {
    let org = "018f0000-0000-7000-8000-000000000001".parse().expect("a UUID");
    Intake { org, source: "fuzz", received_at: "2026-01-01T00:00:00Z".parse().expect("a time") }
}

/// All that is done with a record: the row, its name, its export.
fn digest(record: &Record<'_>) {
    let mut event = normalise(record, &intake());
    event.uid = Uid::of(&event);
    assert!(event.cells.is_sorted_by_key(|(column, _)| *column), "cells out of order");
    assert!(to_ocsf(&event).is_object());
}

fn read_body(bytes: &[u8]) -> u64 {
    let mut events = 0;
    let _ = read_lines(bytes, "fuzz", &Limits::default(), |record| {
        events += 1;
        digest(record);
    });
    events
}

/// Reads a reference list; its entries count as events.
fn read_reference_list(bytes: &[u8]) -> u64 {
    let limits = ListLimits { bytes: 16 << 20, entries: 100_000, listed_defects: 100, ..ListLimits::default() };
    let list = read_list(bytes, &limits);
    assert!(list.count() <= limits.entries, "more entries than may be");
    assert!(list.defects.len() <= limits.listed_defects && list.defects.len() as u64 <= list.rejected, "more defects than lines");
    list.count() as u64
}

/// Reads with or without the records' originals: event logs have a way of their own for each.
struct Digest {
    originals: bool,
}

impl Work for Digest {
    type Scratch = ();
    type Out = ();

    fn needs_originals(&self) -> bool {
        self.originals
    }

    fn scratch(&self) {}

    fn see(&self, (): &mut (), _path: &str, record: &Record<'_>, (): &mut ()) {
        digest(record);
    }
}

fn read_file(bytes: &[u8], path: &Path) -> u64 {
    std::fs::write(path, bytes).expect("the folder is ours");
    let limits = Limits { unpacked_bytes: 64 << 20, ..Limits::default() };
    let read = |originals| process(&[Input::file(path)], &limits, 1, &Digest { originals }, |_| ControlFlow::Continue(())).events;
    let events = read(true);
    if bytes.starts_with(b"ElfFile\0") {
        read(false);
    }
    events
}

fn keep(options: &Options, target: &str, bytes: &[u8]) {
    let name = options.keep.join(format!("{target}-{}-{}", options.seed, bytes.len()));
    match std::fs::create_dir_all(&options.keep).and_then(|()| std::fs::write(&name, bytes)) {
        Ok(()) => eprintln!("kept {}", name.display()),
        Err(error) => eprintln!("cannot keep the input: {error}"),
    }
}

fn files(folder: &Path) -> Vec<Vec<u8>> {
    let (inputs, _) = hikeshi_event::expand(&[folder.display().to_string()]);
    inputs.iter().filter(|input| input.size_bytes() < 2 << 20).filter_map(|input| std::fs::read(input.path()).ok()).collect()
}

fn peak_kb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().strip_suffix(" kB")).and_then(|number| number.trim().parse().ok()).unwrap_or(0)
}
