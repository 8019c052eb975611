//! Every route refuses: nobody, another organisation, a role that may not. A route without an entry here fails the test.

use hikeshi_domain::OrganizationId;
use hikeshi_domain::api_key::KeyScope;
use hikeshi_domain::role::Role;
use hikeshi_record::{Change, Context, Job, JobState};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::fixture::{Fixture, product_alert};
use crate::waiting::until;

/// Routes that let nobody in by design: signing in.
const OPEN: [&str; 3] = ["POST /session/link", "POST /session/invitation", "POST /session"];
/// Routes that take a key, not a session.
const BY_KEY: [&str; 2] = ["POST /alerts", "POST /events"];

/// A name that nothing has.
const NIL: &str = "00000000-0000-0000-0000-000000000000";

fn routes() -> Vec<(Method, String)> {
    let document: Value = serde_json::from_str(&hikeshi_server::document()).unwrap();
    let paths = document["paths"].as_object().unwrap();
    let methods = |(path, operations): (&String, &Value)| {
        let path = path.clone();
        operations.as_object().unwrap().keys().map(move |method| (method.to_uppercase().parse().unwrap(), path.clone())).collect::<Vec<_>>()
    };
    paths.iter().flat_map(methods).collect()
}

#[tokio::test]
async fn nobody_is_let_in_anywhere() {
    let fixture = Fixture::start().await;
    let nil = uuid::Uuid::nil().to_string();
    for (method, path) in routes() {
        let name = format!("{method} {path}");
        if OPEN.contains(&name.as_str()) {
            continue;
        }
        let path = path.replace("{id}", &nil).replace("{report}", "report.pdf");
        let response = fixture.request(method, &path).header("x-hikeshi", "1").json(&json!({})).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED, "{name}");
        let body: Value = response.json().await.unwrap();
        assert_eq!(body["error"]["kind"], "unauthenticated", "{name}");
        assert!(body["error"]["request_id"].as_str().is_some_and(|id| id.len() == 32), "{name}: {body}");
    }
}

/// A forwarder's log got Japanese, and was asked to sign in.
#[tokio::test]
async fn a_program_is_told_of_its_key_in_english_unless_it_asks_otherwise() {
    let fixture = Fixture::start().await;
    for (key, language, expected) in [
        (None, None, "No API key was sent: add the header Authorization"),
        (None, Some("ja"), "API キーがありません"),
        (Some("Bearer hikeshi_nobody"), None, "The API key is unknown"),
        (Some("Bearer hikeshi_nobody"), Some("ja,en;q=0.5"), "API キーは登録されていない"),
    ] {
        let mut request = fixture.request(Method::POST, "/alerts").json(&json!({}));
        for (name, value) in [("authorization", key), ("accept-language", language)] {
            if let Some(value) = value {
                request = request.header(name, value);
            }
        }
        let body: Value = request.send().await.unwrap().json().await.unwrap();
        assert!(body["error"]["message"].as_str().unwrap().contains(expected), "{key:?} {language:?}: {body}");
    }
}

#[tokio::test]
async fn a_change_without_our_header_is_refused() {
    let fixture = Fixture::start().await;
    for (method, path) in routes().into_iter().filter(|(method, _)| *method != Method::GET) {
        let name = format!("{method} {path}");
        if BY_KEY.contains(&name.as_str()) {
            continue;
        }
        let path = path.replace("{id}", &uuid::Uuid::nil().to_string());
        let response = fixture.request(method, &path).json(&json!({})).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::FORBIDDEN, "{name}");
    }
}

