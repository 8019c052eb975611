//! Clocks on vectors: our own small table, and the shared one where it is there.

use std::collections::BTreeMap;

use hikeshi_domain::clock::vector::Vector;
use hikeshi_domain::clock::{Clocks, Duty, Rule, target};
use hikeshi_domain::flash_report::Target;
use hikeshi_domain::phrase::Language;
use hikeshi_domain::phrases::{Phrases, render};
use hikeshi_domain::playbook::{Files, shipped};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// Calendars of an organisation.
const CALENDARS: &str = r#"
version: own
calendars:
  desk: {zone: Asia/Tokyo, holidays: jp, days: [monday, tuesday, wednesday, thursday, friday], hours: ["09:00-17:00"], closed: [12-29..01-03], open: []}
"#;

fn run(start: &str, zone: &str, rule: &str) -> Result<String, String> {
    let phrases = Phrases::load(&Files::shipped()).unwrap();
    Vector { start, zone, rule, expected: "" }.answer(Clocks::shipped().unwrap(), &phrases)
}

fn holiday_name(word: &str) -> String {
    render(&hikeshi_domain::phrase::Phrase::new(format!("holiday.{word}")), Language::Ja)
}

// covers: S3-31, S3-32, S3-45, S3-53, S3-64, S0-11
#[test]
fn small_vectors() {
    let vectors = [
        ("2026-12-31T23:10", "Asia/Tokyo", "elapsed:2", "2027-01-01T01:10+09:00"),
        ("2026-11-01T00:30", "America/New_York", "elapsed:2", "2026-11-01T01:30-05:00"),
        ("2026-11-24T12:00", "Asia/Tokyo", "bh:5;cal=JP0917", "2026-11-24T17:00+09:00"),
        ("2026-11-24T12:01", "Asia/Tokyo", "bh:5;cal=JP0917", "2026-11-25T09:01+09:00"),
        ("2026-11-24T12:00", "Asia/Tokyo", "bh:5;cal=JP0918L", "2026-11-24T18:00+09:00"),
        ("2026-09-18T14:00", "Asia/Tokyo", "bh:5;cal=JP0917", "2026-09-24T11:00+09:00"),
        ("2019-04-26T15:30", "Asia/Tokyo", "bh:5;cal=JP0917", "2019-05-07T12:30+09:00"),
        ("2026-12-28T15:00", "Asia/Tokyo", "bh:5;cal=JP0917YE", "2027-01-04T12:00+09:00"),
        ("2026-11-02T15:00", "Asia/Tokyo", "bd:3;cal=JP0917YE", "2026-11-06"),
        ("2026-11-09T16:30+00:00", "Asia/Tokyo", "bd:3;cal=JP0917YE", "2026-11-13"),
        ("2026-11-23T10:00", "Asia/Tokyo", "isopen:JP0918YE", "false"),
        ("2003-05-04T12:00", "Asia/Tokyo", "holiday", "-"),
        ("2026-05-06T12:00", "Asia/Tokyo", "holiday", "振替休日"),
        ("2026-09-22T12:00", "Asia/Tokyo", "holiday", "国民の休日"),
    ];
    for (start, zone, rule, expected) in vectors {
        assert_eq!(run(start, zone, rule).as_deref(), Ok(expected), "{start} {zone} {rule}");
    }
}

/// Weekdays off in 31 years, each year's line against another's program.
#[test]
fn holidays_of_three_other_places_2000_to_2030() {
    let mut calendar = Clocks::shipped().unwrap().calendar("US0917").unwrap();
    let mut years = 0;
    for line in include_str!("weekday-holidays.txt").lines().skip(1) {
        if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            calendar = Clocks::shipped().unwrap().calendar(name).unwrap();
            continue;
        }
        let year: i16 = line.split(' ').next().unwrap().parse().unwrap();
        let mut found = year.to_string();
        let mut date = Date::new(year, 1, 1).unwrap();
        while date.year() == year {
            if calendar.why_closed(date).is_some() && date.weekday().to_monday_one_offset() < 6 {
                found += &format!(" {:02}-{:02}", date.month(), date.day());
            }
            date = date.tomorrow().unwrap();
        }
        assert_eq!(found, line);
        years += 1;
    }
    assert_eq!(years, 93);
}

#[test]
fn a_rule_that_is_printed_is_read_again() {
    for text in [
        "elapsed:2",
        "bh:5;cal=JP0917",
        "bd:3;cal=JP0917YE",
        "nmbd:5;cal=X",
        "nthday:30;roll=next",
        "nthday:5;roll=none",
        "month:1",
        "sec4bd",
    ] {
        assert_eq!(text.parse::<Rule>().unwrap().to_string(), text);
    }
    for slip in [
        "",
        "elapsed",
        "elapsed:",
        "elapsed:0",
        "elapsed:-1",
        "elapsed:2;cal=JP0917",
        "bh:5",
        "bh:5;cal=",
        "nthday:5",
        "month:1;",
        "elapsed:4294967295",
    ] {
        assert!(slip.parse::<Rule>().is_err(), "{slip}");
    }
}

