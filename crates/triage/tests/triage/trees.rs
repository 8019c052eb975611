//! The process tree: ghosts, reused pids, two logs of one start, size.

use hikeshi_domain::triage::{NodeOrigin, Triage};
use hikeshi_event::{Cell, Column, Event};

use crate::stage::{EXPLORER, SYSMON, alert_on, by_alert, event, start};

#[test]
fn a_parent_known_only_from_its_child_is_a_ghost() {
    let events = vec![
        start(10, "p2", r"C:\Windows\System32\cmd.exe", "cmd", ("p1", r"C:\Users\taro\loader.exe")),
        event(12, SYSMON, 11, &[("process_guid", "p1"), ("file_path", r"C:\x")]),
    ];
    let triage = by_alert(&events, &alert_on(20, "p2"));
    let node = |id: &str| triage.tree.nodes.iter().find(|node| node.id == id).unwrap();
    assert!(node("p1").ghost && node("p1").origin == NodeOrigin::FromChild && node("p1").event.is_none());
    assert!(!node("p2").ghost && node("p2").subject && node("p2").parent.as_deref() == Some("p1"));
    let place = |id: &str| triage.tree.nodes.iter().position(|node| node.id == id).unwrap();
    assert!(place("p1") < place("p2"), "parents before children");
}

#[test]
fn a_process_known_only_from_its_activity_is_a_node() {
    let events = vec![event(
        12,
        SYSMON,
        3,
        &[("process_guid", "p9"), ("process_image", r"C:\a.exe"), ("network_dst_ip", "198.51.100.1"), ("network_dst_port", "1")],
    )];
    let triage = by_alert(&events, &alert_on(20, "p9"));
    assert_eq!((triage.tree.nodes.len(), triage.tree.nodes[0].origin), (1, NodeOrigin::FromActivity));
}

#[test]
fn a_pid_given_away_is_another_process() {
    let begin =
        |seconds, image: &str| event(seconds, "Security", 4688, &[("process_pid", "44"), ("process_image", image), ("parent_pid", "4")]);
    let events = vec![
        begin(10, r"C:\a.exe"),
        event(20, "Security", 4689, &[("process_pid", "44"), ("process_image", r"C:\a.exe")]),
        begin(30, r"C:\b.exe"),
        event(
            40,
            "Security",
            4688,
            &[("process_pid", "50"), ("process_image", r"C:\c.exe"), ("parent_pid", "44"), ("parent_image", r"C:\b.exe")],
        ),
    ];
    let mut alert = alert_on(45, "");
    alert.process = Some(hikeshi_domain::alert::AlertProcess { guid: None, pid: Some(50) });
    let triage = by_alert(&events, &alert);
    let named = |image: &str| triage.tree.nodes.iter().find(|node| node.image.as_deref() == Some(image));
    let parent = named(r"C:\c.exe").and_then(|node| node.parent.clone());
    assert_eq!(parent, named(r"C:\b.exe").map(|node| node.id.clone()), "the parent is who had the number then");
    assert!(parent.is_some());
}

#[test]
fn two_logs_of_one_start_are_one_process() {
    let cells = [
        ("process_pid", "44"),
        ("process_guid", "p1"),
        ("process_image", r"C:\a.exe"),
        ("parent_guid", "e1"),
        ("parent_pid", "7"),
        ("parent_image", EXPLORER.1),
    ];
    let events = vec![
        event(
            10,
            "Security",
            4688,
            &[("process_pid", "44"), ("process_image", r"C:\a.exe"), ("parent_pid", "7"), ("parent_image", EXPLORER.1)],
        ),
        event(11, SYSMON, 1, &cells),
    ];
    let triage = by_alert(&events, &alert_on(20, "p1"));
    let names: Vec<&str> = triage.tree.nodes.iter().map(|node| node.id.as_str()).collect();
    assert_eq!(names, ["e1", "p1"]);
}

/// The same start twice: by Sysmon without the acting process's id, and by the Security log.
fn told_twice(seconds: i64, guid: &'static str, pid: &str, line: &str) -> [Event<'static>; 2] {
    let image = r"C:\Windows\System32\cmd.exe";
    let parent = ("e1", EXPLORER.1);
    let security = [
        ("process_pid", pid),
        ("process_image", image),
        ("process_command_line", line),
        ("parent_pid", "7"),
        ("parent_image", r"\device\harddiskvolume2\windows\explorer.exe"),
    ];
    let mut sysmon = start(seconds, guid, image, line, parent);
    sysmon.cells.push((Column::ParentPid, Cell::Integer(7)));
    sysmon.cells.sort_by_key(|(column, _)| *column);
    [event(seconds, "Security", 4688, &security), sysmon]
}

