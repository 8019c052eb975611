//! The lead's choice: in the cell, outside it, changed later.

use std::collections::BTreeSet;

use hikeshi_domain::PersonId;
use hikeshi_domain::case::Decision;
use hikeshi_domain::incident::ResponseFlow;
use hikeshi_domain::procedure::{Choice, ChoiceError, Procedure};
use uuid::Uuid;

fn choose(cell: &str, flows: &str, reason: &str) -> Result<Decision, ChoiceError> {
    choose_again(None, cell, flows, "", reason)
}

fn choose_again(before: Option<&Decision>, cell: &str, flows: &str, ended: &str, reason: &str) -> Result<Decision, ChoiceError> {
    let (incident_type, severity) = cell.split_once(' ').unwrap();
    let (incident_type, severity) = (incident_type.parse().unwrap(), severity.parse().unwrap());
    let choice = Choice { incident_type, severity, flows: set(flows), ended: set(ended), reason: reason.to_owned() };
    let at = "2026-11-21T03:08:41Z".parse().unwrap();
    Procedure::shipped().unwrap().choose_flow(before, choice, PersonId(Uuid::nil()), at)
}

fn set(words: &str) -> BTreeSet<ResponseFlow> {
    words.split_whitespace().map(|word| word.parse().unwrap()).collect()
}

// covers: S4-7, S4-18, S4-23
#[test]
fn a_flow_outside_the_cell_asks_for_a_reason() {
    let within =
        |cell: &str, flows: &str, expected: &str| assert_eq!(choose(cell, flows, "").unwrap().flows, set(expected), "{cell}: {flows}");
    within("B-2 3", "handle", "record prevent handle");
    within("B-2 3", "handle disclose", "record prevent handle disclose");
    within("B-1 3", "record handle", "record prevent handle");
    within("A-1 1", "record", "record");

    let outside = |cell: &str, flows: &str, named: &str| {
        let error = choose(cell, flows, "  ").unwrap_err();
        assert!(
            matches!(&error, ChoiceError::ReasonNeeded { outside, .. } if outside.iter().copied().collect::<BTreeSet<_>>() == set(named)),
            "{error}"
        );
        let decided = choose(cell, flows, " お客様の要望による ").unwrap();
        assert_eq!(decided.reason, "お客様の要望による");
        assert!(decided.flows.contains(&ResponseFlow::Record));
    };
    outside("B-1 3", "record", "record");
    outside("B-1 3", "external-help", "external-help");
    outside("B-1 2", "handle", "handle");
    outside("A-1 3", "handle disclose", "disclose");
    assert_eq!(choose("A-1 3", "", "why"), Err(ChoiceError::NoFlow));
}

#[test]
fn the_refusal_says_what_the_cell_offers() {
    let message = choose("B-1 2", "handle", "").unwrap_err().to_string();
    assert_eq!(message, "handle lies outside the cell B-1 × Lv2 (prevent); say why");
}

// covers: S4-7
#[test]
fn a_decision_carries_who_when_and_the_playbook() {
    let decided = choose("B-1 3", "handle", "").unwrap();
    assert_eq!(decided.by, PersonId(Uuid::nil()));
    assert!(decided.playbook.starts_with("2026-11-22+"), "{}", decided.playbook);
}

// covers: S4-90, S4-92
#[test]
fn a_change_of_mind_proposes_anew_and_loses_nothing() {
    let procedure = Procedure::shipped().unwrap();
    let decided = choose("B-1 4", "disclose", "").unwrap();
    let milder = procedure.reclassify(&decided, decided.incident_type, "3".parse().unwrap());
    assert_eq!(milder.proposed, [], "handling runs already");
    assert_eq!((milder.kept, milder.beyond), (set("record prevent handle"), set("disclose")));
    let worse = procedure.reclassify(&decided, decided.incident_type, "5".parse().unwrap());
    assert_eq!(worse.proposed, [ResponseFlow::ExternalHelp]);
    assert_eq!((worse.kept, worse.beyond), (set("record prevent handle disclose"), set("")));
}

// covers: S4-92
#[test]
fn what_was_decided_ends_by_name_only() {
    let before = choose("B-1 4", "disclose", "").unwrap();
    let again = |flows: &str, ended: &str| choose_again(Some(&before), "B-1 3", flows, ended, "no customer is affected");
    let unsaid = |flows: &str, ended: &str, expected: &str| {
        let expected = expected.split_whitespace().map(|flow| flow.parse().unwrap()).collect();
        assert_eq!(again(flows, ended), Err(ChoiceError::Unsaid { unsaid: expected }), "{flows}; {ended}");
    };
    unsaid("handle", "", "disclose");
    unsaid("prevent", "disclose", "handle");
    unsaid("disclose", "disclose", "disclose");
    unsaid("handle", "disclose external-help", "external-help");
    let ended = again("handle", "disclose").unwrap();
    assert_eq!((ended.flows, ended.ended), (set("record prevent handle"), set("disclose")));
    let on = again("disclose", "").unwrap();
    assert_eq!((on.flows, on.ended), (before.flows.clone(), set("")));
    assert_eq!(again("handle", "").unwrap_err().to_string(), "disclose is decided already; pick it again, or say that it ends");
}
