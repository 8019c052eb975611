//! The lake: telemetry on disk. A durable stream in front, Parquet segments behind, a catalogue that says what exists.
//!
//! Deliberately absent: entities, people, rules. SQL is the room `hunt`.

pub mod catalogue;
