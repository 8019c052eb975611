//! Service requests over HTTP: taken in, ranked, clocked, ended; retainers that they are worked on under.

use hikeshi_domain::OrganizationId;
use hikeshi_domain::role::Role;
use jiff::{SignedDuration, Timestamp};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::fixture::{Fixture, Visitor};

/// A retainer from last year to next year.
async fn retained(fixture: &Fixture, operator: &Visitor, org: OrganizationId, terms: Value) -> Value {
    let agreed = json!({"reference": "RT-7", "from": "2020-04-01", "until": "2099-03-31", "services": ["emergency", "proactive"],
        "hours": 40, "terms": terms});
    let (status, retainer) = fixture.post(operator, &format!("/organizations/{org}/retainers"), &agreed).await;
    assert_eq!(status, StatusCode::CREATED, "{retainer}");
    retainer
}

fn call(org: OrganizationId, form: Value) -> Value {
    json!({"org": org, "channel": "hotline", "form": form})
}

async fn taken_in(fixture: &Fixture, visitor: &Visitor, body: &Value) -> Value {
    let (status, page) = fixture.post(visitor, "/requests", body).await;
    assert_eq!(status, StatusCode::CREATED, "{page}");
    page
}

fn path(page: &Value) -> String {
    format!("/requests/{}", page["request"]["id"].as_str().unwrap())
}

// covers: S0-36, S0-40, S0-44, S0-52, S0-53, S0-54, S0-55
#[tokio::test]
async fn the_queue_puts_a_retainers_emergency_first_and_says_why() {
    let fixture = Fixture::start().await;
    let (retainer, stranger) = (fixture.organization("retained").await, fixture.organization("on demand").await);
    let operator = fixture.visitor(Role::Operator, None).await;
    retained(&fixture, &operator, retainer, json!({})).await;
    let demanded = taken_in(&fixture, &operator, &call(stranger, json!({"service": "emergency", "urgency": "urgent"}))).await;
    let proactive = taken_in(&fixture, &operator, &call(retainer, json!({"service": "proactive"}))).await;
    let emergency =
        taken_in(&fixture, &operator, &call(retainer, json!({"service": "emergency", "request": "服务器被加密 暗号化された"}))).await;
    let queue = fixture.get(&operator, "/requests?state=unended").await;
    let order: Vec<&str> = queue["items"].as_array().unwrap().iter().map(|row| row["reference"].as_str().unwrap()).collect();
    let expected: Vec<&str> =
        [&emergency, &proactive, &demanded].iter().map(|page| page["request"]["reference"].as_str().unwrap()).collect();
    assert_eq!(order, expected);
    assert_eq!(queue["total"], 3);
    let (first, last) = (&queue["items"][0], &queue["items"][2]);
    assert_eq!((&first["rank"], &first["retainer"]), (&json!("retainer_emergency"), &json!("RT-7")));
    assert_eq!(first["why"], json!(["Emergency under retainer RT-7: assigned first", "No priority declared: normal"]));
    assert_eq!(
        (&last["rank"], &last["clocks"], &last["priority"]),
        (&json!("on_demand"), &json!([]), &json!("normal")),
        "best effort, no clock"
    );
    assert!(first["missing"].as_array().unwrap().contains(&json!("business_impact")), "{first}");
    assert_eq!(fixture.get(&operator, "/requests?q=暗号化").await["total"], 1);
    assert_eq!(fixture.get(&operator, "/requests?service=proactive&assignee=none").await["total"], 1);
    let japanese = fixture.by(&operator, Method::GET, "/requests").header("accept-language", "ja");
    assert_eq!(japanese.send().await.unwrap().status(), StatusCode::OK);
    for wrong in ["sort=loudest", "state=opne", "service=pizza", "priority=high", "assignee=they"] {
        let refused = fixture.by(&operator, Method::GET, &format!("/requests?{wrong}")).send().await.unwrap();
        assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
    }
}

