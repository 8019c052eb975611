//! `hikeshi triage` with reference lists: what an analyst brings, what comes out, what is said of lines that could not be used.

use std::process::Output;

use serde_json::Value;
use tempfile::TempDir;

const SHA256: &str = "aabbccddeeff00112233445566778899aabbccddeeff00112233445566778899";

/// One host: a program of a listed hash in a user's folder, and a call that no process is known of. No rule matches either.
fn events() -> String {
    let start = format!(
        r#"{{"Channel":"Microsoft-Windows-Sysmon/Operational","EventID":1,"Computer":"PC-1","EventRecordID":7,"UtcTime":"2026-11-22 01:00:00.000","@timestamp":"2026-11-22T01:00:00Z","ProcessGuid":"{{1}}","ProcessId":4,"Image":"C:\\Users\\taro\\AppData\\Roaming\\tool.exe","CommandLine":"tool.exe","ParentImage":"C:\\Windows\\explorer.exe","Hashes":"SHA256={}"}}"#,
        SHA256.to_uppercase()
    );
    let call = r#"{"Channel":"Microsoft-Windows-Sysmon/Operational","EventID":22,"Computer":"PC-2","EventRecordID":8,"UtcTime":"2026-11-22 01:00:01.000","@timestamp":"2026-11-22T01:00:01Z","QueryName":"c2.evil.example","QueryResults":"203.0.113.9;"}"#;
    format!("{start}\n{call}\n")
}

fn triaged(lists: &[(&str, &str, &[u8])]) -> (Output, Vec<Value>, String) {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("events.ndjson"), events()).unwrap();
    let mut command = crate::hikeshi();
    command.arg("triage").args(["--lang", "en"]).current_dir(folder.path());
    for (flag, name, text) in lists {
        std::fs::write(folder.path().join(name), text).unwrap();
        command.args([flag, name]);
    }
    let output = command.arg("events.ndjson").output().unwrap();
    let lines = String::from_utf8_lossy(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    (output, lines, said)
}

fn finding<'a>(subject: &'a Value, id: &str) -> &'a Value {
    subject["findings"].as_array().unwrap().iter().find(|finding| finding["id"] == id).unwrap_or(&Value::Null)
}

#[test]
fn what_a_list_calls_bad_is_a_subject_and_the_list_is_named() {
    let (_, nothing, said) = triaged(&[]);
    assert!(nothing.is_empty(), "no rule speaks of these events: {said}");
    let list = format!("# ours\nsha256,domain,name\n{SHA256},,Emotet\n,*.evil[.]example,\nnon sense,,\n");
    let (output, subjects, said) = triaged(&[("--known-bad", "bad.csv", list.as_bytes())]);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("bad.csv: line 5: neither hash, domain nor address: non sense"), "{said}");
    assert!(said.contains("bad.csv: known bad: 1 hashes, 1 names and addresses, 1 lines not used"), "{said}");
    let [file, call] = subjects.as_slice() else { panic!("{subjects:?}") };
    assert_eq!((&file["host"], &file["verdict"]), (&"PC-1".into(), &"black".into()), "the list, and a user-writable place");
    let reason = finding(file, "E1")["reason"].as_str().unwrap();
    assert!(reason.contains("bad.csv: Emotet"), "{reason}");
    assert_eq!((&call["host"], &finding(call, "E29")["points"]), (&"PC-2".into(), &30.into()), "{call}");
    assert_eq!(file["rules"], serde_json::json!([]), "a list is no rule");
}

#[test]
fn a_list_of_good_files_speaks_for_a_file_and_accuses_nobody() {
    let bad = format!("{SHA256}\n");
    let (_, subjects, said) =
        triaged(&[("--known-bad", "bad.txt", bad.as_bytes()), ("--known-good", "good.txt", format!("{SHA256}  tool.exe\n").as_bytes())]);
    let [file] = subjects.as_slice() else { panic!("{said}") };
    assert_eq!((&finding(file, "E1")["points"], &finding(file, "E2")["points"]), (&60.into(), &(-60).into()), "both stand side by side");
    let (_, subjects, _) = triaged(&[("--known-good", "good.txt", bad.as_bytes())]);
    assert!(subjects.is_empty());
}

#[test]
fn a_list_that_holds_nothing_stops_the_command() {
    for (name, bytes) in
        [("empty.txt", b"# nothing\n".as_slice()), ("cut.json", b"{\"list\": [\"evil.example\""), ("log.evtx", b"ElfFile\0\0\x01")]
    {
        let (output, _, said) = triaged(&[("--known-bad", name, bytes)]);
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains(name) && said.contains("holds nothing that can be looked up"), "{said}");
    }
}
