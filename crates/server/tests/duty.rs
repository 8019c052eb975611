//! The duty officer's page: what waits for a decision stands before any flood of alerts.

use hikeshi_domain::OrganizationId;
use hikeshi_domain::alert::Alert;
use hikeshi_domain::api_key::KeyScope;
use hikeshi_domain::role::Role;
use hikeshi_record::{Change, Context, Expect};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::fixture::{Fixture, product_alert};

/// Alerts that wait for their report, received so many minutes ago.
async fn waiting(fixture: &Fixture, org: OrganizationId, hosts: std::ops::Range<u8>, minutes: i64, case: Option<&str>) {
    let at: Timestamp = fixture.desk.now().saturating_sub(SignedDuration::from_mins(minutes)).unwrap();
    let due_at = at.saturating_add(SignedDuration::from_hours(2)).unwrap();
    let mut change = Change::new("alert.receive", "");
    for host in hosts {
        let raised = product_alert(&format!("flood-{minutes}-{host}"), &format!("PC-1{host}"), &format!("{host:064x}"));
        let alert: Alert = serde_json::from_value(json!({
            "id": uuid::Uuid::now_v7(), "org": org, "raised": raised, "received_at": at, "due_at": due_at, "state": {"state": "received"},
            "repeats": 0, "drill": false, "case": case,
        }))
        .unwrap();
        change = change.put(&alert, Expect::New);
    }
    fixture.desk.store.change(&Context::system("test"), change).await.unwrap();
}

#[tokio::test]
async fn a_case_stands_before_a_flood_of_alerts_with_the_nearest_clock_of_its_alerts() {
    let fixture = Fixture::start().await;
    let org = fixture.organization("ours").await;
    let lead = fixture.visitor(Role::IncidentLead, Some(org)).await;
    let key = fixture.key(org, KeyScope::Forwarder { name: "av".to_owned() }).await;
    let (_, receipt) = fixture.alert(&key, &product_alert("1", "PC-1", &"ab".repeat(32))).await;
    let alert = receipt["id"].as_str().unwrap();
    fixture.triaged(&lead, alert).await;
    let (_, placed) = fixture.post(&lead, &format!("/alerts/{alert}/case"), &json!({})).await;
    let case = placed["case"].as_str().unwrap();

    waiting(&fixture, org, 0..40, 10, None).await;
    let lanes = fixture.get(&lead, "/duty").await["lanes"].clone();
    let within = lanes["within_two_hours"].as_array().unwrap();
    assert_eq!((within.len(), &within[0]["id"], &within[0]["due_at"]), (41, &json!(case), &Value::Null), "{:?}", within[0]);

    waiting(&fixture, org, 40..42, 30, Some(case)).await;
    let lanes = fixture.get(&lead, "/duty").await["lanes"].clone();
    let first = &lanes["within_two_hours"][0];
    assert_eq!((&first["id"], first["due_at"].is_string()), (&json!(case), true), "its clock is that of its alerts: {first}");

    waiting(&fixture, org, 42..43, 150, Some(case)).await;
    waiting(&fixture, org, 43..60, 200, None).await;
    let lanes = fixture.get(&lead, "/duty").await["lanes"].clone();
    assert_eq!((&lanes["overdue"][0]["id"], lanes["overdue"].as_array().unwrap().len()), (&json!(case), 19));
    assert!(lanes["within_two_hours"].as_array().unwrap().iter().all(|card| card["id"] != case), "it stands once");
}
