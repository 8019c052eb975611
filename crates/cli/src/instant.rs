//! A time as people write it, the same for every command.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

/// RFC 3339, or a date or a time without an offset, which is UTC.
pub(crate) fn instant(text: &str) -> Result<Timestamp, String> {
    let civil = || text.parse::<DateTime>().ok().or_else(|| Some(text.parse::<Date>().ok()?.into()));
    let zoned = || civil().and_then(|civil| civil.to_zoned(TimeZone::UTC).ok()).map(|zoned| zoned.timestamp());
    let time = text.parse().ok().or_else(zoned);
    time.ok_or_else(|| format!("`{text}` is no time: write 2026-11-22, 2026-11-22T09:00:00 or 2026-11-22T09:00:00+09:00"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_as_people_write_them() {
        for text in ["2026-11-22", "2026-11-22T00:00:00", "2026-11-22 00:00", "2026-11-22T09:00:00+09:00", "2026-11-22T00:00:00Z"] {
            assert_eq!(instant(text).unwrap().to_string(), "2026-11-22T00:00:00Z", "{text}");
        }
        assert!(instant("yesterday").is_err());
    }
}
