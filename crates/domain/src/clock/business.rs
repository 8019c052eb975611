//! The hours in which a desk works, and counting in them.
//!
//! Spans are half-open `[open, close)`: a start at closing time counts as outside, and a deadline that falls on closing time is that
//! closing time, not the next opening.

use std::collections::BTreeMap;

use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_saphyr::Spanned;

use super::holidays::{self, Holidays, load_all, month_and_day};
use super::{Deadline, shown, vector};
use crate::phrase::Phrase;
use crate::phrases::Phrases;
use crate::playbook::{Files, PlaybookError, parse};

const PATH: &str = "calendars/business.yaml";

/// Longer than any closing: a calendar that opens on no day of ten years ends the counting.
const FARTHEST_DAYS: usize = 3_660;

/// When a desk works.
#[derive(Debug, Clone)]
pub struct BusinessCalendar {
    zone: TimeZone,
    holidays: Holidays,
    days: Vec<Weekday>,
    hours: Vec<(Time, Time)>,
    closed: Vec<Closing>,
    open: Vec<Date>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Closing {
    Yearly { from: (i8, i8), to: (i8, i8) },
    Dated { from: Date, to: Date },
}

impl BusinessCalendar {
    /// Whether somebody works at that instant.
    pub fn is_open(&self, at: Timestamp) -> bool {
        let local = at.to_zoned(self.zone.clone());
        let inside = |(open, close): &(Time, Time)| *open <= local.time() && local.time() < *close;
        self.why_closed(local.date()).is_none() && self.hours.iter().any(inside)
    }

    /// Why nobody works on a date (a word of phrases under `holiday.`); none on a business day.
    pub fn why_closed(&self, date: Date) -> Option<&str> {
        if self.open.contains(&date) {
            return None;
        }
        if !self.days.contains(&date.weekday()) {
            return Some(self.holidays.name_on(date).unwrap_or("weekday_off"));
        }
        let closing = self.closed.iter().any(|closing| closing.covers(date)).then_some("closed");
        self.holidays.name_on(date).or(closing)
    }

    /// After so many business hours.
    pub fn after_hours(&self, start: Timestamp, hours: SignedDuration) -> Deadline {
        let mut steps = vec![Phrase::new("clock.start").with("at", shown(start, &self.zone))];
        let mut left = hours;
        for date in self.dates_from(start) {
            if let Some(why) = self.why_closed(date) {
                steps.push(Phrase::new("clock.not_a_business_day").with("date", date.to_string()).with("why", why));
                continue;
            }
            for (open, close) in self.spans(date) {
                let from = open.max(start);
                if from >= close {
                    continue;
                }
                let counted = left.min(close.duration_since(from));
                left -= counted;
                let to = from.saturating_add(counted).unwrap_or(close);
                steps.push(self.hours_step(date, from, to, left));
                if left.is_zero() {
                    return self.deadline(to, steps);
                }
            }
        }
        self.deadline(Timestamp::MAX, steps)
    }

    /// How much of a span lies in business hours; nothing where it ends before it begins.
    pub fn hours_between(&self, from: Timestamp, to: Timestamp) -> SignedDuration {
        let last = to.to_zoned(self.zone.clone()).date();
        let days = self.dates_from(from).take_while(|date| *date <= last).filter(|date| self.why_closed(*date).is_none());
        let spans = days.flat_map(|date| self.spans(date));
        spans.map(|(open, close)| close.min(to).duration_since(open.max(from)).max(SignedDuration::ZERO)).sum()
    }

    /// At the close of the n-th business day after the day of the start, which is not counted (初日不算入).
    pub fn after_days(&self, start: Timestamp, days: u32) -> Deadline {
        let first = start.to_zoned(self.zone.clone()).date();
        let steps = vec![
            Phrase::new("clock.start").with("at", shown(start, &self.zone)),
            Phrase::new("clock.first_day").with("date", first.to_string()),
        ];
        self.count_days(self.dates_from(start).skip(1), days, steps)
    }

    /// At the close of the n-th business day of the month after the start's.
    pub fn day_of_next_month(&self, start: Timestamp, nth: u32) -> Deadline {
        let mut steps = vec![Phrase::new("clock.start").with("at", shown(start, &self.zone))];
        let month = start.to_zoned(self.zone.clone()).date().last_of_month().tomorrow();
        let Ok(first) = month else { return self.deadline(Timestamp::MAX, steps) };
        steps.push(Phrase::new("clock.next_month").with("date", first.to_string()));
        self.count_days(dates_from(first), nth, steps)
    }

    /// The zone in which its hours are meant.
    pub const fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// The public holiday on a date (a word of phrases under `holiday.`), whether the desk works or not.
    pub fn holiday(&self, date: Date) -> Option<&str> {
        self.holidays.name_on(date)
    }

    fn count_days(&self, dates: impl Iterator<Item = Date>, days: u32, mut steps: Vec<Phrase>) -> Deadline {
        let mut number = 0;
        for date in dates {
            if let Some(why) = self.why_closed(date) {
                steps.push(Phrase::new("clock.not_a_business_day").with("date", date.to_string()).with("why", why));
                continue;
            }
            number += 1;
            steps.push(Phrase::new("clock.day_counted").with("date", date.to_string()).with("number", number.to_string()));
            if number == days {
                let close = self.spans(date).last().map_or(Timestamp::MAX, |(_, close)| close);
                return self.deadline(close, steps);
            }
        }
        self.deadline(Timestamp::MAX, steps)
    }

    fn deadline(&self, at: Timestamp, mut steps: Vec<Phrase>) -> Deadline {
        steps.push(Phrase::new("clock.due").with("at", shown(at, &self.zone)));
        Deadline { at, steps }
    }

