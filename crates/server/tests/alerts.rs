//! From a product's alert to report, judgement and case.

use hikeshi_domain::OrganizationId;
use hikeshi_domain::alert::Alert;
use hikeshi_domain::api_key::KeyScope;
use hikeshi_domain::role::Role;
use hikeshi_domain::settings::Settings;
use hikeshi_domain::verdict::Verdict;
use hikeshi_record::{Change, Context, Expect};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::fixture::{Fixture, product_alert};

// covers: S3-3, S3-4, S3-31, S3-32, S1-10
#[tokio::test]
async fn an_alert_is_reported_within_its_clock() {
    let fixture = Fixture::start().await;
    let org = fixture.organization("ours").await;
    let analyst = fixture.visitor(Role::Analyst, Some(org)).await;
    let key = fixture.key(org, KeyScope::Hosts { hosts: vec!["pc-1".to_owned()] }).await;
    let raised = product_alert("1", "PC-1", &"ab".repeat(32));
    let (status, receipt) = fixture.alert(&key, &raised).await;
    assert_eq!((status, &receipt["repeated"]), (StatusCode::CREATED, &json!(false)));
    let (status, again) = fixture.alert(&key, &raised).await;
    assert_eq!((status, &again["id"], &again["repeated"]), (StatusCode::OK, &receipt["id"], &json!(true)));
    let page = fixture.triaged(&analyst, receipt["id"].as_str().unwrap()).await;
    let alert = &page["alert"];
    assert_eq!((&alert["state"], &alert["target"]), (&json!("reported"), &json!("met")));
    assert_eq!(alert["detected_at"], "2026-11-21T03:08:12Z");
    let stamp = |field: &str| alert[field].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    assert_eq!(stamp("due_at").duration_since(stamp("received_at")), jiff::SignedDuration::from_hours(2));
    assert_eq!(page["triage"]["sections"].as_array().unwrap().len(), 8, "all eight sections, always");
    let (status, refused) = fixture.alert(&key, &product_alert("2", "PC-2", &"ab".repeat(32))).await;
    assert_eq!((status, refused["error"]["kind"].as_str()), (StatusCode::FORBIDDEN, Some("forbidden")), "the key speaks for PC-1 only");
}

// covers: S1-20
#[tokio::test]
async fn the_report_comes_as_pdf_html_and_json_in_both_languages() {
    let fixture = Fixture::start().await;
    let org = fixture.organization("ours").await;
    let analyst = fixture.visitor(Role::Analyst, Some(org)).await;
    let key = fixture.key(org, KeyScope::Forwarder { name: "av".to_owned() }).await;
    let (_, receipt) = fixture.alert(&key, &product_alert("1", "PC-1", &"ab".repeat(32))).await;
    let alert = receipt["id"].as_str().unwrap();
    let page = fixture.triaged(&analyst, alert).await;
    assert!(page["advice"].as_array().is_some_and(|advice| !advice.is_empty()), "what to do is told for this event: {page}");
    for (ending, begins) in [("pdf", b"%PDF".as_slice()), ("html", b"<!"), ("json", b"{")] {
        for lang in ["ja", "en"] {
            let path = format!("/alerts/{alert}/report.{ending}?lang={lang}");
            let response = fixture.by(&analyst, Method::GET, &path).send().await.unwrap();
            assert_eq!(response.status(), StatusCode::OK, "{path}");
            let disposition = response.headers().get("content-disposition").unwrap().to_str().unwrap().to_owned();
            assert!(disposition.starts_with("attachment; filename=\"FR-"), "{disposition}");
            let bytes = response.bytes().await.unwrap();
            assert!(bytes.to_ascii_lowercase().starts_with(&begins.to_ascii_lowercase()), "{path}: {:?}", &bytes[..20.min(bytes.len())]);
            if (ending, lang) == ("json", "en") {
                let report: Value = serde_json::from_slice(&bytes).unwrap();
                assert_eq!(report["texts"]["advice"], page["advice"], "the report that is delivered says the same");
            }
        }
    }
    let missing = fixture.by(&analyst, Method::GET, &format!("/alerts/{alert}/report.docx")).send().await.unwrap();
    assert_eq!(missing.status(), StatusCode::NOT_FOUND);
}

