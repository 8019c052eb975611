//! The second factor over HTTP: set up, asked for, each code once, recovery codes, lock-out, reset by an operator.

use hikeshi_domain::role::Role;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use totp_rs::{Builder, Secret};

use crate::fixture::{Fixture, Visitor};

const PASSWORD: &str = "a long enough password";

/// The code of an app, so many steps of half a minute from now.
fn code(secret: &str, steps: i64) -> String {
    let app = Builder::new().with_secret(Secret::try_from_base32(secret).unwrap()).build().unwrap();
    let now = jiff::Timestamp::now().as_second() + steps * 30;
    app.generate(u64::try_from(now).unwrap()).to_string()
}

/// Somebody with a password and a second factor: the visitor, the mail address, the app's secret, the recovery codes.
async fn with_factor(fixture: &Fixture, role: Role) -> (Visitor, String, String, Vec<String>) {
    let visitor = fixture.visitor(role, None).await;
    let refused = fixture.post(&visitor, "/me/second-factor", &json!({})).await;
    assert_eq!(refused.0, StatusCode::UNPROCESSABLE_ENTITY, "a password comes first");
    let request = fixture.by(&visitor, Method::PUT, "/me/password").json(&json!({"new": PASSWORD}));
    assert_eq!(request.send().await.unwrap().status(), StatusCode::OK);
    let (_, enrolment) = fixture.post(&visitor, "/me/second-factor", &json!({})).await;
    let secret = enrolment["secret"].as_str().unwrap().to_owned();
    assert!(enrolment["uri"].as_str().unwrap().starts_with("otpauth://totp/Hikeshi:"), "{enrolment}");
    assert!(enrolment["picture"].as_str().unwrap().contains("<svg"), "{enrolment}");
    assert_eq!(fixture.get(&visitor, "/me").await["person"]["has_second_factor"], false, "not before a code was shown");
    let wrong = fixture.post(&visitor, "/me/second-factor/confirm", &json!({"code": "000000"})).await;
    assert_eq!(wrong.0, StatusCode::UNAUTHORIZED);
    let (status, confirmed) = fixture.post(&visitor, "/me/second-factor/confirm", &json!({"code": code(&secret, -1)})).await;
    assert_eq!(status, StatusCode::OK, "{confirmed}");
    let codes: Vec<String> = confirmed["codes"].as_array().unwrap().iter().map(|code| code.as_str().unwrap().to_owned()).collect();
    let me = fixture.get(&visitor, "/me").await;
    assert_eq!((&me["person"]["has_second_factor"], &me["person"]["recovery_codes"]), (&json!(true), &json!(10)));
    (visitor, me["person"]["email"].as_str().unwrap().to_owned(), secret, codes)
}

async fn enter(fixture: &Fixture, email: &str, code: Option<&str>) -> (StatusCode, Value) {
    let request = fixture.request(Method::POST, "/session").header("x-hikeshi", "1").header("accept-language", "en");
    let response = request.json(&json!({"email": email, "password": PASSWORD, "code": code})).send().await.unwrap();
    (response.status(), response.json().await.unwrap())
}

