//! A worker that dies, is silent about its end, or lies: what it says is a stranger's.

use std::ops::ControlFlow;
use std::path::Path;

use hikeshi_event::{DefectKind, Input};
use hikeshi_sandbox::{Reading, read_apart};

/// Lets a shell script be the worker.
fn worker(script: &str) -> (Reading, usize) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("input");
    std::fs::write(&path, "x").unwrap();
    let mut batches = 0;
    let reading = read_apart(Path::new("/bin/sh"), &["-c", script], &Input::file(path), |_| {
        batches += 1;
        ControlFlow::Continue(())
    });
    (reading.unwrap(), batches)
}

/// A frame as a script that prints it.
fn frame(head: &str, body: &str) -> String {
    let octal: String = (head.len() as u32).to_le_bytes().iter().map(|byte| format!("\\{byte:03o}")).collect();
    format!("printf '{octal}%s%s' '{head}' '{body}'\n")
}

const END: &str = r#"{"ended":{"events":1,"bytes":9,"disk_bytes":1,"defects":0}}"#;

fn block(parts: &str) -> String {
    format!(r#"{{"block":{{"inside":"!a","parts":[{parts}],"events":1,"bytes":9,"disk_bytes":1,"defects":[]}}}}"#)
}

fn check_refused(script: &str, reason: &str) {
    let (reading, _) = worker(script);
    let refused = reading.refused.unwrap();
    assert_eq!(refused.kind, DefectKind::Refused);
    assert!(refused.detail.contains(reason) && refused.path.ends_with("/input"), "{script}: {refused:?}");
    assert!(reading.totals.defects > 0, "{script}");
}

#[test]
fn a_whole_answer_is_taken() {
    let script = format!("{}{}{}", frame(r#"{"started":{"missing":[]}}"#, ""), frame(&block(r#"["json",3]"#), "{}"), frame(END, ""));
    let (reading, batches) = worker(&script.replace("'{}'", "'{} '"));
    assert_eq!((reading.refused, reading.totals.events, batches), (None, 1, 1));
}

#[test]
fn nothing_that_it_says_steers_a_terminal() {
    let script = frame(r#"{"started":{"missing":["\u001b[2J"]}}"#, "") + &frame(END, "");
    let (reading, _) = worker(&script);
    assert_eq!((reading.refused, reading.missing), (None, vec!["\u{fffd}[2J".to_owned()]));
}

/// The name of a field that nobody knows stands in the reason: it was shown as it came.
#[test]
fn no_rule_that_it_breaks_steers_a_terminal() {
    check_refused(&frame(r#"{"\u001b[2J":1}"#, ""), "unknown variant `\u{fffd}[2J`");
    let (reading, _) = worker(&frame(&format!(r#"{{"\u001b{}":1}}"#, "x".repeat(100_000)), ""));
    assert!(reading.refused.unwrap().detail.len() < 3000);
}

#[test]
fn a_count_without_room_for_one_more_is_taken() {
    let most = format!(r#"{{"ended":{{"events":{0},"bytes":{0},"disk_bytes":{0},"defects":{0}}}}}"#, u64::MAX);
    check_refused(&format!("{}exit 1", frame(&most, "")), "code 1");
}

#[test]
fn a_death_is_a_refusal_with_its_reason() {
    check_refused("kill -ABRT $$", "signal 6");
    check_refused("kill -XCPU $$", "cpu_seconds");
    check_refused("echo 'memory allocation of 9 bytes failed' >&2; kill -ABRT $$", "memory_bytes");
    check_refused("echo 'thread panicked' >&2; exit 101", "code 101: thread panicked");
    check_refused("exit 0", "code 0");
    check_refused(&format!("{}exit 1", frame(END, "")), "code 1");
    check_refused(&format!("{}printf '\\001'", frame(&block(""), "")), "code 0");
}

#[test]
fn a_lie_is_a_refusal() {
    check_refused("yes", "broke the rules");
    check_refused("printf '\\377\\377\\377\\377'", "a head of 4294967295 bytes");
    check_refused(&frame("{}", ""), "broke the rules");
    check_refused(&frame(&block(r#"["unheard",1]"#), "x"), "a format that nobody knows");
    check_refused(&frame(&block(r#"["json",9999999999]"#), "x"), "too large");
    check_refused(&frame(&block(r#"["json",9]"#), "x"), "code 0");
    check_refused(&format!("{}{}", frame(END, ""), frame(END, "")), "behind the last");
}
