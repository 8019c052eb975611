//! Mails that want to break the reader: it ends, within its limits, whatever they hold.

use hikeshi_mail::{Defect, DefectKind, Limits, read};
use proptest::prelude::*;

use crate::letter::{ENGLISH, JAPANESE, asked, bytes_of, mail_in, mail_with, model, subject, word};

fn has(defects: &[Defect], kind: DefectKind) -> bool {
    defects.iter().any(|defect| defect.kind == kind)
}

#[test]
fn limits_hold_and_are_named() {
    let few = Limits {
        bytes: 4000,
        header_bytes: 500,
        headers: 10,
        depth: 3,
        parts: 5,
        text_bytes: 100,
        all_text_bytes: 150,
        ..Limits::default()
    };
    let long = "x".repeat(5000);
    let cases = [
        mail_with("", "x", &long),
        mail_with(&format!("X-Long: {}", "y".repeat(1000)), "x", "z"),
        mail_with("X-Many: 1\r\n".repeat(20).trim_end(), "x", "z"),
        mail_with("Content-Type: multipart/mixed; boundary=b", "x", &"--b\r\n\r\nx\r\n".repeat(20)),
    ];
    for bytes in cases {
        let mail = read(&bytes, &few);
        assert!(has(&mail.defects, DefectKind::Limit), "{}", String::from_utf8_lossy(&bytes));
        assert!(mail.parts.len() <= few.parts && mail.headers.len() <= few.headers);
        assert!(mail.parts.iter().filter_map(|part| part.text.as_ref()).map(String::len).sum::<usize>() <= 3 * few.all_text_bytes);
    }
}

#[test]
fn nests_of_parts_and_mails_end() {
    let nest =
        (0..5000).fold(String::new(), |nest, at| nest + &format!("Content-Type: multipart/mixed; boundary=b{at}\r\n\r\n--b{at}\r\n"));
    let mail = model(nest.as_bytes());
    assert!(mail.parts.len() <= 30 && has(&mail.defects, DefectKind::Limit));
    let mails = "Content-Type: message/rfc822\r\n\r\n".repeat(5000);
    let mail = model(mails.as_bytes());
    assert!(mail.parts.len() <= 30 && has(&mail.defects, DefectKind::Limit));
    let many = format!(
        "Content-Type: multipart/mixed; boundary=b\r\n\r\n{}",
        "--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: x\r\n\r\ny\r\n".repeat(2000)
    );
    assert!(model(many.as_bytes()).parts.len() <= 500);
}

#[test]
fn text_that_looks_for_slow_places_is_read_at_once() {
    for piece in [
        "<a \"",
        "<!--",
        "&",
        "=?",
        "=?utf-8?Q?",
        "=?utf-8?B?",
        "((((",
        "[x]",
        "○",
        "3月14日",
        "組織名: ",
        "> ",
        "\u{3000}",
        "1.",
        "\u{1b}$B",
        "a@b<",
        "From: a\nTo: b\nSubject: c\n",
        "10:00 +09:00 ",
        "攻撃",
        "Asia/Tokyo ",
    ] {
        let body = piece.repeat(60_000 / piece.len());
        for head in ["Content-Type: text/plain; charset=iso-2022-jp", "Content-Type: text/html; charset=utf-8"] {
            let line: String = body.chars().filter(|letter| *letter != '\n').take(30_000).collect();
            asked(&mail_with(
                head,
                &line,
                &format!("スコーピングコール希望日時: {body}\n影響を受けた組織拠点: {body}\nリクエスト内容:\n{body}"),
            ));
        }
    }
}

/// Bytes that are mails but for some damage.
fn damaged() -> impl Strategy<Value = Vec<u8>> {
    let html = mail_with(
        "Content-Type: text/html; charset=utf-8",
        &subject("A"),
        &format!("<table><tr><td>{}</td></tr></table>", ENGLISH.replace('\n', "</td></tr><tr><td>")),
    );
    let parts = mail_with(
        "Content-Type: multipart/mixed; boundary=b",
        &word("件名", "iso-2022-jp"),
        &format!(
            "--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: y\r\n\r\n{JAPANESE}\r\n--b\r\nContent-Disposition: attachment; filename*0*=utf-8''%E3; filename*1=x\r\n\r\nz\r\n--b--"
        ),
    );
    let seeds = vec![
        mail_in("iso-2022-jp", &subject("件名"), JAPANESE, false),
        mail_in("shift_jis", &subject("件名"), JAPANESE, true),
        mail_with("", "x", ENGLISH),
        html,
        parts,
    ];
    let hits = proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..4_usize), 0..40);
    (prop::sample::select(seeds), hits).prop_map(|(mut bytes, hits)| {
        for (at, byte, what) in hits {
            if bytes.is_empty() {
                break;
            }
            let at = at.index(bytes.len());
            match what {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                2 => drop(bytes.remove(at)),
                _ => bytes.truncate(bytes.len().max(at + 1) - 1),
            }
        }
        bytes
    })
}

/// What holds of whatever was read.
fn holds(bytes: &[u8]) {
    let limits = Limits::default();
    let mail = read(bytes, &limits);
    assert!(mail.parts.len() <= limits.parts && mail.defects.len() <= limits.defects && mail.headers.len() <= limits.headers);
    for (index, part) in mail.parts.iter().enumerate() {
        assert!(
            part.message.is_none_or(|outer| outer < index) && part.alternative.is_none_or(|outer| outer < index),
            "a part before what holds it"
        );
    }
    let copy: hikeshi_mail::Mail = serde_json::from_value(serde_json::to_value(&mail).unwrap()).unwrap();
    assert_eq!((copy.parts.len(), copy.subject), (mail.parts.len(), mail.subject));
    let asked = asked(bytes);
    assert!(asked.organization.as_deref().is_none_or(|name| !name.is_empty() && name.trim() == name), "{:?}", asked.organization);
    assert!(
        asked.scoping_call.wished.as_deref().is_none_or(|wished| wished.parse::<jiff::Timestamp>().is_ok()),
        "{:?}",
        asked.scoping_call
    );
    let missing = asked.missing.iter().any(|key| key == "organization");
    assert!(!missing || asked.organization.is_none(), "given and missing at once");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn damaged_mails_are_read(bytes in damaged()) {
        holds(&bytes);
    }

    #[test]
    fn any_bytes_are_read(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
        holds(&bytes);
    }

    #[test]
    fn any_name_of_an_organisation_comes_back(name in "[a-zA-Zぁ-んァ-ヶ一-龠０-９&．・]{1,30}( [a-zA-Zぁ-んァ-ヶ一-龠]{1,10})?") {
        for charset in ["utf-8", "shift_jis", "iso-2022-jp", "euc-jp"] {
            // Letters that the charset does not have come back as something else.
            if bytes_of(&name, charset).windows(2).any(|two| two == b"&#") {
                continue;
            }
            let read = asked(&mail_in(charset, &subject(&name), "担当者氏名: A\n", true)).organization;
            // A short one may say that there is none: `na`.
            prop_assert!(read.as_deref() == Some(name.as_str()) || read.is_none() && name.chars().count() <= 6, "{charset}: {read:?} of {name}");
        }
    }
}
