//! Reading logs: real ones, broken ones, hostile ones.

mod collected;
mod recorded;
