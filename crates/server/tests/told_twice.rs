//! One detection that a product sends and that its log tells, too: one alert, and nothing else is taken for it.

use std::collections::BTreeSet;

use hikeshi_access::Caller;
use hikeshi_desk::Desk;
use hikeshi_desk::alert::{Received, receive};
use hikeshi_desk::open::{Open, Opening, open};
use hikeshi_domain::OrganizationId;
use hikeshi_domain::alert::{Action, Alert, AlertState, ProductAlert};
use hikeshi_domain::api_key::KeyScope;
use hikeshi_domain::role::Role;
use hikeshi_domain::settings::Secret;
use hikeshi_record::{Change, Context, Expect, PAGE_LIMIT, Query};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::fixture::Fixture;
use crate::postgres;
use crate::raising::{alerts, defender, opened, organization, send, until};
use crate::waiting;

const PATH: &str = r"C:\Users\taro\Downloads\x.exe";

/// A detection's id as Windows makes it.
fn guid(number: u32) -> String {
    format!("79c5c2ff-764a-4f0d-940e-{number:012x}")
}

fn logged(host: &str, detection: &str, id: u32, action: &str) -> Value {
    let mut event = defender(u64::from(id), id, action);
    event["Computer"] = json!(host);
    event["Detection ID"] = json!(detection);
    event["TimeCreated"] = json!((Timestamp::now() - SignedDuration::from_secs(240)).to_string());
    event
}

fn found(host: &str, detection: &str) -> Value {
    logged(host, detection, 1116, "Not Applicable")
}

/// As Defender's console sends it.
fn sent(id: &str, host: &str, file: Value) -> ProductAlert {
    let alert = json!({
        "id": id, "host": host, "detected_at": (Timestamp::now() - SignedDuration::from_secs(200)).to_string(),
        "source_kind": "endpoint", "product": "Microsoft Defender for Endpoint", "name": "Trojan:Win32/Sample", "action": "detected",
        "file": file,
    });
    serde_json::from_value(alert).unwrap()
}

/// As the desk reads it from the log.
fn read(host: &str, detection: &str, file: Value) -> ProductAlert {
    let id = format!("{} {{{detection}}}", host.to_lowercase());
    ProductAlert { product: "Microsoft Defender".to_owned(), ..sent(&id, host, file) }
}

async fn told(desk: &Desk, org: OrganizationId, raised: ProductAlert) -> Received {
    receive(desk, &Caller::desk("test", "test"), org, raised).await.unwrap()
}

/// Waits until the alerts of a host are as they should be: what is raised, is raised a little later.
async fn until_is(desk: &Desk, org: OrganizationId, host: &str, awaited: impl Fn(&ProductAlert) -> bool) {
    let is = |alert: &ProductAlert| alert.host == host && awaited(alert);
    waiting::until(&format!("the alert of {host}"), async || alerts(desk, org).await.iter().any(is).then_some(())).await;
}

/// An alert on which triage waits.
fn standing(desk: &Desk, org: OrganizationId, raised: ProductAlert, received_at: Timestamp) -> Alert {
    serde_json::from_value(json!({
        "id": uuid::Uuid::now_v7(), "org": org, "raised": raised, "received_at": received_at, "due_at": desk.now(),
        "state": {"state": "received"}, "repeats": 0, "drill": false,
    }))
    .unwrap()
}

/// An id of `{}`, `{1}` or `{-` was part of every id, and swallowed all that Defender sent of the host.
#[tokio::test(flavor = "multi_thread")]
async fn an_odd_id_in_the_log_swallows_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let Open { desk, background: _working } = opened(folder.path()).await;
    let org = organization(&desk).await;
    let odd = ["{}", "{1}", "{-", "{00000000-0000-0000-0000-000000000000}"];
    send(&desk, org, &odd.map(|detection| found("PC-1", detection))).await;
    until(&desk, org, odd.len()).await;
    for (place, id) in ["da1-1", "00000000-0000-0000-0000-000000000000", &guid(1)].into_iter().enumerate() {
        let other = sent(id, "PC-1", json!({"path": format!(r"C:\other\{place}.exe")}));
        assert!(matches!(told(&desk, org, other).await, Received::New(_)), "{id}");
    }
}

/// Of the event's path and the alert's hash became a file that never was.
#[tokio::test(flavor = "multi_thread")]
async fn two_files_of_one_detection_are_not_made_one() {
    let folder = tempfile::tempdir().unwrap();
    let Open { desk, background: _working } = opened(folder.path()).await;
    let org = organization(&desk).await;
    send(&desk, org, &[found("PC-1", &format!("{{{}}}", guid(1)))]).await;
    until(&desk, org, 1).await;
    let other = sent(&guid(1), "PC-1", json!({"path": r"C:\other.exe", "sha256": "ab".repeat(32)}));
    assert!(matches!(told(&desk, org, other).await, Received::Again(_)));
    let file = alerts(&desk, org).await[0].file.clone().unwrap();
    assert_eq!((file.path.as_deref(), file.sha256), (Some(PATH), None));
}

