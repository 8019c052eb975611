//! The wished time of a call: a date and a time as people write them, in Japanese and English.
//!
//! A time that stands against another day (「明日の午前中」, *next Monday*) is none: whoever reads the mail later would count from another
//! day. Without a year the next such day after the mail was written is meant.

use std::sync::LazyLock;

use jiff::civil::{Date, DateTime, Time, Weekday};
use jiff::{ToSpan as _, Zoned};
use regex::{Captures, Regex};

const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const MONTH: &str = r"(jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)";

/// How a date of two numbers and a year is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SlashOrder {
    MonthDay,
    DayMonth,
    Unknown,
}

/// A local time that somebody wishes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Wish {
    pub(crate) at: DateTime,
    /// The text from its date to the next one: where its zone is looked for first.
    pub(crate) around: String,
    /// The weekday that is named is another one.
    pub(crate) weekday_differs: bool,
}

/// A date in a text.
struct Dated {
    start: usize,
    end: usize,
    year: Option<i16>,
    month: i8,
    day: i8,
}

fn pattern(text: &str) -> Option<Regex> {
    Regex::new(text).ok()
}

static WITH_YEAR_JA: LazyLock<Option<Regex>> =
    LazyLock::new(|| pattern(r"(?:(\d{4})|令和\s*(\d{1,2}|元)|r(\d{1,2}))\s*年\s*(\d{1,2})\s*月\s*(\d{1,2})\s*日?"));
static JA: LazyLock<Option<Regex>> = LazyLock::new(|| pattern(r"(\d{1,2})\s*月\s*(\d{1,2})\s*日"));
static ISO: LazyLock<Option<Regex>> = LazyLock::new(|| pattern(r"\b(20\d{2})[-/.]\s?(\d{1,2})[-/.]\s?(\d{1,2})(?:\b|t)"));
static DAY_MONTH: LazyLock<Option<Regex>> =
    LazyLock::new(|| pattern(&format!(r"\b(\d{{1,2}})(?:st|nd|rd|th)?[\s-]*(?:of\s+)?{MONTH}\b\.?(?:[\s,-]*(20\d{{2}})\b)?")));
static MONTH_DAY: LazyLock<Option<Regex>> =
    LazyLock::new(|| pattern(&format!(r"\b{MONTH}\.?\s*(\d{{1,2}})(?:st|nd|rd|th)?\b(?:[\s,]*(20\d{{2}})\b)?")));
static SLASHES: LazyLock<Option<Regex>> = LazyLock::new(|| pattern(r"\b(\d{1,2})[/.](\d{1,2})[/.](20\d{2})\b"));
static SHORT: LazyLock<Option<Regex>> = LazyLock::new(|| pattern(r"\b(\d{1,2})/(\d{1,2})\b"));

/// The wishes of a text that stand by themselves, in order. `written` is when the mail was written.
pub(crate) fn wishes(folded: &str, written: Option<&Zoned>, order: SlashOrder) -> Vec<Wish> {
    let text: String = folded.chars().take(4000).collect();
    let dates = dates(&text, order);
    let mut wishes = Vec::new();
    for (place, dated) in dates.iter().enumerate() {
        let before_from = place.checked_sub(1).and_then(|last| dates.get(last)).map_or(0, |last| last.end);
        let after_to = dates.get(place + 1).map_or(text.len(), |next| next.start);
        let after = text.get(dated.end..after_to).unwrap_or_default();
        let before = text.get(before_from..dated.start).unwrap_or_default();
        let Some(time) = time(after).or_else(|| time(before)) else { continue };
        let Some(date) = dated.resolved(written) else { continue };
        let at = match time {
            Clock::At(time) => date.to_datetime(time),
            Clock::NextDay(time) => match date.checked_add(1.day()) {
                Ok(next) => next.to_datetime(time),
                Err(_) => continue,
            },
        };
        let weekday_differs = weekday(before, after).is_some_and(|named| named != date.weekday());
        wishes.push(Wish { at, around: format!("{before} {after}"), weekday_differs });
    }
    wishes
}

fn number<T: std::str::FromStr>(found: &Captures<'_>, group: usize) -> Option<T> {
    found.get(group)?.as_str().parse().ok()
}

fn month(found: &Captures<'_>, group: usize) -> Option<i8> {
    let name = found.get(group)?.as_str();
    let place = MONTHS.iter().position(|month| name.starts_with(month))?;
    i8::try_from(place + 1).ok()
}

