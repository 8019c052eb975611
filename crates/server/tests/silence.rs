//! Who is warned of when nothing comes any more: hosts of forwarders with a key, in service, outside of drills.

use std::sync::{Arc, Mutex};

use hikeshi_access::Caller;
use hikeshi_desk::open::Opening;
use hikeshi_desk::organization::{self, Choices};
use hikeshi_desk::{Clock, api_key, endpoint};
use hikeshi_domain::OrganizationId;
use hikeshi_domain::api_key::KeyScope;
use hikeshi_domain::phrase::Language;
use hikeshi_domain::role::Role;
use hikeshi_lake::{Batch, Encoding};
use hikeshi_record::{Content, Context};
use jiff::{SignedDuration, Timestamp};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::fixture::{Fixture, Visitor};

/// The desk's clock; it moves when it is told to.
#[derive(Debug)]
struct OwnClock(Mutex<Timestamp>);

impl Clock for OwnClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

struct Scene {
    fixture: Fixture,
    clock: Arc<OwnClock>,
    org: OrganizationId,
}

impl Scene {
    async fn start() -> Scene {
        let clock = Arc::new(OwnClock(Mutex::new("2026-11-20T03:00:00Z".parse().unwrap())));
        let own = clock.clone();
        let fixture = Fixture::start_as(|opening| Opening { clock: own, ..opening }).await;
        let org = fixture.organization("ours").await;
        Scene { fixture, clock, org }
    }

    fn hours_pass(&self, hours: i64) {
        *self.clock.0.lock().unwrap() += SignedDuration::from_hours(hours);
    }

    /// Who signs in now: sessions end by the same clock.
    async fn operator(&self) -> Visitor {
        self.fixture.visitor(Role::Operator, None).await
    }

    /// What a source sends of a host now.
    async fn sends(&self, org: OrganizationId, source: &str, host: &str) {
        let now = self.clock.now();
        let event =
            json!({"Channel": "System", "EventID": 1, "Computer": host, "EventRecordID": now.as_second(), "TimeCreated": now.to_string()});
        let batch = Batch {
            org,
            source: source.to_owned(),
            idempotency_key: None,
            received_at: now,
            encoding: Encoding::Plain,
            body: format!("{event}\n").into(),
        };
        self.fixture.desk.telemetry.lake.append(batch).await.unwrap();
        self.fixture.desk.telemetry.lake.flush().await;
        endpoint::follow_sources(&self.fixture.desk).await.unwrap();
    }

    /// What the page warns of, which endpoints are called silent, and what the counter says.
    async fn silent(&self) -> (Vec<String>, Vec<String>, String) {
        let operator = self.operator().await;
        let warnings = self.fixture.get(&operator, "/duty").await["health"]["warnings"].clone();
        let warnings = warnings.as_array().unwrap().iter().map(|warning| warning.as_str().unwrap().to_owned()).collect();
        let endpoints = self.fixture.get(&operator, "/endpoints").await["items"].clone();
        let silent = endpoints.as_array().unwrap().iter().filter(|endpoint| endpoint["silent"] == true);
        let silent = silent.map(|endpoint| endpoint["host"].as_str().unwrap().to_owned()).collect();
        let metrics = reqwest::get(format!("{}/metrics", self.fixture.base)).await.unwrap().text().await.unwrap();
        let counter = metrics.lines().find(|line| line.starts_with("hikeshi_silent_hosts ")).unwrap().to_owned();
        (warnings, silent, counter)
    }

    async fn check(&self, warnings: &[&str], hosts: &[&str], meaning: &str) {
        let (warned, silent, counter) = self.silent().await;
        assert_eq!(warned, warnings, "{meaning}");
        assert_eq!(silent, hosts, "{meaning}");
        assert_eq!(counter, format!("hikeshi_silent_hosts {}", hosts.len()), "{meaning}");
    }

