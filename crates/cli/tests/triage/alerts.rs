//! `--alert` and `--received`: what a product raised, and the two-hour clock.

use serde_json::{Value, json};

use super::{ALERT, Folder, said};

#[test]
fn an_alert_names_the_subject() {
    let folder = Folder::new();
    let lines = folder.lines(&["--alert", "alert.json", "--rules", "rules", "events.ndjson"]);
    let [line] = lines.as_slice() else { panic!("{lines:?}") };
    assert_eq!(line["subject"]["process_guid"], "00000000-0000-0000-0000-000000000002");
    assert_eq!(line["window"]["detected_at"], "2026-11-22T01:00:02Z", "when the product saw it");
    let after: Vec<&Value> = line["sections"]["files_written"]["items"].as_array().unwrap().iter().collect();
    assert_eq!(after.iter().map(|item| &item["after_detection"]).collect::<Vec<_>>(), [&json!(true)], "what came after is marked");
}

#[test]
fn alerts_come_as_an_array_by_lines_or_as_ocsf() {
    let folder = Folder::new();
    let elsewhere = ALERT.replace("AV-1", "AV-2").replace("PC-1", "PC-9");
    let ocsf = r#"{"class_uid":2004,"time":1795309202000,"finding_info":{"uid":"AV-3","title":"Trojan.Test"},"metadata":{"product":{"name":"AV"}},"device":{"hostname":"PC-1"},"evidences":[{"process":{"uid":"{00000000-0000-0000-0000-000000000002}","pid":101}}]}"#;
    folder.write("array.json", &format!("[{ALERT},{elsewhere}]"));
    folder.write("lines.json", &format!("{ALERT}\n{elsewhere}\n"));
    folder.write("ocsf.json", ocsf);
    for file in ["array.json", "lines.json"] {
        let hosts: Vec<Value> = folder.lines(&["--alert", file, "events.ndjson"]).iter().map(|line| line["host"].clone()).collect();
        assert_eq!(hosts, ["PC-1", "PC-9"], "{file}: a line an alert");
    }
    let line = folder.lines(&["--alert", "ocsf.json", "events.ndjson"]).remove(0);
    assert_eq!(line["subject"]["process_guid"], "00000000-0000-0000-0000-000000000002");
}

/// Nothing was printed of it.
#[test]
fn an_alert_of_a_host_that_sent_nothing_is_judged_by_what_it_says() {
    let folder = Folder::new();
    let file = r#""file":{"path":"C:\\Temp\\a.exe","sha256":"aabbccddeeff00112233445566778899aabbccddeeff00112233445566778899"}"#;
    folder.write(
        "unheard.json",
        &ALERT.replace("PC-1", "PC-9").replace(r#""process":{"guid":"{00000000-0000-0000-0000-000000000002}","pid":101}"#, file),
    );
    folder.write("bad.txt", "aabbccddeeff00112233445566778899aabbccddeeff00112233445566778899\n");
    let output = folder.triage(&["--alert", "unheard.json", "--known-bad", "bad.txt", "events.ndjson"]);
    assert!(said(&output).contains("alert `AV-1`: no event of host `PC-9` was found"), "{}", said(&output));
    let line: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&line["host"], &line["verdict"], &line["events_seen"]), (&json!("PC-9"), &json!("black"), &json!(0)));
    assert!(line["findings"].as_array().unwrap().iter().any(|finding| finding["id"] == "E1"), "the list knows the file: {line}");
    assert!(
        line["sections"]
            .as_object()
            .unwrap()
            .iter()
            .filter(|(name, _)| *name != "file_attributes")
            .all(|(_, section)| section["state"] == "not_collected")
    );
}

/// The report of the one subject of a run.
fn report(folder: &Folder, arguments: &[&str]) -> Value {
    let _ = std::fs::remove_dir_all(folder.path("out"));
    folder.lines(&[arguments, &["--out", "out", "events.ndjson"]].concat());
    let files = folder.files("out", ".json");
    let [file] = files.as_slice() else { panic!("{files:?}") };
    serde_json::from_str::<Value>(&folder.read(format!("out/{file}"))).unwrap()["report"].take()
}

#[test]
fn the_clock_starts_when_the_alert_was_received() {
    let folder = Folder::new();
    // As `detect --from` takes times: with an offset, without one in UTC, a date.
    for (received, due) in [
        ("2026-11-22T10:30:00+09:00", "2026-11-22T03:30:00Z"),
        ("2026-11-22T01:30:00Z", "2026-11-22T03:30:00Z"),
        ("2026-11-22 01:30", "2026-11-22T03:30:00Z"),
        ("2026-11-22T01:30:00", "2026-11-22T03:30:00Z"),
        ("2026-11-23", "2026-11-23T02:00:00Z"),
    ] {
        let report = report(&folder, &["--alert", "alert.json", "--received", received]);
        assert_eq!(report["due_at"], due, "{received}");
    }
    let long_ago = report(&folder, &["--alert", "alert.json", "--received", "2020-01-01"]);
    assert_eq!((&long_ago["target"], &long_ago["alert"]["received_at"]), (&json!("missed"), &json!("2020-01-01T00:00:00Z")));
    let far_ahead = report(&folder, &["--alert", "alert.json", "--received", "2199-01-01"]);
    assert_eq!(far_ahead["target"], "met");
    let without = report(&folder, &["--alert", "alert.json"]);
    assert_eq!((&without["target"], &without["due_at"]), (&json!("none"), &Value::Null), "nobody said when it came: no clock");
    assert_eq!(without["alert"]["received_at"], "2026-11-22T01:00:02Z");
}