/// A body that a route takes, so that what is refused is the caller.
fn body(name: &str, org: &str) -> Value {
    match name {
        "POST /alerts/{id}/override" => json!({"verdict": "white", "reason": "r", "expected_version": 1}),
        "POST /alerts/{id}/answers" => json!({"question": "announced", "said": "yes", "from": "f", "expected_version": 1}),
        "POST /alerts/{id}/comments" | "POST /cases/{id}/comments" | "POST /requests/{id}/comments" => json!({"text": "t"}),
        "POST /alerts/close" | "POST /alerts/reopen" | "POST /cases/{id}/close" => json!({"ids": [], "reason": "r"}),
        "POST /cases/{id}/classification" => json!({"type": "B-1", "severity": 3, "flows": ["handle"], "expected_version": 1}),
        "PUT /endpoints/{id}" => json!({"block_mode": "block", "note": "n", "expected_version": 1}),
        "POST /endpoints/{id}/retire" => json!({"reason": "r", "expected_version": 1}),
        "POST /endpoints/{id}/restore" => json!({"expected_version": 1}),
        "PUT /organizations/{id}" => {
            json!({"name": "n", "time_zone": "Asia/Tokyo", "language": "ja", "retention_days": 30, "expected_version": 1})
        }
        "PUT /hunt/searches/{id}" => json!({"name": "n", "sql": "SELECT 1"}),
        "POST /hunt/searches" => json!({"org": org, "name": "n", "sql": "SELECT 1"}),
        "POST /exceptions" => json!({"org": org, "excused": {"kind": "signer", "name": "n"}, "reason": "r", "in_effect": true}),
        "POST /people" => json!({"org": org, "name": "n", "email": "n@example.com", "language": "ja", "role": "reader"}),
        "PUT /people/{id}/role" => json!({"org": org, "role": "operator", "expected_version": 1}),
        "POST /people/{id}/disable" | "POST /people/{id}/second-factor/reset" => json!({"reason": "r"}),
        "POST /api-keys" => json!({"org": org, "name": "n"}),
        "POST /requests" => json!({"org": org, "channel": "hotline"}),
        "PUT /requests/{id}" => json!({"form": {}, "expected_version": 1}),
        "POST /requests/{id}/declare" => json!({"priority": "urgent", "who": "w", "channel": "hotline"}),
        "POST /requests/{id}/verify" => json!({"proof": "call_back", "who": "w"}),
        "POST /requests/{id}/clock" => json!({"duty": "on_site", "act": "start"}),
        "POST /requests/{id}/end" => json!({"outcome": "handled", "reason": "r"}),
        "POST /organizations/{id}/retainers" => agreed(),
        "PUT /retainers/{id}" => json!({"agreed": agreed(), "expected_version": 1}),
        _ => json!({}),
    }
}

fn agreed() -> Value {
    json!({"reference": "RT-1", "from": "2020-04-01", "until": "2099-03-31", "services": ["emergency"]})
}

/// The query that a route takes beside its body.
fn query(name: &str, org: &str) -> String {
    let list = "name=n&kind=bad&source=s";
    match name {
        "GET /cases/{id}/reclassification" => "?type=B-1&severity=3".to_owned(),
        "POST /lists" => format!("?{list}&org={org}"),
        "PUT /lists/{id}" => format!("?{list}&expected_version=1"),
        "DELETE /lists/{id}" => "?reason=r".to_owned(),
        _ => String::new(),
    }
}

#[tokio::test]
async fn another_organisation_is_not_there() {
    let fixture = Fixture::start().await;
    let (ours, theirs) = (fixture.organization("ours").await, fixture.organization("theirs").await);
    let operator = fixture.visitor(Role::Operator, None).await;
    let stranger = fixture.visitor(Role::Operator, Some(theirs)).await;
    let key = fixture.key(ours, KeyScope::Forwarder { name: "wef".to_owned() }).await;
    let (_, receipt) = fixture.alert(&key, &product_alert("1", "PC-1", &"ab".repeat(32))).await;
    let alert = receipt["id"].as_str().unwrap().to_owned();
    fixture.triaged(&operator, &alert).await;
    let (_, placed) = fixture.post(&operator, &format!("/alerts/{alert}/case"), &json!({})).await;
    let ids = Ids::gather(&fixture, &operator, alert, placed["case"].as_str().unwrap().to_owned(), ours.to_string()).await;
    for (method, path) in routes().into_iter().filter(|(_, path)| path.contains("{id}")) {
        let name = format!("{method} {path}");
        let Some(id) = ids.of(&path) else { panic!("{name} has an id but no entry in Ids::of: say whose it is") };
        let filled = path.replace("{id}", id).replace("{report}", "report.pdf") + &query(&name, &ours.to_string());
        let mut sent = body(&name, &ours.to_string());
        if name == "POST /cases/{id}/close" {
            sent = json!({"reason": "r"});
        }
        let response = fixture.by(&stranger, method, &filled).json(&sent).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::NOT_FOUND, "{name}: {}", response.text().await.unwrap());
    }
    for name in ["POST /hunt/searches", "POST /exceptions", "POST /lists", "POST /api-keys", "POST /people", "POST /requests"] {
        let (_, path) = name.split_once(' ').unwrap();
        let path = path.to_owned() + &query(name, &ours.to_string());
        let (status, answer) = fixture.post(&stranger, &path, &body(name, &ours.to_string())).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{name}: {answer}");
    }
    let lists =
        ["/alerts", "/cases", "/requests", "/endpoints", "/messages", "/exceptions", "/lists", "/api-keys", "/hunt/searches", "/jobs"];
    for path in lists {
        assert_eq!(fixture.get(&stranger, path).await["items"], json!([]), "{path} shows nothing of another organisation");
        let narrowed = fixture.by(&stranger, Method::GET, &format!("{path}?org={ours}")).send().await.unwrap();
        assert!(narrowed.status() == StatusCode::NOT_FOUND || narrowed.json::<Value>().await.unwrap()["items"] == json!([]), "{path}?org=");
    }
    assert_eq!(fixture.get(&stranger, "/search?q=PC-1").await["items"], json!([]));
}

