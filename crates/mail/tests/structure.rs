//! Parts: alternatives, HTML, mails inside of mails, and structures that are not what they say.

use hikeshi_mail::DefectKind;
use serde_json::json;

use crate::letter::{ENGLISH, JAPANESE, asked, check, mail_with, model, subject, wrapped};

fn multipart(parts: &[&str]) -> String {
    let parts: String = parts.iter().map(|part| format!("--=_b\r\n{part}\r\n")).collect();
    format!("This is a message in parts.\r\n{parts}--=_b--\r\n")
}

fn whole() -> serde_json::Value {
    json!({"kind": "service_request", "organization": "株式会社ひけし", "contact": {"name": "消防 太郎", "phone_primary": "03-1234-5678"}, "service": "emergency", "missing": []})
}

fn page(text: &str) -> String {
    text.lines().map(|line| format!("<div>{}</div>", line.replace('&', "&amp;").replace('<', "&lt;"))).collect()
}

#[test]
fn html_alone_is_read() {
    let head = "Content-Type: text/html; charset=utf-8";
    check(&mail_with(head, "x", &format!("<html><head><style>div{{}}</style></head><body>{}</body></html>", page(JAPANESE))), whole());
    let rows: String = JAPANESE
        .lines()
        .filter_map(|line| line.split_once(": "))
        .map(|(label, value)| format!("<tr><td><p>{label}</p></td><td><p>{value}</p></td></tr>\n"))
        .collect();
    check(
        &mail_with(head, "x", &format!("<p>お世話になっております。</p><table>{rows}</table><p>以上</p>")),
        json!({"organization": "株式会社ひけし", "contact": {"name": "消防 太郎"}, "state": "ongoing"}),
    );
    let breaks = JAPANESE.replace('\n', "<br>\n");
    check(&mail_with(head, "x", &format!("<p>{breaks}</p>")), whole());
    let hidden = format!("<div style=\"display:none\">組織名: にせ</div>{}", page(JAPANESE));
    check(&mail_with(head, "x", &hidden), whole());
    let list: String = ENGLISH
        .lines()
        .filter_map(|line| line.split_once(": "))
        .map(|(label, value)| format!("<li><b>{label}</b>: {value}</li>"))
        .collect();
    check(
        &mail_with(head, "x", &format!("<ol>{list}</ol>")),
        json!({"organization": "Example Holdings, Inc.", "contact": {"email": "ann@example.com"}, "language": "en"}),
    );
    let quote = format!("<p>ありがとうございます。</p><blockquote>{}</blockquote>", page(JAPANESE));
    check(
        &mail_with(&format!("In-Reply-To: <a@b>\r\n{head}"), "Re: x", &quote),
        json!({"kind": "reply", "organization": null, "service": null}),
    );
}

#[test]
fn of_alternatives_the_plain_one_is_read_unless_it_lost_the_form() {
    let head = "Content-Type: multipart/alternative; boundary=\"=_b\"";
    let html = format!("Content-Type: text/html; charset=utf-8\r\n\r\n{}", page(&JAPANESE.replace("株式会社ひけし", "HTML")));
    let plain = format!("Content-Type: text/plain; charset=utf-8\r\n\r\n{JAPANESE}");
    check(&mail_with(head, "x", &multipart(&[&plain, &html])), whole());
    check(&mail_with(head, "x", &multipart(&["Content-Type: text/plain\r\n\r\n \r\n", &html])), json!({"organization": "HTML"}));
    check(
        &mail_with(head, "x", &multipart(&["Content-Type: text/plain\r\n\r\nThis mail is HTML.\r\n", &html])),
        json!({"organization": "HTML"}),
    );
}

#[test]
fn parts_in_parts_with_an_attachment() {
    let plain =
        format!("Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n{}", wrapped(JAPANESE.as_bytes()));
    let inner = format!(
        "Content-Type: multipart/alternative; boundary=in\r\n\r\n--in\r\n{plain}\r\n--in\r\nContent-Type: text/html\r\n\r\n<p>x</p>\r\n--in--"
    );
    let file = "Content-Type: text/plain; name=log.txt\r\nContent-Disposition: attachment\r\n\r\n組織名: ログの中\r\n";
    let bytes = mail_with("Content-Type: multipart/mixed; boundary=\"=_b\"", "x", &multipart(&[&inner, file]));
    check(&bytes, whole());
    let mail = model(&bytes);
    let places: Vec<_> = mail.parts.iter().map(|part| part.place.as_str()).collect();
    assert_eq!(places, ["1", "1", "1.1", "1.2", "2"]);
    let kept: Vec<_> = mail.attachments().map(|part| (part.filename.as_deref(), part.sha256.len())).collect();
    assert_eq!(kept, [(Some("log.txt"), 64)]);
}

