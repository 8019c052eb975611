//! The other side: a worker is started for a file, and what it says is taken as bytes of a stranger.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::ops::ControlFlow;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::Duration;

use hikeshi_event::{Defect, DefectKind, Input, LogFormat, Totals};

use crate::frame::{self, Head};

/// A worker that says nothing for so long is stopped. Time in which nobody listens does not count.
pub(crate) const LONGEST_SILENCE: Duration = Duration::from_secs(20);
/// What a worker may say in all.
const LARGEST_OUTPUT: u64 = 16 << 30;
/// Of a worker's last words.
const LONGEST_REASON: u64 = 600;

/// What one block of the file gave.
#[derive(Debug)]
pub struct Batch {
    /// The file, or the member of an archive (`a.zip!b.evtx`).
    pub path: String,
    /// The originals of the records, a line each, apart by format.
    pub parts: Vec<(LogFormat, Vec<u8>)>,
    /// Bytes of the file read so far.
    pub disk_bytes: u64,
    /// What could not be read.
    pub defects: Vec<Defect>,
}

/// What reading a file apart came to.
#[derive(Debug)]
pub struct Reading {
    /// The sums. Where the worker was stopped, of what came before.
    pub totals: Totals,
    /// Why the rest of the file was refused: the worker died or was stopped. Never to be shown as clean.
    pub refused: Option<Defect>,
    /// Walls that the worker had to do without.
    pub missing: Vec<String>,
}

/// Reads a file in a process of its own: `program` with `arguments` must call [`crate::serve_worker`]. Every block goes to
/// `deliver` in order, until that breaks.
///
/// # Errors
/// When the file cannot be opened or the process cannot be started.
pub fn read_apart(
    program: &Path,
    arguments: &[&str],
    input: &Input,
    mut deliver: impl FnMut(Batch) -> ControlFlow<()>,
) -> io::Result<Reading> {
    let name = input.path().display().to_string();
    let mut command = Command::new(program);
    command
        .args(arguments)
        .env_clear()
        .env("MALLOC_ARENA_MAX", "2")
        .stdin(File::open(input.path())?)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    if let Some(member) = input.member() {
        command.arg(format!("--member={member}"));
    }
    let mut child = Stopped::new(command.spawn()?);
    let Some(stdout) = child.stdout() else { return Err(io::Error::other("a worker without an output")) };
    let mut session = Session { name, totals: Totals::default(), missing: Vec::new(), over: false };
    let frames = listen(stdout);
    let failure = loop {
        let step = match frames.recv_timeout(LONGEST_SILENCE) {
            Ok(heard) => heard.and_then(|(head, parts)| session.take(head, parts)),
            Err(RecvTimeoutError::Timeout) => Err(io::ErrorKind::TimedOut.into()),
            Err(RecvTimeoutError::Disconnected) => break None,
        };
        match step {
            Ok(None) => {}
            Ok(Some(batch)) => {
                if deliver(batch).is_break() {
                    return Ok(session.reading(None));
                }
            }
            Err(error) => break Some(error),
        }
    };
    drop(frames);
    let reason = child.end(failure, session.over)?;
    Ok(session.reading(reason))
}

/// A worker, stopped at the latest when nobody needs it any more.
pub(crate) struct Stopped(Child);

impl Drop for Stopped {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Stopped {
    pub(crate) fn new(child: Child) -> Self {
        Stopped(child)
    }

    pub(crate) fn stdout(&mut self) -> Option<ChildStdout> {
        self.0.stdout.take()
    }

