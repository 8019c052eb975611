//! Public holidays by rule: fixed days, n-th Mondays, equinoxes, and the two kinds of day that follow from them.

use std::collections::BTreeMap;

use jiff::ToSpan;
use jiff::civil::{Date, Weekday};
use serde::Deserialize;
use serde_saphyr::Spanned;

use crate::phrases::Phrases;
use crate::playbook::{Files, PlaybookError};

/// From this year on a substitute moves past following holidays, and a day between two holidays is off even on a Sunday.
const AMENDED: i16 = 2007;

/// The public holidays of a country. Only Japan's kinds of rules are known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holidays {
    days: Vec<Day>,
    /// The last year whose days are published; later equinoxes are predicted.
    pub official_until: i16,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Day {
    name: String,
    on: On,
    from: i16,
    until: i16,
    except: Vec<i16>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum On {
    Fixed { month: i8, day: i8 },
    Monday { month: i8, nth: i8 },
    SpringEquinox,
    AutumnEquinox,
    Once(Date),
}

impl Holidays {
    /// The holiday's name in phrases (after `holiday.`), or none on an ordinary day.
    pub fn name_on(&self, date: Date) -> Option<&str> {
        if let Some(name) = self.named(date) {
            return Some(name);
        }
        if self.is_substitute(date) {
            return Some("substitute");
        }
        self.is_between(date).then_some("citizens")
    }

    fn named(&self, date: Date) -> Option<&str> {
        self.days.iter().find(|day| day.falls_on(date)).map(|day| day.name.as_str())
    }

    /// The first day after a Sunday holiday that is no holiday by name (before 2007: the Monday only).
    fn is_substitute(&self, date: Date) -> bool {
        let mut before = date;
        while let Ok(previous) = before.yesterday() {
            before = previous;
            if self.named(before).is_none() {
                return false;
            }
            if before.weekday() == Weekday::Sunday {
                return date.year() >= AMENDED || date.weekday() == Weekday::Monday;
            }
        }
        false
    }

    /// A day between two holidays by name.
    fn is_between(&self, date: Date) -> bool {
        let (Ok(before), Ok(after)) = (date.yesterday(), date.tomorrow()) else { return false };
        let between = self.named(before).is_some() && self.named(after).is_some();
        between && (date.year() >= AMENDED || date.weekday() != Weekday::Sunday)
    }

    pub(super) fn load(files: &Files, name: &str, sentences: &Phrases) -> Result<Self, PlaybookError> {
        let path = path(name);
        let written: Written = files.read(&path)?;
        let days = written.days.into_iter().map(|day| {
            let line = day.referenced.line();
            let day = day.value;
            let key = format!("holiday.{}", day.name);
            if !sentences.contains(&key) {
                return Err(PlaybookError::at(&path, line, format!("expected `name` to stand in phrases/ as `{key}`")));
            }
            let on = On::parse(&day.on).ok_or_else(|| {
                let expected = "expected `MM-DD`, `Nth monday of MM`, `spring equinox`, `autumn equinox` or a date";
                PlaybookError::at(&path, line, format!("{expected}, found `{}`", day.on))
            })?;
            Ok(Day { name: day.name, on, from: day.from.unwrap_or(i16::MIN), until: day.until.unwrap_or(i16::MAX), except: day.except })
        });
        Ok(Holidays { days: days.collect::<Result<_, _>>()?, official_until: written.official_until })
    }
}

/// The file of a holiday calendar.
pub(super) fn path(name: &str) -> String {
    format!("calendars/{name}.yaml")
}

impl Day {
    fn falls_on(&self, date: Date) -> bool {
        let year = date.year();
        (self.from..=self.until).contains(&year) && !self.except.contains(&year) && self.on.in_year(year) == Some(date)
    }
}

impl On {
    fn in_year(self, year: i16) -> Option<Date> {
        match self {
            On::Fixed { month, day } => Date::new(year, month, day).ok(),
            On::Monday { month, nth } => Date::new(year, month, 1).ok()?.nth_weekday_of_month(nth, Weekday::Monday).ok(),
            On::SpringEquinox => equinox(year, 3, 20.8431),
            On::AutumnEquinox => equinox(year, 9, 23.2488),
            On::Once(date) => (date.year() == year).then_some(date),
        }
    }

    fn parse(text: &str) -> Option<Self> {
        match text {
            "spring equinox" => return Some(On::SpringEquinox),
            "autumn equinox" => return Some(On::AutumnEquinox),
            _ => {}
        }
        if let Some((nth, month)) = text.split_once(" monday of ") {
            let nth: i8 = nth.trim_end_matches(|letter: char| letter.is_ascii_alphabetic()).parse().ok()?;
            let month: i8 = month.parse().ok()?;
            return ((1..=4).contains(&nth) && (1..=12).contains(&month)).then_some(On::Monday { month, nth });
        }
        if let Ok(date) = text.parse::<Date>() {
            return Some(On::Once(date));
        }
        let (month, day) = month_and_day(text)?;
        Some(On::Fixed { month, day })
    }
}

/// Reads `12-29`.
pub(super) fn month_and_day(text: &str) -> Option<(i8, i8)> {
    let (month, day) = text.split_once('-')?;
    let (month, day) = (month.parse().ok()?, day.parse().ok()?);
    // A leap year, so that 02-29 is a day.
    Date::new(2024, month, day).ok().map(|_| (month, day))
}

/// Day of the equinox by the usual approximation for 1980–2099; it equals every published day of 1980–2030.
fn equinox(year: i16, month: i8, base: f64) -> Option<Date> {
    let years = f64::from(year) - 1980.0;
    let shift = (base + 0.242_194 * years).floor() - (years / 4.0).floor();
    let days = (0..=31_i8).find(|day| f64::from(*day) >= shift)?;
    Date::new(year, month, 1).ok()?.checked_add((i64::from(days) - 1).days()).ok()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(rename = "version")]
    _version: String,
    official_until: i16,
    days: Vec<Spanned<WrittenDay>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenDay {
    name: String,
    on: String,
    from: Option<i16>,
    until: Option<i16>,
    #[serde(default)]
    except: Vec<i16>,
}

/// Holiday calendars by name, each read once.
pub(super) fn load_all<'a>(
    files: &Files,
    names: impl Iterator<Item = &'a str>,
    sentences: &Phrases,
) -> Result<BTreeMap<String, Holidays>, PlaybookError> {
    let mut all = BTreeMap::new();
    for name in names {
        if !all.contains_key(name) {
            all.insert(name.to_owned(), Holidays::load(files, name, sentences)?);
        }
    }
    Ok(all)
}