fn names_of(triage: &Triage) -> Vec<(&str, Option<i64>)> {
    triage.tree.nodes.iter().map(|node| (node.id.as_str(), node.pid)).collect()
}

#[test]
fn a_start_without_its_id_is_joined_by_what_its_child_tells() {
    let [security, sysmon] = told_twice(10, "p1", "44", "cmd");
    let child = event(
        12,
        SYSMON,
        1,
        &[("process_guid", "p2"), ("process_image", r"C:\a.exe"), ("parent_guid", "p1"), ("parent_pid", "44"), ("parent_image", "cmd.exe")],
    );
    for events in [vec![security.clone(), sysmon.clone(), child.clone()], vec![sysmon, security, child]] {
        let triage = by_alert(&events, &alert_on(20, "p1"));
        assert_eq!(names_of(&triage), [("e1", Some(7)), ("p1", Some(44)), ("p2", None)]);
    }
}

#[test]
fn two_logs_of_a_start_without_its_id_are_joined_by_program_parent_and_command_line() {
    let [security, sysmon] = told_twice(10, "p1", "44", "cmd /c one");
    let [other, _] = told_twice(10, "p3", "45", "cmd /c two");
    let [later, _] = told_twice(14, "p4", "46", "cmd /c one");
    for events in [vec![security.clone(), other.clone(), sysmon.clone(), later.clone()], vec![sysmon, other, security, later]] {
        let triage = by_alert(&events, &alert_on(20, "p1"));
        assert_eq!(names_of(&triage), [("e1", Some(7)), ("p1", Some(44))], "not another command line, not seconds later");
    }
}

#[test]
fn two_logs_of_two_like_starts_are_two_processes() {
    let [first, one] = told_twice(10, "p1", "44", "cmd");
    let [second, two] = told_twice(10, "p2", "45", "cmd");
    let child = event(
        12,
        SYSMON,
        1,
        &[("process_guid", "p3"), ("process_image", r"C:\a.exe"), ("parent_guid", "p2"), ("parent_pid", "45"), ("parent_image", "cmd.exe")],
    );
    let triage = by_alert(&[first, second, one, two, child], &alert_on(20, "p1"));
    assert_eq!(names_of(&triage), [("e1", Some(7)), ("p1", Some(44))]);
}

#[test]
fn a_huge_tree_keeps_the_path_to_the_subject_and_counts_the_rest() {
    let mut events = vec![start(0, "root", r"C:\Apps\root.exe", "root", EXPLORER)];
    for n in 0..400 {
        events.push(start(n + 1, &format!("c{n}"), r"C:\Apps\child.exe", "child", ("root", r"C:\Apps\root.exe")));
    }
    events.push(start(500, "deep", r"C:\Apps\deep.exe", "deep", ("c399", r"C:\Apps\child.exe")));
    let triage = by_alert(&events, &alert_on(600, "deep"));
    assert_eq!(triage.tree.nodes.len() + triage.tree.omitted, 403);
    assert!(triage.tree.nodes.len() <= 200);
    for id in ["e1", "root", "c399", "deep"] {
        assert!(triage.tree.nodes.iter().any(|node| node.id == id), "{id}");
    }
}

#[test]
fn a_thread_in_another_process_is_a_link() {
    let events = vec![
        start(10, "p1", r"C:\Users\taro\a.exe", "a", EXPLORER),
        start(11, "n1", r"C:\Windows\System32\notepad.exe", "notepad", EXPLORER),
        event(12, SYSMON, 8, &[("process_guid", "p1"), ("target_guid", "n1"), ("target_image", r"C:\Windows\System32\notepad.exe")]),
    ];
    let triage = by_alert(&events, &alert_on(20, "p1"));
    assert_eq!(triage.tree.links.len(), 1);
    assert_eq!((triage.tree.links[0].from.as_str(), triage.tree.links[0].to.as_str()), ("p1", "n1"));
    assert!(triage.tree.nodes.iter().any(|node| node.id == "n1"));
}
