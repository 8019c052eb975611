//! HTTP: routes, sessions, the API document, the console's files.
//!
//! A route authenticates, calls one use case of the desk and renders what comes back; it decides nothing. Every route stands in
//! one table ([`router`]), from which the API document is made.

mod error;
mod extract;
mod files;
mod language;
mod request_id;
mod router;
mod routes;
mod security;
mod views;

pub use router::{Config, document, router, serve};
