//! The wished time of the scoping call.

use serde_json::json;

use crate::letter::{check, mail, mail_with, subject};

fn wish(item: &str, rest: &str, wished: Option<&str>, tz: Option<&str>) {
    check(&mail(&subject("A"), &format!("{item}\n{rest}")), json!({"scoping_call": {"wished": wished, "tz": tz}, "defects": []}));
}

// covers: S0-85
#[test]
fn zones_by_name_offset_and_city() {
    let japanese = |text: &str, wished: &str, tz: &str| wish(&format!("スコーピングコール希望日時: {text}"), "", Some(wished), Some(tz));
    japanese("3月14日(土) 10時 JST", "2026-03-14T10:00:00+09:00", "Asia/Tokyo");
    japanese("３月１４日（土）　１０：００（日本時間）", "2026-03-14T10:00:00+09:00", "Asia/Tokyo");
    japanese("2026年3月14日 午後2時30分 (UTC+9)", "2026-03-14T14:30:00+09:00", "+09:00");
    japanese("2026/3/14 14:00-15:00 JST", "2026-03-14T14:00:00+09:00", "Asia/Tokyo");
    japanese("2026-03-14T10:00:00+09:00", "2026-03-14T10:00:00+09:00", "+09:00");
    japanese("2026-03-14T01:00:00Z", "2026-03-14T01:00:00+00:00", "UTC");
    japanese("3月14日 10時 ロンドン時間", "2026-03-14T10:00:00+00:00", "Europe/London");
    japanese("3月14日 10時(ニューヨーク)", "2026-03-14T10:00:00-04:00", "America/New_York");
    let english = |text: &str, wished: &str, tz: &str| wish(&format!("Scoping call: {text}"), "", Some(wished), Some(tz));
    english("March 14, 2026 2:00 PM CET", "2026-03-14T14:00:00+01:00", "CET");
    english("14 March 2026, 14:00 GMT", "2026-03-14T14:00:00+00:00", "UTC");
    english("Saturday March 14th at 2pm Eastern Time", "2026-03-14T14:00:00-04:00", "America/New_York");
    english("Mar 14, 2026 14:00 EST", "2026-03-14T14:00:00-05:00", "-05:00");
    english("July 1, 2026 9:30 AM PDT", "2026-07-01T09:30:00-07:00", "America/Los_Angeles");
    english("1 July 2026 10:00 CEST", "2026-07-01T10:00:00+02:00", "CET");
    english("14 Mar 2026 09:00 Asia/Singapore", "2026-03-14T09:00:00+08:00", "Asia/Singapore");
    english("14 Mar 2026 09:00 (Sydney time)", "2026-03-14T09:00:00+11:00", "Australia/Sydney");
    english("2026-03-14 10:00 +0530", "2026-03-14T10:00:00+05:30", "+05:30");
    english("2026-03-14 10:00 GMT-3", "2026-03-14T10:00:00-03:00", "-03:00");
    english("2 PM ET on March 14, 2026", "2026-03-14T14:00:00-04:00", "America/New_York");
}

// covers: S0-85
#[test]
fn a_zone_may_stand_elsewhere() {
    wish("スコーピングコール希望日時(JST): 3月14日 10:00", "", Some("2026-03-14T10:00:00+09:00"), Some("Asia/Tokyo"));
    wish("Scoping call: 14 March 2026 10:00", "Time zone: Europe/Berlin\n", Some("2026-03-14T10:00:00+01:00"), Some("Europe/Berlin"));
    wish(
        "Scoping call (local time): 14 March 2026 10:00",
        "Affected site: London, UK\n",
        Some("2026-03-14T10:00:00+00:00"),
        Some("Europe/London"),
    );
    wish("Scoping call: 3/4/2026 10:00", "Affected site: Boston, MA, USA\n", Some("2026-03-04T10:00:00-05:00"), Some("America/New_York"));
    wish("Scoping call: 3/4/2026 10:00", "Affected site: Paris, France\n", Some("2026-04-03T10:00:00+02:00"), Some("Europe/Paris"));
    wish(
        "スコーピングコール希望日時: 3月14日 10時",
        "影響を受けた組織拠点: 大阪府大阪市、日本\n",
        Some("2026-03-14T10:00:00+09:00"),
        Some("Asia/Tokyo"),
    );
    wish("スコーピングコール希望日時: 3月14日 10時", "", Some("2026-03-14T10:00:00+09:00"), Some("Asia/Tokyo"));
    wish("Scoping call: 14 March 2026 10:00", "", None, None);
    wish("Scoping call: 14 March 2026 10:00", "Affected sites: London, UK; Sydney, NSW, Australia\n", None, None);
}

// covers: S0-85
#[test]
fn of_several_wishes_the_first_that_stands_by_itself_is_taken() {
    wish(
        "スコーピングコール希望日時:",
        "第1希望: 3月14日(土) 10時\n第2希望: 3月16日(月) 15時\n(いずれも日本時間)\n",
        Some("2026-03-14T10:00:00+09:00"),
        Some("Asia/Tokyo"),
    );
    wish("Scoping call:", "1) March 14, 2026 2:00 PM CET\n2) March 16, 2026 9:00 AM CET\n", Some("2026-03-14T14:00:00+01:00"), Some("CET"));
    wish("スコーピングコール希望日時: 明日の午後、または3月14日 10時 JST", "", Some("2026-03-14T10:00:00+09:00"), Some("Asia/Tokyo"));
}

// covers: S0-85
#[test]
fn what_cannot_be_counted_stays_as_written() {
    for text in [
        "明日の午前中",
        "至急",
        "来週月曜 10時",
        "3月14日 午前",
        "tomorrow 10am EST",
        "as soon as possible",
        "any time after 3",
        "next Monday 9:00 JST",
        "4月31日 10時",
    ] {
        check(
            &mail(&subject("A"), &format!("スコーピングコール希望日時: {text}\n")),
            json!({"scoping_call": {"raw": text, "wished": null}}),
        );
    }
    let undated = mail_with("Date: yesterday", &subject("A"), "Scoping call: 3月14日 10時 JST\n");
    check(&undated, json!({"scoping_call": {"raw": "3月14日 10時 JST", "wished": null, "tz": "Asia/Tokyo"}}));
}

#[test]
fn a_weekday_that_does_not_fit_is_a_defect_and_the_date_stands() {
    check(
        &mail(&subject("A"), "スコーピングコール希望日時: 2026年3月14日(木) 10時 JST\n"),
        json!({"scoping_call": {"wished": "2026-03-14T10:00:00+09:00"}, "defects": [{"kind": "item", "place": "scoping_call", "detail": "the weekday that is named is not that of 2026-03-14"}]}),
    );
}
