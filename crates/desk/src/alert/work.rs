//! What people do with an alert: judge it otherwise, take it, close it, open it again, put it into a case.

use hikeshi_access::{Action, Caller, permit, permit_everywhere};
use hikeshi_domain::alert::{Alert, AlertState, Override};
use hikeshi_domain::case::Case;
use hikeshi_domain::entity::Entity;
use hikeshi_domain::verdict::Verdict;
use hikeshi_domain::{AlertId, CaseId, PersonId};
use hikeshi_record::{Change, Context, Expect, Stored};

use crate::case;
use crate::desk::{Desk, context};
use crate::error::{Error, Result};
use crate::{person, triage, upon};

/// Most alerts or cases that are changed at once.
pub(crate) const MOST_AT_ONCE: usize = 500;

/// Judges an alert otherwise than the machine did. Both verdicts stay.
///
/// # Errors
/// `Invalid` without a reason, `Conflict` where somebody has acted on the alert since `version`, or the machine's verdict is another one.
pub async fn judge(desk: &Desk, caller: &Caller, alert: AlertId, verdict: Verdict, reason: &str, version: u64) -> Result<Stored<Alert>> {
    upon::retried(|| judge_once(desk, caller, alert, (verdict, reason), version)).await
}

async fn judge_once(
    desk: &Desk,
    caller: &Caller,
    alert: AlertId,
    (verdict, reason): (Verdict, &str),
    version: u64,
) -> Result<Stored<Alert>> {
    let (context, alert) = load(desk, caller, alert, Some(version)).await?;
    let reason = required(reason)?;
    let by = caller.person().ok_or_else(Error::unauthenticated)?;
    let context = context.within(alert.org);
    let mut judged = Alert { overridden: Some(Override { verdict, by, at: desk.now(), reason: reason.clone() }), ..alert.entity.clone() };
    let mut change = Change::new("alert.judge", reason);
    if judged.owes_black_mail() {
        change = triage::turned_black(desk, &context, change, &mut judged).await?;
    }
    change = change.put(&judged, alert.expect());
    keep(desk, &context, change, judged).await
}

/// Gives an alert to a person, or to nobody.
///
/// # Errors
/// `NotFound` where the person may not see the alert, `Conflict` as for [`judge`] (if a version is named).
pub async fn assign(desk: &Desk, caller: &Caller, alert: AlertId, to: Option<PersonId>, version: Option<u64>) -> Result<Stored<Alert>> {
    upon::retried(|| assign_once(desk, caller, alert, to, version)).await
}

async fn assign_once(desk: &Desk, caller: &Caller, alert: AlertId, to: Option<PersonId>, version: Option<u64>) -> Result<Stored<Alert>> {
    let (context, alert) = load(desk, caller, alert, version).await?;
    if let Some(person) = to {
        person::may(desk, person, Action::WorkAlerts, alert.org).await?;
    }
    let assigned = Alert { assignee: to, ..alert.entity.clone() };
    keep(desk, &context, Change::new("alert.assign", "").put(&assigned, alert.expect()), assigned).await
}

/// Which alerts, and the version that the caller looked at; without one, the alert as it stands.
pub type Chosen = (AlertId, Option<u64>);

/// Closes alerts with one reason, all or none.
///
/// # Errors
/// `Invalid` without a reason or with too many alerts, `NotFound` where one of them is not the caller's, `Conflict` as for [`judge`] where
/// the caller says what they looked at.
pub async fn close(desk: &Desk, caller: &Caller, alerts: &[Chosen], reason: &str) -> Result<usize> {
    let reason = required(reason)?;
    let (by, at) = (caller.person().ok_or_else(Error::unauthenticated)?, desk.now());
    let closed = move |alert: &Alert, reason: &str| match alert.state {
        AlertState::Closed { .. } => None,
        ref before => {
            let (report, before) = (before.report(), Some(Box::new(before.clone())));
            Some(AlertState::Closed { by, at, reason: reason.to_owned(), report, before })
        }
    };
    upon::retried(|| together(desk, caller, alerts, "alert.close", &reason, closed)).await
}

/// Opens closed alerts again.
///
/// # Errors
/// As [`close`].
pub async fn reopen(desk: &Desk, caller: &Caller, alerts: &[Chosen], reason: &str) -> Result<usize> {
    let reason = required(reason)?;
    upon::retried(|| together(desk, caller, alerts, "alert.reopen", &reason, |alert, _| alert.state.reopened())).await
}

