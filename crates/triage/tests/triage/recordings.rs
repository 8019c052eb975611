//! Real recordings, where the shared data folder is there.

use std::path::{Path, PathBuf};

use hikeshi_detect::{LoadOptions, RuleSet};
use hikeshi_domain::alert::ProductAlert;
use hikeshi_domain::playbook::Files;
use hikeshi_domain::raise::Raising;
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

fn verdicts(data: &Path, recording: &str) -> Vec<Verdict> {
    let rules = RuleSet::load(&[data.join("data/sigma/rules")], &LoadOptions::default()).unwrap().rules;
    let (files, _) = expand(&[data.join("data").join(recording).to_string_lossy().into_owned()]);
    let (limits, book, table) = (Limits::default(), book(), rule_table(&rules));
    let raising = Raising::load(&Files::shipped()).unwrap();
    let reading =
        Reading { limits: &limits, threads: 2, received_at: Timestamp::now(), raising: &raising, lists: &hikeshi_triage::Lists::default() };
    let mut verdicts = Vec::new();
    for host in gather(&files, &rules, &[], reading, &book, |_, _| ()).hosts {
        let matches = matches_of(&host, &table);
        let read = Host::read(&host.events, &book);
        for found in read.subjects(&matches) {
            let triage = read.triage(&input(&host.events, &matches, Focus::Found(&found)), &book);
            assert_eq!(triage.sections.len(), 8);
            verdicts.push(triage.judgement.verdict);
        }
    }
    verdicts
}

// covers: S3-28, S1-10
#[test]
fn a_recorded_intrusion_is_black_and_nothing_of_it_white() {
    let Some(data) = shared("a_recorded_intrusion_is_black_and_nothing_of_it_white") else { return };
    for recording in [
        "security-datasets/atomic/windows/defense_evasion/host/empire_launcher_sct_regsvr32.zip",
        "evtx-attack/Credential Access/sysmon_10_1_memdump_comsvcs_minidump.evtx",
    ] {
        let verdicts = verdicts(&data, recording);
        assert!(verdicts.contains(&Verdict::Black), "{recording}: {verdicts:?}");
        assert!(!verdicts.contains(&Verdict::White), "{recording}: {verdicts:?}");
    }
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
