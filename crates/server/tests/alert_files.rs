//! What goes with an alert beside its report: the events that the verdict cites, and every row of the sections.

use hikeshi_domain::api_key::KeyScope;
use hikeshi_domain::role::Role;
use hikeshi_domain::triage_run::TriageRun;
use hikeshi_domain::{OrganizationId, TriageId};
use hikeshi_record::{Change, Context, Expect, Query};
use jiff::{SignedDuration, Timestamp};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::fixture::{Fixture, Visitor, product_alert};

const SYSMON: &str = "Microsoft-Windows-Sysmon/Operational";
/// More than a section keeps.
const WRITTEN: usize = 150;

/// A process that writes files, an alert on it, and somebody who reads it.
struct Scene {
    fixture: Fixture,
    org: OrganizationId,
    analyst: Visitor,
    alert: String,
}

impl Scene {
    /// With that many files.
    async fn of(files: usize) -> Scene {
        let fixture = Fixture::start().await;
        let org = fixture.organization("ours").await;
        let analyst = fixture.visitor(Role::Analyst, Some(org)).await;
        let key = fixture.key(org, KeyScope::Forwarder { name: "wef".to_owned() }).await;
        let events: String = events(fixture.desk.now(), files).iter().map(|event| format!("{event}\n")).collect();
        fixture.request(Method::POST, "/events").bearer_auth(&key).body(events).send().await.unwrap().error_for_status().unwrap();
        fixture.desk.telemetry.lake.flush().await;
        let mut raised = product_alert("1", "PC-1", &"ab".repeat(32));
        raised["detected_at"] = json!(fixture.desk.now());
        raised["process"] = json!({"guid": "{A}"});
        let (_, receipt) = fixture.alert(&key, &raised).await;
        let alert = receipt["id"].as_str().unwrap().to_owned();
        fixture.triaged(&analyst, &alert).await;
        Scene { fixture, org, analyst, alert }
    }

    async fn file(&self, name: &str) -> (String, String) {
        let path = format!("/alerts/{}/{name}", self.alert);
        let response = self.fixture.by(&self.analyst, Method::GET, &path).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        let disposition = response.headers()["content-disposition"].to_str().unwrap().to_owned();
        assert!(disposition.starts_with(&format!("attachment; filename=\"alert-{}-v1", self.alert)), "{disposition}");
        let media_type = response.headers()["content-type"].to_str().unwrap().to_owned();
        (media_type, response.text().await.unwrap())
    }

    /// The alert's page, once its full list is there.
    async fn listed(&self) -> Value {
        self.fixture.until(&self.analyst, &format!("/alerts/{}", self.alert), |page| !page["full_list"].is_null()).await
    }
}

fn events(now: Timestamp, files: usize) -> Vec<Value> {
    let at = |place: usize| now - SignedDuration::from_mins(10) + SignedDuration::from_millis(i64::try_from(place).unwrap());
    let event = |place: usize, id: u32, fields: Value| {
        let mut event = json!({"Channel": SYSMON, "EventID": id, "Computer": "PC-1", "EventRecordID": place + 1, "TimeCreated": at(place),
            "UtcTime": at(place), "ProcessGuid": "{A}", "ProcessId": 7, "Image": "C:\\Temp\\a.exe"});
        event.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        event
    };
    let start = event(0, 1, json!({"CommandLine": "a.exe"}));
    let written = (1..=files).map(|place| event(place, 11, json!({"TargetFilename": format!("C:\\Temp\\{place}.dat")})));
    std::iter::once(start).chain(written).collect()
}

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Telemetry expires, verdicts are contested. The events were written and could not be read.
#[tokio::test]
async fn cited_events_stand_after_the_lake_has_forgotten_them() {
    let scene = Scene::of(3).await;
    let page = scene.fixture.get(&scene.analyst, &format!("/alerts/{}", scene.alert)).await;
    assert_eq!(page["cites_events"], true);
    let (media_type, text) = scene.file("events").await;
    assert_eq!(media_type, "application/x-ndjson");
    let cited = lines(&text);
    let records: Vec<u64> = cited.iter().map(|event| event["record_id"].as_u64().unwrap()).collect();
    assert_eq!(records, [1, 2, 3, 4]);
    for event in &cited {
        assert_eq!((&event["host"], &event["channel"]), (&json!("PC-1"), &json!(SYSMON)));
        assert!(event["raw"].as_str().unwrap().contains("\"ProcessGuid\":\"{A}\""), "the original text: {event}");
        assert!(event["ocsf"]["class_uid"].is_u64(), "{event}");
    }
    let named = page["triage"]["sections"].to_string();
    assert!(cited.iter().all(|event| named.contains(event["uid"].as_str().unwrap())), "by the names that the page shows");
    let tomorrow = scene.fixture.desk.now().to_zoned(jiff::tz::TimeZone::UTC).date().tomorrow().unwrap();
    assert!(scene.fixture.desk.telemetry.lake.expire(scene.org, tomorrow).await.unwrap() > 0);
    let (_, answer) = scene.fixture.post(&scene.analyst, "/hunt", &json!({"sql": "SELECT uid FROM events"})).await;
    assert_eq!(answer["rows"], json!([]), "the lake has forgotten them: {answer}");
    assert_eq!(scene.file("events").await.1, text, "the verdict's evidence stands");
    assert_eq!(scene.file("events?run=1").await.1, text);
}

