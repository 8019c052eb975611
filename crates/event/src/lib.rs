//! Events: what machines say.
//!
//! Two shapes. A [`Record`] is what a log format gave, under the log's own field names: rules are matched on it. An [`Event`]
//! is the flat row of the lake: the same thing under Hikeshi's column names. Readers turn bytes into records and
//! [`Defect`]s; [`normalise`] turns a record into an event.
//!
//! Deliberately absent: storage, rules, clocks. The caller passes `now`.

mod column;
mod defect;
mod event;
mod evtx;
mod input;
mod instant;
mod json;
mod limits;
mod normalise;
mod ocsf;
mod pipeline;
mod provider;
mod read;
mod record;
mod text;
mod uid;
mod xml;

pub use column::{Cell, CellKind, Column};
pub use defect::{Defect, DefectKind};
pub use event::{Event, Uid};
pub use input::{Input, expand};
pub use limits::Limits;
pub use normalise::{Intake, MOST_AHEAD, normalise};
pub use ocsf::to_ocsf;
pub use pipeline::{Block, Totals, Work, process};
pub use read::{Rereader, read_lines};
pub use record::{Field, LogFormat, Record, Value};
pub use uid::UidAssigner;
