//! The lake on a real record, a real disk and real logs.

mod crash;
mod fixture;
mod ingest;
mod reads;
