//! The zone that a text means: an offset, a name, an abbreviation, a city.

use std::sync::LazyLock;

use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};
use jiff::{Timestamp, Zoned};
use regex::Regex;

use super::book::{Book, Zone};
use super::fold::find_word;

static IANA: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\b[A-Za-z]{2,12}/[A-Za-z_]{3,20}(?:/[A-Za-z_]{3,20})?\b").ok());
static FROM_UTC: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\b(?:utc|gmt)\s*([+-])\s*(\d{1,2})(?::?(\d{2}))?\b").ok());
/// An offset alone: with a plus, or with a minus behind a blank and without a colon, or behind a time with seconds. `10:00-11:00` is a span.
static OFFSET: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(?:(\+)|(?:\d\d:\d\d:\d\d|\s)(-))(\d{2}):?(\d{2})\b").ok());

/// Letters that are looked at.
const LONGEST: usize = 4000;

/// A zone, and the text without its name.
pub(crate) struct Named {
    pub(crate) zone: Zone,
    pub(crate) rest: String,
}

/// The zone that a folded text names: the surest way of naming one goes first.
pub(crate) fn named(text: &str, book: &Book) -> Option<Named> {
    let end = text.char_indices().nth(LONGEST).map_or(text.len(), |(at, _)| at);
    let text = text.get(..end)?;
    iana(text).or_else(|| from_utc(text)).or_else(|| signed(text)).or_else(|| by_name(text, book)).or_else(|| by_place(text, book))
}

fn iana(text: &str) -> Option<Named> {
    let found = IANA.as_ref()?.find_iter(text).find_map(|found| Some((found.range(), TimeZone::get(found.as_str()).ok()?)));
    found.map(|(range, zone)| Named { zone: Zone { zone, offset: None }, rest: without(text, range) })
}

fn from_utc(text: &str) -> Option<Named> {
    let found = FROM_UTC.as_ref()?.captures(text)?;
    let offset = offset(found.get(1)?.as_str(), found.get(2)?.as_str(), found.get(3).map_or("0", |minutes| minutes.as_str()))?;
    Some(Named { zone: fixed(offset), rest: without(text, found.get(0)?.range()) })
}

fn signed(text: &str) -> Option<Named> {
    let found = OFFSET.as_ref()?.captures(text)?;
    let sign = found.get(1).or(found.get(2))?;
    let offset = offset(sign.as_str(), found.get(3)?.as_str(), found.get(4)?.as_str())?;
    Some(Named { zone: fixed(offset), rest: without(text, sign.start()..found.get(0)?.end()) })
}

fn by_name(text: &str, book: &Book) -> Option<Named> {
    // `z` is a zone only behind a digit.
    let fits = |name: &str, at: usize| {
        name.len() > 1 || text.get(..at).and_then(|before| before.chars().next_back()).is_some_and(|letter| letter.is_ascii_digit())
    };
    let find =
        |name: &str| if name.len() == 1 { text.find(name) } else { find_word(text, name).filter(|at| name.len() > 2 || tight(text, *at)) };
    let found = book.zones.iter().filter_map(|(name, zone)| find(name).filter(|at| fits(name, *at)).map(|at| (at, name.len(), zone)));
    // Of names that hold each other the longer one, else the first in the text.
    let (at, length, zone) = found.min_by_key(|(at, length, _)| (*at, std::cmp::Reverse(*length)))?;
    Some(Named { zone: zone.clone(), rest: without(text, at..at + length) })
}

/// Names of two letters (`et`, `pt`) stand behind a time.
fn tight(text: &str, at: usize) -> bool {
    text.get(..at)
        .map(str::trim_end)
        .and_then(|before| before.chars().next_back())
        .is_some_and(|letter| letter.is_ascii_digit() || matches!(letter, 'm' | '.' | '('))
}

fn by_place(text: &str, book: &Book) -> Option<Named> {
    let (at, length, zone) = place(text, book)?;
    Some(Named { zone: Zone { zone, offset: None }, rest: without(text, at..at + length) })
}

/// The longest known city in a folded text.
pub(crate) fn place(text: &str, book: &Book) -> Option<(usize, usize, TimeZone)> {
    let found = book.places.iter().filter_map(|(name, zone)| find_word(text, name).map(|at| (at, name.len(), zone)));
    found.max_by_key(|(_, length, _)| *length).map(|(at, length, zone)| (at, length, zone.clone()))
}

fn fixed(offset: Offset) -> Zone {
    Zone { zone: TimeZone::fixed(offset), offset: Some(offset) }
}

fn offset(sign: &str, hours: &str, minutes: &str) -> Option<Offset> {
    let (hours, minutes): (i32, i32) = (hours.parse().ok()?, minutes.parse().ok()?);
    let seconds = hours * 3600 + minutes * 60;
    if hours > 14 || minutes > 59 {
        return None;
    }
    Offset::from_seconds(if sign == "-" { -seconds } else { seconds }).ok()
}

fn without(text: &str, range: std::ops::Range<usize>) -> String {
    format!("{} {}", text.get(..range.start).unwrap_or_default(), text.get(range.end..).unwrap_or_default())
}

/// A local time in a zone, and how the zone is called: by its name where it keeps that offset then, else by the offset.
pub(crate) fn placed(local: DateTime, zone: &Zone) -> Option<(Zoned, String)> {
    let at = match zone.offset {
        Some(offset) => TimeZone::fixed(offset).to_zoned(local).ok()?,
        None => zone.zone.to_zoned(local).ok()?,
    };
    let name = zone.zone.iana_name().filter(|_| keeps(&zone.zone, at.timestamp(), at.offset()));
    let name = name.map_or_else(|| shown(at.offset()), str::to_owned);
    Some((at, name))
}

fn keeps(zone: &TimeZone, at: Timestamp, offset: Offset) -> bool {
    zone.to_offset(at) == offset
}

fn shown(offset: Offset) -> String {
    let seconds = offset.seconds();
    let (hours, minutes) = (seconds.abs() / 3600, seconds.abs() % 3600 / 60);
    format!("{}{hours:02}:{minutes:02}", if seconds < 0 { '-' } else { '+' })
}
