//! The indexed matcher finds exactly what the plain evaluation finds, on random rules and random records.

use std::fmt::Write as _;

use hikeshi_event::Value;
use proptest::prelude::*;

use super::{load, matching, text, windows};

const FIELDS: [&str; 4] = ["Image", "CommandLine", "User", "Extra"];

fn literal() -> impl Strategy<Value = String> {
    prop_oneof![4 => "[abAB]{1,6}", 1 => "[ab]{0,2}[*?][ab]{0,3}", 1 => "[äÄa]{1,3}", 1 => Just(String::new())]
}

/// One line of a selection.
fn line() -> impl Strategy<Value = String> {
    let modifier = prop_oneof![
        Just(""),
        Just("|contains"),
        Just("|startswith"),
        Just("|endswith"),
        Just("|contains|all"),
        Just("|cased"),
        Just("|contains|windash"),
    ];
    let texts = (0..FIELDS.len(), modifier, prop::collection::vec(literal(), 1..3)).prop_map(|(field, modifier, values)| {
        let values: Vec<String> = values.iter().map(|value| format!("'{value}'")).collect();
        format!("{}{modifier}: [{}]", FIELDS[field], values.join(", "))
    });
    let others = (0..FIELDS.len(), 0..7usize).prop_map(|(field, kind)| {
        let field = FIELDS[field];
        match kind {
            0 => format!("{field}: null"),
            1 => format!("{field}|exists: true"),
            2 => format!("{field}|re: 'a[ab]+b'"),
            3 => format!("{field}|re|i: '(ab|ba)a?'"),
            4 => format!("{field}|fieldref: Image"),
            5 => "EventID: [1, 5]".to_owned(),
            _ => format!("{field}|gt: 3"),
        }
    });
    prop_oneof![4 => texts, 1 => others]
}

fn selection() -> impl Strategy<Value = String> {
    let map = prop::collection::vec(line(), 1..3).prop_map(|lines| {
        let mut seen = std::collections::HashSet::new();
        let unique = lines.into_iter().filter(|line| seen.insert(line.split(':').next().unwrap().to_owned()));
        unique.fold(String::new(), |mut out, line| {
            writeln!(out, "        {line}").unwrap();
            out
        })
    });
    let keywords =
        prop::collection::vec("[ab]{2,5}", 1..3).prop_map(|words| words.iter().map(|word| format!("        - {word}\n")).collect());
    prop_oneof![6 => map, 1 => keywords]
}

fn rule() -> impl Strategy<Value = String> {
    let condition = prop_oneof![
        Just("s1"),
        Just("s1 and s2"),
        Just("s1 or s2"),
        Just("s1 and not s2"),
        Just("not s1"),
        Just("1 of s*"),
        Just("2 of s*"),
        Just("s1 and (s2 or s3)"),
        Just("not (s1 or s2) and s3"),
    ];
    (selection(), selection(), selection(), condition, 0..3usize).prop_map(|(a, b, c, condition, source)| {
        let source = ["category: process_creation", "service: sysmon", "service: security"][source];
        format!(
            "title: t\nlogsource: {{product: windows, {source}}}\ndetection:\n    s1:\n{a}    s2:\n{b}    s3:\n{c}    condition: {condition}\n"
        )
    })
}

fn value() -> impl Strategy<Value = Value<'static>> {
    let word = || prop_oneof![6 => "[abAB]{0,8}", 1 => "[äÄaſK]{1,4}", 1 => "[0-9]", 1 => "[ab]?[-/–][ab]{1,4}"];
    prop_oneof![
        8 => word().prop_map(|word| Value::Text(word.into())),
        1 => Just(Value::Null),
        1 => any::<i8>().prop_map(|number| Value::Integer(number.into())),
        1 => prop::collection::vec(word().prop_map(|word| Value::Text(word.into())), 0..3).prop_map(Value::List),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, ..ProptestConfig::default() })]

    #[test]
    fn index_and_plain_evaluation_agree(
        rules in prop::collection::vec(rule(), 1..12),
        records in prop::collection::vec((prop::collection::vec((0..FIELDS.len(), value()), 0..5), 0..3usize), 1..12),
    ) {
        let texts: Vec<&str> = rules.iter().map(String::as_str).collect();
        let loaded = load(&texts);
        prop_assert_eq!(&loaded.refused, &[]);
        for (fields, kind) in records {
            let fields: Vec<_> = fields.into_iter().map(|(field, value)| (FIELDS[field], value)).collect();
            let (channel, id) = [("Microsoft-Windows-Sysmon/Operational", 1), ("Microsoft-Windows-Sysmon/Operational", 5), ("Security", 4688)][kind];
            // `matching` compares the two.
            matching(&loaded.rules, &windows(channel, id, &fields));
        }
    }
}

#[test]
fn a_matcher_forgets_the_last_record() {
    let rules = load(&[&super::process_rule("s:\n    Image: a\nf:\n    User|contains: b\ncondition: s and not f")]).rules;
    let mut matcher = rules.matcher();
    let mut found = Vec::new();
    for (fields, expected) in [(vec![("Image", text("a")), ("User", text("b"))], 0), (vec![("Image", text("a"))], 1), (vec![], 0)] {
        matcher.matches(&super::process(&fields), &mut found);
        assert_eq!(found.len(), expected, "{fields:?}");
    }
}
