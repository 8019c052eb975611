//! The matrix as a table of vectors, and what flows bring with them.

use std::collections::BTreeSet;

use hikeshi_domain::incident::{IncidentType, ResponseFlow, Severity};
use hikeshi_domain::procedure::Procedure;

fn flows(words: &str) -> Vec<ResponseFlow> {
    words.split_whitespace().map(|word| word.parse().unwrap()).collect()
}

// covers: S4-12, S4-13, S4-14, S4-15, S4-16, S4-17, S4-21
#[test]
fn every_cell_offers_what_the_procedure_says() {
    let procedure = Procedure::shipped().unwrap();
    let vectors = [
        ("A-1", ["record prevent", "prevent", "handle", "handle disclose", "disclose"]),
        ("A-2", ["record prevent", "record prevent", "handle disclose", "handle disclose", "disclose"]),
        ("B-1", ["record prevent", "prevent", "handle", "disclose", "external-help"]),
        ("B-2", ["record prevent", "prevent handle", "handle disclose", "disclose", "external-help"]),
        ("C-1", ["record prevent", "record prevent", "prevent handle", "handle disclose", "disclose external-help"]),
    ];
    for (incident_type, column) in vectors {
        for (severity, expected) in Severity::ALL.into_iter().zip(column) {
            let found = procedure.matrix().cell(incident_type.parse().unwrap(), severity);
            assert_eq!(found, flows(expected), "{incident_type} × {severity}");
        }
    }
    assert_eq!(ResponseFlow::ALL.len(), 5);
}

// covers: S4-22, S4-23, S4-33, S4-36, S4-44, S4-48, S4-63, S4-67
#[test]
fn flows_bring_what_belongs_to_them() {
    let matrix = Procedure::shipped().unwrap().matrix();
    let check = |picked: &str, expected: &str| {
        let all = matrix.with_what_they_bring(&flows(picked).into_iter().collect());
        assert_eq!(all, flows(expected).into_iter().collect::<BTreeSet<_>>(), "{picked}");
    };
    check("", "record");
    check("record", "record");
    check("prevent", "record prevent");
    check("handle", "record prevent handle");
    check("disclose", "record prevent handle disclose");
    check("external-help", "record prevent handle disclose external-help");
    check("record handle", "record prevent handle");
}

// covers: S4-19, S4-79, S4-80, S4-81, S4-82, S4-83, S4-84, S4-85, S4-86, S4-87, S4-88, S4-89, S4-91, S4-93, S4-94, S4-78
#[test]
fn five_examples_stand_beside_each_choice_in_both_languages() {
    let matrix = Procedure::shipped().unwrap().matrix();
    let types: Vec<_> = matrix.types().collect();
    let severities: Vec<_> = matrix.severities().collect();
    assert_eq!((types.len(), severities.len(), matrix.flows().count()), (5, 5, 5));
    let entries = types.iter().map(|(_, entry)| *entry).chain(severities.iter().map(|(_, entry)| *entry));
    for entry in entries {
        assert_eq!(entry.examples.len(), 5, "{}", entry.name.en);
        let texts = entry.examples.iter().chain([&entry.name, &entry.meaning]);
        assert!(texts.clone().all(|text| !text.ja.is_ascii() || text.ja.len() < 8), "{}: a Japanese text is not Japanese", entry.name.en);
        assert!(texts.clone().all(|text| text.en.is_ascii()), "{}: an English text is not English", entry.name.en);
        assert!(entry.source.starts_with("S4-"));
    }
    let named = |severity: Severity, word: &str| {
        let (_, entry) = severities.iter().find(|(level, _)| *level == severity).unwrap();
        assert!(entry.examples.iter().any(|example| example.ja.contains(word)), "{severity} has no example with {word}");
    };
    named(Severity::Lv4, "天災");
    named(Severity::Lv5, "業務外");
    let other = types.iter().find(|(incident_type, _)| *incident_type == IncidentType::C1).unwrap();
    assert!(other.1.examples.iter().any(|example| example.ja.contains("噂")));
}
