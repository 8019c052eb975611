//! The process tree: ghosts, reused pids, two logs of one start, size.

use hikeshi_domain::triage::NodeOrigin;

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