#[tokio::test]
async fn every_row_is_listed_where_page_and_report_show_some() {
    let scene = Scene::of(WRITTEN).await;
    let page = scene.listed().await;
    let written = page["triage"]["sections"].as_array().unwrap().iter().find(|section| section["kind"] == "files_written").unwrap();
    assert_eq!((written["items"].as_array().unwrap().len(), &written["total"]), (100, &json!(WRITTEN)));
    let total: u64 = page["triage"]["sections"].as_array().unwrap().iter().map(|section| section["total"].as_u64().unwrap()).sum();
    assert_eq!(page["full_list"], json!({"rows": total, "total": total}));
    let (media_type, text) = scene.file("full-list?format=ndjson").await;
    assert_eq!(media_type, "application/x-ndjson");
    let rows = lines(&text);
    assert_eq!(rows.len() as u64, total);
    let files: std::collections::BTreeSet<&str> =
        rows.iter().filter(|row| row["section"] == "files_written").map(|row| row["details"][0][1].as_str().unwrap()).collect();
    assert_eq!(files.len(), WRITTEN, "each of them");
    for (language, head, section, what) in [
        ("ja", "項目,時刻,検知の前後,プロセス,", "書き込まれたファイル,", "P1 a.exe"),
        ("en", "Section,Time,Before or after,Process,", "Files written,", "P1 a.exe"),
    ] {
        let (media_type, csv) = scene.file(&format!("full-list?lang={language}")).await;
        assert_eq!(media_type, "text/csv; charset=utf-8");
        let csv = csv.trim_start_matches('\u{feff}');
        assert!(csv.starts_with(head), "{csv}");
        assert_eq!(csv.matches(section).count(), WRITTEN, "{csv}");
        assert!(csv.contains(what) && csv.contains(r"C:\Temp\150.dat") && csv.contains("+09:00"), "{csv}");
    }
    let refused = scene.fixture.by(&scene.analyst, Method::GET, &format!("/alerts/{}/full-list?format=xlsx", scene.alert));
    assert_eq!(refused.send().await.unwrap().status(), StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn a_triage_that_holds_all_its_rows_is_listed_at_once() {
    let scene = Scene::of(2).await;
    let page = scene.fixture.get(&scene.analyst, &format!("/alerts/{}", scene.alert)).await;
    let rows = lines(&scene.file("full-list?format=ndjson").await.1);
    assert_eq!(page["full_list"], json!({"rows": rows.len(), "total": rows.len()}));
    assert_eq!(rows.iter().filter(|row| row["section"] == "files_written").count(), 2);
}

#[tokio::test]
async fn files_of_an_alert_are_its_organisations() {
    let scene = Scene::of(WRITTEN).await;
    scene.listed().await;
    let theirs = scene.fixture.organization("theirs").await;
    let stranger = scene.fixture.visitor(Role::Operator, Some(theirs)).await;
    for name in ["events", "full-list", "full-list?format=ndjson"] {
        let path = format!("/alerts/{}/{name}", scene.alert);
        let refused = scene.fixture.by(&stranger, Method::GET, &path).send().await.unwrap();
        assert_eq!(refused.status(), StatusCode::NOT_FOUND, "{path}");
        assert_eq!(refused.json::<Value>().await.unwrap()["error"]["kind"], "not_found");
        let nobody = scene.fixture.request(Method::GET, &path).send().await.unwrap();
        assert_eq!(nobody.status(), StatusCode::UNAUTHORIZED, "{path}");
    }
    let absent = scene.fixture.by(&scene.analyst, Method::GET, &format!("/alerts/{}/events?run=7", scene.alert)).send().await.unwrap();
    assert_eq!(absent.status(), StatusCode::NOT_FOUND, "there was no such run");
}

/// The page of a run from before there were lists said for ever that its list was being written.
#[tokio::test]
async fn a_list_that_nobody_writes_is_written_when_it_is_asked_for() {
    let scene = Scene::of(WRITTEN).await;
    scene.listed().await;
    let desk = &scene.fixture.desk;
    let system = Context::system("test").within(scene.org);
    let query = Query::new().eq("alert", scene.alert.clone()).limit(1);
    let earlier = desk.store.list::<TriageRun>(&system, query).await.unwrap().items[0].entity.clone();
    let run = TriageRun { id: TriageId(uuid::Uuid::now_v7()), number: earlier.number + 1, ..earlier };
    desk.store.change(&system, Change::new("test", "").put(&run, Expect::New)).await.unwrap();
    let page = scene.fixture.get(&scene.analyst, &format!("/alerts/{}", scene.alert)).await;
    assert_eq!((&page["full_list"], &page["full_list_failed"]), (&Value::Null, &json!(false)), "it has no job");
    assert!(scene.listed().await["full_list"]["rows"].as_u64().unwrap() > 100);
}
