//! People: invited, let in, given other roles, let out; each by whom it may be, each on the record.

use hikeshi_domain::role::Role;
use hikeshi_domain::{OrganizationId, PersonId};
use hikeshi_record::Context;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::fixture::{Fixture, Visitor};

const PASSWORD: &str = "correct horse battery";

fn invitation(org: Option<OrganizationId>, role: &str) -> Value {
    json!({"name": "山田 花子", "email": "Hanako@Example.com", "language": "ja", "role": role, "org": org.map(|org| org.0)})
}

/// The secret of a link's address.
fn secret(invited: &Value) -> String {
    invited["link"].as_str().unwrap().rsplit_once("#invitation=").unwrap().1.to_owned()
}

async fn accept(fixture: &Fixture, token: &str, password: &str) -> (StatusCode, Option<Visitor>) {
    let request = fixture.request(Method::POST, "/session/invitation").header("x-hikeshi", "1");
    let response = request.json(&json!({"token": token, "password": password})).send().await.unwrap();
    let cookie = response.headers().get("set-cookie").map(|cookie| cookie.to_str().unwrap().to_owned());
    (response.status(), cookie.map(Visitor::of_cookie))
}

async fn put(fixture: &Fixture, visitor: &Visitor, path: &str, body: &Value) -> (StatusCode, Value) {
    let response = fixture.by(visitor, Method::PUT, path).json(body).send().await.unwrap();
    (response.status(), response.json().await.unwrap())
}

async fn actions(fixture: &Fixture, person: &str) -> Vec<String> {
    let id: PersonId = person.parse().unwrap();
    let versions = fixture.desk.store.history(&Context::system("test"), "person", id.0).await.unwrap();
    versions.into_iter().map(|version| version.action).collect()
}

#[tokio::test]
async fn an_invited_person_sets_a_password_signs_in_and_is_let_out_again() {
    let fixture = Fixture::start().await;
    let org = fixture.organization("ours").await;
    let operator = fixture.visitor(Role::Operator, None).await;
    let (status, invited) = fixture.post(&operator, "/people", &invitation(Some(org), "reader")).await;
    assert_eq!((status, &invited["mailed"], &invited["item"]["state"]), (StatusCode::CREATED, &json!("no_server"), &json!("invited")));
    let (person, token) = (invited["item"]["id"].as_str().unwrap(), secret(&invited));

    let (status, _) = fixture.post(&operator, "/session/link", &json!({"token": token})).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED, "the link signs nobody in without a password");
    let (status, none) = accept(&fixture, &token, "short").await;
    assert!(status == StatusCode::UNPROCESSABLE_ENTITY && none.is_none(), "the link stays good");
    let (status, reader) = accept(&fixture, &token, PASSWORD).await;
    assert_eq!(status, StatusCode::OK);
    let reader = reader.unwrap();
    let me = fixture.get(&reader, "/me").await;
    assert_eq!((&me["person"]["roles"], &me["person"]["has_password"]), (&json!(["reader"]), &json!(true)));
    assert_eq!(me["organizations"][0]["name"], "ours");
    assert_eq!(accept(&fixture, &token, PASSWORD).await.0, StatusCode::UNAUTHORIZED, "a link is spent once");
    let credentials = json!({"email": "hanako@example.com", "password": PASSWORD});
    assert_eq!(fixture.post(&operator, "/session", &credentials).await.0, StatusCode::OK);

    let listed = fixture.get(&operator, "/people").await;
    let row = listed["items"].as_array().unwrap().iter().find(|row| row["id"] == person).unwrap().clone();
    assert_eq!((&row["state"], &row["roles"][0]["role"]), (&json!("active"), &json!("reader")));
    let analyst = json!({"org": org.0, "role": "analyst", "expected_version": row["version"]});
    let (status, row) = put(&fixture, &operator, &format!("/people/{person}/role"), &analyst).await;
    assert_eq!((status, &row["roles"]), (StatusCode::OK, &json!([{"role": "analyst", "org": org.0, "org_name": "ours"}])));
    let (status, answer) = put(&fixture, &operator, &format!("/people/{person}/role"), &analyst).await;
    assert_eq!((status, &answer["error"]["kind"]), (StatusCode::CONFLICT, &json!("conflict")));
    assert_eq!(fixture.get(&reader, "/me").await["person"]["roles"], json!(["analyst"]), "the role counts at once");

    let (status, _) = fixture.post(&operator, &format!("/people/{person}/disable"), &json!({"reason": " "})).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "letting somebody out asks why");
    let (status, row) = fixture.post(&operator, &format!("/people/{person}/disable"), &json!({"reason": "left the company"})).await;
    assert_eq!((status, &row["state"]), (StatusCode::OK, &json!("disabled")));
    assert_eq!(fixture.by(&reader, Method::GET, "/me").send().await.unwrap().status(), StatusCode::UNAUTHORIZED, "sessions end at once");
    assert_eq!(fixture.post(&operator, "/session", &credentials).await.0, StatusCode::UNAUTHORIZED);
    let (_, row) = fixture.post(&operator, &format!("/people/{person}/enable"), &json!({})).await;
    assert_eq!(row["state"], "active");
    assert_eq!(
        fixture.by(&reader, Method::GET, "/me").send().await.unwrap().status(),
        StatusCode::UNAUTHORIZED,
        "the old session stays ended"
    );
    assert_eq!(
        actions(&fixture, person).await,
        ["person.invite", "person.accept", "person.role", "person.disable", "person.enable"],
        "every step is on the record"
    );
}

