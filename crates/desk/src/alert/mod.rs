//! Alerts: received, listed by urgency, worked on.
//!
//! Triage of an alert stands in [`crate::triage`]; what a report says of it in [`crate::flash_report`].

mod list;
mod receive;
mod work;

pub use list::{AlertLine, AlertPage, AlertQuery, AlertSort, Assigned, due_steps, line, list};
pub use receive::{Received, receive};
pub(crate) use work::required;
pub use work::{assign, close, judge, put_into_case, reopen};
