//! Telemetry is forgotten after the days that its organisation keeps it; what a verdict cites stays.

use hikeshi_desk::operation;
use hikeshi_domain::OrganizationId;
use hikeshi_domain::api_key::KeyScope;
use hikeshi_domain::role::Role;
use jiff::ToSpan;
use jiff::tz::TimeZone;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::fixture::{Fixture, Visitor};

/// Sends one event of each of these days ago.
async fn send(fixture: &Fixture, org: OrganizationId, days_ago: &[i64]) {
    let key = fixture.key(org, KeyScope::Forwarder { name: "wef".to_owned() }).await;
    for days in days_ago {
        let at = fixture.desk.now().to_zoned(TimeZone::UTC).saturating_sub(days.days()).timestamp();
        let event = json!({"Channel": "System", "EventID": 1, "Computer": "PC-1", "EventRecordID": days, "TimeCreated": at.to_string()});
        let sent = fixture.request(Method::POST, "/events").bearer_auth(&key).body(event.to_string()).send().await.unwrap();
        assert_eq!(sent.status(), StatusCode::ACCEPTED);
        fixture.desk.telemetry.lake.flush().await;
    }
}

/// Record numbers of the events that are left: how many days old each is.
async fn left(fixture: &Fixture, visitor: &Visitor) -> Vec<i64> {
    let (status, answer) = fixture.post(visitor, "/hunt", &json!({"sql": "SELECT record_id FROM events ORDER BY record_id"})).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    answer["rows"].as_array().unwrap().iter().map(|row| row[0].as_i64().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_organisation_keeps_its_telemetry_for_its_own_days() {
    let fixture = Fixture::start().await;
    let (ours, theirs) = (fixture.organization("ours").await, fixture.organization("theirs").await);
    let (our_lead, their_lead) =
        (fixture.visitor(Role::IncidentLead, Some(ours)).await, fixture.visitor(Role::IncidentLead, Some(theirs)).await);
    for org in [ours, theirs] {
        send(&fixture, org, &[1, 29, 31, 60, 100]).await;
    }
    assert_eq!(left(&fixture, &our_lead).await, [1, 29, 31, 60, 100]);
    assert_eq!(operation::expire(&fixture.desk).await.unwrap(), 2, "without a choice, 90 days are kept");
    assert_eq!(left(&fixture, &our_lead).await, [1, 29, 31, 60]);
    let mut choices = fixture.get(&our_lead, "/organizations").await["items"][0].clone();
    let path = format!("/organizations/{}", ours.0);
    let change = json!({
        "name": choices["name"].take(), "time_zone": choices["time_zone"].take(), "language": choices["language"].take(),
        "contacts": choices["contacts"].take(), "retention_days": 30, "expected_version": choices["version"].take(),
    });
    let changed = fixture.by(&our_lead, Method::PUT, &path).json(&change).send().await.unwrap();
    assert_eq!(changed.status(), StatusCode::OK, "{:?}", changed.json::<Value>().await);
    assert_eq!(operation::expire(&fixture.desk).await.unwrap(), 2);
    assert_eq!(left(&fixture, &our_lead).await, [1, 29]);
    assert_eq!(left(&fixture, &their_lead).await, [1, 29, 31, 60], "the other organisation keeps its own days");
    assert_eq!(operation::expire(&fixture.desk).await.unwrap(), 0, "a second time has no effect");
}
