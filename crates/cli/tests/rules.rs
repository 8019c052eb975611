//! `--rules` in every command: several folders after one flag, and rules that were named as logs.

use std::path::Path;
use std::process::Output;

use tempfile::TempDir;

const RULE: &str = "title: Shell\nlevel: high\nlogsource: {product: windows, category: process_creation}\ndetection: {s: {Image|endswith: '\\cmd.exe'}, condition: s}\n";
const EVENT: &str = "{\"Channel\":\"Microsoft-Windows-Sysmon/Operational\",\"EventID\":1,\"Computer\":\"PC-1\",\"EventRecordID\":7,\"@timestamp\":\"2026-11-22T01:00:00Z\",\"ProcessGuid\":\"{1}\",\"ProcessId\":4,\"Image\":\"C:\\\\Windows\\\\System32\\\\cmd.exe\"}\n";

/// Two folders of rules and a log.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        std::fs::create_dir_all(folder.path().join(name).parent().unwrap()).unwrap();
        std::fs::write(folder.path().join(name), text).unwrap();
    };
    write("a/one.yml", &RULE.replace("Shell", "First"));
    write("b/windows/two.yaml", &RULE.replace("Shell", "Second"));
    write("b/README.md", "# Rules\n");
    write("logs/events.ndjson", EVENT);
    folder
}

/// Each command that takes rules and paths, with what else it needs.
const COMMANDS: [&[&str]; 3] = [&["detect", "--json"], &["triage", "--json"], &["ingest", "--data", "desk"]];

fn call(folder: &Path, command: &[&str], arguments: &[&str]) -> (Output, String) {
    let mut process = crate::hikeshi();
    process.current_dir(folder).env("XDG_CACHE_HOME", folder.join("cache"));
    let output = process.args(command).args(arguments).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    (output, said)
}

/// The second folder was read as a log, nothing was found in it, and the command succeeded.
#[test]
fn several_folders_after_one_flag_are_all_rules() {
    for arguments in [["--rules", "a", "b", "logs"].as_slice(), &["logs", "--rules", "a", "b"], &["--rules", "a", "--rules", "b", "logs"]] {
        let folder = folder();
        for command in COMMANDS {
            let (output, said) = call(folder.path(), command, arguments);
            assert!(output.status.success(), "{command:?} {arguments:?}: {said}");
            assert!(
                command[0] == "ingest" || said.contains("1 events") && said.contains(" 2 rules, "),
                "{command:?} {arguments:?}: {said}"
            );
        }
        let (matches, _) = call(folder.path(), &["query", "--data", "desk"], &["SELECT DISTINCT title FROM matches ORDER BY title"]);
        assert_eq!(String::from_utf8(matches.stdout).unwrap(), "{\"title\":\"First\"}\n{\"title\":\"Second\"}\n", "{arguments:?}");
    }
}

/// A log named as rules gave no rule, no match and success.
#[test]
fn without_a_usable_rule_the_command_stops() {
    let folder = folder();
    for command in [COMMANDS[0], COMMANDS[1]] {
        let (output, said) = call(folder.path(), command, &["--rules", "logs/events.ndjson", "logs"]);
        assert_eq!(output.status.code(), Some(1), "{command:?}: {said}");
        assert!(
            said.contains("refused: logs/events.ndjson: ") && said.contains("none of the 1 rule files can be used"),
            "{command:?}: {said}"
        );
    }
}

#[test]
fn rules_named_as_logs_stop_the_command_and_it_says_what_to_write() {
    let folder = folder();
    for command in COMMANDS {
        for path in ["b", "a/one.yml", "a/*.yml"] {
            let (output, said) = call(folder.path(), command, &[path, "logs"]);
            assert_eq!(output.status.code(), Some(1), "{command:?} {path}: {said}");
            assert!(said.contains(&format!("write --rules {path}")) && output.stdout.is_empty(), "{command:?}: {said}");
        }
        let (output, said) = call(folder.path(), command, &["--rules", "a", "b"]);
        assert_eq!(output.status.code(), Some(1), "{command:?}: {said}");
        assert!(said.contains("nothing to read: `b` holds Sigma rules only"), "{command:?}: {said}");
    }
    assert!(!folder.path().join("desk").exists(), "nothing was made");
}
