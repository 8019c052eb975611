//! When triage looks again: what it tells then, what it leaves alone, and which look comes first.

use hikeshi_access::Caller;
use hikeshi_desk::Desk;
use hikeshi_desk::alert::{Received, receive};
use hikeshi_desk::open::Open;
use hikeshi_domain::OrganizationId;
use hikeshi_domain::alert::{Alert, AlertState, ProductAlert};
use hikeshi_domain::api_key::KeyScope;
use hikeshi_domain::entity::Entity;
use hikeshi_domain::role::Role;
use hikeshi_domain::triage_run::TriageRun;
use hikeshi_domain::verdict::Verdict;
use hikeshi_record::{Change, Context, Expect, Job, JobState, Query};
use jiff::SignedDuration;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::fixture::{Fixture, Visitor, product_alert};
use crate::listed::brought_elsewhere;
use crate::raising::{opened, organization, send};
use crate::reference_lists::{HASH, add, find};
use crate::waiting::until;

const IMAGE: &str = r"C:\Users\y\AppData\Roaming\tool.exe";

/// The start of a program in a user's folder, minutes ago.
fn start(host: &str) -> Value {
    let time = jiff::Timestamp::now() - SignedDuration::from_mins(5);
    json!({
        "Channel": "Microsoft-Windows-Sysmon/Operational", "EventID": 1, "Computer": host, "EventRecordID": 1, "TimeCreated": time,
        "UtcTime": time, "ProcessGuid": "{1}", "ProcessId": 70, "Image": IMAGE, "CommandLine": "tool.exe",
        "ParentProcessGuid": "{0}", "ParentImage": "C:\\Windows\\explorer.exe", "Hashes": format!("SHA256={HASH}"),
    })
}

/// What an antivirus says of it.
fn told(id: &str, host: &str) -> Value {
    let mut raised = product_alert(id, host, HASH);
    raised["detected_at"] = json!(jiff::Timestamp::now() - SignedDuration::from_mins(4));
    raised["file"]["path"] = json!(IMAGE);
    raised
}

async fn received(fixture: &Fixture, visitor: &Visitor, org: OrganizationId, raised: &Value) -> (String, Value) {
    let key = fixture.key(org, KeyScope::Forwarder { name: "av".to_owned() }).await;
    let (status, receipt) = fixture.alert(&key, raised).await;
    assert_eq!(status, StatusCode::CREATED, "{receipt}");
    let id = receipt["id"].as_str().unwrap().to_owned();
    let page = fixture.triaged(visitor, &id).await;
    (id, page)
}

/// Waits until the looks for lists are over, but for those that are put off.
async fn settled(desk: &Desk) {
    let context = Context::system("test");
    until("the looks for lists are over", async || {
        let mut open = desk.store.jobs(&context, "triage-list", JobState::Waiting, 10).await.unwrap().len();
        for queue in ["triage-follow", "triage-relook"] {
            let jobs = desk.store.jobs(&context, queue, JobState::Waiting, 1_000).await.unwrap();
            let for_list = jobs.iter().filter(|job| serde_json::from_str::<Value>(&job.payload).unwrap()["list"].is_string());
            // One that is under way is held for minutes.
            open += for_list.filter(|job| job.due_at <= desk.now() || job.due_at > desk.now() + SignedDuration::from_mins(1)).count();
        }
        (open == 0).then_some(())
    })
    .await;
}

