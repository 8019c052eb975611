//! The lake: telemetry on disk. A durable stream in front, Parquet segments behind, a catalogue that says what exists.
//!
//! Deliberately absent: entities, people, rules. SQL is the room `hunt`.

mod admission;
mod aside;
mod batch;
mod cache;
pub mod catalogue;
mod config;
mod decode;
mod encode;
mod failure;
mod flight;
mod index;
mod intake;
mod lake;
mod layout;
mod look_back;
mod matches;
mod merge;
mod objects;
mod past;
mod pool;
mod positioned;
mod reads;
mod repeats;
mod retention;
mod rows;
mod scan;
mod schema;
mod seam;
mod segment;
mod shelf;
mod sql_scan;
mod status;
mod stream;
mod view;
mod waiting;
mod window;
mod writer;

pub use admission::{LARGEST_BATCH_BYTES, MOST_BATCH_LINES};
pub use batch::Batch;
pub use config::LakeConfig;
pub use index::INDEXED as INDEXED_COLUMNS;
pub use lake::{Appended, Lake, OpenError};
pub use look_back::LookBack;
pub use matches::{InOrder, IsNew, MatchRow, MatchedRule, Tap, TapWorker};
pub use objects::{LocalObjects, NoObjectId, ObjectId, Objects};
pub use past::{Past, Sought};
pub use reads::{HashHits, MatchQuery};
pub use scan::ReadError;
pub use schema::{events_schema, matches_schema};
pub use sql_scan::{Scan, ScanFile, ScanFilter};
pub use status::{DiskRoom, IngestLag, Totals};
pub use stream::{AppendError, Encoding, Recovery, make_folder};
pub use window::{HostWindow, Places};
