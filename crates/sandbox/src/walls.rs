//! Putting up the walls, and telling which of them this machine cannot put up.

use std::fmt;
use std::os::fd::BorrowedFd;
use std::path::Path;

use crate::resources::Budget;
use crate::{calls, files, resources};

/// A wall that is not there. Reading goes on without it; whoever asked must be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// What stays open: `files`, `calls` or `resources`.
    pub wall: &'static str,
    /// Why.
    pub reason: String,
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the wall around {} is missing: {}", self.wall, self.reason)
    }
}

/// Shuts this process in: from here on it reads `input`, writes to its standard output and error, and uses memory and
/// processor up to the budget. Threads that are started later are shut in too, so it must be called before any is. Answers the walls that the
/// kernel could not put up.
pub fn confine_worker(budget: &Budget, input: BorrowedFd<'_>) -> Vec<Missing> {
    let program_bytes = resources::program_bytes(); // Asked of a file, as long as there are any.
    let files = files::deny_all();
    let resources = resources::limit(budget, program_bytes);
    let calls = calls::allow_reading_only(input);
    missing([("files", files), ("resources", resources), ("calls", calls)])
}

/// Shuts a command in that has opened nothing yet: it may read `read` and what is below it, write below `write`, and neither
/// reach the network, nor start or look into another program. Must be called before threads are started. Answers the walls
/// that the kernel could not put up.
pub fn confine_tool<'p>(read: impl IntoIterator<Item = &'p Path>, write: impl IntoIterator<Item = &'p Path>) -> Vec<Missing> {
    missing([("files", files::allow(read, write)), ("calls", calls::deny_reaching_out())])
}

fn missing<const N: usize>(walls: [(&'static str, Result<(), String>); N]) -> Vec<Missing> {
    walls.into_iter().filter_map(|(wall, outcome)| outcome.err().map(|reason| Missing { wall, reason })).collect()
}