/// Year, month and day of what a pattern found.
type ReadDate<'r> = &'r dyn Fn(&Captures<'_>) -> Option<(Option<i16>, i8, i8)>;

/// The dates of a text in order, none inside of another.
fn dates(text: &str, order: SlashOrder) -> Vec<Dated> {
    let mut found = Vec::new();
    let mut add = |pattern: &LazyLock<Option<Regex>>, read: ReadDate<'_>| {
        let Some(pattern) = pattern.as_ref() else { return };
        for one in pattern.captures_iter(text).take(50) {
            let (Some(all), Some((year, month, day))) = (one.get(0), read(&one)) else { continue };
            let end = if all.as_str().ends_with('t') { all.end() - 1 } else { all.end() };
            let apart = found.iter().all(|other: &Dated| end <= other.start || all.start() >= other.end);
            if apart && (1..=12).contains(&month) && (1..=31).contains(&day) {
                found.push(Dated { start: all.start(), end, year, month, day });
            }
        }
    };
    add(&WITH_YEAR_JA, &|one| {
        let era = one.get(2).or(one.get(3)).map(|year| if year.as_str() == "元" { Some(1) } else { year.as_str().parse::<i16>().ok() });
        let year = era.map_or_else(|| number(one, 1), |year| year.map(|year| year + 2018));
        Some((Some(year?), number(one, 4)?, number(one, 5)?))
    });
    add(&JA, &|one| Some((None, number(one, 1)?, number(one, 2)?)));
    add(&ISO, &|one| Some((Some(number(one, 1)?), number(one, 2)?, number(one, 3)?)));
    add(&MONTH_DAY, &|one| Some((number(one, 3), month(one, 1)?, number(one, 2)?)));
    add(&DAY_MONTH, &|one| Some((number(one, 3), month(one, 2)?, number(one, 1)?)));
    add(&SLASHES, &|one| ordered(number(one, 1)?, number(one, 2)?, order).map(|(month, day)| (number(one, 3), month, day)));
    add(&SHORT, &|one| ordered(number(one, 1)?, number(one, 2)?, order).map(|(month, day)| (None, month, day)));
    found.sort_by_key(|dated| dated.start);
    found
}

fn ordered(first: i8, second: i8, order: SlashOrder) -> Option<(i8, i8)> {
    match order {
        _ if first > 12 => Some((second, first)),
        _ if second > 12 => Some((first, second)),
        _ if first == second => Some((first, second)),
        SlashOrder::MonthDay => Some((first, second)),
        SlashOrder::DayMonth => Some((second, first)),
        SlashOrder::Unknown => None,
    }
}

impl Dated {
    fn resolved(&self, written: Option<&Zoned>) -> Option<Date> {
        if let Some(year) = self.year {
            return Date::new(year, self.month, self.day).ok();
        }
        let written = written?.date();
        // Where the mail was written, it may already be a day later than where the call is.
        let earliest = written.checked_sub(1.day()).ok()?;
        let years = [written.year(), written.year() + 1, written.year() + 2, written.year() + 3, written.year() + 4];
        years.into_iter().filter_map(|year| Date::new(year, self.month, self.day).ok()).find(|date| *date >= earliest)
    }
}

/// A time of day.
#[derive(Debug, PartialEq, Eq)]
enum Clock {
    At(Time),
    /// 「24時」.
    NextDay(Time),
}

const HALF: &str = r"(午前|午後|am|pm|a\.m\.?|p\.m\.?)?\s*";
const BEHIND: &str = r"\s*(am\b|pm\b|a\.m\.?|p\.m\.?)?";
static SPAN_JA: LazyLock<Option<Regex>> = LazyLock::new(|| pattern(&format!(r"{HALF}(\d{{1,2}})\s*[-~]\s*\d{{1,2}}\s*時")));
static HOURS_JA: LazyLock<Option<Regex>> = LazyLock::new(|| pattern(&format!(r"{HALF}(\d{{1,2}})\s*時(間)?\s*(?:(\d{{1,2}})\s*分|(半))?")));
static COLON: LazyLock<Option<Regex>> =
    LazyLock::new(|| pattern(&format!(r"{HALF}(\d{{1,2}})\s*[:h.](\d{{2}})(?::\d{{2}}(?:\.\d+)?)?{BEHIND}")));
