//! What a triage leads to: a report, a repeat counted, silence for what is known harmless; a case; a mail.

use hikeshi_domain::AlertId;
use hikeshi_domain::alert::{Alert, AlertState, repeat_key};
use hikeshi_domain::duplicate::{Arrival, Reported, reopens, repeat_of};
use hikeshi_domain::triage::Triage;
use hikeshi_domain::verdict::Verdict;
use hikeshi_record::PAGE_LIMIT;
use hikeshi_record::{Context, Query};

use crate::desk::Desk;
use crate::error::Result;

/// What is to be told of an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Telling {
    /// A flash report.
    Report,
    /// Nothing: it repeats this reported alert (S3-48).
    Repeat(AlertId),
    /// Nothing: the file is known harmless (S3-111).
    Harmless,
}

/// What is to be told, from where the alert stands and what was found.
pub(super) async fn telling(desk: &Desk, context: &Context, alert: &Alert, triage: &Triage) -> Result<Telling> {
    let black_by_person = alert.overridden.as_ref().is_some_and(|by_person| by_person.verdict == Verdict::Black);
    if alert.state.report().is_some() || black_by_person {
        return Ok(Telling::Report);
    }
    let reported = earlier_reports(desk, context, alert).await?;
    let known: Vec<Reported<'_>> = reported.iter().filter_map(reported_as).collect();
    if let Some(first) = repeat_of(&arrival(alert), &known)
        && !reopens(first.verdict, triage.judgement.verdict)
    {
        return Ok(Telling::Repeat(first.alert));
    }
    let harmless = triage.judgement.verdict == Verdict::White && hikeshi_triage::harmless_by_file_alone(triage);
    Ok(if harmless { Telling::Harmless } else { Telling::Report })
}

async fn earlier_reports(desk: &Desk, context: &Context, alert: &Alert) -> Result<Vec<Alert>> {
    let Some(key) = repeat_key(&alert.raised) else { return Ok(Vec::new()) };
    let same = desk.store.list::<Alert>(context, Query::new().eq("repeat_key", key).limit(PAGE_LIMIT)).await?;
    let reported = same.items.into_iter().map(|stored| stored.entity);
    Ok(reported.filter(|other| other.id != alert.id && other.state.report().is_some()).collect())
}

fn reported_as(alert: &Alert) -> Option<Reported<'_>> {
    let reported = matches!(alert.state, AlertState::Reported { .. } | AlertState::Closed { report: Some(_), .. });
    let verdict = alert.effective_verdict().filter(|_| reported)?;
    Some(Reported { alert: alert.id, arrival: arrival(alert), verdict })
}

fn arrival(alert: &Alert) -> Arrival<'_> {
    Arrival { host: &alert.raised.host, file: alert.raised.file.as_ref(), received_at: alert.received_at }
}
