//! `hikeshi ingest` and `hikeshi query` on a folder where no desk was before.

use std::io::{BufRead, BufReader, Read as _};
use std::path::Path;
use std::process::{Output, Stdio};

use serde_json::Value;

const EVENTS: &str = r#"{"Channel":"Microsoft-Windows-Sysmon/Operational","EventID":1,"Computer":"PC-1","EventRecordID":7,"UtcTime":"2026-11-22 01:00:00.000","@timestamp":"2026-11-22T01:00:00Z","ProcessGuid":"{00000000-0000-0000-0000-000000000007}","ProcessId":7,"Image":"C:\\Windows\\System32\\cmd.exe","ParentImage":"C:\\Office\\WINWORD.EXE","CommandLine":"cmd /c x"}
"#;

const RULES: &str = "
title: Shell from Word
id: 11111111-1111-4111-8111-111111111111
level: high
logsource: {product: windows, category: process_creation}
detection:
    s: {ParentImage|endswith: '\\winword.exe'}
    condition: s
";

fn call(folder: &Path, arguments: &[&str]) -> Output {
    super::hikeshi().current_dir(folder).env("XDG_CACHE_HOME", folder.join("cache")).args(arguments).output().unwrap()
}

fn said(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn query(folder: &Path, sql: &str) -> Vec<Value> {
    said(&call(folder, &["query", "--data", "desk", sql])).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Each reading gave it another time, and with it another place: it was new each time.
#[test]
fn an_event_without_a_time_is_known_again() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let timeless = r#"{"Channel":"Security","EventID":4625,"Computer":"X","TargetUserName":"u"}"#;
    std::fs::write(folder.join("events.ndjson"), format!("{timeless}\n")).unwrap();
    let ingest = || said(&call(folder, &["ingest", "--data", "desk", "events.ndjson"]));
    assert!(ingest().contains("1 new, 0 already there"));
    for _ in 0..2 {
        let again = ingest();
        assert!(again.contains("0 new, 1 already there"), "{again}");
    }
    assert_eq!(query(folder, "SELECT count(*) AS n FROM events")[0]["n"], 1);
}

/// The events went to the nil organisation, unwatched: no match, no alert, and the first endpoint of that organisation broke the chain.
#[test]
fn the_first_events_get_an_organisation_of_their_own_and_are_watched() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    std::fs::write(folder.join("rules.yml"), RULES).unwrap();
    std::fs::write(folder.join("events.ndjson"), EVENTS).unwrap();
    let ingest = |more: &[&str]| {
        let fixed = ["ingest", "--data", "desk", "--rules", "rules.yml"];
        call(folder, &[&fixed, more, &["events.ndjson"]].concat())
    };
    assert_eq!(said(&ingest(&[])), "1 events, 1 new, 0 already there, 0 defects\n");
    assert_eq!(said(&ingest(&["--org", "Organisation 1"])), "1 events, 0 new, 1 already there, 0 defects\n");
    let unknown = ingest(&["--org", "Somebody else"]);
    assert!(!unknown.status.success() && String::from_utf8_lossy(&unknown.stderr).contains("Organisation 1"));
    let found = query(folder, "SELECT title FROM matches");
    assert_eq!(found.len(), 1, "{found:?}");
    let nil = "00000000-0000-0000-0000-000000000000";
    assert_eq!(query(folder, &format!("SELECT host FROM events WHERE org <> '{nil}'")).len(), 1);
    // The organisation, and the alert that its strong match raised.
    let chain = said(&call(folder, &["record", "export", "--data", "desk", "--without-bodies"]));
    let kinds: Vec<Value> = chain.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["version"]["kind"].clone()).collect();
    assert!(kinds.contains(&"organization".into()) && kinds.contains(&"alert".into()), "{kinds:?}");
    assert!(said(&call(folder, &["record", "verify", "--data", "desk"])).contains("hold"));
    // `| head` reads as much as it wants.
    let mut unread =
        super::hikeshi().current_dir(folder).args(["record", "export", "--data", "desk"]).stdout(Stdio::piped()).spawn().unwrap();
    drop(unread.stdout.take());
    assert!(unread.wait().unwrap().success());
    // What is named and cannot be read fails, after the rest was stored.
    let missing = ingest(&["absent.ndjson"]);
    assert_eq!(missing.status.code(), Some(1));
    assert_eq!(String::from_utf8_lossy(&missing.stdout), "1 events, 0 new, 1 already there, 0 defects\n");
}

/// It waited in silence, for ever.
#[test]
fn what_keeps_the_lake_from_writing_is_told_while_it_is_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    std::fs::write(folder.join("rules.yml"), RULES).unwrap();
    std::fs::write(folder.join("events.ndjson"), EVENTS).unwrap();
    std::fs::create_dir_all(folder.join("desk/lake")).unwrap();
    // A place that cannot be made a folder, and that can be mended while the command waits.
    let blocked = folder.join("desk/lake/events");
    std::os::unix::fs::symlink(folder.join("nowhere"), &blocked).unwrap();
    let mut command = super::hikeshi();
    command.current_dir(folder).env("XDG_CACHE_HOME", folder.join("cache")).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.args(["ingest", "--data", "desk", "--rules", "rules.yml", "events.ndjson"]).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
    let told = lines.find(|line| line.starts_with("warning: cannot write a segment: ")).unwrap();
    assert!(told.ends_with("this is tried again until it works"), "{told}");
    std::fs::remove_file(&blocked).unwrap();
    let mut said = String::new();
    child.stdout.take().unwrap().read_to_string(&mut said).unwrap();
    assert!(child.wait().unwrap().success());
    assert_eq!(said, "1 events, 1 new, 0 already there, 0 defects\n");
}

/// The commands of docs/lake.md, "Events that were set aside".
#[test]
fn events_that_lie_aside_are_told_of_and_brought_back() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    std::fs::write(folder.join("rules.yml"), RULES).unwrap();
    std::fs::write(folder.join("events.ndjson"), EVENTS).unwrap();
    std::fs::write(folder.join("others.ndjson"), EVENTS.replace("\"EventRecordID\":7", "\"EventRecordID\":8")).unwrap();
    let ingest = |more: &[&str]| call(folder, &[&["ingest", "--data", "desk", "--rules", "rules.yml"], more].concat());
    said(&ingest(&["others.ndjson"]));
    let org = query(folder, "SELECT org FROM events")[0]["org"].as_str().unwrap().to_owned();
    let aside = folder.join(format!("desk/lake/aside/org={org}"));
    std::fs::create_dir_all(&aside).unwrap();
    std::fs::rename(folder.join("events.ndjson"), aside.join("00000000000000000001.ndjson")).unwrap();

    let again = ingest(&["others.ndjson"]);
    assert_eq!(said(&again), "1 events, 0 new, 1 already there, 0 defects\n");
    let warned = String::from_utf8_lossy(&again.stderr).into_owned();
    assert!(warned.contains("1 events that could not be written earlier lie in `desk/lake/aside`"), "{warned}");

    std::fs::rename(&aside, folder.join("again")).unwrap();
    let brought = ingest(&["--org", &org, "again"]);
    assert_eq!(said(&brought), "1 events, 1 new, 0 already there, 0 defects\n");
    assert!(!String::from_utf8_lossy(&brought.stderr).contains("aside"));
    assert_eq!(query(folder, "SELECT record_id FROM events ORDER BY 1").len(), 2);
}