/// What was done in the end came seconds later, and was lost.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_done_in_the_end_counts_when_it_comes_later() {
    let folder = tempfile::tempdir().unwrap();
    let Open { desk, background: _working } = opened(folder.path()).await;
    let org = organization(&desk).await;
    let id = |number| format!("{{{}}}", guid(number));
    // PC-1: only the log tells. PC-2: the product has sent it before.
    assert!(matches!(told(&desk, org, sent("a-1", "PC-2", json!({"path": PATH}))).await, Received::New(_)));
    send(&desk, org, &[found("PC-1", &id(1)), found("PC-2", &id(2)), found("PC-3", &id(3))]).await;
    until(&desk, org, 3).await;
    send(&desk, org, &[logged("PC-1", &id(1), 1117, "Quarantine"), logged("PC-2", &id(2), 1117, "Remove")]).await;
    until_is(&desk, org, "PC-1", |alert| alert.action == Action::Quarantined).await;
    until_is(&desk, org, "PC-2", |alert| alert.action == Action::Deleted).await;
    assert_eq!(alerts(&desk, org).await.len(), 3);
}

/// Only the oldest thousand open alerts of a host were looked at.
#[tokio::test(flavor = "multi_thread")]
async fn the_other_telling_is_found_on_a_noisy_host() {
    let folder = tempfile::tempdir().unwrap();
    let Open { desk, mut background } = opened(folder.path()).await;
    background.shutdown().await;
    let org = organization(&desk).await;
    let mut change = Change::new("alert.receive", "");
    for number in 0..=PAGE_LIMIT {
        let raised = sent(&format!("old-{number}"), "PC-1", json!({"path": format!(r"C:\{number}.exe")}));
        let before = desk.now() - SignedDuration::from_hours(1);
        change = change.put(&standing(&desk, org, raised, before), Expect::New);
    }
    desk.store.change(&Context::system("test").within(org), change).await.unwrap();
    let file = || json!({"path": PATH});
    let Received::New(first) = told(&desk, org, read("PC-1", &guid(1), file())).await else { panic!("the first telling") };
    assert_eq!(told(&desk, org, sent("a-1", "PC-1", file())).await, Received::Again(first));
}

/// All that was sent of a threat without a file vanished into one detection of the log.
#[tokio::test(flavor = "multi_thread")]
async fn by_the_name_of_the_threat_alone_one_alert_is_one_detection() {
    let folder = tempfile::tempdir().unwrap();
    let Open { desk, mut background } = opened(folder.path()).await;
    background.shutdown().await;
    let org = organization(&desk).await;
    let Received::New(first) = told(&desk, org, read("PC-1", &guid(1), json!(null))).await else { panic!("the first telling") };
    assert_eq!(told(&desk, org, sent("a-1", "PC-1", json!(null))).await, Received::Again(first));
    assert_eq!(told(&desk, org, sent("a-1", "PC-1", json!(null))).await, Received::Again(first), "sent again");
    let Received::New(second) = told(&desk, org, sent("a-2", "PC-1", json!(null))).await else { panic!("another alert") };
    assert_eq!(told(&desk, org, read("PC-1", &guid(2), json!({"path": PATH}))).await, Received::Again(second));
    assert!(matches!(told(&desk, org, read("PC-1", &guid(3), json!({"path": r"C:\next.exe"}))).await, Received::New(_)), "the next");

    // Both name a file, and nothing says that it is the same one.
    assert!(matches!(told(&desk, org, read("PC-2", &guid(4), json!({"path": PATH}))).await, Received::New(_)));
    let hash = json!({"sha256": "ab".repeat(32)});
    assert!(matches!(told(&desk, org, sent("a-3", "PC-2", hash)).await, Received::New(_)));
}

/// The alert stood under the full name, and the log's short one did not find it.
#[tokio::test(flavor = "multi_thread")]
async fn a_full_name_in_the_alert_and_a_short_one_in_the_log_are_one_host() {
    let folder = tempfile::tempdir().unwrap();
    let Open { desk, background: _working } = opened(folder.path()).await;
    let org = organization(&desk).await;
    let Received::New(_) = told(&desk, org, sent("a-1", "pc-1.corp.example", json!({"path": PATH}))).await else { panic!("the first") };
    // When the later host's is there, the earlier one's has been looked at.
    send(&desk, org, &[found("PC-1", &format!("{{{}}}", guid(1))), found("PC-9", &format!("{{{}}}", guid(2)))]).await;
    until_is(&desk, org, "PC-9", |_| true).await;
    let hosts: Vec<String> = alerts(&desk, org).await.into_iter().map(|alert| alert.host).collect();
    assert_eq!(hosts.len(), 2, "{hosts:?}");
}

