//! `hikeshi mail intake`: a mail as it was received, read in a process of its own.

use std::fs;
use std::process::Output;

use serde_json::{Value, json};

use crate::hikeshi;

/// 組織名: A, 緊急度: 緊急 and a reader's usual trouble: ISO-2022-JP, folded and split.
const MAIL: &[u8] = b"Date: Tue, 10 Mar 2026 03:25:00 +0900\r\nFrom: =?ISO-2022-JP?B?GyRCOjRGIxsoQg==?= <s@customer.example>\r\nMIME-Version: 1.0\r\n\
Subject: Incident Management Request\r\n Service Request: =?ISO-2022-JP?B?GyRCQUg/JRsoQg==?=\r\nContent-Type: text/plain; charset=ISO-2022-JP\r\n\
Content-Transfer-Encoding: 7bit\r\n\r\n\x1b$BC4Ev<T;aL>\x1b(B: \x1b$B:4F#\x1b(B\r\n\x1b$B6[5^EY\x1b(B: \x1b$B6[5^\x1b(B\r\n";

fn intake(bytes: &[u8], words: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mail.eml");
    fs::write(&file, bytes).unwrap();
    hikeshi().args(["mail", "intake"]).args(words).arg(&file).output().unwrap()
}

fn asked(bytes: &[u8]) -> Value {
    let output = intake(bytes, &["--json"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

// covers: S0-33, S0-36, S0-72
#[test]
fn a_request_is_told_in_the_shape_of_the_contract() {
    let expected = json!({
        "kind": "service_request", "organization": "組織", "sites": [],
        "contact": {"name": "佐藤", "phone_primary": null, "phone_secondary": null, "email": null},
        "service": null, "urgency": "urgent", "state": null, "indicators": null, "business_impact": null, "request": null,
        "scoping_call": {"raw": null, "wished": null, "tz": null},
        "sensitive": false, "emergency_by_mail": true, "language": "ja",
        "missing": ["sites", "contact.phone_primary", "contact.phone_secondary", "contact.email", "service", "state", "indicators", "business_impact", "request", "scoping_call"],
        "defects": [],
    });
    assert_eq!(asked(MAIL), expected);
}

#[test]
fn a_page_is_told_in_both_languages_and_steers_no_terminal() {
    let page = |words: &[&str], bytes: &[u8]| String::from_utf8(intake(bytes, words).stdout).unwrap();
    let japanese = page(&[], MAIL);
    assert!(
        japanese.contains("組織名: 組織\n") && japanese.contains("リクエストの緊急度: 緊急\n") && japanese.contains("! 緊急と見られる"),
        "{japanese}"
    );
    let english = page(&["--lang", "en"], MAIL);
    assert!(english.contains("Kind: Service request\n") && english.contains("Missing: Affected sites, Primary phone"), "{english}");
    let steering = page(&["--lang", "en"], b"Subject: x\n\nContact name: \x1b[2Jeve\nPhone: 1\nEmail: a@b\n");
    assert!(!steering.contains('\u{1b}') && steering.contains("[2Jeve"), "{steering}");
}

#[test]
fn whatever_the_file_is_there_is_an_answer() {
    for bytes in [&b""[..], b"\0\0\0", b"\xff\xfe\xff", &b"Content-Type: message/rfc822\r\n\r\n".repeat(3000), &b"<a \"".repeat(100_000)] {
        assert!(asked(bytes)["kind"].is_string());
    }
    let missing = hikeshi().args(["mail", "intake", "--json", "/nowhere.eml"]).output().unwrap();
    assert!(!missing.status.success() && String::from_utf8_lossy(&missing.stderr).contains("cannot read `/nowhere.eml`"));
}
