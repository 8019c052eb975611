//! Makes mails, and compares what is read of them with what is expected.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use encoding_rs::{EUC_JP, Encoding, ISO_2022_JP, SHIFT_JIS};
use hikeshi_domain::playbook::Files;
use hikeshi_mail::{Book, Intake, Limits, Mail, intake, read};
use serde_json::Value;

static BOOK: LazyLock<Book> = LazyLock::new(|| Book::load(&Files::shipped()).unwrap());

/// The fixed subject with an organisation.
pub(crate) fn subject(organization: &str) -> String {
    format!("Incident Management Request Service Request: {organization}")
}

/// A mail in UTF-8 with these lines before the usual ones, written on Tuesday, 10 March 2026 in Japan.
pub(crate) fn mail_with(headers: &str, subject: &str, body: &str) -> Vec<u8> {
    let usual = "From: Taro <taro@customer.example>\r\nTo: desk@provider.example\r\nMessage-ID: <1@customer.example>\r\nMIME-Version: 1.0";
    let date = if headers.contains("Date:") { "" } else { "Date: Tue, 10 Mar 2026 09:00:00 +0900\r\n" };
    let kind = if headers.contains("Content-Type:") {
        ""
    } else {
        "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n"
    };
    format!("{headers}{}{usual}\r\n{date}{kind}Subject: {subject}\r\n\r\n{body}", if headers.is_empty() { "" } else { "\r\n" }).into_bytes()
}

/// The same with nothing before.
pub(crate) fn mail(subject: &str, body: &str) -> Vec<u8> {
    mail_with("", subject, body)
}

/// Text in the bytes of a charset.
pub(crate) fn bytes_of(text: &str, charset: &str) -> Vec<u8> {
    let encoding: &'static Encoding = match charset {
        "iso-2022-jp" => ISO_2022_JP,
        "shift_jis" => SHIFT_JIS,
        "euc-jp" => EUC_JP,
        _ => return text.as_bytes().to_vec(),
    };
    encoding.encode(text).0.into_owned()
}

/// `=?charset?B?…?=`, whole letters in each word.
pub(crate) fn word(text: &str, charset: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    let words = letters.chunks(12).map(|some| some.iter().collect::<String>());
    words.map(|some| format!("=?{charset}?B?{}?=", STANDARD.encode(bytes_of(&some, charset)))).collect::<Vec<_>>().join("\r\n ")
}

/// A mail whose subject and body are in a charset: the subject as encoded words, the body in base64 or as it is.
pub(crate) fn mail_in(charset: &str, subject: &str, body: &str, base64: bool) -> Vec<u8> {
    let transfer = if base64 { "base64" } else { "8bit" };
    let head = format!("Content-Type: text/plain; charset={charset}\r\nContent-Transfer-Encoding: {transfer}");
    let mut mail = mail_with(&head, &word(subject, charset), "");
    let body = bytes_of(body, charset);
    mail.extend(if base64 { wrapped(&body).into_bytes() } else { body });
    mail
}

/// Base64 in lines.
pub(crate) fn wrapped(bytes: &[u8]) -> String {
    let text = STANDARD.encode(bytes);
    text.as_bytes().chunks(76).map(|line| format!("{}\r\n", String::from_utf8_lossy(line))).collect()
}

/// Reads a mail.
pub(crate) fn model(bytes: &[u8]) -> Mail {
    read(bytes, &Limits::default())
}

/// Reads what a mail asks.
pub(crate) fn asked(bytes: &[u8]) -> Intake {
    intake(&model(bytes), &BOOK)
}

/// What is expected must stand in what was read; what is not named may be anything.
#[track_caller]
pub(crate) fn check(bytes: &[u8], expected: Value) {
    let read = serde_json::to_value(asked(bytes)).unwrap();
    let mut wrong = Vec::new();
    differences("", &expected, &read, &mut wrong);
    assert!(
        wrong.is_empty(),
        "{}\nin {}\nof\n{}",
        wrong.join("\n"),
        serde_json::to_string_pretty(&read).unwrap(),
        String::from_utf8_lossy(bytes)
    );
}

fn differences(place: &str, expected: &Value, read: &Value, wrong: &mut Vec<String>) {
    match (expected, read) {
        (Value::Object(expected), Value::Object(read)) => {
            for (key, value) in expected {
                differences(&format!("{place}.{key}"), value, read.get(key).unwrap_or(&Value::Null), wrong);
            }
        }
        _ if expected == read => {}
        _ => wrong.push(format!("{place}: expected {expected}, read {read}")),
    }
}

/// A whole request in Japanese.
pub(crate) const JAPANESE: &str = "お世話になっております。\n下記の通りご連絡いたします。\n\n組織名: 株式会社ひけし\n影響を受けた組織拠点(市、州、国): 東京都千代田区、日本\n担当者氏名: 消防 太郎\n担当者主電話番号: 03-1234-5678\n担当者副電話番号: 090-1234-5678\n担当者メールアドレス: taro@customer.example\nリテイナーサービスの種別: 緊急\nリクエスト内容: サーバーのファイルが暗号化され、\n業務が停止しています。調査をお願いします。\n脅威インジケーター: 203.0.113.5\nevil.example\n現在の状態: 発生中\n業務への影響情報: 受注システムが停止\nリクエストの緊急度: 緊急\nスコーピングコール希望日時(現地タイムゾーン): 2026年3月14日(土) 10時 JST\n\n以上、よろしくお願いいたします。\n消防 太郎\n";

/// A whole request in English.
pub(crate) const ENGLISH: &str = "Hello,\n\nOrganization name: Example Holdings, Inc.\nAffected site (city, state, country): Atlanta, Georgia, USA\nContact person's name: Ann Smith\nContact primary phone: +1 404 555 0100\nContact secondary phone: +1 404 555 0101\nContact email: ann@example.com\nRetainer service type: Emergency\nRequest: We found ransom notes on two servers.\nPlease help us to find out how they got there.\nThreat indicators: note.txt, 198.51.100.7\nCurrent state: contained\nBusiness impact: The web shop is closed.\nUrgency: urgent\nDesired date and time for scoping call (local time zone): March 14, 2026 2:00 PM EDT\n\nBest regards,\nAnn\n";