/// Two tellings of one moment saw nothing of each other, and a telling whose alert kept changing was refused.
async fn at_the_same_moment(record: Option<Secret>) {
    let folder = tempfile::tempdir().unwrap();
    let opening = Opening { record, ..Opening::of(folder.path()) };
    let Open { desk, mut background } = open(&opening).await.unwrap();
    background.shutdown().await;
    let org = organization(&desk).await;
    for number in 0..12 {
        let host = format!("PC-{number}");
        let file = || json!({"path": PATH});
        let (one, other) = tokio::join!(told(&desk, org, read(&host, &guid(number), file())), told(&desk, org, sent("a-1", &host, file())));
        let ids: BTreeSet<_> = [one, other].into_iter().map(|(Received::New(id) | Received::Again(id))| id).collect();
        assert_eq!(ids.len(), 1, "{host}");
    }
    let Received::New(known) = told(&desk, org, read("PC-99", &guid(99), json!({"path": PATH}))).await else { panic!("another host") };
    let mut many = tokio::task::JoinSet::new();
    for number in 0..8 {
        let desk = desk.clone();
        many.spawn(async move { told(&desk, org, sent(&format!("b-{number}"), "PC-99", json!({"path": PATH}))).await });
    }
    while let Some(answer) = many.join_next().await {
        assert_eq!(answer.unwrap(), Received::Again(known));
    }
    let context = Context::system("test").within(org);
    let alerts = desk.store.list::<Alert>(&context, Query::new().limit(PAGE_LIMIT)).await.unwrap().items;
    assert_eq!(alerts.len(), 13);
    let listed = alerts.iter().find(|alert| alert.id == known).map(|alert| alert.also_told.len());
    assert_eq!(listed, Some(8), "every telling is kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_tellings_of_one_moment_are_one_alert() {
    at_the_same_moment(None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_tellings_of_one_moment_are_one_alert_on_postgresql() {
    match postgres::new_database() {
        Some(address) => at_the_same_moment(Some(Secret(address))).await,
        None => println!("skipped: no PostgreSQL binaries"),
    }
}

/// What a closed alert was about is over: the next telling by the other way is an alert.
#[tokio::test(flavor = "multi_thread")]
async fn a_closed_alert_takes_no_telling() {
    let folder = tempfile::tempdir().unwrap();
    let Open { desk, mut background } = opened(folder.path()).await;
    background.shutdown().await;
    let org = organization(&desk).await;
    let file = || json!({"path": PATH});
    let Received::New(first) = told(&desk, org, read("PC-1", &guid(1), file())).await else { panic!("the first telling") };
    let context = Context::system("test").within(org);
    let stored = desk.store.get::<Alert>(&context, first.0).await.unwrap();
    let by = hikeshi_domain::PersonId(uuid::Uuid::now_v7());
    let state = AlertState::Closed { by, at: desk.now(), reason: "done".to_owned(), report: None, before: None };
    let closed = Alert { state, ..stored.entity.clone() };
    desk.store.change(&context, Change::new("alert.close", "done").put(&closed, stored.expect())).await.unwrap();
    assert!(matches!(told(&desk, org, sent("a-1", "PC-1", file())).await, Received::New(_)));
    // The same telling again stays the same alert, and what was done in the end is kept.
    let ended = ProductAlert { action: Action::Quarantined, ..read("PC-1", &guid(1), file()) };
    assert_eq!(told(&desk, org, ended).await, Received::Again(first));
    let stored = desk.store.get::<Alert>(&context, first.0).await.unwrap();
    assert_eq!(stored.raised.action, Action::Quarantined);
    assert!(matches!(stored.state, AlertState::Closed { .. }));
}

/// A telling that added nothing left no trace: its id could not even be searched.
#[tokio::test(flavor = "multi_thread")]
async fn every_telling_is_shown_and_found() {
    let fixture = Fixture::start().await;
    let org = fixture.organization("ours").await;
    let analyst = fixture.visitor(Role::Analyst, Some(org)).await;
    let key = fixture.key(org, KeyScope::Forwarder { name: "mde".to_owned() }).await;
    let Received::New(first) = told(&fixture.desk, org, read("PC-1", &guid(1), json!({"path": PATH}))).await else { panic!("new") };
    let second = ProductAlert { name: "Suspicious download".to_owned(), ..sent("da-4711", "PC-1", json!({"path": PATH})) };
    let (status, receipt) = fixture.alert(&key, &serde_json::to_value(&second).unwrap()).await;
    assert_eq!((status.as_u16(), &receipt["id"], &receipt["repeated"]), (200, &json!(first), &json!(true)));
    let page = fixture.get(&analyst, &format!("/alerts/{first}")).await;
    let told = &page["also_told"][0];
    assert_eq!((&told["way"], &told["id"], &told["name"]), (&json!("sent"), &json!("da-4711"), &json!("Suspicious download")), "{page}");
    assert_eq!(told["detected_at"], json!(second.detected_at.to_string()));
    assert!(told["received_at"].as_str().is_some(), "{told}");
    for words in ["da-4711", "Suspicious download", &guid(1)] {
        let found = fixture.get(&analyst, &format!("/alerts?q={}", words.replace(' ', "%20"))).await;
        assert_eq!(found["items"][0]["id"], json!(first), "{words}");
    }
}
