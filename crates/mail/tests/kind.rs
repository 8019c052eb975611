//! What kind of mail it is, and whether it looks like an emergency.

use serde_json::json;

use crate::letter::{ENGLISH, JAPANESE, asked, check, mail, mail_with, subject, word};

fn quoted(text: &str) -> String {
    text.lines().map(|line| format!("> {line}\n")).collect()
}

// covers: S0-32
#[test]
fn an_answer_is_an_answer_and_its_quotes_are_not_its_words() {
    let head = "In-Reply-To: <ack@provider.example>\r\nReferences: <ack@provider.example>";
    let body = format!(
        "ありがとうございます。\n担当者副電話番号: 090-0000-1111\n\n2026年3月10日(火) 10:00 Desk <desk@provider.example>:\n{}",
        quoted(JAPANESE)
    );
    check(
        &mail_with(head, &format!("Re: {}", subject("A")), &body),
        json!({"kind": "reply", "organization": "A", "contact": {"phone_secondary": "090-0000-1111", "phone_primary": null}, "service": null, "emergency_by_mail": false, "language": "ja"}),
    );
    let body = format!("Thanks, noted.\n\nOn Tue, 10 Mar 2026 at 10:00, Desk <desk@provider.example>\nwrote:\n{}", quoted(ENGLISH));
    check(
        &mail_with(head, "RE: your request", &body),
        json!({"kind": "reply", "organization": null, "service": null, "emergency_by_mail": false, "language": "en"}),
    );
    let outlook = format!("Noted.\n\n-----Original Message-----\nFrom: Desk\nSent: today\nTo: Ann\nSubject: x\n\n{ENGLISH}");
    check(&mail_with(head, "RE: x", &outlook), json!({"kind": "reply", "organization": null, "contact": {"name": null}}));
    check(&mail("Re: お見積り", "了解しました。"), json!({"kind": "reply"}));
    check(&mail_with("References: <a@b>", "お見積りの件", "了解しました。"), json!({"kind": "reply"}));
}

#[test]
fn questions_of_ours_are_answered_below_them() {
    let head = "In-Reply-To: <ack@provider.example>";
    let body = "> 担当者主電話番号:\n03-5555-6666\n\n> スコーピングコール希望日時:\n3月14日 10時 JST\n> 組織名: 株式会社A\n\nよろしくお願いします。\n";
    check(
        &mail_with(head, "Re: ご不足の項目", body),
        json!({"kind": "reply", "contact": {"phone_primary": "03-5555-6666"}, "scoping_call": {"wished": "2026-03-14T10:00:00+09:00"}, "organization": null}),
    );
}

#[test]
fn what_is_passed_on_is_a_request() {
    let gmail = format!(
        "FYI\n\n---------- Forwarded message ---------\nFrom: Taro <t@customer.example>\nDate: Tue, Mar 10, 2026 at 9:00 AM\nSubject: {}\nTo: <it@customer.example>\n\n{JAPANESE}",
        subject("別の組織")
    );
    check(
        &mail(&format!("Fwd: {}", subject("件名の組織")), &gmail),
        json!({"kind": "service_request", "organization": "株式会社ひけし", "contact": {"name": "消防 太郎"}, "missing": []}),
    );
    let short = format!(
        "ご参考まで。\n\n---------- 転送メッセージ ----------\n差出人: A\n件名: {}\n宛先: B\n\n担当者氏名: 佐藤\n",
        subject("転送元")
    );
    check(&mail("転送: ご連絡", &short), json!({"organization": "転送元", "contact": {"name": "佐藤"}}));
    let old = format!("See below.\n{}", quoted(ENGLISH));
    check(
        &mail(&format!("FW: {}", subject("A")), &old),
        json!({"kind": "service_request", "organization": "Example Holdings, Inc.", "contact": {"name": "Ann Smith"}}),
    );
    let apple = format!(
        "Begin forwarded message:\n\n> From: Ann <a@example.com>\n> Subject: {}\n> Date: x\n> To: it@example.com\n> \n{}",
        subject("B"),
        quoted(ENGLISH)
    );
    check(&mail("Fwd: help", &apple), json!({"kind": "service_request", "organization": "Example Holdings, Inc."}));
}

#[test]
fn a_form_in_an_old_thread_without_its_marks_is_a_request() {
    check(&mail(&format!("Re: {}", subject("A")), JAPANESE), json!({"kind": "service_request"}));
    check(&mail_with("References: <old@customer.example>", &subject("A"), JAPANESE), json!({"kind": "service_request"}));
}

// covers: S0-31, S0-32
#[test]
fn requests_and_questions_in_their_own_words() {
    check(
        &mail("ご相談", "不審なファイルが見つかりました。\n調査をお願いできますでしょうか。折り返しお電話ください。\n"),
        json!({"kind": "service_request", "request": "不審なファイルが見つかりました。\n調査をお願いできますでしょうか。折り返しお電話ください。", "emergency_by_mail": false, "language": "ja"}),
    );
    check(&mail("Callback", "Please call us back on Monday about a scoping call."), json!({"kind": "service_request", "language": "en"}));
    check(&mail("サービスについて", "リテイナー契約の残り時間を教えてください。"), json!({"kind": "inquiry", "emergency_by_mail": false}));
    check(&mail("Question", "Could you tell us which log sources you support?"), json!({"kind": "inquiry"}));
    check(&mail("お礼", "先日はありがとうございました。"), json!({"kind": "other", "missing": []}));
    check(&mail("Lunch", "The menu of this week is attached."), json!({"kind": "other"}));
    check(&mail("", ""), json!({"kind": "other", "organization": null, "language": "en"}));
}

