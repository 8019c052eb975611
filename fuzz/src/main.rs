//! Mutation fuzzing of the readers of foreign bytes.
//!
//! `hikeshi-fuzz TARGET|all [--seconds N] [--seed N] [--corpus FOLDER] [--keep FOLDER]`, or `hikeshi-fuzz TARGET --read FILE` to read a
//! kept input again.
//!
//! Each target runs in a process of its own, two side by side. Seeds are made here, one set a target; `--corpus` adds the
//! files of a folder. Every input is read on a thread of its own: a panic, an input that takes more than
//! [`watch::SLOWEST`] of a processor, more than [`watch::LARGEST_KB`] of memory, or a death by a signal ends the target with exit code 1,
//! the input kept under `--keep` (default `found/`) as a regression file. The same seed number gives the same inputs.

mod dress;
mod mutate;
mod readers;
mod seeds;
mod side_by_side;
mod targets;
mod watch;

use std::path::PathBuf;
use std::process::ExitCode;

use targets::Target;

/// What the arguments say.
pub(crate) struct Options {
    targets: Vec<&'static Target>,
    seconds: u64,
    seed: u64,
    corpus: Option<PathBuf>,
    keep: PathBuf,
    /// One input to read instead.
    read: Option<PathBuf>,
    /// In this process: what whoever runs targets side by side says to each.
    here: bool,
}

fn main() -> ExitCode {
    let Some(options) = options(std::env::args().skip(1)) else {
        let names: Vec<&str> = targets::TARGETS.iter().map(|target| target.name).collect();
        eprintln!(
            "usage: hikeshi-fuzz TARGET|all [--seconds N] [--seed N] [--corpus FOLDER] [--keep FOLDER] [--read FILE]; targets: {names:?}"
        );
        return ExitCode::from(2);
    };
    let outcome = match (options.targets.as_slice(), &options.read) {
        ([one], Some(file)) => watch::read_again(one, file),
        ([one], None) if options.here => watch::run(one, &options),
        (all, _) => side_by_side::run(all, &options),
    };
    match outcome {
        Ok(line) => {
            println!("fuzz {line}");
            ExitCode::SUCCESS
        }
        Err(fault) => {
            println!("fuzz {fault}");
            ExitCode::FAILURE
        }
    }
}

fn options(mut arguments: impl Iterator<Item = String>) -> Option<Options> {
    let name = arguments.next()?;
    let targets = match targets::named(&name) {
        Some(target) => vec![target],
        None if name == "all" => targets::TARGETS.iter().collect(),
        None => return None,
    };
    let mut options = Options { targets, seconds: 10, seed: 1, corpus: None, keep: "found".into(), read: None, here: false };
    while let Some(flag) = arguments.next() {
        let value = arguments.next()?;
        match flag.as_str() {
            "--seconds" => options.seconds = value.parse().ok()?,
            "--seed" => options.seed = value.parse().ok()?,
            "--corpus" => options.corpus = Some(value.into()),
            "--keep" => options.keep = value.into(),
            "--read" => options.read = Some(value.into()),
            "--here" => options.here = value == "yes",
            _ => return None,
        }
    }
    Some(options)
}
