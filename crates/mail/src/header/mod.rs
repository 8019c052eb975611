//! Headers: the block before an empty line, and what stands in its fields.

mod address;
mod block;
mod date;
mod parameter;
mod word;

pub use address::Address;
pub(crate) use address::addresses;
pub(crate) use block::{Field, line, split};
pub(crate) use date::date;
pub(crate) use parameter::{Parametrised, parametrised};
pub(crate) use word::decoded;
