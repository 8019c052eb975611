//! One file, one answer: a worker reads a file whole and says one thing of it, as bytes that the caller understands.
//!
//! For formats that are no stream of records: mails. The walls and the distrust are those of the workers that read logs.

use std::fs::File;
use std::io::{self, Read as _};
use std::os::fd::AsFd as _;
use std::path::Path;
use std::process::{ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};

use crate::frame::{self, Head};
use crate::read::{LONGEST_SILENCE, Stopped, broken, plain};
use crate::resources::Budget;
use crate::walls::confine_worker;

/// What a worker said of a file.
#[derive(Debug)]
pub struct Answer {
    /// Its answer; none where it was stopped before it had one.
    pub said: Result<Vec<u8>, String>,
    /// Walls that it had to do without.
    pub missing: Vec<String>,
}

/// Shuts this process in, reads at most so many bytes of the file that is its standard input, and writes what `work` makes of them.
/// `prepare` runs before the walls stand: for what has to be loaded.
///
/// # Errors
/// When the file cannot be taken, or nobody reads the answer any more.
pub fn serve_answer<P>(most_bytes: u64, prepare: impl FnOnce() -> P, work: impl FnOnce(P, &[u8]) -> Vec<u8>) -> io::Result<()> {
    let file = File::from(io::stdin().as_fd().try_clone_to_owned()?);
    let size_bytes = file.metadata()?.len();
    let prepared = prepare();
    let missing = confine_worker(&Budget::of(size_bytes.min(most_bytes)), file.as_fd());
    let mut out = io::stdout().lock();
    frame::write(&mut out, &Head::Started { missing: missing.iter().map(ToString::to_string).collect() }, &[])?;
    let mut bytes = Vec::new();
    file.take(most_bytes).read_to_end(&mut bytes)?;
    let answer = work(prepared, &bytes);
    frame::write(&mut out, &Head::Answer { bytes: answer.len() as u64 }, &[&answer])
}

/// Asks a process of its own about a file: `program` with `arguments` must call [`serve_answer`].
///
/// # Errors
/// When the file cannot be opened or the process cannot be started.
pub fn ask_apart(program: &Path, arguments: &[&str], file: &Path) -> io::Result<Answer> {
    let mut command = Command::new(program);
    command.args(arguments).env_clear().env("MALLOC_ARENA_MAX", "2").stdin(File::open(file)?).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = Stopped::new(command.spawn()?);
    let Some(stdout) = child.stdout() else { return Err(io::Error::other("a worker without an output")) };
    let heard = listen(stdout);
    let (mut missing, mut said) = (Vec::new(), None);
    let failure = loop {
        match heard.recv_timeout(LONGEST_SILENCE) {
            Ok(Ok(Heard::Started(walls))) => missing.extend(walls.iter().take(8).map(|wall| plain(wall))),
            Ok(Ok(Heard::Answer(bytes))) if said.is_none() => said = Some(bytes),
            Ok(Ok(Heard::Answer(_))) => break Some(broken("a second answer")),
            Ok(Err(error)) => break Some(error),
            Err(RecvTimeoutError::Timeout) => break Some(io::ErrorKind::TimedOut.into()),
            Err(RecvTimeoutError::Disconnected) => break None,
        }
    };
    drop(heard);
    let reason = child.end(failure, said.is_some())?;
    let said = match (reason, said) {
        (None, Some(said)) => Ok(said),
        (reason, _) => Err(plain(&reason.unwrap_or_else(|| "it gave no answer".to_owned()))),
    };
    Ok(Answer { said, missing })
}

enum Heard {
    Started(Vec<String>),
    Answer(Vec<u8>),
}

/// Reads frames on a thread of their own, which ends with the pipe or when nobody listens.
fn listen(mut pipe: ChildStdout) -> Receiver<io::Result<Heard>> {
    let (tell, heard) = sync_channel(1);
    std::thread::spawn(move || {
        loop {
            let next = match frame::read(&mut pipe) {
                Ok(None) => return,
                Ok(Some(Head::Started { missing })) => Ok(Heard::Started(missing)),
                Ok(Some(Head::Answer { bytes })) => frame::read_part(&mut pipe, bytes, &mut frame::largest_body()).map(Heard::Answer),
                Ok(Some(_)) => Err(broken("a frame that is no answer")),
                Err(error) => Err(error),
            };
            let failed = next.is_err();
            if tell.send(next).is_err() || failed {
                return;
            }
        }
    });
    heard
}