#[tokio::test]
async fn a_fresh_link_ends_the_earlier_one_and_the_sessions() {
    let fixture = Fixture::start().await;
    let org = fixture.organization("ours").await;
    let operator = fixture.visitor(Role::Operator, Some(org)).await;
    let (_, invited) = fixture.post(&operator, "/people", &invitation(Some(org), "analyst")).await;
    let person = invited["item"]["id"].as_str().unwrap();
    let (status, again) = fixture.post(&operator, &format!("/people/{person}/link"), &json!({})).await;
    assert_eq!((status, &again["lifetime_seconds"]), (StatusCode::OK, &json!(24 * 3600)));
    assert_eq!(accept(&fixture, &secret(&invited), PASSWORD).await.0, StatusCode::UNAUTHORIZED);
    let (_, first) = accept(&fixture, &secret(&again), PASSWORD).await;
    let (_, forgotten) = fixture.post(&operator, &format!("/people/{person}/link"), &json!({})).await;
    assert_eq!(forgotten["lifetime_seconds"], 15 * 60, "whoever has a password gets a short one");
    let (status, _) = accept(&fixture, &secret(&forgotten), "another horse battery").await;
    assert_eq!(status, StatusCode::OK);
    let status = fixture.by(&first.unwrap(), Method::GET, "/me").send().await.unwrap().status();
    assert_eq!(status, StatusCode::UNAUTHORIZED, "who knew the old password is out");
}

#[tokio::test]
async fn whoever_runs_one_organisation_reaches_no_further() {
    let fixture = Fixture::start().await;
    let (ours, theirs) = (fixture.organization("ours").await, fixture.organization("theirs").await);
    let operator = fixture.visitor(Role::Operator, None).await;
    let local = fixture.visitor(Role::Operator, Some(ours)).await;
    let (status, _) = fixture.post(&local, "/people", &invitation(None, "reader")).await;
    assert_eq!(status, StatusCode::FORBIDDEN, "nobody is let in everywhere by one organisation");
    let (status, _) = fixture.post(&local, "/people", &invitation(Some(ours), "sensor")).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "a sensor is no person");
    let (_, invited) = fixture.post(&local, "/people", &invitation(Some(ours), "analyst")).await;
    let person = invited["item"]["id"].as_str().unwrap();
    let (status, taken) = fixture.post(&operator, "/people", &invitation(Some(theirs), "reader")).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{taken}");

    let too = json!({"org": theirs.0, "role": "reader", "expected_version": invited["item"]["version"]});
    let (status, row) = put(&fixture, &operator, &format!("/people/{person}/role"), &too).await;
    assert_eq!((status, row["roles"].as_array().unwrap().len()), (StatusCode::OK, 2));
    let listed = fixture.get(&local, "/people").await;
    let row = listed["items"].as_array().unwrap().iter().find(|row| row["id"] == person).unwrap().clone();
    assert_eq!((row["roles"].as_array().unwrap().len(), &row["whole"]), (1, &json!(false)), "what they do for others is not told");
    for act in ["disable", "link", "enable"] {
        let (status, answer) = fixture.post(&local, &format!("/people/{person}/{act}"), &json!({"reason": "r"})).await;
        assert!(matches!(status, StatusCode::FORBIDDEN | StatusCode::UNPROCESSABLE_ENTITY), "{act}: {answer}");
    }
    let gone = json!({"org": ours.0, "role": null, "expected_version": row["version"]});
    assert_eq!(put(&fixture, &local, &format!("/people/{person}/role"), &gone).await.0, StatusCode::OK, "but not for ours any more");
    let listed = fixture.get(&local, "/people").await;
    assert!(!listed["items"].as_array().unwrap().iter().any(|row| row["id"] == person));
}

