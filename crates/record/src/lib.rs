//! The record: everything people decide and do, as versions of entities, chained by hash, readable as of any past instant.
//!
//! [`Store`] is the whole of it: [`Store::get`], [`Store::list`] and [`Store::history`] read, [`Store::change`] writes one
//! [`Change`], which is one transaction. Every call carries a [`Context`]: whose data may be seen, who acts, for which request.
//! Two databases stand behind it, SQLite and PostgreSQL, with the same statements and the same tests.
//!
//! Deliberately absent: telemetry (the lake has it), files (objects), and any rule of what may be done by whom (`access`).

mod apply;
mod backend;
mod backup;
mod beside;
mod bigram;
mod catalogue;
mod chain;
mod change;
mod context;
mod error;
mod export;
mod job;
mod keyring;
mod list;
mod postgres;
mod progress;
mod query;
mod queue;
mod read;
mod schema;
mod seal;
mod select;
mod sqlite;
mod standing;
mod store;
mod transaction;
mod verify;
mod version;
mod writer;

pub use backup::{Keys, Manifest, ManifestFile, restore};
pub use catalogue::RecordCatalogue;
pub use chain::Checkpoint;
pub use change::{Change, Committed, Expect, LONGEST_BODY, MOST_FIELDS, NewVersion};
pub use context::{Actor, Context, Scope};
pub use error::{Error, ErrorKind, Result};
pub use export::Shown;
pub use hikeshi_domain::entity::{Entity, IndexValue};
pub use job::{Claimed, Job, JobRow, JobState};
pub use progress::{Reached, Stage};
pub use query::{Order, PAGE_LIMIT, Page, Query};
pub use read::VERSIONS_LIMIT;
pub use store::{Commits, Settings, Store};
pub use verify::{Bad, Verification};
pub use version::{Content, Stored, Version};
