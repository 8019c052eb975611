//! When an alert is a repeat: same endpoint and same file within 72 hours of the first *reported* alert (S3-48, S3-49).
//!
//! A repeat is counted, linked and triaged, but neither reported nor mailed; a verdict worse than the reported one reopens it.

use jiff::{SignedDuration, Timestamp};

use crate::alert::AlertFile;
use crate::id::AlertId;
use crate::verdict::Verdict;

/// How long a reported alert covers its repeats, counted from the receipt of the reported one (S3-48: 72 時間以内).
pub const REPEAT_WINDOW: SignedDuration = SignedDuration::from_hours(72);

/// What decides whether an alert repeats another.
#[derive(Debug, Clone, Copy)]
pub struct Arrival<'a> {
    /// The endpoint, by the name under which the desk keeps it.
    pub host: &'a str,
    /// The file that the alert names; without a hash nothing is ever a repeat.
    pub file: Option<&'a AlertFile>,
    /// When the desk received it.
    pub received_at: Timestamp,
}

/// An alert that was reported.
#[derive(Debug, Clone, Copy)]
pub struct Reported<'a> {
    /// The alert.
    pub alert: AlertId,
    /// What it was about and when it came.
    pub arrival: Arrival<'a>,
    /// The verdict that was reported.
    pub verdict: Verdict,
}

/// The reported alert that `new` repeats: the earliest one that covers it. Alerts that were only counted cover nothing, so that
/// a file that keeps coming is reported anew every 72 hours.
pub fn repeat_of<'r, 'a>(new: &Arrival<'_>, reported: &'r [Reported<'a>]) -> Option<&'r Reported<'a>> {
    let covering = reported.iter().filter(|first| covers(&first.arrival, new));
    covering.min_by_key(|first| (first.arrival.received_at, first.alert))
}

/// The worst verdict that was told of what `new` repeats: what a later alert on the same file told counts as much as the first one's.
pub fn worst_told(new: &Arrival<'_>, reported: &[Reported<'_>]) -> Option<Verdict> {
    reported.iter().filter(|one| covers(&one.arrival, new)).map(|one| one.verdict).max()
}

/// Whether a repeat must be reported after all: what it was found to be is worse than what was told.
pub fn reopens(reported: Verdict, repeat: Verdict) -> bool {
    repeat > reported
}

fn covers(first: &Arrival<'_>, new: &Arrival<'_>) -> bool {
    let elapsed = new.received_at.duration_since(first.received_at);
    let in_time = elapsed >= SignedDuration::ZERO && elapsed <= REPEAT_WINDOW;
    in_time && first.host.eq_ignore_ascii_case(new.host) && same_file(first.file, new.file)
}

/// The strongest hash that both name decides; a weaker one never overrules a difference in a stronger one.
pub fn same_file(first: Option<&AlertFile>, second: Option<&AlertFile>) -> bool {
    common_hash(first, second) == Some(true)
}

/// Whether the strongest hash that both name is the same; `None` where there is no such hash.
pub(crate) fn common_hash(first: Option<&AlertFile>, second: Option<&AlertFile>) -> Option<bool> {
    let (first, second) = (first?, second?);
    let pairs = [(&first.sha256, &second.sha256), (&first.sha1, &second.sha1), (&first.md5, &second.md5)];
    let both = pairs.into_iter().find_map(|(a, b)| Some((present(a)?, present(b)?)));
    both.map(|(a, b)| a.eq_ignore_ascii_case(b))
}

