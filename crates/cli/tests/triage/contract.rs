//! The line of a subject, the rules in force, the language, exit codes.

use serde_json::{Value, json};

use super::{Folder, keys, said};

const SECTIONS: [&str; 8] =
    ["origin", "process_chain", "processes_started", "files_written", "registry_edited", "files_read", "network", "file_attributes"];

/// Every event that a line names, wherever it does.
fn events(value: &Value) -> Vec<&Value> {
    match value {
        Value::Object(fields) if fields.contains_key("uid") => vec![value],
        Value::Object(fields) => fields.values().flat_map(events).collect(),
        Value::Array(items) => items.iter().flat_map(events).collect(),
        _ => Vec::new(),
    }
}

#[test]
fn a_line_a_subject_with_the_keys_of_the_contract() {
    let folder = Folder::new();
    let lines = folder.lines(&["events.ndjson"]);
    let [line] = lines.as_slice() else { panic!("{lines:?}") };
    let promised =
        ["host", "subject", "verdict", "score", "families", "findings", "unknown", "sections", "tree", "window", "rules_version"];
    let besides = ["rule", "rules", "indicators", "events_seen"];
    let (given, mut expected) = (keys(line), [promised.as_slice(), &besides].concat());
    expected.retain(|key| !given.contains(key));
    assert_eq!((expected, given.len()), (Vec::new(), promised.len() + besides.len()), "{given:?}");
    assert_eq!((&line["host"], &line["verdict"]), (&json!("PC-1"), &json!("black")), "{line}");
    let subject = &line["subject"];
    assert!(subject["image"].as_str().unwrap().ends_with("powershell.exe"), "{subject}");
    assert_eq!(subject["sha256"], "aabbccddeeff00112233445566778899aabbccddeeff00112233445566778899");
    let points: i64 = line["findings"].as_array().unwrap().iter().map(|finding| finding["points"].as_i64().unwrap()).sum();
    assert_eq!(line["score"], points, "the score is the sum of the findings");
    assert!(line["families"].as_array().unwrap().len() >= 2, "{}", line["families"]);
    for finding in line["findings"].as_array().unwrap() {
        assert_eq!(keys(finding), ["id", "family", "points", "reason", "events"]);
        assert!(finding["reason"].as_str().is_some_and(|reason| !reason.contains('{')), "{finding}");
    }
    assert!(!line["unknown"].as_array().unwrap().is_empty(), "files alone tell no prevalence");
    for unknown in line["unknown"].as_array().unwrap() {
        assert_eq!(keys(unknown), ["id", "reason"]);
    }
    assert!(line["rules_version"].as_str().is_some_and(|version| version.contains("verdict-") && version.contains("hikeshi-")));
}

#[test]
fn eight_sections_say_found_nothing_or_not_collected() {
    let folder = Folder::new();
    let line = folder.lines(&["events.ndjson"]).remove(0);
    let sections = &line["sections"];
    assert_eq!(keys(sections), SECTIONS, "in the fixed order");
    for name in SECTIONS {
        let section = &sections[name];
        assert_eq!(keys(section), ["state", "searched", "missing_audit", "total", "items"], "{name}");
        let items = section["items"].as_array().unwrap();
        assert_eq!(section["state"] == "found", !items.is_empty(), "{name}: {section}");
        assert_eq!(section["total"], items.len(), "{name}: nothing is cut here");
    }
    let state = |name: &str| sections[name]["state"].as_str().unwrap();
    assert_eq!((state("network"), state("registry_edited")), ("found", "not_collected"));
    assert!(sections["registry_edited"]["missing_audit"].as_array().unwrap().contains(&json!("Sysmon 13")));
    assert_eq!(sections["network"]["items"][0]["details"]["destination"], "203.0.113.9");
}

#[test]
fn a_tree_has_parents_and_ghosts_and_a_window_three_times() {
    let folder = Folder::new();
    let line = folder.lines(&["events.ndjson"]).remove(0);
    let nodes = line["tree"]["nodes"].as_array().unwrap();
    let of = |image: &str| nodes.iter().find(|node| node["image"].as_str().is_some_and(|path| path.ends_with(image))).unwrap();
    let (desktop, word, shell) = (of("explorer.exe"), of("WINWORD.EXE"), of("powershell.exe"));
    assert_eq!((&word["parent"], &shell["parent"]), (&desktop["id"], &word["id"]));
    assert_eq!(
        (&desktop["ghost"], &word["ghost"], &shell["ghost"]),
        (&json!(true), &json!(false), &json!(false)),
        "its start is not there"
    );
    assert_eq!(nodes.iter().filter(|node| node["subject"] == true).count(), 1);
    assert_eq!(line["subject"]["node"], nodes.iter().find(|node| node["subject"] == true).unwrap()["id"]);
    assert_eq!(keys(&line["window"]), ["from", "detected_at", "to"]);
    let (from, detected) = (&line["window"]["from"], &line["window"]["detected_at"]);
    assert_eq!((from, detected), (&json!("2026-11-15T01:00:01Z"), &json!("2026-11-22T01:00:01Z")), "seven times 24 hours");
    assert_eq!(line["window"]["to"], "2026-11-22T01:00:03Z");
}

