//! What people say when they are asked: written down, weighed at once, contested by the next answer.

use hikeshi_domain::api_key::KeyScope;
use hikeshi_domain::role::Role;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::fixture::{Fixture, Visitor, product_alert};

fn finding<'a>(page: &'a Value, id: &str) -> Option<&'a Value> {
    page["triage"]["findings"].as_array()?.iter().find(|finding| finding["id"] == id)
}

fn is_unknown(page: &Value, id: &str) -> bool {
    page["triage"]["unknown"].as_array().unwrap().iter().any(|unknown| unknown["id"] == id)
}

/// Answers on the version that the page shows, and waits for the run that weighs it.
async fn answer(fixture: &Fixture, visitor: &Visitor, alert: &str, said: &str) -> Value {
    let path = format!("/alerts/{alert}");
    let before = fixture.get(visitor, &path).await;
    let body = json!({
        "question": "on_purpose", "said": said, "from": "Hattori, sales", "note": "for the month's figures",
        "expected_version": before["alert"]["version"],
    });
    let (status, row) = fixture.post(visitor, &format!("{path}/answers"), &body).await;
    assert_eq!(status, StatusCode::OK, "{row}");
    let runs = before["versions"].as_array().unwrap().len();
    fixture.until(visitor, &path, |page| page["versions"].as_array().unwrap().len() > runs).await
}

// covers: S3-63
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_a_finding_with_its_author_and_the_next_one_replaces_it() {
    let fixture = Fixture::start().await;
    let org = fixture.organization("ours").await;
    let analyst = fixture.visitor(Role::Analyst, Some(org)).await;
    let key = fixture.key(org, KeyScope::Forwarder { name: "av".to_owned() }).await;
    let (_, receipt) = fixture.alert(&key, &product_alert("1", "PC-1", &"ab".repeat(32))).await;
    let alert = receipt["id"].as_str().unwrap();
    let asked = fixture.triaged(&analyst, alert).await;
    assert!(["E36", "E37", "E38"].into_iter().all(|id| is_unknown(&asked, id)), "nobody was asked yet");
    let place = |id: &str| asked["triage"]["unknown"].as_array().unwrap().iter().position(|unknown| unknown["id"] == id);
    assert!(place("E1") < place("E36") && place("E36") < place("E38"), "what could weigh most is named first");

    let denied = answer(&fixture, &analyst, alert, "no").await;
    let found = finding(&denied, "E38").expect("the denial weighs");
    let name = denied["answers"][0]["by"]["name"].as_str().unwrap();
    let reason = found["reason"].as_str().unwrap();
    assert!(reason.contains("Hattori, sales") && reason.contains(name) && reason.contains("for the month's figures"), "{reason}");
    assert_eq!(found["points"], 10);
    assert!(!is_unknown(&denied, "E37") && !is_unknown(&denied, "E38") && is_unknown(&denied, "E36"));
    let told = denied["report"]["version"].as_u64().unwrap();

    let meant = answer(&fixture, &analyst, alert, "yes").await;
    assert!(finding(&meant, "E38").is_none() && finding(&meant, "E37").is_some_and(|found| found["points"] == -15));
    let counts: Vec<&Value> = meant["answers"].as_array().unwrap().iter().map(|answer| &answer["counts"]).collect();
    assert_eq!(counts, [&json!(true), &json!(false)], "both stay, the latest counts");
    assert!(meant["report"]["version"].as_u64().unwrap() > told, "the report is issued anew");
    let steps = meant["history"].as_array().unwrap();
    assert!(steps.iter().any(|step| step["action"] == "alert.answer.on_purpose.yes"), "{steps:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_of_nobody_to_nothing_or_on_what_is_closed_is_refused() {
    let fixture = Fixture::start().await;
    let org = fixture.organization("ours").await;
    let analyst = fixture.visitor(Role::Analyst, Some(org)).await;
    let key = fixture.key(org, KeyScope::Forwarder { name: "av".to_owned() }).await;
    let (_, receipt) = fixture.alert(&key, &product_alert("1", "PC-1", &"ab".repeat(32))).await;
    let alert = receipt["id"].as_str().unwrap();
    let page = fixture.triaged(&analyst, alert).await;
    let version = page["alert"]["version"].as_u64().unwrap();
    let path = format!("/alerts/{alert}/answers");
    let body = |changed: Value| {
        let mut body = json!({"question": "on_purpose", "said": "yes", "from": "A", "note": "", "expected_version": version});
        body.as_object_mut().unwrap().extend(changed.as_object().unwrap().clone());
        body
    };
    for wrong in [json!({"from": " "}), json!({"from": "x".repeat(101)}), json!({"question": "why"}), json!({"said": "perhaps"})] {
        assert_eq!(fixture.post(&analyst, &path, &body(wrong.clone())).await.0, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
    }
    let (_, first) = fixture.post(&analyst, &path, &body(json!({"question": "announced", "said": "no"}))).await;
    assert_eq!(
        fixture.post(&analyst, &path, &body(json!({"question": "announced", "said": "yes"}))).await.0,
        StatusCode::CONFLICT,
        "unseen"
    );
    assert!(first["version"].as_u64().unwrap() > version);
    let stale = body(json!({"expected_version": version + 7}));
    assert_eq!(fixture.post(&analyst, &path, &stale).await.0, StatusCode::CONFLICT);
    fixture.post(&analyst, "/alerts/close", &json!({"ids": [alert], "reason": "handled"})).await;
    assert_eq!(fixture.post(&analyst, &path, &body(json!({}))).await.0, StatusCode::CONFLICT, "closed since it was looked at");
    let closed = fixture.get(&analyst, &format!("/alerts/{alert}")).await;
    let (status, refused) = fixture.post(&analyst, &path, &body(json!({"expected_version": closed["alert"]["version"]}))).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{refused}");
    assert_eq!(closed["answers"].as_array().unwrap().len(), 1, "the first one only");
}
