//! What a list of known bad keeps finding: of one subject and entry one match a minute is kept, and a subject is handed on once in ten
//! minutes, at the end of them again if it did more. Without this a beacon would fill the lake with matches and have its host's week read
//! every minute.

use std::collections::HashMap;

use hikeshi_domain::OrganizationId;
use hikeshi_lake::MatchRow;
use jiff::{SignedDuration, Timestamp};

/// What a subject does with listed places again within this time waits for the end of it.
pub(crate) const SAME_SUBJECT: SignedDuration = SignedDuration::from_mins(10);
/// Of one subject and entry no two matches are kept that are nearer to each other than this.
const SAME_ENTRY: SignedDuration = SignedDuration::from_mins(1);
/// Subjects, and subjects with an entry, that are remembered: what comes beyond is kept and handed on.
const MOST: usize = 10_000;
/// How often those that are out of date are looked for: all of them are gone through, on the lake's writer.
const SWEEP: SignedDuration = SignedDuration::from_mins(1);

/// Who did it: organisation, host, and the process or else user and channel, as triage tells subjects apart.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Subject(OrganizationId, String, String);

impl Subject {
    fn of(row: &MatchRow) -> Subject {
        let by_pid = || Some(format!("{} {}", row.process_pid?, row.process_image.as_deref().unwrap_or_default()));
        let by_channel = || format!("{}|{}", row.user.as_deref().unwrap_or_default(), row.channel);
        let who = row.process_guid.clone().or_else(by_pid).unwrap_or_else(by_channel);
        Subject(row.org, row.host.to_lowercase(), who.to_lowercase())
    }
}

/// A subject that was handed on.
#[derive(Debug)]
struct HandedOn {
    at: Timestamp,
    /// The last that it did since.
    since: Option<MatchRow>,
}

/// Subjects that were handed on lately.
#[derive(Debug, Default)]
pub(super) struct Lately {
    subjects: HashMap<Subject, HandedOn>,
    swept_at: Timestamp,
}

impl Lately {
    /// Whether the match is handed on now; if not, it waits until [`Lately::due`].
    pub(super) fn is_news(&mut self, row: &MatchRow) -> bool {
        let subject = Subject::of(row);
        if let Some(known) = self.subjects.get_mut(&subject) {
            if row.received_at.duration_since(known.at) < SAME_SUBJECT {
                known.since = Some(row.clone());
                return false;
            }
            *known = HandedOn { at: row.received_at, since: None };
            return true;
        }
        if self.subjects.len() >= MOST && is_due(&mut self.swept_at, row.received_at) {
            self.subjects.retain(|_, known| known.since.is_some() || row.received_at.duration_since(known.at) < SAME_SUBJECT);
        }
        if self.subjects.len() < MOST {
            self.subjects.insert(subject, HandedOn { at: row.received_at, since: None });
        }
        true
    }

    /// What waited, and whose time is over.
    pub(super) fn due(&mut self, now: Timestamp) -> Vec<MatchRow> {
        let over = self.subjects.values_mut().filter(|known| now.duration_since(known.at) >= SAME_SUBJECT);
        let waited = over.filter_map(|known| {
            let row = known.since.take()?;
            known.at = now;
            Some(row)
        });
        waited.collect()
    }
}

/// Matches that were kept lately, by subject, list and entry.
#[derive(Debug, Default)]
pub(super) struct Thinning {
    /// When it happened, and when it was received.
    kept: HashMap<(Subject, String), (Timestamp, Timestamp)>,
    swept_at: Timestamp,
}

impl Thinning {
    /// Whether the match is kept.
    pub(super) fn keeps(&mut self, row: &MatchRow) -> bool {
        // A week that is sent at once is thinned by its own time.
        let at = if row.time_suspect { row.received_at } else { row.time };
        let entry = (Subject::of(row), row.rule.title.clone());
        if self.kept.get(&entry).is_some_and(|(known, _)| at.duration_since(*known).abs() < SAME_ENTRY) {
            return false;
        }
        if self.kept.len() >= MOST && is_due(&mut self.swept_at, row.received_at) {
            self.kept.retain(|_, (_, received_at)| row.received_at.duration_since(*received_at) < SAME_ENTRY);
        }
        if self.kept.len() < MOST || self.kept.contains_key(&entry) {
            self.kept.insert(entry, (at, row.received_at));
        }
        true
    }
}

fn is_due(swept_at: &mut Timestamp, now: Timestamp) -> bool {
    let is_due = now.duration_since(*swept_at).abs() >= SWEEP;
    if is_due {
        *swept_at = now;
    }
    is_due
}

#[cfg(test)]
mod tests {
    use hikeshi_event::Uid;
    use hikeshi_lake::MatchedRule;

    use super::*;

    fn second(second: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_secs(second)
    }

    fn minute(minute: i64) -> Timestamp {
        second(minute * 60)
    }

    fn row(host: &str, process: Option<&str>, at: Timestamp) -> MatchRow {
        MatchRow {
            uid: Uid([0; 16]),
            org: OrganizationId(uuid::Uuid::nil()),
            host: host.to_owned(),
            time: at,
            received_at: at,
            time_suspect: false,
            channel: "Security".to_owned(),
            event_id: 1,
            record_id: None,
            rule: MatchedRule::default(),
            process_guid: process.map(str::to_owned),
            process_pid: None,
            process_image: None,
            user: None,
            events: Vec::new(),
        }
    }

