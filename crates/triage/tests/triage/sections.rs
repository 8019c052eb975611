//! The eight sections: always eight, in order; found, nothing, or not collected; what came after the alert is marked.

use hikeshi_domain::endpoint::BlockMode;
use hikeshi_domain::triage::{SectionItem, SectionKind, SectionState};
use hikeshi_domain::verdict::Verdict;
use hikeshi_triage::full_list::{Packing, rows};
use hikeshi_triage::{Focus, Host};

use crate::stage::{EXPLORER, SYSMON, alert_on, alert_on_file, at, by_alert, event, start};

// covers: S3-36, S3-37, S3-38, S3-39, S3-40, S3-41, S3-42, S3-43, S3-44
#[test]
fn all_eight_hold_what_belongs_to_them() {
    let image = r"C:\Users\taro\Downloads\a.exe";
    let p1 = ("p1", image);
    let events = vec![
        event(5, SYSMON, 11, &[("process_guid", "b1"), ("process_image", r"C:\Program Files\B\chrome.exe"), ("file_path", image)]),
        event(
            6,
            SYSMON,
            15,
            &[
                ("process_guid", "b1"),
                ("file_path", &format!("{image}:Zone.Identifier")),
                ("file_contents", "[ZoneTransfer] ZoneId=3 HostUrl=http://x.example/a.exe"),
            ],
        ),
        start(10, "p1", image, "a.exe", EXPLORER),
        start(11, "p2", r"C:\Windows\System32\cmd.exe", "cmd /c x", p1),
        event(12, SYSMON, 11, &[("process_guid", "p1"), ("file_path", r"C:\Users\taro\x.dll")]),
        event(12, SYSMON, 11, &[("process_guid", "p1"), ("file_path", r"C:\Users\taro\x.dll")]),
        event(13, SYSMON, 13, &[("process_guid", "p2"), ("registry_path", r"HKLM\Software\X"), ("registry_data", "1")]),
        event(14, SYSMON, 7, &[("process_guid", "p1"), ("file_path", r"C:\Users\taro\x.dll"), ("file_signed", "false")]),
        event(15, SYSMON, 3, &[("process_guid", "p2"), ("network_dst_ip", "198.51.100.7"), ("network_dst_port", "443")]),
        event(30, SYSMON, 22, &[("process_guid", "p2"), ("dns_query", "x.example")]),
    ];
    let triage = by_alert(&events, &alert_on(20, "p1"));
    let kinds: Vec<SectionKind> = triage.sections.iter().map(|section| section.kind).collect();
    assert_eq!(kinds, SectionKind::ALL);
    for section in &triage.sections {
        assert_eq!(section.state, SectionState::Found, "{:?}", section.kind);
        assert!(!section.searched.is_empty());
        assert!(section.items.iter().all(|item| !item.events.is_empty()), "{:?}", section.kind);
    }
    let of = |kind: SectionKind| triage.sections.iter().find(|section| section.kind == kind).unwrap();
    assert_eq!(
        (of(SectionKind::FilesWritten).total, of(SectionKind::FilesWritten).items[0].count),
        (1, 2),
        "the same thing is one row with a count"
    );
    let after: Vec<bool> = of(SectionKind::Network).items.iter().map(|item| item.after_detection).collect();
    assert_eq!(after.iter().filter(|after| **after).count(), 1, "the query after the alert is marked");
    assert_eq!(of(SectionKind::ProcessChain).items.len(), 2, "explorer, then the file");
    let attributes = &of(SectionKind::FileAttributes).items[0].details;
    assert!(attributes.iter().any(|(name, value)| name == "mark_of_the_web" && value.contains("x.example")));
}

#[test]
fn nothing_and_not_collected_are_different_words() {
    let events =
        vec![start(10, "p1", r"C:\a.exe", "a", EXPLORER), event(11, SYSMON, 13, &[("process_guid", "zz"), ("registry_path", "x")])];
    let triage = by_alert(&events, &alert_on(20, "p1"));
    let of = |kind: SectionKind| triage.sections.iter().find(|section| section.kind == kind).unwrap();
    assert_eq!(of(SectionKind::RegistryEdited).state, SectionState::Nothing);
    assert_eq!(of(SectionKind::RegistryEdited).searched, ["Sysmon 13"]);
    assert_eq!(of(SectionKind::Network).state, SectionState::NotCollected);
    assert_eq!(of(SectionKind::Network).missing_audit, ["Sysmon 3", "Sysmon 22", "Security 5156", "DNS-Client 3008"]);
    let limits = hikeshi_triage::limits(&triage);
    assert!(limits.iter().any(|phrase| phrase.key == "limits.not_collected" && phrase.values["section"] == "network"));
}

