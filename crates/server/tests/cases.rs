//! Cases: judged by the lead, judged again, closed.

use hikeshi_domain::api_key::KeyScope;
use hikeshi_domain::case::Case;
use hikeshi_domain::incident::Severity;
use hikeshi_domain::role::Role;
use hikeshi_domain::{AlertId, OrganizationId};
use hikeshi_record::{Change, Context};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::fixture::{Fixture, Visitor, product_alert};

/// A case of one alert on PC-1, its address, and a lead.
async fn case(fixture: &Fixture, org: OrganizationId) -> (Visitor, String) {
    let lead = fixture.visitor(Role::IncidentLead, Some(org)).await;
    let key = fixture.key(org, KeyScope::Forwarder { name: "av".to_owned() }).await;
    let (_, receipt) = fixture.alert(&key, &product_alert("1", "PC-1", &"ab".repeat(32))).await;
    let alert = receipt["id"].as_str().unwrap();
    fixture.triaged(&lead, alert).await;
    let (_, placed) = fixture.post(&lead, &format!("/alerts/{alert}/case"), &json!({})).await;
    (lead, format!("/cases/{}", placed["case"].as_str().unwrap()))
}

/// Judges B-1 at a severity upon the version that stands.
async fn judge(fixture: &Fixture, lead: &Visitor, case: &str, severity: u8, flows: [&[&str]; 2], reason: &str) -> (StatusCode, Value) {
    let version = &fixture.get(lead, case).await["case"]["version"];
    let [flows, ended] = flows;
    let picked =
        json!({"type": "B-1", "severity": severity, "flows": flows, "ended": ended, "reason": reason, "expected_version": version});
    fixture.post(lead, &format!("{case}/classification"), &picked).await
}

// covers: S4-7, S4-18
#[tokio::test]
async fn a_case_is_judged_by_the_lead_with_reasons_where_they_are_due() {
    let fixture = Fixture::start().await;
    let org = fixture.organization("ours").await;
    let analyst = fixture.visitor(Role::Analyst, Some(org)).await;
    let (lead, case) = case(&fixture, org).await;
    let page = fixture.get(&lead, &case).await;
    assert_eq!((&page["case"]["state"], page["decision"].is_null()), (&json!("to_judge"), true), "proposed, decided by nobody");
    let version = page["case"]["version"].as_u64().unwrap();
    let path = format!("{case}/classification");
    let picked = |flows: &[&str], reason: &str, version: u64| json!({"type": "B-1", "severity": 3, "flows": flows, "reason": reason, "expected_version": version});
    let (status, _) = fixture.post(&analyst, &path, &picked(&["handle"], "", version)).await;
    assert_eq!(status, StatusCode::FORBIDDEN, "judging is the lead's");
    let (status, answer) = fixture.post(&lead, &path, &picked(&["disclose"], "", version)).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "a flow outside the cell asks for a reason: {answer}");
    let (status, answer) = fixture.post(&lead, &path, &picked(&["handle"], "", version)).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    assert_eq!(answer["decision"]["flows"], json!(["record", "prevent", "handle"]), "what the flow brings comes along");
    let (status, answer) = fixture.post(&lead, &path, &picked(&["handle"], "again", version)).await;
    assert_eq!((status, answer["error"]["kind"].as_str()), (StatusCode::CONFLICT, Some("conflict")));
    let (status, _) = fixture.post(&lead, &path, &picked(&["handle"], "", version + 1)).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "a change of mind asks for a reason");
}

/// The machine's changes to a case, as triage makes them.
async fn machine(fixture: &Fixture, case: &str, change: impl Fn(&mut Case)) {
    let (context, id) = (Context::system("test"), case.trim_start_matches("/cases/").parse::<uuid::Uuid>().unwrap());
    let stored = fixture.desk.store.get::<Case>(&context, id).await.unwrap();
    let mut case = stored.entity.clone();
    change(&mut case);
    fixture.desk.store.change(&context, Change::new("case.propose", "").put(&case, stored.expect())).await.unwrap();
}