// covers: S3-48, S3-49
#[tokio::test]
async fn a_repeat_is_counted_linked_and_not_reported() {
    let fixture = Fixture::start().await;
    let org = fixture.organization("ours").await;
    let analyst = fixture.visitor(Role::Analyst, Some(org)).await;
    let key = fixture.key(org, KeyScope::Forwarder { name: "av".to_owned() }).await;
    let (_, first) = fixture.alert(&key, &product_alert("1", "PC-1", &"ab".repeat(32))).await;
    let first = first["id"].as_str().unwrap();
    assert_eq!(fixture.triaged(&analyst, first).await["alert"]["state"], "reported");
    let (_, second) = fixture.alert(&key, &product_alert("2", "pc-1", &"AB".repeat(32))).await;
    let second = fixture.triaged(&analyst, second["id"].as_str().unwrap()).await;
    assert_eq!((&second["alert"]["state"], &second["alert"]["repeat_of"]), (&json!("repeat"), &json!(first)));
    assert!(second["triage"].is_object(), "it is triaged all the same");
    assert!(second["report"].is_null());
    assert_eq!(fixture.get(&analyst, &format!("/alerts/{first}")).await["alert"]["repeats"], 1);
    let (_, other) = fixture.alert(&key, &product_alert("3", "PC-2", &"ab".repeat(32))).await;
    assert_eq!(fixture.triaged(&analyst, other["id"].as_str().unwrap()).await["alert"]["state"], "reported", "another endpoint");
}

#[tokio::test]
async fn both_verdicts_stay_and_bulk_close_asks_why() {
    let fixture = Fixture::start().await;
    let org = fixture.organization("ours").await;
    let analyst = fixture.visitor(Role::Analyst, Some(org)).await;
    let key = fixture.key(org, KeyScope::Forwarder { name: "av".to_owned() }).await;
    let (_, receipt) = fixture.alert(&key, &product_alert("1", "PC-1", &"ab".repeat(32))).await;
    let alert = receipt["id"].as_str().unwrap();
    let machine = fixture.triaged(&analyst, alert).await["alert"]["verdict"].clone();
    let version = fixture.get(&analyst, &format!("/alerts/{alert}")).await["alert"]["version"].clone();
    let judged = json!({"verdict": "black", "reason": "known campaign", "expected_version": version});
    let (status, row) = fixture.post(&analyst, &format!("/alerts/{alert}/override"), &judged).await;
    assert_eq!((status, &row["verdict"], &row["machine_verdict"]), (StatusCode::OK, &json!("black"), &machine));
    let (status, _) = fixture.post(&analyst, "/alerts/close", &json!({"ids": [alert], "reason": " "})).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    let (status, answer) = fixture.post(&analyst, "/alerts/close", &json!({"ids": [alert], "reason": "handled"})).await;
    assert_eq!((status, &answer["changed"]), (StatusCode::OK, &json!(1)));
    let history = fixture.get(&analyst, &format!("/alerts/{alert}")).await["history"].clone();
    assert_eq!((&history[0]["action"], &history[0]["reason"]), (&json!("alert.close"), &json!("handled")));
}