#[test]
fn a_request_inside_of_a_mail_is_found() {
    let inside = format!(
        "Content-Type: message/rfc822\r\n\r\nSubject: {}\r\nFrom: a@b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{}",
        subject("中の組織"),
        ENGLISH.replace("Organization name: Example Holdings, Inc.\n", "")
    );
    let bytes = mail_with(
        "Content-Type: multipart/mixed; boundary=\"=_b\"",
        "Fwd: see inside",
        &multipart(&["Content-Type: text/plain\r\n\r\nsee the attached mail", &inside]),
    );
    check(&bytes, json!({"kind": "service_request", "organization": "中の組織", "contact": {"name": "Ann Smith"}, "service": "emergency"}));
}

// covers: S0-61
#[test]
fn an_encrypted_mail_is_known_as_one() {
    for (head, body) in [
        (
            "Content-Type: multipart/encrypted; protocol=\"application/pgp-encrypted\"; boundary=\"=_b\"",
            multipart(&[
                "Content-Type: application/pgp-encrypted\r\n\r\nVersion: 1",
                "Content-Type: application/octet-stream\r\n\r\n-----BEGIN PGP MESSAGE-----",
            ]),
        ),
        ("Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m", "MIIB".to_owned()),
        ("Content-Type: text/plain", "-----BEGIN PGP MESSAGE-----\r\n\r\nhQ==\r\n-----END PGP MESSAGE-----\r\n".to_owned()),
    ] {
        let bytes = mail_with(head, &subject("A"), &body);
        let mail = model(&bytes);
        assert!(mail.encryption.is_some(), "{head}");
        assert!(mail.defects.iter().any(|defect| defect.kind == DefectKind::Encrypted));
        check(&bytes, json!({"kind": "service_request", "organization": "A"}));
    }
}

#[test]
fn structures_that_lie_are_read_as_far_as_they_go() {
    let plain = format!("Content-Type: text/plain; charset=utf-8\r\n\r\n{JAPANESE}");
    let kinds = |bytes: &[u8]| asked(bytes).defects.into_iter().map(|defect| defect.kind).collect::<Vec<_>>();
    let unclosed = mail_with("Content-Type: multipart/mixed; boundary=\"=_b\"", "x", &format!("--=_b\r\n{plain}"));
    check(&unclosed, whole());
    assert_eq!(kinds(&unclosed), [DefectKind::Structure]);
    let unnamed = mail_with("Content-Type: multipart/mixed", "x", &multipart(&[&plain]));
    check(&unnamed, whole());
    assert_eq!(kinds(&unnamed), [DefectKind::Structure]);
    let misnamed = mail_with("Content-Type: multipart/mixed; boundary=other", "x", &multipart(&[&plain]));
    check(&misnamed, whole());
    let partless = mail_with("Content-Type: multipart/mixed; boundary=b", "x", JAPANESE);
    check(&partless, whole());
    assert_eq!(kinds(&partless), [DefectKind::Structure]);
    let headless = JAPANESE.as_bytes();
    check(headless, json!({"kind": "service_request", "organization": "株式会社ひけし"}));
    check(
        format!("From MAILER Tue Mar 10 09:00:00 2026\n{}", String::from_utf8_lossy(&mail_with("", "x", JAPANESE)).replace("\r\n", "\n"))
            .as_bytes(),
        whole(),
    );
    check(String::from_utf8_lossy(&mail_with("", "x", JAPANESE)).replace("\r\n", "\n").replace('\n', "\r").as_bytes(), whole());
    let wide: Vec<u8> = [0xff, 0xfe]
        .into_iter()
        .chain(String::from_utf8_lossy(&mail_with("", "x", JAPANESE)).encode_utf16().flat_map(u16::to_le_bytes))
        .collect();
    check(&wide, whole());
    check(&[&b"\xef\xbb\xbf\r\n\r\n"[..], &mail_with("", "x", JAPANESE)].concat(), whole());
    check(&mail_with("Content-Type: text", "x", JAPANESE), whole());
    check(&mail_with("Content-Type: ;;;=\"", "x", JAPANESE), whole());
    check(
        &mail_with("Content-Type: text/plain; format=flowed; charset=utf-8", "x", &JAPANESE.replace("暗号化され、\n", "暗号化され、 \n")),
        json!({"request": "サーバーのファイルが暗号化され、 業務が停止しています。調査をお願いします。"}),
    );
}
