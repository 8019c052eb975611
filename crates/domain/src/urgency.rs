//! In which order alerts want a person, and why (S1-19).
//!
//! A pure function of the alert and the time: what is overdue first, then what is black and ran. Within a rank the earlier deadline
//! comes first; the list sorts by ([`Urgency::rank`], due, received).

use jiff::Timestamp;
use serde::Serialize;

use crate::alert::{Alert, AlertState, SourceKind};
use crate::phrase::Phrase;
use crate::procedure::Execution;
use crate::verdict::Verdict;

/// How urgent an alert is. Rank 0 is the most urgent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Urgency {
    /// Sorts ascending.
    pub rank: u8,
    /// Why, in words.
    pub reason: Phrase,
}

/// The reasons in order of urgency: the rank is the place. Each is a key of phrases/.
const RANKS: [&str; 12] = [
    "urgency.overdue",
    "urgency.black_ran",
    "urgency.black_could_run",
    "urgency.due_soon",
    "urgency.black_could_not_run",
    "urgency.waiting",
    "urgency.grey_ran",
    "urgency.grey_could_run",
    "urgency.grey_could_not_run",
    "urgency.repeat",
    "urgency.white",
    "urgency.done",
];

/// How urgent the alert is at `now`.
pub fn urgency(alert: &Alert, now: Timestamp) -> Urgency {
    let unreported = matches!(alert.state, AlertState::Received);
    let remaining = alert.due_at.duration_since(now);
    let allowed = alert.due_at.duration_since(alert.received_at);
    let key = if unreported && remaining.is_negative() {
        "urgency.overdue"
    } else if unreported && alert.verdict.is_none() && remaining <= allowed / 4 {
        "urgency.due_soon"
    } else {
        standing(alert)
    };
    let rank = RANKS.iter().position(|reason| *reason == key).and_then(|place| u8::try_from(place).ok()).unwrap_or(u8::MAX);
    Urgency { rank, reason: Phrase::new(worded(key, alert.raised.source_kind)) }
}

