//! `--help` of every command shows an example.

use std::process::Command;

/// What a command and its words say of themselves.
fn help(words: &[String]) -> String {
    let output = crate::hikeshi().args(words).arg("--help").output().unwrap();
    assert!(output.status.success(), "hikeshi {} --help", words.join(" "));
    String::from_utf8(output.stdout).unwrap()
}

/// The commands below one, by its own list of them.
fn below(words: &[String], text: &str) -> Vec<Vec<String>> {
    let Some((_, list)) = text.split_once("\nCommands:\n") else { return Vec::new() };
    let names = list.lines().take_while(|line| !line.is_empty()).filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let names = names.filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help");
    names.map(|name| [words, &[name.to_owned()]].concat()).collect()
}

#[test]
fn every_command_shows_an_example_of_itself() {
    let (mut open, mut seen) = (vec![Vec::new()], Vec::new());
    while let Some(words) = open.pop() {
        let text = help(&words);
        let command = ["hikeshi".to_owned()].into_iter().chain(words.clone()).collect::<Vec<_>>().join(" ");
        let (_, examples) = text.split_once("\nExample").unwrap_or_else(|| panic!("{command} --help shows no example"));
        assert!(examples.contains(&format!("\n  {command} ")), "an example of {command} begins with it:{examples}");
        open.extend(below(&words, &text));
        seen.push(command);
    }
    for command in [
        "backup",
        "detect",
        "drill run",
        "ingest",
        "mail intake",
        "matrix",
        "query",
        "record verify",
        "restore",
        "serve",
        "sign-in-link",
        "triage",
    ] {
        assert!(seen.contains(&format!("hikeshi {command}")), "{command} is in the lists: {seen:?}");
    }
}

/// A drill, a backup of its desk, the backup restored and verified: each as words of the command.
fn long_work(folder: &std::path::Path) -> Vec<Vec<String>> {
    let path = |name: &str| folder.join(name).display().to_string();
    let words = |line: &[&str]| line.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    vec![
        words(&["ingest", "--data", &path("desk"), &path("events.ndjson")]),
        words(&["backup", "--data", &path("desk"), "--to", &path("backup")]),
        words(&["restore", "--from", &path("backup"), "--data", &path("restored")]),
        words(&["record", "verify", "--data", &path("restored")]),
        words(&["query", "--data", &path("restored"), "SELECT count(*) AS n FROM events"]),
    ]
}

const EVENT: &str =
    "{\"Channel\":\"Security\",\"EventID\":4624,\"Computer\":\"PC-1\",\"EventRecordID\":1,\"@timestamp\":\"2026-11-22T01:00:00Z\"}\n";

#[test]
fn in_a_pipe_no_progress_is_drawn() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("events.ndjson"), EVENT).unwrap();
    for words in long_work(folder.path()) {
        let output = crate::hikeshi().args(&words).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{words:?}: {said}");
        assert!(!said.contains(['\r', '\u{1b}', '█', '░']), "{words:?}: {said:?}");
    }
}

#[test]
fn on_a_terminal_long_work_draws_a_bar() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("events.ndjson"), EVENT).unwrap();
    for words in long_work(folder.path()) {
        let quoted: Vec<String> = words.iter().map(|word| format!("'{word}'")).collect();
        let line = format!("{} {}", env!("CARGO_BIN_EXE_hikeshi"), quoted.join(" "));
        let terminal = Command::new("script").args(["-qec", &line, "/dev/null"]).env("TERM", "xterm").output();
        let Ok(output) = terminal else {
            println!("skipped: needs `script` (on_a_terminal_long_work_draws_a_bar)");
            return;
        };
        let shown = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{words:?}: {shown}");
        let stage = match words[0].as_str() {
            "backup" => "copying",
            "restore" => "restoring",
            "record" => "verifying",
            _ => continue,
        };
        assert!(shown.contains(stage), "{words:?}: {shown:?}");
    }
}
