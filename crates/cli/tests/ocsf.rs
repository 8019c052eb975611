//! `hikeshi query --ocsf`: what comes out follows the classes that the readers name, and comes in again as the same.

use std::path::Path;
use std::process::Output;

use serde_json::{Map, Value, json};

/// What an event must be: class, activity, and what stands where.
struct Expected {
    event: Value,
    class: u64,
    activity: u64,
    places: &'static [(&'static str, &'static str)],
}

fn sysmon(id: u32, fields: &Value, class: u64, activity: u64, places: &'static [(&'static str, &'static str)]) -> Expected {
    of("Microsoft-Windows-Sysmon/Operational", "Microsoft-Windows-Sysmon", id, fields, class, activity, places)
}

fn of(
    channel: &str,
    provider: &str,
    id: u32,
    fields: &Value,
    class: u64,
    activity: u64,
    places: &'static [(&'static str, &'static str)],
) -> Expected {
    let mut event = json!({"Channel": channel, "Provider": provider, "EventID": id, "Computer": "PC-1"});
    event.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    Expected { event, class, activity, places }
}

/// One event of each class that endpoints' events have.
fn events() -> Vec<Expected> {
    let mut events = of_sysmon();
    events.extend(of_others());
    for (number, expected) in events.iter_mut().enumerate() {
        let event = expected.event.as_object_mut().unwrap();
        event.insert("EventRecordID".to_owned(), json!(number));
        event.insert("TimeCreated".to_owned(), json!(format!("2026-11-22T01:00:{number:02}.250Z")));
    }
    events
}

fn of_sysmon() -> Vec<Expected> {
    vec![
        sysmon(
            1,
            &json!({"ProcessGuid": "{1}", "ProcessId": 7, "Image": "C:\\a.exe", "CommandLine": "a 漏洩", "User": "CORP\\taro", "ParentProcessGuid": "{0}",
                "ParentImage": "C:\\b.exe", "Hashes": format!("SHA256={},MD5={}", "A".repeat(64), "B".repeat(32))}),
            1007,
            1,
            &[
                ("/process/file/path", "C:\\a.exe"),
                ("/process/parent_process/file/path", "C:\\b.exe"),
                ("/process/user/name", "CORP\\taro"),
            ],
        ),
        sysmon(5, &json!({"ProcessGuid": "{1}", "ProcessId": 7, "Image": "C:\\a.exe"}), 1007, 2, &[("/process/uid", "1")]),
        sysmon(
            3,
            &json!({"ProcessId": 7, "Image": "C:\\a.exe", "Protocol": "tcp", "Initiated": "true", "SourceIp": "10.0.0.1", "SourcePort": "50000",
                "DestinationIp": "203.0.113.9", "DestinationPort": "443", "DestinationHostname": "c2.example"}),
            4001,
            1,
            &[("/dst_endpoint/ip", "203.0.113.9"), ("/src_endpoint/ip", "10.0.0.1"), ("/actor/process/file/path", "C:\\a.exe")],
        ),
        sysmon(
            11,
            &json!({"ProcessId": 7, "Image": "C:\\a.exe", "TargetFilename": "C:\\Temp\\x.dll"}),
            1001,
            1,
            &[("/file/path", "C:\\Temp\\x.dll"), ("/actor/process/file/path", "C:\\a.exe")],
        ),
        sysmon(
            13,
            &json!({"EventType": "SetValue", "ProcessId": 7, "Image": "C:\\a.exe", "TargetObject": "HKLM\\Run\\x", "Details": "C:\\a.exe"}),
            201_002,
            2,
            &[("/win_registry/path", "HKLM\\Run\\x"), ("/win_registry/data", "C:\\a.exe")],
        ),
        sysmon(
            22,
            &json!({"ProcessId": 7, "Image": "C:\\a.exe", "QueryName": "c2.example", "QueryStatus": "0", "QueryResults": "203.0.113.9;203.0.113.10;"}),
            4003,
            1,
            &[("/query/hostname", "c2.example"), ("/answers/0/rdata", "203.0.113.9"), ("/answers/1/rdata", "203.0.113.10")],
        ),
    ]
}