/// It said that OCSF had been searched where there was none: a process start of the Security log tells nothing of a file's attributes.
#[test]
fn a_log_of_windows_is_never_called_ocsf() {
    let started = event(10, "Security", 4688, &[("process_image", r"C:\a.exe")]);
    let triage = by_alert(&[started], &alert_on_file(20, r"C:\a.exe", None));
    let attributes = triage.sections.iter().find(|section| section.kind == SectionKind::FileAttributes).unwrap();
    assert_eq!((attributes.state, attributes.searched.len()), (SectionState::NotCollected, 0), "{:?}", attributes.searched);
    let mut told = event(10, "", 0, &[("process_image", r"C:\a.exe")]);
    (told.class_uid, told.activity_id) = (1007, 1);
    let triage = by_alert(&[told], &alert_on_file(20, r"C:\a.exe", None));
    let attributes = triage.sections.iter().find(|section| section.kind == SectionKind::FileAttributes).unwrap();
    assert_eq!(attributes.searched, ["OCSF"]);
}

// covers: S3-45
#[test]
fn the_window_reaches_back_seven_days_and_no_further() {
    let day = 86_400;
    let file = r"C:\Users\taro\a.exe";
    let written = |seconds| event(seconds, SYSMON, 11, &[("process_guid", "w1"), ("file_path", file)]);
    let origin = |written_at: i64| {
        let triage = by_alert(&[written(written_at)], &alert_on_file(7 * day, file, None));
        assert_eq!(triage.window.from, at(0));
        triage.sections[0].total
    };
    assert_eq!(origin(0), 1, "seven times 24 hours before");
    assert_eq!(origin(-1), 0, "one second more");
}

// covers: S1-20
#[test]
fn advice_begins_with_whether_it_could_run() {
    let events = vec![start(10, "p1", r"C:\Users\Public\mimikatz.exe", "mimikatz.exe sekurlsa::logonpasswords", EXPLORER)];
    let alert = alert_on(20, "p1");
    let triage = by_alert(&events, &alert);
    let keys: Vec<String> =
        hikeshi_triage::advise(&triage, Some(&alert), BlockMode::NonBlock).into_iter().map(|phrase| phrase.key).collect();
    assert_eq!(keys[..2], ["advice.state.ran", "advice.black.isolate"]);
    assert!(keys.contains(&"advice.black.credentials".to_owned()));
    let blocked = hikeshi_triage::advise(&triage, Some(&alert), BlockMode::Block);
    assert_eq!(blocked[0].key, "advice.state.ran_and_stopped");
}

/// A white alert was headed by "it ran and was not stopped: act quickly".
#[test]
fn what_is_harmless_needs_no_haste() {
    let events = vec![start(10, "p1", r"C:\Program Files\A\a.exe", "a.exe", EXPLORER)];
    let alert = alert_on(20, "p1");
    let mut triage = by_alert(&events, &alert);
    triage.judgement.verdict = Verdict::White;
    let keys: Vec<String> =
        hikeshi_triage::advise(&triage, Some(&alert), BlockMode::NonBlock).into_iter().map(|phrase| phrase.key).collect();
    assert_eq!(keys, ["advice.white.close", "advice.white.exception"]);
}

/// Beyond a hundred rows a section, they were cut away and existed nowhere.
#[test]
fn every_row_is_told_where_a_section_keeps_the_most_telling_ones() {
    let image = r"C:\Users\taro\a.exe";
    let written = |number: i64| event(20 + number, SYSMON, 11, &[("process_guid", "p1"), ("file_path", &format!(r"C:\Temp\{number}.dat"))]);
    let events: Vec<_> = std::iter::once(start(10, "p1", image, "a.exe", EXPLORER)).chain((0..250).map(written)).collect();
    let alert = alert_on(12, "p1");
    let (book, host_input) = (crate::stage::book(), crate::stage::input(&events, &[], Focus::Alert(&alert)));
    let host = Host::read(&events, &book);
    let mut told: Vec<(SectionKind, SectionItem)> = Vec::new();
    let triage = host.triage_telling(&host_input, &book, |section, row| told.push((section, row.clone())));
    assert_eq!(triage, host.triage(&host_input, &book), "whoever listens changes nothing");
    assert!(triage.is_cut());
    assert_eq!(told.len(), triage.rows());
    let order: Vec<SectionKind> = told.iter().map(|(section, _)| *section).collect();
    assert!(order.is_sorted(), "section by section");
    for section in &triage.sections {
        let rows: Vec<&SectionItem> = told.iter().filter(|(kind, _)| *kind == section.kind).map(|(_, row)| row).collect();
        assert_eq!(rows.len(), section.total, "{:?}", section.kind);
        assert!(rows.iter().zip(&section.items).all(|(row, item)| **row == *item), "those that it keeps come first");
    }
    let mut packing = Packing::new(200);
    told.iter().for_each(|(section, row)| packing.take(*section, row));
    let packed = packing.finish().unwrap();
    assert_eq!((packed.rows, packed.total), (200, told.len()), "bounded, and counted");
    let unpacked: Vec<(SectionKind, SectionItem)> =
        rows(&packed.bytes).unwrap().map(|row| row.unwrap()).map(|listed| (listed.section, listed.row)).collect();
    assert_eq!(unpacked, told[..200]);
    assert!(rows(b"no list").is_err() || rows(b"no list").unwrap().next().unwrap().is_err(), "damage is told");
}
