//! Names of the desk's own alerts: the same subject again is the same alert, and what an alert is about is found again by its name.
//!
//! A process is one subject, however long it lives. Where no process is known, the subject is a channel of a host, which never ends: once
//! its alert was closed, what comes after makes another one, whose name tells when that was.

use std::collections::HashMap;

use hikeshi_domain::alert::{Alert, AlertState, ProductAlert};
use hikeshi_triage::Found;
use jiff::Timestamp;

use super::OWN_PRODUCT;

/// The desk's own alerts of a host: names, and when they were closed.
pub(super) struct Own(HashMap<String, Option<Timestamp>>);

impl Own {
    pub(super) fn of<'a>(alerts: impl Iterator<Item = &'a Alert>) -> Self {
        let own = alerts.filter(|alert| alert.raised.product == OWN_PRODUCT);
        Own(own.map(|alert| (alert.raised.id.clone(), closed_at(alert))).collect())
    }

    /// The name for an alert on the subject, and since when its matches count; none where an alert speaks of it already.
    pub(super) fn next(&self, host: &str, found: &Found, last_received_at: Timestamp) -> Option<(String, Option<Timestamp>)> {
        let (first, mut since) = (own_id(host, found), None);
        // No more steps than there are alerts: each was closed at another time.
        for _ in 0..=self.0.len() {
            let id = since.map_or_else(|| first.clone(), |since: Timestamp| format!("{first} {}", since.as_microsecond()));
            match self.0.get(&id) {
                None => return Some((id, since)),
                Some(Some(closed_at)) if !found.by_process && last_received_at > *closed_at => since = Some(*closed_at),
                Some(_) => return None,
            }
        }
        None
    }
}

fn closed_at(alert: &Alert) -> Option<Timestamp> {
    match alert.state {
        AlertState::Closed { at, .. } => Some(at),
        _ => None,
    }
}

/// The subject of an own alert that names no process.
pub(super) fn is_about(alert: &ProductAlert, host: &str, found: &Found) -> bool {
    let named = || alert.id.strip_prefix(&own_id(host, found));
    let by_channel = alert.product == OWN_PRODUCT && !found.by_process;
    by_channel && named().is_some_and(|rest| rest.is_empty() || rest.strip_prefix(' ').is_some_and(|at| at.parse::<i64>().is_ok()))
}

fn own_id(host: &str, found: &Found) -> String {
    format!("{host} {}", found.key)
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

    fn own(alerts: &[(&str, Option<i64>)]) -> Own {
        Own(alerts.iter().map(|(id, closed)| ((*id).to_owned(), closed.map(at))).collect())
    }

    #[test]
    fn a_channel_is_raised_again_for_what_came_after_its_alert_was_closed() {
        let dns = found("|dns", false);
        let next = |alerts: &[(&str, Option<i64>)], last| own(alerts).next("PC-1", &dns, at(last)).map(|(id, _)| id);
        assert_eq!(next(&[], 5).as_deref(), Some("PC-1 |dns"));
        assert_eq!(next(&[("PC-1 |dns", None)], 5), None, "open");
        assert_eq!(next(&[("PC-1 |dns", Some(5))], 5), None, "nothing since");
        assert_eq!(next(&[("PC-1 |dns", Some(5))], 6).as_deref(), Some("PC-1 |dns 5000000"));
        assert_eq!(next(&[("PC-1 |dns", Some(5)), ("PC-1 |dns 5000000", None)], 6), None);
        let twice = [("PC-1 |dns", Some(5)), ("PC-1 |dns 5000000", Some(7))];
        assert_eq!((next(&twice, 7), next(&twice, 8).as_deref()), (None, Some("PC-1 |dns 7000000")));
        assert_eq!(next(&[("PC-1 |dns", Some(5)), ("PC-1 |dns 5000000", Some(5))], 6), None, "a circle ends");
        let process = found("{1}", true);
        assert!(own(&[("PC-1 {1}", Some(5))]).next("PC-1", &process, at(9)).is_none(), "the same process is the same subject");
    }

    #[test]
    fn an_own_alert_without_a_process_finds_its_channel_again() {
        let about = |id: &str, found: &Found| {
            let raised = json!({"id": id, "host": "PC-1", "detected_at": at(0), "source_kind": "endpoint", "product": OWN_PRODUCT,
                "name": "n", "action": "detected"});
            is_about(&serde_json::from_value(raised).unwrap(), "PC-1", found)
        };
        let security = found("taro|security", false);
        assert!(about("PC-1 taro|security", &security) && about("PC-1 taro|security 5000000", &security));
        assert!(!about("PC-1 taro|security audit", &security) && !about("PC-1 |security", &security));
        assert!(!about("PC-1 taro|security", &found("taro|security", true)));
    }
}
