//! What people do with a request: take it, hand it over, hear how pressing it is, make sure who speaks, end it.

use hikeshi_access::{Action, Caller, permit, permit_everywhere};
use hikeshi_domain::entity::Entity;
use hikeshi_domain::request::{Channel, Declaration, Ended, Outcome, Priority, Proof, ServiceRequest, Verified};
use hikeshi_domain::{PersonId, ServiceRequestId};
use hikeshi_record::{Change, Context, Stored};
use jiff::Timestamp;

use super::taking::{passed, weighed};
use crate::alert::required;
use crate::desk::{Desk, context};
use crate::error::{Error, Result};
use crate::{person, upon};

const LONGEST_NAME: usize = 200;
const LONGEST_REASON: usize = 20_000;
const MOST_DECLARED: usize = 100;

/// Who said how pressing it is, by which channel, and when.
#[derive(Debug, Clone)]
pub struct Said {
    /// What they said.
    pub priority: Priority,
    /// The contact, by name.
    pub who: String,
    /// How they said it.
    pub channel: Channel,
    /// When; now, where none is named.
    pub at: Option<Timestamp>,
}

/// Gives a request to a person, or to nobody. Who had it when stands in its history (S0-27).
///
/// # Errors
/// `NotFound` where the person may not see it, `Conflict` where somebody has acted on it since `version` (if one is named).
pub async fn assign(
    desk: &Desk,
    caller: &Caller,
    request: ServiceRequestId,
    to: Option<PersonId>,
    version: Option<u64>,
) -> Result<Stored<ServiceRequest>> {
    upon::retried(|| async {
        let (context, stored) = load(desk, caller, request, version).await?;
        if let Some(person) = to {
            person::may(desk, person, Action::WorkRequests, stored.org).await?;
        }
        let assigned = ServiceRequest { assignee: to, ..stored.entity.clone() };
        keep(desk, &context, Change::new("request.assign", "").put(&assigned, stored.expect()), &assigned).await
    })
    .await
}

/// Writes down that a contact said how pressing it is (S0-55, S0-56). EMERGENCY starts the clock at the time of the call.
///
/// # Errors
/// `Invalid` without the contact's name; as [`assign`].
pub async fn declare(
    desk: &Desk,
    caller: &Caller,
    request: ServiceRequestId,
    said: Said,
    version: Option<u64>,
) -> Result<Stored<ServiceRequest>> {
    let who = named(&said.who)?;
    let at = passed(desk, said.at)?;
    upon::retried(|| async {
        let (context, stored) = load(desk, caller, request, version).await?;
        let mut declared = stored.entity.clone();
        if declared.declared.len() >= MOST_DECLARED {
            return Err(Error::invalid("error.many_entries").with("most", MOST_DECLARED.to_string()));
        }
        declared.declared.push(Declaration { priority: said.priority, who: who.clone(), channel: said.channel, at, by: caller.person() });
        let declared = weighed(desk, &context, declared).await?;
        keep(desk, &context, Change::new("request.declare", "").put(&declared, stored.expect()), &declared).await
    })
    .await
}

/// Writes down that it is certain who speaks (S0-67).
///
/// # Errors
/// As [`declare`].
pub async fn verify(
    desk: &Desk,
    caller: &Caller,
    request: ServiceRequestId,
    proof: Proof,
    who: &str,
    version: Option<u64>,
) -> Result<Stored<ServiceRequest>> {
    let who = named(who)?;
    let by = caller.person().ok_or_else(Error::unauthenticated)?;
    upon::retried(|| async {
        let (context, stored) = load(desk, caller, request, version).await?;
        let verified = Verified { proof, who: who.clone(), by, at: desk.now() };
        let changed = ServiceRequest { verified: Some(verified), ..stored.entity.clone() };
        keep(desk, &context, Change::new("request.verify", "").put(&changed, stored.expect()), &changed).await
    })
    .await
}

/// Ends a request; the reason is what whoever asked is told. Clocks that run stop with it.
///
/// # Errors
/// `Invalid` without a reason or once it has ended; as [`assign`].
pub async fn end(
    desk: &Desk,
    caller: &Caller,
    request: ServiceRequestId,
    outcome: Outcome,
    reason: &str,
    version: Option<u64>,
) -> Result<Stored<ServiceRequest>> {
    let reason = required(reason)?;
    if reason.chars().count() > LONGEST_REASON {
        return Err(Error::invalid("error.field_too_long").with("field", "reason").with("most", LONGEST_REASON.to_string()));
    }
    let by = caller.person().ok_or_else(Error::unauthenticated)?;
    upon::retried(|| async {
        let (context, stored) = load(desk, caller, request, version).await?;
        let at = desk.now();
        let mut ended =
            ServiceRequest { ended: Some(Ended { outcome, reason: reason.clone(), by, at }), due_at: None, ..stored.entity.clone() };
        for clock in &mut ended.clocks {
            // One that has stopped stays as it stopped.
            let _ = clock.stop(hikeshi_domain::clock::Event { at, by: Some(by) });
        }
        keep(desk, &context, Change::new("request.end", reason.clone()).put(&ended, stored.expect()), &ended).await
    })
    .await
}

/// A name that says something.
fn named(who: &str) -> Result<String> {
    match who.trim() {
        "" => Err(Error::invalid("error.field_empty").with("field", "who")),
        who if who.chars().count() > LONGEST_NAME => {
            Err(Error::invalid("error.field_too_long").with("field", "who").with("most", LONGEST_NAME.to_string()))
        }
        who => Ok(who.to_owned()),
    }
}

/// The request to be changed.
pub(super) async fn load(
    desk: &Desk,
    caller: &Caller,
    request: ServiceRequestId,
    seen: Option<u64>,
) -> Result<(Context, Stored<ServiceRequest>)> {
    let reading = context(&permit_everywhere(caller, Action::ReadRequests)?);
    let stored = desk.store.get::<ServiceRequest>(&reading, request.0).await?;
    let permit = permit(caller, Action::WorkRequests, stored.org)?;
    upon::unchanged(desk, &reading, &stored, seen, alike).await?;
    if stored.ended.is_some() {
        return Err(Error::invalid("error.request_ended"));
    }
    Ok((context(&permit).within(stored.org), stored))
}

/// Whether nobody has acted on the request between the two: a remark more is none.
fn alike(one: &ServiceRequest, other: &ServiceRequest) -> bool {
    ServiceRequest { comments: 0, ..one.clone() } == ServiceRequest { comments: 0, ..other.clone() }
}

pub(super) async fn keep(desk: &Desk, context: &Context, change: Change, request: &ServiceRequest) -> Result<Stored<ServiceRequest>> {
    desk.store.change(context, change).await?;
    desk.tell(ServiceRequest::KIND, request.id.0, Some(request.org));
    Ok(desk.store.get(context, request.id.0).await?)
}
