//! The durable stream on one machine: a framed log. An acknowledged batch is synced; a bad frame loses that frame only.
//!
//! Our own log, not a storage engine: batches arrive whole, are read once in order and deleted from the front, so that an
//! engine's index, compaction and second copy would be pure cost.

mod cursor;
mod disk;
#[cfg(test)]
mod faults;
mod frame;
mod log;
mod reader;
mod recent;
mod recovery;

pub(crate) use cursor::Fetched;
pub use disk::make_folder;
pub(crate) use disk::{LocalDisk, sync_folder};
pub use frame::Encoding;
pub(crate) use frame::Frame;
pub use log::AppendError;
pub(crate) use log::{Ack, Failures, Log, LogConfig};
pub(crate) use reader::LogReader;
pub use recovery::Recovery;
