//! The rules by which something is due, as a word that can be stored, printed and counted again.
//!
//! `elapsed:2`, `bh:5;cal=JP0917`, `bd:3;cal=JP0917YE`, `nmbd:5;cal=JP0917YE`, `nthday:30;roll=next`, `month:1`, `sec4bd`: the
//! meaning of each stands beside its variant and in `docs/clocks.md`.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

use super::{BusinessCalendar, Clocks, Deadline, elapsed, shown};
use crate::phrase::Phrase;

/// The calendar of deadlines that Japanese law sets: weekends, holidays and 29 December to 3 January roll on.
const OFFICES: &str = "JP0917YE";

/// The calendar of the Securities and Exchange Commission's business days.
const SEC: &str = "US0917";

/// Longer than any term of a contract or law; keeps counting in bounds.
const LONGEST: u32 = 100_000;

/// How a deadline follows from its start. In JSON it is its word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Rule {
    /// `elapsed:H`: hours on the UTC line, day and night; summer time does not alter the length.
    Elapsed {
        /// How many.
        hours: u32,
    },
    /// `bh:N;cal=C`: business hours of a calendar.
    BusinessHours {
        /// How many.
        hours: u32,
        /// Its name.
        calendar: String,
    },
    /// `bd:N;cal=C`: the close of the n-th business day after the day of the start (初日不算入).
    BusinessDays {
        /// How many.
        days: u32,
        /// Its name.
        calendar: String,
    },
    /// `nmbd:N;cal=C`: the close of the n-th business day of the month after the start's.
    NextMonthDay {
        /// Which.
        nth: u32,
        /// Its name.
        calendar: String,
    },
    /// `nthday:N;roll=none|next`: the end of the n-th day, the start's being the first (個人情報保護法施行規則 第 8 条 as the guideline reads it).
    NthDay {
        /// Which.
        nth: u32,
        /// Whether a Saturday, a Sunday, a holiday or a day from 29 December to 3 January moves it on.
        rolls: bool,
    },
    /// `month:N`: the same day and local time so many months later, the month's last day where it has no such day.
    Months {
        /// How many.
        months: u32,
    },
    /// `sec4bd`: the close of the fourth business day after the determination (Form 8-K, Item 1.05).
    FourBusinessDays,
}

/// A rule that cannot be read or followed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    /// No such rule.
    #[error(
        "expected `elapsed:H`, `bh:N;cal=C`, `bd:N;cal=C`, `nmbd:N;cal=C`, `nthday:N;roll=none|next`, `month:N` or `sec4bd`, found `{0}`"
    )]
    Unknown(String),
    /// A calendar that is not there.
    #[error("expected a calendar among {known}, found `{name}`")]
    Calendar {
        /// As asked.
        name: String,
        /// Those there are, in order.
        known: String,
    },
    /// The end lies outside of the calendar's or of our time.
    #[error("the deadline lies too far away to be counted")]
    TooFar,
}

impl Rule {
    /// Whether the deadline is a date, met until that day's end or close, not an instant.
    pub const fn is_date(&self) -> bool {
        !matches!(self, Rule::Elapsed { .. } | Rule::BusinessHours { .. } | Rule::Months { .. })
    }

    /// The calendar in which it counts.
    pub(super) fn calendar(&self) -> Option<&str> {
        match self {
            Rule::BusinessHours { calendar, .. } | Rule::BusinessDays { calendar, .. } | Rule::NextMonthDay { calendar, .. } => {
                Some(calendar)
            }
            Rule::FourBusinessDays => Some(SEC),
            Rule::Elapsed { .. } | Rule::NthDay { .. } | Rule::Months { .. } => None,
        }
    }
}

impl Clocks {
    /// When something is due that starts at `start`; `zone` is where it happened, for the rules that ask no calendar.
    ///
    /// # Errors
    /// When the rule's calendar is not there, or the counting leaves the years that can be counted.
    pub fn count(&self, rule: &Rule, start: Timestamp, zone: &TimeZone) -> Result<Deadline, RuleError> {
        let deadline = match rule {
            Rule::Elapsed { hours } => elapsed(start, i64::from(*hours), zone),
            Rule::BusinessHours { hours, calendar } => {
                self.named(calendar)?.after_hours(start, SignedDuration::from_hours(i64::from(*hours)))
            }
            Rule::BusinessDays { days, calendar } => self.named(calendar)?.after_days(start, *days),
            Rule::NextMonthDay { nth, calendar } => self.named(calendar)?.day_of_next_month(start, *nth),
            Rule::NthDay { nth, rolls } => nth_day(start, *nth, zone, if *rolls { Some(self.named(OFFICES)?) } else { None }),
            Rule::Months { months } => after_months(start, *months, zone),
            Rule::FourBusinessDays => self.named(SEC)?.after_days(start, 4),
        };
        if deadline.at == Timestamp::MAX { Err(RuleError::TooFar) } else { Ok(deadline) }
    }

