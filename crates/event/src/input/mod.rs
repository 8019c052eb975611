//! What a user names as input, and the way from there to streams of bytes: patterns, folders, compression, archives.

pub(crate) mod archive;
mod expand;
mod glob;
pub(crate) mod meter;
pub(crate) mod utf16;

pub use expand::{Input, expand};
