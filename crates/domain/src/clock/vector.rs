//! Questions to the clocks as a line of text with the expected answer, so that anybody can check them.
//!
//! Beside the rules of [`Rule`]: `lookback:N`, `dedupe:H;at=T`, `retain:N`, `isopen:A+B`, `tz:ZONE`, `utc;fold=0|1` and `holiday`.

use std::cmp::Ordering;

use jiff::civil::{Date, DateTime};
use jiff::fmt::temporal::DateTimeParser;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan, Zoned};

use super::{Clocks, Rule};
use crate::phrase::{Language, Phrase};
use crate::phrases::Phrases;

/// A question with its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vector<'a> {
    /// A local time (`2026-11-24T10:15`, in `zone`), or an instant with its offset.
    pub start: &'a str,
    /// IANA name of the zone in which the start is meant and the answer shown.
    pub zone: &'a str,
    /// What is asked.
    pub rule: &'a str,
    /// A date, a time with offset, or a word.
    pub expected: &'a str,
}

impl Vector<'_> {
    /// What the clocks answer.
    ///
    /// # Errors
    /// In words, when zone, start or rule cannot be read.
    pub fn answer(&self, clocks: &Clocks, phrases: &Phrases) -> Result<String, String> {
        let zone = zone(self.zone)?;
        let (kind, rest) = self.rule.split_once([':', ';']).unwrap_or((self.rule, ""));
        let start = instant(self.start, &zone, rest == "fold=1")?;
        match kind {
            "lookback" => Ok(written(earlier(start, amount(rest)?)?, &zone)),
            "dedupe" => repeat(start, rest, &zone),
            "retain" => oldest_month(start, amount(rest)?, &zone),
            "isopen" => open(clocks, start, rest),
            "tz" => Ok(written(start, &self::zone(rest)?)),
            "utc" => Ok(written(start, &TimeZone::UTC)),
            "holiday" => Ok(holiday(clocks, phrases, &start.to_zoned(zone))),
            _ => due(clocks, self.rule, start, &zone),
        }
    }

    /// Whether an answer is the expected one: the same word, the same instant in whatever offset, or on the expected date.
    pub fn is_met_by(&self, answer: &str) -> bool {
        let instants = (parsed(answer), parsed(self.expected));
        answer == self.expected || matches!(instants, (Some(found), Some(expected)) if found == expected)
    }
}

/// Reads an IANA name.
///
/// # Errors
/// In words, when there is no such zone.
pub fn zone(name: &str) -> Result<TimeZone, String> {
    TimeZone::get(name).map_err(|_| format!("expected an IANA time zone such as Asia/Tokyo, found `{name}`"))
}

/// Reads a local time in a zone, or an instant with its offset. Of a local time that happens twice the first is meant, or the `later`.
///
/// # Errors
/// In words, when it is neither.
pub fn instant(text: &str, zone: &TimeZone, later: bool) -> Result<Timestamp, String> {
    if let Some(at) = parsed(text) {
        return Ok(at);
    }
    let local: DateTime =
        text.parse().map_err(|_| format!("expected a time such as 2026-11-24T10:15 or 2026-11-24T10:15+09:00, found `{text}`"))?;
    let ambiguous = zone.to_ambiguous_zoned(local);
    let chosen = if later { ambiguous.later() } else { ambiguous.compatible() };
    chosen.map(|zoned| zoned.timestamp()).map_err(|error| error.to_string())
}

/// Local time with offset, seconds where there are some: `2026-11-24T12:15+09:00`.
pub fn written(at: Timestamp, zone: &TimeZone) -> String {
    let local = at.to_zoned(zone.clone());
    local.strftime(if local.second() == 0 { "%Y-%m-%dT%H:%M%:z" } else { "%Y-%m-%dT%H:%M:%S%:z" }).to_string()
}

fn parsed(text: &str) -> Option<Timestamp> {
    DateTimeParser::new().parse_timestamp(text).ok()
}

fn amount(text: &str) -> Result<u32, String> {
    text.parse().ok().filter(|amount| *amount <= 100_000).ok_or_else(|| format!("expected a whole number up to 100000, found `{text}`"))
}

fn due(clocks: &Clocks, rule: &str, start: Timestamp, zone: &TimeZone) -> Result<String, String> {
    let rule: Rule = rule.parse().map_err(|error: super::RuleError| error.to_string())?;
    let at = clocks.count(&rule, start, zone).map_err(|error| error.to_string())?.at;
    Ok(if rule.is_date() { at.to_zoned(clocks.zone_of(&rule, zone)).date().to_string() } else { written(at, zone) })
}

fn earlier(start: Timestamp, days: u32) -> Result<Timestamp, String> {
    start.checked_sub(SignedDuration::from_hours(24 * i64::from(days))).map_err(|error| error.to_string())
}

/// `72;at=2026-11-23T09:59+09:00`: whether a second alert then is a repeat of the first reported one.
fn repeat(first: Timestamp, rest: &str, zone: &TimeZone) -> Result<String, String> {
    let (hours, second) = rest.split_once(";at=").ok_or_else(|| format!("expected `dedupe:H;at=T`, found `dedupe:{rest}`"))?;
    let span = SignedDuration::from_hours(i64::from(amount(hours)?));
    let inside = instant(second, zone, false)?.duration_since(first).cmp(&span) != Ordering::Greater;
    Ok(if inside { "suppressed" } else { "report" }.to_owned())
}

fn oldest_month(now: Timestamp, months: u32, zone: &TimeZone) -> Result<String, String> {
    let first = now.to_zoned(zone.clone()).date().first_of_month();
    let oldest: Date = first.checked_sub(i64::from(months).months()).map_err(|error| error.to_string())?;
    Ok(oldest.strftime("%Y-%m").to_string())
}

fn open(clocks: &Clocks, at: Timestamp, names: &str) -> Result<String, String> {
    let mut open = false;
    for name in names.split('+') {
        open |= clocks.named(name).map_err(|error| error.to_string())?.is_open(at);
    }
    Ok(open.to_string())
}

/// The day's name in its country's language, `-` on an ordinary day.
fn holiday(clocks: &Clocks, phrases: &Phrases, at: &Zoned) -> String {
    let zone = at.time_zone().iana_name().unwrap_or_default();
    let language = if zone == "Asia/Tokyo" { Language::Ja } else { Language::En };
    let name = clocks.holiday(zone, at.date());
    name.map_or_else(|| "-".to_owned(), |name| phrases.render(&Phrase::new(format!("holiday.{name}")), language))
}