// covers: S0-33
#[test]
fn an_emergency_by_mail_is_seen() {
    check(
        &mail("助けてください", "現在、ランサムウェアの攻撃を受けています。サーバーが次々と暗号化されています。"),
        json!({"kind": "service_request", "emergency_by_mail": true, "service": null, "urgency": null}),
    );
    check(
        &mail("Help", "Attackers are inside our network right now and files are being encrypted."),
        json!({"kind": "service_request", "emergency_by_mail": true}),
    );
    check(
        &mail_with("In-Reply-To: <a@b>", "Re: case", "攻撃が再開し、現在も続いています。"),
        json!({"kind": "reply", "emergency_by_mail": true}),
    );
    check(
        &mail("Status", "No attack is under way. Could you send us the contract?"),
        json!({"kind": "inquiry", "emergency_by_mail": false}),
    );
    check(
        &mail("ご報告", "現時点で被害は確認されていません。対応手順を教えてください。"),
        json!({"kind": "inquiry", "emergency_by_mail": false}),
    );
    check(
        &mail("演習のご相談", "ランサムウェア攻撃が続いている想定の演習をしたいのですが、可能でしょうか。"),
        json!({"kind": "inquiry", "emergency_by_mail": false}),
    );
    let proactive = "組織名: A\nリテイナーサービスの種別: 事前対応\nリクエストの緊急度: 緊急ではない\n現在の状態: 将来的な脅威\nリクエスト内容: 攻撃を受けた場合の体制を相談したい。\n";
    check(
        &mail(&subject("A"), proactive),
        json!({"service": "proactive", "urgency": "non_urgent", "state": "future", "emergency_by_mail": false}),
    );
    let under_way = "組織名: A\nリテイナーサービスの種別: 事前対応\nリクエストの緊急度: 緊急ではない\nリクエスト内容: 今まさに不正アクセスが続いています。\n";
    check(&mail(&subject("A"), under_way), json!({"service": "proactive", "urgency": "non_urgent", "emergency_by_mail": true}));
    check(
        &mail(&format!("[URGENT] {}", subject("A")), "担当者氏名: B\n"),
        json!({"urgency": "urgent", "emergency_by_mail": true, "organization": "A"}),
    );
}

// covers: S0-60
#[test]
fn a_sensitive_mail_is_marked_so() {
    check(&mail(&format!("SENSITIVE: {}", subject("A")), ""), json!({"sensitive": true, "organization": "A", "kind": "service_request"}));
    check(&mail(&word("[SENSITIVE] ご連絡", "iso-2022-jp"), "x"), json!({"sensitive": true}));
    check(&mail("Re: TLP:AMBER SENSITIVE x", "This is SENSITIVE"), json!({"sensitive": true, "kind": "reply"}));
    check(&mail("Report on non-sensitive data", "SENSITIVE"), json!({"sensitive": false}));
}

#[test]
fn what_a_machine_sent_is_neither_request_nor_answer() {
    let quoted_form = format!("I am out of the office.\n\n{ENGLISH}");
    for (head, subject) in [
        ("Auto-Submitted: auto-replied", "Re: your mail"),
        ("X-Autoreply: yes\r\nIn-Reply-To: <a@b>", "Re: x"),
        ("Precedence: auto_reply", "Re: x"),
        ("In-Reply-To: <a@b>", "Automatic reply: x"),
        ("In-Reply-To: <a@b>", "自動応答: x"),
        ("In-Reply-To: <a@b>", "【不在通知】Re: x"),
        ("Return-Path: <>\r\nX-Failed-Recipients: x@y", "Undelivered Mail Returned to Sender"),
    ] {
        check(&mail_with(head, subject, &quoted_form), json!({"kind": "other", "emergency_by_mail": false, "missing": []}));
    }
    check(&mail_with("Auto-Submitted: auto-generated", &subject("A"), ENGLISH), json!({"kind": "service_request"}));
    check(&mail_with("Auto-Submitted: no", "Question", "Could you tell us the price?"), json!({"kind": "inquiry"}));
    check(
        &mail_with(
            "Precedence: bulk\r\nList-Unsubscribe: <mailto:x@y>",
            "News",
            "Attackers are actively exploiting a hole right now. Would you like to know more?",
        ),
        json!({"kind": "other", "emergency_by_mail": false}),
    );
    check(
        &mail_with("List-Id: <security.customer.example>\r\nPrecedence: list", &subject("A"), ENGLISH),
        json!({"kind": "service_request", "organization": "Example Holdings, Inc."}),
    );
}

#[test]
fn a_choice_that_is_none_is_told() {
    let read = asked(&mail(&subject("A"), "リテイナーサービスの種別: 緊急/事前\nリクエストの緊急度: まあまあ\n担当者氏名: B\n"));
    assert_eq!(read.defects.iter().map(|defect| defect.place.as_str()).collect::<Vec<_>>(), ["service", "urgency"]);
}
