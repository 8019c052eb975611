//! Charsets and transfer encodings, whole and broken.

use hikeshi_mail::DefectKind;
use serde_json::json;

use crate::letter::{JAPANESE, asked, bytes_of, check, mail_in, mail_with, model, subject, word, wrapped};

const CHARSETS: [&str; 4] = ["iso-2022-jp", "shift_jis", "euc-jp", "utf-8"];

fn whole() -> serde_json::Value {
    json!({"kind": "service_request", "organization": "株式会社ひけし", "contact": {"name": "消防 太郎"}, "state": "ongoing", "language": "ja", "missing": [],
        "scoping_call": {"wished": "2026-03-14T10:00:00+09:00"}, "request": "サーバーのファイルが暗号化され、\n業務が停止しています。調査をお願いします。"})
}

fn kinds(bytes: &[u8]) -> Vec<DefectKind> {
    asked(bytes).defects.into_iter().map(|defect| defect.kind).collect()
}

#[test]
fn every_charset_is_read_in_base64_and_as_it_is() {
    for charset in CHARSETS {
        for base64 in [true, false] {
            let bytes = mail_in(charset, &subject("件名の組織"), JAPANESE, base64);
            check(&bytes, whole());
            assert_eq!(kinds(&bytes), [], "{charset}");
        }
        let only_subject = mail_in(charset, &subject("株式会社ひけし①支社"), "担当者氏名: A\n", true);
        check(&only_subject, json!({"organization": "株式会社ひけし①支社"}));
    }
}

#[test]
fn a_charset_that_is_not_what_is_named_is_repaired_and_told() {
    for actual in CHARSETS {
        for named in ["us-ascii", "iso-8859-1", "iso-2022-jp", "utf-8", "x-unknown"] {
            if named == actual {
                continue;
            }
            let head = format!("Content-Type: text/plain; charset={named}\r\nContent-Transfer-Encoding: 8bit");
            let mut bytes = mail_with(&head, "x", "");
            bytes.extend(bytes_of(JAPANESE, actual));
            check(&bytes, whole());
            assert_eq!(kinds(&bytes), [DefectKind::Charset], "{actual} under {named}");
        }
        let mut bytes = mail_with("Content-Type: text/plain", "x", "");
        bytes.extend(bytes_of(JAPANESE, actual));
        check(&bytes, whole());
    }
}

#[test]
fn headers_with_raw_bytes_are_read() {
    for charset in CHARSETS {
        let mut bytes = b"Subject: ".to_vec();
        bytes.extend(bytes_of(&subject("株式会社ひけし"), charset));
        bytes.extend(b"\r\nFrom: ");
        bytes.extend(bytes_of("佐藤", charset));
        bytes.extend(b" <s@customer.example>\r\n\r\nx\r\n");
        check(&bytes, json!({"kind": "service_request", "organization": "株式会社ひけし"}));
        assert_eq!(
            model(&bytes).from.first().map(|from| (from.name.clone(), from.email.clone())),
            Some(("佐藤".into(), "s@customer.example".into())),
            "{charset}"
        );
    }
}

#[test]
fn words_broken_inside_a_letter_are_read() {
    let split = "=?utf-8?B?SW5jaWRlbnQgTWFuYWdlbWVudCBSZXF1ZXN0IFNlcnZpY2UgUmVxdWVzdDog5qA=?=\r\n =?utf-8?B?quW8j+S8muekvg==?=";
    check(&mail_with("", split, "x"), json!({"organization": "株式会社"}));
    let q = "=?ISO-2022-JP?Q?Incident_Management_Request_Service_Request:_=1B$B3t<02q?=\r\n\t=?ISO-2022-JP?Q?<R=1B(B?=";
    check(&mail_with("", q, "x"), json!({"organization": "株式会社"}));
    let folded = format!("Incident Management Request\r\n Service Request:\r\n\t{}", word("株式会社ひけし", "iso-2022-jp"));
    check(&mail_with("", &folded, "x"), json!({"organization": "株式会社ひけし"}));
    let inside = format!("Incident Management Request Service Request: {} Tokyo", word("株式会社ひけし", "utf-8"));
    check(&mail_with("", &inside, "x"), json!({"organization": "株式会社ひけし Tokyo"}));
}