#[test]
fn an_event_is_named_by_uid_path_channel_and_record() {
    let folder = Folder::new();
    let line = folder.lines(&["events.ndjson"]).remove(0);
    let named = events(&line);
    assert!(named.len() > 5, "{line}");
    for event in &named {
        assert!(["uid", "path", "channel", "record_id"].iter().all(|key| keys(event).contains(key)), "{event}");
        assert!(event["uid"].as_str().is_some_and(|uid| uid.len() == 32 && uid.bytes().all(|digit| digit.is_ascii_hexdigit())), "{event}");
        assert_eq!((&event["path"], &event["channel"]), (&json!("events.ndjson"), &json!("Microsoft-Windows-Sysmon/Operational")));
        assert!((7..=10).contains(&event["record_id"].as_u64().unwrap()), "{event}");
    }
    let again = folder.lines(&["events.ndjson"]).remove(0);
    assert_eq!(line, again, "a second run says the same, names of events included");
}

#[test]
fn rules_are_the_named_ones_or_the_shipped_ones() {
    let folder = Folder::new();
    let titles = |arguments: &[&str]| -> Vec<String> {
        let line = folder.lines(arguments).remove(0);
        line["rules"].as_array().unwrap().iter().map(|rule| rule["title"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(titles(&["--rules", "rules", "events.ndjson"]), ["Shell from Word"]);
    let shipped = titles(&["events.ndjson"]);
    assert!(shipped.contains(&"Office program starts a script host or shell".to_owned()), "{shipped:?}");
    folder.write("more/broken.yml", "title: [");
    let output = folder.triage(&["--rules", "rules", "--rules", "more", "events.ndjson"]);
    assert!(output.status.success() && said(&output).contains("refused: more/broken.yml: "), "{}", said(&output));
}

#[test]
fn reasons_are_told_in_japanese_or_english() {
    let folder = Folder::new();
    let reason = |arguments: &[&str]| {
        let line = folder.lines(&[arguments, &["--rules", "rules", "events.ndjson"]].concat()).remove(0);
        line["findings"][0]["reason"].as_str().unwrap().to_owned()
    };
    let (japanese, english) = (reason(&["--lang", "ja"]), reason(&["--lang", "en"]));
    assert!(!japanese.is_ascii() && english.is_ascii(), "{japanese}\n{english}");
    assert_eq!(reason(&[]), japanese, "Japanese, unless English is asked for");
}

#[test]
fn nothing_to_tell_is_no_failure_and_the_last_line_counts() {
    let folder = Folder::new();
    let quiet = EVENT_WITHOUT_A_MATCH;
    folder.write("quiet.ndjson", quiet);
    let output = folder.triage(&["--rules", "rules", "quiet.ndjson"]);
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(0), b"".as_slice()));
    let expected = format!("1 events, {} bytes, 1 rules, 0 subjects: 0 black, 0 grey, 0 white", quiet.len());
    assert_eq!(said(&output).lines().collect::<Vec<_>>(), [expected.as_str()], "in a pipe no progress is drawn");
}

const EVENT_WITHOUT_A_MATCH: &str =
    "{\"Channel\":\"Security\",\"EventID\":4624,\"Computer\":\"PC-1\",\"EventRecordID\":1,\"@timestamp\":\"2026-11-22T01:00:00Z\"}\n";

#[test]
fn exit_codes() {
    let folder = Folder::new();
    folder.write("no-alert.json", "[]");
    folder.write("wrong-alert.json", "{\"id\":1}");
    let code = |arguments: &[&str]| {
        let output = folder.triage(arguments);
        (output.status.code(), said(&output))
    };
    assert_eq!(code(&["events.ndjson"]).0, Some(0));
    assert_eq!(code(&["events.ndjson", "absent.evtx"]).0, Some(1), "a named file that is not there is no clean one");
    assert_eq!(code(&["--help"]).0, Some(0));
    for (arguments, expected) in [
        (["absent.evtx"].as_slice(), "nothing to read"),
        (&[], "<PATH>"),
        (&["--rules", "absent", "events.ndjson"], "absent"),
        (&["--alert", "absent.json", "events.ndjson"], "cannot read `absent.json`"),
        (&["--alert", "no-alert.json", "events.ndjson"], "holds no alert"),
        (&["--alert", "wrong-alert.json", "events.ndjson"], "wrong-alert.json"),
        (&["--lang", "fr", "events.ndjson"], "fr"),
        (&["--received", "yesterday", "events.ndjson"], "is no time: write 2026-11-22"),
    ] {
        let (code, said) = code(arguments);
        assert!(code == Some(1) && said.contains(expected), "{arguments:?}: {code:?}: {said}");
    }
}
