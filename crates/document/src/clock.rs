//! Times as people read them: in the report's zone, always with the offset. Storage and the JSON's model stay in UTC.

use hikeshi_domain::phrase::Phrase;
use hikeshi_domain::phrases::in_zone;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, Zoned};

use crate::words::Words;

/// Shows times in one zone.
#[derive(Debug, Clone)]
pub(crate) struct Clock {
    zone: TimeZone,
    /// The zone asked for is known.
    pub(crate) known: bool,
}

impl Clock {
    /// The zone by its IANA name; UTC where the name is unknown (and the report says so).
    pub(crate) fn new(name: &str) -> Self {
        match TimeZone::get(name) {
            Ok(zone) => Clock { zone, known: true },
            Err(_) => Clock { zone: TimeZone::UTC, known: false },
        }
    }

    /// A sentence whose instants stand in the report's zone.
    pub(crate) fn told(&self, phrase: &Phrase) -> Phrase {
        in_zone(phrase, &self.zone)
    }

    fn at(&self, time: Timestamp) -> Zoned {
        time.to_zoned(self.zone.clone())
    }

    /// `2026-11-21 03:08:41 +09:00`, with milliseconds where there are any.
    pub(crate) fn full(&self, time: Timestamp) -> String {
        format!("{} {} {}", self.date(time), self.time_of_day(time), self.offset(time))
    }

    /// `2026-11-21 03:08:41 +09:00`: without parts of a second.
    pub(crate) fn seconds(&self, time: Timestamp) -> String {
        self.at(time).strftime("%Y-%m-%d %H:%M:%S %:z").to_string()
    }

    /// `2026-11-21`.
    pub(crate) fn date(&self, time: Timestamp) -> String {
        self.at(time).strftime("%Y-%m-%d").to_string()
    }

    /// `11-21`.
    pub(crate) fn day(&self, time: Timestamp) -> String {
        self.at(time).strftime("%m-%d").to_string()
    }

    /// `03:08:41.123`, without the milliseconds where they are zero.
    pub(crate) fn time_of_day(&self, time: Timestamp) -> String {
        let at = self.at(time);
        let text = at.strftime("%H:%M:%S").to_string();
        if at.millisecond() == 0 { text } else { format!("{text}.{:03}", at.millisecond()) }
    }

    /// `03:08:41`.
    pub(crate) fn hms(&self, time: Timestamp) -> String {
        self.at(time).strftime("%H:%M:%S").to_string()
    }

    /// `+09:00`.
    pub(crate) fn offset(&self, time: Timestamp) -> String {
        self.at(time).strftime("%:z").to_string()
    }
}

/// A length of time in its two largest units: `2 時間 5 分`, `2 h 5 min`.
pub(crate) fn span(words: Words, length: SignedDuration) -> String {
    let seconds = length.abs().as_secs();
    let units = [("days", seconds / 86_400), ("hours", seconds / 3600 % 24), ("minutes", seconds / 60 % 60), ("seconds", seconds % 60)];
    let shown: Vec<String> = units
        .iter()
        .skip_while(|(unit, count)| *count == 0 && *unit != "seconds")
        .take(2)
        .enumerate()
        .filter(|(place, (_, count))| *place == 0 || *count > 0)
        .map(|(_, (unit, count))| words.say(&format!("span.{unit}"), &[("count", count.to_string())]))
        .collect();
    shown.join(" ")
}

#[cfg(test)]
mod tests {
    use hikeshi_domain::phrase::Language;

    use super::*;

    // covers: S0-11
    #[test]
    fn times_carry_their_offset() {
        let time: Timestamp = "2026-11-20T18:08:41.120Z".parse().unwrap();
        let tokyo = Clock::new("Asia/Tokyo");
        assert_eq!(tokyo.full(time), "2026-11-21 03:08:41.120 +09:00");
        assert_eq!(tokyo.seconds(time), "2026-11-21 03:08:41 +09:00");
        let unknown = Clock::new("Mars/Olympus");
        assert!(!unknown.known);
        assert_eq!(unknown.seconds(time), "2026-11-20 18:08:41 +00:00");
    }

    #[test]
    fn spans_read_in_both_languages() {
        let check = |seconds: i64, ja: &str, en: &str| {
            let length = SignedDuration::from_secs(seconds);
            assert_eq!(span(Words { language: Language::Ja }, length), ja);
            assert_eq!(span(Words { language: Language::En }, length), en);
        };
        check(0, "0 秒", "0 s");
        check(3, "3 秒", "3 s");
        check(7500, "2 時間 5 分", "2 h 5 min");
        check(7200, "2 時間", "2 h");
        check(2 * 86_400 + 3600, "2 日 1 時間", "2 d 1 h");
        check(-61, "1 分 1 秒", "1 min 1 s");
    }
}