/// A lead whose case triage saved at that moment was told that somebody else had changed it.
#[tokio::test]
async fn a_judgement_stands_upon_the_proposal_that_was_seen() {
    let fixture = Fixture::start().await;
    let org = fixture.organization("ours").await;
    let (lead, case) = case(&fixture, org).await;
    let judge = async |version: &Value| {
        let picked = json!({"type": "B-1", "severity": 3, "flows": ["handle"], "reason": "r", "expected_version": version});
        fixture.post(&lead, &format!("{case}/classification"), &picked).await.0
    };
    let version = async || fixture.get(&lead, &case).await["case"]["version"].clone();
    let seen = version().await;
    machine(&fixture, &case, |case| case.proposed.as_mut().unwrap().reasons.clear()).await;
    machine(&fixture, &case, |case| case.proposed.as_mut().unwrap().severity = Severity::Lv5).await;
    assert_eq!(judge(&seen).await, StatusCode::CONFLICT, "another severity is proposed now");
    let seen = version().await;
    machine(&fixture, &case, |case| case.comments += 1).await;
    assert_eq!(judge(&seen).await, StatusCode::OK);
    assert_eq!(judge(&seen).await, StatusCode::CONFLICT, "it has been judged since");
    let seen = version().await;
    machine(&fixture, &case, |case| case.alerts.push(AlertId(uuid::Uuid::now_v7()))).await;
    let close = json!({"reason": "cleaned", "expected_version": seen});
    let (status, _) = fixture.post(&lead, &format!("{case}/close"), &close).await;
    assert_eq!(status, StatusCode::CONFLICT, "an alert has come into it");
}

/// Of alerts that came into one case together, all but one were answered with a conflict that nobody could mend.
#[tokio::test(flavor = "multi_thread")]
async fn alerts_come_into_cases_at_the_same_moment() {
    let fixture = Fixture::start().await;
    let org = fixture.organization("ours").await;
    let (lead, first) = case(&fixture, org).await;
    let key = fixture.key(org, KeyScope::Forwarder { name: "av".to_owned() }).await;
    let mut paths = Vec::new();
    for host in ["PC-2", "PC-3", "PC-4", "PC-5"] {
        let (_, receipt) = fixture.alert(&key, &product_alert(host, host, &"cd".repeat(32))).await;
        let alert = receipt["id"].as_str().unwrap();
        fixture.triaged(&lead, alert).await;
        paths.push(format!("/alerts/{alert}/case"));
    }
    let together = async |body: Value| {
        let one = |at: usize| fixture.post(&lead, &paths[at], &body);
        let (a, b, c, d) = tokio::join!(one(0), one(1), one(2), one(3));
        [a, b, c, d].map(|(status, answer)| (status.is_success(), answer["case"].to_string()))
    };
    for _ in 0..3 {
        let opened = together(json!({})).await;
        assert!(opened.iter().all(|(done, _)| *done), "each in a case of its own: {opened:?}");
        assert_eq!(opened.iter().map(|(_, case)| case).collect::<std::collections::BTreeSet<_>>().len(), 4);
        let id = first.trim_start_matches("/cases/");
        let joined = together(json!({"case": id})).await;
        assert!(joined.iter().all(|(done, _)| *done), "all in the first case: {joined:?}");
    }
}

// covers: S4-90, S4-92
#[tokio::test]
async fn a_second_judgement_is_taken_and_the_first_stays_in_the_history() {
    let fixture = Fixture::start().await;
    let org = fixture.organization("ours").await;
    let (lead, case) = case(&fixture, org).await;
    let (status, _) = judge(&fixture, &lead, &case, 4, [&["disclose"], &[]], "records of customers were read").await;
    assert_eq!(status, StatusCode::OK);
    let (status, answer) = judge(&fixture, &lead, &case, 3, [&["handle"], &["disclose"]], "the records were test data").await;
    assert_eq!((status, &answer["decision"]["severity"]), (StatusCode::OK, &json!(3)), "{answer}");
    assert_eq!(answer["case"]["flows"], json!(["record", "prevent", "handle"]));
    let judged = answer["history"].as_array().unwrap().iter().filter(|step| step["action"] == "case.classify");
    let told: Vec<Value> = judged.map(|step| json!([step["reason"], step["decided"]])).collect();
    let decided =
        |severity: u8, flows: &[&str], ended: &[&str]| json!({"type": "B-1", "severity": severity, "flows": flows, "ended": ended});
    let (now, before) = (["record", "prevent", "handle"], ["record", "prevent", "handle", "disclose"]);
    assert_eq!(told[0], json!(["the records were test data", decided(3, &now, &["disclose"])]), "latest first");
    assert_eq!(told[1], json!(["records of customers were read", decided(4, &before, &[])]));
    assert_eq!(told.len(), 2);
    assert!(answer["history"].as_array().unwrap().iter().all(|step| step["action"] == "case.classify" || step["decided"].is_null()));
}

