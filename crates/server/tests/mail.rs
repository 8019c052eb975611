//! Mail of the desk through a real server: an invitation, a test mail, and what is said when none can leave.

use hikeshi_domain::api_key::KeyScope;
use hikeshi_domain::role::Role;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::fixture::{Fixture, Visitor, product_alert};
use crate::postfix::{self, Postfix};

async fn put(fixture: &Fixture, visitor: &Visitor, path: &str, body: &Value) {
    let response = fixture.by(visitor, Method::PUT, path).json(body).send().await.unwrap();
    let status = response.status();
    assert_eq!(status, StatusCode::OK, "{}", response.text().await.unwrap());
}

async fn set_server(fixture: &Fixture, operator: &Visitor, port: u16) {
    let server = json!({"host": "127.0.0.1", "port": port, "security": "plain", "from": "desk@hikeshi.test"});
    put(fixture, operator, "/settings/mail", &json!({"mail_server": server, "expected_version": 0})).await;
}

fn text(arrived: &str) -> String {
    let body: String = arrived.split("\n\n").skip(1).collect::<String>().split_whitespace().collect();
    String::from_utf8(postfix::base64(&body)).unwrap()
}

#[tokio::test]
async fn an_invitation_is_mailed_and_its_link_is_in_no_outbox() {
    let Some(postfix) = Postfix::start("an_invitation_is_mailed_and_its_link_is_in_no_outbox") else { return };
    let fixture = Fixture::start().await;
    let org = fixture.organization("ours").await;
    let operator = fixture.visitor(Role::Operator, None).await;
    set_server(&fixture, &operator, postfix.port()).await;
    let invitation = json!({"name": "当直", "email": "duty@hikeshi.test", "language": "ja", "role": "reader", "org": org.0});
    let (_, invited) = fixture.post(&operator, "/people", &invitation).await;
    assert_eq!(invited["mailed"], "sent", "{invited}");
    let body = text(&postfix.received().await);
    assert!(body.contains(invited["link"].as_str().unwrap()) && body.contains("24 時間"), "{body}");
    assert_eq!(fixture.get(&operator, "/messages").await["items"], json!([]), "whoever reads the outbox finds no link");
}

#[tokio::test]
async fn a_test_mail_arrives_at_whoever_asked() {
    let Some(postfix) = Postfix::start("a_test_mail_arrives_at_whoever_asked") else { return };
    let fixture = Fixture::start().await;
    fixture.organization("ours").await;
    let operator = fixture.visitor(Role::Operator, None).await;
    set_server(&fixture, &operator, postfix.port()).await;
    let (status, refused) = fixture.post(&operator, "/settings/mail/test", &json!({})).await;
    let said = refused["error"]["message"].as_str().unwrap();
    assert!(status == StatusCode::UNPROCESSABLE_ENTITY && said.contains("example.com"), "what the mail server said is told: {refused}");
    put(&fixture, &operator, "/me", &json!({"name": "n", "email": "duty@hikeshi.test", "language": "en", "time_zone": "UTC"})).await;
    let (status, sent) = fixture.post(&operator, "/settings/mail/test", &json!({})).await;
    assert_eq!((status, &sent["accepted_for"]), (StatusCode::OK, &json!("duty@hikeshi.test")));
    assert!(postfix.received().await.contains("[Hikeshi] Test mail"));
}

#[tokio::test]
async fn without_a_server_a_test_mail_says_so_and_a_dead_one_is_named() {
    let fixture = Fixture::start().await;
    fixture.organization("ours").await;
    let operator = fixture.visitor(Role::Operator, None).await;
    let (status, refused) = fixture.post(&operator, "/settings/mail/test", &json!({})).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused["error"]["message"].as_str().unwrap().contains("no mail server"), "{refused}");
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    set_server(&fixture, &operator, free).await;
    let (status, refused) = fixture.post(&operator, "/settings/mail/test", &json!({})).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused["error"]["message"].as_str().unwrap().contains("did not take it"), "{refused}");
}

// covers: S3-35
#[tokio::test]
async fn one_refused_address_does_not_cost_the_others_their_mail() {
    let Some(postfix) = Postfix::start("one_refused_address_does_not_cost_the_others_their_mail") else { return };
    let fixture = Fixture::start().await;
    let operator = fixture.visitor(Role::Operator, None).await;
    set_server(&fixture, &operator, postfix.port()).await;
    let contacts = json!(["gone@elsewhere.test", "duty@hikeshi.test"]);
    let body = json!({"name": "ours", "time_zone": "Asia/Tokyo", "language": "ja", "contacts": contacts});
    let (status, org) = fixture.post(&operator, "/organizations", &body).await;
    assert!(status.is_success(), "{org}");
    let org = hikeshi_domain::OrganizationId(org["id"].as_str().unwrap().parse().unwrap());
    let key = fixture.key(org, KeyScope::Forwarder { name: "av".to_owned() }).await;
    let (_, receipt) = fixture.alert(&key, &product_alert("1", "PC-1", &"ab".repeat(32))).await;
    let alert = receipt["id"].as_str().unwrap();
    let page = fixture.triaged(&operator, alert).await;
    let judged = json!({"verdict": "black", "reason": "r", "expected_version": page["alert"]["version"]});
    assert_eq!(fixture.post(&operator, &format!("/alerts/{alert}/override"), &judged).await.0, StatusCode::OK);
    let arrived = postfix.received().await;
    assert!(arrived.contains("duty@hikeshi.test") && !arrived.contains("gone@"), "{arrived}");
    let sent = fixture.until(&operator, "/messages", |page| page["items"][0]["state"] == "failed").await;
    let reason = sent["items"][0]["reason"].as_str().unwrap();
    assert!(reason.contains("gone@elsewhere.test") && !reason.contains("duty@"), "{reason}");
}
