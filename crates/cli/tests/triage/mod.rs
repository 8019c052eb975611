//! `hikeshi triage`: the command contract.

mod alerts;
mod contract;
mod lists;
mod reports;

use std::path::{Path, PathBuf};
use std::process::Output;

use serde_json::Value;
use tempfile::TempDir;

/// One host: a document leads to a hidden PowerShell, which calls outside and leaves a program where anybody writes. The start of the
/// parent's parent was not recorded.
const EVENTS: &str = r#"{"Channel":"Microsoft-Windows-Sysmon/Operational","EventID":1,"Computer":"PC-1","EventRecordID":7,"UtcTime":"2026-11-22 01:00:00.000","@timestamp":"2026-11-22T01:00:00Z","ProcessGuid":"{00000000-0000-0000-0000-000000000001}","ProcessId":100,"Image":"C:\\Office\\WINWORD.EXE","CommandLine":"WINWORD.EXE invoice.docm","ParentProcessGuid":"{00000000-0000-0000-0000-000000000009}","ParentProcessId":9,"ParentImage":"C:\\Windows\\explorer.exe","User":"CORP\\taro"}
{"Channel":"Microsoft-Windows-Sysmon/Operational","EventID":1,"Computer":"PC-1","EventRecordID":8,"UtcTime":"2026-11-22 01:00:01.000","@timestamp":"2026-11-22T01:00:01Z","ProcessGuid":"{00000000-0000-0000-0000-000000000002}","ProcessId":101,"Image":"C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe","CommandLine":"powershell.exe -w hidden -nop -enc SQBFAFgAIAAoAE4AZQB3AC0ATwBiAGoAZQBjAHQAIABOAGUAdAAuAFcAZQBiAEMAbABpAGUAbgB0ACkA","ParentProcessGuid":"{00000000-0000-0000-0000-000000000001}","ParentProcessId":100,"ParentImage":"C:\\Office\\WINWORD.EXE","User":"CORP\\taro","Hashes":"SHA256=AABBCCDDEEFF00112233445566778899AABBCCDDEEFF00112233445566778899"}
{"Channel":"Microsoft-Windows-Sysmon/Operational","EventID":3,"Computer":"PC-1","EventRecordID":9,"UtcTime":"2026-11-22 01:00:02.000","@timestamp":"2026-11-22T01:00:02Z","ProcessGuid":"{00000000-0000-0000-0000-000000000002}","ProcessId":101,"Image":"C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe","DestinationIp":"203.0.113.9","DestinationPort":443,"Protocol":"tcp"}
{"Channel":"Microsoft-Windows-Sysmon/Operational","EventID":11,"Computer":"PC-1","EventRecordID":10,"UtcTime":"2026-11-22 01:00:03.000","@timestamp":"2026-11-22T01:00:03Z","ProcessGuid":"{00000000-0000-0000-0000-000000000002}","ProcessId":101,"Image":"C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe","TargetFilename":"C:\\Users\\taro\\AppData\\Roaming\\x.exe"}
"#;

/// A rule that speaks of the same act as the shipped ones do, under an id of its own.
const RULE: &str = "
title: Shell from Word
id: 11111111-1111-4111-8111-111111111111
author: Somebody
tags: [attack.execution]
level: high
logsource: {product: windows, category: process_creation}
detection:
    s: {ParentImage|endswith: '\\winword.exe'}
    condition: s
";

/// The PowerShell, as an antivirus speaks of it two seconds later.
const ALERT: &str = r#"{"id":"AV-1","host":"PC-1","detected_at":"2026-11-22T01:00:02Z","source_kind":"endpoint","product":"AV","name":"Trojan.Test","action":"detected","process":{"guid":"{00000000-0000-0000-0000-000000000002}","pid":101}}"#;

/// A folder with logs, a rule and an alert.
struct Folder(TempDir);

impl Folder {
    fn new() -> Folder {
        let folder = Folder(tempfile::tempdir().unwrap());
        folder.write("events.ndjson", EVENTS);
        folder.write("rules/windows/word.yml", RULE);
        folder.write("alert.json", ALERT);
        folder
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::create_dir_all(self.path(name).parent().unwrap()).unwrap();
        std::fs::write(self.path(name), text).unwrap();
    }

    fn read(&self, name: impl AsRef<Path>) -> String {
        std::fs::read_to_string(self.0.path().join(name)).unwrap()
    }

    fn triage(&self, arguments: &[&str]) -> Output {
        let mut command = crate::hikeshi();
        command.current_dir(self.0.path()).env("XDG_CACHE_HOME", self.path("cache")).env("TZ", "UTC");
        command.arg("triage").args(arguments).output().unwrap()
    }

    /// The lines of a run that succeeded.
    fn lines(&self, arguments: &[&str]) -> Vec<Value> {
        let output = self.triage(arguments);
        assert!(output.status.success(), "{}", said(&output));
        String::from_utf8(output.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Names of the files with that ending in a folder, sorted.
    fn files(&self, folder: &str, ending: &str) -> Vec<String> {
        let names = std::fs::read_dir(self.path(folder)).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.filter(|name| name.ends_with(ending)).collect();
        names.sort();
        names
    }
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}
