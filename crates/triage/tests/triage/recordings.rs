//! Real recordings, where the shared data folder is there.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use hikeshi_detect::{LoadOptions, RuleSet};
use hikeshi_domain::alert::ProductAlert;
use hikeshi_domain::phrase::Phrase;
use hikeshi_domain::playbook::Files;
use hikeshi_domain::raise::Raising;
use hikeshi_domain::triage::{Node, SectionKind, SectionState, Triage};
use hikeshi_domain::verdict::Verdict;
use hikeshi_event::{Limits, expand};
use hikeshi_triage::gather::{Reading, gather, matches_of, rule_table};
use hikeshi_triage::{Focus, Host};
use jiff::Timestamp;

use crate::stage::{alert_on_file, book, input};

fn shared(test: &str) -> Option<PathBuf> {
    let found = std::env::var_os("HIKESHI_SHARED").map(PathBuf::from).filter(|path| path.is_dir());
    if found.is_none() {
        println!("skipped: needs shared data ({test})");
    }
    found
}

/// Every subject that rules find in a recording, triaged, and what is to be said of its hosts' clocks.
fn triages(data: &Path, recording: &str) -> (Vec<Triage>, Vec<Phrase>) {
    let rules = RuleSet::load(&[data.join("data/sigma/rules")], &LoadOptions::default()).unwrap().rules;
    let (files, _) = expand(&[data.join("data").join(recording).to_string_lossy().into_owned()]);
    let (limits, book, table) = (Limits::default(), book(), rule_table(&rules));
    let raising = Raising::load(&Files::shipped()).unwrap();
    let reading =
        Reading { limits: &limits, threads: 2, received_at: Timestamp::now(), raising: &raising, lists: &hikeshi_triage::Lists::default() };
    let (mut triages, mut clocks) = (Vec::new(), Vec::new());
    for host in gather(&files, &rules, &[], reading, &book, |_, _| ()).hosts {
        let matches = matches_of(&host, &table);
        let read = Host::read(&host.events, &book);
        clocks.extend(host.clocks.limits());
        for found in read.subjects(&matches) {
            let triage = read.triage(&input(&host.events, &matches, Focus::Found(&found)), &book);
            assert_eq!(triage.sections.len(), 8);
            triages.push(triage);
        }
    }
    (triages, clocks)
}

/// Nodes of one host with the same program that began within two seconds, or whole hours apart; one named by a GUID and one without.
fn shown_twice(triages: &[Triage]) -> Vec<(String, String)> {
    let mut nodes: BTreeMap<(&str, &str), &Node> = BTreeMap::new();
    for triage in triages {
        nodes.extend(triage.tree.nodes.iter().map(|node| ((triage.host.as_str(), node.id.as_str()), node)));
    }
    let name = |node: &Node| node.image.as_deref().map(|image| image.rsplit('\\').next().unwrap_or(image).to_lowercase());
    let mut pairs = Vec::new();
    for ((host, id), node) in nodes.iter().filter(|((_, id), _)| !id.contains('@')) {
        for ((_, other), twin) in nodes.iter().filter(|((of, other), _)| of == host && other.contains('@')) {
            let apart = node.started_at.zip(twin.started_at).map(|(a, b)| a.duration_since(b).abs().as_millis());
            let same_start = apart.is_some_and(|apart| apart <= 2_000 || apart % 3_600_000 <= 10 || apart % 3_600_000 >= 3_599_990);
            if same_start && name(node).is_some() && name(node) == name(twin) {
                pairs.push((id.to_string(), other.to_string()));
            }
        }
    }
    pairs
}

// covers: S3-28, S1-10
#[test]
fn a_recorded_intrusion_is_black_and_nothing_of_it_white() {
    let Some(data) = shared("a_recorded_intrusion_is_black_and_nothing_of_it_white") else { return };
    for recording in [
        "security-datasets/atomic/windows/defense_evasion/host/empire_launcher_sct_regsvr32.zip",
        "evtx-attack/Credential Access/sysmon_10_1_memdump_comsvcs_minidump.evtx",
    ] {
        let verdicts: Vec<Verdict> = triages(&data, recording).0.iter().map(|triage| triage.judgement.verdict).collect();
        assert!(verdicts.contains(&Verdict::Black), "{recording}: {verdicts:?}");
        assert!(!verdicts.contains(&Verdict::White), "{recording}: {verdicts:?}");
    }
}

