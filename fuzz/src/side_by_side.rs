//! All targets, each in a process of its own: one that dies takes no other with it, and what it held is its own.

use std::path::Path;
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::Options;
use crate::targets::Target;

/// Targets that run at once.
const LANES: usize = 2;

/// The last line, or how many targets failed.
pub(crate) fn run(targets: &[&'static Target], options: &Options) -> Result<String, String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let (next, inputs, failed) = (AtomicUsize::new(0), AtomicUsize::new(0), Mutex::new(Vec::new()));
    let lane = || {
        while let Some(target) = targets.get(next.fetch_add(1, Ordering::Relaxed)) {
            match one(&program, target.name, options) {
                Ok(read) => inputs.fetch_add(read, Ordering::Relaxed),
                Err(fault) => {
                    println!("fuzz {}: {fault}", target.name);
                    failed.lock().unwrap().push(target.name);
                    0
                }
            };
        }
    };
    std::thread::scope(|scope| (0..LANES).for_each(|_| drop(scope.spawn(lane))));
    let (failed, inputs) = (failed.into_inner().unwrap(), inputs.into_inner());
    match failed.is_empty() {
        true => Ok(format!("{} targets, {} seconds each, {inputs} inputs, 0 failed", targets.len(), options.seconds)),
        false => Err(format!("{} targets, {inputs} inputs, {} failed: {failed:?}", targets.len(), failed.len())),
    }
}

/// Runs one target; how many inputs it read.
fn one(program: &Path, name: &str, options: &Options) -> Result<usize, String> {
    let scratch = crate::watch::scratch()?;
    let mut command = Command::new(program);
    command
        .arg(name)
        .args(["--here", "yes", "--seconds", &options.seconds.to_string(), "--seed", &options.seed.to_string(), "--keep"])
        .arg(&options.keep);
    if let Some(corpus) = &options.corpus {
        command.arg("--corpus").arg(corpus);
    }
    let output = command.env("TMPDIR", scratch.path()).output().map_err(|error| error.to_string())?;
    eprint!("{}", String::from_utf8_lossy(&output.stderr));
    let said = String::from_utf8_lossy(&output.stdout);
    print!("{said}");
    let inputs = said.split_once(": ").and_then(|(_, rest)| rest.split(' ').next()?.parse().ok());
    match (output.status.success(), inputs) {
        (true, Some(inputs)) => Ok(inputs),
        (_, _) if output.status.code() == Some(1) => Err("it failed as told above".to_owned()),
        _ => {
            crate::watch::keep_last(&options.keep, name, options.seed, scratch.path());
            Err(format!("it died: {}", output.status))
        }
    }
}
