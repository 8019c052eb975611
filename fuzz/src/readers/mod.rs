//! The readers as the desk calls them, each with what it promises of any input.

pub(crate) mod alert;
pub(crate) mod control;
pub(crate) mod event;
pub(crate) mod index;
pub(crate) mod lake;
pub(crate) mod list;
pub(crate) mod mail;
pub(crate) mod request;
pub(crate) mod rule;
pub(crate) mod segment;
pub(crate) mod stream;
pub(crate) mod worker;
