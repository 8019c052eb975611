//! Names of the desk's own alerts: the same subject again is the same alert, and what an alert is about is found again by its name.
//!
//! A process is one subject, however long it lives. Where no process is known, the subject is a channel of a host, which never ends. Once
//! the alert of a subject was closed, or its window is over, what comes after makes another one, whose name tells when that was.

use std::collections::HashMap;

use hikeshi_domain::AlertId;
use hikeshi_domain::alert::{Alert, AlertState, ProductAlert};
use hikeshi_triage::{Found, LOOK_AHEAD};
use jiff::Timestamp;

use super::OWN_PRODUCT;
use crate::secret::hash;

/// Longest text that an alert takes from a log as it is, in characters: half of what it may bear.
const LONGEST: usize = 2_000;
/// Of longer text so many are kept: with a hash and a time behind them it is no longer than that.
const KEPT: usize = 1_900;

/// The desk's own alerts of a host by their names.
pub(super) struct Own(HashMap<String, Known>);

struct Known {
    alert: AlertId,
    answers: Answers,
}

/// What an alert answers for; what is beyond is another matter.
#[derive(Clone, Copy)]
enum Answers {
    /// It is closed: what had come in by then.
    Came(Timestamp),
    /// It is open: what happened by then. Its window ends there, and no look at it sees more.
    Happened(Timestamp),
}

/// The last strong matches of a subject.
#[derive(Debug, Clone, Copy)]
pub(super) struct Last {
    /// When the last one came in.
    pub(super) received_at: Timestamp,
    /// When the last one happened, as far as clocks can be believed.
    pub(super) placed_at: Timestamp,
}

impl Answers {
    fn of(alert: &Alert) -> Self {
        match alert.state {
            AlertState::Closed { at, .. } => Answers::Came(at),
            _ => Answers::Happened(alert.placed_at().saturating_add(LOOK_AHEAD).unwrap_or(Timestamp::MAX)),
        }
    }

    /// Where it ends, if the last match lies beyond.
    fn ended_before(self, last: Last) -> Option<Timestamp> {
        match self {
            Answers::Came(until) => (last.received_at > until).then_some(until),
            Answers::Happened(until) => (last.placed_at > until).then_some(until),
        }
    }
}

/// Whether the alert still answers for a subject whose last matches these are.
pub(super) fn answers(alert: &Alert, last: Last) -> bool {
    Answers::of(alert).ended_before(last).is_none()
}

/// What speaks of a subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Spoken {
    /// Nothing yet: the name for an alert, and since when its matches count.
    Not(String, Option<Timestamp>),
    /// This alert, which is open.
    Open(AlertId),
    /// An alert that was closed after all of it had come.
    Closed,
}

impl Own {
    pub(super) fn of<'a>(alerts: impl Iterator<Item = &'a Alert>) -> Self {
        let own = alerts.filter(|alert| alert.raised.product == OWN_PRODUCT);
        let known = |alert: &Alert| Known { alert: alert.id, answers: Answers::of(alert) };
        Own(own.map(|alert| (alert.raised.id.clone(), known(alert))).collect())
    }

    /// What speaks of the subject, whose last strong matches are given.
    pub(super) fn speaks(&self, host: &str, found: &Found, last: Last) -> Spoken {
        let first = own_id(host, found);
        let mut since: Option<Timestamp> = None;
        let mut closed = false;
        for known in self.0.iter().filter(|(id, _)| of_subject(id, &first).is_some()).map(|(_, known)| known) {
            match (known.answers.ended_before(last), known.answers) {
                (Some(until), _) => since = since.max(Some(until)),
                (None, Answers::Happened(_)) => return Spoken::Open(known.alert),
                (None, Answers::Came(_)) => closed = true,
            }
        }
        let id = since.map_or_else(|| first.clone(), |since| format!("{first} {}", since.as_microsecond()));
        if closed || self.0.contains_key(&id) { Spoken::Closed } else { Spoken::Not(id, since) }
    }
}

