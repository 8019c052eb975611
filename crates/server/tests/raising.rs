//! Alerts of the desk's own: what strong rules match and what products find, through a crash between commit and raising.

use std::path::Path;

use hikeshi_access::Caller;
use hikeshi_desk::Desk;
use hikeshi_desk::alert::{Received, receive};
use hikeshi_desk::event::{self, Sent};
use hikeshi_desk::open::{Open, Opening, open};
use hikeshi_desk::organization::{self, Choices};
use hikeshi_domain::OrganizationId;
use hikeshi_domain::alert::{Action, Alert, ProductAlert};
use hikeshi_domain::phrase::Language;
use hikeshi_lake::Encoding;
use hikeshi_record::{Context, PAGE_LIMIT, Query};
use serde_json::{Value, json};

use crate::waiting;

pub(crate) async fn opened(folder: &Path) -> Open {
    open(&Opening::of(folder)).await.unwrap()
}

pub(crate) async fn organization(desk: &Desk) -> OrganizationId {
    let choices = Choices {
        name: "ours".to_owned(),
        time_zone: "Asia/Tokyo".to_owned(),
        language: Language::Ja,
        retention_days: 90,
        contacts: Vec::new(),
    };
    organization::add(desk, &Caller::desk("test", "test"), choices, None).await.unwrap().id
}

/// Sends events of a few minutes ago and waits until they are committed.
pub(crate) async fn send(desk: &Desk, org: OrganizationId, events: &[Value]) {
    let lines: String = events.iter().map(|event| format!("{event}\n")).collect();
    let sent = Sent { source: "wef".to_owned(), idempotency_key: None, encoding: Encoding::Plain, body: lines.into() };
    event::receive(desk, &Caller::desk("test", "test"), org, sent).await.unwrap();
    desk.telemetry.lake.flush().await;
}

fn at(record: u64, channel: &str, id: u32, fields: Value) -> Value {
    let time = jiff::Timestamp::now() - jiff::SignedDuration::from_secs(300 - i64::try_from(record).unwrap());
    let mut event =
        json!({"Channel": channel, "EventID": id, "Computer": "PC-1", "EventRecordID": record, "TimeCreated": time.to_string()});
    event.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    event
}

pub(crate) fn defender(record: u64, id: u32, action: &str) -> Value {
    let fields = json!({
        "Detection ID": "{79C5C2FF-764A-4F0D-940E-A6914A52C0F9}", "Threat Name": "Trojan:Win32/Sample", "Severity ID": "5",
        "Path": "file:_C:\\Users\\taro\\Downloads\\x.exe", "Action Name": action, "Process Name": "C:\\Windows\\explorer.exe",
    });
    at(record, "Microsoft-Windows-Windows Defender/Operational", id, fields)
}

pub(crate) fn shadow_copies_deleted(record: u64) -> Value {
    let fields = json!({
        "ProcessGuid": "{11111111-2222-3333-4444-555555555555}", "ProcessId": 700, "Image": "C:\\Windows\\System32\\vssadmin.exe",
        "CommandLine": "vssadmin delete shadows /all /quiet", "User": "CORP\\taro",
        "ParentProcessGuid": "{99999999-2222-3333-4444-555555555555}", "ParentProcessId": 600, "ParentImage": "C:\\Windows\\explorer.exe",
    });
    at(record, "Microsoft-Windows-Sysmon/Operational", 1, fields)
}

pub(crate) async fn alerts(desk: &Desk, org: OrganizationId) -> Vec<ProductAlert> {
    let context = Context::system("test").within(org);
    let found = desk.store.list::<Alert>(&context, Query::new().limit(PAGE_LIMIT)).await.unwrap().items;
    let mut raised: Vec<ProductAlert> = found.into_iter().map(|alert| alert.raised.clone()).collect();
    raised.sort_by(|a, b| a.product.cmp(&b.product));
    raised
}

