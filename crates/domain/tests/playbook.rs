//! A wrong playbook file is refused with file, line and what was expected; an organisation's own file takes the shipped one's place.

use std::collections::BTreeMap;

use hikeshi_domain::incident::{IncidentType, ResponseFlow, Severity};
use hikeshi_domain::playbook::{Files, shipped};
use hikeshi_domain::procedure::Procedure;
use hikeshi_domain::raise::Raising;

fn with_own(path: &str, text: String) -> Files {
    Files::with_own(BTreeMap::from([(path.to_owned(), text)])).unwrap()
}

/// Replaces a text that must stand in the shipped file, and returns the line where it stood.
fn changed(path: &str, from: &str, to: &str) -> (Files, usize) {
    let text = shipped(path).unwrap();
    let place = text.find(from).unwrap_or_else(|| panic!("`{from}` is not in {path}"));
    let line = text[..place].lines().count().max(1) + usize::from(text[..place].ends_with('\n'));
    (with_own(path, text.replacen(from, to, 1)), line)
}

fn refused(path: &str, from: &str, to: &str, expected: &str) {
    let (files, line) = changed(path, from, to);
    let message = Procedure::load(&files).unwrap_err().to_string();
    assert!(message.starts_with(&format!("playbook/{path}:{line}: ")), "`{message}` does not name line {line}");
    assert!(message.contains(expected), "`{message}` does not say `{expected}`");
}

// covers: S4-20
#[test]
fn a_wrong_file_is_named_with_line_and_expectation() {
    refused("matrix.yaml", "1: [record, prevent], 2: [prevent]", "1: [record, prevnt], 2: [prevent]", "external-help");
    refused("matrix.yaml", "3: [handle], 4: [handle, disclose]", "3: [], 4: [handle, disclose]", "Lv3: expected one or more");
    refused("proposal.yaml", "reason: propose.type.service", "reason: propose.type.servce", "key of phrases/");
    refused("proposal.yaml", "families_any: [network", "families_any: [netwrk", "netwrk");
}

#[test]
fn a_missing_example_is_named() {
    let example =
        "      - {ja: 計算の不具合で、本来より高い金額を請求した, en: A calculation fault charged customers more than they owed}\n";
    let (files, _) = changed("matrix.yaml", example, "");
    let message = Procedure::load(&files).unwrap_err().to_string();
    assert!(message.ends_with("`A-2`: expected 5 examples, found 4"), "{message}");
}

#[test]
fn a_missing_cell_is_named() {
    let (files, line) = changed("matrix.yaml", "  B-2: {source: S4-16", "  B-9: {source: S4-16");
    let message = Procedure::load(&files).unwrap_err().to_string();
    assert!(message.starts_with(&format!("playbook/matrix.yaml:{line}: ")), "{message}");
    let column = shipped("matrix.yaml").unwrap().lines().find(|line| line.starts_with("  B-2: {source")).unwrap();
    let (files, _) = changed("matrix.yaml", &format!("{column}\n"), "");
    let message = Procedure::load(&files).unwrap_err().to_string();
    assert_eq!(message, "playbook/matrix.yaml: `cells`: expected an entry for `B-2`, found none");
}

#[test]
fn a_rule_without_condition_stands_last() {
    let (files, _) = changed("proposal.yaml", "serves: true, ", "");
    let message = Procedure::load(&files).unwrap_err().to_string();
    assert!(message.contains("only the last rule has none"), "{message}");
}

#[test]
fn an_organisation_edits_its_matrix() {
    let (files, _) = changed("matrix.yaml", "3: [handle], 4: [disclose]", "3: [handle, disclose], 4: [disclose]");
    let own = Procedure::load(&files).unwrap();
    assert_eq!(own.matrix().cell(IncidentType::B1, Severity::Lv3), [ResponseFlow::Handle, ResponseFlow::Disclose]);
    let shipped = Procedure::shipped().unwrap();
    assert_eq!(shipped.matrix().cell(IncidentType::B1, Severity::Lv3), [ResponseFlow::Handle]);
    assert_ne!(own.version(), shipped.version());
}

#[test]
fn a_slip_in_a_file_name_does_not_go_unseen() {
    let own = |path: &str| Files::with_own(BTreeMap::from([(path.to_owned(), String::new())]));
    for slip in ["matrx.yaml", "phrases/desc.yaml", "calendar/jp.yaml", "drills/more/mine.yaml"] {
        let message = own(slip).unwrap_err().to_string();
        assert!(message.starts_with(&format!("playbook/{slip}: no such playbook file")), "{message}");
    }
    for new in ["drills/mine.yaml", "calendars/us.yaml"] {
        assert_eq!(own(new).unwrap().text(new), Some(""), "found by its name");
    }
}

/// The place stood there twice, and line 0 where the whole file was meant.
#[test]
fn the_place_of_what_is_wrong_stands_there_once() {
    let (files, line) = changed("raise.yaml", "from: high", "from: grave");
    let error = Raising::load(&files).unwrap_err();
    let message = error.to_string();
    assert!(message.starts_with(&format!("playbook/raise.yaml:{line}: ")) && !message.contains("at line"), "{message}");
    assert_eq!(error.under("/etc/own/"), message.replacen("playbook/", "/etc/own/", 1));
    let own = BTreeMap::from([("nosuch.yaml".to_owned(), String::new())]);
    let message = Files::with_own(own).unwrap_err().to_string();
    assert!(message.starts_with("playbook/nosuch.yaml: no such playbook file"), "{message}");
}