pub(crate) fn present(text: &Option<String>) -> Option<&str> {
    text.as_deref().map(str::trim).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sha256(hash: &str) -> AlertFile {
        AlertFile { sha256: Some(hash.to_owned()), ..AlertFile::default() }
    }

    fn at(hours: i64, seconds: i64) -> Timestamp {
        "2026-11-20T00:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_hours(hours) + SignedDuration::from_secs(seconds)
    }

    fn first<'a>(file: &'a AlertFile, host: &'a str) -> Reported<'a> {
        Reported {
            alert: AlertId(uuid::Uuid::from_u128(1)),
            arrival: Arrival { host, file: Some(file), received_at: at(0, 0) },
            verdict: Verdict::Grey,
        }
    }

    fn is_repeat(reported: &AlertFile, new: &AlertFile, host: &str, received_at: Timestamp) -> bool {
        repeat_of(&Arrival { host, file: Some(new), received_at }, &[first(reported, "PC-1")]).is_some()
    }

    // covers: S3-48
    #[test]
    fn seventy_two_hours_are_counted_from_the_first_reported_receipt() {
        let file = sha256("aa");
        let vectors = [(71, 0, true), (72, 0, true), (72, 1, false), (73, 0, false), (0, 0, true), (0, -1, false)];
        for (hours, seconds, expected) in vectors {
            assert_eq!(is_repeat(&file, &file, "PC-1", at(hours, seconds)), expected, "{hours} h {seconds} s");
        }
    }

    // covers: S3-48
    #[test]
    fn endpoint_and_hash_must_both_be_the_same() {
        let file = sha256("aa");
        assert!(is_repeat(&file, &sha256("AA"), "pc-1", at(1, 0)), "case does not matter");
        assert!(!is_repeat(&file, &file, "PC-2", at(1, 0)), "another endpoint");
        assert!(!is_repeat(&file, &sha256("bb"), "PC-1", at(1, 0)), "another file");
    }

    // covers: S3-48
    #[test]
    fn without_a_hash_nothing_is_a_repeat() {
        let by_path = AlertFile { path: Some(r"C:\a.exe".into()), sha256: Some(" ".into()), ..AlertFile::default() };
        assert!(!is_repeat(&by_path, &by_path, "PC-1", at(1, 0)));
        let arrival = Arrival { host: "PC-1", file: None, received_at: at(1, 0) };
        assert!(repeat_of(&arrival, &[first(&by_path, "PC-1")]).is_none());
    }

    #[test]
    fn the_strongest_common_hash_decides() {
        let both = AlertFile { sha256: Some("aa".into()), md5: Some("11".into()), ..AlertFile::default() };
        let only_md5 = AlertFile { md5: Some("11".into()), ..AlertFile::default() };
        let other = AlertFile { sha256: Some("bb".into()), md5: Some("11".into()), ..AlertFile::default() };
        assert!(is_repeat(&both, &only_md5, "PC-1", at(1, 0)));
        assert!(!is_repeat(&both, &other, "PC-1", at(1, 0)), "md5 collides, sha256 differs");
    }

    // covers: S3-49
    #[test]
    fn the_earliest_reported_alert_is_the_one_linked() {
        let file = sha256("aa");
        let mut later = first(&file, "PC-1");
        later.alert = AlertId(uuid::Uuid::from_u128(2));
        later.arrival.received_at = at(10, 0);
        let reported = [later, first(&file, "PC-1")];
        let found = |hours| {
            let new = Arrival { host: "PC-1", file: Some(&file), received_at: at(hours, 0) };
            repeat_of(&new, &reported).map(|of| of.alert.0.as_u128())
        };
        assert_eq!(found(20), Some(1));
        assert_eq!(found(80), Some(2), "the first no longer covers it");
        assert_eq!(found(83), None);
    }

    /// Each repeat of what had turned worse was reported, since only the first one's verdict was asked.
    // covers: S3-48
    #[test]
    fn what_turned_worse_is_reported_once() {
        let file = sha256("aa");
        let turned = Reported { verdict: Verdict::Black, ..first(&file, "PC-1") };
        let turned = Reported { arrival: Arrival { received_at: at(10, 0), ..turned.arrival }, ..turned };
        let reported = [first(&file, "PC-1"), turned];
        let told = |hours| worst_told(&Arrival { host: "PC-1", file: Some(&file), received_at: at(hours, 0) }, &reported);
        assert_eq!((told(9), told(11), told(80), told(83)), (Some(Verdict::Grey), Some(Verdict::Black), Some(Verdict::Black), None));
    }

    #[test]
    fn only_a_worse_verdict_reopens() {
        assert!(reopens(Verdict::Grey, Verdict::Black));
        assert!(reopens(Verdict::White, Verdict::Grey));
        assert!(!reopens(Verdict::Black, Verdict::Black));
        assert!(!reopens(Verdict::Black, Verdict::White));
    }
}