/// Waits until there are so many alerts.
pub(crate) async fn until(desk: &Desk, org: OrganizationId, count: usize) -> Vec<ProductAlert> {
    waiting::until(&format!("{count} alerts are raised"), async || {
        let alerts = alerts(desk, org).await;
        (alerts.len() >= count).then_some(alerts)
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_product_finding_is_one_alert_without_a_rule() {
    let folder = tempfile::tempdir().unwrap();
    let Open { desk, background: _working } = opened(folder.path()).await;
    let org = organization(&desk).await;
    send(&desk, org, &[defender(1, 1116, "Not Applicable"), defender(2, 1117, "Quarantine"), shadow_copies_deleted(3)]).await;
    let raised = until(&desk, org, 2).await;
    let names: Vec<(&str, &str)> = raised.iter().map(|alert| (alert.product.as_str(), alert.name.as_str())).collect();
    assert_eq!(names, [("Hikeshi", "Shadow copies or backups deleted"), ("Microsoft Defender", "Trojan:Win32/Sample")]);
    assert_eq!(raised[1].action, Action::Quarantined, "both events are one detection, and what was done in the end counts");
    assert_eq!(raised[1].file.clone().unwrap().path.as_deref(), Some(r"C:\Users\taro\Downloads\x.exe"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_committed_and_not_raised_before_a_crash_is_raised_once_after_it() {
    let folder = tempfile::tempdir().unwrap();
    let Open { desk, mut background } = opened(folder.path()).await;
    let org = organization(&desk).await;
    background.shutdown().await;
    send(&desk, org, &[shadow_copies_deleted(1), defender(2, 1116, "Not Applicable")]).await;
    assert!(alerts(&desk, org).await.is_empty(), "committed, and nobody there to raise it");
    drop(desk);
    for start in ["the first start", "a second start"] {
        let Open { desk, mut background } = opened(folder.path()).await;
        let raised = until(&desk, org, 2).await;
        assert_eq!(raised.iter().filter(|alert| alert.host == "PC-1").count(), 2, "{start}: {raised:?}");
        // Another host's finding goes the same way behind what was missed: when it is there, the rest has been looked at.
        let mut other = defender(3, 1116, "Not Applicable");
        other["Computer"] = json!(start.replace(' ', "-"));
        other["Detection ID"] = json!(start);
        let before = alerts(&desk, org).await.len();
        send(&desk, org, &[other]).await;
        let all = until(&desk, org, before + 1).await;
        assert_eq!(all.iter().filter(|alert| alert.host == "PC-1").count(), 2, "{start}: {all:?}");
        background.shutdown().await;
    }
}

/// Defender's own alert and its log made two alerts of one detection.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_product_sends_and_logs_is_one_alert() {
    let folder = tempfile::tempdir().unwrap();
    let Open { desk, background: _working } = opened(folder.path()).await;
    let org = organization(&desk).await;
    let caller = Caller::desk("test", "test");
    let sent = |id: &str, host: &str, path: &str, byte: &str| -> ProductAlert {
        let alert = json!({
            "id": id, "host": host, "detected_at": (jiff::Timestamp::now() - jiff::SignedDuration::from_secs(200)).to_string(),
            "source_kind": "endpoint", "product": "Microsoft Defender for Endpoint", "name": "Trojan:Win32/Sample", "action": "quarantined",
            "file": {"path": path, "sha256": byte.repeat(32)},
        });
        serde_json::from_value(alert).unwrap()
    };
    let path = "C:\\Users\\taro\\Downloads\\x.exe";
    let logged = |host: &str, detection: u32| {
        let mut event = defender(1, 1116, "Not Applicable");
        event["Computer"] = json!(host);
        event["Detection ID"] = json!(format!("{{79C5C2FF-764A-4F0D-940E-{detection:012}}}"));
        event
    };

    // The log first.
    send(&desk, org, &[logged("PC-1", 1)]).await;
    until(&desk, org, 1).await;
    let first = sent("a-1", "pc-1", path, "ab");
    let Received::Again(id) = receive(&desk, &caller, org, first.clone()).await.unwrap() else { panic!("a second alert of one detection") };
    assert_eq!(receive(&desk, &caller, org, first).await.unwrap(), Received::Again(id), "and the same answer again");
    let whole = &alerts(&desk, org).await[0];
    let file = whole.file.clone().unwrap();
    assert_eq!((file.path.as_deref(), file.sha256, whole.action), (Some(path), Some("ab".repeat(32)), Action::Quarantined));

    // The product first.
    let Received::New(_) = receive(&desk, &caller, org, sent("a-2", "PC-2", path, "ab")).await.unwrap() else {
        panic!("another host is another matter")
    };
    // A file that the log does not name is another matter.
    let Received::New(_) = receive(&desk, &caller, org, sent("a-3", "PC-1", "C:\\other.exe", "cd")).await.unwrap() else {
        panic!("another file")
    };
    send(&desk, org, &[logged("PC-2", 2), logged("PC-3", 3)]).await;
    let all = until(&desk, org, 4).await;
    let hosts: Vec<&str> = all.iter().map(|alert| alert.host.as_str()).collect();
    assert_eq!((all.len(), hosts.iter().filter(|host| **host == "PC-2").count()), (4, 1), "{hosts:?}");
}

/// The desk refused its own alert, and the host was never looked at again.
#[tokio::test(flavor = "multi_thread")]
async fn a_detection_named_at_any_length_stops_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let Open { desk, background: _working } = opened(folder.path()).await;
    let org = organization(&desk).await;
    let named = |record: u64, last: char| {
        let mut event = defender(record, 1116, "Not Applicable");
        event["Detection ID"] = json!(format!("{{{}{last}}}", "a".repeat(5_000)));
        event["Threat Name"] = json!("Trojan:".repeat(1_000));
        event
    };
    send(&desk, org, &[named(1, 'b'), named(2, 'c'), shadow_copies_deleted(3)]).await;
    let raised = until(&desk, org, 3).await;
    let products: Vec<&str> = raised.iter().map(|alert| alert.product.as_str()).collect();
    assert_eq!(products, ["Hikeshi", "Microsoft Defender", "Microsoft Defender"], "two ids that begin alike are two alerts");
    assert!(raised[1].name.starts_with("Trojan:Trojan:"), "{}", raised[1].name);
}

/// Short and full name of one host: its events came under the one, the product's alert under the other, and were two alerts.
#[tokio::test(flavor = "multi_thread")]
async fn a_product_that_names_the_host_in_full_is_heard_as_well() {
    let folder = tempfile::tempdir().unwrap();
    let Open { desk, background: _working } = opened(folder.path()).await;
    let org = organization(&desk).await;
    let sent = json!({
        "id": "a-1", "host": "pc-1.corp.example", "detected_at": (jiff::Timestamp::now() - jiff::SignedDuration::from_secs(200)).to_string(),
        "source_kind": "endpoint", "product": "AV", "name": "Ransom", "action": "detected",
        "process": {"guid": "{11111111-2222-3333-4444-555555555555}"},
    });
    receive(&desk, &Caller::desk("test", "test"), org, serde_json::from_value(sent).unwrap()).await.unwrap();
    let mut other = defender(2, 1116, "Not Applicable");
    other["Computer"] = json!("PC-2");
    // Hosts are looked at by name: when the second one's alert is there, the first one has been looked at.
    send(&desk, org, &[shadow_copies_deleted(1), other]).await;
    let raised = until(&desk, org, 2).await;
    let told: Vec<(&str, &str)> = raised.iter().map(|alert| (alert.product.as_str(), alert.host.as_str())).collect();
    assert_eq!(told, [("AV", "pc-1.corp.example"), ("Microsoft Defender", "PC-2")]);
}
