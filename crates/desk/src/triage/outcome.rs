//! What a triage leads to: a report, a repeat counted, silence for what is known harmless; a case; a mail.

use hikeshi_domain::AlertId;
use hikeshi_domain::alert::{Alert, AlertState, repeat_keys};
use hikeshi_domain::duplicate::{Arrival, REPEAT_WINDOW, Reported, reopens, repeat_of, worst_told};
use hikeshi_domain::triage::Triage;
use hikeshi_domain::verdict::Verdict;
use hikeshi_record::{Context, Order, Query};
use jiff::SignedDuration;

use crate::desk::Desk;
use crate::error::{Error, Result};
use crate::everything::everything;

/// How long an alert waits for an earlier one on the same file, and a look for a list for the first one: what cannot be triaged must not hold
/// up the next.
pub(super) const LONGEST_WAIT: SignedDuration = SignedDuration::from_mins(10);

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
    let same = same_file_before(desk, context, alert).await?;
    let known: Vec<Reported<'_>> = same.iter().filter_map(reported_as).collect();
    if let (Some(first), Some(told)) = (repeat_of(&arrival(alert), &known), worst_told(&arrival(alert), &known))
        && !reopens(told, triage.judgement.verdict)
    {
        return Ok(Telling::Repeat(first.alert));
    }
    // Whoever put the file on the list answers for it: it needs no second family, and no telemetry, as a white verdict does.
    Ok(if hikeshi_triage::harmless_by_file_alone(triage) { Telling::Harmless } else { Telling::Report })
}

/// Whether an alert on the same file that came earlier is still to be triaged, and nothing reported covers this one: who is the first is
/// decided by receipt, not by which triage ends first (S3-48).
pub(super) async fn waits_for_earlier(desk: &Desk, context: &Context, alert: &Alert) -> Result<bool> {
    let patient = desk.now().duration_since(alert.received_at) < LONGEST_WAIT;
    if alert.verdict.is_some() || !patient {
        return Ok(false);
    }
    let same = same_file_before(desk, context, alert).await?;
    let reported: Vec<Reported<'_>> = same.iter().filter_map(reported_as).collect();
    Ok(repeat_of(&arrival(alert), &reported).is_none() && same.iter().any(|other| matches!(other.state, AlertState::Received)))
}

/// Alerts on the same file of the same endpoint that came within the time of a repeat before this one.
async fn same_file_before(desk: &Desk, context: &Context, alert: &Alert) -> Result<Vec<Alert>> {
    let keys = repeat_keys(&alert.raised);
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let from = alert.received_at.saturating_sub(REPEAT_WINDOW).map_err(Error::internal)?;
    let to = alert.received_at.saturating_add(SignedDuration::from_micros(1)).map_err(Error::internal)?;
    let query = Query::new().any_of("repeat_key", keys).between("received_at", from, to).order("received_at", Order::Asc);
    let same = everything::<Alert>(desk, context, query).await?.into_iter().map(|stored| stored.entity);
    Ok(same.filter(|other| (other.received_at, other.id) < (alert.received_at, alert.id)).collect())
}

fn reported_as(alert: &Alert) -> Option<Reported<'_>> {
    alert.state.report()?;
    // What was told: a person's milder verdict afterwards changes nothing about that.
    let told = if alert.black_told_at.is_some() { Some(Verdict::Black) } else { alert.told.or(alert.verdict) };
    Some(Reported { alert: alert.id, arrival: arrival(alert), verdict: told? })
}

fn arrival(alert: &Alert) -> Arrival<'_> {
    Arrival { host: &alert.raised.host, file: alert.raised.file.as_ref(), received_at: alert.received_at }
}
