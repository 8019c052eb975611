//! Correlation rules over sequences of matches.

use jiff::{SignedDuration, Timestamp};

use super::{load, text, windows};
use crate::{Correlator, Loaded};

const LOGON: &str = "
title: failed
name: failed
id: f
logsource: {product: windows, service: security}
detection:
    s: {EventID: 4625}
    condition: s
---
title: good
name: good
id: g
logsource: {product: windows, service: security}
detection:
    s: {EventID: 4624}
    condition: s
";

/// Feeds (second, event id, user, address) and gives what fires: (rule id, seconds of the events).
fn run(correlation: &str, events: &[(i64, u32, &str, &str)]) -> Vec<(String, Vec<i64>)> {
    let Loaded { rules, refused, .. } = load(&[LOGON, correlation]);
    assert_eq!(refused, []);
    let mut correlator = Correlator::new(rules.clone());
    let mut matcher = rules.matcher();
    let (mut found, mut fired) = (Vec::new(), Vec::new());
    for (second, id, user, address) in events {
        let mut record = windows("Security", *id, &[("TargetUserName", text(user)), ("IpAddress", text(address))]);
        record.time = Some(Timestamp::UNIX_EPOCH + SignedDuration::from_secs(*second));
        matcher.matches(&record, &mut found);
        for rule in &found {
            if let Some(observation) = rules.observe(*rule, &record, *second) {
                correlator.feed(observation, &mut fired);
            }
        }
    }
    correlator.finish(&mut fired);
    fired.into_iter().map(|fired| (rules.get(fired.rule).unwrap().id.clone(), fired.events)).collect()
}

fn correlation(kind: &str, rules: &str, rest: &str) -> String {
    format!(
        "title: c\nid: c\ncorrelation:\n    type: {kind}\n    rules: [{rules}]\n    group-by: [TargetUserName]\n    timespan: 10s\n{rest}"
    )
}

#[test]
fn counts_events_of_a_group_once_a_burst() {
    let rule = correlation("event_count", "failed", "    condition: {gte: 3}\n");
    let events = [(0, 4625, "a", ""), (1, 4625, "b", ""), (2, 4625, "a", ""), (5, 4625, "a", ""), (6, 4625, "a", ""), (60, 4625, "a", "")];
    assert_eq!(run(&rule, &events), [("c".to_owned(), vec![0, 2, 5])]);
    let spread = [(0, 4625, "a", ""), (9, 4625, "a", ""), (20, 4625, "a", "")];
    assert_eq!(run(&rule, &spread), []);
}

#[test]
fn an_event_that_is_sent_twice_counts_once_and_hides_nothing() {
    let rule = correlation("event_count", "failed", "    condition: {gte: 3}\n");
    let again = [(0, 4625, "a", ""), (1, 4625, "a", ""), (1, 4625, "a", ""), (0, 4625, "a", ""), (2, 4625, "a", "")];
    assert_eq!(run(&rule, &again), [("c".to_owned(), vec![0, 1, 2])], "fires on the third event, not on a repetition");
    assert_eq!(run(&rule, &again[..4]), []);
}

#[test]
fn an_upper_bound_is_judged_when_the_window_has_passed() {
    let rule = correlation("event_count", "failed", "    condition: {gte: 2, lt: 4}\n");
    let few = [(0, 4625, "a", ""), (1, 4625, "a", ""), (30, 4625, "a", "")];
    assert_eq!(run(&rule, &few), [("c".to_owned(), vec![0, 1])]);
    let many: Vec<_> = (0..5).map(|second| (second, 4625, "a", "")).collect();
    assert_eq!(run(&rule, &many), []);
}

#[test]
fn counts_different_values() {
    let rule = correlation("value_count", "failed", "    condition: {field: IpAddress, gte: 3}\n");
    let events = [(0, 4625, "a", "1"), (1, 4625, "a", "1"), (2, 4625, "a", "2"), (3, 4625, "a", "3")];
    assert_eq!(run(&rule, &events), [("c".to_owned(), vec![0, 1, 2, 3])]);
}

#[test]
fn temporal_in_any_order_and_in_order() {
    let backwards = [(0, 4624, "a", ""), (1, 4625, "a", "")];
    let forwards = [(0, 4625, "a", ""), (1, 4624, "a", "")];
    let any = correlation("temporal", "failed, good", "");
    let ordered = correlation("temporal_ordered", "failed, good", "");
    assert_eq!(run(&any, &backwards).len(), 1);
    assert_eq!(run(&ordered, &backwards), []);
    assert_eq!(run(&ordered, &forwards), [("c".to_owned(), vec![0, 1])]);
    let other_user = [(0, 4625, "a", ""), (1, 4624, "b", "")];
    assert_eq!(run(&any, &other_user), []);
}

#[test]
fn aliases_join_fields_of_different_names() {
    let rule = "title: c\nid: c\ncorrelation:\n    type: temporal\n    rules: [failed, good]\n    group-by: [who]\n    timespan: 10s\n    \
                aliases:\n        who:\n            failed: TargetUserName\n            good: IpAddress\n";
    assert_eq!(run(rule, &[(0, 4625, "x", "1"), (1, 4624, "y", "x")]).len(), 1);
}

#[test]
fn a_correlation_may_join_a_correlation() {
    let inner = correlation("event_count", "failed", "    condition: {gte: 2}\n")
        .replace("title: c\nid: c", "title: inner\nid: inner\nname: inner");
    let outer = correlation("temporal_ordered", "inner, good", "");
    let fired = run(&format!("{inner}---\n{outer}"), &[(0, 4625, "a", ""), (1, 4625, "a", ""), (2, 4624, "a", "")]);
    assert_eq!(fired, [("inner".to_owned(), vec![0, 1]), ("c".to_owned(), vec![0, 1, 2])]);
}

#[test]
fn base_rules_are_reported_only_if_asked() {
    let quiet = correlation("event_count", "failed", "    condition: {gte: 3}\n");
    let reported = |correlation: &str| {
        let rules = load(&[LOGON, correlation]).rules;
        rules.iter().map(|(_, rule)| (rule.id.clone(), rule.reported)).collect::<Vec<_>>()
    };
    assert_eq!(reported(&quiet), [("f".to_owned(), false), ("g".to_owned(), true), ("c".to_owned(), true)]);
    let loud = format!("{quiet}    generate: true\n");
    assert!(reported(&loud).iter().all(|(_, reported)| *reported));
}

#[test]
fn a_correlation_of_missing_rules_is_refused() {
    let loaded = load(&[&correlation("temporal", "nowhere", "")]);
    assert!(loaded.refused.iter().all(|refusal| refusal.reason.contains("`nowhere`")));
    assert_eq!(loaded.refused.len(), 1);
}