#[tokio::test]
async fn colleagues_are_those_who_work_where_one_does() {
    let fixture = Fixture::start().await;
    let (ours, theirs) = (fixture.organization("ours").await, fixture.organization("theirs").await);
    fixture.visitor(Role::IncidentLead, None).await;
    fixture.visitor(Role::Analyst, Some(theirs)).await;
    let reader = fixture.visitor(Role::Reader, Some(ours)).await;
    let names = fixture.get(&reader, "/colleagues").await;
    let names: Vec<&str> = names["items"].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap()).collect();
    assert_eq!(names.len(), 2, "{names:?}");
    assert!(names.iter().any(|name| name.starts_with("incident_lead")) && names.iter().any(|name| name.starts_with("reader")));
}

#[tokio::test]
async fn somebody_always_runs_the_installation() {
    let fixture = Fixture::start().await;
    let operator = fixture.visitor(Role::Operator, None).await;
    let id = fixture.get(&operator, "/me").await["person"]["id"].as_str().unwrap().to_owned();
    let (status, answer) = fixture.post(&operator, &format!("/people/{id}/disable"), &json!({"reason": "r"})).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{answer}");
    let down = json!({"org": null, "role": "reader", "expected_version": 1});
    let (status, answer) = put(&fixture, &operator, &format!("/people/{id}/role"), &down).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{answer}");
    fixture.visitor(Role::Operator, None).await;
    assert_eq!(put(&fixture, &operator, &format!("/people/{id}/role"), &down).await.0, StatusCode::OK, "with another one it is allowed");
}

#[tokio::test]
async fn a_new_password_ends_other_sessions_and_signing_out_ends_the_stream() {
    let fixture = Fixture::start().await;
    let org = fixture.organization("ours").await;
    let here = fixture.visitor(Role::Analyst, Some(org)).await;
    let me = fixture.get(&here, "/me").await["person"]["id"].as_str().unwrap().parse().unwrap();
    let link = hikeshi_desk::session::issue_link(&fixture.desk, hikeshi_domain::PersonId(me)).await.unwrap();
    let unspent = hikeshi_desk::session::issue_link(&fixture.desk, hikeshi_domain::PersonId(me)).await.unwrap();
    let by_link = async |token: &str| {
        let request = fixture.request(Method::POST, "/session/link").header("x-hikeshi", "1").json(&json!({ "token": token }));
        request.send().await.unwrap()
    };
    let response = by_link(&link).await;
    let elsewhere = Visitor::of_cookie(response.headers().get("set-cookie").unwrap().to_str().unwrap());
    let status = async |visitor: &Visitor| fixture.by(visitor, Method::GET, "/me").send().await.unwrap().status();
    assert_eq!(status(&elsewhere).await, StatusCode::OK);
    let request = fixture.by(&here, Method::PUT, "/me/password").json(&json!({"new": "a long enough password"}));
    assert_eq!(request.send().await.unwrap().status(), StatusCode::OK);
    assert_eq!((status(&here).await, status(&elsewhere).await), (StatusCode::OK, StatusCode::UNAUTHORIZED));
    assert_eq!(by_link(&unspent).await.status(), StatusCode::UNAUTHORIZED, "a link handed out before is no way round");
    let stream = fixture.by(&here, Method::GET, "/live").send().await.unwrap();
    assert_eq!(stream.status(), StatusCode::OK);
    assert_eq!(fixture.by(&here, Method::DELETE, "/session").send().await.unwrap().status(), StatusCode::NO_CONTENT);
    // Ends: else the client's own time runs out.
    stream.bytes().await.unwrap();
}
