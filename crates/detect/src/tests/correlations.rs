//! Correlation rules over sequences of matches.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use super::{load, text, windows};
use crate::{CorrelationMatch, Correlator, Forgotten, Loaded, RuleSet};

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

/// A stream: feeds (second, event id, user, address), received at the second given beside, and gives what fires.
struct Stream {
    rules: Arc<RuleSet>,
    correlator: Correlator<(i64, String)>,
    fired: Vec<CorrelationMatch<(i64, String)>>,
}

impl Stream {
    fn of(correlation: &str) -> Stream {
        let rules = load(&[LOGON, correlation]).rules;
        Stream { correlator: Correlator::on_stream(rules.clone(), 100), rules, fired: Vec::new() }
    }

    fn send(&mut self, received: i64, (second, id, user, address): (i64, u32, &str, &str)) -> usize {
        let before = self.fired.len();
        let mut record = windows("Security", id, &[("TargetUserName", text(user)), ("IpAddress", text(address))]);
        record.time = Some(at(second));
        let mut found = Vec::new();
        self.rules.matcher().matches(&record, &mut found);
        for rule in &found {
            if let Some(observation) = self.rules.observe(*rule, &record, ()) {
                self.correlator.feed(observation.with((second, user.to_owned()), at(second), at(received)), &mut self.fired);
            }
        }
        self.fired.len() - before
    }

    fn pass(&mut self, now: i64) -> usize {
        let before = self.fired.len();
        self.correlator.pass(at(now), &mut self.fired);
        self.fired.len() - before
    }

    fn last(&self) -> Vec<i64> {
        self.fired.last().map(|found| found.events.iter().map(|event| event.0).collect()).unwrap_or_default()
    }
}

fn at(second: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_secs(second)
}

const DAY: i64 = 86_400;

#[test]
fn a_late_event_is_judged_in_its_own_place() {
    let mut stream = Stream::of(&correlation("event_count", "failed", "    condition: {gte: 3}\n"));
    assert_eq!([(0, 4625, "a", ""), (5, 4625, "a", "")].map(|event| stream.send(event.0, event)), [0, 0]);
    assert_eq!(stream.send(30, (30, 4625, "a", "")), 0, "another time");
    assert_eq!(stream.send(31, (3, 4625, "a", "")), 1, "the third of the first three");
    assert_eq!(stream.last(), [0, 3, 5]);
    assert_eq!(stream.send(32, (4, 4625, "a", "")), 0, "of a burst that was told");
    assert_eq!([(31, 4625, "a", ""), (32, 4625, "a", "")].map(|event| stream.send(33, event)), [0, 1], "its own burst");
    assert_eq!(stream.last(), [30, 31, 32]);
}

#[test]
fn yesterday_does_not_mix_with_today() {
    let rule = correlation("event_count", "failed", "    condition: {gte: 3}\n");
    let mut stream = Stream::of(&rule);
    let today = [(DAY, 4625, "a", ""), (DAY + 1, 4625, "a", "")];
    let yesterday = [(1, 4625, "a", ""), (2, 4625, "a", "")];
    assert_eq!(today.map(|event| stream.send(event.0, event)), [0, 0]);
    assert_eq!(yesterday.map(|event| stream.send(DAY + 2, event)), [0, 0], "four events, two of each day");
    assert_eq!(stream.send(DAY + 3, (3, 4625, "a", "")), 1);
    assert_eq!(stream.last(), [1, 2, 3]);
    assert_eq!(stream.send(DAY + 3, (DAY + 3, 4625, "a", "")), 1, "today's window is as if yesterday's had not come");
    assert_eq!(stream.last(), [DAY, DAY + 1, DAY + 3]);
}

#[test]
fn what_came_in_long_ago_is_let_go_of() {
    let mut stream = Stream::of(&correlation("event_count", "failed", "    condition: {gte: 3}\n"));
    stream.send(0, (0, 4625, "a", ""));
    stream.send(1, (1, 4625, "a", ""));
    let full = stream.correlator.size_bytes();
    stream.pass(300);
    assert_eq!(stream.correlator.size_bytes(), full, "ten minutes are kept at least");
    stream.pass(700);
    assert_eq!(stream.correlator.size_bytes(), 0);
    assert_eq!(stream.send(701, (2, 4625, "a", "")), 0, "its company is gone");
    assert_eq!(stream.correlator.forgotten(), Forgotten::default(), "nothing that the rule could still have asked for");
}

