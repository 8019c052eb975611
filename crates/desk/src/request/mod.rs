//! Service requests: taken in by call, mail or form, ranked, taken, answered, ended.
//!
//! How a request is written down stands in `taking`, its clocks in `timing`, what people do with it in `work`.

mod taking;
mod timing;
mod work;

use hikeshi_access::{Action, Caller, permit, permit_everywhere};
use hikeshi_domain::request::{Priority, RequestState, ServiceKind, ServiceRequest};
use hikeshi_domain::{OrganizationId, ServiceRequestId};
use hikeshi_record::{Order, Page, Query, Stored};

use crate::alert::Assigned;
use crate::desk::{Desk, context};
use crate::error::Result;

pub use taking::{Written, receive, write};
pub use timing::{Acted, ClockAct, ClockReading, clock, readings};
pub use work::{Said, assign, declare, end, verify};

/// Which requests.
#[derive(Debug, Clone, Default)]
pub struct RequestQuery {
    /// Of one organisation only.
    pub org: Option<OrganizationId>,
    /// In one of these states; empty: in any.
    pub states: Vec<RequestState>,
    /// In every state but ended.
    pub unended: bool,
    /// Asking for this service.
    pub service: Option<ServiceKind>,
    /// Of this priority.
    pub priority: Option<Priority>,
    /// Worked on by.
    pub assigned: Option<Assigned>,
    /// Holding these words.
    pub text: Option<String>,
    /// Latest received first; otherwise in the order of the queue.
    pub newest: bool,
    /// After this place.
    pub cursor: Option<String>,
    /// At most so many.
    pub limit: u32,
}

/// Lists requests: first whom people are assigned to first (S0-52 … S0-56).
///
/// # Errors
/// `NotFound` for an organisation that is not the caller's.
pub async fn list(desk: &Desk, caller: &Caller, query: RequestQuery) -> Result<Page<Stored<ServiceRequest>>> {
    let permit = match query.org {
        Some(org) => permit(caller, Action::ReadRequests, org)?,
        None => permit_everywhere(caller, Action::ReadRequests)?,
    };
    let mut asked = match query.newest {
        true => Query::new().order("received_at", Order::Desc),
        false => Query::new().order("place", Order::Asc),
    };
    asked = asked.after(query.cursor).limit(query.limit);
    if query.unended {
        asked = asked.eq("unended", true);
    } else if !query.states.is_empty() {
        asked = asked.any_of("state", query.states.iter().map(|state| state.name()));
    }
    if let Some(service) = query.service {
        asked = asked.eq("service", service.name());
    }
    if let Some(priority) = query.priority {
        asked = asked.eq("priority", priority.name());
    }
    match query.assigned {
        Some(Assigned::To(person)) => asked = asked.eq("assignee", person.to_string()),
        Some(Assigned::Nobody) => asked = asked.missing("assignee"),
        None => {}
    }
    if let Some(text) = &query.text {
        asked = asked.text(text);
    }
    Ok(desk.store.list(&context(&permit), asked).await?)
}

/// One request.
///
/// # Errors
/// `NotFound` where the caller does not see it.
pub async fn get(desk: &Desk, caller: &Caller, request: ServiceRequestId) -> Result<Stored<ServiceRequest>> {
    let context = context(&permit_everywhere(caller, Action::ReadRequests)?);
    Ok(desk.store.get(&context, request.0).await?)
}