/// Puts an alert into a case of the same organisation, or opens a new one for it.
///
/// # Errors
/// `NotFound` for a case of another organisation, `Invalid` for a closed one.
pub async fn put_into_case(desk: &Desk, caller: &Caller, alert: AlertId, into: Option<CaseId>) -> Result<CaseId> {
    upon::retried(|| put_into_case_once(desk, caller, alert, into)).await
}

async fn put_into_case_once(desk: &Desk, caller: &Caller, alert: AlertId, into: Option<CaseId>) -> Result<CaseId> {
    let (context, alert) = load(desk, caller, alert, None).await?;
    permit(caller, Action::WorkCases, alert.org)?;
    let context = context.within(alert.org);
    let (case, change) = match into {
        Some(id) => {
            let case = desk.store.get::<Case>(&context, id.0).await?;
            if case.closed.is_some() {
                return Err(Error::invalid("error.case_closed"));
            }
            let joined = case::joined(desk, &context, case.entity.clone(), &alert).await?;
            let change = Change::new("case.join", "").put(&joined, case.expect());
            (joined, change)
        }
        None => {
            let (opened, number) = case::opened(desk, &context, &alert, caller.person()).await?;
            let change = number.taken_by(Change::new("case.open", "")).put(&opened, Expect::New);
            (opened, change)
        }
    };
    let placed = Alert { case: Some(case.id), ..alert.entity.clone() };
    desk.store.change(&context, change.put(&placed, alert.expect())).await?;
    desk.tell(Case::KIND, case.id.0, Some(case.org));
    desk.tell(Alert::KIND, placed.id.0, Some(placed.org));
    Ok(case.id)
}

async fn together(
    desk: &Desk,
    caller: &Caller,
    alerts: &[Chosen],
    action: &str,
    reason: &str,
    next: impl Fn(&Alert, &str) -> Option<AlertState>,
) -> Result<usize> {
    if alerts.len() > MOST_AT_ONCE {
        return Err(Error::invalid("error.too_many_at_once").with("most", MOST_AT_ONCE.to_string()));
    }
    let permit = permit_everywhere(caller, Action::WorkAlerts)?;
    let context = context(&permit);
    let mut change = Change::new(action, reason);
    let mut changed = Vec::new();
    for &(id, version) in alerts {
        let alert = desk.store.get::<Alert>(&context, id.0).await?;
        upon::unchanged(desk, &context, &alert, version, alike).await?;
        if let Some(state) = next(&alert, reason) {
            let moved = Alert { state, ..alert.entity.clone() };
            change = change.put(&moved, alert.expect());
            changed.push(moved);
        }
    }
    if !changed.is_empty() {
        desk.store.change(&context, change).await?;
    }
    for alert in changed.iter().filter(|alert| matches!(alert.state, AlertState::Received)) {
        // It was closed before triage could look at it. A job has one owner, the alerts may have several: each in a change of its own.
        let change = Change::new("alert.triage", "").enqueue(triage::job(alert.id));
        desk.store.change(&context.within(alert.org), change).await?;
    }
    for alert in &changed {
        desk.tell(Alert::KIND, alert.id.0, Some(alert.org));
    }
    Ok(changed.len())
}

pub(super) async fn load(desk: &Desk, caller: &Caller, alert: AlertId, seen: Option<u64>) -> Result<(Context, Stored<Alert>)> {
    // Who may read but not work learns that, who may not read learns nothing.
    let reading = context(&permit_everywhere(caller, Action::ReadAlerts)?);
    let alert = desk.store.get::<Alert>(&reading, alert.0).await?;
    let permit = permit(caller, Action::WorkAlerts, alert.org)?;
    upon::unchanged(desk, &reading, &alert, seen, alike).await?;
    Ok((context(&permit), alert))
}

/// Whether nobody has acted on the alert between the two, and the machine says the same: who judges upon another verdict may judge otherwise.
fn alike(one: &Alert, other: &Alert) -> bool {
    let said = |alert: &Alert| (alert.verdict, alert.overridden.clone(), alert.assignee, alert.state.is_closed());
    said(one) == said(other)
}

pub(super) async fn keep(desk: &Desk, context: &Context, change: Change, alert: Alert) -> Result<Stored<Alert>> {
    desk.store.change(context, change).await?;
    desk.tell(Alert::KIND, alert.id.0, Some(alert.org));
    Ok(desk.store.get(context, alert.id.0).await?)
}

/// A reason that says something.
pub(crate) fn required(reason: &str) -> Result<String> {
    match reason.trim() {
        "" => Err(Error::invalid("error.reason_missing")),
        reason => Ok(reason.to_owned()),
    }
}
