//! The span of time that an alert's triage looks at.

use hikeshi_domain::api_key::KeyScope;
use hikeshi_domain::role::Role;
use jiff::{SignedDuration, Timestamp};
use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::fixture::Fixture;

// covers: S3-45
#[tokio::test]
async fn a_window_is_seven_days_before_the_detection_and_three_after() {
    let fixture = Fixture::start().await;
    let org = fixture.organization("ours").await;
    let operator = fixture.visitor(Role::Operator, None).await;
    let key = fixture.key(org, KeyScope::Forwarder { name: "wef".to_owned() }).await;
    let detected_at = fixture.desk.now() - SignedDuration::from_hours(10 * 24);
    for (record, hours) in [-8 * 24, -6 * 24, 0, 71, 73].into_iter().enumerate() {
        let time = detected_at + SignedDuration::from_hours(hours);
        let event = json!({
            "Channel": "Microsoft-Windows-Sysmon/Operational", "EventID": 1, "Computer": "PC-1", "EventRecordID": record, "TimeCreated": time,
            "UtcTime": time, "ProcessGuid": format!("{{{record}}}"), "ProcessId": 70 + record, "Image": "C:\\tool.exe",
        });
        let sent = fixture.request(Method::POST, "/events").bearer_auth(&key).body(event.to_string()).send().await.unwrap();
        assert_eq!(sent.status(), StatusCode::ACCEPTED);
    }
    fixture.desk.telemetry.lake.flush().await;
    let raised = json!({
        "id": "1", "host": "PC-1", "detected_at": detected_at, "source_kind": "endpoint", "product": "AV", "name": "Trojan:Test",
        "action": "detected", "process": {"guid": "{2}"},
    });
    let (status, receipt) = fixture.alert(&key, &raised).await;
    assert_eq!(status, StatusCode::CREATED, "{receipt}");
    let triage = &fixture.triaged(&operator, receipt["id"].as_str().unwrap()).await["triage"];
    assert_eq!(triage["events_seen"], 3, "not eight days before, not 73 hours after");
    let end = |name: &str| triage["window"][name].as_str().unwrap().parse::<Timestamp>().unwrap().duration_since(detected_at);
    assert_eq!((end("from"), end("to")), (SignedDuration::from_hours(-7 * 24), SignedDuration::from_hours(72)));
}
