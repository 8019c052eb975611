//! `hikeshi detect`: the command contract.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

const EVENTS: &str = r#"{"Channel":"Microsoft-Windows-Sysmon/Operational","EventID":1,"Computer":"PC-1","EventRecordID":7,"UtcTime":"2026-11-22 01:00:00.000","@timestamp":"2026-11-22T01:00:00Z","Image":"C:\\Windows\\System32\\cmd.exe","ParentImage":"C:\\Office\\WINWORD.EXE","CommandLine":"=cmd /c \"x\", y"}
{"Channel":"Security","EventID":4625,"Computer":"PC-1","EventRecordID":8,"@timestamp":"2026-11-22T01:00:01Z","TargetUserName":"a"}
{"Channel":"Security","EventID":4625,"Computer":"PC-1","EventRecordID":9,"@timestamp":"2026-11-22T01:00:02Z","TargetUserName":"a"}
"#;

const RULES: &str = "
title: Shell from Word
id: 11111111-1111-4111-8111-111111111111
author: Somebody
tags: [attack.execution]
level: high
logsource: {product: windows, category: process_creation}
detection:
    s: {ParentImage|endswith: '\\winword.exe'}
    condition: s
---
title: Failed
id: 22222222-2222-4222-8222-222222222222
name: failed
level: low
logsource: {product: windows, service: security}
detection:
    s: {EventID: 4625}
    condition: s
---
title: Two failures
id: 33333333-3333-4333-8333-333333333333
level: medium
correlation:
    type: event_count
    rules: [failed]
    group-by: [TargetUserName]
    timespan: 1m
    condition: {gte: 2}
