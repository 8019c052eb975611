//! Subjects without an alert, subjects of an alert, and the same answer every time.

use hikeshi_triage::Level;

use crate::stage::{EXPLORER, SYSMON, alert_on_file, by_alert, by_rules, event, start};

#[test]
fn one_tree_is_one_subject_and_the_desktop_joins_nothing() {
    let events = vec![
        start(10, "p1", r"C:\a\one.exe", "one", EXPLORER),
        start(11, "p2", r"C:\a\two.exe", "two", ("p1", r"C:\a\one.exe")),
        start(12, "q1", r"C:\a\other.exe", "other", EXPLORER),
        start(13, "r1", r"C:\a\quiet.exe", "quiet", EXPLORER),
    ];
    let found = by_rules(&events, &[(0, Level::Medium, "a"), (1, Level::High, "b"), (2, Level::Medium, "c"), (3, Level::Low, "d")]);
    let keys: Vec<&str> = found.iter().map(|(found, _)| found.key.as_str()).collect();
    assert_eq!(keys, ["p2", "q1"], "the strongest match stands for its tree; a low one makes no subject");
    assert_eq!(found[0].0.matches, [0, 1]);
}

#[test]
fn what_a_hub_starts_again_in_the_same_way_is_one_subject() {
    let services = ("s1", r"C:\Windows\System32\services.exe");
    let tool = r"C:\Windows\System32\tool.exe";
    let events = vec![
        start(10, "a1", tool, "tool.exe", services),
        start(20, "a2", tool, "tool.exe", services),
        start(30, "b1", tool, "tool.exe /other", services),
        start(40, "c1", tool, "tool.exe", services),
        start(50, "d1", tool, "tool.exe", EXPLORER),
    ];
    let hits = [(0, "a"), (1, "a"), (2, "a"), (3, "b"), (4, "a")].map(|(event, rule)| (event, Level::High, rule));
    let found = by_rules(&events, &hits);
    let keys: Vec<&str> = found.iter().map(|(found, _)| found.key.as_str()).collect();
    assert_eq!(keys, ["a1", "b1", "c1", "d1"], "another command line, another rule, another hub: another subject");
    assert_eq!(found[0].0.repeats, ["a2"]);
    let nodes: Vec<&str> = found[0].1.tree.nodes.iter().map(|node| node.id.as_str()).collect();
    assert!(nodes.contains(&"a1") && nodes.contains(&"a2") && !nodes.contains(&"c1"), "{nodes:?}");
}

#[test]
fn processes_without_a_guid_are_found_again_by_their_name() {
    let launch = |seconds, pid| {
        let cells = [
            ("process_pid", pid),
            ("process_image", r"C:\a\tool.exe"),
            ("process_command_line", "tool"),
            ("parent_pid", "4"),
            ("parent_image", r"C:\Windows\System32\services.exe"),
        ];
        event(seconds, "Security", 4688, &cells)
    };
    let events = vec![launch(10, "700"), launch(20, "701"), launch(30, "700")];
    let found = by_rules(&events, &[(0, Level::High, "a"), (1, Level::High, "a"), (2, Level::High, "a")]);
    assert_eq!((found.len(), found[0].0.repeats.len()), (1, 2), "{:?}", found[0].0);
    assert_eq!(found[0].1.tree.nodes.iter().filter(|node| !node.ghost).count(), 3);
}

#[test]
fn without_a_process_host_user_and_channel_are_the_subject() {
    let cleared = event(10, "Security", 1102, &[("user_name", r"CORP\admin")]);
    let found = by_rules(&[cleared], &[(0, Level::High, "cleared")]);
    assert_eq!((found[0].0.key.as_str(), found[0].1.subject.channel.as_deref()), (r"corp\admin|security", Some("Security")));
    assert_eq!(found[0].1.judgement.verdict, hikeshi_domain::verdict::Verdict::Black, "a cleared log and a rule that says so");
}

#[test]
fn an_alert_finds_its_process_by_hash_path_or_the_document_that_it_opened() {
    let document = r"C:\Users\taro\invoice.docm";
    let word = start(10, "w1", r"C:\Program Files\Office\WINWORD.EXE", &format!("WINWORD.EXE /n \"{document}\""), EXPLORER);
    let opened = by_alert(std::slice::from_ref(&word), &alert_on_file(20, document, None));
    assert_eq!((opened.subject.node.as_deref(), opened.subject.image.as_deref()), (Some("w1"), Some(document)));
    let mut hashed = start(10, "p1", r"C:\x\renamed.exe", "x", EXPLORER);
    hashed.cells.push((hikeshi_event::Column::ProcessSha256, hikeshi_event::Cell::Text("ab".into())));
    hashed.cells.sort_by_key(|(column, _)| *column);
    let by_hash = by_alert(&[hashed], &alert_on_file(20, r"C:\y\other.exe", Some("AB")));
    assert_eq!(by_hash.subject.node.as_deref(), Some("p1"));
    let nobody = by_alert(&[word], &alert_on_file(20, r"C:\z\never.exe", None));
    assert_eq!((nobody.subject.node, nobody.tree.nodes.len()), (None, 0));
}

#[test]
fn the_same_events_give_the_same_triage() {
    let events = vec![
        start(10, "p1", r"C:\Users\Public\a.exe", "a", EXPLORER),
        start(10, "p2", r"C:\Windows\System32\cmd.exe", "cmd /c whoami", ("p1", r"C:\Users\Public\a.exe")),
        event(11, SYSMON, 11, &[("process_guid", "p2"), ("file_path", r"C:\Users\Public\b.exe")]),
    ];
    let hits = [(0, Level::High, "a"), (1, Level::Medium, "b")];
    let say = || serde_json::to_string(&by_rules(&events, &hits).into_iter().map(|(_, triage)| triage).collect::<Vec<_>>()).unwrap();
    assert_eq!(say(), say());
}
