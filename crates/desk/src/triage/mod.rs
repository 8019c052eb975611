//! Triage of an alert: gathers what the stores know, lets the triage room judge, keeps what came out, and tells who must know.

mod answered;
mod beyond;
mod caught_up;
mod gather;
mod joining;
mod judged_again;
mod others;
mod outcome;
mod own;
mod raise;
mod run;

pub(crate) use gather::{Gathered, gather, latest};
pub(crate) use judged_again::{LIST_QUEUE, ListJob, hand_on, judged_again};
pub(crate) use raise::raise_listed;
pub use raise::{OWN_PRODUCT, work as raise};
pub(crate) use run::{FOLLOW_QUEUE, RELOOK_QUEUE, TRIAGE_QUEUE, TriageJob, job, latest_run, look, run, run_of, told_again, turned_black};
pub use run::{again, runs};
