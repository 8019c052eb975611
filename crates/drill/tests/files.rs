//! Scenario files: listed, read, refused by file and line.

use std::collections::BTreeMap;

use hikeshi_domain::playbook::{Files, shipped};
use hikeshi_drill::{list, load};

#[test]
fn every_shipped_drill_loads() {
    let files = Files::shipped();
    assert_eq!(list(&files), ["company-week", "macro-intrusion"]);
    for name in list(&files) {
        let scenario = load(&name, &files).unwrap();
        assert!(!scenario.title.ja.is_empty() && !scenario.about.en.is_empty());
        assert!(scenario.organization.ja.contains("演習"), "a drill's organisation says that it is one");
    }
}

#[test]
fn a_wrong_scenario_is_named_by_file_and_line() {
    let check = |from: &str, to: &str, expected: &str| {
        let text = shipped("drills/company-week.yaml").unwrap();
        assert!(text.contains(from), "`{from}` is not in the scenario");
        let own = BTreeMap::from([("drills/company-week.yaml".to_owned(), text.replacen(from, to, 1))]);
        let message = load("company-week", &Files::with_own(own).unwrap()).unwrap_err().to_string();
        assert!(message.contains(expected), "`{message}` does not say `{expected}`");
        let line = message.split(':').nth(1).and_then(|line| line.parse::<usize>().ok());
        assert!(line.is_some_and(|line| line > 0) || expected.contains("time zone"), "`{message}` names no line");
    };
    check("event: file_create, by: zoom", "event: file_creat, by: zoom", "expected a kind of event");
    check("by: update, fields: {QueryName", "by: updat, fields: {QueryName", "found `updat`");
    check("on: {host: PC-002}", "on: {host: PC-999}", "expected a host of the scenario, found `PC-999`");
    check("after: 48s", "after: 48 seconds", "expected a span");
    check("at: \"4 16:21:44\"", "at: \"Thursday\"", "expected `3 10:42:07`");
    check("fields: {TargetFilename: '{lure}'}", "fields: {TargetFilname: '{lure}'}", "expected a field of the event");
    check("fields: {TargetFilename: '{lure}'}", "fields: {TargetFilename: '{lur}'}", "{lur}");
    check("time_zone: Asia/Tokyo", "time_zone: Asia/Tokio", "expected a time zone");
}

#[test]
fn an_unknown_drill_is_answered_with_the_known_ones() {
    let message = load("nothing", &Files::shipped()).unwrap_err().to_string();
    assert!(message.ends_with("expected one of: company-week, macro-intrusion"), "{message}");
}
