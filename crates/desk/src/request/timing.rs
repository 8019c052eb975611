//! The clocks of a request: which run, since when, and what people do with them.

use hikeshi_access::Caller;
use hikeshi_domain::ServiceRequestId;
use hikeshi_domain::clock::{ClockError, Deadline, Duty, Event, RunningClock, Source, Standing};
use hikeshi_domain::request::{Basis, ServiceKind, ServiceRequest};
use hikeshi_domain::retainer::Retainer;
use hikeshi_record::{Change, Context, Stored};
use jiff::Timestamp;

use super::taking::passed;
use super::work::{keep, load};
use crate::alert::required;
use crate::desk::Desk;
use crate::error::{Error, Result};
use crate::upon;

/// Most pauses and starts of a clock, and most clocks of a request.
const MOST_ENTRIES: usize = 100;

/// What is done to a clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClockAct {
    /// It starts: the request was accepted (S2-11).
    Start,
    /// It stands still.
    Pause,
    /// It runs again.
    Resume,
    /// It counts from another start; the one before stays in its history.
    Rebase,
    /// What was due has been done.
    Stop,
}

/// Something that is done to the clock of a duty.
#[derive(Debug, Clone)]
pub struct Acted {
    /// Whose clock.
    pub duty: Duty,
    /// What is done.
    pub act: ClockAct,
    /// When it happened (of another start, the start); now, where none is named.
    pub at: Option<Timestamp>,
    /// Why; a pause and another start need it.
    pub reason: String,
}

/// A clock as it reads now.
#[derive(Debug, Clone)]
pub struct ClockReading {
    /// The clock.
    pub clock: RunningClock,
    /// When it is due and how that was counted; absent where its calendar is no longer there.
    pub deadline: Option<Deadline>,
    /// How it stands.
    pub standing: Standing,
}

/// The clocks of a request as they read now, in the order in which they are due.
pub fn readings(desk: &Desk, request: &ServiceRequest) -> Vec<ClockReading> {
    let now = desk.now();
    let read = |clock: &RunningClock| ClockReading {
        clock: clock.clone(),
        deadline: clock.deadline(&desk.clocks, now).ok(),
        standing: clock.standing(&desk.clocks, now),
    };
    let mut readings: Vec<ClockReading> = request.clocks.iter().map(read).collect();
    readings.sort_by_key(|reading| (reading.clock.stopped.is_some(), reading.deadline.as_ref().map(|deadline| deadline.at)));
    readings
}

/// Does something to the clock of a duty, at an instant that has passed (now, where none is named).
///
/// # Errors
/// `Invalid` where the clock cannot do that, a reason is missing for a pause or another start, or there is no such clock; `Conflict` where
/// somebody has acted on the request since `version`.
pub async fn clock(
    desk: &Desk,
    caller: &Caller,
    request: ServiceRequestId,
    acted: Acted,
    version: Option<u64>,
) -> Result<Stored<ServiceRequest>> {
    let Acted { duty, act, at, reason } = &acted;
    let (duty, reason) = (*duty, reason.as_str());
    upon::retried(|| async {
        let (context, stored) = load(desk, caller, request, version).await?;
        let by = caller.person();
        let event = Event { at: passed(desk, *at)?, by };
        let mut changed = stored.entity.clone();
        let action = match act {
            ClockAct::Start => {
                start(desk, &context, &mut changed, duty, event).await?;
                "request.clock.start"
            }
            ClockAct::Pause => {
                running(&mut changed, duty)?.pause(&desk.clocks, desk.now(), event, required(reason)?).map_err(refused)?;
                "request.clock.pause"
            }
            ClockAct::Resume => {
                running(&mut changed, duty)?.resume(event).map_err(refused)?;
                "request.clock.resume"
            }
            ClockAct::Rebase => {
                let replaced = Event { at: desk.now(), by };
                running(&mut changed, duty)?.rebase(&desk.clocks, event, replaced, required(reason)?).map_err(refused)?;
                "request.clock.rebase"
            }
            ClockAct::Stop => {
                running(&mut changed, duty)?.stop(event).map_err(refused)?;
                "request.clock.stop"
            }
        };
        if changed.clocks.iter().any(|clock| clock.pauses.len() + clock.earlier.len() > MOST_ENTRIES) || changed.clocks.len() > MOST_ENTRIES
        {
            return Err(Error::invalid("error.many_entries").with("most", MOST_ENTRIES.to_string()));
        }
        changed.due_at = first_due(desk, &changed);
        keep(desk, &context, Change::new(action, reason.trim()).put(&changed, stored.expect()), &changed).await
    })
    .await
}

/// Starts the clock that follows from what is asked. One that runs goes on: what was promised does not vanish by an edit.
pub(super) fn started(desk: &Desk, request: &mut ServiceRequest, retainer: &Retainer, asked: Option<ServiceKind>) {
    let duty = match asked {
        Some(ServiceKind::Emergency) => Duty::FirstAnswer,
        Some(ServiceKind::Proactive | ServiceKind::Inquiry) => Duty::InquiryAnswer,
        None => return,
    };
    if request.clock(duty).is_none() {
        let start = Event { at: request.received_at, by: request.written_by };
        request.clocks.extend(by_terms(desk, retainer, duty, start));
    }
}

/// When the first clock that presses is due: a paused one presses nobody, unless its deadline had passed before. One that cannot be counted
/// is due at its start: it must be looked at.
pub(super) fn first_due(desk: &Desk, request: &ServiceRequest) -> Option<Timestamp> {
    let now = desk.now();
    let presses = |clock: &&RunningClock| clock.stopped.is_none() && clock.standing(&desk.clocks, now) != Standing::Paused;
    let due = |clock: &RunningClock| clock.deadline(&desk.clocks, now).map_or(clock.start.at, |deadline| deadline.at);
    request.clocks.iter().filter(presses).map(due).min()
}

/// A clock by the contract's term, else by the desk's own.
fn by_terms(desk: &Desk, retainer: &Retainer, duty: Duty, start: Event) -> Option<RunningClock> {
    let (rule, source) = match retainer.terms.get(&duty) {
        Some(term) => (term.clone(), Source::Contract),
        None => (desk.clocks.rule(duty)?.clone(), Source::Promise),
    };
    Some(RunningClock::started(duty, rule, source, retainer.time_zone.clone(), start))
}

async fn start(desk: &Desk, context: &Context, request: &mut ServiceRequest, duty: Duty, event: Event) -> Result<()> {
    if request.clock(duty).is_some_and(|clock| clock.stopped.is_none()) {
        return Err(Error::invalid("error.clock_runs"));
    }
    // Best effort has no clock (S0-40).
    let Basis::Retainer { id, .. } = &request.basis else { return Err(Error::invalid("error.clock_best_effort")) };
    let retainer = desk.store.get::<Retainer>(context, id.0).await?;
    request.clocks.extend(by_terms(desk, &retainer, duty, event));
    Ok(())
}

fn running(request: &mut ServiceRequest, duty: Duty) -> Result<&mut RunningClock> {
    request.clocks.iter_mut().rfind(|clock| clock.duty == duty).ok_or_else(|| Error::invalid("error.clock_missing"))
}

fn refused(error: ClockError) -> Error {
    Error::invalid(match error {
        ClockError::Stopped => "error.clock_stopped",
        ClockError::Paused => "error.clock_paused",
        ClockError::NotPaused => "error.clock_not_paused",
        ClockError::ByDate => "error.clock_by_date",
        ClockError::Overdue => "error.clock_overdue",
        ClockError::OutOfOrder => "error.clock_order",
    })
}