    fn hours_step(&self, date: Date, from: Timestamp, to: Timestamp, left: SignedDuration) -> Phrase {
        let local = |at: Timestamp| at.to_zoned(self.zone.clone()).strftime("%H:%M").to_string();
        Phrase::new("clock.hours_counted")
            .with("date", date.to_string())
            .with("from", local(from))
            .with("to", local(to))
            .with("left", format!("{}:{:02}", left.as_hours(), left.as_mins() % 60))
    }

    fn dates_from(&self, start: Timestamp) -> impl Iterator<Item = Date> + use<> {
        dates_from(start.to_zoned(self.zone.clone()).date())
    }

    fn spans(&self, date: Date) -> impl Iterator<Item = (Timestamp, Timestamp)> {
        let instant = move |time: Time| date.to_datetime(time).to_zoned(self.zone.clone()).ok().map(|zoned| zoned.timestamp());
        self.hours.iter().filter_map(move |(open, close)| Some((instant(*open)?, instant(*close)?)))
    }
}

fn dates_from(first: Date) -> impl Iterator<Item = Date> {
    std::iter::successors(Some(first), |date| date.tomorrow().ok()).take(FARTHEST_DAYS)
}

impl Closing {
    fn covers(self, date: Date) -> bool {
        match self {
            Closing::Dated { from, to } => from <= date && date <= to,
            Closing::Yearly { from, to } => {
                let day = (date.month(), date.day());
                if from <= to { from <= day && day <= to } else { from <= day || day <= to }
            }
        }
    }

    fn parse(text: &str) -> Option<Self> {
        let (from, to) = text.split_once("..").unwrap_or((text, text));
        if let (Ok(from), Ok(to)) = (from.parse(), to.parse()) {
            return Some(Closing::Dated { from, to });
        }
        Some(Closing::Yearly { from: month_and_day(from)?, to: month_and_day(to)? })
    }
}

/// Reads all business calendars of the playbook.
pub(super) fn load(files: &Files) -> Result<BTreeMap<String, BusinessCalendar>, PlaybookError> {
    let written: Written = files.read(PATH)?;
    let named = |path: &str| written.calendars.values().any(|calendar| path == holidays::path(&calendar.value.holidays));
    if let Some(unused) = files.new_under("calendars/").find(|path| !named(path)) {
        return Err(PlaybookError::at(unused, 0, format!("expected a calendar of {PATH} to take its `holidays` from it, found none")));
    }
    written.checked(files, PATH)
}

/// Reads business calendars from a text of the same shape.
pub(super) fn read(files: &Files, path: &str, text: &str) -> Result<BTreeMap<String, BusinessCalendar>, PlaybookError> {
    parse::<Written>(path, text)?.checked(files, path)
}

impl Written {
    fn checked(self, files: &Files, path: &str) -> Result<BTreeMap<String, BusinessCalendar>, PlaybookError> {
        let sentences = Phrases::load(files)?;
        let holidays = load_all(files, self.calendars.values().map(|calendar| calendar.value.holidays.as_str()), &sentences)?;
        let mut calendars = BTreeMap::new();
        for (name, calendar) in self.calendars {
            let line = calendar.referenced.line();
            let complain = |expected: String| PlaybookError::at(path, line, format!("`{name}`: {expected}"));
            calendars.insert(name.clone(), calendar.value.checked(&holidays).map_err(complain)?);
        }
        Ok(calendars)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(rename = "version")]
    _version: String,
    calendars: BTreeMap<String, Spanned<WrittenCalendar>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenCalendar {
    zone: String,
    holidays: String,
    days: Vec<WrittenDay>,
    hours: Vec<String>,
    #[serde(default)]
    closed: Vec<String>,
    #[serde(default)]
    open: Vec<Date>,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "lowercase")]
enum WrittenDay {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

impl WrittenCalendar {
    fn checked(self, holidays: &BTreeMap<String, Holidays>) -> Result<BusinessCalendar, String> {
        let zone = vector::zone(&self.zone)?;
        let holidays = holidays.get(&self.holidays).cloned().ok_or("expected a holiday calendar")?;
        let hours: Vec<(Time, Time)> = self.hours.iter().map(|text| span(text)).collect::<Result<_, _>>()?;
        let ordered = hours.iter().zip(hours.iter().skip(1)).all(|((_, close), (open, _))| close <= open);
        if hours.is_empty() || !ordered || self.days.is_empty() {
            return Err("expected one day or more, and spans of hours in order".to_owned());
        }
        let closing = |text: &String| Closing::parse(text).ok_or_else(|| format!("expected `MM-DD..MM-DD` or two dates, found `{text}`"));
        let closed = self.closed.iter().map(closing).collect::<Result<_, _>>()?;
        Ok(BusinessCalendar { zone, holidays, days: self.days.into_iter().map(Weekday::from).collect(), hours, closed, open: self.open })
    }
}

impl From<WrittenDay> for Weekday {
    fn from(day: WrittenDay) -> Self {
        match day {
            WrittenDay::Monday => Weekday::Monday,
            WrittenDay::Tuesday => Weekday::Tuesday,
            WrittenDay::Wednesday => Weekday::Wednesday,
            WrittenDay::Thursday => Weekday::Thursday,
            WrittenDay::Friday => Weekday::Friday,
            WrittenDay::Saturday => Weekday::Saturday,
            WrittenDay::Sunday => Weekday::Sunday,
        }
    }
}

/// Reads `09:00-17:00`.
fn span(text: &str) -> Result<(Time, Time), String> {
    let parsed = text.split_once('-').and_then(|(open, close)| Some((open.parse::<Time>().ok()?, close.parse::<Time>().ok()?)));
    parsed.filter(|(open, close)| open < close).ok_or_else(|| format!("expected `09:00-17:00`, found `{text}`"))
}