// covers: S4-92
#[tokio::test]
async fn another_severity_proposes_anew_and_ends_no_flow_unsaid() {
    let fixture = Fixture::start().await;
    let org = fixture.organization("ours").await;
    let (lead, case) = case(&fixture, org).await;
    let asked = |severity: u8| format!("{case}/reclassification?type=B-1&severity={severity}");
    let change = |proposed: &[&str], kept: &[&str], beyond: &[&str]| json!({"proposed": proposed, "kept": kept, "beyond": beyond});
    assert_eq!(fixture.get(&lead, &asked(4)).await, change(&["disclose"], &[], &[]), "nothing is decided: all is new");
    assert_eq!(judge(&fixture, &lead, &case, 4, [&["disclose"], &[]], "").await.0, StatusCode::OK);
    assert_eq!(fixture.get(&lead, &asked(3)).await, change(&[], &["record", "prevent", "handle"], &["disclose"]));
    let all = ["record", "prevent", "handle", "disclose"];
    assert_eq!(fixture.get(&lead, &asked(5)).await, change(&["external-help"], &all, &[]));
    let standing = fixture.get(&lead, &case).await;
    let (status, answer) = judge(&fixture, &lead, &case, 3, [&["handle"], &[]], "smaller than it looked").await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    let told = answer["error"]["message"].as_str().unwrap();
    assert_eq!(told, "Say of the flows decided before whether they go on or end: Disclose.");
    assert_eq!(fixture.get(&lead, &case).await, standing, "nothing was changed");
    let (status, answer) = judge(&fixture, &lead, &case, 3, [&["disclose"], &[]], "smaller, and told to the customer all the same").await;
    assert_eq!((status, &answer["decision"]["flows"]), (StatusCode::OK, &json!(all)), "what runs goes on beyond the cell");
    for wrong in ["type=B-9&severity=3", "type=B-1&severity=6", "type=B-1"] {
        let refused = fixture.by(&lead, Method::GET, &format!("{case}/reclassification?{wrong}")).send().await.unwrap();
        assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
    }
}

#[tokio::test]
async fn a_case_says_what_is_next_and_how_bad_it_is() {
    let fixture = Fixture::start().await;
    let org = fixture.organization("ours").await;
    let (lead, path) = case(&fixture, org).await;
    let page = fixture.get(&lead, &path).await;
    assert_eq!(page["next_duty"]["what"], "Judge type, severity and flows");
    assert_eq!((&page["next_duty"]["due_at"], &page["harm"]["judged"]), (&json!(null), &json!(false)));
    let picked = json!({"type": "B-1", "severity": 3, "flows": ["handle"], "expected_version": page["case"]["version"]});
    let (_, page) = fixture.post(&lead, &format!("{path}/classification"), &picked).await;
    assert_eq!(page["next_duty"]["what"], "Carry out Record, Prevent, Handle, then judge whether the case can close");
    assert_eq!(page["harm"]["judged"], true);
    assert!(page["harm"]["text"].as_str().unwrap().starts_with("Actual harm"), "{page}");
    let (_, page) = fixture.post(&lead, &format!("{path}/close"), &json!({"reason": "cleaned"})).await;
    assert_eq!(page["next_duty"], json!(null));
}

/// Says of PC-1 what the body says, upon the version that stands.
async fn describe(fixture: &Fixture, visitor: &Visitor, said: Value) -> Value {
    let endpoint = fixture.get(visitor, "/endpoints").await["items"][0].clone();
    let mut body = json!({"block_mode": "non_block", "note": "", "expected_version": endpoint["version"]});
    body.as_object_mut().unwrap().extend(said.as_object().unwrap().clone());
    let path = format!("/endpoints/{}", endpoint["id"].as_str().unwrap());
    let response = fixture.by(visitor, Method::PUT, &path).json(&body).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    response.json().await.unwrap()
}

