//! When two tellings are of one detection: a product's own alert, and what the desk read in that product's log.
//!
//! Whether product and endpoint are the same is for the caller to know. What is taken for one must be sure: a telling that is taken for
//! another's raises no alert.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::alert::{Action, Alert, AlertFile, ProductAlert};
use crate::duplicate::{common_hash, present};

/// How far apart one detection may be told by two ways: a console that passes alerts on names the time of its own record.
pub const NEAR: SignedDuration = SignedDuration::from_mins(15);

/// How far apart where one names the other's detection.
pub const NEAR_BY_ID: SignedDuration = SignedDuration::from_hours(24);

/// A GUID's digits and hyphens.
const GUID_LENGTH: usize = 36;

/// Most tellings that an alert lists. Earlier ones stand in its earlier versions.
pub const MOST_TOLD: usize = 20;

/// Which way an alert came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Way {
    /// A product sent it.
    Sent,
    /// The desk raised it from events of a product's log.
    Read,
}

/// A telling of a detection that an alert was standing for already.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// Which way it came.
    pub way: Way,
    /// The product's own id of it.
    pub id: String,
    /// Product name.
    pub product: String,
    /// Name of the threat, by this telling.
    pub name: String,
    /// When it was detected, by this telling.
    pub detected_at: Timestamp,
    /// When the desk received it.
    pub received_at: Timestamp,
}

/// By what two tellings are of one detection; the surest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sameness {
    /// The alert names the detection that the log names.
    Detection,
    /// Both name the same file, near in time.
    File,
    /// The same threat, near in time, and at most one of them names a file: fits one alert a detection, see [`has_room_for`].
    Threat,
}

/// By what an alert that a product sent is of the detection that its log tells; `None`: by nothing.
pub fn same_detection(event: &ProductAlert, alert: &ProductAlert) -> Option<Sameness> {
    let apart = event.detected_at.duration_since(alert.detected_at).abs();
    if apart <= NEAR_BY_ID && detection(&event.id).is_some_and(|detection| names(&alert.id, detection)) {
        return Some(Sameness::Detection);
    }
    if apart > NEAR {
        return None;
    }
    match (named(event), named(alert)) {
        (Some(ours), Some(theirs)) => same_file(ours, theirs).then_some(Sameness::File),
        _ => (!event.name.is_empty() && event.name.eq_ignore_ascii_case(&alert.name)).then_some(Sameness::Threat),
    }
}

/// Whether an alert may take one telling more of that way and sameness: by the threat's name alone it takes one, since the next one is as
/// likely the next detection.
pub fn has_room_for(known: &Alert, way: Way, sameness: Sameness) -> bool {
    sameness != Sameness::Threat || known.also_told.iter().all(|told| told.way != way)
}

/// The alert with what the other telling of the same detection adds: hashes and path of the same file, process, and what was done in
/// the end. Of two files, the one that was told first stays.
pub fn completed(known: &ProductAlert, told: &ProductAlert) -> ProductAlert {
    let mut whole = known.clone();
    whole.file = match (named(known), named(told)) {
        (Some(file), Some(more)) => Some(completed_file(file, more)),
        (None, Some(more)) => Some(more.clone()),
        (_, None) => known.file.clone(),
    };
    whole.process = whole.process.or_else(|| told.process.clone());
    if whole.action == Action::Detected {
        whole.action = told.action;
    }
    whole
}

/// The alert with what a later event of the same detection adds: what was done last is what was done in the end.
pub fn continued(known: &ProductAlert, told: &ProductAlert) -> ProductAlert {
    let mut whole = completed(known, told);
    if told.action != Action::Detected {
        whole.action = told.action;
    }
    whole
}

fn completed_file(known: &AlertFile, more: &AlertFile) -> AlertFile {
    let mut whole = known.clone();
    let two_paths = present(&known.path).zip(present(&more.path)).is_some_and(|(ours, theirs)| !same_text(ours, theirs));
    if two_paths || common_hash(Some(known), Some(more)) == Some(false) {
        return whole;
    }
    let AlertFile { path, sha256, sha1, md5 } = &mut whole;
    for (field, value) in [(path, &more.path), (sha256, &more.sha256), (sha1, &more.sha1), (md5, &more.md5)] {
        if present(field).is_none() {
            field.clone_from(value);
        }
    }
    whole
}

/// The strongest hash that both name decides, else the path.
pub fn same_file(ours: &AlertFile, theirs: &AlertFile) -> bool {
    let by_path = || present(&ours.path).zip(present(&theirs.path)).is_some_and(|(ours, theirs)| same_text(ours, theirs));
    common_hash(Some(ours), Some(theirs)).unwrap_or_else(by_path)
}