    fn of_user(user: &str, at: Timestamp) -> MatchRow {
        MatchRow { user: Some(user.to_owned()), ..row("PC-1", None, at) }
    }

    fn entry(row: MatchRow, title: &str) -> MatchRow {
        MatchRow { rule: MatchedRule { title: title.to_owned(), ..MatchedRule::default() }, ..row }
    }

    #[test]
    fn a_subject_is_handed_on_once_in_ten_minutes() {
        let mut lately = Lately::default();
        assert!(lately.is_news(&row("PC-1", Some("{1}"), minute(0))));
        assert!(!lately.is_news(&row("pc-1", Some("{1}"), minute(9))), "the same process");
        assert!(lately.is_news(&row("PC-1", Some("{2}"), minute(1))) && lately.is_news(&row("PC-2", Some("{1}"), minute(1))));
        assert!(lately.is_news(&row("PC-1", None, minute(1))) && !lately.is_news(&row("PC-1", None, minute(2))));
        assert!(lately.is_news(&row("PC-1", Some("{1}"), minute(10))));
    }

    /// The channel alone was the subject: what another user of the host did two minutes later was never looked at.
    #[test]
    fn another_user_of_the_same_channel_is_another_subject() {
        let mut lately = Lately::default();
        assert!(lately.is_news(&of_user("CORP\\hanako", minute(0))));
        assert!(lately.is_news(&of_user("CORP\\taro", minute(2))));
        assert!(!lately.is_news(&of_user("corp\\TARO", minute(3))));
    }

    /// An id is given again: ten minutes later it may be another program's.
    #[test]
    fn another_program_under_the_same_id_is_another_subject() {
        let started =
            |image: &str| MatchRow { process_pid: Some(7), process_image: Some(image.to_owned()), ..row("PC-1", None, minute(0)) };
        let mut lately = Lately::default();
        assert!(lately.is_news(&started("a.exe")) && lately.is_news(&started("b.exe")) && !lately.is_news(&started("A.exe")));
    }

    /// The last of a burst was dropped for good: an alert that was closed meanwhile stayed the last word.
    #[test]
    fn what_a_subject_did_meanwhile_is_handed_on_at_the_end_of_its_ten_minutes() {
        let mut lately = Lately::default();
        for at in [0, 3, 9] {
            lately.is_news(&row("PC-1", None, minute(at)));
        }
        lately.is_news(&row("PC-2", None, minute(1)));
        assert_eq!(lately.due(second(599)), []);
        assert_eq!(lately.due(minute(10)), [row("PC-1", None, minute(9))]);
        assert_eq!(lately.due(minute(20)), [], "once");
        assert!(!lately.is_news(&row("PC-1", None, minute(19))), "from then on ten minutes again");
        assert_eq!(lately.due(minute(20)), [row("PC-1", None, minute(19))]);
    }

    #[test]
    fn more_subjects_than_are_remembered_are_all_handed_on() {
        let mut lately = Lately::default();
        let news = (0..2 * MOST).filter(|number| lately.is_news(&row(&number.to_string(), None, minute(0)))).count();
        assert_eq!((news, lately.subjects.len()), (2 * MOST, MOST));
        lately.is_news(&row("late", None, minute(11)));
        assert_eq!(lately.subjects.len(), 1, "those whose time is over make room");
    }

    /// Once they were full, every further match went through all of them.
    #[test]
    fn room_is_made_once_a_minute_at_most() {
        let mut lately = Lately::default();
        assert!((0..MOST).all(|number| lately.is_news(&row(&number.to_string(), None, minute(0)))));
        lately.is_news(&row("a", None, second(570)));
        assert_eq!((lately.subjects.len(), lately.swept_at), (MOST, second(570)));
        lately.is_news(&row("b", None, second(610)));
        assert_eq!(lately.subjects.len(), MOST, "looked 40 seconds ago");
        lately.is_news(&row("c", None, second(631)));
        assert_eq!(lately.subjects.len(), 1);
    }

    /// A hundred connections a minute were a million matches in a week.
    #[test]
    fn of_one_subject_and_entry_one_match_a_minute_is_kept() {
        let mut thinning = Thinning::default();
        let kept =
            (0..1_000).filter(|number| thinning.keeps(&entry(row("PC-1", Some("{1}"), second(*number * 6 / 10)), "ours: a"))).count();
        assert_eq!(kept, 10);
        let at = second(600);
        for other in [row("PC-2", Some("{1}"), at), row("PC-1", Some("{2}"), at), row("PC-1", None, at)] {
            assert!(thinning.keeps(&entry(other, "ours: a")));
        }
        assert!(thinning.keeps(&entry(row("PC-1", Some("{1}"), at), "ours: b")), "another entry");
        let sent_at_once = |number: i64| MatchRow { time: minute(-number), ..row("PC-3", None, minute(0)) };
        assert_eq!((0..60).filter(|number| thinning.keeps(&entry(sent_at_once(*number), "ours: a"))).count(), 60, "by its own time");
    }

    #[test]
    fn more_than_is_remembered_is_kept() {
        let mut thinning = Thinning::default();
        let kept = (0..2 * MOST).filter(|number| thinning.keeps(&row(&number.to_string(), None, minute(0)))).count();
        assert_eq!((kept, thinning.kept.len()), (2 * MOST, MOST));
        assert!(thinning.keeps(&row("late", None, minute(2))));
        assert_eq!(thinning.kept.len(), 1);
    }
}
