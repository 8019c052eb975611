//! The model: headers, threads, marks.

use hikeshi_mail::Automatic;

use crate::letter::{mail_with, model, word};

#[test]
fn headers_are_given_and_decoded() {
    let head = format!(
        "Reply-To: {} <r@customer.example>\r\nCc: a@example.jp, \"B, C\" <b@example.jp>\r\nIn-Reply-To: <x@y>\r\nReferences: <v@y>\r\n <w@y> <x@y>",
        word("佐藤", "iso-2022-jp")
    );
    let mail = model(&mail_with(&head, &word("件名", "shift_jis"), "x"));
    assert_eq!((mail.subject.as_str(), mail.message_id.as_deref()), ("件名", Some("1@customer.example")));
    assert_eq!(mail.reply_to.first().map(|one| one.name.as_str()), Some("佐藤"));
    assert_eq!(mail.cc.iter().map(|one| one.email.as_str()).collect::<Vec<_>>(), ["a@example.jp", "b@example.jp"]);
    assert_eq!((mail.in_reply_to, mail.references), (vec!["x@y".to_owned()], ["v@y", "w@y", "x@y"].map(str::to_owned).to_vec()));
    assert_eq!(mail.date.unwrap().to_string(), "2026-03-10T09:00:00+09:00[+09:00]");
    let subject = mail.headers.iter().find(|header| header.name == "Subject").unwrap();
    assert!(subject.raw.starts_with("=?shift_jis?B?") && subject.value == "件名" && mail.japanese_charset);
    assert_eq!(mail.sha256.len(), 64);
}

fn automatic(head: &str, subject: &str) -> Option<Automatic> {
    model(&mail_with(head, subject, "x")).marks.automatic
}

#[test]
fn machines_are_told_from_people() {
    assert_eq!(automatic("Auto-Submitted: no", "Question"), None);
    assert_eq!(automatic("Auto-Submitted: auto-replied (vacation)", "x"), Some(Automatic::Reply));
    assert_eq!(automatic("Auto-Submitted: auto-generated", "x"), Some(Automatic::Generated));
    assert_eq!(automatic("Return-Path: <>", "x"), Some(Automatic::Generated));
    assert_eq!(automatic("", "自動返信：お問い合わせ"), Some(Automatic::Reply));
    assert_eq!(
        automatic("Content-Type: multipart/report; report-type=disposition-notification; boundary=b", "Read"),
        Some(Automatic::Reply)
    );
    let report = "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\nAuto-Submitted: auto-replied";
    assert_eq!(automatic(report, "Undelivered Mail Returned to Sender"), Some(Automatic::Bounce));
    let body = "--b\r\n\r\nfailed\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nFinal-Recipient: rfc822; a@b\r\n--b--\r\n";
    assert_eq!(model(&mail_with("Content-Type: multipart/mixed; boundary=b", "x", body)).marks.automatic, Some(Automatic::Bounce));
}

#[test]
fn an_acknowledgement_goes_to_people_only_and_into_no_circle() {
    let may = |head: &str| model(&mail_with(head, "x", "x")).marks.may_be_answered(&["desk@provider.example"]);
    assert!(may("") && may("X-Auto-Response-Suppress: None") && may("Delivered-To: desk@provider.example"));
    let passed = vec!["Received: from a by b; Tue, 10 Mar 2026 09:00:00 +0900"; 41].join("\r\n");
    for head in [
        "Auto-Submitted: auto-generated",
        "Precedence: bulk",
        "Precedence: list",
        "List-Id: <a.b>",
        "X-Auto-Response-Suppress: DR, AutoReply",
        "X-Auto-Response-Suppress: All",
        "X-Loop: Desk@provider.example",
        "Delivered-To: desk@provider.example\r\nDelivered-To: x@y\r\nDelivered-To: desk@provider.example",
        "Return-Path: <>",
        passed.as_str(),
    ] {
        assert!(!may(head), "{head}");
    }
}