// covers: S0-38, S0-55, S0-56
#[tokio::test]
async fn emergency_said_by_a_contact_starts_the_clock_at_the_time_of_the_call() {
    let fixture = Fixture::start().await;
    let org = fixture.organization("retained").await;
    let operator = fixture.visitor(Role::Operator, None).await;
    retained(&fixture, &operator, org, json!({"first_answer": "elapsed:2"})).await;
    let began = fixture.desk.now() - SignedDuration::from_mins(12);
    let mut sheet = call(org, json!({"contact": {"name": "佐藤"}}));
    sheet["received_at"] = json!(began);
    let page = taken_in(&fixture, &operator, &sheet).await;
    assert_eq!((&page["request"]["clocks"], &page["request"]["rank"]), (&json!([]), &json!("retainer_proactive")));
    let said = json!({"priority": "emergency", "who": "佐藤", "channel": "hotline"});
    let (status, page) = fixture.post(&operator, &format!("{}/declare", path(&page)), &said).await;
    assert_eq!(status, StatusCode::OK, "{page}");
    let clock = &page["request"]["clocks"][0];
    assert_eq!((&clock["duty"], &clock["source"], &clock["standing"]), (&json!("first_answer"), &json!("contract"), &json!("running")));
    let instant = |field: &str| clock[field].as_str().unwrap().parse::<Timestamp>().unwrap();
    assert_eq!(instant("due_at").duration_since(began), SignedDuration::from_hours(2), "{clock}");
    assert_eq!(page["request"]["rank"], "retainer_emergency");
    assert_eq!(page["request"]["why"][1], "佐藤 declared EMERGENCY by telephone");
    assert_eq!((&page["declared"][0]["who"], &page["declared"][0]["channel"]), (&json!("佐藤"), &json!("hotline")));
    let nameless =
        fixture.post(&operator, &format!("{}/declare", path(&page)), &json!({"priority": "normal", "who": " ", "channel": "mail"})).await;
    assert_eq!(nameless.0, StatusCode::UNPROCESSABLE_ENTITY);
    let calmed = json!({"priority": "normal", "who": "佐藤", "channel": "mail"});
    let (_, page) = fixture.post(&operator, &format!("{}/declare", path(&page)), &calmed).await;
    assert_eq!(
        (page["declared"].as_array().unwrap().len(), &page["request"]["clocks"][0]["standing"]),
        (2, &json!("running")),
        "a promise stays"
    );
}

/// It fell behind every ordinary request of the retainer.
#[tokio::test]
async fn emergency_that_no_retainer_covers_loses_no_rank() {
    let fixture = Fixture::start().await;
    let org = fixture.organization("retained").await;
    let operator = fixture.visitor(Role::Operator, None).await;
    let agreed = json!({"reference": "RT-8", "from": "2020-04-01", "until": "2099-03-31", "services": ["proactive"]});
    fixture.post(&operator, &format!("/organizations/{org}/retainers"), &agreed).await;
    let page = taken_in(&fixture, &operator, &call(org, json!({"service": "proactive"}))).await;
    let said = json!({"priority": "emergency", "who": "佐藤", "channel": "hotline"});
    let (_, page) = fixture.post(&operator, &format!("{}/declare", path(&page)), &said).await;
    assert_eq!((&page["request"]["rank"], &page["request"]["retainer"]), (&json!("retainer_proactive"), &json!("RT-8")));
    assert_eq!(page["request"]["service"], "emergency");
    assert_eq!(fixture.get(&operator, "/requests?service=emergency").await["total"], 1);
}