/// What a device on the way blocks is traffic: nothing there could run or not.
fn worded(key: &'static str, source: SourceKind) -> &'static str {
    match (key, source) {
        ("urgency.black_could_not_run", SourceKind::Network) => "urgency.black_blocked",
        ("urgency.grey_could_not_run", SourceKind::Network) => "urgency.grey_blocked",
        _ => key,
    }
}

/// Whether its deadline makes it more urgent than it stands by itself.
pub fn is_pressed(alert: &Alert, now: Timestamp) -> bool {
    i64::from(urgency(alert, now).rank) < standing_rank(alert)
}

/// The reason as long as no clock presses: what the record keeps as index field `urgency`.
pub(crate) fn standing_rank(alert: &Alert) -> i64 {
    let key = standing(alert);
    RANKS.iter().position(|reason| *reason == key).and_then(|place| i64::try_from(place).ok()).unwrap_or(i64::MAX)
}

fn standing(alert: &Alert) -> &'static str {
    let could_run = matches!(alert.execution, None | Some(Execution::CouldRun | Execution::Unknown));
    let ran = alert.execution == Some(Execution::Ran);
    match (&alert.state, alert.effective_verdict()) {
        (AlertState::Closed { .. } | AlertState::Harmless, _) => "urgency.done",
        (_, Some(Verdict::Black)) if ran => "urgency.black_ran",
        (_, Some(Verdict::Black)) if could_run => "urgency.black_could_run",
        (_, Some(Verdict::Black)) => "urgency.black_could_not_run",
        (AlertState::Repeat { .. }, _) => "urgency.repeat",
        (_, Some(Verdict::Grey)) if ran => "urgency.grey_ran",
        (_, Some(Verdict::Grey)) if could_run => "urgency.grey_could_run",
        (_, Some(Verdict::Grey)) => "urgency.grey_could_not_run",
        (_, Some(Verdict::White)) => "urgency.white",
        (_, None) => "urgency.waiting",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::{Action, ProductAlert};
    use crate::id::{AlertId, FlashReportId, OrganizationId, PersonId};
    use crate::phrases;

    fn alert(verdict: Option<Verdict>, execution: Option<Execution>) -> Alert {
        let received_at: Timestamp = "2026-11-21T00:00:00Z".parse().unwrap();
        Alert {
            id: AlertId(uuid::Uuid::nil()),
            org: OrganizationId(uuid::Uuid::nil()),
            raised: ProductAlert {
                id: "1".to_owned(),
                host: "PC-014".to_owned(),
                detected_at: received_at,
                source_kind: SourceKind::Endpoint,
                product: "av".to_owned(),
                name: "x".to_owned(),
                action: Action::Detected,
                file: None,
                process: None,
            },
            received_at,
            due_at: "2026-11-21T02:00:00Z".parse().unwrap(),
            state: AlertState::Received,
            verdict,
            score: None,
            overridden: None,
            assignee: None,
            case: None,
            repeats: 0,
            told: None,
            black_told_at: None,
            drill: false,
            execution,
            name_ja: None,
            also_told: Vec::new(),
            answers: Vec::new(),
        }
    }

    fn check(alert: &Alert, now: &str, expected: &str) {
        let found = urgency(alert, now.parse().unwrap());
        assert_eq!(found.reason.key, expected);
        assert_eq!(RANKS[usize::from(found.rank)], expected);
    }

    // covers: S1-19, S3-33
    #[test]
    fn clocks_and_danger_order_the_list() {
        check(&alert(None, None), "2026-11-21T00:10:00Z", "urgency.waiting");
        check(&alert(None, None), "2026-11-21T01:30:00Z", "urgency.due_soon");
        check(&alert(None, None), "2026-11-21T02:00:01Z", "urgency.overdue");
        check(&alert(Some(Verdict::Black), Some(Execution::Ran)), "2026-11-21T00:10:00Z", "urgency.black_ran");
        check(&alert(Some(Verdict::Black), Some(Execution::CouldNotRun)), "2026-11-21T00:10:00Z", "urgency.black_could_not_run");
        check(&alert(Some(Verdict::Grey), Some(Execution::CouldRun)), "2026-11-21T00:10:00Z", "urgency.grey_could_run");
        check(&alert(Some(Verdict::White), None), "2026-11-21T00:10:00Z", "urgency.white");
        let mut reported = alert(Some(Verdict::Grey), Some(Execution::Ran));
        let at = reported.received_at;
        reported.state = AlertState::Reported { report: FlashReportId(uuid::Uuid::nil()), at };
        check(&reported, "2026-11-25T00:00:00Z", "urgency.grey_ran");
        let by = PersonId(uuid::Uuid::nil());
        reported.state = AlertState::Closed { by, at, reason: "done".to_owned(), report: None, before: None };
        check(&reported, "2026-11-25T00:00:00Z", "urgency.done");
    }

    /// An intrusion detection's alert without a file "could not run".
    #[test]
    fn what_was_blocked_on_the_network_did_not_fail_to_run() {
        let now: Timestamp = "2026-11-21T00:10:00Z".parse().unwrap();
        for (verdict, key) in [(Verdict::Black, "urgency.black_blocked"), (Verdict::Grey, "urgency.grey_blocked")] {
            let mut blocked = alert(Some(verdict), Some(Execution::CouldNotRun));
            let rank = urgency(&blocked, now).rank;
            blocked.raised.source_kind = SourceKind::Network;
            let found = urgency(&blocked, now);
            assert_eq!((found.reason.key.as_str(), found.rank), (key, rank));
            assert!(phrases::in_force().unwrap().contains(key));
        }
    }

    #[test]
    fn a_repeat_that_turned_black_is_no_mere_repeat() {
        let mut repeat = alert(Some(Verdict::Grey), None);
        repeat.state = AlertState::Repeat { of: AlertId(uuid::Uuid::nil()) };
        check(&repeat, "2026-11-21T00:10:00Z", "urgency.repeat");
        repeat.verdict = Some(Verdict::Black);
        check(&repeat, "2026-11-21T00:10:00Z", "urgency.black_could_run");
    }

    #[test]
    fn every_reason_has_words() {
        let sentences = phrases::in_force().unwrap();
        assert!(RANKS.iter().all(|key| sentences.contains(key)));
    }
}
