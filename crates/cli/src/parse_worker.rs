//! `hikeshi parse-worker`: reads one file, its standard input, behind walls. Other modes start it; nobody else needs to.

use std::io::{self, IsTerminal as _};
use std::path::Path;

use anyhow::{Context as _, Result, bail};

/// The mode of a worker.
pub(crate) const ARGUMENTS: &[&str] = &["parse-worker"];

/// Reads one file behind walls: started by other modes for each file from outside
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The member of an archive to read alone
    #[arg(long, value_name = "NAME")]
    member: Option<String>,
    /// Read a mail, not logs
    #[arg(long, conflicts_with = "member")]
    mail: bool,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    if io::stdin().is_terminal() || io::stdout().is_terminal() {
        bail!("`parse-worker` reads a file and writes for a program; `hikeshi ingest` starts it");
    }
    let served = if args.mail { crate::mail::serve() } else { hikeshi_sandbox::serve_worker(args.member.clone()) };
    served.context("the file cannot be read")
}

/// This program, for starting itself: the file that runs, even where an upgrade has replaced it.
pub(crate) fn program() -> &'static Path {
    Path::new("/proc/self/exe")
}