// covers: S2-10, S2-11, S0-67, S0-27
#[tokio::test]
async fn a_request_is_taken_verified_clocked_and_ended() {
    let fixture = Fixture::start().await;
    let org = fixture.organization("retained").await;
    let operator = fixture.visitor(Role::Operator, None).await;
    let analyst = fixture.visitor(Role::Analyst, Some(org)).await;
    retained(&fixture, &operator, org, json!({})).await;
    let page = taken_in(&fixture, &analyst, &call(org, json!({"service": "emergency"}))).await;
    let (path, me) = (path(&page), fixture.get(&analyst, "/me").await["person"]["id"].clone());
    let (_, page) = fixture.post(&analyst, &format!("{path}/assign"), &json!({"person": me})).await;
    assert_eq!((&page["request"]["state"], &page["request"]["assignee"]["id"]), (&json!("taken"), &me));
    let (_, page) = fixture.post(&analyst, &format!("{path}/verify"), &json!({"proof": "call_back", "who": "佐藤"})).await;
    assert_eq!((&page["verified"]["proof"], &page["verified"]["who"]), (&json!("call_back"), &json!("佐藤")));

    let act = |duty: &str, act: &str, reason: &str| json!({"duty": duty, "act": act, "reason": reason});
    let (status, page) = fixture.post(&analyst, &format!("{path}/clock"), &act("on_site", "start", "")).await;
    assert_eq!((status, page["request"]["clocks"].as_array().map(Vec::len)), (StatusCode::OK, Some(2)), "{page}");
    let clock = format!("{path}/clock");
    assert_eq!(fixture.post(&analyst, &clock, &act("on_site", "start", "")).await.0, StatusCode::UNPROCESSABLE_ENTITY, "it runs");
    assert_eq!(fixture.post(&analyst, &clock, &act("on_site", "pause", " ")).await.0, StatusCode::UNPROCESSABLE_ENTITY, "no reason");
    let (_, page) = fixture.post(&analyst, &clock, &act("first_answer", "pause", "waits for the customer's logs")).await;
    let first =
        |page: &Value| page["request"]["clocks"].as_array().unwrap().iter().find(|clock| clock["duty"] == "first_answer").unwrap().clone();
    assert_eq!(
        (&first(&page)["standing"], &first(&page)["pauses"][0]["reason"]),
        (&json!("paused"), &json!("waits for the customer's logs"))
    );
    let (_, page) = fixture.post(&analyst, &clock, &act("first_answer", "resume", "")).await;
    assert_eq!(first(&page)["standing"], "running");
    let (_, page) = fixture.post(&analyst, &clock, &act("first_answer", "stop", "")).await;
    assert_eq!(first(&page)["standing"], "met");
    assert_eq!(
        fixture.post(&analyst, &clock, &act("inquiry_answer", "stop", "")).await.0,
        StatusCode::UNPROCESSABLE_ENTITY,
        "there is none"
    );
    let tomorrow = json!({"duty": "on_site", "act": "stop", "at": fixture.desk.now() + SignedDuration::from_hours(24)});
    assert_eq!(fixture.post(&analyst, &clock, &tomorrow).await.0, StatusCode::UNPROCESSABLE_ENTITY, "not yet");

    let (status, remark) = fixture.post(&analyst, &format!("{path}/comments"), &json!({"text": "called back"})).await;
    assert_eq!((status, &remark["text"]), (StatusCode::CREATED, &json!("called back")));
    let end = json!({"outcome": "no_incident", "reason": "The signs came from a backup job."});
    let (_, again) = fixture.post(&analyst, &clock, &act("first_answer", "start", "")).await;
    assert_eq!(again["request"]["clocks"].as_array().map(Vec::len), Some(3), "a second one after the first has stopped: {again}");
    let (_, page) = fixture.post(&analyst, &format!("{path}/end"), &end).await;
    assert_eq!((&page["request"]["state"], &page["request"]["ended"]["outcome"]), (&json!("ended"), &json!("no_incident")));
    assert!(page["request"]["clocks"].as_array().unwrap().iter().all(|clock| clock["standing"] == "met"), "{page}");
    assert_eq!(fixture.post(&analyst, &format!("{path}/end"), &end).await.0, StatusCode::UNPROCESSABLE_ENTITY);
    let actions: Vec<&str> = page["history"].as_array().unwrap().iter().map(|step| step["action"].as_str().unwrap()).collect();
    assert_eq!(actions.first(), Some(&"request.end"));
    assert!(actions.contains(&"request.assign") && actions.contains(&"request.clock.pause"), "{actions:?}");
    assert_eq!(fixture.get(&analyst, "/requests?state=unended").await["total"], 0);
}