    /// A calendar that must be there.
    pub(super) fn named(&self, name: &str) -> Result<&BusinessCalendar, RuleError> {
        let missing = || RuleError::Calendar { name: name.to_owned(), known: self.calendars().collect::<Vec<_>>().join(", ") };
        self.calendar(name).ok_or_else(missing)
    }
}

/// The end of the n-th day in the zone, the day of the start counted, moved on while the offices are closed.
fn nth_day(start: Timestamp, nth: u32, zone: &TimeZone, offices: Option<&BusinessCalendar>) -> Deadline {
    let first = start.to_zoned(zone.clone()).date();
    let mut steps =
        vec![Phrase::new("clock.start").with("at", shown(start, zone)), Phrase::new("clock.day_one").with("date", first.to_string())];
    let mut date = first.saturating_add(i64::from(nth.saturating_sub(1)).days());
    steps.push(Phrase::new("clock.nth_day").with("date", date.to_string()).with("number", nth.to_string()));
    while let Some(why) = offices.and_then(|offices| offices.why_closed(date)) {
        steps.push(Phrase::new("clock.rolled").with("date", date.to_string()).with("why", why));
        match date.tomorrow() {
            Ok(next) => date = next,
            Err(_) => break,
        }
    }
    due(end_of(date, zone), zone, steps)
}

fn after_months(start: Timestamp, months: u32, zone: &TimeZone) -> Deadline {
    let local = start.to_zoned(zone.clone());
    let at = local.checked_add(i64::from(months).months()).map_or(Timestamp::MAX, |due| due.timestamp());
    let steps = vec![
        Phrase::new("clock.start").with("at", shown(start, zone)),
        Phrase::new("clock.months_added").with("months", months.to_string()),
    ];
    due(at, zone, steps)
}

fn due(at: Timestamp, zone: &TimeZone, mut steps: Vec<Phrase>) -> Deadline {
    steps.push(Phrase::new("clock.due").with("at", shown(at, zone)));
    Deadline { at, steps }
}

/// The last second of a day.
fn end_of(date: Date, zone: &TimeZone) -> Timestamp {
    let last = date.at(23, 59, 59, 0).to_zoned(zone.clone());
    last.map_or(Timestamp::MAX, |last| last.timestamp())
}

impl FromStr for Rule {
    type Err = RuleError;

    fn from_str(text: &str) -> Result<Self, RuleError> {
        let unknown = || RuleError::Unknown(text.to_owned());
        if text == "sec4bd" {
            return Ok(Rule::FourBusinessDays);
        }
        let (kind, rest) = text.split_once(':').ok_or_else(unknown)?;
        let (amount, option) = rest.split_once(';').map_or((rest, None), |(amount, option)| (amount, Some(option)));
        let amount = amount.parse().ok().filter(|amount| (1..=LONGEST).contains(amount)).ok_or_else(unknown)?;
        let calendar =
            || option.and_then(|option| option.strip_prefix("cal=")).filter(|name| !name.is_empty()).map(str::to_owned).ok_or_else(unknown);
        match (kind, option) {
            ("elapsed", None) => Ok(Rule::Elapsed { hours: amount }),
            ("month", None) => Ok(Rule::Months { months: amount }),
            ("nthday", Some("roll=none")) => Ok(Rule::NthDay { nth: amount, rolls: false }),
            ("nthday", Some("roll=next")) => Ok(Rule::NthDay { nth: amount, rolls: true }),
            ("bh", _) => Ok(Rule::BusinessHours { hours: amount, calendar: calendar()? }),
            ("bd", _) => Ok(Rule::BusinessDays { days: amount, calendar: calendar()? }),
            ("nmbd", _) => Ok(Rule::NextMonthDay { nth: amount, calendar: calendar()? }),
            _ => Err(unknown()),
        }
    }
}

impl From<Rule> for String {
    fn from(rule: Rule) -> Self {
        rule.to_string()
    }
}

impl TryFrom<String> for Rule {
    type Error = RuleError;

    fn try_from(text: String) -> Result<Self, RuleError> {
        text.parse()
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Rule::Elapsed { hours } => write!(out, "elapsed:{hours}"),
            Rule::BusinessHours { hours, calendar } => write!(out, "bh:{hours};cal={calendar}"),
            Rule::BusinessDays { days, calendar } => write!(out, "bd:{days};cal={calendar}"),
            Rule::NextMonthDay { nth, calendar } => write!(out, "nmbd:{nth};cal={calendar}"),
            Rule::NthDay { nth, rolls } => write!(out, "nthday:{nth};roll={}", if *rolls { "next" } else { "none" }),
            Rule::Months { months } => write!(out, "month:{months}"),
            Rule::FourBusinessDays => out.write_str("sec4bd"),
        }
    }
}
