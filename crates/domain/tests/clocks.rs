//! Clocks on vectors: our own small table, and the shared one where it is there.

use std::collections::BTreeMap;

use hikeshi_domain::clock::{Clocks, Deadline, Duty, elapsed, target};
use hikeshi_domain::flash_report::Target;
use hikeshi_domain::phrase::Language;
use hikeshi_domain::phrases::render;
use hikeshi_domain::playbook::{Files, shipped};
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// The calendars that the vectors speak of.
const CALENDARS: &str = r#"
version: vectors
calendars:
  desk: &desk {zone: Asia/Tokyo, holidays: jp, days: [monday, tuesday, wednesday, thursday, friday], hours: ["09:00-17:00"], closed: [12-29..01-03], open: []}
  JP0917YE: *desk
  JP0917: {zone: Asia/Tokyo, holidays: jp, days: [monday, tuesday, wednesday, thursday, friday], hours: ["09:00-17:00"], closed: [], open: []}
  JP0918YE: {zone: Asia/Tokyo, holidays: jp, days: [monday, tuesday, wednesday, thursday, friday], hours: ["09:00-18:00"], closed: [12-29..01-03], open: []}
  JP0918L: {zone: Asia/Tokyo, holidays: jp, days: [monday, tuesday, wednesday, thursday, friday], hours: ["09:00-12:00", "13:00-18:00"], closed: [12-29..01-03], open: []}
"#;

fn clocks() -> Clocks {
    let own = BTreeMap::from([("calendars/business.yaml".to_owned(), CALENDARS.to_owned())]);
    Clocks::load(&Files::with_own(own).unwrap()).unwrap()
}

/// Reads `2026-11-24T10:15` in a zone, or an instant with its offset.
fn instant(text: &str, zone: &TimeZone) -> Timestamp {
    if let Ok(local) = text.parse::<DateTime>()
        && !text.contains('+')
        && text.matches('-').count() == 2
    {
        return local.to_zoned(zone.clone()).unwrap().timestamp();
    }
    let (clock, offset) = text.split_at(16);
    format!("{clock}:00{offset}").parse().unwrap()
}

/// Runs one vector; none if its rule belongs to another module or another country's calendar.
fn run(clocks: &Clocks, start: &str, zone: &str, rule: &str) -> Option<String> {
    let zone = TimeZone::get(zone).unwrap();
    let start = instant(start, &zone);
    let (rule, calendar) = rule.split_once(";cal=").unwrap_or((rule, ""));
    let (kind, amount) = rule.split_once(':').unwrap_or((rule, ""));
    let show = |deadline: Deadline| deadline.at.to_zoned(zone.clone()).strftime("%Y-%m-%dT%H:%M%:z").to_string();
    match kind {
        "elapsed" => Some(show(elapsed(start, amount.parse().unwrap(), &zone))),
        "bh" => Some(show(clocks.calendar(calendar)?.after_hours(start, SignedDuration::from_hours(amount.parse().unwrap())))),
        "bd" => {
            let due = clocks.calendar(calendar)?.after_days(start, amount.parse().unwrap());
            Some(due.at.to_zoned(TimeZone::get("Asia/Tokyo").unwrap()).date().to_string())
        }
        "isopen" => Some(clocks.calendar(amount)?.is_open(start).to_string()),
        "holiday" => {
            let date = start.to_zoned(zone).date();
            let why = clocks.calendar("JP0917")?.why_closed(date).filter(|why| *why != "weekday_off");
            Some(why.map_or("-".to_owned(), holiday_name))
        }
        _ => None,
    }
}

fn holiday_name(word: &str) -> String {
    render(&hikeshi_domain::phrase::Phrase::new(format!("holiday.{word}")), Language::Ja)
}

// covers: S3-31, S3-32, S3-45, S3-53, S3-64, S0-11
#[test]
fn small_vectors() {
    let clocks = clocks();
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
        assert_eq!(run(&clocks, start, zone, rule).as_deref(), Some(expected), "{start} {zone} {rule}");
    }
}

#[test]
fn shared_vectors() {
    let Ok(shared) = std::env::var("HIKESHI_SHARED") else {
        println!("skipped: needs shared data (clocks::shared_vectors)");
        return;
    };
    let clocks = clocks();
    let text = std::fs::read_to_string(format!("{shared}/data/calendar/calendar-vectors.csv")).unwrap();
    let mut ran = 0;
    for row in text.lines().skip(1) {
        let cells: Vec<&str> = row.split(',').collect();
        if let Some(found) = run(&clocks, cells[1], cells[2], cells[3]) {
            assert_eq!(found, cells[4], "{row}");
            ran += 1;
        }
    }
    assert!(ran >= 55, "only {ran} vectors ran");
}

#[test]
fn shared_holidays_2000_to_2030() {
    let Ok(shared) = std::env::var("HIKESHI_SHARED") else {
        println!("skipped: needs shared data (clocks::shared_holidays_2000_to_2030)");
        return;
    };
    let clocks = clocks();
    let calendar = clocks.calendar("JP0917").unwrap();
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
    check("holidays: jp", "holidays: xx", "playbook/calendars/xx.yaml:0: file is missing");
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
    assert!(message.starts_with("playbook/calendars/jpn.yaml:0: expected a calendar of calendars/business.yaml"), "{message}");
    with("jpn", &CALENDARS.replace("holidays: jp", "holidays: jpn")).unwrap();
}
