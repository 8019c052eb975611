//! The rules of incident response.
//!
//! Pure: no I/O, no async, no clock. Whoever calls passes `now`. Types parse at the edge and cannot be wrong inside; the
//! content of the procedure (matrix, flows, points, phrases) is data read by [`playbook`].

pub mod alert;
pub mod answer;
pub mod api_key;
pub mod case;
pub mod causes;
pub mod clock;
pub mod comment;
pub mod detection_finding;
pub mod duplicate;
pub mod endpoint;
pub mod entity;
pub mod exception;
pub mod flash_report;
pub mod full_list;
pub mod id;
pub mod incident;
pub mod level;
pub mod list_search;
pub mod message;
pub mod organization;
pub mod person;
pub mod phrase;
pub mod phrases;
pub mod playbook;
pub mod procedure;
pub mod raise;
pub mod reference_list;
pub mod request;
pub mod retainer;
pub mod role;
pub mod saved_search;
pub mod session;
pub mod settings;
pub mod tlp;
pub mod told;
pub mod triage;
pub mod triage_run;
pub mod urgency;
pub mod verdict;

pub use id::*;