/// Thirty repeats of one grey file were thirty reports and mails when a list named it.
// covers: S3-48
#[tokio::test(flavor = "multi_thread")]
async fn a_new_list_tells_once_of_a_file_that_kept_coming() {
    let fixture = Fixture::start().await;
    let org = fixture.organization("ours").await;
    let operator = fixture.visitor(Role::Operator, None).await;
    send(&fixture.desk, org, &[start("PC-1")]).await;
    let (first, page) = received(&fixture, &operator, org, &told("1", "PC-1")).await;
    assert_eq!((&page["alert"]["state"], &page["alert"]["verdict"]), (&json!("reported"), &json!("grey")));
    let mut repeats = Vec::new();
    for number in 2..6 {
        let (id, page) = received(&fixture, &operator, org, &told(&number.to_string(), "PC-1")).await;
        assert_eq!(page["alert"]["state"], "repeat");
        repeats.push(id);
    }
    let closed = repeats.pop().unwrap();
    fixture.post(&operator, "/alerts/close", &json!({"ids": [closed], "reason": "known"})).await;

    assert_eq!(add(&fixture, &operator, Some(org), "bad", HASH).await.0, StatusCode::CREATED);
    fixture.until(&operator, &format!("/alerts/{first}"), |page| page["alert"]["verdict"] == "black").await;
    settled(&fixture.desk).await;
    for repeat in &repeats {
        let page = fixture.get(&operator, &format!("/alerts/{repeat}")).await;
        assert_eq!((&page["alert"]["state"], page["report"].is_null()), (&json!("repeat"), true), "{}", page["alert"]);
    }
    let page = fixture.get(&operator, &format!("/alerts/{closed}")).await;
    assert_eq!((&page["alert"]["state"], page["report"].is_null()), (&json!("closed"), true));
    assert_eq!(fixture.get(&operator, "/messages").await["items"].as_array().unwrap().len(), 1, "one file, one mail");
    assert_eq!(fixture.get(&operator, &format!("/alerts/{first}")).await["alert"]["repeats"], 4);
}

/// A look at a closed repeat put it back among the open ones and counted it again.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_closed_a_repeat_decides() {
    let fixture = Fixture::start().await;
    let org = fixture.organization("ours").await;
    let operator = fixture.visitor(Role::Operator, None).await;
    assert_eq!(add(&fixture, &operator, Some(org), "bad", HASH).await.0, StatusCode::CREATED);
    send(&fixture.desk, org, &[start("PC-1")]).await;
    let (first, page) = received(&fixture, &operator, org, &told("1", "PC-1")).await;
    assert_eq!(page["alert"]["verdict"], "black");
    let (repeat, page) = received(&fixture, &operator, org, &told("2", "PC-1")).await;
    assert_eq!((&page["alert"]["state"], &page["alert"]["verdict"]), (&json!("repeat"), &json!("black")));
    fixture.post(&operator, "/alerts/close", &json!({"ids": [repeat], "reason": "handled with the first"})).await;
    fixture.post(&operator, &format!("/alerts/{repeat}/triage"), &json!({})).await;
    let page = fixture.until(&operator, &format!("/alerts/{repeat}"), |page| page["versions"].as_array().unwrap().len() == 2).await;
    assert_eq!(page["alert"]["state"], "closed");
    assert_eq!(fixture.get(&operator, &format!("/alerts/{first}")).await["alert"]["repeats"], 1, "counted once");
}

fn standing(desk: &Desk, org: OrganizationId, raised: &Value, verdict: Option<Verdict>) -> Alert {
    let (state, now) = (json!({"state": "received"}), desk.now());
    let alert = json!({
        "id": uuid::Uuid::now_v7(), "org": org, "raised": raised, "received_at": now, "due_at": now + SignedDuration::from_hours(2),
        "state": state, "repeats": 0, "drill": false, "verdict": verdict,
    });
    serde_json::from_value(alert).unwrap()
}

/// A list that came while an alert was judged for the first time was never asked: the look for it found no verdict and went home.
#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_comes_while_an_alert_is_judged_is_asked_afterwards() {
    let fixture = Fixture::start().await;
    let org = fixture.organization("ours").await;
    let operator = fixture.visitor(Role::Operator, None).await;
    let context = Context::system("test").within(org);
    // Its first look is under way, with the lists of before.
    let mut alert = standing(&fixture.desk, org, &told("1", "PC-1"), None);
    fixture.desk.store.change(&context, Change::new("alert.receive", "").put(&alert, Expect::New)).await.unwrap();
    assert_eq!(add(&fixture, &operator, Some(org), "bad", HASH).await.0, StatusCode::CREATED);
    settled(&fixture.desk).await;
    alert.verdict = Some(Verdict::Grey);
    fixture.desk.store.change(&context, Change::new("triage.run", "").put(&alert, Expect::Version(1))).await.unwrap();
    let named = |page: &Value| find(page, &|value| value["id"] == "E1" && value["points"].is_number()).is_some();
    fixture.until(&operator, &format!("/alerts/{}", alert.id), named).await;
}