#[test]
fn beyond_the_memory_the_groups_that_were_silent_longest_go() {
    let mut stream = Stream::of(&correlation("event_count", "failed", "    condition: {gte: 3}\n"));
    for number in 0..1_000 {
        stream.send(number / 100, (number / 100, 4625, &format!("user{number}"), ""));
    }
    stream.send(10, (10, 4625, "user0", ""));
    let full = stream.correlator.size_bytes();
    stream.correlator.shrink_to(full / 2);
    assert!(stream.correlator.size_bytes() <= full / 2 && stream.correlator.size_bytes() > full / 3);
    let groups = stream.correlator.forgotten().groups;
    assert!((400..600).contains(&groups), "{groups}");
    assert_eq!(stream.send(11, (10, 4625, "user0", "again")), 0, "the same event is still known");
    assert_eq!(stream.send(11, (9, 4625, "user0", "")), 1, "who spoke last is kept whole");
}

#[test]
fn a_group_keeps_so_many_events() {
    let mut stream = Stream::of(&correlation("event_count", "failed", "    condition: {gte: 30000}\n"));
    let rules = stream.rules.clone();
    let (mut matcher, mut found) = (rules.matcher(), Vec::new());
    let mut record = windows("Security", 4625, &[("TargetUserName", text("a"))]);
    record.time = Some(at(0));
    matcher.matches(&record, &mut found);
    for number in 0..12_000 {
        let observation = rules.observe(found[0], &record, ()).unwrap();
        stream.correlator.feed(observation.with((number, String::new()), at(number / 2_000), at(0)), &mut stream.fired);
    }
    assert_eq!(stream.correlator.forgotten(), Forgotten { events: 2_000, ..Forgotten::default() });
}

#[test]
fn on_a_stream_an_upper_bound_is_judged_when_time_has_passed() {
    let mut stream = Stream::of(&correlation("event_count", "failed", "    condition: {gte: 2, lt: 4}\n"));
    stream.send(0, (0, 4625, "few", ""));
    stream.send(5, (5, 4625, "few", ""));
    (0..5).for_each(|second| {
        stream.send(second, (second, 4625, "many", ""));
    });
    assert_eq!(stream.pass(60), 0, "late ones may still come");
    assert_eq!(stream.send(60, (1, 4625, "few", "")), 0);
    assert_eq!(stream.pass(80), 1);
    assert_eq!(stream.last(), [0, 1, 5]);
    assert_eq!(stream.send(81, (7, 4625, "many", "")), 0);
    assert_eq!(stream.correlator.forgotten().late, 1, "its window has been judged");
    assert_eq!(stream.pass(10_000), 0);
    assert_eq!(stream.correlator.size_bytes(), 0);
}

#[test]
fn what_was_unheard_is_told_by_the_next_event() {
    let mut stream = Stream::of(&correlation("event_count", "failed", "    condition: {gte: 2}\n"));
    assert_eq!([(0, 4625, "a", ""), (1, 4625, "a", "")].map(|event| stream.send(event.0, event)), [0, 1]);
    let found = stream.fired.pop().unwrap();
    stream.correlator.unheard(&found);
    assert_eq!(stream.send(2, (2, 4625, "a", "")), 1);
    assert_eq!(stream.send(3, (3, 4625, "a", "")), 0);
}

proptest! {
    /// Whatever order events come in, and however often: something is told where the order of time shows a burst, and only there.
    #[test]
    fn the_order_of_arrival_does_not_matter(
        events in prop::collection::vec((0..60i64, 0..2u32), 1..24),
        order in prop::collection::vec(0..1_000usize, 24),
        kind in 0..4usize,
    ) {
        let rule = [
            correlation("event_count", "failed", "    condition: {gte: 3}\n"),
            correlation("value_count", "failed", "    condition: {field: IpAddress, gte: 3}\n"),
            correlation("temporal", "failed, good", ""),
            correlation("temporal_ordered", "failed, good", ""),
        ];
        let ids = [4625, 4624];
        let addresses = ["0", "1", "2", "3"];
        // No two in the same instant: there, the order of arrival is the only one.
        let named: Vec<_> = events.iter().map(|(second, id)| {
            (2 * second + i64::from(*id), ids[*id as usize], "a", addresses[usize::try_from(*second).unwrap() % 4])
        }).collect();
        let mut sorted = named.clone();
        sorted.sort();
        sorted.dedup();
        let expected = run(&rule[kind], &sorted);
        let mut shuffled: Vec<_> = order.iter().zip(named.iter().cycle()).map(|(key, event)| (*key, *event)).collect();
        shuffled.extend(named.iter().map(|event| (500, *event)));
        shuffled.sort_by_key(|(key, _)| *key);
        let mut stream = Stream::of(&rule[kind]);
        shuffled.iter().for_each(|(_, event)| { stream.send(100, *event); });
        prop_assert_eq!(expected.is_empty(), stream.fired.is_empty(), "{:?} {:?}", expected, stream.fired);
    }
}