generate: true
";

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Folder {
        let folder = Folder(tempfile::tempdir().unwrap());
        folder.write("rules.yml", RULES);
        folder.write("events.ndjson", EVENTS);
        folder
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.0.path().join(name), text).unwrap();
    }

    fn zip(&self, name: &str, member: &str) {
        use std::io::Write as _;
        let mut archive = zip::ZipWriter::new(std::fs::File::create(self.path().join(name)).unwrap());
        archive.start_file(member, zip::write::SimpleFileOptions::default()).unwrap();
        archive.write_all(&std::fs::read(self.path().join(member)).unwrap()).unwrap();
        archive.finish().unwrap();
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn detect(&self, arguments: &[&str]) -> Output {
        let mut command: Command = super::hikeshi();
        command.current_dir(self.path()).env("XDG_CACHE_HOME", self.path().join("cache"));
        command.args(["detect", "--rules", "rules.yml"]).args(arguments).output().unwrap()
    }

    fn lines(&self, arguments: &[&str]) -> Vec<Value> {
        let output = self.detect(arguments);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

fn titles(lines: &[Value]) -> Vec<&str> {
    lines.iter().map(|line| line["title"].as_str().unwrap()).collect()
}

#[test]
fn a_line_a_match_with_the_fields_of_the_contract() {
    let folder = Folder::new();
    let lines = folder.lines(&["--json", "events.ndjson"]);
    assert_eq!(titles(&lines), ["Shell from Word", "Failed", "Failed", "Two failures"]);
    let keys: Vec<&String> = lines[0].as_object().unwrap().keys().collect();
    let expected = ["rule_id", "title", "level", "author", "tags", "time", "host", "channel", "event_id", "record_id", "path", "fields"];
    assert_eq!(keys, expected);
    assert_eq!(lines[0]["rule_id"], "11111111-1111-4111-8111-111111111111");
    assert_eq!((&lines[0]["author"], &lines[0]["level"], &lines[0]["host"]), (&"Somebody".into(), &"high".into(), &"PC-1".into()));
    assert_eq!((&lines[0]["event_id"], &lines[0]["record_id"], &lines[0]["path"]), (&1.into(), &7.into(), &"events.ndjson".into()));
    assert_eq!(lines[0]["fields"]["CommandLine"], "=cmd /c \"x\", y");
    assert_eq!(lines[0]["time"], "2026-11-22T01:00:00Z");
    let named: Vec<&Value> = lines[3]["events"].as_array().unwrap().iter().map(|event| &event["record_id"]).collect();
    assert_eq!(named, [8, 9]);
    assert_eq!(lines[3]["fields"]["TargetUserName"], "a");
}

#[test]
fn the_last_line_on_the_error_stream_counts() {
    let folder = Folder::new();
    folder.write("broken.yml", "title: [");
    let output = folder.detect(&["--rules", "broken.yml", "--json", "events.ndjson"]);
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(errors.lines().any(|line| line.starts_with("refused: broken.yml: ")), "{errors}");
    let last = errors.lines().last().unwrap();
    let expected = format!("3 events, {} bytes, 3 rules, 1 refused, 4 matches, ", EVENTS.len());
    assert!(last.starts_with(&expected) && last.ends_with(" seconds"), "{last}");
}

#[test]
fn matches_are_narrowed_by_level_time_and_rule() {
    let folder = Folder::new();
    assert_eq!(titles(&folder.lines(&["--json", "--min-level", "medium", "events.ndjson"])), ["Shell from Word", "Two failures"]);
    assert_eq!(titles(&folder.lines(&["--json", "--from", "2026-11-22T01:00:02Z", "events.ndjson"])), ["Failed"]);
    assert_eq!(titles(&folder.lines(&["--json", "--to", "2026-11-22 01:00:01", "events.ndjson"])), ["Shell from Word"]);
    let without = folder.lines(&["--json", "--exclude-rule", "22222222-2222-4222-8222-222222222222", "events.ndjson"]);
    assert_eq!(titles(&without), ["Shell from Word", "Two failures"]);
}

#[test]
fn other_formats() {
    let folder = Folder::new();
    let text = |format: &str| String::from_utf8(folder.detect(&["--format", format, "events.ndjson"]).stdout).unwrap();
    let csv = text("csv");
    assert!(csv.starts_with("rule_id,title,level,author,tags,time,host,channel,event_id,record_id,path,fields\r\n"), "{csv}");
    assert_eq!(csv.matches("\r\n").count(), 5);
    let table = text("table");
    assert!(table.contains("Shell from Word") && table.contains("CommandLine: =cmd"), "{table}");
    let html = text("html");
    assert!(html.contains("default-src 'none'") && html.contains("Shell from Word") && html.contains("&quot;x&quot;"), "{html}");
    assert!(!html.contains("<script"));
}

#[test]
fn in_a_pipe_it_prints_ndjson_without_progress() {
    let folder = Folder::new();
    let output = folder.detect(&["events.ndjson"]);
    assert_eq!(output.stdout, folder.detect(&["--json", "events.ndjson"]).stdout);
    assert_eq!(String::from_utf8(output.stderr).unwrap().lines().count(), 1);
}

#[test]
fn order_is_by_path_and_record_whatever_the_threads() {
    let folder = Folder::new();
    folder.write("a.ndjson", &EVENTS.repeat(400));
    folder.write("b.ndjson", EVENTS);
    let one = folder.detect(&["--json", "--threads", "1", "b.ndjson", "a.ndjson"]).stdout;
    let four = folder.detect(&["--json", "--threads", "4", "*.ndjson"]);
    assert!(four.status.success());
    let paths = |text: &[u8]| String::from_utf8_lossy(text).lines().filter(|line| !line.contains("\"events\"")).count();
    assert_eq!(paths(&one), 401 * 3);
    let four = String::from_utf8(four.stdout).unwrap();
    assert!(four.starts_with(std::str::from_utf8(&one).unwrap().split("\"b.ndjson\"").next().unwrap()));
}

#[test]
fn exit_codes() {
    let folder = Folder::new();
    assert_eq!(folder.detect(&["--json", "events.ndjson"]).status.code(), Some(0));
    assert_eq!(folder.detect(&["--json", "absent.evtx"]).status.code(), Some(1));
    assert_eq!(folder.detect(&["--rules", "absent", "events.ndjson"]).status.code(), Some(1));
    assert_eq!(folder.detect(&["--min-level", "grave", "events.ndjson"]).status.code(), Some(1));
    assert_eq!(folder.detect(&["--help"]).status.code(), Some(0));
    let help = String::from_utf8(folder.detect(&["--help"]).stdout).unwrap();
    assert!(help.contains("Examples:"), "{help}");
}

/// In a script, a disk that could not be read looked like a clean one.
#[test]
fn a_named_input_that_cannot_be_read_fails_after_the_rest_was_read() {
    let folder = Folder::new();
    folder.zip("a.zip", "events.ndjson");
    for (named, said) in [
        (["events.ndjson", "absent.evtx"], "no such file"),
        (["events.ndjson", "absent*"], "no file matches"),
        (["events.ndjson", "-"], "standard input is not read"),
        (["events.ndjson", "/dev/null"], "not a regular file"),
        (["events.ndjson", "a.zip!absent"], "no such member"),
        (["a.zip!events.ndjson", "a.zip!absent"], "no such member"),
    ] {
        let output = folder.detect(&[&["--json"], named.as_slice()].concat());
        let errors = String::from_utf8(output.stderr).unwrap();
        assert!(errors.lines().last().unwrap().ends_with(" seconds"), "the counts stay the last line: {errors}");
        assert_eq!(output.status.code(), Some(1), "{named:?}: {errors}");
        assert!(errors.contains(said) && errors.contains("could not be read"), "{named:?}: {errors}");
        assert_eq!(String::from_utf8(output.stdout).unwrap().lines().count(), 4, "{named:?}: {errors}");
    }
    let damaged = folder.path().join("damaged.ndjson");
    std::fs::write(damaged, format!("{EVENTS}no event\n")).unwrap();
    assert_eq!(folder.detect(&["--json", "damaged.ndjson"]).status.code(), Some(0), "a defect within what was read is no failure");
}

#[test]
fn the_shipped_rules_are_used_unless_others_are_named() {
    let folder = Folder::new();
    let output = super::hikeshi().current_dir(folder.path()).args(["detect", "--json", "events.ndjson"]).output().unwrap();
    let first: Value = serde_json::from_str(String::from_utf8(output.stdout).unwrap().lines().next().unwrap()).unwrap();
    assert_eq!((&first["title"], &first["author"]), (&"Office program starts a script host or shell".into(), &"Hikeshi project".into()));
}
