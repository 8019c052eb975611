//! What lists of known bad say of the stream: for each organisation its own lists and those of the installation, swapped whole when one
//! changes. Where there is no list, nothing is looked up.

use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use hikeshi_domain::OrganizationId;
use hikeshi_domain::level::Level;
use hikeshi_event::Event;
use hikeshi_lake::{MatchRow, MatchedRule};
use hikeshi_triage::Lists;
use hikeshi_triage::lists::{Accused, LISTED};
use jiff::{SignedDuration, Timestamp};

/// What a process does with listed places again within this time is handed on once: it is the same subject.
const SAME_SUBJECT: SignedDuration = SignedDuration::from_mins(10);
/// Subjects that are remembered for that.
const MOST_SUBJECTS: usize = 10_000;
/// Letters of a value that a title shows.
const LONGEST_VALUE: usize = 100;

/// Lists of known bad, by whose events they are asked of.
#[derive(Debug, Default)]
pub(crate) struct BadLists {
    /// Of organisations that have lists of their own: these and those of the installation.
    pub(crate) own: HashMap<OrganizationId, Lists>,
    /// Of all others: those of the installation.
    pub(crate) everywhere: Lists,
}

impl BadLists {
    /// The match of a list on the event, if one calls bad what it names.
    pub(super) fn found(&self, event: &Event<'_>) -> Option<MatchRow> {
        if self.own.is_empty() && self.everywhere.is_empty() {
            return None;
        }
        let lists = self.own.get(&event.org).unwrap_or(&self.everywhere);
        let accused = lists.accused(event, event.received_at)?;
        let rule = MatchedRule {
            rule_id: LISTED.to_owned(),
            title: title(&accused),
            level: Level::High.name().to_owned(),
            ..MatchedRule::default()
        };
        Some(MatchRow::of(event, rule))
    }
}

/// `ThreatFox: evil.example (Emotet)`: list and entry, in the words of whoever brought the list.
fn title(accused: &Accused<'_>) -> String {
    let value: String = accused.value.chars().take(LONGEST_VALUE).collect();
    match accused.label.filter(|label| *label != accused.value) {
        Some(label) => format!("{}: {value} ({label})", accused.list),
        None => format!("{}: {value}", accused.list),
    }
}

/// The lists in force, and who was handed on lately.
pub(crate) struct Listed {
    state: Mutex<State>,
    opened: Condvar,
}

#[derive(Default)]
struct State {
    /// Whether the lists have been read since the start: before that the stream waits, so that what it held at a crash is asked too.
    open: bool,
    lists: Arc<BadLists>,
    lately: HashMap<Subject, Timestamp>,
}

/// Organisation, host, and the process or else the channel.
type Subject = (OrganizationId, String, String);

/// Opens the lists when it is dropped, whatever became of reading them: a stream must not stand still for it.
pub(crate) struct Opener(Arc<Listed>);

impl Drop for Opener {
    fn drop(&mut self) {
        self.0.lock().open = true;
        self.0.opened.notify_all();
    }
}

impl Listed {
    /// No lists yet: who asks waits until the opener is gone.
    pub(crate) fn closed() -> (Arc<Self>, Opener) {
        let listed = Arc::new(Listed { state: Mutex::default(), opened: Condvar::new() });
        (listed.clone(), Opener(listed))
    }

    /// From now on these lists are asked.
    pub(crate) fn put(&self, lists: BadLists) {
        self.lock().lists = Arc::new(lists);
    }

    /// The lists in force.
    pub(super) fn in_force(&self) -> Arc<BadLists> {
        let waiting = self.opened.wait_while(self.lock(), |state| !state.open);
        waiting.unwrap_or_else(PoisonError::into_inner).lists.clone()
    }

    /// Whether nothing was handed on lately of who did it.
    pub(super) fn is_news(&self, row: &MatchRow) -> bool {
        let who = row.process_guid.clone().or(row.process_pid.map(|pid| pid.to_string())).unwrap_or_else(|| row.channel.clone());
        let subject = (row.org, row.host.to_lowercase(), who);
        let mut state = self.lock();
        let old = |at: &Timestamp| row.received_at.duration_since(*at) >= SAME_SUBJECT;
        if state.lately.get(&subject).is_some_and(|at| !old(at)) {
            return false;
        }
        if state.lately.len() >= MOST_SUBJECTS {
            state.lately.retain(|_, at| !old(at));
        }
        if state.lately.len() < MOST_SUBJECTS {
            state.lately.insert(subject, row.received_at);
        }
        true
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use hikeshi_event::Uid;

    use super::*;

    fn row(host: &str, process: Option<&str>, minute: i64) -> MatchRow {
        let at = Timestamp::UNIX_EPOCH + SignedDuration::from_mins(minute);
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

    /// A beacon would have its host's week read every minute.
    #[test]
    fn a_subject_is_handed_on_once_in_ten_minutes() {
        let (listed, _) = Listed::closed();
        assert!(listed.is_news(&row("PC-1", Some("{1}"), 0)));
        assert!(!listed.is_news(&row("pc-1", Some("{1}"), 9)), "the same process");
        assert!(listed.is_news(&row("PC-1", Some("{2}"), 1)) && listed.is_news(&row("PC-2", Some("{1}"), 1)));
        assert!(listed.is_news(&row("PC-1", None, 1)) && !listed.is_news(&row("PC-1", None, 2)));
        assert!(listed.is_news(&row("PC-1", Some("{1}"), 10)));
    }

    #[test]
    fn more_subjects_than_are_remembered_are_all_handed_on() {
        let (listed, _) = Listed::closed();
        let news = (0..2 * MOST_SUBJECTS).filter(|number| listed.is_news(&row(&number.to_string(), None, 0))).count();
        assert_eq!(news, 2 * MOST_SUBJECTS);
        assert!(listed.lock().lately.len() <= MOST_SUBJECTS);
    }

    #[test]
    fn a_title_names_list_and_entry() {
        let said = |label, value| title(&Accused { list: "ours", label, value });
        assert_eq!(said(Some("Emotet"), "evil.example"), "ours: evil.example (Emotet)");
        assert_eq!(said(None, "evil.example"), "ours: evil.example");
        assert_eq!(said(None, &"x".repeat(5_000)).len(), "ours: ".len() + LONGEST_VALUE);
    }
}
