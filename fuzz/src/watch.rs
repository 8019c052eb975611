//! One target: inputs are made and read, and whoever reads them is watched.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use crate::mutate::{Dice, mutated};
use crate::targets::Target;
use crate::{Options, seeds};

/// Processor time that one input may take: a machine that others share makes no finding.
pub(crate) const SLOWEST: Duration = Duration::from_secs(10);
/// What it may take by the clock.
const LONGEST: Duration = Duration::from_secs(120);
/// What the process may hold at its peak.
pub(crate) const LARGEST_KB: u64 = 512 * 1024;
/// The file that holds the input which is being read: what is left of it when the process dies.
const LAST: &str = "input";

/// Panics of any thread: those of a lake's own threads are caught there, and are findings all the same.
static PANICS: AtomicUsize = AtomicUsize::new(0);

fn count_panics() {
    let tell = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        PANICS.fetch_add(1, Ordering::SeqCst);
        tell(panic);
    }));
}

/// Reads a kept input.
pub(crate) fn read_again(target: &Target, file: &Path) -> Result<String, String> {
    let bytes = std::fs::read(file).map_err(|error| error.to_string())?;
    count_panics();
    let folder = scratch()?;
    let started = Instant::now();
    let read = watched(target, &bytes, folder.path())?;
    Ok(format!("{}: {read} {}, {:.1?}, peak {} KB", target.name, target.gives, started.elapsed(), peak_kb()))
}

/// A folder for inputs, in memory where the machine has such a place: nothing in it outlives a run.
pub(crate) fn scratch() -> Result<tempfile::TempDir, String> {
    let memory = Path::new("/dev/shm");
    let own = std::env::var_os("TMPDIR").is_some();
    let made = if memory.is_dir() && !own { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
    made.map_err(|error| error.to_string())
}

/// Runs a target for its time; what it came to, in one line.
pub(crate) fn run(target: &Target, options: &Options) -> Result<String, String> {
    let mut corpus = (target.seeds)();
    if let Some(folder) = &options.corpus {
        corpus.extend(seeds::files(folder).into_iter().filter(|bytes| (target.fits)(bytes)));
    }
    let folder = scratch()?;
    count_panics();
    let mut dice = Dice::new(options.seed);
    understands_its_seeds(target, options, folder.path(), &mut dice)?;
    let end = Instant::now() + Duration::from_secs(options.seconds);
    let (mut inputs, mut read, mut slowest) = (0_u64, 0_u64, Duration::ZERO);
    while Instant::now() < end {
        let seed = corpus.get(dice.roll(corpus.len())).cloned().unwrap_or_default();
        let other = corpus.get(dice.roll(corpus.len())).cloned().unwrap_or_default();
        let bytes = (target.dress)(mutated(seed, &other, &mut dice), &mut dice);
        let fault = |fault: String| format!("{}: {fault}; {}", target.name, keep(&options.keep, target.name, options.seed, &bytes));
        let started = Instant::now();
        read += watched(target, &bytes, folder.path()).map_err(fault)?;
        slowest = slowest.max(started.elapsed());
        inputs += 1;
        if peak_kb() > LARGEST_KB {
            return Err(fault(format!("{} KB of memory", peak_kb())));
        }
    }
    let (name, seed, peak) = (target.name, options.seed, peak_kb());
    Ok(format!("{name}: {inputs} inputs, {read} {}, slowest {slowest:.1?}, peak {peak} KB, seed {seed}", target.gives))
}

/// Reads the seeds as they are. A reader that gets nothing out of any of them looks at nothing but its first check, and whatever is changed
/// behind that is not read at all.
fn understands_its_seeds(target: &Target, options: &Options, folder: &Path, dice: &mut Dice) -> Result<(), String> {
    let mut read = 0;
    for seed in (target.seeds)() {
        let bytes = (target.dress)(seed, dice);
        let fault = |fault: String| format!("{}: {fault}; {}", target.name, keep(&options.keep, target.name, options.seed, &bytes));
        read += watched(target, &bytes, folder).map_err(fault)?;
        if peak_kb() > LARGEST_KB {
            return Err(fault(format!("{} KB of memory", peak_kb())));
        }
    }
    if read == 0 { Err(format!("{}: no {} in any unchanged seed: the target reads nothing", target.name, target.gives)) } else { Ok(()) }
}

/// Reads one input on a thread of its own.
fn watched(target: &Target, bytes: &[u8], folder: &Path) -> Result<u64, String> {
    let path = folder.join(LAST);
    std::fs::write(&path, bytes).map_err(|error| error.to_string())?;
    let (done, finished) = mpsc::channel();
    let (read, bytes) = (target.read, bytes.to_vec());
    let thread = std::thread::spawn(move || {
        let _ = done.send(read(&bytes, &path));
    });
    let (begun, spent) = (Instant::now(), processor_time());
    loop {
        match finished.recv_timeout(Duration::from_secs(1)) {
            Ok(count) if PANICS.load(Ordering::SeqCst) == 0 => return thread.join().map(|()| count).map_err(|_| "a panic".to_owned()),
            Ok(_) => return Err("a panic of another thread".to_owned()),
            Err(mpsc::RecvTimeoutError::Disconnected) => return Err("a panic".to_owned()),
            Err(mpsc::RecvTimeoutError::Timeout) if processor_time().saturating_sub(spent) > SLOWEST => {
                return Err(format!("an input took more than {SLOWEST:?} of a processor"));
            }
            Err(mpsc::RecvTimeoutError::Timeout) if begun.elapsed() > LONGEST => {
                return Err(format!("an input was not read within {LONGEST:?}"));
            }
            Err(mpsc::RecvTimeoutError::Timeout) => {}
        }
    }
}

/// Of all threads of this process, in steps of 10 ms (proc(5), `stat`, fields 14 and 15).
fn processor_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit_once(") ").map_or("", |(_, fields)| fields).split(' ');
    let ticks: u64 = fields.skip(11).take(2).filter_map(|ticks| ticks.parse::<u64>().ok()).sum();
    Duration::from_millis(ticks * 10)
}

fn keep(folder: &Path, target: &str, seed: u64, bytes: &[u8]) -> String {
    let name = folder.join(format!("{target}-{seed}-{}", bytes.len()));
    match std::fs::create_dir_all(folder).and_then(|()| std::fs::write(&name, bytes)) {
        Ok(()) => format!("kept as {}", name.display()),
        Err(error) => format!("it cannot be kept: {error}"),
    }
}

/// Keeps what a process was reading when it died.
pub(crate) fn keep_last(keeping: &Path, target: &str, seed: u64, scratch: &Path) {
    let folders = std::fs::read_dir(scratch).into_iter().flatten().flatten();
    let last: Option<PathBuf> = folders.map(|entry| entry.path().join(LAST)).find(|path| path.is_file());
    if let Some(bytes) = last.and_then(|path| std::fs::read(path).ok()) {
        println!("fuzz {target}: {}", keep(keeping, target, seed, &bytes));
    }
}

fn peak_kb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().strip_suffix(" kB")).and_then(|number| number.trim().parse().ok()).unwrap_or(0)
}