static SPAN: LazyLock<Option<Regex>> =
    LazyLock::new(|| pattern(r"\b(\d{1,2})(?::(\d{2}))?\s*(?:-|~|to|and)\s*\d{1,2}(?::\d{2})?\s*(am\b|pm\b|a\.m\.?|p\.m\.?)"));
static HOUR: LazyLock<Option<Regex>> = LazyLock::new(|| pattern(r"\b(\d{1,2})\s*(am\b|pm\b|a\.m\.?|p\.m\.?)"));
static CLOCK: LazyLock<Option<Regex>> = LazyLock::new(|| pattern(r"\b(\d{1,2})\s*(?:o'clock|h\b)"));
static DIGITS: LazyLock<Option<Regex>> = LazyLock::new(|| pattern(r"\b([01]\d|2[0-3])([0-5]\d)\s*(?:hrs?|hours|h|z|jst|utc|gmt|local)\b"));
static NOON: LazyLock<Option<Regex>> = LazyLock::new(|| pattern(r"正午|\bnoon\b"));

type Read = fn(&Captures<'_>) -> Option<Clock>;

/// Ways to write a time of day. Of those that stand first in a text, the earlier in this list is meant.
const TIMES: [(&LazyLock<Option<Regex>>, Read); 8] = [
    (&SPAN_JA, |one| clock(number(one, 2)?, 0, half(one, 1))),
    (&HOURS_JA, |one| match (one.get(3), one.get(5)) {
        // 「2時間」 is no time of day.
        (Some(_), _) => None,
        (None, Some(_)) => clock(number(one, 2)?, 30, half(one, 1)),
        (None, None) => clock(number(one, 2)?, number(one, 4).unwrap_or(0), half(one, 1)),
    }),
    (&SPAN, |one| clock(number(one, 1)?, number(one, 2).unwrap_or(0), half(one, 3))),
    (&COLON, |one| clock(number(one, 2)?, number(one, 3)?, half(one, 1).or_else(|| half(one, 4)))),
    (&HOUR, |one| clock(number(one, 1)?, 0, half(one, 2))),
    (&DIGITS, |one| clock(number(one, 1)?, number(one, 2)?, None)),
    (&CLOCK, |one| clock(number(one, 1)?, 0, None)),
    (&NOON, |_| clock(12, 0, None)),
];

fn half<'t>(found: &Captures<'t>, group: usize) -> Option<&'t str> {
    found.get(group).map(|half| half.as_str())
}

/// The first time of a text.
fn time(text: &str) -> Option<Clock> {
    let mut best: Option<(usize, Clock)> = None;
    for (pattern, read) in TIMES {
        let Some(pattern) = pattern.as_ref() else { continue };
        let first = pattern.captures_iter(text).take(20).find_map(|one| Some((one.get(0)?.start(), read(&one)?)));
        if let Some((at, clock)) = first
            && best.as_ref().is_none_or(|(earliest, _)| at < *earliest)
        {
            best = Some((at, clock));
        }
    }
    best.map(|(_, clock)| clock)
}

fn clock(hour: i8, minute: i8, half: Option<&str>) -> Option<Clock> {
    let half = half.map(|half| if half.starts_with('p') || half == "午後" { 12 } else { 0 });
    let hour = match half {
        Some(_) if hour > 12 => hour,
        // 「午後12時」 is midnight to some and noon to others; noon is when people meet.
        Some(12) => hour % 12 + 12,
        Some(_) => hour % 12,
        None => hour,
    };
    match hour {
        0..=23 => Time::new(hour, minute, 0, 0).ok().map(Clock::At),
        24 => Time::new(0, minute, 0, 0).ok().map(Clock::NextDay),
        _ => None,
    }
}

static DAY_JA: LazyLock<Option<Regex>> =
    LazyLock::new(|| pattern(r"^\s*\(?\s*([月火水木金土日])\s*(?:曜日?)?\s*[)\s、,]|^\s*([月火水木金土日])曜"));
static DAY_EN: LazyLock<Option<Regex>> =
    LazyLock::new(|| pattern(r"\b(mon|tue|wed|thu|fri|sat|sun)(?:day|s?day|nesday|rsday|urday|s|rs|r)?\b"));

