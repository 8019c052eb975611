//! Public holidays by rule: fixed days, n-th weekdays, Easter, equinoxes, and the days that are off because of them.

use std::collections::BTreeMap;

use jiff::ToSpan;
use jiff::civil::{Date, Weekday};
use serde::Deserialize;
use serde_saphyr::Spanned;

use crate::phrases::Phrases;
use crate::playbook::{Files, PlaybookError};

/// From this year on a substitute moves past following holidays, and a day between two holidays is off even on a Sunday.
const AMENDED: i16 = 2007;

/// The public holidays of a country or of a part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holidays {
    days: Vec<Day>,
    derived: Vec<Derived>,
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
    observed: Option<Observed>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum On {
    Fixed {
        month: i8,
        day: i8,
    },
    /// The n-th of a month, -1 for the last.
    Weekday {
        month: i8,
        nth: i8,
        weekday: Weekday,
    },
    /// So many days from Easter Sunday.
    Easter {
        days: i64,
    },
    SpringEquinox,
    AutumnEquinox,
    Once(Date),
}

/// Which other day is off where a holiday falls on a Saturday or a Sunday.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Observed {
    /// The Friday before a Saturday, the Monday after a Sunday (5 U.S.C. 6103(b), Executive Order 11582).
    Nearest,
    /// The next weekday that is no holiday itself (Banking and Financial Dealings Act 1971; Public Holidays Act 2010 of New South Wales).
    Next,
}

/// Days that are off because of holidays by name (国民の祝日に関する法律 3 (2) and (3)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Derived {
    /// 振替休日: the day after a holiday on a Sunday.
    Substitute,
    /// 国民の休日: a day between two holidays.
    Citizens,
}

impl Holidays {
    /// The holiday's name in phrases (after `holiday.`), or none on an ordinary day.
    pub fn name_on(&self, date: Date) -> Option<&str> {
        if let Some(name) = self.named(date) {
            return Some(name);
        }
        if self.derived.contains(&Derived::Substitute) && self.is_substitute(date) {
            return Some("substitute");
        }
        if self.derived.contains(&Derived::Citizens) && self.is_between(date) {
            return Some("citizens");
        }
        self.observed(date)
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

    /// The holiday of a weekend for which this weekday is off.
    fn observed(&self, date: Date) -> Option<&str> {
        let monday = 1 - date.weekday().to_monday_one_offset();
        let [saturday, sunday] = [-2, -1].map(|days: i64| date.checked_add((i64::from(monday) + days).days()).ok());
        let on = |when: Option<Date>, how: Observed| {
            self.days.iter().filter(move |day| day.observed == Some(how) && when.is_some_and(|when| day.falls_on(when)))
        };
        let nearest = match date.weekday() {
            Weekday::Saturday | Weekday::Sunday => return None,
            Weekday::Friday => on(date.tomorrow().ok(), Observed::Nearest).next(),
            Weekday::Monday => on(sunday, Observed::Nearest).next(),
            _ => None,
        };
        if let Some(day) = nearest {
            return Some(&day.name);
        }
        let mut waiting = on(saturday, Observed::Next).chain(on(sunday, Observed::Next));
        let mut weekday = sunday?.tomorrow().ok()?;
        while weekday < date {
            if self.named(weekday).is_none() {
                waiting.next();
            }
            weekday = weekday.tomorrow().ok()?;
        }
        waiting.next().map(|day| day.name.as_str())
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
                let expected =
                    "expected `MM-DD`, `Nth monday of MM`, `last monday of MM`, `easter +N`, `spring equinox`, `autumn equinox` or a date";
                PlaybookError::at(&path, line, format!("{expected}, found `{}`", day.on))
            })?;
            let (from, until) = (day.from.unwrap_or(i16::MIN), day.until.unwrap_or(i16::MAX));
            Ok(Day { name: day.name, on, from, until, except: day.except, observed: day.observed })
        });
        Ok(Holidays { days: days.collect::<Result<_, _>>()?, derived: written.derived, official_until: written.official_until })
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
            On::Weekday { month, nth, weekday } => Date::new(year, month, 1).ok()?.nth_weekday_of_month(nth, weekday).ok(),
            On::Easter { days } => easter(year)?.checked_add(days.days()).ok(),
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
        if let Some(days) = text.strip_prefix("easter") {
            let days = if days.is_empty() { Some(0) } else { days.trim_start().parse().ok() };
            return days.filter(|days: &i64| days.abs() <= 100).map(|days| On::Easter { days });
        }
        if let Some((which, month)) = text.split_once(" of ") {
            return nth_weekday(which, month);
        }
        if let Ok(date) = text.parse::<Date>() {
            return Some(On::Once(date));
        }
        let (month, day) = month_and_day(text)?;
        Some(On::Fixed { month, day })
    }
}

/// Reads `3rd monday` or `last monday`, and `07`.
fn nth_weekday(which: &str, month: &str) -> Option<On> {
    let (nth, weekday) = which.split_once(' ')?;
    let nth: i8 = if nth == "last" { -1 } else { nth.trim_end_matches(|letter: char| letter.is_ascii_alphabetic()).parse().ok()? };
    let weekday = match weekday {
        "monday" => Weekday::Monday,
        "tuesday" => Weekday::Tuesday,
        "wednesday" => Weekday::Wednesday,
        "thursday" => Weekday::Thursday,
        "friday" => Weekday::Friday,
        "saturday" => Weekday::Saturday,
        "sunday" => Weekday::Sunday,
        _ => return None,
    };
    let month: i8 = month.parse().ok()?;
    ((nth == -1 || (1..=4).contains(&nth)) && (1..=12).contains(&month)).then_some(On::Weekday { month, nth, weekday })
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

/// Easter Sunday of the Gregorian calendar (the anonymous algorithm, as in Meeus, *Astronomical Algorithms*, chapter 8).
fn easter(year: i16) -> Option<Date> {
    let year = i32::from(year);
    let (golden, century, of_century) = (year % 19, year / 100, year % 100);
    let epact = (19 * golden + century - century / 4 - (century - (century + 8) / 25 + 1) / 3 + 15) % 30;
    let weekday = (32 + 2 * (century % 4) + 2 * (of_century / 4) - epact - of_century % 4) % 7;
    let late = (golden + 11 * epact + 22 * weekday) / 451;
    let day = epact + weekday - 7 * late + 114;
    Date::new(i16::try_from(year).ok()?, i8::try_from(day / 31).ok()?, i8::try_from(day % 31 + 1).ok()?).ok()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(rename = "version")]
    _version: String,
    official_until: i16,
    #[serde(default)]
    derived: Vec<Derived>,
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
    observed: Option<Observed>,
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
