//! The events that a verdict cites, kept as an object: telemetry expires, verdicts are contested (design 2).

use std::collections::HashSet;

use bytes::Bytes;
use hikeshi_access::Caller;
use hikeshi_domain::AlertId;
use hikeshi_domain::triage::{EventRef, Triage};
use hikeshi_domain::triage_run::ObjectRef;
use hikeshi_event::to_ocsf;
use serde_json::json;

use crate::desk::Desk;
use crate::error::{Error, Result};
use crate::objects;
use crate::secret::hexadecimal;
use crate::triage::{Gathered, run_of};

/// Keeps the cited events: one line of JSON an event, with its uid, its head, its OCSF form and the original text.
pub(crate) async fn keep(desk: &Desk, triage: &Triage, gathered: &Gathered) -> Result<Option<ObjectRef>> {
    let cited: HashSet<&str> = references(triage).map(|event| event.uid.as_str()).collect();
    if cited.is_empty() {
        return Ok(None);
    }
    let events: Vec<_> = gathered.events.iter().filter(|event| cited.contains(event.uid.to_string().as_str())).collect();
    let uids = events.iter().map(|event| event.uid).collect();
    let originals = desk.telemetry.lake.originals(&gathered.places, &uids).await.map_err(Error::internal)?;
    let mut lines = Vec::new();
    for event in events {
        let raw = originals.get(&event.uid).map_or(event.raw.as_ref(), Vec::as_slice);
        let line = json!({
            "uid": event.uid, "host": event.host, "time": event.time, "received_at": event.received_at, "channel": event.channel,
            "event_id": event.event_id, "record_id": event.record_id, "raw": String::from_utf8_lossy(raw), "raw_hex": hexadecimal(raw),
            "ocsf": to_ocsf(event),
        });
        serde_json::to_writer(&mut lines, &line).map_err(Error::internal)?;
        lines.push(b'\n');
    }
    Ok(Some(objects::put(desk, lines.into()).await?))
}

/// The cited events of one run, to be downloaded.
pub struct CitedEvents {
    /// Their name as a file.
    pub file_name: String,
    /// One event a line of JSON: `uid`, `host`, `time`, `received_at`, `channel`, `event_id`, `record_id`, `raw` as text and in
    /// hexadecimal, `ocsf`.
    pub bytes: Bytes,
}

/// The events that a run on an alert cites, the latest run or the one of that number. They stand whatever the lake has forgotten.
///
/// # Errors
/// `NotFound` where the caller does not see the alert, there is no such run, or it cites no event.
pub async fn of_alert(desk: &Desk, caller: &Caller, alert: AlertId, number: Option<u32>) -> Result<CitedEvents> {
    let run = run_of(desk, caller, alert, number).await?;
    let cited = run.cited.as_ref().ok_or_else(Error::not_found)?;
    Ok(CitedEvents { file_name: format!("alert-{alert}-v{}-events.ndjson", run.number), bytes: objects::get(desk, cited).await? })
}

fn references(triage: &Triage) -> impl Iterator<Item = &EventRef> {
    let findings = triage.findings.iter().flat_map(|finding| &finding.events);
    let sections = triage.sections.iter().flat_map(|section| &section.items).flat_map(|item| &item.events);
    let nodes = triage.tree.nodes.iter().filter_map(|node| node.event.as_ref());
    let rules = triage.rules.iter().flat_map(|rule| &rule.events);
    findings.chain(sections).chain(nodes).chain(rules)
}