/// Whether the alert is about a channel: one of our own that names no process.
pub(super) fn is_of_channel(alert: &ProductAlert) -> bool {
    alert.product == OWN_PRODUCT && alert.process.is_none()
}

/// The subject of an alert of a channel, as the alert was raised for it: at the alert's time, which no endpoint's clock moves, and without
/// what an earlier alert had answered for. `received_at` says when a match came in.
pub(super) fn raised_for(
    alert: &ProductAlert,
    host: &str,
    mut found: Found,
    received_at: impl Fn(usize) -> Option<Timestamp>,
) -> Option<Found> {
    let since = since(alert, host, &found)?;
    found.matches.retain(|hit| since.is_none_or(|since| received_at(*hit).is_some_and(|at| at > since)));
    found.detected_at = alert.detected_at;
    (!found.matches.is_empty()).then_some(found)
}

/// Since when the matches of the subject count, if the alert is about it; nothing inside: from the first one on.
fn since(alert: &ProductAlert, host: &str, found: &Found) -> Option<Option<Timestamp>> {
    let by_channel = is_of_channel(alert) && !found.by_process;
    of_subject(&alert.id, &own_id(host, found)).filter(|_| by_channel)
}

/// Since when the matches of a subject count for the alert of that name, if it is one of the subject; nothing inside: from the first one on.
fn of_subject(id: &str, first: &str) -> Option<Option<Timestamp>> {
    match id.strip_prefix(first)? {
        "" => Some(None),
        rest => Timestamp::from_microsecond(rest.strip_prefix(' ')?.parse().ok()?).ok().map(Some),
    }
}

fn own_id(host: &str, found: &Found) -> String {
    within_bounds(format!("{host} {}", found.key))
}

/// Text of a log as an alert may bear it. What is longer keeps its beginning and tells the whole by a hash: two that begin alike stay two.
pub(super) fn within_bounds(text: String) -> String {
    if text.chars().count() <= LONGEST {
        return text;
    }
    let kept: String = text.chars().take(KEPT).collect();
    format!("{kept}… {}", hash(&text))
}

#[cfg(test)]
mod tests {
    use hikeshi_triage::Level;
    use serde_json::json;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn found(key: &str, by_process: bool) -> Found {
        Found {
            key: key.to_owned(),
            by_process,
            image: None,
            process_guid: None,
            pid: None,
            user: None,
            channel: None,
            level: Level::High,
            detected_at: at(0),
            matches: Vec::new(),
            repeats: Vec::new(),
        }
    }

    /// Alerts by name, closed at a second, or open with a window of a hundred.
    fn own(alerts: &[(&str, Option<i64>)]) -> Own {
        let answers = |closed: Option<i64>| closed.map_or(Answers::Happened(at(100)), |closed| Answers::Came(at(closed)));
        let known = |closed: &Option<i64>| Known { alert: AlertId(uuid::Uuid::nil()), answers: answers(*closed) };
        Own(alerts.iter().map(|(name, closed)| ((*name).to_owned(), known(closed))).collect())
    }

    fn last(second: i64) -> Last {
        Last { received_at: at(second), placed_at: at(second) }
    }