// covers: S4-7, S4-81, S4-82
#[tokio::test]
async fn an_attack_on_what_serves_customers_is_proposed_as_one_on_the_service() {
    let fixture = Fixture::start().await;
    let org = fixture.organization("ours").await;
    let (lead, first) = case(&fixture, org).await;
    let proposed = |page: &Value| page["proposal"]["type"].as_str().unwrap().to_owned();
    assert_eq!(proposed(&fixture.get(&lead, &first).await), "B-1");
    assert_eq!(describe(&fixture, &lead, json!({"serves": true})).await["serves"], true);
    let page = fixture.until(&lead, &first, |page| proposed(page) == "B-2").await;
    assert_eq!((proposed(&page), &page["history"][0]["action"]), ("B-2".to_owned(), &json!("case.propose")), "the open case follows");
    let why = page["proposal"]["reasons"][0].as_str().unwrap();
    assert!(why.contains("PC-1"), "{why}");
    assert_eq!(describe(&fixture, &lead, json!({"note": "web server"})).await["serves"], true, "what is not said stays");
    let key = fixture.key(org, KeyScope::Forwarder { name: "av".to_owned() }).await;
    let (_, receipt) = fixture.alert(&key, &product_alert("2", "PC-1", &"cd".repeat(32))).await;
    let alert = receipt["id"].as_str().unwrap();
    fixture.triaged(&lead, alert).await;
    let (_, placed) = fixture.post(&lead, &format!("/alerts/{alert}/case"), &json!({})).await;
    let second = format!("/cases/{}", placed["case"].as_str().unwrap());
    assert_eq!(proposed(&fixture.get(&lead, &second).await), "B-2", "a later case knows it from the start");
    describe(&fixture, &lead, json!({"serves": false})).await;
    for case in [&first, &second] {
        fixture.until(&lead, case, |page| proposed(page) == "B-1").await;
    }
}

