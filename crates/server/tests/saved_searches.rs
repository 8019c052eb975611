//! Saved searches: kept for the organisation, listed by name, run, changed, thrown away and still in the record.

use hikeshi_domain::api_key::KeyScope;
use hikeshi_domain::role::Role;
use hikeshi_record::{Content, Context};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::fixture::{Fixture, Visitor};

async fn listed(fixture: &Fixture, visitor: &Visitor) -> Vec<[String; 2]> {
    let items = fixture.get(visitor, "/hunt/searches").await["items"].clone();
    let text = |item: &Value, field: &str| item[field].as_str().unwrap().to_owned();
    items.as_array().unwrap().iter().map(|item| [text(item, "name"), text(item, "sql")]).collect()
}

#[tokio::test]
async fn a_search_is_saved_run_changed_and_thrown_away() {
    let fixture = Fixture::start().await;
    let org = fixture.organization("ours").await;
    let analyst = fixture.visitor(Role::Analyst, Some(org)).await;
    let colleague = fixture.visitor(Role::IncidentLead, Some(org)).await;
    let key = fixture.key(org, KeyScope::Forwarder { name: "wef".to_owned() }).await;
    let line = r#"{"Channel":"System","EventID":1,"Computer":"PC-1","EventRecordID":1,"TimeCreated":"2026-11-21T03:08:12Z"}"#;
    let sent = fixture.request(Method::POST, "/events").bearer_auth(&key).body(line).send().await.unwrap();
    assert_eq!(sent.status(), StatusCode::ACCEPTED);
    fixture.desk.telemetry.lake.flush().await;

    let new = |name: &str, sql: &str| json!({"org": org.0, "name": name, "sql": sql});
    let (status, saved) = fixture.post(&analyst, "/hunt/searches", &new(" Hosts ", "SELECT host FROM events")).await;
    assert_eq!((status, &saved["name"]), (StatusCode::CREATED, &json!("Hosts")));
    assert_eq!(fixture.post(&analyst, "/hunt/searches", &new("Count", "SELECT count(*) FROM events")).await.0, StatusCode::CREATED);
    let kept = listed(&fixture, &colleague).await;
    assert_eq!(kept, [["Count", "SELECT count(*) FROM events"], ["Hosts", "SELECT host FROM events"]], "a colleague has them too, by name");
    let (_, found) = fixture.post(&colleague, "/hunt", &json!({"sql": kept[1][1]})).await;
    assert_eq!(found["rows"], json!([["PC-1"]]), "what is kept can be run as it is");

    let path = format!("/hunt/searches/{}", saved["id"].as_str().unwrap());
    let change = json!({"name": "Hosts seen", "sql": "SELECT DISTINCT host FROM events"});
    let changed = fixture.by(&colleague, Method::PUT, &path).json(&change).send().await.unwrap();
    assert_eq!(changed.status(), StatusCode::OK);
    assert_eq!(listed(&fixture, &analyst).await[1], ["Hosts seen", "SELECT DISTINCT host FROM events"]);

    assert_eq!(fixture.by(&analyst, Method::DELETE, &path).send().await.unwrap().status(), StatusCode::NO_CONTENT);
    assert_eq!(listed(&fixture, &analyst).await.len(), 1);
    let id: uuid::Uuid = saved["id"].as_str().unwrap().parse().unwrap();
    let versions = fixture.desk.store.history(&Context::system("test"), "saved_search", id).await.unwrap();
    let actions: Vec<&str> = versions.iter().map(|version| version.action.as_str()).collect();
    assert_eq!(actions, ["search.save", "search.change", "search.remove"]);
    assert!(versions.iter().all(|version| matches!(version.content, Content::Kept { .. })), "what it was stays readable");
}

#[tokio::test]
async fn a_search_without_a_name_or_too_long_is_refused_with_the_reason() {
    let fixture = Fixture::start().await;
    let org = fixture.organization("ours").await;
    let analyst = fixture.visitor(Role::Analyst, Some(org)).await;
    let long = "x".repeat(20_001);
    for (name, sql, field) in [(" ", "SELECT 1", "name"), ("n", "  ", "sql"), ("n", long.as_str(), "sql"), (&long, "SELECT 1", "name")] {
        let (status, answer) = fixture.post(&analyst, "/hunt/searches", &json!({"org": org.0, "name": name, "sql": sql})).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(answer["error"]["message"].as_str().unwrap().contains(field), "{answer}");
    }
    assert!(listed(&fixture, &analyst).await.is_empty());
}