    async fn endpoint(&self, visitor: &Visitor, host: &str) -> Value {
        let endpoints = self.fixture.get(visitor, "/endpoints").await["items"].clone();
        endpoints.as_array().unwrap().iter().find(|endpoint| endpoint["host"] == host).unwrap().clone()
    }

    /// Asks for a change of the host as it stands.
    async fn ask(&self, visitor: &Visitor, host: &str, act: &str, reason: Option<&str>) -> (StatusCode, Value) {
        let endpoint = self.endpoint(visitor, host).await;
        let mut body = json!({"expected_version": endpoint["version"]});
        if let Some(reason) = reason {
            body["reason"] = json!(reason);
        }
        self.fixture.post(visitor, &format!("/endpoints/{}/{act}", endpoint["id"].as_str().unwrap()), &body).await
    }
}

const WARNING: &str = "wef: nothing for more than 24 h from 1 hosts (PC-1)";

/// Whoever tried the drill, or read evidence in, was warned of those hosts for ever.
#[tokio::test(flavor = "multi_thread")]
async fn only_hosts_of_whom_a_key_sends_are_waited_for() {
    let scene = Scene::start().await;
    scene.fixture.key(scene.org, KeyScope::Forwarder { name: "wef".to_owned() }).await;
    let choices = Choices {
        name: "drill".to_owned(),
        time_zone: "Asia/Tokyo".to_owned(),
        language: Language::Ja,
        retention_days: 90,
        contacts: Vec::new(),
    };
    let drill =
        organization::add(&scene.fixture.desk, &Caller::desk("test", "test"), choices, Some("company-week".to_owned())).await.unwrap();
    scene.fixture.key(drill.id, KeyScope::Forwarder { name: "wef".to_owned() }).await;
    for (org, source, host) in [(scene.org, "wef", "PC-1"), (scene.org, "wef", "PC-2"), (scene.org, "evtx", "EVIDENCE-1")] {
        scene.sends(org, source, host).await;
    }
    scene.sends(drill.id, "drill", "DRILL-1").await;
    scene.sends(drill.id, "wef", "DRILL-2").await;
    let named = json!({"org": scene.org.0, "name": "evtx"});
    let (status, answer) = scene.fixture.post(&scene.operator().await, "/api-keys", &named).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "files read in would look like this forwarder's: {answer}");
    scene.hours_pass(23);
    scene.sends(scene.org, "wef", "PC-2").await;
    scene.check(&[], &[], "a day is not over").await;
    scene.hours_pass(2);
    scene.check(&[WARNING], &["PC-1"], "PC-2 has sent; evidence and drill are nobody's to wait for").await;
    scene.sends(scene.org, "wef", "pc-1").await;
    scene.check(&[], &[], "it is heard again").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_is_retired_and_taken_back_by_an_operator() {
    let scene = Scene::start().await;
    scene.fixture.key(scene.org, KeyScope::Forwarder { name: "wef".to_owned() }).await;
    scene.sends(scene.org, "wef", "PC-1").await;
    scene.hours_pass(30);
    scene.check(&[WARNING], &["PC-1"], "silent").await;
    let operator = scene.operator().await;
    for role in [Role::IncidentLead, Role::Analyst, Role::Reader] {
        let visitor = scene.fixture.visitor(role, Some(scene.org)).await;
        let (status, _) = scene.ask(&visitor, "PC-1", "retire", Some("sold")).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{}", role.name());
    }
    assert_eq!(scene.ask(&operator, "PC-1", "retire", Some("  ")).await.0, StatusCode::UNPROCESSABLE_ENTITY, "it asks for the reason");
    assert_eq!(scene.ask(&operator, "PC-1", "restore", None).await.0, StatusCode::UNPROCESSABLE_ENTITY, "it is in service");
    let endpoint = scene.endpoint(&operator, "PC-1").await;
    let id = endpoint["id"].as_str().unwrap();
    let stale = json!({"reason": "sold", "expected_version": endpoint["version"].as_u64().unwrap() + 1});
    let (status, answer) = scene.fixture.post(&operator, &format!("/endpoints/{id}/retire"), &stale).await;
    assert_eq!((status, answer["error"]["kind"].as_str()), (StatusCode::CONFLICT, Some("conflict")));
    let (status, row) = scene.ask(&operator, "PC-1", "retire", Some("sold")).await;
    assert_eq!((status, &row["retired"]["reason"], &row["silent"]), (StatusCode::OK, &json!("sold"), &json!(false)));
    assert_eq!(scene.ask(&operator, "PC-1", "retire", Some("sold")).await.0, StatusCode::UNPROCESSABLE_ENTITY, "it is retired");
    scene.check(&[], &[], "nobody waits for what is out of service").await;
    assert_eq!(scene.ask(&operator, "PC-1", "restore", None).await.1["retired"], Value::Null);
    scene.check(&[WARNING], &["PC-1"], "back in service").await;
    let versions = scene.fixture.desk.store.history(&Context::system("test"), "endpoint", id.parse::<Uuid>().unwrap()).await.unwrap();
    let told = versions.iter().map(|version| match &version.content {
        Content::Kept { reason, .. } => format!("{} {reason}", version.action),
        _ => String::new(),
    });
    assert_eq!(told.collect::<Vec<_>>(), ["endpoint.seen ", "endpoint.retire sold", "endpoint.restore "], "each step stands in the record");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retired_endpoint_that_sends_again_is_waited_for_again() {
    let scene = Scene::start().await;
    scene.fixture.key(scene.org, KeyScope::Forwarder { name: "wef".to_owned() }).await;
    scene.sends(scene.org, "wef", "PC-1").await;
    assert_eq!(scene.ask(&scene.operator().await, "PC-1", "retire", Some("sold")).await.0, StatusCode::OK);
    scene.hours_pass(5);
    scene.sends(scene.org, "wef", "PC-1").await;
    scene.hours_pass(30);
    scene.check(&[], &[], "what was under way came after it").await;
    scene.sends(scene.org, "wef", "PC-1").await;
    scene.hours_pass(30);
    assert_eq!(scene.endpoint(&scene.operator().await, "PC-1").await["retired"]["resumed"], true);
    scene.check(&[WARNING], &["PC-1"], "it was in use again").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forwarder_whose_key_was_revoked_has_a_successor_or_is_missed() {
    let scene = Scene::start().await;
    let caller = Caller::desk("test", "test");
    let old = api_key::add(&scene.fixture.desk, &caller, scene.org, "old", KeyScope::Forwarder { name: "wef".to_owned() }).await.unwrap();
    scene.fixture.key(scene.org, KeyScope::Forwarder { name: "wec".to_owned() }).await;
    scene.sends(scene.org, "wef", "PC-1").await;
    scene.sends(scene.org, "wef", "PC-2").await;
    api_key::revoke(&scene.fixture.desk, &caller, old.key.id).await.unwrap();
    scene.hours_pass(30);
    scene.sends(scene.org, "wec", "PC-2").await;
    scene.check(&[WARNING], &["PC-1"], "PC-2 comes by the new forwarder").await;
}

/// Of another organisation, an endpoint is not there.
#[tokio::test(flavor = "multi_thread")]
async fn another_organisations_operator_retires_nothing_here() {
    let scene = Scene::start().await;
    scene.sends(scene.org, "wef", "PC-1").await;
    let theirs = scene.fixture.organization("theirs").await;
    let stranger = scene.fixture.visitor(Role::Operator, Some(theirs)).await;
    let endpoint = scene.endpoint(&scene.operator().await, "PC-1").await;
    let path = format!("/endpoints/{}/retire", endpoint["id"].as_str().unwrap());
    let sent = json!({"reason": "sold", "expected_version": endpoint["version"]});
    assert_eq!(scene.fixture.by(&stranger, Method::POST, &path).json(&sent).send().await.unwrap().status(), StatusCode::NOT_FOUND);
}