/// Looks that follow an alert stood behind thousands of a list.
#[tokio::test(flavor = "multi_thread")]
async fn what_follows_an_alert_is_looked_at_before_what_a_list_asks_for() {
    let folder = tempfile::tempdir().unwrap();
    let Open { desk, mut background } = opened(folder.path()).await;
    let org = organization(&desk).await;
    background.shutdown().await;
    let context = Context::system("test").within(org);
    let list = brought_elsewhere(&desk, org).await;
    let standing_at = async |host: &str, queue: &str, look: Value| {
        let alert = standing(&desk, org, &told("1", host), Some(Verdict::Grey));
        let mut payload = json!({"alert": alert.id, "forced": true});
        payload.as_object_mut().unwrap().extend(look.as_object().unwrap().clone());
        let change = Change::new("test", "").put(&alert, Expect::New).enqueue(Job::new(queue, &payload));
        desk.store.change(&context, change).await.unwrap();
        alert.id
    };
    for number in 0..2 {
        standing_at(&format!("LISTED-{number}"), "triage-relook", json!({"list": list.id})).await;
    }
    let followed = standing_at("PC-1", "triage-follow", json!({})).await;
    let _workers = hikeshi_desk::job::start(&desk);
    let mut looked = until("three looks are over", async || {
        let looked = desk.store.list::<TriageRun>(&context, Query::new()).await.unwrap().items;
        (looked.len() == 3).then_some(looked)
    })
    .await;
    looked.sort_by_key(|run| run.at);
    assert_eq!(looked[0].alert, followed);
}

/// What a product tells again of an alert that is judged was read in the place kept for first looks.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_told_again_of_a_judged_alert_is_a_later_look() {
    let folder = tempfile::tempdir().unwrap();
    let Open { desk, mut background } = opened(folder.path()).await;
    background.shutdown().await;
    let org = organization(&desk).await;
    let context = Context::system("test").within(org);
    let caller = Caller::desk("test", "test");
    let defender = |id: &str, product: &str, file: Value| -> ProductAlert {
        let mut raised = told(id, "PC-1");
        (raised["product"], raised["file"]) = (json!(product), file);
        serde_json::from_value(raised).unwrap()
    };
    let read = defender("pc-1 {79c5c2ff-764a-4f0d-940e-a6914a52c0f9}", "Microsoft Defender", json!({"path": IMAGE}));
    let Received::New(id) = receive(&desk, &caller, org, read).await.unwrap() else { panic!("the first telling") };
    let stored = desk.store.get::<Alert>(&context, id.0).await.unwrap();
    let judged = Alert { verdict: Some(Verdict::Grey), ..stored.entity.clone() };
    desk.store.change(&context, Change::new("triage.run", "").put(&judged, stored.expect())).await.unwrap();
    let sent = defender("a-1", "Microsoft Defender for Endpoint", json!({"path": IMAGE, "sha256": HASH}));
    assert_eq!(receive(&desk, &caller, org, sent).await.unwrap(), Received::Again(id));
    let mut waiting = Vec::new();
    for queue in ["triage", "triage-follow"] {
        waiting.push(desk.store.jobs(&context, queue, JobState::Waiting, 10).await.unwrap().len());
    }
    assert_eq!(waiting, [1, 1], "the first look, and a later one");
    let stored = desk.store.get::<Alert>(&context, judged.id()).await.unwrap();
    assert!(matches!(stored.state, AlertState::Received));
}
