//! What is proposed from what triage found; nothing of it is decided.

use hikeshi_domain::alert::Action;
use hikeshi_domain::endpoint::BlockMode;
use hikeshi_domain::incident::IncidentType;
use hikeshi_domain::phrase::{Language, Phrase};
use hikeshi_domain::phrases::render;
use hikeshi_domain::procedure::{Execution, Facts, Procedure};
use hikeshi_domain::triage::{Node, NodeOrigin, Subject, Tree, Triage, Window};
use hikeshi_domain::verdict::{Family, Finding, Judgement, Verdict};

fn finding(id: &str, family: Family, points: i32) -> Finding {
    Finding { id: id.to_owned(), family, points, reason: Phrase::new("x"), events: Vec::new() }
}

fn triage(verdict: Verdict, findings: Vec<Finding>) -> Triage {
    let at = "2026-11-21T03:08:12Z".parse().unwrap();
    Triage {
        host: "PC-014".to_owned(),
        subject: Subject::default(),
        judgement: Judgement { verdict, score: 0, families: Vec::new(), rule: Phrase::new("x") },
        findings,
        unknown: Vec::new(),
        sections: Vec::new(),
        tree: Tree::default(),
        rules: Vec::new(),
        indicators: Vec::new(),
        window: Window { from: at, detected_at: at, to: at },
        events_seen: 0,
        rules_version: String::new(),
    }
}

fn check(triage: &Triage, execution: Execution, hosts: usize, serves: bool, expected: &str) {
    let serves = serves.then_some("SV-WEB02");
    let facts = Facts { triage, verdict: triage.judgement.verdict, execution, hosts, serves };
    let proposal = Procedure::shipped().unwrap().propose(&facts, triage.window.to);
    let flows: Vec<&str> = proposal.flows.iter().map(|flow| flow.name()).collect();
    assert_eq!(format!("{} {}: {}", proposal.incident_type, proposal.severity, flows.join(" ")), expected);
    assert_eq!(proposal.reasons.len(), 3);
    let host = if proposal.incident_type == IncidentType::B2 { "SV-WEB02" } else { "PC-014" };
    assert!(render(&proposal.reasons[0], Language::En).contains(host), "the reason names what serves");
    for reason in &proposal.reasons {
        for language in [Language::Ja, Language::En] {
            let words = render(reason, language);
            assert!(!words.contains('{') && !words.contains("propose."), "{words}");
        }
    }
}

// covers: S4-7, S4-12, S4-82
#[test]
fn type_and_severity_follow_from_what_was_found() {
    let c2 = triage(
        Verdict::Black,
        vec![finding("E19", Family::Parent, 35), finding("E30", Family::Network, 30), finding("E24", Family::Persistence, 25)],
    );
    check(&c2, Execution::Ran, 1, false, "B-1 Lv3: handle");
    check(&c2, Execution::Ran, 1, true, "B-2 Lv3: handle disclose");
    check(&c2, Execution::Ran, 6, false, "B-1 Lv4: disclose");
    check(&c2, Execution::CouldNotRun, 1, false, "B-1 Lv1: record prevent");
    check(&c2, Execution::CouldRun, 1, false, "B-1 Lv2: prevent");
    let ransom = triage(Verdict::Black, vec![finding("E32", Family::Behaviour, 60)]);
    check(&ransom, Execution::Ran, 1, false, "B-1 Lv4: disclose");
    let harmless = triage(Verdict::White, vec![finding("E3", Family::Signature, -35), finding("E30", Family::Network, 30)]);
    check(&harmless, Execution::Ran, 9, false, "B-1 Lv1: record prevent");
}

#[test]
fn the_reason_reads_in_both_languages() {
    // The signature made it black, but is no next step of the attack.
    let seen = [finding("E30", Family::Network, 30), finding("E24", Family::Persistence, 25), finding("E6", Family::Signature, 8)];
    let c2 = triage(Verdict::Black, seen.into());
    let facts = Facts { triage: &c2, verdict: Verdict::Black, execution: Execution::Ran, hosts: 1, serves: None };
    let proposal = Procedure::shipped().unwrap().propose(&facts, c2.window.to);
    let ja = render(&proposal.reasons[1], Language::Ja);
    assert_eq!(ja, "実行された後に、通信・常駐化など次の段階(常駐化、通信)が見られ、攻撃が一部成功しているため Lv3 中度。");
    assert_eq!(render(&proposal.reasons[2], Language::En), "For type B-1 × Lv3 moderate the matrix offers: Handle.");
}

// covers: S3-22, S3-23
#[test]
fn what_ran_is_told_from_what_could() {
    let nothing = triage(Verdict::Grey, Vec::new());
    let of = |action, mode| Execution::of(Some(&nothing), action, mode);
    assert_eq!(of(Some(Action::Detected), BlockMode::Block), Execution::CouldNotRun);
    assert_eq!(of(Some(Action::Detected), BlockMode::NonBlock), Execution::CouldRun);
    assert_eq!(of(Some(Action::Blocked), BlockMode::NonBlock), Execution::CouldNotRun);
    assert_eq!(of(Some(Action::Detected), BlockMode::Unknown), Execution::CouldRun);
    assert_eq!(of(None, BlockMode::Unknown), Execution::Unknown);
    let mut ran = nothing;
    ran.tree = Tree { nodes: vec![subject_node(&ran)], ..Tree::default() };
    assert_eq!(Execution::of(Some(&ran), Some(Action::Blocked), BlockMode::Block), Execution::Ran);
}

fn subject_node(triage: &Triage) -> Node {
    Node {
        id: "n".to_owned(),
        parent: None,
        ghost: false,
        origin: NodeOrigin::Recorded,
        subject: true,
        pid: Some(4120),
        image: None,
        command_line: None,
        user: None,
        sha256: None,
        started_at: Some(triage.window.from),
        ended_at: None,
        after_detection: false,
        matches: Vec::new(),
        findings: Vec::new(),
        event: None,
    }
}
