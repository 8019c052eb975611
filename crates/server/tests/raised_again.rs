//! What comes in after an alert was raised, closed, or left open beyond its clock.

use hikeshi_domain::OrganizationId;
use hikeshi_domain::alert::{Action, Alert, ProductAlert};
use hikeshi_domain::api_key::KeyScope;
use hikeshi_domain::role::Role;
use hikeshi_record::{Change, Context};
use jiff::{SignedDuration, Timestamp};
use reqwest::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::fixture::{Fixture, Visitor, product_alert};
use crate::listed::{call, question, start};
use crate::raising::{alerts, defender, send, until};
use crate::reference_lists::{HASH, add, find};

const LIST: &str =
    "aabbccddeeff00112233445566778899aabbccddeeff00112233445566778899\nfirst.evil.example\nnext.evil.example\n203.0.113.0/24\n";
const GUID: &str = "{11111111-0000-0000-0000-000000000001}";

struct Scene {
    fixture: Fixture,
    org: OrganizationId,
    analyst: Visitor,
}

impl Scene {
    /// With a list of known bad.
    async fn start() -> Scene {
        let fixture = Fixture::start().await;
        let org = fixture.organization("ours").await;
        let analyst = fixture.visitor(Role::Analyst, Some(org)).await;
        assert_eq!(add(&fixture, &analyst, Some(org), "bad", LIST).await.0, StatusCode::CREATED);
        Scene { fixture, org, analyst }
    }

    /// The alerts once triaged, the latest first.
    async fn raised(&self, count: usize) -> Vec<Value> {
        until(&self.fixture.desk, self.org, count).await;
        let rows = self.fixture.get(&self.analyst, "/alerts?sort=newest").await;
        let mut pages = Vec::new();
        for row in rows["items"].as_array().unwrap() {
            pages.push(self.fixture.triaged(&self.analyst, row["id"].as_str().unwrap()).await);
        }
        pages
    }

    /// Sends what a subject does later. Lists hand a subject on once in ten minutes; what Defender found has the host looked at now.
    async fn send(&self, event: Value) {
        send(&self.fixture.desk, self.org, &[event, defender(50, 1116, "Not Applicable")]).await;
    }

    async fn close(&self, page: &Value) {
        let ids = json!({"ids": [page["alert"]["id"]], "reason": "known"});
        let (status, answer) = self.fixture.post(&self.analyst, "/alerts/close", &ids).await;
        assert_eq!((status, &answer["changed"]), (StatusCode::OK, &json!(1)), "{answer}");
    }
}

fn reason<'a>(page: &'a Value, item: &str) -> Option<&'a str> {
    find(page, &|value| value["id"] == item && value["points"].is_number())?["reason"].as_str()
}

/// The second alert of a channel was judged on what the first one had been closed for.
#[tokio::test(flavor = "multi_thread")]
async fn the_next_alert_of_a_channel_is_judged_on_what_came_since() {
    let scene = Scene::start().await;
    let mut first = question("PC-1", 7, "first.evil.example");
    let earlier = Timestamp::now() - SignedDuration::from_hours(30);
    (first["TimeCreated"], first["UtcTime"]) = (json!(earlier), json!(earlier));
    send(&scene.fixture.desk, scene.org, &[first]).await;
    let pages = scene.raised(1).await;
    assert!(reason(&pages[0], "E29").is_some_and(|said| said.contains("first")), "{}", pages[0]);
    scene.close(&pages[0]).await;
    scene.send(question("PC-1", 8, "next.evil.example")).await;
    let pages = scene.raised(3).await;
    let (window, alert) = (&pages[0]["triage"]["window"], &pages[0]["alert"]);
    let at = |value: &Value| value.as_str().unwrap().parse::<Timestamp>().unwrap();
    assert_eq!(at(&window["detected_at"]), at(&alert["detected_at"]), "{window}");
    let said = reason(&pages[0], "E29").unwrap();
    assert!(said.contains("next"), "{said}");
}

/// A clock that is a year ahead moved the window of a channel's alert away from what happened.
#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_ahead_does_not_move_the_window_of_a_channel() {
    let scene = Scene::start().await;
    let mut event = question("PC-1", 7, "first.evil.example");
    let ahead = Timestamp::now() + SignedDuration::from_hours(24 * 400);
    (event["TimeCreated"], event["UtcTime"]) = (json!(ahead), json!(ahead));
    send(&scene.fixture.desk, scene.org, &[event]).await;
    let pages = scene.raised(1).await;
    let (window, alert) = (&pages[0]["triage"]["window"], &pages[0]["alert"]);
    let at = |value: &Value| value.as_str().unwrap().parse::<Timestamp>().unwrap();
    assert!(at(&window["detected_at"]) <= at(&alert["received_at"]), "{window}");
}

