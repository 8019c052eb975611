//! Reading logs: real ones, broken ones, hostile ones.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod archives;
mod bodies;
mod collected;
mod evtx;
mod evtx_damage;
mod evtx_writer;
mod hostile;
mod limits;
mod recorded;
mod rows;
mod shapes;
mod xml;
