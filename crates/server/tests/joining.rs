//! An alert that shares host and process tree, or a file, with an open case joins it.

use hikeshi_domain::OrganizationId;
use hikeshi_domain::api_key::KeyScope;
use hikeshi_domain::role::Role;
use hikeshi_domain::settings::Secret;
use jiff::{SignedDuration, Timestamp};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::fixture::{Fixture, Visitor};
use crate::postgres;
use crate::raising::send;

struct Scene {
    fixture: Fixture,
    org: OrganizationId,
    lead: Visitor,
    key: String,
}

fn detected_at() -> Timestamp {
    Timestamp::now() - SignedDuration::from_mins(4)
}

fn raised(id: &str, host: &str, more: &Value) -> Value {
    let mut raised = json!({"id": id, "host": host, "detected_at": detected_at(), "source_kind": "endpoint", "product": "AV",
        "name": "Trojan:Test", "action": "detected"});
    raised.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    raised
}

impl Scene {
    async fn of(fixture: Fixture) -> Scene {
        let org = fixture.organization("ours").await;
        let lead = fixture.visitor(Role::IncidentLead, Some(org)).await;
        let key = fixture.key(org, KeyScope::Forwarder { name: "av".to_owned() }).await;
        Scene { fixture, org, lead, key }
    }

    /// An alert once triaged: its id, and its case.
    async fn alert(&self, id: &str, host: &str, more: &Value) -> (String, Value) {
        let (status, receipt) = self.fixture.alert(&self.key, &raised(id, host, more)).await;
        assert_eq!(status, StatusCode::CREATED, "{receipt}");
        let alert = receipt["id"].as_str().unwrap().to_owned();
        let page = self.fixture.triaged(&self.lead, &alert).await;
        (alert, page["alert"]["case"]["id"].clone())
    }

    /// Opens a case for the alert.
    async fn case(&self, alert: &str) -> Value {
        let (status, placed) = self.fixture.post(&self.lead, &format!("/alerts/{alert}/case"), &json!({})).await;
        assert!(status.is_success(), "{placed}");
        placed["case"].clone()
    }
}

async fn by_file(fixture: Fixture) {
    let scene = Scene::of(fixture).await;
    let other = scene.fixture.organization("theirs").await;
    let stranger = scene.fixture.visitor(Role::IncidentLead, Some(other)).await;
    let key = scene.fixture.key(other, KeyScope::Forwarder { name: "av".to_owned() }).await;
    let (sha256, sha1, md5) = ("ab".repeat(32), "cd".repeat(20), "ef".repeat(16));
    let (first, none) = scene.alert("1", "PC-1", &json!({"file": {"sha256": sha256, "sha1": sha1, "md5": md5}})).await;
    assert_eq!(none, Value::Null, "grey opens no case by itself");
    let case = scene.case(&first).await;
    let another = json!({"file": {"sha256": "12".repeat(32), "md5": md5}});
    assert_eq!(scene.alert("1", "PC-20", &another).await.1, Value::Null, "the strongest hash says that it is another file");
    for (number, hash) in [json!({"sha256": sha256.to_uppercase()}), json!({"sha1": sha1}), json!({"md5": md5})].iter().enumerate() {
        let (_, joined) = scene.alert("1", &format!("PC-1{number}"), &json!({"file": hash})).await;
        assert_eq!(joined, case, "{hash}");
    }
    assert_eq!(scene.alert("1", "PC-21", &json!({"file": {"path": "C:\\a.exe"}})).await.1, Value::Null, "no hash");

    let (_, receipt) = scene.fixture.alert(&key, &raised("1", "PC-1", &json!({"file": {"sha256": sha256}}))).await;
    let page = scene.fixture.triaged(&stranger, receipt["id"].as_str().unwrap()).await;
    assert_eq!(page["alert"]["case"], Value::Null, "another organisation's case is none of theirs");

    let id = case.as_str().unwrap();
    let page = scene.fixture.get(&scene.lead, &format!("/cases/{id}")).await;
    let picked = json!({"type": "B-1", "severity": 3, "flows": ["handle"], "expected_version": page["case"]["version"]});
    scene.fixture.post(&scene.lead, &format!("/cases/{id}/classification"), &picked).await;
    let (status, answer) = scene.fixture.post(&scene.lead, &format!("/cases/{id}/close"), &json!({"reason": "cleaned"})).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    assert_eq!(scene.alert("1", "PC-22", &json!({"file": {"sha256": sha256}})).await.1, Value::Null, "what is closed takes none");
}

/// A process names itself and its parent by number.
fn start((number, parent): (u32, u32), image: &str, parent_image: &str) -> Value {
    let time = detected_at() - SignedDuration::from_mins(2);
    json!({
        "Channel": "Microsoft-Windows-Sysmon/Operational", "EventID": 1, "Computer": "PC-1", "EventRecordID": number, "TimeCreated": time,
        "UtcTime": time, "ProcessGuid": guid(number), "ProcessId": 70 + number, "Image": image, "CommandLine": image,
        "User": "CORP\\taro", "ParentProcessGuid": guid(parent), "ParentImage": parent_image,
    })
}

fn guid(number: u32) -> String {
    format!("{{{number:08}-0000-0000-0000-000000000000}}")
}

async fn by_tree(fixture: Fixture) {
    let scene = Scene::of(fixture).await;
    let (explorer, tool) = (r"C:\Windows\explorer.exe", r"C:\Program Files\Tool\tool.exe");
    let events = [
        start((1, 9), explorer, r"C:\Windows\System32\userinit.exe"),
        start((2, 1), tool, explorer),
        start((3, 2), r"C:\Program Files\Tool\helper.exe", tool),
        start((4, 1), r"C:\Program Files\Other\other.exe", explorer),
    ];
    send(&scene.fixture.desk, scene.org, &events).await;
    let process = |number| json!({"process": {"guid": guid(number)}});
    let (first, _) = scene.alert("1", "PC-1", &process(2)).await;
    let case = scene.case(&first).await;
    assert_eq!(scene.alert("2", "pc-1", &process(2)).await.1, case, "the same process");
    assert_eq!(scene.alert("3", "PC-1", &process(3)).await.1, case, "what it started");
    assert_eq!(scene.alert("4", "PC-1", &process(4)).await.1, Value::Null, "the shell of the session joins nothing");
    assert_eq!(scene.alert("5", "PC-2", &process(3)).await.1, Value::Null, "another host");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alert_on_the_same_file_joins_the_open_case() {
    by_file(Fixture::start().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alert_of_the_same_tree_joins_the_open_case() {
    by_tree(Fixture::start().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn alerts_join_open_cases_on_postgresql() {
    for scene in [0, 1] {
        let Some(address) = postgres::new_database() else {
            println!("skipped: no PostgreSQL binaries");
            return;
        };
        let fixture = Fixture::start_with(Vec::new(), Some(Secret(address))).await;
        match scene {
            0 => by_file(fixture).await,
            _ => by_tree(fixture).await,
        }
    }
}