/// On Monday an alert on a program was closed as benign; what it did on Wednesday was silent.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_process_does_after_its_alert_was_closed_is_raised() {
    let scene = Scene::start().await;
    send(&scene.fixture.desk, scene.org, &[start("PC-1", GUID, HASH)]).await;
    let pages = scene.raised(1).await;
    scene.close(&pages[0]).await;
    scene.send(call("PC-1", GUID, "203.0.113.9")).await;
    let pages = scene.raised(3).await;
    assert!(reason(&pages[0], "E29").is_some_and(|said| said.contains("203.0.113.9")), "{}", pages[0]);
    let raised = alerts(&scene.fixture.desk, scene.org).await;
    let of_process =
        |alert: &&ProductAlert| alert.process.as_ref().and_then(|process| process.guid.as_deref()) == Some(GUID.trim_matches(['{', '}']));
    assert_eq!(raised.iter().filter(of_process).count(), 2, "{raised:?}");
}

/// What a process did when its alert's clock was over was looked at by nobody.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_process_does_after_the_clock_of_its_open_alert_is_looked_at() {
    let scene = Scene::start().await;
    send(&scene.fixture.desk, scene.org, &[start("PC-1", GUID, HASH)]).await;
    let pages = scene.raised(1).await;
    let id: Uuid = pages[0]["alert"]["id"].as_str().unwrap().parse().unwrap();
    let (store, context) = (&scene.fixture.desk.store, Context::system("test").within(scene.org));
    let stored = store.get::<Alert>(&context, id).await.unwrap();
    let over = Alert { due_at: scene.fixture.desk.now() - SignedDuration::from_mins(1), ..stored.entity.clone() };
    store.change(&context, Change::new("test", "").put(&over, stored.expect())).await.unwrap();
    scene.send(call("PC-1", GUID, "203.0.113.9")).await;
    let named = |page: &Value| reason(page, "E29").is_some_and(|said| said.contains("203.0.113.9"));
    scene.fixture.until(&scene.analyst, &format!("/alerts/{id}"), named).await;
    let raised = alerts(&scene.fixture.desk, scene.org).await;
    assert_eq!(raised.iter().filter(|alert| alert.product == "Hikeshi").count(), 1, "{raised:?}");
}

/// An earlier event that was delivered later said what was done in the end.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_done_last_by_the_events_times_was_done_in_the_end() {
    let scene = Scene::start().await;
    let at = |host: &str, id: u32, second: i64, action: &str| {
        let mut event = defender(u64::from(id) + u64::try_from(second).unwrap(), id, action);
        event["Computer"] = json!(host);
        event["TimeCreated"] = json!(Timestamp::now() - SignedDuration::from_secs(300 - second));
        event
    };
    send(&scene.fixture.desk, scene.org, &[at("PC-1", 1117, 20, "Remove")]).await;
    until(&scene.fixture.desk, scene.org, 1).await;
    // When the later host's is there, the earlier one's has been looked at.
    let late = [at("PC-1", 1116, 1, "Not Applicable"), at("PC-1", 1117, 10, "Quarantine"), at("PC-9", 1116, 1, "Not Applicable")];
    send(&scene.fixture.desk, scene.org, &late).await;
    let raised = until(&scene.fixture.desk, scene.org, 2).await;
    let first = raised.iter().find(|alert| alert.host == "PC-1").unwrap();
    assert_eq!(first.action, Action::Deleted);
}

/// Two products that say the same of one file did not count as two: only what Defender logs was heard.
#[tokio::test(flavor = "multi_thread")]
async fn two_products_that_send_alerts_on_one_file_agree() {
    let scene = Scene::start().await;
    let key = scene.fixture.key(scene.org, KeyScope::Forwarder { name: "av".to_owned() }).await;
    let told = |id: &str, product: &str, host: &str| {
        let mut raised = product_alert(id, host, &"ab".repeat(32));
        raised["detected_at"] = json!(Timestamp::now() - SignedDuration::from_mins(4));
        raised["product"] = json!(product);
        raised
    };
    let mut pages = Vec::new();
    for raised in [told("1", "AV", "PC-1"), told("2", "AV", "PC-1"), told("3", "EDR", "PC-1"), told("4", "EDR", "PC-2")] {
        let (_, receipt) = scene.fixture.alert(&key, &raised).await;
        pages.push(scene.fixture.triaged(&scene.analyst, receipt["id"].as_str().unwrap()).await);
    }
    let said: Vec<_> = pages.iter().map(|page| reason(page, "E35")).collect();
    assert!(said[2].is_some_and(|said| said.contains("AV") && said.contains("Trojan:Test")), "{said:?}");
    assert_eq!((said[0], said[1], said[3]), (None, None, None), "the same product, or another host");
}
