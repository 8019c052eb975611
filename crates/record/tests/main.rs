//! The record against the databases that it stands on.

mod conformance;
mod fixture;
