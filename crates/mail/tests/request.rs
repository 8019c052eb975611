//! The form in the body, however it is set out.

use serde_json::json;

use crate::letter::{ENGLISH, JAPANESE, asked, check, mail, subject};

// covers: S0-32, S0-36, S0-72, S0-73, S0-74, S0-75, S0-76, S0-77, S0-78, S0-79, S0-80, S0-81, S0-82, S0-83, S0-84, S0-85
#[test]
fn a_whole_request_in_japanese() {
    check(
        &mail(&subject("件名の組織"), JAPANESE),
        json!({
            "kind": "service_request", "organization": "株式会社ひけし",
            "sites": [{"raw": "東京都千代田区、日本", "city": "千代田区", "state": "東京都", "country": "日本"}],
            "contact": {"name": "消防 太郎", "phone_primary": "03-1234-5678", "phone_secondary": "090-1234-5678", "email": "taro@customer.example"},
            "service": "emergency", "urgency": "urgent", "state": "ongoing",
            "indicators": "203.0.113.5\nevil.example", "business_impact": "受注システムが停止",
            "request": "サーバーのファイルが暗号化され、\n業務が停止しています。調査をお願いします。",
            "scoping_call": {"raw": "2026年3月14日(土) 10時 JST", "wished": "2026-03-14T10:00:00+09:00", "tz": "Asia/Tokyo"},
            "sensitive": false, "emergency_by_mail": true, "language": "ja", "missing": [], "defects": [],
        }),
    );
}

// covers: S0-32, S0-36, S0-72
#[test]
fn a_whole_request_in_english() {
    check(
        &mail(&subject("Other"), ENGLISH),
        json!({
            "kind": "service_request", "organization": "Example Holdings, Inc.",
            "sites": [{"raw": "Atlanta, Georgia, USA", "city": "Atlanta", "state": "Georgia", "country": "USA"}],
            "contact": {"name": "Ann Smith", "phone_primary": "+1 404 555 0100", "phone_secondary": "+1 404 555 0101", "email": "ann@example.com"},
            "service": "emergency", "urgency": "urgent", "state": "contained",
            "indicators": "note.txt, 198.51.100.7", "business_impact": "The web shop is closed.",
            "request": "We found ransom notes on two servers.\nPlease help us to find out how they got there.",
            "scoping_call": {"raw": "March 14, 2026 2:00 PM EDT", "wished": "2026-03-14T14:00:00-04:00", "tz": "America/New_York"},
            "emergency_by_mail": true, "language": "en", "missing": [], "defects": [],
        }),
    );
}

// covers: S0-36
#[test]
fn each_item_that_is_left_out_is_named() {
    let keys = [
        "組織名",
        "影響を",
        "担当者氏名",
        "担当者主",
        "担当者副",
        "担当者メ",
        "リテイナー",
        "脅威",
        "現在の",
        "業務への",
        "リクエストの緊急度",
        "スコーピング",
    ];
    let named = [
        "organization",
        "sites",
        "contact.name",
        "contact.phone_primary",
        "contact.phone_secondary",
        "contact.email",
        "service",
        "indicators",
        "state",
        "business_impact",
        "urgency",
        "scoping_call",
    ];
    for (start, key) in keys.iter().zip(named) {
        let body: String =
            JAPANESE.lines().filter(|line| !line.starts_with(start) && !line.starts_with("evil")).map(|line| format!("{line}\n")).collect();
        let read = asked(&mail("Incident Management Request Service Request:", &body));
        assert_eq!(read.missing, [key], "{start}");
    }
}

// covers: S0-81, S0-82, S0-83
#[test]
fn what_only_an_emergency_is_asked_for_is_not_missing_of_a_proactive_request() {
    let body = "組織名: A\nリテイナーサービスの種別: 事前対応\nリクエストの緊急度: 緊急ではない\nリクエスト内容: 演習の相談\n";
    check(
        &mail(&subject("A"), body),
        json!({"service": "proactive", "urgency": "non_urgent", "emergency_by_mail": false,
            "missing": ["sites", "contact.name", "contact.phone_primary", "contact.phone_secondary", "contact.email", "scoping_call"]}),
    );
}

#[test]
fn the_organisation_of_the_subject_is_taken_where_the_body_names_none() {
    check(&mail(&subject("  株式会社　ひけし "), "担当者氏名: A\n"), json!({"organization": "株式会社　ひけし"}));
    check(&mail(&subject("A"), "組織名: 不明\n"), json!({"organization": "A"}));
    check(&mail(&subject("A"), "組織名: <組織名>\n担当者氏名：（担当者氏名）\n"), json!({"organization": "A", "contact": {"name": null}}));
    check(&mail(&subject("A"), "組織名: ＡＢＣ (株) \n"), json!({"organization": "ＡＢＣ (株)"}));
}

