//! The rules of incident response.
//!
//! Pure: no I/O, no async, no clock. Whoever calls passes `now`. Types parse at the edge and cannot be wrong inside; the
//! content of the procedure (matrix, flows, points, phrases) is data read by [`playbook`].

pub mod alert;
pub mod endpoint;
pub mod entity;
pub mod flash_report;
pub mod id;
pub mod phrase;
pub mod role;
pub mod tlp;
pub mod triage;
pub mod verdict;

pub use id::*;