/// The file, if anything is said of it.
fn named(raised: &ProductAlert) -> Option<&AlertFile> {
    let says = |file: &&AlertFile| [&file.path, &file.sha256, &file.sha1, &file.md5].into_iter().any(|text| present(text).is_some());
    raised.file.as_ref().filter(says)
}

fn same_text(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.to_lowercase()
}

/// The detection that the log names: the last word of the id, where that is a whole GUID. Anything less may be part of any id.
fn detection(id: &str) -> Option<Uuid> {
    let guid = id.rsplit(' ').next()?.strip_prefix('{')?.strip_suffix('}')?;
    let whole = (guid.len() == GUID_LENGTH).then(|| Uuid::try_parse(guid).ok())?;
    whole.filter(|guid| !guid.is_nil())
}

/// Whether an id holds the GUID as a word of its own.
fn names(id: &str, guid: Uuid) -> bool {
    words(id).any(|word| word == guid)
}

/// The GUIDs that an id holds as words of their own, in lower case with hyphens: by them the tellings of one detection are found.
pub fn guids_in(id: &str) -> Vec<String> {
    words(id).map(|guid| guid.hyphenated().to_string()).collect()
}

fn words(id: &str) -> impl Iterator<Item = Uuid> {
    const HYPHENS: [usize; 4] = [8, 13, 18, 23];
    let is_end = |beside: Option<char>| beside.is_none_or(|beside| !beside.is_alphanumeric());
    // Each hyphen may be the first of a GUID's four.
    id.match_indices('-').filter_map(move |(hyphen, _)| {
        let start = hyphen.checked_sub(8)?;
        let end = start.checked_add(GUID_LENGTH)?;
        let text = id.get(start..end)?;
        let hyphens_fit = HYPHENS.iter().all(|at| text.as_bytes().get(*at) == Some(&b'-'));
        let (before, after) = (id.get(..start)?.chars().next_back(), id.get(end..)?.chars().next());
        let guid = (hyphens_fit && is_end(before) && is_end(after)).then(|| Uuid::try_parse(text).ok())?;
        guid.filter(|guid| !guid.is_nil())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const GUID: &str = "79C5C2FF-764A-4F0D-940E-A6914A52C0F9";

    fn told(id: &str, minute: i64, name: &str, file: Option<AlertFile>) -> ProductAlert {
        ProductAlert {
            id: id.to_owned(),
            host: "PC-1".to_owned(),
            detected_at: "2026-11-20T00:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_mins(minute),
            source_kind: crate::alert::SourceKind::Endpoint,
            product: "Microsoft Defender".to_owned(),
            name: name.to_owned(),
            action: Action::Detected,
            file,
            process: None,
        }
    }

    fn path(path: &str) -> Option<AlertFile> {
        Some(AlertFile { path: Some(path.to_owned()), ..AlertFile::default() })
    }

    fn sha256(hash: &str) -> Option<AlertFile> {
        Some(AlertFile { sha256: Some(hash.to_owned()), ..AlertFile::default() })
    }

    fn both(at: &str, hash: &str) -> Option<AlertFile> {
        Some(AlertFile { path: Some(at.to_owned()), sha256: Some(hash.to_owned()), ..AlertFile::default() })
    }

    #[test]
    fn one_detection_told_two_ways_is_one() {
        let event = told(&format!("pc-1 {{{GUID}}}"), 0, "Trojan:X", path(r"C:\a\x.exe"));
        let vectors = [
            ("the same file, near in time", told("a", 15, "Y", path(r"c:\A\x.exe")), Some(Sameness::File)),
            ("the same file, later", told("a", 16, "Y", path(r"C:\a\x.exe")), None),
            ("another file, the same threat", told("a", 1, "Trojan:X", path(r"C:\b\z.exe")), None),
            ("two files that say nothing of each other", told("a", 1, "Trojan:X", sha256("aa")), None),
            ("the same threat, no file", told("a", 1, "trojan:x", None), Some(Sameness::Threat)),
            ("the same threat, an empty file", told("a", 1, "trojan:x", Some(AlertFile::default())), Some(Sameness::Threat)),
            ("another threat, no file", told("a", 1, "Trojan:Y", None), None),
        ];
        for (why, alert, expected) in vectors {
            assert_eq!(same_detection(&event, &alert), expected, "{why}");
        }
        let event = ProductAlert { file: both(r"C:\other.exe", "aa"), ..event };
        assert_eq!(same_detection(&event, &told("a", 1, "", sha256("AA"))), Some(Sameness::File), "the same hash");
        assert_eq!(same_detection(&event, &told("a", 1, "Trojan:X", both(r"C:\other.exe", "bb"))), None, "another hash");
    }

    /// An id of `{}`, `{1}` or `{-` was part of every alert's id, at any time.
    #[test]
    fn only_a_whole_guid_names_a_detection() {
        let lower = GUID.to_lowercase();
        let nil = Uuid::nil().to_string();
        let vectors = [
            (format!("{{{GUID}}}"), lower.clone(), 24 * 60, true),
            (format!("{{{GUID}}}"), format!("da-{lower}_1"), 0, true),
            (format!("{{{GUID}}}"), lower.clone(), 24 * 60 + 1, false),
            (format!("{{{GUID}}}"), format!("da{lower}"), 0, false),
            (format!("{{{GUID}}}"), format!("{lower}0"), 0, false),
            (format!("{{{GUID}}}"), lower.replace('-', ""), 0, false),
            (format!("{{{nil}}}"), nil, 0, false),
            (GUID.to_owned(), lower, 0, false),
            ("{}".to_owned(), "a-1".to_owned(), 0, false),
            ("{1}".to_owned(), "a-1".to_owned(), 0, false),
            ("{-".to_owned(), "a-1".to_owned(), 0, false),
            ("{79C5C2FF}".to_owned(), "79c5c2ff".to_owned(), 0, false),
            ("{é9C5C2FF-764A-4F0D-940E-A6914A52C0F}".to_owned(), "é".to_owned(), 0, false),
        ];
        for (detection, id, minute, expected) in vectors {
            let event = told(&format!("pc-1 {detection}"), 0, "X", path(r"C:\a.exe"));
            let same = same_detection(&event, &told(&id, minute, "Y", path(r"C:\b.exe")));
            assert_eq!(same == Some(Sameness::Detection), expected, "{detection} and {id}");
        }
    }

    #[test]
    fn an_id_is_found_by_each_guid_in_it() {
        let lower = GUID.to_lowercase();
        let other = "00000000-0000-0000-0000-000000000001";
        assert_eq!(guids_in(&format!("pc-1-a-b {{{GUID}}}")), [lower.as_str()]);
        assert_eq!(guids_in(&format!("da-{lower}_1 {other}-{}", Uuid::nil())), [lower.as_str(), other]);
        for none in [format!("a{lower}"), format!("{lower}é"), format!("é{lower}"), "----".repeat(40), "é-é".repeat(20), String::new()]
        {
            assert_eq!(guids_in(&none), [""; 0], "{none}");
        }
    }

    #[test]
    fn what_the_other_telling_adds_is_kept_and_nothing_is_replaced() {
        let event = told("pc-1 {1}", 0, "Trojan:X", path(r"C:\a\x.exe"));
        let alert = ProductAlert { action: Action::Quarantined, file: sha256("aa"), ..told("a", 1, "Y", None) };
        let whole = completed(&event, &alert);
        assert_eq!(whole.file, both(r"C:\a\x.exe", "aa"));
        assert_eq!((whole.name.as_str(), whole.action, whole.id.as_str()), ("Trojan:X", Action::Quarantined, "pc-1 {1}"));
        assert_eq!(completed(&whole, &event), whole, "nothing new");
        assert_eq!(completed(&told("a", 0, "X", None), &event).file, event.file);
    }

    /// Of one's path and the other's hash became a file that never was.
    #[test]
    fn two_files_are_not_made_one() {
        let check = |known: Option<AlertFile>, more: Option<AlertFile>, whole: Option<AlertFile>| {
            assert_eq!(completed(&told("a", 0, "X", known), &told("b", 0, "X", more)).file, whole);
        };
        check(path(r"C:\a.exe"), both(r"C:\b.exe", "bb"), path(r"C:\a.exe"));
        check(path(r"C:\a.exe"), both(r"c:\A.exe", "bb"), both(r"C:\a.exe", "bb"));
        check(sha256("aa"), both(r"C:\b.exe", "bb"), sha256("aa"));
    }

    #[test]
    fn a_later_event_says_what_was_done_in_the_end() {
        let done = |action| ProductAlert { action, ..told("pc-1 {1}", 0, "X", None) };
        let check = |before, told, after| assert_eq!(continued(&done(before), &done(told)).action, after);
        check(Action::Detected, Action::Quarantined, Action::Quarantined);
        check(Action::Quarantined, Action::Deleted, Action::Deleted);
        check(Action::Quarantined, Action::Detected, Action::Quarantined);
    }
}
