//! The record against the databases that it stands on, and against crashes and failing disks.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking; helpers of tests stand outside the test functions"
)]

mod conformance;
mod crash;
mod encrypted;
mod faults;
mod fixture;