#[test]
fn items_come_numbered_bulleted_bracketed_and_wide() {
    let expected = json!({"kind": "service_request", "organization": "A社", "contact": {"name": "佐藤", "phone_primary": "03-1111-2222"}, "service": "emergency", "urgency": "urgent"});
    for body in [
        "1. 組織名: A社\n2. 担当者氏名: 佐藤\n3. 担当者主電話番号: 03-1111-2222\n4. リテイナーサービスの種別: 緊急\n5. リクエストの緊急度: 緊急\n",
        "（１）組織名：A社\n（２）担当者氏名：佐藤\n（３）担当者主電話番号：０３−１１１１−２２２２\n（４）リテイナーサービスの種別：緊急\n（５）リクエストの緊急度：緊急\n",
        "①組織名　A社\n②担当者氏名　佐藤\n③担当者主電話番号　03-1111-2222\n④リテイナーサービスの種別　緊急\n⑤リクエストの緊急度　緊急\n",
        "■組織名\nA社\n■担当者氏名\n佐藤\n■担当者主電話番号\n03-1111-2222\n■リテイナーサービスの種別\n緊急\n■リクエストの緊急度\n緊急\n",
        "【組織名】A社\n【担当者氏名】佐藤\n【担当者主電話番号】03-1111-2222\n【リテイナーサービスの種別】緊急\n【リクエストの緊急度】緊急\n",
        "・組織名 ＝ A社\n・担当者氏名 ＝ 佐藤\n・担当者主電話番号 ＝ ０３ー１１１１ー２２２２\n・リテイナーサービスの種別 ＝ ☑緊急 □事前\n・リクエストの緊急度 ＝ ■緊急 □緊急ではない\n",
        "リクエストの緊急度: 緊急\nリテイナーサービスの種別: 緊急\n担当者主電話番号: 03-1111-2222\n担当者氏名: 佐藤\n組織名: A社\n",
        "組織名：\n\n　A社\n\n担当者氏名：\n　佐藤\n\n担当者主電話番号：\n　03-1111-2222\n\nリテイナーサービスの種別：\n　緊急\n\nリクエストの緊急度：\n　緊急\n",
        "| 項目 | 内容 |\n|---|---|\n| 組織名 | A社 |\n| 担当者氏名 | 佐藤 |\n| 担当者主電話番号 | 03-1111-2222 |\n| リテイナーサービスの種別 | 緊急 |\n| リクエストの緊急度 | 緊急 |\n",
        "組織名\tA社\n担当者氏名\t佐藤\n担当者主電話番号\t03-1111-2222\nリテイナーサービスの種別\t緊急\nリクエストの緊急度\t緊急\n",
        "組 織 名 : A社\n担当者氏名(必須) : 佐藤\n担当者主電話番号* : 03-1111-2222\nリテイナーサービスの種別(事前/緊急) : 緊急\nリクエストの緊急度(緊急/緊急ではない) : 緊急\n",
    ] {
        check(&mail("ご連絡", body), expected.clone());
    }
}

#[test]
fn items_come_so_in_english_too() {
    let expected = json!({"kind": "service_request", "organization": "Acme", "contact": {"name": "Bob", "phone_primary": "+44 20 7946 0000", "email": "bob@acme.example"}, "service": "proactive", "urgency": "non_urgent", "language": "en"});
    for body in [
        "1) Organisation: Acme\n2) Contact name: Bob\n3) Primary phone: +44 20 7946 0000\n4) E-mail: bob@acme.example\n5) Type of service: Proactive\n6) Urgency: Not urgent\n",
        "* Organization Name - Acme\n* Contact Person - Bob\n* Contact Primary Phone Number - +44 20 7946 0000\n* Contact Email Address - bob@acme.example\n* Retainer Service Type - proactive\n* Urgency of Request - non-urgent\n",
        "**Organization:** Acme\n**Contact person's name:** Bob\n**Phone (primary):** +44 20 7946 0000\n**Email:** Bob <bob@acme.example>\n**Service (proactive or emergency):** Proactive\n**Urgency (urgent/non-urgent):** non-urgent\n",
        "ORGANIZATION\nAcme\n\nCONTACT NAME\nBob\n\nPRIMARY PHONE\n+44 20 7946 0000\n\nEMAIL\nbob@acme.example\n\nRETAINER SERVICE\n[ ] Emergency [x] Proactive\n\nURGENCY\n( ) Urgent (x) Non-urgent\n",
        "[Organization] Acme\n[Contact name] Bob\n[Primary phone] +44 20 7946 0000\n[Email] <mailto:bob@acme.example>\n[Kind of retainer service] Pro-active\n[Urgency] Low\n",
    ] {
        check(&mail("Hello", body), expected.clone());
    }
}