/// It was answered with 400 and no sentence.
#[tokio::test]
async fn what_can_be_nobodys_name_is_not_there() {
    let fixture = Fixture::start().await;
    let org = fixture.organization("ours").await.to_string();
    let operator = fixture.visitor(Role::Operator, None).await;
    for (method, path) in routes().into_iter().filter(|(_, path)| path.contains("{id}")) {
        let name = format!("{method} {path}");
        for wrong in ["INC-2026-0001", "%FF", "00000000-0000-0000-0000-00000000000g"] {
            let filled = path.replace("{id}", wrong).replace("{report}", "report.pdf") + &query(&name, &org);
            let response = fixture.by(&operator, method.clone(), &filled).json(&body(&name, &org)).send().await.unwrap();
            assert_eq!(response.status(), StatusCode::NOT_FOUND, "{name} of {wrong}");
            let answer: Value = response.json().await.unwrap();
            assert_eq!(answer["error"]["kind"], "not_found", "{name} of {wrong}: {answer}");
        }
    }
}

/// A job that was given up: it is about an alert that is not there.
pub(crate) async fn failed_job(fixture: &Fixture, org: OrganizationId) -> String {
    let job = Job::new("triage", &json!({"alert": uuid::Uuid::now_v7(), "forced": true})).attempts(1);
    let id = job.id().to_string();
    fixture.desk.store.change(&Context::system("test").within(org), Change::new("test", "").enqueue(job)).await.unwrap();
    until("the job is given up", async || {
        let failed = fixture.desk.store.jobs(&Context::system("test"), "triage", JobState::Failed, 10).await.unwrap();
        failed.iter().any(|job| job.id.to_string() == id).then_some(())
    })
    .await;
    id
}

#[tokio::test]
async fn a_job_that_was_given_up_is_listed_warned_of_and_run_again() {
    let fixture = Fixture::start().await;
    let org = fixture.organization("ours").await;
    let operator = fixture.visitor(Role::Operator, Some(org)).await;
    let job = failed_job(&fixture, org).await;
    let listed = fixture.get(&operator, "/jobs").await;
    assert_eq!((&listed["items"][0]["id"], &listed["items"][0]["queue"]), (&json!(job), &json!("triage")));
    assert!(listed["items"][0]["error"].as_str().is_some_and(|error| error.contains("not_found")), "{listed}");
    let warnings = fixture.get(&operator, "/duty").await.to_string();
    assert!(warnings.contains("1 jobs (triage, mail) were given up"), "{warnings}");
    let path = format!("/jobs/{job}/requeue");
    assert_eq!(fixture.post(&operator, &path, &json!({})).await.0, StatusCode::ACCEPTED);
    assert_ne!(fixture.post(&operator, "/jobs/00000000-0000-0000-0000-000000000000/requeue", &json!({})).await.0, StatusCode::ACCEPTED);
}

/// One thing of each kind, all of the same organisation.
struct Ids {
    alert: String,
    case: String,
    endpoint: String,
    search: String,
    key: String,
    exception: String,
    list: String,
    message: String,
    person: String,
    org: String,
    job: String,
    request: String,
    retainer: String,
}

