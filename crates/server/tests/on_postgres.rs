//! The spine of an incident on a record in PostgreSQL: the same use cases, the other side of the seam.

use hikeshi_domain::api_key::KeyScope;
use hikeshi_domain::role::Role;
use hikeshi_domain::settings::Secret;
use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::fixture::{Fixture, product_alert};
use crate::reference_lists::{add, grown, held};
use crate::waiting::until;
use crate::{listed, postgres};

const EVENT: &str = r#"{"Channel":"Microsoft-Windows-Sysmon/Operational","EventID":1,"Computer":"PC-1","EventRecordID":1,"TimeCreated":"2026-11-21T03:08:12Z","Image":"C:\\a.exe","ProcessId":4}"#;

// covers: S4-7, S3-31
#[tokio::test]
async fn an_incident_goes_from_event_to_closed_case_on_postgresql() {
    let Some(address) = postgres::new_database() else {
        println!("skipped: no PostgreSQL binaries");
        return;
    };
    let fixture = Fixture::start_with(Vec::new(), Some(Secret(address.clone()))).await;
    let org = fixture.organization("ours").await;
    let lead = fixture.visitor(Role::IncidentLead, Some(org)).await;
    let key = fixture.key(org, KeyScope::Forwarder { name: "wef".to_owned() }).await;

    let sent = fixture.request(Method::POST, "/events").bearer_auth(&key).header("idempotency-key", "b-1").body(EVENT);
    assert_eq!(sent.send().await.unwrap().status(), StatusCode::ACCEPTED);
    fixture.desk.telemetry.lake.flush().await;
    let (_, answer) = fixture.post(&lead, "/hunt", &json!({"sql": "SELECT count(*) AS n FROM events"})).await;
    assert_eq!(answer["rows"], json!([[1]]), "{answer}");

    let (status, receipt) = fixture.alert(&key, &product_alert("1", "PC-1", &"ab".repeat(32))).await;
    assert_eq!(status, StatusCode::CREATED);
    let alert = receipt["id"].as_str().unwrap();
    let page = fixture.triaged(&lead, alert).await;
    let judged = json!({"verdict": "black", "reason": "known campaign", "expected_version": page["alert"]["version"]});
    let (status, row) = fixture.post(&lead, &format!("/alerts/{alert}/override"), &judged).await;
    assert_eq!((status, &row["verdict"]), (StatusCode::OK, &json!("black")));

    let case = row["case"]["id"].as_str().expect("what is judged black opens a case");
    let opened = fixture.get(&lead, &format!("/cases/{case}")).await;
    let first = opened["history"].as_array().unwrap().last().unwrap();
    assert_eq!((&first["action"], &first["alert"]["id"]), (&json!("case.open"), &json!(alert)), "{first}");
    assert!(first["alert"]["title"].as_str().is_some_and(|title| title.starts_with("PC-1 ")), "{first}");
    let version = opened["case"]["version"].clone();
    let picked = json!({"type": "B-1", "severity": 3, "flows": ["handle"], "expected_version": version});
    let (status, answer) = fixture.post(&lead, &format!("/cases/{case}/classification"), &picked).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    let (status, answer) = fixture.post(&lead, &format!("/cases/{case}/close"), &json!({"reason": "cleaned"})).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    assert_eq!(fixture.get(&lead, &format!("/search?q={}", "PC-1")).await["items"].as_array().unwrap().len(), 3, "alert, case, endpoint");

    let held = fixture.desk.store.verify(&[]).await.unwrap();
    assert_eq!(held.first_bad, None);
    let versions = postgres::as_superuser(&address, "SELECT count(*) FROM version WHERE kind IN ('alert', 'case')");
    assert!(versions.parse::<u32>().unwrap() >= 6, "the database itself holds the versions: {versions}");
}

#[tokio::test(flavor = "multi_thread")]
async fn alerts_are_judged_again_on_postgresql() {
    let Some(address) = postgres::new_database() else {
        println!("skipped: no PostgreSQL binaries");
        return;
    };
    listed::judged_again(&Fixture::start_with(Vec::new(), Some(Secret(address))).await).await;
}

/// Two nodes each looked at what stood before the other's change, and a list that one took away stayed in the other's memory for an hour.
#[tokio::test(flavor = "multi_thread")]
async fn two_nodes_keep_lists_in_step_on_postgresql() {
    let Some(address) = postgres::new_database() else {
        println!("skipped: no PostgreSQL binaries");
        return;
    };
    let here = Fixture::start_with(Vec::new(), Some(Secret(address.clone()))).await;
    let there = here.start_beside(Secret(address)).await;
    let org = here.organization("ours").await;
    let analyst = here.visitor(Role::Analyst, Some(org)).await;
    for round in 0..5 {
        let (_, first) = add(&here, &analyst, Some(org), "good", "one.example").await;
        grown(&here, &first["item"]["id"], 14_000_000 - 60).await;
        let (one, other) = (format!("a-{round}.example"), format!("b-{round}.example"));
        let (a, b) = tokio::join!(add(&here, &analyst, Some(org), "good", &one), add(&there, &analyst, Some(org), "good", &other));
        let mut statuses = [a.0, b.0];
        statuses.sort();
        assert_eq!(statuses, [StatusCode::CREATED, StatusCode::UNPROCESSABLE_ENTITY], "round {round}: {} {}", a.1, b.1);
        for list in here.get(&analyst, "/lists").await["items"].as_array().unwrap() {
            let path = format!("/lists/{}?reason=r", list["id"].as_str().unwrap());
            assert_eq!(here.by(&analyst, Method::DELETE, &path).send().await.unwrap().status(), StatusCode::NO_CONTENT);
        }
    }
    let (_, taken) = add(&there, &analyst, Some(org), "bad", "evil.example\nworse.example").await;
    assert_eq!(held(&there).await, "2");
    let path = format!("/lists/{}?reason=r", taken["item"]["id"].as_str().unwrap());
    assert_eq!(here.by(&analyst, Method::DELETE, &path).send().await.unwrap().status(), StatusCode::NO_CONTENT);
    until("the other node holds nothing of the list", async || (held(&there).await == "0").then_some(())).await;
}
