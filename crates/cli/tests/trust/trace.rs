//! The server under a tracer that makes system calls fail, or only seem to succeed, and writes down which were made.

use std::path::Path;
use std::process::Command;

/// Words before the command: traces these calls into a file and injects a fault into some of them.
pub(super) fn tracer(trace: &Path, calls: &str, inject: &str) -> Vec<String> {
    let trace = trace.to_str().unwrap().to_owned();
    let words = ["strace", "-D", "-f", "-qq", "-y", "--seccomp-bpf", "-o", &trace, "-e", &format!("trace={calls}"), "-e"];
    words.iter().map(|word| (*word).to_owned()).chain([format!("inject={inject}")]).collect()
}

/// Why nothing can be traced here, if it cannot.
pub(super) fn refusal() -> Option<String> {
    let folder = tempfile::tempdir().unwrap();
    let words = tracer(&folder.path().join("trace"), "fsync", "fsync:error=EIO");
    match Command::new(&words[0]).args(&words[1..]).arg("true").output() {
        Ok(output) if output.status.success() => None,
        Ok(output) => Some(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
        Err(error) => Some(format!("strace: {error}")),
    }
}

/// One call of fsync or fdatasync.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sync {
    pub(super) path: String,
    pub(super) failed: bool,
}

/// The syncs of a trace, in order. A call that another thread's call interrupted stands where it ended.
pub(super) fn syncs(trace: &Path) -> Vec<Sync> {
    let text = std::fs::read_to_string(trace).unwrap_or_default();
    let mut begun = std::collections::HashMap::new();
    let mut syncs = Vec::new();
    for line in text.lines() {
        let Some((thread, call)) = line.split_once(' ') else { continue };
        let path = call.split_once('<').filter(|_| call.contains("sync(")).and_then(|(_, rest)| rest.split_once('>'));
        let path = path.map(|(path, _)| path.to_owned());
        if call.contains("<unfinished ...>") {
            begun.extend(path.map(|path| (thread.to_owned(), path)));
            continue;
        }
        let path = if call.contains("resumed>") { begun.remove(thread) } else { path };
        let ended = call.contains(" = ");
        syncs.extend(path.filter(|_| ended).map(|path| Sync { path, failed: call.contains(" = -1 ") }));
    }
    syncs
}

/// Files whose failed sync was tried again.
pub(super) fn retried(syncs: &[Sync]) -> Vec<&str> {
    let again = |index: usize, sync: &Sync| sync.failed && syncs.iter().skip(index + 1).any(|later| later.path == sync.path);
    syncs.iter().enumerate().filter(|(index, sync)| again(*index, sync)).map(|(_, sync)| sync.path.as_str()).collect()
}

#[test]
fn a_trace_is_read_in_the_order_in_which_its_calls_ended() {
    let folder = tempfile::tempdir().unwrap();
    let trace = folder.path().join("trace");
    let text = "7 fdatasync(9</d/1.log> <unfinished ...>\n8 fsync(4</d/segment.part>) = 0\n\
                7 <... fdatasync resumed>) = -1 EIO (Input/output error) (INJECTED)\n9 +++ exited with 0 +++\n";
    std::fs::write(&trace, text).unwrap();
    let sync = |path: &str, failed| Sync { path: path.to_owned(), failed };
    assert_eq!(syncs(&trace), [sync("/d/segment.part", false), sync("/d/1.log", true)]);
}
