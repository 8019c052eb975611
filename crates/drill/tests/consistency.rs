//! What the drill tells hangs together: processes start before they act, parents before children, hashes and paths agree.

use std::collections::{BTreeMap, BTreeSet};

use hikeshi_drill::Item;
use serde_json::Value;

use crate::stream::{options, scenario};

fn week() -> (Vec<Value>, Vec<hikeshi_drill::DrillAlert>, Vec<hikeshi_drill::Mail>) {
    let scenario = scenario("company-week");
    let (mut events, mut alerts, mut mails) = (Vec::new(), Vec::new(), Vec::new());
    for item in scenario.generate(options(1)).unwrap() {
        match item {
            Item::Event(event) => events.push(serde_json::from_str(&event.ndjson).unwrap()),
            Item::Alert(alert) => alerts.push(alert),
            Item::Mail(mail) => mails.push(mail),
        }
    }
    (events, alerts, mails)
}

#[test]
fn processes_start_before_they_act_and_keep_their_identity() {
    let (events, _, _) = week();
    let mut images: BTreeMap<String, (String, u64)> = BTreeMap::new();
    let mut records: BTreeMap<(String, String), BTreeSet<u64>> = BTreeMap::new();
    for event in &events {
        let text = |name: &str| event[name].as_str().unwrap_or_default().to_owned();
        let fresh = records.entry((text("Computer"), text("Channel"))).or_default().insert(event["EventRecordID"].as_u64().unwrap());
        assert!(fresh, "a record number twice: {event}");
        let Some(guid) = event["ProcessGuid"].as_str() else { continue };
        let identity = (text("Image"), event["ProcessId"].as_u64().unwrap());
        if event["EventID"] == 1 {
            assert!(images.insert(guid.to_owned(), identity).is_none(), "a GUID twice: {event}");
            let parent = text("ParentProcessGuid");
            if !parent.is_empty() {
                let (image, pid) = images.get(&parent).unwrap_or_else(|| panic!("a parent that never started: {event}"));
                assert_eq!((image.as_str(), *pid), (text("ParentImage").as_str(), event["ParentProcessId"].as_u64().unwrap()));
            }
        } else {
            assert_eq!(images.get(guid), Some(&identity), "an act before the start: {event}");
        }
    }
}

#[test]
fn the_events_are_what_the_event_room_reads() {
    let (events, _, _) = week();
    for event in events.iter().take(2000) {
        let at = event["TimeCreated"].as_str().unwrap();
        assert!(at.parse::<jiff::Timestamp>().is_ok(), "{at}");
        assert!(event["Computer"].as_str().unwrap().ends_with(".hanami.example"));
    }
}

// covers: S3-1, S3-2, S3-3
#[test]
fn the_three_alerts_name_what_the_logs_show() {
    let (events, alerts, mails) = week();
    let named: Vec<(&str, &str)> = alerts.iter().map(|alert| (alert.alert.host.as_str(), alert.alert.name.as_str())).collect();
    let expected = [
        ("PC-002.hanami.example", "Program:Win32/Wacatac.H!ml"),
        ("PC-006.hanami.example", "HackTool:Win32/RemoteView"),
        ("PC-014.hanami.example", "Trojan:Win32/Sumirat.A"),
    ];
    assert_eq!(named, expected);
    for alert in &alerts {
        assert!(alert.received_at > alert.alert.detected_at);
        let process = alert.alert.process.as_ref().unwrap();
        let file = alert.alert.file.as_ref().unwrap();
        let started =
            events.iter().find(|event| event["EventID"] == 1 && event["ProcessGuid"].as_str() == process.guid.as_deref()).unwrap();
        assert_eq!(started["Image"].as_str(), file.path.as_deref());
        assert_eq!(started["ProcessId"].as_i64(), process.pid);
        assert_eq!(started["Hashes"].as_str().unwrap(), format!("SHA256={}", file.sha256.as_ref().unwrap()));
        assert_eq!(started["Computer"].as_str(), Some(alert.alert.host.as_str()));
    }
    let mail = mails.first().unwrap();
    assert_eq!((mails.len(), mail.to.as_str()), (1, "y.tanaka@hanami.example"));
    assert_eq!(mail.attachments.first().unwrap().0, "請求書_8841.docm");
}

#[test]
fn the_intrusion_is_a_chain_from_mail_to_beacon() {
    let (events, alerts, _) = week();
    let implant = alerts[2].alert.process.as_ref().unwrap().guid.clone().unwrap();
    let start = |guid: &str| events.iter().find(|event| event["EventID"] == 1 && event["ProcessGuid"] == guid).unwrap();
    let mut chain = Vec::new();
    let mut guid = implant.clone();
    while !guid.is_empty() {
        let event = start(&guid);
        chain.push(event["Image"].as_str().unwrap().rsplit('\\').next().unwrap().to_owned());
        guid = event["ParentProcessGuid"].as_str().unwrap().to_owned();
    }
    assert_eq!(chain[..5], ["svch0st.exe", "powershell.exe", "WINWORD.EXE", "OUTLOOK.EXE", "explorer.exe"]);
    let count = |id: u16| events.iter().filter(|event| event["EventID"] == id && event["ProcessGuid"] == implant.as_str()).count();
    assert!(count(3) >= 60, "{} beacons", count(3));
    assert_eq!((count(13), count(22)), (1, 1));
    let mark = events.iter().find(|event| event["EventID"] == 15).unwrap();
    assert!(
        mark["TargetFilename"].as_str().unwrap().ends_with(":Zone.Identifier") && mark["Contents"].as_str().unwrap().contains("ZoneId=3")
    );
    let unsigned = events.iter().find(|event| event["EventID"] == 7 && event["ProcessGuid"] == implant.as_str()).unwrap();
    assert_eq!(unsigned["Signed"], "false");
}