    /// Why the worker did not come to its end, if so.
    pub(crate) fn end(&mut self, failure: Option<io::Error>, over: bool) -> io::Result<Option<String>> {
        if let Some(failure) = &failure {
            match failure.kind() {
                io::ErrorKind::TimedOut => return Ok(Some(format!("time: it gave nothing for {} seconds", LONGEST_SILENCE.as_secs()))),
                io::ErrorKind::UnexpectedEof => {}
                _ => return Ok(Some(format!("it broke the rules of its output: {failure}"))),
            }
        }
        // Its pipe is closed: it is dying, or has no more to say.
        let _ = self.0.kill();
        let mut words = String::new();
        if let Some(stderr) = self.0.stderr.take() {
            let _ = stderr.take(LONGEST_REASON).read_to_string(&mut words);
        }
        let status = self.0.wait()?;
        Ok((failure.is_some() || !over || !status.success()).then(|| reason(status, &words)))
    }
}

/// What a worker's death says.
fn reason(status: ExitStatus, words: &str) -> String {
    let words = words.trim().escape_debug().to_string();
    match status.signal() {
        Some(signal) if signal == libc::SIGXCPU => "cpu_seconds: it used more processor time than the file's size allows".to_owned(),
        Some(signal) if signal == libc::SIGABRT && words.contains("memory allocation") => format!("memory_bytes: {words}"),
        Some(signal) => format!("it died of signal {signal}: {words}"),
        None => format!("it ended with code {}: {words}", status.code().unwrap_or_default()),
    }
}

/// A frame: its head, and the bytes that the head counts.
type Heard = (Head, Vec<(LogFormat, Vec<u8>)>);

/// Frames that wait for the caller.
const WAITING: usize = 2;

/// Reads frames on a thread of their own, so that the silence of a worker can be told from the caller's own work. The thread
/// ends with the pipe, or when nobody takes its frames.
fn listen(stdout: ChildStdout) -> Receiver<io::Result<Heard>> {
    let (heard, frames) = sync_channel(WAITING);
    std::thread::spawn(move || {
        let mut pipe = BufReader::with_capacity(256 * 1024, stdout);
        let mut said = 0;
        loop {
            let next = match frame::read(&mut pipe) {
                Ok(None) => return,
                Ok(Some(head)) => parts(&mut pipe, &head, &mut said).map(|parts| (head, parts)),
                Err(error) => Err(error),
            };
            let failed = next.is_err();
            if heard.send(next).is_err() || failed {
                return;
            }
        }
    });
    frames
}

fn parts(pipe: &mut dyn Read, head: &Head, said: &mut u64) -> io::Result<Vec<(LogFormat, Vec<u8>)>> {
    let Head::Block { parts, .. } = head else { return Ok(Vec::new()) };
    let mut left = frame::largest_body();
    let mut taken = Vec::new();
    for (name, length) in parts {
        let format = LogFormat::named(name).ok_or_else(|| broken("a format that nobody knows"))?;
        *said = said.saturating_add(*length);
        if *said > LARGEST_OUTPUT {
            return Err(broken("more output than any file may give"));
        }
        taken.push((format, frame::read_part(pipe, *length, &mut left)?));
    }
    Ok(taken)
}

/// The longest text of a stranger that is shown.
const LONGEST_TEXT: usize = 2000;

/// A stranger's text, shown on terminals: nothing in it steers one.
pub(crate) fn plain(text: &str) -> String {
    text.chars().take(LONGEST_TEXT).map(|one| if one.is_control() { char::REPLACEMENT_CHARACTER } else { one }).collect()
}

pub(crate) fn broken(rule: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, rule)
}

/// What was heard of a worker so far.
struct Session {
    name: String,
    totals: Totals,
    missing: Vec<String>,
    over: bool,
}

impl Session {
    fn take(&mut self, head: Head, parts: Vec<(LogFormat, Vec<u8>)>) -> io::Result<Option<Batch>> {
        match head {
            _ if self.over => Err(broken("a frame behind the last")),
            Head::Started { missing } => {
                self.missing.extend(missing.iter().take(8).map(|wall| plain(wall)));
                Ok(None)
            }
            Head::Answer { .. } => Err(broken("an answer among records")),
            Head::Ended { events, bytes, disk_bytes, defects } => {
                self.totals = Totals { events, bytes, disk_bytes, defects };
                self.over = true;
                Ok(None)
            }
            Head::Block { inside, events, bytes, disk_bytes, defects, .. } => {
                self.totals.events = self.totals.events.saturating_add(events);
                self.totals.bytes = self.totals.bytes.saturating_add(bytes);
                self.totals.disk_bytes = self.totals.disk_bytes.max(disk_bytes);
                self.totals.defects = self.totals.defects.saturating_add(defects.len() as u64);
                let placed = |defect: Defect| Defect {
                    path: format!("{}{}", self.name, plain(&defect.path)),
                    detail: plain(&defect.detail),
                    ..defect
                };
                let defects = defects.into_iter().map(placed).collect();
                Ok(Some(Batch { path: format!("{}{}", self.name, plain(&inside)), parts, disk_bytes, defects }))
            }
        }
    }

    fn reading(self, reason: Option<String>) -> Reading {
        let refused = reason.map(|reason| {
            // A rule that was broken is told in the stranger's own words.
            let detail = format!("the process that read this file was stopped: {}; what came before is kept", plain(&reason));
            Defect::new(self.name, None, DefectKind::Refused, detail)
        });
        let mut totals = self.totals;
        totals.defects = totals.defects.saturating_add(u64::from(refused.is_some()));
        Reading { totals, refused, missing: self.missing }
    }
}