#[test]
fn iso_2022_jp_without_its_escapes_is_put_right() {
    let head = "Content-Type: text/plain; charset=iso-2022-jp\r\nContent-Transfer-Encoding: 7bit";
    let mut bytes = mail_with(head, &subject("A"), "");
    bytes.extend(bytes_of(JAPANESE, "iso-2022-jp").into_iter().filter(|byte| *byte != 0x1b));
    check(&bytes, whole());
    assert_eq!(kinds(&bytes), [DefectKind::Charset]);
}

#[test]
fn quoted_printable_whole_and_damaged() {
    let body: String = JAPANESE.bytes().map(|byte| if byte == b'\n' { "=0A".to_owned() } else { format!("={byte:02X}") }).collect();
    let lines: String = body.as_bytes().chunks(72).map(|line| format!("{}=\r\n", String::from_utf8_lossy(line))).collect();
    let head = "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable";
    check(&mail_with(head, "x", &lines), whole());
    let damaged = format!("{lines}\r\n=ZZ =");
    let bytes = mail_with(head, "x", &damaged);
    check(&bytes, json!({"kind": "service_request", "organization": "株式会社ひけし"}));
    assert_eq!(kinds(&bytes), [DefectKind::TransferEncoding]);
}

#[test]
fn damaged_base64_gives_what_it_holds() {
    let head = "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64";
    let whole_text = wrapped(JAPANESE.as_bytes());
    let stray = whole_text.replacen("\r\n", "!\r\n~~~", 1);
    let bytes = mail_with(head, "x", &stray);
    check(&bytes, whole());
    assert_eq!(kinds(&bytes), [DefectKind::TransferEncoding]);
    let cut: String = whole_text.chars().take(whole_text.len() / 2 + 1).collect();
    check(
        &mail_with(head, "x", &cut),
        json!({"kind": "service_request", "organization": "株式会社ひけし", "contact": {"name": "消防 太郎"}}),
    );
    let footer = format!("{}\r\n_______________________________________________\r\nsecurity mailing list\r\n", whole_text.trim_end());
    check(
        &mail_with(head, "x", &footer),
        json!({"organization": "株式会社ひけし", "scoping_call": {"wished": "2026-03-14T10:00:00+09:00"}}),
    );
    check(
        &mail_with(head, &subject("A"), "plain text under a wrong name: 組織名\n"),
        json!({"kind": "service_request", "organization": "A"}),
    );
}

#[test]
fn names_of_files_are_decoded_in_every_form() {
    let japanese = word("証拠.zip", "iso-2022-jp");
    for parameter in [
        "filename*=UTF-8''%E8%A8%BC%E6%8B%A0.zip".to_owned(),
        "filename*0*=utf-8''%E8%A8%BC;\r\n filename*1*=%E6%8B%A0.zip".to_owned(),
        "filename*=Shift_JIS'ja'%8F%D8%8B%92.zip".to_owned(),
        format!("filename=\"{japanese}\""),
        "filename=\"証拠.zip\"".to_owned(),
    ] {
        let body = format!(
            "--b\r\n\r\nsee\r\n--b\r\nContent-Type: application/zip\r\nContent-Disposition: attachment; {parameter}\r\nContent-Transfer-Encoding: base64\r\n\r\nUEs=\r\n--b--\r\n"
        );
        let mail = model(&mail_with("Content-Type: multipart/mixed; boundary=b", "x", &body));
        let names: Vec<_> = mail.attachments().map(|part| (part.filename.clone().unwrap(), part.content.clone())).collect();
        assert_eq!(names, [("証拠.zip".to_owned(), b"PK".to_vec())], "{parameter}");
    }
}
