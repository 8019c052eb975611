//! Mails of our own making, read as a desk would read them.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod call;
mod encoding;
mod hostile;
mod kind;
mod letter;
mod model;
mod request;
mod shared;
mod structure;
