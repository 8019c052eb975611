//! The lake: telemetry on disk. A durable stream in front, Parquet segments behind, a catalogue that says what exists.
//!
//! Deliberately absent: entities, people, rules. SQL is the room `hunt`.

mod batch;
pub mod catalogue;
mod stream;

pub use batch::Batch;
pub use stream::{Ack, AppendError, Encoding, Recovery};
