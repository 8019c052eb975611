//! The application: one use case a function, joining the rooms below.
//!
//! The first line of a use case asks `access`; then it loads, asks `domain` or `triage`, saves one change, and tells open pages.
//! HTTP, the command line and jobs all enter here, so that nothing slips past the door.
//!
//! Deliberately absent: HTTP, rendering for people (texts stay phrases), rules of incident response.

pub mod alert;
pub mod api_key;
pub mod case;
pub mod cited;
pub mod comment;
mod complaint;
mod desk;
mod download;
pub mod drill;
pub mod duty;
pub mod endpoint;
mod error;
pub mod event;
mod everything;
pub mod exception;
pub mod flash_report;
pub mod full_list;
pub mod hunt;
pub mod job;
pub mod message;
pub mod metrics;
mod names;
mod number;
mod objects;
pub mod open;
pub mod operation;
pub mod organization;
mod password;
pub mod person;
pub mod reference_list;
pub mod request;
pub mod retainer;
pub mod rule;
pub mod saved_search;
pub mod search;
pub mod second_factor;
mod secret;
pub mod session;
pub mod settings;
mod silence;
pub mod telemetry;
pub mod triage;
mod upon;
pub mod watch;
mod windows;

pub use desk::{Changed, Clock, Desk, Parts, SystemClock};
pub use download::Downloads;
pub use error::{Error, ErrorKind, KEY_MISSING, Result};
pub use names::{CaseTitle, Names, names, organizations};
pub use password::{LONGEST_PASSWORD, Passwords, SHORTEST_PASSWORD};