#[tokio::test]
async fn what_somebody_changed_meanwhile_is_not_overwritten_unseen() {
    let fixture = Fixture::start().await;
    let org = fixture.organization("ours").await;
    let lead = fixture.visitor(Role::IncidentLead, Some(org)).await;
    let key = fixture.key(org, KeyScope::Forwarder { name: "av".to_owned() }).await;
    let (_, receipt) = fixture.alert(&key, &product_alert("1", "PC-1", &"ab".repeat(32))).await;
    let alert = receipt["id"].as_str().unwrap();
    let page = fixture.triaged(&lead, alert).await;
    assert_eq!(page["report"]["tlp"], "TLP:AMBER");
    let seen = page["alert"]["version"].clone();
    let me = fixture.get(&lead, "/me").await["person"]["id"].clone();
    let assign = format!("/alerts/{alert}/assign");
    let (status, _) = fixture.post(&lead, &assign, &json!({"person": me, "expected_version": seen})).await;
    assert_eq!(status, StatusCode::OK);
    let (status, _) = fixture.post(&lead, &assign, &json!({"person": null, "expected_version": seen})).await;
    assert_eq!(status, StatusCode::CONFLICT);
    let close = json!({"ids": [alert], "reason": "handled", "expected_versions": {alert: seen}});
    assert_eq!(fixture.post(&lead, "/alerts/close", &close).await.0, StatusCode::CONFLICT);
    let (_, placed) = fixture.post(&lead, &format!("/alerts/{alert}/case"), &json!({})).await;
    let case = placed["case"].as_str().unwrap();
    let seen = fixture.get(&lead, &format!("/cases/{case}")).await["case"]["version"].clone();
    let (status, _) = fixture.post(&lead, &format!("/cases/{case}/assign"), &json!({"person": me, "expected_version": seen})).await;
    assert_eq!(status, StatusCode::OK);
    let (status, _) = fixture.post(&lead, &format!("/cases/{case}/assign"), &json!({"person": null, "expected_version": seen})).await;
    assert_eq!(status, StatusCode::CONFLICT);
}

/// Whoever judged while triage saved the alert was told that somebody else had changed it.
#[tokio::test]
async fn a_save_of_the_machine_is_no_conflict_for_a_person() {
    let fixture = Fixture::start().await;
    let org = fixture.organization("ours").await;
    let lead = fixture.visitor(Role::IncidentLead, Some(org)).await;
    let key = fixture.key(org, KeyScope::Forwarder { name: "av".to_owned() }).await;
    let (_, receipt) = fixture.alert(&key, &product_alert("1", "PC-1", &"ab".repeat(32))).await;
    let alert = receipt["id"].as_str().unwrap();
    let seen = fixture.triaged(&lead, alert).await["alert"]["version"].clone();
    let machine = async |change: fn(&mut Alert)| {
        let context = Context::system("test");
        let stored = fixture.desk.store.get::<Alert>(&context, alert.parse::<uuid::Uuid>().unwrap()).await.unwrap();
        let mut alert = stored.entity.clone();
        change(&mut alert);
        fixture.desk.store.change(&context, Change::new("triage.run", "").put(&alert, stored.expect())).await.unwrap();
    };
    let path = format!("/alerts/{alert}/override");
    let judge = async |version: &Value| {
        let body = json!({"verdict": "white", "reason": "our own updater", "expected_version": version});
        fixture.post(&lead, &path, &body).await
    };
    machine(|alert| alert.repeats += 1).await;
    let (status, judged) = judge(&seen).await;
    assert_eq!((status, &judged["verdict"]), (StatusCode::OK, &json!("white")), "{judged}");
    assert_eq!(fixture.get(&lead, &format!("/alerts/{alert}")).await["alert"]["repeats"], 1, "what the machine saved stands");
    assert_eq!(judge(&seen).await.0, StatusCode::CONFLICT, "a person has judged since");
    machine(|alert| alert.verdict = Some(Verdict::Black)).await;
    assert_eq!(judge(&judged["version"]).await.0, StatusCode::CONFLICT, "it was judged upon another verdict of the machine");
    assert_eq!(judge(&json!(1_000)).await.0, StatusCode::CONFLICT, "nobody has seen that version");
}