// covers: S3-37, S3-44
#[test]
fn a_process_that_sysmon_tells_without_its_id_is_the_one_of_the_security_log() {
    let Some(data) = shared("a_process_that_sysmon_tells_without_its_id_is_the_one_of_the_security_log") else { return };
    let (triages, clocks) = triages(&data, "security-datasets/atomic/windows/lateral_movement/host/empire_psexec_dcerpc_tcp_svcctl.zip");
    assert_eq!((shown_twice(&triages), clocks), (vec![], vec![]));
    let powershell: Vec<&Triage> = triages.iter().filter(|triage| triage.subject.pid == Some(4312)).collect();
    assert_eq!(powershell.len(), 1, "one subject, named by both logs");
    assert_eq!(powershell[0].subject.process_guid.as_deref().map(|guid| &guid[..8]), Some("d273d0f0"));
    for kind in [SectionKind::FilesWritten, SectionKind::RegistryEdited, SectionKind::FilesRead] {
        let section = powershell[0].sections.iter().find(|section| section.kind == kind).unwrap();
        assert_eq!(section.state, SectionState::Found, "{kind:?}: what one log tells is no `nothing` of the other");
    }
}

// covers: S3-37, S3-38
#[test]
fn local_time_marked_as_utc_is_set_by_sysmons_clock() {
    let Some(data) = shared("local_time_marked_as_utc_is_set_by_sysmons_clock") else { return };
    let recording = "security-datasets/atomic/windows/defense_evasion/host/psh_mshta_html_application_execution.zip";
    let (triages, clocks) = triages(&data, recording);
    assert_eq!(shown_twice(&triages), []);
    let said: Vec<(&str, Option<&str>)> =
        clocks.iter().map(|said| (said.key.as_str(), said.values.get("by").map(String::as_str))).collect();
    assert_eq!(said, [("limits.clock.behind", Some("04:00"))]);
    let mshta = triages.iter().find(|triage| triage.tree.nodes.iter().any(|node| node.subject && node.pid == Some(9160))).unwrap();
    let started = mshta.tree.nodes.iter().find(|node| node.subject).and_then(|node| node.started_at).unwrap();
    assert_eq!(started.to_string(), "2020-10-22T07:52:05.773Z");
    assert!(started.duration_since(mshta.window.detected_at).abs().as_secs() < 60, "detected when it ran, not hours apart");
    let began = |node: &&Node| node.started_at.is_some_and(|at| at.duration_since(started).abs().as_secs() < 60);
    assert_eq!(mshta.tree.nodes.iter().filter(began).count(), mshta.tree.nodes.iter().filter(|node| node.started_at.is_some()).count());
}

/// Security 6416 of a session over RDP: its display and its monitor are attached, no store is.
#[test]
fn a_remote_display_is_no_stick() {
    let Some(data) = shared("a_remote_display_is_no_stick") else { return };
    let recording = "data/security-datasets/atomic/windows/credential_access/host/rdp_interactive_taskmanager_lsass_dump.zip";
    let (files, _) = expand(&[data.join(recording).to_string_lossy().into_owned()]);
    let rules = RuleSet::shipped().unwrap().rules;
    let host = "WORKSTATION5.theshire.local".to_owned();
    let alert = ProductAlert { host, detected_at: "2020-09-22T08:38:10Z".parse().unwrap(), ..alert_on_file(0, r"E:\x.exe", None) };
    let (limits, book) = (Limits::default(), book());
    let raising = Raising::load(&Files::shipped()).unwrap();
    let lists = hikeshi_triage::Lists::default();
    let reading = Reading { limits: &limits, threads: 2, received_at: Timestamp::now(), raising: &raising, lists: &lists };
    let hosts = gather(&files, &rules, std::slice::from_ref(&alert), reading, &book, |_, _| ()).hosts;
    let [host] = hosts.as_slice() else { panic!("{} hosts", hosts.len()) };
    let devices = host.events.iter().filter(|event| event.event_id == 6416 && !event.unmapped.is_empty()).count();
    let triage = Host::read(&host.events, &book).triage(&input(&host.events, &[], Focus::Alert(&alert)), &book);
    assert_eq!(devices, 2);
    assert!(!triage.findings.iter().any(|finding| finding.id == "E18"), "a display is no store");
    assert!(!triage.unknown.iter().any(|unknown| unknown.id == "E18"), "the device log was there");
}