/// The weekday that stands beside a date.
fn weekday(before: &str, after: &str) -> Option<Weekday> {
    let japanese = DAY_JA.as_ref()?.captures(after).and_then(|found| found.get(1).or(found.get(2)));
    if let Some(found) = japanese {
        let place = ["月", "火", "水", "木", "金", "土", "日"].iter().position(|day| *day == found.as_str())?;
        return Weekday::from_monday_zero_offset(i8::try_from(place).ok()?).ok();
    }
    let near = |text: &str| DAY_EN.as_ref()?.captures(text)?.get(1).map(|day| day.as_str().to_owned());
    let last: String = before.chars().rev().take(14).collect::<Vec<_>>().into_iter().rev().collect();
    let first: String = after.chars().take(14).collect();
    let day = near(&last).or_else(|| near(&first))?;
    let place = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"].iter().position(|name| *name == day)?;
    Weekday::from_monday_zero_offset(i8::try_from(place).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::super::fold::folded;
    use super::*;

    fn first(text: &str) -> Option<String> {
        let written: Zoned = "2026-03-10T09:00:00+09:00[Asia/Tokyo]".parse().unwrap();
        let order = if text.is_ascii() { SlashOrder::Unknown } else { SlashOrder::MonthDay };
        wishes(&folded(text), Some(&written), order).first().map(|wish| wish.at.strftime("%Y-%m-%d %H:%M").to_string())
    }

    // covers: S0-85
    #[test]
    fn times_are_read_as_people_write_them() {
        for text in [
            "2026年3月14日(土) 10時",
            "3月14日（土） １０：００",
            "3月14日 午前10時〜11時",
            "令和8年3月14日 10時00分",
            "2026/03/14 10:00",
            "2026-03-14T10:00",
            "3/14（土）10:00",
            "March 14, 2026 10:00",
            "Mar. 14th at 10 am",
            "14 March 2026, 10:00 AM",
            "Saturday, 14-Mar-2026 10:00",
            "10:00 on 14 March",
            "03/14/2026 10:00",
            "14.3.2026 10:00",
            "2026.3.14 10:00-11:00",
            "14 Mar 2026 1000 hrs",
            "第1希望：3月14日 10時 第2希望：3月15日 14時",
            "3月14日 10-12時",
            "10 o'clock, March 14",
        ] {
            assert_eq!(first(text).as_deref(), Some("2026-03-14 10:00"), "{text}");
        }
        assert_eq!(first("March 14, 2026 2:00 PM").as_deref(), Some("2026-03-14 14:00"));
        assert_eq!(first("March 14, 2-4 p.m.").as_deref(), Some("2026-03-14 14:00"));
        assert_eq!(first("3月14日 午後2時半").as_deref(), Some("2026-03-14 14:30"));
        assert_eq!(first("3月14日 24時").as_deref(), Some("2026-03-15 00:00"));
        assert_eq!(first("3月14日 正午").as_deref(), Some("2026-03-14 12:00"));
        assert_eq!(first("1月5日 9:30").as_deref(), Some("2027-01-05 09:30"));
        assert_eq!(first("12 am March 14").as_deref(), Some("2026-03-14 00:00"));
    }

    // covers: S0-85
    #[test]
    fn what_is_no_time_by_itself_is_none() {
        for text in [
            "明日の午前中",
            "tomorrow 10:00",
            "next Monday at 10am",
            "来週月曜日 10時",
            "至急",
            "3月14日",
            "3月14日 午前中",
            "March 14",
            "04/05/2026 10:00",
            "2時間以内",
            "3月32日 10時",
            "2026-02-30 10:00",
            "本日 15時",
        ] {
            assert_eq!(first(text), None, "{text}");
        }
    }

    #[test]
    fn a_weekday_that_does_not_fit_is_told() {
        let written: Zoned = "2026-03-10T09:00:00+09:00[Asia/Tokyo]".parse().unwrap();
        let differs = |text: &str| wishes(&folded(text), Some(&written), SlashOrder::MonthDay).first().map(|wish| wish.weekday_differs);
        assert_eq!(differs("3月14日(木) 10時"), Some(true));
        assert_eq!(differs("3月14日(土) 10時"), Some(false));
        assert_eq!(differs("Thursday, March 14, 2026 10:00"), Some(true));
        assert_eq!(differs("March 14, 2026 10:00"), Some(false));
    }
}
