//! The lake: telemetry on disk. A durable stream in front, Parquet segments behind, a catalogue that says what exists.
//!
//! Deliberately absent: entities, people, rules. SQL is the room `hunt`.

mod batch;
pub mod catalogue;
mod decode;
mod encode;
mod matches;
mod objects;
mod rows;
mod schema;
mod stream;

pub use batch::Batch;
pub use matches::{MatchRow, MatchedRule, Tap, TapWorker};
pub use objects::{LocalObjects, ObjectId, Objects};
pub use schema::{events_schema, matches_schema};
pub use stream::{Ack, AppendError, Encoding, Recovery};