/// A case of its own alert on a host.
async fn another(fixture: &Fixture, lead: &Visitor, key: &str, host: &str) -> String {
    let own = format!("{}{}", "e".repeat(63), host.chars().last().unwrap());
    let (_, receipt) = fixture.alert(key, &product_alert(host, host, &own)).await;
    let alert = receipt["id"].as_str().unwrap();
    fixture.triaged(lead, alert).await;
    let (_, placed) = fixture.post(lead, &format!("/alerts/{alert}/case"), &json!({})).await;
    placed["case"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn several_cases_end_with_one_reason_all_or_none() {
    let fixture = Fixture::start().await;
    let (org, theirs) = (fixture.organization("ours").await, fixture.organization("theirs").await);
    let lead = fixture.visitor(Role::IncidentLead, Some(org)).await;
    let key = fixture.key(org, KeyScope::Forwarder { name: "av".to_owned() }).await;
    let (one, two) = (another(&fixture, &lead, &key, "PC-1").await, another(&fixture, &lead, &key, "PC-2").await);
    let judged = |case: &str| format!("/cases/{case}");
    assert_eq!(judge(&fixture, &lead, &judged(&one), 3, [&["handle"], &[]], "").await.0, StatusCode::OK);
    let ended = |ids: &[&str], reason: &str| json!({"ids": ids, "reason": reason});
    let (status, answer) = fixture.post(&lead, "/cases/close", &ended(&[&one, &two], "cleaned")).await;
    let reference = fixture.get(&lead, &judged(&two)).await["case"]["reference"].clone();
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer["error"]["message"].as_str().unwrap().contains(reference.as_str().unwrap()), "which one nobody judged: {answer}");
    assert_eq!(fixture.get(&lead, &judged(&one)).await["case"]["state"], "handling", "none ended");
    assert_eq!(judge(&fixture, &lead, &judged(&two), 2, [&["prevent"], &[]], "").await.0, StatusCode::OK);
    assert_eq!(fixture.post(&lead, "/cases/close", &ended(&[&one], " ")).await.0, StatusCode::UNPROCESSABLE_ENTITY, "it asks why");
    let stale = json!({"ids": [one, two], "expected_versions": {one.as_str(): 1}, "reason": "cleaned"});
    assert_eq!(fixture.post(&lead, "/cases/close", &stale).await.0, StatusCode::CONFLICT);
    let analyst = fixture.visitor(Role::Analyst, Some(org)).await;
    assert_eq!(fixture.post(&analyst, "/cases/close", &ended(&[&one], "r")).await.0, StatusCode::FORBIDDEN);
    let stranger = fixture.visitor(Role::IncidentLead, Some(theirs)).await;
    assert_eq!(fixture.post(&stranger, "/cases/close", &ended(&[&one], "r")).await.0, StatusCode::NOT_FOUND);
    let (status, answer) = fixture.post(&lead, "/cases/close", &ended(&[&one, &two, &one], "cleaned")).await;
    assert_eq!((status, &answer["changed"]), (StatusCode::OK, &json!(2)), "{answer}");
    for case in [&one, &two] {
        let page = fixture.get(&lead, &judged(case)).await;
        assert_eq!((&page["case"]["state"], &page["history"][0]["reason"]), (&json!("closed"), &json!("cleaned")));
    }
}

/// What was known and decided at an instant, and nothing that came after: for whoever must tell later why it was decided so.
// covers: S4-90
#[tokio::test]
async fn a_case_is_shown_as_it_stood() {
    let fixture = Fixture::start().await;
    let org = fixture.organization("ours").await;
    let (lead, path) = case(&fixture, org).await;
    let opened = fixture.get(&lead, &path).await;
    let at_first = opened["history"].as_array().unwrap().last().unwrap()["at"].as_str().unwrap().to_owned();
    let picked = json!({"type": "B-1", "severity": 3, "flows": ["handle"], "expected_version": opened["case"]["version"]});
    let (_, judged) = fixture.post(&lead, &format!("{path}/classification"), &picked).await;
    let at_decision = judged["decision"]["at"].as_str().unwrap().to_owned();
    fixture.post(&lead, &format!("{path}/comments"), &json!({"text": "found the mail"})).await;
    fixture.post(&lead, &format!("{path}/close"), &json!({"reason": "cleaned"})).await;
    let first = fixture.get(&lead, &format!("{path}?as_of={at_first}")).await;
    assert_eq!((&first["case"]["state"], &first["decision"], &first["as_of"]), (&json!("to_judge"), &json!(null), &json!(at_first)));
    assert_eq!(first["history"].as_array().unwrap().len(), 1);
    let then = judged["history"][0]["at"].as_str().unwrap();
    let second = fixture.get(&lead, &format!("{path}?as_of={then}")).await;
    assert_eq!((&second["case"]["state"], &second["comments"]), (&json!("handling"), &json!([])), "{at_decision}");
    assert_eq!(second["decision"], judged["decision"]);
    assert_eq!(fixture.get(&lead, &path).await["case"]["state"], "closed");
    for (asked, expected) in [("2020-01-01T00:00:00Z", StatusCode::NOT_FOUND), ("yesterday", StatusCode::UNPROCESSABLE_ENTITY)] {
        let answer = fixture.by(&lead, Method::GET, &format!("{path}?as_of={asked}")).send().await.unwrap();
        assert_eq!(answer.status(), expected, "{asked}");
    }
    let theirs = fixture.organization("theirs").await;
    let stranger = fixture.visitor(Role::IncidentLead, Some(theirs)).await;
    let refused = fixture.by(&stranger, Method::GET, &format!("{path}?as_of={then}")).send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_cases_of_an_endpoint_are_listed() {
    let fixture = Fixture::start().await;
    let org = fixture.organization("ours").await;
    let (lead, path) = case(&fixture, org).await;
    let endpoint = fixture.get(&lead, "/endpoints?q=PC-1").await["items"][0]["id"].as_str().unwrap().to_owned();
    let of = async |endpoint: &str| fixture.get(&lead, &format!("/cases?endpoint={endpoint}")).await;
    let found = of(&endpoint).await;
    assert_eq!((&found["total"], found["items"][0]["id"].as_str()), (&json!(1), path.strip_prefix("/cases/")));
    assert_eq!(of(&uuid::Uuid::nil().to_string()).await["total"], 0);
}
