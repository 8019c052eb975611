//! Who may do what where: a decision, and the scope that a query runs under.
//!
//! Every use case of the desk asks here on its first line. The answer is a [`Permit`]: the only thing that the record and the
//! lake take as leave to look. What a caller may not know of is [`Refusal::Unknown`], never "forbidden".
//!
//! Deliberately absent: how a caller proves who they are (the server and the desk's sessions do that), and any I/O.

mod action;
mod caller;
mod permit;

pub use action::Action;
pub use caller::{Actor, Caller};
pub use permit::{Permit, Refusal, Scope, permit, permit_everywhere, permit_installation};
