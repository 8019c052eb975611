//! The stream: the same seed the same bytes, order of time, the numbers of different values, the mean length of a line.

use hikeshi_domain::playbook::Files;
use hikeshi_drill::{Fit, Item, Options, OptionsError, Scenario, Stats, load};

pub(crate) fn scenario(name: &str) -> Scenario {
    load(name, &Files::shipped()).unwrap()
}

pub(crate) fn options(seed: u64) -> Options {
    Options { start: "2026-11-16T01:00:00Z".parse().unwrap(), endpoints: None, days: None, events_per_day: None, seed }
}

fn bytes(scenario: &Scenario, options: Options) -> String {
    let items = scenario.generate(options).unwrap();
    items.map(|item| format!("{item:?}\n")).collect()
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let scenario = scenario("company-week");
    let first = bytes(&scenario, options(1));
    assert!(first == bytes(&scenario, options(1)), "the second run differs");
    assert!(first != bytes(&scenario, options(2)), "another seed changes nothing");
}

#[test]
fn time_never_runs_back_and_stays_in_the_span() {
    let scenario = scenario("company-week");
    let stream = scenario.generate(options(1)).unwrap();
    let (from, to) = stream.span();
    assert_eq!((from.to_string().as_str(), to.to_string().as_str()), ("2026-11-15T15:00:00Z", "2026-11-22T15:00:00Z"));
    let mut last = from;
    for item in stream {
        let Item::Event(event) = item else { continue };
        assert!(last <= event.at && event.at < to, "{} after {last}", event.at);
        last = event.at;
    }
}

#[test]
fn different_values_and_length_are_as_in_real_logs() {
    let scenario = scenario("macro-intrusion");
    let mut stats = Stats::new(Fit::load(&Files::shipped()).unwrap());
    let stream = scenario.generate(Options { endpoints: Some(10), ..options(1) }).unwrap();
    for item in stream {
        if let Item::Event(event) = item {
            stats.see(&event.ndjson);
        }
    }
    let (events, bytes) = stats.totals();
    let mean = bytes as f64 / events as f64;
    assert!((400.0..450.0).contains(&mean), "{mean} bytes an event");
    for field in stats.fields() {
        let ratio = field.distinct as f64 / field.expected;
        assert!(
            (0.65..1.1).contains(&ratio),
            "event {} {}: {} of {:.0}",
            field.growth.event_id,
            field.growth.field,
            field.distinct,
            field.expected
        );
    }
}

#[test]
fn the_number_of_endpoints_and_events_is_what_was_asked() {
    let scenario = scenario("macro-intrusion");
    let stream = scenario.generate(Options { endpoints: Some(60), events_per_day: Some(100), ..options(1) }).unwrap();
    assert_eq!(stream.endpoints(), 60);
    let (mut events, mut alerts) = (0, 0);
    for item in stream {
        match item {
            Item::Event(_) => events += 1,
            Item::Alert(_) => alerts += 1,
            Item::Mail(_) => {}
        }
    }
    assert_eq!(alerts, 2, "one endpoint in 25: the 13th and the 38th");
    assert!((25_000..70_000).contains(&events), "{events} events");
}

#[test]
fn too_small_a_drill_says_what_it_needs() {
    let scenario = scenario("company-week");
    let error = scenario.generate(Options { days: Some(2), ..options(1) }).unwrap_err();
    assert!(matches!(error, OptionsError::TooFewDays { needed: 5, days: 2, found: 0..=2, .. }), "{error}");
    let error = scenario.generate(Options { endpoints: Some(3), ..options(1) }).unwrap_err();
    assert_eq!(error.to_string(), "the scenario names 8 computers; ask for 8 endpoints or more, not 3");
}

/// Asked for ten endpoints and fewer, it held no intrusion and said nothing of it.
#[test]
fn the_smallest_drill_has_its_intrusion() {
    for endpoints in [1, 5, 10, 13] {
        let drill = scenario("macro-intrusion");
        let stream = drill.generate(Options { endpoints: Some(endpoints), events_per_day: Some(50), ..options(1) }).unwrap();
        assert_eq!(stream.filter(|item| matches!(item, Item::Alert(_))).count(), 1, "{endpoints} endpoints");
    }
}

#[test]
fn a_week_that_begins_on_any_day_has_all_three_alerts() {
    let scenario = scenario("company-week");
    for day in 16..23 {
        let start = format!("2026-11-{day}T03:00:00Z").parse().unwrap();
        let stream = scenario.generate(Options { start, ..options(1) }).unwrap();
        let alerts = stream.filter(|item| matches!(item, Item::Alert(_))).count();
        assert_eq!(alerts, 3, "a week from 2026-11-{day}");
    }
}
