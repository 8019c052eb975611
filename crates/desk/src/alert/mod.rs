//! Alerts: received, listed by urgency, worked on.
//!
//! Triage of an alert stands in [`crate::triage`]; what a report says of it in [`crate::flash_report`].

mod answer;
mod list;
mod receive;
mod told_before;
mod work;

pub use answer::{Told, answer};
pub(crate) use list::lines;
pub use list::{AlertLine, AlertPage, AlertQuery, AlertSort, Assigned, due_steps, line, list};
pub use receive::{Received, receive};
pub use work::{Chosen, assign, close, judge, put_into_case, reopen};
pub(crate) use work::{MOST_AT_ONCE, required};