#[tokio::test]
async fn a_code_is_asked_for_and_lets_in_once() {
    let fixture = Fixture::start().await;
    let (_visitor, email, secret, codes) = with_factor(&fixture, Role::Analyst).await;
    let (status, asked) = enter(&fixture, &email, None).await;
    assert_eq!((status, asked["error"]["kind"].as_str()), (StatusCode::UNAUTHORIZED, Some("second_factor")), "{asked}");
    let used = code(&secret, -1);
    assert_eq!(enter(&fixture, &email, Some(&used)).await.0, StatusCode::UNAUTHORIZED, "the step of the confirmation is spent");
    let now = code(&secret, 1);
    let spaced = format!("{} {}", &now[..3], &now[3..]);
    assert_eq!(enter(&fixture, &email, Some(&spaced)).await.0, StatusCode::OK);
    assert_eq!(enter(&fixture, &email, Some(&now)).await.0, StatusCode::UNAUTHORIZED, "no code counts twice");
    let recovery = codes[0].to_uppercase().replace('-', " ");
    assert_eq!(enter(&fixture, &email, Some(&recovery)).await.0, StatusCode::OK);
    assert_eq!(enter(&fixture, &email, Some(&codes[0])).await.0, StatusCode::UNAUTHORIZED, "nor does a recovery code");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_show_one_code_at_once_one_is_let_in() {
    let fixture = std::sync::Arc::new(Fixture::start().await);
    let (_visitor, email, secret, _) = with_factor(&fixture, Role::Analyst).await;
    let now = code(&secret, 0);
    let mut tries = tokio::task::JoinSet::new();
    for _ in 0..5 {
        let (fixture, email, now) = (fixture.clone(), email.clone(), now.clone());
        tries.spawn(async move { enter(&fixture, &email, Some(&now)).await.0 });
    }
    let answers = tries.join_all().await;
    assert_eq!(answers.iter().filter(|status| **status == StatusCode::OK).count(), 1, "{answers:?}");
}

#[tokio::test]
async fn wrong_codes_have_to_wait_and_a_reset_by_an_operator_lets_in_again() {
    let fixture = Fixture::start().await;
    let (visitor, email, secret, codes) = with_factor(&fixture, Role::Analyst).await;
    let mut last = StatusCode::OK;
    for guess in 0..8 {
        last = enter(&fixture, &email, Some(&format!("{guess:06}"))).await.0;
    }
    assert_eq!(last, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(enter(&fixture, &email, Some(&code(&secret, 0))).await.0, StatusCode::TOO_MANY_REQUESTS, "the right one waits too");
    let operator = fixture.visitor(Role::Operator, None).await;
    let id = fixture.get(&visitor, "/me").await["person"]["id"].as_str().unwrap().to_owned();
    let path = format!("/people/{id}/second-factor/reset");
    assert_eq!(fixture.post(&operator, &path, &json!({"reason": " "})).await.0, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(fixture.post(&visitor, &path, &json!({"reason": "lost"})).await.0, StatusCode::FORBIDDEN);
    let (status, row) = fixture.post(&operator, &path, &json!({"reason": "telephone lost, called back under the known number"})).await;
    assert_eq!((status, &row["has_second_factor"]), (StatusCode::OK, &json!(false)), "{row}");
    let old = fixture.by(&visitor, Method::GET, "/me").send().await.unwrap();
    assert_eq!(old.status(), StatusCode::UNAUTHORIZED, "sessions end");
    assert_eq!(enter(&fixture, &email, None).await.0, StatusCode::OK);
    assert_eq!(codes.len(), 10);
}

#[tokio::test]
async fn one_takes_ones_own_factor_away_by_a_code_and_a_new_password_alone_lets_nobody_in() {
    let fixture = Fixture::start().await;
    let (visitor, email, secret, codes) = with_factor(&fixture, Role::Analyst).await;
    let operator = fixture.visitor(Role::Operator, None).await;
    let id = fixture.get(&visitor, "/me").await["person"]["id"].as_str().unwrap().to_owned();
    let (_, handed) = fixture.post(&operator, &format!("/people/{id}/link"), &json!({})).await;
    let link = handed["link"].as_str().unwrap();
    let token = link.rsplit(['=']).next().unwrap();
    let request = fixture.request(Method::POST, "/session/invitation").header("x-hikeshi", "1");
    let response = request.json(&json!({"token": token, "password": PASSWORD})).send().await.unwrap();
    assert!(response.headers().get("set-cookie").is_none());
    assert_eq!(response.json::<Value>().await.unwrap()["error"]["kind"], "second_factor");
    let request = fixture.request(Method::POST, "/session").header("x-hikeshi", "1");
    let body = json!({"email": email, "password": PASSWORD, "code": code(&secret, 0)});
    let response = request.json(&body).send().await.unwrap();
    let visitor = Visitor::of_cookie(response.headers().get("set-cookie").unwrap().to_str().unwrap());
    let remove = "/me/second-factor/remove";
    assert_eq!(fixture.post(&visitor, remove, &json!({"code": "123456"})).await.0, StatusCode::UNAUTHORIZED);
    let (status, me) = fixture.post(&visitor, remove, &json!({"code": codes[3]})).await;
    assert_eq!((status, &me["has_second_factor"]), (StatusCode::OK, &json!(false)), "{me}");
    assert_eq!(enter(&fixture, &email, None).await.0, StatusCode::OK);
}