// covers: S3-35
#[tokio::test]
async fn a_grey_alert_that_a_person_judges_black_is_mailed_once_and_opens_a_case() {
    let fixture = Fixture::start().await;
    let org = fixture.organization("ours").await;
    let operator = fixture.visitor(Role::Operator, None).await;
    let key = fixture.key(org, KeyScope::Forwarder { name: "av".to_owned() }).await;
    let (_, receipt) = fixture.alert(&key, &product_alert("1", "PC-1", &"ab".repeat(32))).await;
    let alert = receipt["id"].as_str().unwrap();
    let page = fixture.triaged(&operator, alert).await;
    assert_eq!(page["alert"]["verdict"], "grey");
    assert_eq!(fixture.get(&operator, "/messages").await["items"], json!([]), "grey is not mailed");
    for verdict in ["black", "grey", "black"] {
        let version = fixture.get(&operator, &format!("/alerts/{alert}")).await["alert"]["version"].clone();
        let judged = json!({"verdict": verdict, "reason": "r", "expected_version": version});
        let (status, row) = fixture.post(&operator, &format!("/alerts/{alert}/override"), &judged).await;
        assert_eq!(status, StatusCode::OK, "{row}");
        assert!(row["case"].is_object(), "a case is open: {row}");
        let mails = fixture.get(&operator, "/messages").await["items"].clone();
        assert_eq!(mails.as_array().unwrap().len(), 1, "after {verdict}: {mails}");
    }
}

