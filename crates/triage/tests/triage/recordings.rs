//! Real recordings, where the shared data folder is there.

use std::path::{Path, PathBuf};

use hikeshi_detect::{LoadOptions, RuleSet};
use hikeshi_domain::playbook::Files;
use hikeshi_domain::raise::Raising;
use hikeshi_domain::verdict::Verdict;
use hikeshi_event::{Limits, expand};
use hikeshi_triage::gather::{Reading, gather, matches_of, rule_table};
use hikeshi_triage::{Focus, Host};
use jiff::Timestamp;

use crate::stage::{book, input};

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
