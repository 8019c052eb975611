//! The walls, tried from inside.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod escape;
mod stranger;
