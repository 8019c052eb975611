//! Titles of the desk's own rules in the reader's language: lists, pages, reports.

use hikeshi_domain::api_key::KeyScope;
use hikeshi_domain::role::Role;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::fixture::{Fixture, Visitor};
use crate::waiting::until;

const ENGLISH: &str = "Shadow copies or backups deleted";
const JAPANESE: &str = "シャドウコピーまたはバックアップの削除";

async fn read(fixture: &Fixture, visitor: &Visitor, path: &str, language: &str) -> String {
    let request = fixture.request(Method::GET, path).header("cookie", &visitor.cookie).header("accept-language", language);
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK, "{path}");
    response.text().await.unwrap()
}

/// Japanese readers were shown the English titles.
#[tokio::test(flavor = "multi_thread")]
async fn own_rules_are_named_in_the_readers_language() {
    let fixture = Fixture::start().await;
    let org = fixture.organization("ours").await;
    let analyst = fixture.visitor(Role::Analyst, Some(org)).await;
    let key = fixture.key(org, KeyScope::Forwarder { name: "wef".to_owned() }).await;
    let event = json!({
        "Channel": "Microsoft-Windows-Sysmon/Operational", "EventID": 1, "Computer": "PC-1", "EventRecordID": 1,
        "TimeCreated": jiff::Timestamp::now().to_string(), "ProcessGuid": "{11111111-2222-3333-4444-555555555555}", "ProcessId": 700,
        "Image": "C:\\Windows\\System32\\vssadmin.exe", "CommandLine": "vssadmin delete shadows /all /quiet",
    });
    let sent = fixture.request(Method::POST, "/events").bearer_auth(&key).header("idempotency-key", "b-1").body(event.to_string());
    assert_eq!(sent.send().await.unwrap().status(), StatusCode::ACCEPTED);
    fixture.desk.telemetry.lake.flush().await;
    let alert = raised(&fixture, &analyst).await;
    fixture.triaged(&analyst, &alert).await;

    for path in ["/alerts".to_owned(), "/duty".to_owned(), "/search?q=PC-1".to_owned(), format!("/alerts/{alert}"), "/rules".to_owned()] {
        let (ja, en) = (read(&fixture, &analyst, &path, "ja").await, read(&fixture, &analyst, &path, "en").await);
        assert!(!ja.contains(ENGLISH), "{path}: {ja}");
        assert!(!en.contains(JAPANESE), "{path}: {en}");
        // The duty list names an alert by its file.
        assert!(path == "/duty" || (ja.contains(JAPANESE) && en.contains(ENGLISH)), "{path}: {ja}");
    }
    let report = format!("/alerts/{alert}/report.html?lang=");
    let (ja, en) =
        (read(&fixture, &analyst, &format!("{report}ja"), "en").await, read(&fixture, &analyst, &format!("{report}en"), "ja").await);
    assert!(ja.contains(JAPANESE) && !ja.contains(ENGLISH), "{ja}");
    assert!(en.contains(ENGLISH) && !en.contains(JAPANESE), "{en}");
    let found: Value = serde_json::from_str(&read(&fixture, &analyst, "/rules?q=シャドウ", "en").await).unwrap();
    assert_eq!(found["items"][0]["title"], ENGLISH, "found by either title");
}

/// What the list showed in Japanese could not be searched, and cases bore the English title in every language.
#[tokio::test(flavor = "multi_thread")]
async fn an_alert_of_an_own_rule_and_its_case_are_found_by_either_title() {
    let fixture = Fixture::start().await;
    let org = fixture.organization("ours").await;
    let analyst = fixture.visitor(Role::IncidentLead, Some(org)).await;
    let key = fixture.key(org, KeyScope::Forwarder { name: "wef".to_owned() }).await;
    let raised = json!({"id": "pc-1 1", "host": "PC-1", "detected_at": jiff::Timestamp::now().to_string(), "source_kind": "endpoint",
        "product": "Hikeshi", "name": ENGLISH, "action": "detected"});
    let (_, receipt) = fixture.alert(&key, &raised).await;
    let alert = receipt["id"].as_str().unwrap();
    fixture.triaged(&analyst, alert).await;
    let (status, placed) = fixture.post(&analyst, &format!("/alerts/{alert}/case"), &json!({})).await;
    assert_eq!(status, StatusCode::OK, "{placed}");
    let case = placed["case"].as_str().unwrap();
    for words in [ENGLISH, JAPANESE, "シャドウ"] {
        for (path, least) in [("/alerts", 1), ("/cases", 1), ("/search", 2)] {
            let found: Value = serde_json::from_str(&read(&fixture, &analyst, &format!("{path}?q={words}"), "ja").await).unwrap();
            assert_eq!(found["items"].as_array().unwrap().len(), least, "{path}?q={words}");
        }
    }
    for path in ["/cases".to_owned(), format!("/cases/{case}"), "/duty".to_owned(), "/alerts".to_owned(), "/search?q=PC-1".to_owned()] {
        let (ja, en) = (read(&fixture, &analyst, &path, "ja").await, read(&fixture, &analyst, &path, "en").await);
        assert!(ja.contains(JAPANESE) && !ja.contains(ENGLISH), "{path}: {ja}");
        assert!(en.contains(ENGLISH) && !en.contains(JAPANESE), "{path}: {en}");
    }
}

async fn raised(fixture: &Fixture, visitor: &Visitor) -> String {
    until("an alert is raised", async || fixture.get(visitor, "/alerts").await["items"][0]["id"].as_str().map(str::to_owned)).await
}