#[tokio::test]
async fn a_repeat_that_a_person_judges_black_is_reported_and_mailed() {
    let fixture = Fixture::start().await;
    let org = fixture.organization("ours").await;
    let operator = fixture.visitor(Role::Operator, None).await;
    let key = fixture.key(org, KeyScope::Forwarder { name: "av".to_owned() }).await;
    let (_, first) = fixture.alert(&key, &product_alert("1", "PC-1", &"ab".repeat(32))).await;
    fixture.triaged(&operator, first["id"].as_str().unwrap()).await;
    let (_, repeat) = fixture.alert(&key, &product_alert("2", "PC-1", &"ab".repeat(32))).await;
    let repeat = repeat["id"].as_str().unwrap();
    let page = fixture.triaged(&operator, repeat).await;
    assert_eq!(page["alert"]["state"], "repeat");
    let judged = json!({"verdict": "black", "reason": "r", "expected_version": page["alert"]["version"]});
    let (status, row) = fixture.post(&operator, &format!("/alerts/{repeat}/override"), &judged).await;
    assert_eq!(status, StatusCode::OK, "{row}");
    fixture.until(&operator, &format!("/alerts/{repeat}"), |page| page["alert"]["state"] == "reported").await;
    assert_eq!(fixture.get(&operator, "/messages").await["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_product_whose_clock_is_ahead_does_not_move_the_window() {
    let fixture = Fixture::start().await;
    let org = fixture.organization("ours").await;
    let analyst = fixture.visitor(Role::Analyst, Some(org)).await;
    let key = fixture.key(org, KeyScope::Forwarder { name: "av".to_owned() }).await;
    let started = fixture.desk.now().saturating_sub(jiff::SignedDuration::from_mins(10)).unwrap();
    let event = json!({"Channel": "Microsoft-Windows-Sysmon/Operational", "EventID": 1, "Computer": "PC-1", "EventRecordID": 1,
        "TimeCreated": started, "UtcTime": started, "ProcessGuid": "{A}", "ProcessId": 7, "Image": "C:\\Temp\\a.exe", "CommandLine": "a"});
    fixture.request(Method::POST, "/events").bearer_auth(&key).body(event.to_string()).send().await.unwrap().error_for_status().unwrap();
    fixture.desk.telemetry.lake.flush().await;
    for (id, detected_at) in
        [("1", "2099-01-01T00:00:00Z".parse().unwrap()), ("2", fixture.desk.now() + jiff::SignedDuration::from_hours(9))]
    {
        let mut raised = product_alert(id, "PC-1", &id.repeat(64));
        raised["detected_at"] = json!(detected_at);
        raised["process"] = json!({"guid": "{A}"});
        let (_, receipt) = fixture.alert(&key, &raised).await;
        let page = fixture.triaged(&analyst, receipt["id"].as_str().unwrap()).await;
        assert_eq!(page["triage"]["window"]["detected_at"], page["alert"]["received_at"]);
        assert_eq!(
            page["triage"]["tree"]["nodes"].as_array().unwrap().len(),
            1,
            "its process is in the window: {}",
            page["triage"]["tree"]
        );
        assert_eq!(page["triage"]["events_seen"], 1);
    }
}

/// An alert that stands in the record and that no job will triage by itself.
async fn standing(fixture: &Fixture, org: OrganizationId, raised: Value, state: Value) -> Alert {
    let alert = untold(fixture, org, raised, state);
    fixture.desk.store.change(&Context::system("test"), Change::new("alert.receive", "").put(&alert, Expect::New)).await.unwrap();
    alert
}

fn untold(fixture: &Fixture, org: OrganizationId, raised: Value, state: Value) -> Alert {
    let at = fixture.desk.now().saturating_sub(jiff::SignedDuration::from_mins(1)).unwrap();
    let due_at = at.saturating_add(jiff::SignedDuration::from_hours(2)).unwrap();
    let alert = json!({
        "id": uuid::Uuid::now_v7(), "org": org, "raised": raised, "received_at": at, "due_at": due_at, "state": state, "repeats": 0,
        "drill": false,
    });
    serde_json::from_value(alert).unwrap()
}

// covers: S3-48
#[tokio::test]
async fn of_a_burst_the_first_received_is_reported_whichever_triage_ends_first() {
    let fixture = Fixture::start().await;
    let org = fixture.organization("ours").await;
    let analyst = fixture.visitor(Role::Analyst, Some(org)).await;
    let key = fixture.key(org, KeyScope::Forwarder { name: "av".to_owned() }).await;
    let first = standing(&fixture, org, product_alert("1", "PC-1", &"ab".repeat(32)), json!({"state": "received"})).await;
    let (_, second) = fixture.alert(&key, &product_alert("2", "PC-1", &"ab".repeat(32))).await;
    fixture.post(&analyst, &format!("/alerts/{}/triage", first.id), &json!({})).await;
    assert_eq!(fixture.triaged(&analyst, &first.id.to_string()).await["alert"]["state"], "reported");
    let second = fixture.triaged(&analyst, second["id"].as_str().unwrap()).await;
    assert_eq!((&second["alert"]["state"], &second["alert"]["repeat_of"]), (&json!("repeat"), &json!(first.id)));
}

// covers: S3-48
#[tokio::test]
async fn a_repeat_is_known_by_any_hash_and_by_what_was_reported_not_by_what_was_said_later() {
    let fixture = Fixture::start().await;
    let org = fixture.organization("ours").await;
    let analyst = fixture.visitor(Role::Analyst, Some(org)).await;
    let key = fixture.key(org, KeyScope::Forwarder { name: "av".to_owned() }).await;
    let mut raised = product_alert("1", "PC-1", &"ab".repeat(32));
    raised["file"]["md5"] = json!("cd".repeat(16));
    let (_, first) = fixture.alert(&key, &raised).await;
    let page = fixture.triaged(&analyst, first["id"].as_str().unwrap()).await;
    assert_eq!((&page["alert"]["state"], &page["alert"]["verdict"]), (&json!("reported"), &json!("grey")));
    let judged = json!({"verdict": "white", "reason": "known", "expected_version": page["alert"]["version"]});
    let (status, row) = fixture.post(&analyst, &format!("/alerts/{}/override", first["id"].as_str().unwrap()), &judged).await;
    assert_eq!(status, StatusCode::OK, "{row}");
    let mut raised = product_alert("2", "PC-1", "");
    raised["file"] = json!({"md5": "CD".repeat(16)});
    let (_, second) = fixture.alert(&key, &raised).await;
    let second = fixture.triaged(&analyst, second["id"].as_str().unwrap()).await;
    assert_eq!((&second["alert"]["state"], &second["alert"]["repeat_of"]), (&json!("repeat"), &first["id"]));
}

#[tokio::test]
async fn an_address_that_no_mail_can_carry_neither_is_set_nor_undoes_a_verdict() {
    let fixture = Fixture::start().await;
    let org = fixture.organization("ours").await;
    let operator = fixture.visitor(Role::Operator, None).await;
    for url in ["https://ひけし.example", "https://", "https://a b.example", "https:///x", "ftp://a.example"] {
        let request = fixture.by(&operator, Method::PUT, "/settings/mail").json(&json!({"public_url": url, "expected_version": 0}));
        assert_eq!(request.send().await.unwrap().status(), StatusCode::UNPROCESSABLE_ENTITY, "{url}");
    }
    // One that was set before it was checked.
    let standing = Settings { public_url: Some("https://ひけし.example".to_owned()), ..Settings::default() };
    fixture.desk.store.change(&Context::system("test"), Change::new("settings.change", "").put(&standing, Expect::New)).await.unwrap();
    let key = fixture.key(org, KeyScope::Forwarder { name: "av".to_owned() }).await;
    let (_, receipt) = fixture.alert(&key, &product_alert("1", "PC-1", &"ab".repeat(32))).await;
    let alert = receipt["id"].as_str().unwrap();
    let page = fixture.triaged(&operator, alert).await;
    let judged = json!({"verdict": "black", "reason": "r", "expected_version": page["alert"]["version"]});
    let (status, row) = fixture.post(&operator, &format!("/alerts/{alert}/override"), &judged).await;
    assert_eq!((status, &row["verdict"]), (StatusCode::OK, &json!("black")));
    let mail = fixture.get(&operator, "/messages").await["items"][0].clone();
    assert!(mail["body"].as_str().unwrap().contains(&format!("{}/alerts/{alert}", fixture.base)), "{mail}");
}

#[tokio::test]
async fn two_first_alerts_of_a_new_host_are_both_received() {
    let fixture = Fixture::start().await;
    let org = fixture.organization("ours").await;
    let key = fixture.key(org, KeyScope::Forwarder { name: "av".to_owned() }).await;
    for round in 0..10 {
        let raised = |id: &str| product_alert(&format!("{round} {id}"), &format!("new-{round}"), &"ab".repeat(32));
        let (one, other) = (raised("a"), raised("b"));
        let (one, other) = tokio::join!(fixture.alert(&key, &one), fixture.alert(&key, &other));
        assert_eq!((one.0, other.0), (StatusCode::CREATED, StatusCode::CREATED), "{} {}", one.1, other.1);
        assert_ne!(one.1["id"], other.1["id"]);
    }
    let (status, receipt) = fixture.alert(&key, &product_alert("0 a", "elsewhere", &"ab".repeat(32))).await;
    assert_eq!((status, &receipt["repeated"]), (StatusCode::CREATED, &json!(false)), "the same number on another host");
}

#[tokio::test]
async fn a_reopened_alert_stands_where_it_stood_and_is_triaged_if_it_never_was() {
    let fixture = Fixture::start().await;
    let org = fixture.organization("ours").await;
    let analyst = fixture.visitor(Role::Analyst, Some(org)).await;
    let key = fixture.key(org, KeyScope::Forwarder { name: "av".to_owned() }).await;
    let (_, first) = fixture.alert(&key, &product_alert("1", "PC-1", &"ab".repeat(32))).await;
    fixture.triaged(&analyst, first["id"].as_str().unwrap()).await;
    let (_, repeat) = fixture.alert(&key, &product_alert("2", "PC-1", &"ab".repeat(32))).await;
    let repeat = repeat["id"].as_str().unwrap().to_owned();
    assert_eq!(fixture.triaged(&analyst, &repeat).await["alert"]["state"], "repeat");
    let untriaged =
        standing(&fixture, org, product_alert("3", "PC-2", &"cd".repeat(32)), json!({"state": "received"})).await.id.to_string();
    let ids = json!({"ids": [repeat, untriaged], "reason": "r"});
    for (act, changed) in [("close", 2), ("reopen", 2)] {
        let (status, answer) = fixture.post(&analyst, &format!("/alerts/{act}"), &ids).await;
        assert_eq!((status, &answer["changed"]), (StatusCode::OK, &json!(changed)), "{act}: {answer}");
    }
    let page = fixture.get(&analyst, &format!("/alerts/{repeat}")).await;
    assert_eq!((&page["alert"]["state"], &page["alert"]["repeat_of"]), (&json!("repeat"), &first["id"]));
    assert_eq!(fixture.triaged(&analyst, &untriaged).await["alert"]["state"], "reported");
}

#[tokio::test]
async fn the_list_begins_with_what_a_clock_presses_and_its_pages_hold_every_alert_once() {
    let fixture = Fixture::start().await;
    let org = fixture.organization("ours").await;
    let analyst = fixture.visitor(Role::Analyst, Some(org)).await;
    let report = json!({"state": "reported", "report": uuid::Uuid::now_v7(), "at": fixture.desk.now()});
    let mut change = Change::new("alert.receive", "");
    let mut overdue = String::new();
    // More than a page of the record, the overdue one the oldest of all.
    for number in 0..1_010_i64 {
        let mut alert = untold(&fixture, org, product_alert(&number.to_string(), "PC-1", &format!("{number:064x}")), report.clone());
        alert.verdict = Some(hikeshi_domain::verdict::Verdict::Grey);
        if number == 0 {
            (alert.state, alert.verdict) = (hikeshi_domain::alert::AlertState::Received, None);
            alert.due_at = alert.received_at;
            overdue = alert.id.to_string();
        }
        change = change.put(&alert, Expect::New);
    }
    fixture.desk.store.change(&Context::system("test"), change).await.unwrap();
    let mut seen = std::collections::BTreeSet::new();
    let mut path = "/alerts?limit=200".to_owned();
    loop {
        let page = fixture.get(&analyst, &path).await;
        let ids: Vec<String> = page["items"].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect();
        if seen.is_empty() {
            assert_eq!(ids[0], overdue);
        }
        seen.extend(ids);
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        path = format!("/alerts?limit=200&cursor={cursor}");
    }
    assert_eq!(seen.len(), 1_010);
    let duty = fixture.get(&analyst, "/duty").await;
    assert!(duty["lanes"]["overdue"].to_string().contains(&overdue), "{}", duty["lanes"]["overdue"]);
}

// covers: S3-111
#[tokio::test]
async fn a_file_on_the_exception_list_is_not_reported() {
    let fixture = Fixture::start().await;
    let org = fixture.organization("ours").await;
    let analyst = fixture.visitor(Role::Analyst, Some(org)).await;
    let key = fixture.key(org, KeyScope::Forwarder { name: "av".to_owned() }).await;
    let entry = |hash: String, in_effect: bool| json!({"org": org, "excused": {"kind": "hash", "hash": hash}, "reason": "経理の自社ツール", "in_effect": in_effect});
    for (byte, in_effect) in [("ab", true), ("cd", false)] {
        let (status, answer) = fixture.post(&analyst, "/exceptions", &entry(byte.repeat(32), in_effect)).await;
        assert_eq!(status, StatusCode::CREATED, "{answer}");
    }
    let (tool, look_alike) = (r"C:\Apps\keiri\keiri.exe", r"C:\Users\y\AppData\Roaming\svch0st.exe");
    let cases =
        [("1", "AB", tool, "harmless"), ("2", "cd", tool, "reported"), ("3", "ef", tool, "reported"), ("4", "ab", look_alike, "reported")];
    for (id, byte, path, state) in cases {
        let mut raised = product_alert(id, &format!("PC-{id}"), &byte.repeat(32));
        raised["file"]["path"] = json!(path);
        let (_, receipt) = fixture.alert(&key, &raised).await;
        let page = fixture.triaged(&analyst, receipt["id"].as_str().unwrap()).await;
        assert_eq!((&page["alert"]["state"], page["report"].is_null()), (&json!(state), state == "harmless"), "{byte} {path}");
        assert!(page["triage"].is_object(), "what was found stays readable");
    }
}