#[test]
fn what_cannot_be_counted_is_an_error() {
    assert!(run("2026-11-24T10:15", "Asia/Tokyo", "bh:100000;cal=JP0917").unwrap_err().contains("too far away"));
    assert!(run("2026-11-24T10:15", "Asia/Tokio", "elapsed:1").unwrap_err().contains("`Asia/Tokio`"));
    assert!(run("yesterday", "Asia/Tokyo", "elapsed:1").unwrap_err().contains("`yesterday`"));
    assert!(run("9999-12-30T00:00", "Asia/Tokyo", "elapsed:100000").unwrap_err().contains("too far away"));
    assert!(run("2026-11-24T10:15", "Asia/Tokyo", "dedupe:72").unwrap_err().contains("dedupe:H;at=T"));
}

#[test]
fn shared_holidays_2000_to_2030() {
    let Ok(shared) = std::env::var("HIKESHI_SHARED") else {
        println!("skipped: needs shared data (clocks::shared_holidays_2000_to_2030)");
        return;
    };
    let calendar = Clocks::shipped().unwrap().calendar("JP0917").unwrap();
    let text = std::fs::read_to_string(format!("{shared}/data/calendar/jp_holidays_2000_2030.csv")).unwrap();
    let expected: BTreeMap<Date, &str> =
        text.lines().skip(1).filter_map(|row| row.split_once(',')).map(|(date, name)| (date.parse().unwrap(), name)).collect();
    let mut date: Date = "2000-01-01".parse().unwrap();
    while date.year() <= 2030 {
        let found = calendar.why_closed(date).filter(|why| *why != "weekday_off").map(holiday_name);
        assert_eq!(found.as_deref(), expected.get(&date).copied(), "{date}");
        date = date.tomorrow().unwrap();
    }
    assert_eq!(expected.len(), 540);
}

// covers: S3-31, S3-33
#[test]
fn the_flash_report_is_due_two_hours_after_receipt_and_a_miss_is_told() {
    let received: Timestamp = "2026-11-21T18:08:41Z".parse().unwrap();
    let tokyo = TimeZone::get("Asia/Tokyo").unwrap();
    let due = Clocks::shipped().unwrap().due(Duty::FlashReport, received, &tokyo);
    assert_eq!(due.at.to_string(), "2026-11-21T20:08:41Z");
    let steps: Vec<String> = due.steps.iter().map(|step| render(step, Language::Ja)).collect();
    assert_eq!(steps, ["起点 2026-11-22 03:08 +09:00", "2 時間を加える(夜間・休日も数える)", "期限 2026-11-22 05:08 +09:00"]);
    assert_eq!(target(due.at, due.at), Target::Met);
    assert_eq!(target(due.at, due.at.saturating_add(SignedDuration::from_secs(1)).unwrap()), Target::Missed);
}

// covers: S3-9, S3-52
#[test]
fn the_counting_is_told_step_by_step() {
    let start: Timestamp = "2026-11-20T06:00:00Z".parse().unwrap();
    let tokyo = TimeZone::get("Asia/Tokyo").unwrap();
    let due = Clocks::shipped().unwrap().due(Duty::CommentaryReport, start, &tokyo);
    let steps: Vec<String> = due.steps.iter().map(|step| render(step, Language::En)).collect();
    let expected = [
        "Starts at 2026-11-20 15:00 +09:00",
        "2026-11-20 15:00–17:00 counts (3:00 left)",
        "2026-11-21 does not count (no working day of the week)",
        "2026-11-22 does not count (no working day of the week)",
        "2026-11-23 does not count (Labour Thanksgiving Day)",
        "2026-11-24 09:00–12:00 counts (0:00 left)",
        "Due at 2026-11-24 12:00 +09:00",
    ];
    assert_eq!(steps, expected);
}

#[test]
fn a_wrong_calendar_is_named() {
    let check = |from: &str, to: &str, expected: &str| {
        let own = BTreeMap::from([("calendars/business.yaml".to_owned(), CALENDARS.replacen(from, to, 1))]);
        let message = Clocks::load(&Files::with_own(own).unwrap()).unwrap_err().to_string();
        assert!(message.contains(expected), "`{message}` does not say `{expected}`");
    };
    check("Asia/Tokyo", "Asia/Tokio", "expected an IANA time zone");
    check("09:00-17:00", "17:00-09:00", "expected `09:00-17:00`");
    check("12-29..01-03", "12-32..01-03", "expected `MM-DD..MM-DD`");
    check("monday", "mondy", "mondy");
    check("holidays: jp", "holidays: xx", "playbook/calendars/xx.yaml: file is missing");
}

/// `calendars/jpn.yaml` was read by nobody and refused by nobody.
#[test]
fn a_calendar_of_ones_own_is_one_that_is_asked() {
    let holidays = shipped("calendars/jp.yaml").unwrap();
    let with = |name: &str, calendars: &str| {
        let own = [("calendars/business.yaml".to_owned(), calendars.to_owned()), (format!("calendars/{name}.yaml"), holidays.to_owned())];
        Clocks::load(&Files::with_own(BTreeMap::from(own)).unwrap())
    };
    let message = with("jpn", CALENDARS).unwrap_err().to_string();
    assert!(message.starts_with("playbook/calendars/jpn.yaml: expected a calendar of calendars/business.yaml"), "{message}");
    with("jpn", &CALENDARS.replace("holidays: jp", "holidays: jpn")).unwrap();
}