// covers: S0-86, S2-8, S2-9
#[tokio::test]
async fn a_call_sheet_is_saved_as_it_fills_and_its_earlier_states_stay() {
    let fixture = Fixture::start().await;
    let org = fixture.organization("on demand").await;
    let analyst = fixture.visitor(Role::Analyst, Some(org)).await;
    let page = taken_in(&fixture, &analyst, &call(org, json!({}))).await;
    let saved = |version: &Value, form: Value| json!({"form": form, "signs": ["defacement", "defacement"], "language": "en", "sensitive": true, "expected_version": version});
    let put = async |body: Value| {
        let response = fixture.by(&analyst, Method::PUT, &path(&page)).json(&body).send().await.unwrap();
        (response.status(), response.json::<Value>().await.unwrap())
    };
    let form = json!({"organization": " 例示商事株式会社　", "sites": [{"raw": "大阪"}, {"raw": " "}]});
    let (status, written) = put(saved(&page["request"]["version"], form.clone())).await;
    assert_eq!((status, &written["form"]["organization"]), (StatusCode::OK, &json!("例示商事株式会社")), "{written}");
    assert_eq!((&written["signs"], written["form"]["sites"].as_array().unwrap().len()), (&json!(["defacement"]), 1));
    let (_, written) = put(json!({"form": form, "expected_version": written["request"]["version"]})).await;
    assert_eq!((&written["signs"], &written["request"]["sensitive"]), (&json!(["defacement"]), &json!(true)), "what is not named stays");
    let (_, again) = put(saved(&written["request"]["version"], form)).await;
    assert_eq!(again["request"]["version"], written["request"]["version"], "nothing new is no new version");
    assert_eq!(put(saved(&page["request"]["version"], json!({}))).await.0, StatusCode::CONFLICT, "somebody wrote meanwhile");
    let mut unknown = saved(&written["request"]["version"], json!({}));
    unknown["signs"] = json!(["haunted"]);
    assert_eq!(put(unknown).await.0, StatusCode::UNPROCESSABLE_ENTITY);
    let long = json!({"request": "あ".repeat(20_001)});
    assert_eq!(put(saved(&written["request"]["version"], long)).await.0, StatusCode::UNPROCESSABLE_ENTITY);
    let signs = fixture.get(&analyst, "/signs").await;
    let sign = signs["items"].as_array().unwrap().iter().find(|sign| sign["sign"] == "defacement").unwrap();
    assert!(sign["questions"].as_array().unwrap().len() >= 3 && !sign["evidence"][0].as_str().unwrap().is_empty());
}

// covers: S0-2, S0-38, S0-39, S1-3
#[tokio::test]
async fn a_retainer_is_checked_changed_and_the_terms_that_run_stay() {
    let fixture = Fixture::start().await;
    let org = fixture.organization("retained").await;
    let operator = fixture.visitor(Role::Operator, None).await;
    let retainers = format!("/organizations/{org}/retainers");
    let good = json!({"reference": "RT-7", "from": "2020-04-01", "until": "2099-03-31", "services": ["emergency"],
        "terms": {"first_answer": "elapsed:4"}});
    for (field, wrong) in [
        ("until", json!("2019-01-01")),
        ("services", json!([])),
        ("reference", json!(" ")),
        ("terms", json!({"first_answer": "bh:4;cal=MOON"})),
        ("terms", json!({"first_answer": "soon"})),
        ("terms", json!({"flash_report": "elapsed:1"})),
    ] {
        let mut agreed = good.clone();
        agreed[field] = wrong;
        let (status, answer) = fixture.post(&operator, &retainers, &agreed).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{field}: {answer}");
    }
    let (_, retainer) = fixture.post(&operator, &retainers, &good).await;
    let page = taken_in(&fixture, &operator, &call(org, json!({"service": "emergency"}))).await;
    let mut anew = good.clone();
    anew["terms"] = json!({"first_answer": "elapsed:1"});
    let path_of_it = format!("/retainers/{}", retainer["id"].as_str().unwrap());
    let body = json!({"agreed": anew, "expected_version": 1});
    let changed = fixture.by(&operator, Method::PUT, &path_of_it).json(&body).send().await.unwrap();
    assert_eq!(changed.status(), StatusCode::OK);
    assert_eq!(fixture.by(&operator, Method::PUT, &path_of_it).json(&body).send().await.unwrap().status(), StatusCode::CONFLICT);
    assert_eq!(fixture.get(&operator, &path(&page)).await["request"]["clocks"][0]["rule"], "elapsed:4");
    let next = taken_in(&fixture, &operator, &call(org, json!({"service": "emergency"}))).await;
    assert_eq!(next["request"]["clocks"][0]["rule"], "elapsed:1");
    let listed = fixture.get(&operator, &retainers).await;
    assert_eq!((&listed["items"][0]["holds"], &listed["items"][0]["agreed"]["terms"]["first_answer"]), (&json!(true), &json!("elapsed:1")));
}