impl Ids {
    async fn gather(fixture: &Fixture, operator: &crate::fixture::Visitor, alert: String, case: String, org: String) -> Ids {
        let id = |value: &Value| value["id"].as_str().unwrap_or_default().to_owned();
        let (_, search) = fixture.post(operator, "/hunt/searches", &body("POST /hunt/searches", &org)).await;
        let (_, key) = fixture.post(operator, "/api-keys", &body("POST /api-keys", &org)).await;
        let (_, exception) = fixture.post(operator, "/exceptions", &body("POST /exceptions", &org)).await;
        let list =
            fixture.by(operator, Method::POST, &format!("/lists{}", query("POST /lists", &org))).body("evil.example").send().await.unwrap();
        let list = id(&list.json::<Value>().await.unwrap()["item"]);
        let endpoint = id(&fixture.get(operator, "/endpoints").await["items"][0]);
        // No mail is written here: a message that is not there must look like one of another organisation.
        let message = uuid::Uuid::nil().to_string();
        let (_, person) = fixture.post(operator, "/people", &body("POST /people", &org)).await;
        let (search, key, exception, person) = (id(&search), id(&key["item"]), id(&exception), id(&person["item"]));
        let job = failed_job(fixture, OrganizationId(org.parse().unwrap())).await;
        let (_, request) = fixture.post(operator, "/requests", &body("POST /requests", &org)).await;
        let (_, retainer) = fixture.post(operator, &format!("/organizations/{org}/retainers"), &agreed()).await;
        let (request, retainer) = (id(&request["request"]), id(&retainer));
        Ids { alert, case, endpoint, search, key, exception, list, message, person, org, job, request, retainer }
    }

    fn of(&self, path: &str) -> Option<&str> {
        let resource = path.trim_start_matches('/').split("/{id}").next()?;
        Some(match resource {
            "alerts" => &self.alert,
            "cases" => &self.case,
            "endpoints" => &self.endpoint,
            "hunt/searches" => &self.search,
            "api-keys" => &self.key,
            "exceptions" => &self.exception,
            "lists" => &self.list,
            "messages" => &self.message,
            // Rules belong to the installation: one that is not there.
            "rules" => NIL,
            "people" => &self.person,
            "organizations" => &self.org,
            "jobs" => &self.job,
            "requests" => &self.request,
            "retainers" => &self.retainer,
            _ => return None,
        })
    }
}

#[tokio::test]
async fn a_reader_changes_nothing_and_is_told_so() {
    let fixture = Fixture::start().await;
    let org = fixture.organization("ours").await;
    let operator = fixture.visitor(Role::Operator, None).await;
    let reader = fixture.visitor(Role::Reader, Some(org)).await;
    let key = fixture.key(org, KeyScope::Forwarder { name: "wef".to_owned() }).await;
    let (_, receipt) = fixture.alert(&key, &product_alert("1", "PC-1", &"ab".repeat(32))).await;
    let alert = receipt["id"].as_str().unwrap().to_owned();
    let page = fixture.triaged(&reader, &alert).await;
    let (_, placed) = fixture.post(&operator, &format!("/alerts/{alert}/case"), &json!({})).await;
    let ids = Ids::gather(&fixture, &operator, alert, placed["case"].as_str().unwrap().to_owned(), org.to_string()).await;
    assert_eq!(page["alert"]["host"], "PC-1", "reading is allowed");
    for (method, path) in routes().into_iter().filter(|(method, path)| *method != Method::GET && path.contains("{id}")) {
        let name = format!("{method} {path}");
        let filled = path.replace("{id}", ids.of(&path).unwrap()) + &query(&name, &org.to_string());
        let mut sent = body(&name, &org.to_string());
        if name == "POST /cases/{id}/close" {
            sent = json!({"reason": "r"});
        }
        // The reader may not read messages and keys: they learn that their role does not reach, or nothing.
        let status = fixture.by(&reader, method, &filled).json(&sent).send().await.unwrap().status();
        assert!(matches!(status, StatusCode::FORBIDDEN | StatusCode::NOT_FOUND), "{name}: {status}");
    }
    let (status, answer) = fixture.post(&reader, "/hunt", &json!({"sql": "SELECT 1"})).await;
    assert_eq!((status, answer["error"]["kind"].as_str()), (StatusCode::FORBIDDEN, Some("forbidden")));
    assert_eq!(fixture.by(&reader, Method::GET, "/settings/mail").send().await.unwrap().status(), StatusCode::FORBIDDEN);
}
