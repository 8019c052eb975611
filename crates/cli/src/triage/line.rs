//! One subject as one line of JSON: the shape that the command promises.

use std::io::Write;

use anyhow::Result;
use hikeshi_domain::phrase::Language;
use hikeshi_domain::phrases::render;
use hikeshi_domain::triage::{Section, Triage};
use serde_json::{Map, Value, json};

/// Writes the line.
pub(super) fn print(triage: &Triage, language: Language, out: &mut dyn Write) -> Result<()> {
    serde_json::to_writer(&mut *out, &line(triage, language)?)?;
    out.write_all(b"\n")?;
    Ok(())
}

fn line(triage: &Triage, language: Language) -> Result<Value> {
    let judgement = &triage.judgement;
    let findings = triage.findings.iter().map(|finding| {
        json!({"id": finding.id, "family": finding.family, "points": finding.points, "reason": render(&finding.reason, language), "events": finding.events})
    });
    let unknown = triage.unknown.iter().map(|unknown| json!({"id": unknown.id, "reason": render(&unknown.reason, language)}));
    let sections: Map<String, Value> = triage.sections.iter().map(|part| (part.kind.name().to_owned(), section(part, language))).collect();
    Ok(json!({
        "host": triage.host,
        "subject": triage.subject,
        "verdict": judgement.verdict,
        "score": judgement.score,
        "families": judgement.families,
        "rule": render(&judgement.rule, language),
        "findings": findings.collect::<Vec<_>>(),
        "unknown": unknown.collect::<Vec<_>>(),
        "sections": sections,
        "tree": serde_json::to_value(&triage.tree)?,
        "rules": triage.rules,
        "indicators": triage.indicators,
        "window": triage.window,
        "events_seen": triage.events_seen,
        "rules_version": triage.rules_version,
    }))
}

fn section(section: &Section, language: Language) -> Value {
    let items = section.items.iter().map(|item| {
        let details: Map<String, Value> = item.details.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str()))).collect();
        json!({
            "time": item.time,
            "after_detection": item.after_detection,
            "node": item.node,
            "what": render(&item.what, language),
            "details": details,
            "count": item.count,
            "findings": item.findings,
            "events": item.events,
        })
    });
    json!({
        "state": section.state,
        "searched": section.searched,
        "missing_audit": section.missing_audit,
        "total": section.total,
        "items": items.collect::<Vec<_>>(),
    })
}
