//! Walls around the code that reads foreign bytes.
//!
//! [`confine_worker`] is for a process that does nothing but read one open file and write to a pipe: no files, no network, no
//! other program, bounded memory and time. [`serve_worker`] is that process (`hikeshi parse-worker`), [`read_apart`] starts one
//! for a file and takes what it gives, as bytes of a stranger. [`serve_answer`] and [`ask_apart`] are the two sides for files that are
//! read whole, such as mails. [`confine_tool`] is for a command on an analyst's disk that
//! reads the files it was given in its own process, because a hop for each block would cost more than the reading.
//!
//! Deliberately absent: what is done with the records.

mod answer;
mod calls;
mod files;
mod frame;
mod read;
mod resources;
mod walls;
mod worker;

pub use answer::{Answer, ask_apart, serve_answer};
pub use read::{Batch, Reading, read_apart};
pub use resources::Budget;
pub use walls::{Missing, confine_tool, confine_worker};
pub use worker::serve_worker;
