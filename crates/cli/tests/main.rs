//! The `hikeshi` binary as a user calls it.

#[cfg(test)]
mod detect;
#[cfg(test)]
mod help;
#[cfg(test)]
mod ingest;
#[cfg(test)]
mod mail;
#[cfg(test)]
mod ocsf;
#[cfg(test)]
mod parse_worker;
#[cfg(test)]
#[path = "../../record/tests/fixture/server.rs"]
mod postgres;
#[cfg(test)]
mod rules;
#[cfg(test)]
mod serve;
#[cfg(test)]
mod triage;
#[cfg(test)]
mod trust;

use std::process::Command;

/// The binary under test.
fn hikeshi() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hikeshi"));
    command.env_remove("XDG_CACHE_HOME").env_remove("RUST_LOG").env_remove("HIKESHI_RECORD");
    command
}
