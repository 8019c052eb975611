//! Points in time as logs write them.

use jiff::Timestamp;

use crate::record::Value;

/// A time as written: with its own zone, or without one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Written {
    /// The instant, taking a time without a zone as UTC.
    pub(crate) instant: Timestamp,
    /// Whether the text named its zone.
    pub(crate) zoned: bool,
}

/// Reads a time from text or a number: RFC 3339 with `T` or a space, with or without a zone; PowerShell's `/Date(ms)/`;
/// Unix time in s, ms or µs; Windows FILETIME.
pub(crate) fn written(value: &Value<'_>) -> Option<Written> {
    match value {
        Value::Text(text) => from_text(text),
        Value::Integer(number) => from_number(*number),
        Value::Float(seconds) if seconds.is_finite() => {
            let instant = Timestamp::from_microsecond((seconds * 1e6) as i64).ok()?;
            Some(Written { instant, zoned: true })
        }
        _ => None,
    }
}

/// Reads a time from text.
pub(crate) fn from_text(text: &str) -> Option<Written> {
    let bytes = text.trim().as_bytes();
    if let Some(date) = bytes.strip_prefix(b"/Date(") {
        let digits = date.split(|byte| !(byte.is_ascii_digit() || *byte == b'-')).next()?;
        let millisecond = std::str::from_utf8(digits).ok()?.parse().ok()?;
        return Some(Written { instant: Timestamp::from_millisecond(millisecond).ok()?, zoned: true });
    }
    let mut rest = Digits(bytes);
    let year = rest.take(4)?;
    rest.expect(b"-/")?;
    let month = rest.take(2)?;
    rest.expect(b"-/")?;
    let day = rest.take(2)?;
    rest.expect(b"T ")?;
    let hour = rest.take(2)?;
    rest.expect(b":")?;
    let minute = rest.take(2)?;
    rest.expect(b":")?;
    let second = rest.take(2)?;
    let nanosecond = if rest.expect(b".,").is_some() { rest.fraction()? } else { 0 };
    let offset = rest.offset()?;
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let seconds = days_from_civil(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second.min(59) - offset.unwrap_or(0);
    let instant = Timestamp::new(seconds, i32::try_from(nanosecond).ok()?).ok()?;
    Some(Written { instant, zoned: offset.is_some() })
}

fn from_number(number: i64) -> Option<Written> {
    const FILETIME_EPOCH_US: i64 = 11_644_473_600_000_000;
    let instant = match number {
        100_000_000_000_000_000.. => Timestamp::from_microsecond(number / 10 - FILETIME_EPOCH_US),
        100_000_000_000_000.. => Timestamp::from_microsecond(number),
        100_000_000_000.. => Timestamp::from_millisecond(number),
        _ => Timestamp::from_second(number),
    };
    Some(Written { instant: instant.ok()?, zoned: true })
}

/// The days from 1970-01-01 to a date of the Gregorian calendar (Howard Hinnant's `days_from_civil`).
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// A cursor over the digits of a written time.
struct Digits<'a>(&'a [u8]);

impl Digits<'_> {
    fn take(&mut self, count: usize) -> Option<i64> {
        let (digits, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        digits.iter().try_fold(0, |number, byte| byte.is_ascii_digit().then(|| number * 10 + i64::from(byte - b'0')))
    }

    fn expect(&mut self, any: &[u8]) -> Option<()> {
        let (first, rest) = self.0.split_first()?;
        any.contains(first).then(|| self.0 = rest)
    }

    /// The fraction of a second, in nanoseconds; digits beyond the ninth are dropped.
    fn fraction(&mut self) -> Option<i64> {
        let length = self.0.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (digits, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        let number = digits.iter().take(9).fold(0, |number, byte| number * 10 + i64::from(byte - b'0'));
        let scale = u32::try_from(9 - length.min(9)).ok()?;
        (length > 0).then(|| number * 10_i64.pow(scale))
    }

    /// The zone's offset in seconds; `Some(None)` where nothing is written, `None` where something else is.
    fn offset(&mut self) -> Option<Option<i64>> {
        let rest = self.0.trim_ascii();
        let (sign, rest) = match rest.split_first() {
            None => return Some(None),
            Some((b'Z' | b'z', [])) => return Some(Some(0)),
            Some((b'+', rest)) => (1, rest),
            Some((b'-', rest)) => (-1, rest),
            _ if rest.eq_ignore_ascii_case(b"utc") || rest.eq_ignore_ascii_case(b"gmt") => return Some(Some(0)),
            _ => return None,
        };
        let mut rest = Digits(rest);
        let hours = rest.take(2)?;
        let _ = rest.expect(b":");
        let minutes = if rest.0.is_empty() { 0 } else { rest.take(2)? };
        rest.0.is_empty().then_some(Some(sign * (hours * 3600 + minutes * 60)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<(&str, bool)>) {
        let found = from_text(text).map(|written| (written.instant.to_string(), written.zoned));
        assert_eq!(found, expected.map(|(instant, zoned)| (instant.to_owned(), zoned)), "{text}");
    }

    #[test]
    fn reads_the_forms_that_logs_use() {
        check("2026-04-17T05:24:53.088849Z", Some(("2026-04-17T05:24:53.088849Z", true)));
        check("2020-10-18 02:17:17.852", Some(("2020-10-18T02:17:17.852Z", false)));
        check("2020-09-21 03:15:25", Some(("2020-09-21T03:15:25Z", false)));
        check("2021-01-02T03:04:05.000001+0900", Some(("2021-01-01T18:04:05.000001Z", true)));
        check("2024-02-29T23:59:60-05:30", Some(("2024-03-01T05:29:59Z", true)));
        check("2024-02-29 00:00:00 UTC", Some(("2024-02-29T00:00:00Z", true)));
        check("/Date(1602987437852)/", Some(("2020-10-18T02:17:17.852Z", true)));
        check("1969-12-31T23:59:59Z", Some(("1969-12-31T23:59:59Z", true)));
        check("2024-13-01T00:00:00Z", None);
        check("yesterday", None);
        check("2024-01-01T00:00:00Zebra", None);
        check("", None);
    }

    #[test]
    fn reads_numbers_by_their_size() {
        let expected = "2020-10-18T02:17:17Z";
        for number in [1_602_987_437, 1_602_987_437_000, 1_602_987_437_000_000, 132_474_610_370_000_000] {
            assert_eq!(written(&Value::Integer(number)).map(|written| written.instant.to_string()).as_deref(), Some(expected));
        }
    }
}