fn of_others() -> Vec<Expected> {
    let security =
        |id, fields, class, activity, places| of("Security", "Microsoft-Windows-Security-Auditing", id, &fields, class, activity, places);
    vec![
        security(
            4624,
            json!({"SubjectUserName": "-", "TargetUserName": "taro", "TargetDomainName": "CORP", "LogonType": 10, "IpAddress": "10.0.0.9", "TargetLogonId": "0x9"}),
            3002,
            1,
            &[("/user/name", "CORP\\taro"), ("/src_endpoint/ip", "10.0.0.9"), ("/session/uid", "0x9")],
        ),
        security(
            4720,
            json!({"SubjectUserName": "taro", "SubjectDomainName": "CORP", "TargetUserName": "new", "TargetDomainName": "CORP"}),
            3001,
            1,
            &[("/user/name", "CORP\\new")],
        ),
        security(
            4698,
            json!({"SubjectUserName": "taro", "TaskName": "\\Updater", "TaskContent": "<Task/>"}),
            1006,
            1,
            &[("/job/name", "\\Updater")],
        ),
        of(
            "System",
            "Service Control Manager",
            7045,
            &json!({"ServiceName": "s", "ImagePath": "C:\\s.exe", "AccountName": "LocalSystem"}),
            201_004,
            1,
            &[("/win_service/name", "s")],
        ),
        of(
            "Microsoft-Windows-PowerShell/Operational",
            "Microsoft-Windows-PowerShell",
            4104,
            &json!({"ScriptBlockText": "Get-Item", "ScriptBlockId": "{2}"}),
            1009,
            1,
            &[("/script/script_content/value", "Get-Item")],
        ),
        of(
            "Microsoft-Windows-Windows Defender/Operational",
            "Microsoft-Windows-Windows Defender",
            1116,
            &json!({"Threat Name": "Trojan:X", "Severity ID": "5", "Path": "file:_C:\\a.exe"}),
            2004,
            1,
            &[("/finding_info/title", "Trojan:X"), ("/file/path", "C:\\a.exe")],
        ),
        of("Elsewhere", "Nobody", 9, &json!({"Some": "thing"}), 0, 0, &[("/unmapped/Some", "thing")]),
    ]
}

fn call(folder: &Path, arguments: &[&str]) -> Output {
    super::hikeshi().current_dir(folder).env("XDG_CACHE_HOME", folder.join("cache")).args(arguments).output().unwrap()
}

fn lines(folder: &Path, arguments: &[&str]) -> Vec<Value> {
    let output = call(folder, arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn ingest(folder: &Path, desk: &str, file: &str, text: &str) {
    std::fs::write(folder.join(file), text).unwrap();
    let output = call(folder, &["ingest", "--data", desk, file]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// What every class asks for.
fn check_head(object: &Value, expected: &Expected, line: &str) {
    let number = |place: &str| object.pointer(place).and_then(Value::as_u64).unwrap_or_else(|| panic!("no {place}: {object}"));
    let class = expected.class;
    assert_eq!((number("/class_uid"), number("/activity_id")), (class, expected.activity), "{object}");
    assert_eq!(number("/category_uid"), class % 100_000 / 1000);
    assert_eq!(number("/type_uid"), class * 100 + expected.activity);
    assert!(number("/severity_id") <= 6);
    let time: jiff::Timestamp = object["time_dt"].as_str().unwrap().parse().unwrap();
    let happened: jiff::Timestamp = expected.event["TimeCreated"].as_str().unwrap().parse().unwrap();
    assert_eq!((time, number("/time")), (happened, u64::try_from(happened.as_millisecond()).unwrap()));
    assert!(object["metadata"]["version"].is_string() && object["metadata"]["product"].is_object());
    assert_eq!((&object["device"]["hostname"], &object["raw_data"]), (&json!("PC-1"), &json!(line)));
}

/// Columns that say the same wherever the event came in.
fn own(row: Value) -> Map<String, Value> {
    let arrival = ["uid", "org", "seq", "received_at", "source", "channel", "provider", "event_id", "record_id", "unmapped", "raw"];
    let Value::Object(mut row) = row else { panic!("{row}") };
    row.retain(|name, value| !arrival.contains(&name.as_str()) && !value.is_null());
    if let Some(Value::String(answers)) = row.get_mut("dns_answers") {
        *answers = answers.split([';', '\n']).filter(|answer| !answer.is_empty()).collect::<Vec<_>>().join(";");
    }
    row
}

#[test]
fn events_come_out_as_objects_of_their_class_and_come_in_again_as_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let events = events();
    let texts: Vec<String> = events.iter().map(|expected| expected.event.to_string()).collect();
    ingest(folder, "first", "events.ndjson", &(texts.join("\n") + "\n"));
    let all = "SELECT * FROM events ORDER BY time";
    let objects = lines(folder, &["query", "--data", "first", "--ocsf", all]);
    assert_eq!(objects.len(), events.len());
    for ((object, expected), text) in objects.iter().zip(&events).zip(&texts) {
        check_head(object, expected, text);
        for (place, value) in expected.places {
            assert_eq!(object.pointer(place), Some(&json!(value)), "{place} of {object}");
        }
    }
    let exported: String = objects.iter().map(|object| format!("{object}\n")).collect();
    ingest(folder, "second", "exported.ndjson", &exported);
    let rows = |desk: &str| lines(folder, &["query", "--data", desk, all]).into_iter().map(own).collect::<Vec<_>>();
    for (first, second) in rows("first").into_iter().zip(rows("second")) {
        assert_eq!(first, second);
    }
}

#[test]
fn parts_of_events_are_refused_with_what_to_write_instead() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    ingest(folder, "desk", "events.ndjson", &format!("{}\n", events()[0].event));
    for sql in ["SELECT host, time FROM events", "SELECT count(*) FROM events", "SELECT * FROM matches UNION ALL SELECT * FROM matches"] {
        let output = call(folder, &["query", "--data", "desk", "--ocsf", sql]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        match output.stdout.is_empty() && sql.contains("matches") {
            true => assert!(output.status.success(), "no rows, nothing to export: {said}"),
            false => assert!(!output.status.success() && said.contains("SELECT * FROM events"), "{sql}: {said}"),
        }
    }
}