    #[test]
    fn a_subject_is_raised_again_for_what_came_after_its_alert_was_closed() {
        let of = |found: &Found, alerts: &[(&str, Option<i64>)], second| match own(alerts).speaks("PC-1", found, last(second)) {
            Spoken::Not(id, _) => Some(id),
            Spoken::Open(_) | Spoken::Closed => None,
        };
        let dns = found("|dns", false);
        let next = |alerts: &[(&str, Option<i64>)], second| of(&dns, alerts, second);
        assert_eq!(next(&[], 5).as_deref(), Some("PC-1 |dns"));
        assert_eq!(next(&[("PC-1 |dns", None)], 5), None, "open");
        assert_eq!(next(&[("PC-1 |dns", Some(5))], 5), None, "nothing since");
        assert_eq!(next(&[("PC-1 |dns", Some(5))], 6).as_deref(), Some("PC-1 |dns 5000000"));
        assert_eq!(next(&[("PC-1 |dns", Some(5)), ("PC-1 |dns 5000000", None)], 6), None);
        let twice = [("PC-1 |dns", Some(5)), ("PC-1 |dns 5000000", Some(7))];
        assert_eq!((next(&twice, 7), next(&twice, 8).as_deref()), (None, Some("PC-1 |dns 7000000")));
        assert_eq!(next(&[("PC-1 |dns", Some(5)), ("PC-1 |dns 5000000", Some(5))], 6), None, "a circle ends");
        let process = found("{1}", true);
        assert_eq!(of(&process, &[("PC-1 {1}", Some(5))], 9).as_deref(), Some("PC-1 {1} 5000000"), "it calls its master days later");
        assert_eq!(of(&process, &[("PC-1 {1}", Some(5))], 4), None, "nothing since");
        let open = Spoken::Open(AlertId(uuid::Uuid::nil()));
        assert_eq!(own(&[("PC-1 {1}", None)]).speaks("PC-1", &process, last(9)), open, "the same process is the same subject");
        assert_eq!(of(&process, &[("PC-1 {1}", None)], 101).as_deref(), Some("PC-1 {1} 100000000"), "beyond its window");
        let late = Last { received_at: at(900), placed_at: at(9) };
        assert_eq!(own(&[("PC-1 {1}", None)]).speaks("PC-1", &process, late), open, "what is delivered late lies in the window");
    }

    #[test]
    fn the_subject_of_a_long_name_is_found_again_and_no_other() {
        let key = |end: char| format!("{}{end}", "x".repeat(9_000));
        let (one, other) = (found(&key('1'), false), found(&key('2'), false));
        let id = own_id("PC-1", &one);
        assert!(id.chars().count() < LONGEST, "{}", id.len());
        assert_ne!(id, own_id("PC-1", &other), "they begin alike");
        assert!(matches!(own(&[(id.as_str(), None)]).speaks("PC-1", &one, last(9)), Spoken::Open(_)));
        assert!(matches!(own(&[(id.as_str(), None)]).speaks("PC-1", &other, last(9)), Spoken::Not(_, None)));
        assert_eq!(within_bounds(id.clone()), id, "once is enough");
    }

    #[test]
    fn an_own_alert_without_a_process_finds_its_channel_again() {
        let about = |id: &str, found: &Found| {
            let raised = json!({"id": id, "host": "PC-1", "detected_at": at(0), "source_kind": "endpoint", "product": OWN_PRODUCT,
                "name": "n", "action": "detected"});
            since(&serde_json::from_value(raised).unwrap(), "PC-1", found)
        };
        let security = found("taro|security", false);
        assert_eq!(about("PC-1 taro|security", &security), Some(None));
        assert_eq!(about("PC-1 taro|security 5000000", &security), Some(Some(at(5))));
        assert_eq!((about("PC-1 taro|security audit", &security), about("PC-1 |security", &security)), (None, None));
        assert_eq!(about("PC-1 taro|security", &found("taro|security", true)), None);
    }

    #[test]
    fn what_an_earlier_alert_answered_for_is_not_the_next_ones() {
        let raised = |id: &str| -> ProductAlert {
            let raised = json!({"id": id, "host": "PC-1", "detected_at": at(9), "source_kind": "endpoint", "product": OWN_PRODUCT,
                "name": "n", "action": "detected"});
            serde_json::from_value(raised).unwrap()
        };
        let came = [at(4), at(5), at(6)];
        let of = |id: &str| {
            let dns = Found { matches: vec![0, 1, 2], ..found("|dns", false) };
            raised_for(&raised(id), "PC-1", dns, |hit| came.get(hit).copied()).map(|found| (found.matches, found.detected_at))
        };
        assert_eq!(of("PC-1 |dns"), Some((vec![0, 1, 2], at(9))));
        assert_eq!(of("PC-1 |dns 5000000"), Some((vec![2], at(9))));
        assert_eq!(of("PC-1 |dns 6000000"), None, "nothing is left of it");
    }
}
