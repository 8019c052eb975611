//! `hikeshi ingest` and `hikeshi query` on a folder where no desk was before.

use std::path::Path;
use std::process::Output;

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
}
