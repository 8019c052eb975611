//! What to do now, and what the examination could not see, as functions of the triage (S1-20).

use hikeshi_domain::alert::{Action, ProductAlert};
use hikeshi_domain::endpoint::BlockMode;
use hikeshi_domain::phrase::Phrase;
use hikeshi_domain::triage::{SectionKind, SectionState, Triage};
use hikeshi_domain::verdict::Verdict;

use crate::lists::is_out_of_date;

/// What to do now, most urgent first. What is harmless needs no haste, whether it ran or not.
pub fn advise(triage: &Triage, alert: Option<&ProductAlert>, block_mode: BlockMode) -> Vec<Phrase> {
    let mut advice = Vec::new();
    match triage.judgement.verdict {
        Verdict::Black => {
            advice.push(state(triage, alert, block_mode));
            threat(triage, &mut advice);
        }
        Verdict::Grey => {
            advice.push(state(triage, alert, block_mode));
            doubt(triage, &mut advice);
        }
        Verdict::White => {
            advice.push(Phrase::new("advice.white.close"));
            advice.push(Phrase::new("advice.white.exception"));
        }
    }
    advice
}

/// First of all: could it run?
fn state(triage: &Triage, alert: Option<&ProductAlert>, block_mode: BlockMode) -> Phrase {
    let ran = triage.tree.nodes.iter().any(|node| node.subject);
    let stopped = alert.is_some_and(|alert| alert.action != Action::Detected);
    match (ran, stopped || block_mode == BlockMode::Block) {
        (true, true) => Phrase::new("advice.state.ran_and_stopped"),
        (true, false) => Phrase::new("advice.state.ran"),
        (false, true) => Phrase::new("advice.state.stopped"),
        (false, false) => Phrase::new("advice.state.not_seen_running"),
    }
}

fn threat(triage: &Triage, advice: &mut Vec<Phrase>) {
    let has = |id: &str| triage.findings.iter().any(|finding| finding.id == id);
    advice.push(Phrase::new("advice.black.isolate").with("host", &triage.host));
    advice.push(Phrase::new("advice.black.keep"));
    if has("E27") {
        advice.push(Phrase::new("advice.black.credentials").with("user", triage.subject.user.as_deref().unwrap_or("-")));
    }
    if has("E32") {
        advice.push(Phrase::new("advice.black.backup"));
    }
    if has("E33") {
        advice.push(Phrase::new("advice.black.spread"));
    }
    if has("E24") || has("E25") {
        advice.push(Phrase::new("advice.black.persistence"));
    }
    if has("E29") || has("E30") {
        advice.push(Phrase::new("advice.black.block"));
    }
    if has("E26") {
        advice.push(Phrase::new("advice.black.defence"));
    }
    if !triage.indicators.is_empty() {
        advice.push(Phrase::new("advice.hunt").with("count", triage.indicators.len().to_string()));
    }
    advice.push(Phrase::new("advice.black.case"));
}

fn doubt(triage: &Triage, advice: &mut Vec<Phrase>) {
    advice.push(Phrase::new("advice.grey.ask").with("user", triage.subject.user.as_deref().unwrap_or("-")));
    if triage.judgement.score > 0 {
        advice.push(Phrase::new("advice.grey.wait"));
    }
    if triage.subject.sha256.is_some() {
        advice.push(Phrase::new("advice.grey.file"));
    }
    if triage.sections.iter().any(|section| section.state == SectionState::NotCollected) {
        advice.push(Phrase::new("advice.grey.collect"));
    }
    advice.push(Phrase::new("advice.grey.judge"));
}

/// What the examination could not see.
pub fn limits(triage: &Triage) -> Vec<Phrase> {
    let mut limits = vec![
        Phrase::new("limits.window")
            .with("from", triage.window.from.to_string())
            .with("to", triage.window.to.to_string())
            .with("events", triage.events_seen.to_string()),
    ];
    for section in &triage.sections {
        if section.state == SectionState::NotCollected {
            let what = Phrase::new("limits.not_collected").with("section", section.kind.name());
            limits.push(what.with("missing", section.missing_audit.join(", ")));
        }
    }
    if triage.sections.iter().any(|section| section.kind == SectionKind::FilesRead) {
        limits.push(Phrase::new("limits.reads"));
    }
    let ghosts = triage.tree.nodes.iter().filter(|node| node.ghost).count();
    if ghosts > 0 {
        limits.push(Phrase::new("limits.ghosts").with("count", ghosts.to_string()).with("total", triage.tree.nodes.len().to_string()));
    }
    if triage.tree.omitted > 0 {
        limits.push(Phrase::new("limits.omitted").with("count", triage.tree.omitted.to_string()));
    }
    limits.push(Phrase::new("limits.rule"));
    limits
}

/// The hash by which a list of known good in date, and no entry of the exception list, knows the file.
pub fn cleared_by_list(triage: &Triage) -> Option<&str> {
    let known = triage.findings.iter().find(|finding| finding.id == "E2" && finding.reason.key == "finding.E2.list")?;
    known.reason.values.get("hash").map(String::as_str)
}

/// Harmless by file information alone (S3-111): the exception list or a published list knows the file, and nothing speaks against it.
/// A list out of date is told beside the verdict, and silences nobody.
pub fn harmless_by_file_alone(triage: &Triage) -> bool {
    let known = triage.findings.iter().any(|finding| finding.id == "E2" && !is_out_of_date(&finding.reason));
    known && triage.findings.iter().all(|finding| finding.points <= 0)
}
