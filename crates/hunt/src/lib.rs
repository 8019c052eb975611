//! SQL of analysts over the lake: one SELECT, under the caller's tenant filter, with limits.
//!
//! The tenant filter is not text in a query: the tables that a query can name hold the files of the caller's organisations only.
//! Heavy (a query engine): no room but the desk and the binary depends on it.

mod engine;
mod error;
mod export;
mod functions;
mod gathered;
mod growth;
mod held;
mod hunt;
mod ocsf;
mod shape;
mod statement;
mod table;
mod text;
mod value;

pub use error::HuntError;
pub use export::{write_csv, write_ndjson};
pub use hunt::{ColumnInfo, Found, Hunt, HuntLimits, TableInfo};
pub use ocsf::events_of;
