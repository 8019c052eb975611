//! Mail through a real server: a private Postfix that delivers into a folder.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking; helpers of tests stand outside the test functions")]

mod postfix;

use hikeshi_domain::message::{Delivery, Message};
use hikeshi_domain::phrase::Language;
use hikeshi_domain::settings::{MailSecurity, MailServer};
use hikeshi_domain::{MessageId, OrganizationId};
use hikeshi_notify::mail;
use jiff::Timestamp;
use postfix::Postfix;

fn message(subject: &str, body: &str, to: &str) -> Message {
    Message {
        id: MessageId("01930000-0000-7000-8000-000000000001".parse().unwrap()),
        org: OrganizationId("01930000-0000-7000-8000-0000000000aa".parse().unwrap()),
        to: vec![to.to_owned()],
        subject: subject.to_owned(),
        body: body.to_owned(),
        language: Language::Ja,
        about: None,
        created_at: "2026-11-21T03:08:44Z".parse().unwrap(),
        delivery: Delivery::Queued,
        drill: false,
        taken_for: Vec::new(),
    }
}

fn server(port: u16) -> MailServer {
    MailServer {
        host: "127.0.0.1".to_owned(),
        port,
        security: MailSecurity::Plain,
        user: None,
        password: None,
        from: "desk@hikeshi.test".to_owned(),
    }
}

fn now() -> Timestamp {
    "2026-11-21T03:09:00Z".parse().unwrap()
}

#[tokio::test]
async fn a_japanese_mail_arrives_as_it_was_written() {
    let Some(postfix) = Postfix::start("a_japanese_mail_arrives_as_it_was_written") else { return };
    let sent = message("【Hikeshi】ブラック判定 FR-20261121-0007", "速報レポートを確認してください。\n髙﨑様\n", "duty@hikeshi.test");
    mail::send(&server(postfix.port()), &sent, now()).await.unwrap();
    let arrived = postfix.received().await;
    assert!(arrived.contains("Message-ID: <01930000-0000-7000-8000-000000000001@hikeshi.test>"), "{arrived}");
    assert!(arrived.contains("=?utf-8?b?"), "the subject is encoded: {arrived}");
    let body = arrived.split("\n\n").nth(1).unwrap().replace(['\n', '\r'], "");
    let body = String::from_utf8(postfix::base64(&body)).unwrap();
    assert_eq!(body.replace('\r', ""), sent.body);
}

#[tokio::test]
async fn a_subject_cannot_smuggle_a_header() {
    let Some(postfix) = Postfix::start("a_subject_cannot_smuggle_a_header") else { return };
    let sent = message("report\r\nBcc: thief@hikeshi.test", "text", "duty@hikeshi.test");
    mail::send(&server(postfix.port()), &sent, now()).await.unwrap();
    let arrived = postfix.received().await;
    assert!(!arrived.lines().any(|line| line.starts_with("Bcc:")), "{arrived}");
}

#[tokio::test]
async fn a_refused_recipient_is_permanent() {
    let Some(postfix) = Postfix::start("a_refused_recipient_is_permanent") else { return };
    let error = mail::send(&server(postfix.port()), &message("x", "y", "duty@elsewhere.test"), now()).await.unwrap_err();
    assert!(!error.is_temporary(), "{error}");
}

#[tokio::test]
async fn a_dead_server_is_temporary() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let error = mail::send(&server(free), &message("x", "y", "duty@hikeshi.test"), now()).await.unwrap_err();
    assert!(error.is_temporary(), "{error}");
}

#[tokio::test]
async fn an_address_that_is_none_is_named() {
    let error = mail::send(&server(1), &message("x", "y", "not an address\r\nRCPT TO:<a@b>"), now()).await.unwrap_err();
    assert!(matches!(error, mail::SendError::Address { .. }), "{error}");
}