#[test]
fn nothing_is_not_a_value() {
    let body = "Organization: Acme\nContact name: n/a\nPrimary phone: -\nSecondary phone: N/A\nEmail: unknown\nSites: TBD\nService: emergency\nIndicators: none\nBusiness impact: Not known\nUrgency: ?\nScoping call: TBD\n";
    check(
        &mail(&subject("X"), body),
        json!({"contact": {"name": null, "phone_primary": null, "phone_secondary": null, "email": null}, "sites": [], "indicators": null, "business_impact": null, "urgency": null,
            "scoping_call": {"raw": null, "wished": null, "tz": null},
            "missing": ["sites", "contact.name", "contact.phone_primary", "contact.phone_secondary", "contact.email", "urgency", "state", "indicators", "business_impact", "request", "scoping_call"]}),
    );
    let body = "組織名：A\n担当者副電話番号：なし\n脅威インジケーター：特になし。\n業務への影響：（不明）\n現在の状態：不明\n担当者氏名：該当なし\n";
    check(
        &mail(&subject("X"), body),
        json!({"contact": {"phone_secondary": null, "name": null}, "indicators": null, "business_impact": null, "state": null, "defects": []}),
    );
}

#[test]
fn long_items_keep_their_lines_and_end_where_the_letter_closes() {
    let body = "リクエスト内容:\n以下の2点をお願いします。\n\n1. ログの調査\n2. 端末の保全\n\n詳しい状況: 管理者が気付きました。\n\n何卒よろしくお願いいたします。\n\n株式会社A 佐藤\nTEL: 03-9999-9999\n";
    check(
        &mail(&subject("A"), body),
        json!({"request": "以下の2点をお願いします。\n\n1. ログの調査\n2. 端末の保全\n\n詳しい状況: 管理者が気付きました。"}),
    );
    let body = "Request:\nPlease look at the host.\n\nFrom: the firewall we saw traffic.\nSubject: of the mail was \"invoice\".\n\nThank you,\nAnn\n";
    check(
        &mail(&subject("A"), body),
        json!({"request": "Please look at the host.\n\nFrom: the firewall we saw traffic.\nSubject: of the mail was \"invoice\"."}),
    );
    let body = "Indicators:\n- http://evil.example:8080/a\n- C:\\Users\\x\\a.exe\n- status: 200\nState: ongoing\n";
    check(
        &mail(&subject("A"), body),
        json!({"indicators": "- http://evil.example:8080/a\n- C:\\Users\\x\\a.exe\n- status: 200", "state": "ongoing"}),
    );
}

#[test]
fn several_sites_and_sites_in_parts() {
    let body = "影響を受けた組織拠点:\n・東京都港区、日本\n・大阪府大阪市、日本\n担当者氏名: A\n";
    check(
        &mail(&subject("A"), body),
        json!({"sites": [
        {"raw": "東京都港区、日本", "city": "港区", "state": "東京都", "country": "日本"},
        {"raw": "大阪府大阪市、日本", "city": "大阪市", "state": "大阪府", "country": "日本"}]}),
    );
    let body = "Affected sites: London, England, UK; Sydney, NSW, Australia\nContact name: A\n";
    check(
        &mail(&subject("A"), body),
        json!({"sites": [
        {"raw": "London, England, UK", "city": "London", "state": "England", "country": "UK"},
        {"raw": "Sydney, NSW, Australia", "city": "Sydney", "state": "NSW", "country": "Australia"}]}),
    );
    let body = "影響を受けた組織拠点\n  市: 横浜市\n  州/都道府県: 神奈川県\n  国: 日本\n担当者氏名: A\n";
    check(
        &mail(&subject("A"), body),
        json!({"sites": [{"raw": "横浜市, 神奈川県, 日本", "city": "横浜市", "state": "神奈川県", "country": "日本"}], "state": null}),
    );
    let body = "Affected site:\nCity: Austin\nState: Texas\nCountry: USA\nContact name: A\n";
    check(
        &mail(&subject("A"), body),
        json!({"sites": [{"raw": "Austin, Texas, USA", "city": "Austin", "state": "Texas", "country": "USA"}], "state": null}),
    );
    let body = "影響拠点: 東京本社、大阪支社\n担当者氏名: A\n";
    check(
        &mail(&subject("A"), body),
        json!({"sites": [
        {"raw": "東京本社", "city": "東京本社", "state": null, "country": null},
        {"raw": "大阪支社", "city": "大阪支社", "state": null, "country": null}]}),
    );
}
