//! `hikeshi`: a table of modes. Each mode is a module with its `Args` and `run`; nothing else happens here.

mod clock;
mod detect;
mod drill;
mod ingest;
mod instant;
mod mail;
mod matrix;
mod named;
mod parse_worker;
mod place;
mod playbook;
mod progress;
mod query;
mod record;
mod rules;
mod serve;
mod sign_in_link;
mod triage;
mod walls;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;

/// Workers take and free hundreds of megabytes in turns, each on another thread: jemalloc gives them back where the system's allocator
/// keeps an arena for each thread (bench/lake/README.md).
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// The incident-response desk: logs and alerts in; verdict, flash report and case out
#[derive(Debug, Parser)]
#[command(
    name = "hikeshi",
    version,
    propagate_version = true,
    after_help = "Examples:\n  hikeshi triage 'evidence/**/*.evtx' --out out/\n    verdicts and reports from log files, without a server\n  \
                  hikeshi detect --rules sigma/rules logs.ndjson\n    what Sigma rules match\n  \
                  hikeshi serve --data desk --drill company-week\n    the desk on this machine, with a simulated week\n\n\
                  hikeshi COMMAND --help tells the rest of a command, with an example."
)]
struct Cli {
    #[command(subcommand)]
    mode: Mode,
}

#[derive(Debug, clap::Subcommand)]
enum Mode {
    Clock(clock::Args),
    Detect(detect::Args),
    Drill(drill::Args),
    Ingest(ingest::Args),
    Mail(mail::Args),
    Matrix(matrix::Args),
    #[command(hide = true)]
    ParseWorker(parse_worker::Args),
    Query(query::Args),
    Record(record::Args),
    Backup(record::BackupArgs),
    Restore(record::RestoreArgs),
    Serve(serve::Args),
    SignInLink(sign_in_link::Args),
    Triage(triage::Args),
}

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print();
            return if error.use_stderr() { ExitCode::FAILURE } else { ExitCode::SUCCESS };
        }
    };
    let mut out = io::stdout().lock();
    let outcome = match &cli.mode {
        Mode::Clock(args) => clock::run(args, &mut out),
        Mode::Detect(args) => detect::run(args, &mut out),
        Mode::Drill(args) => drill::run(args, &mut out),
        Mode::Ingest(args) => ingest::run(args, &mut out),
        Mode::Mail(args) => mail::run(args, &mut out),
        Mode::Query(args) => query::run(args, &mut out),
        Mode::Matrix(args) => matrix::run(args, &mut out),
        Mode::ParseWorker(args) => parse_worker::run(args),
        Mode::Record(args) => record::run(args, &mut out),
        Mode::Backup(args) => record::run_backup(args, &mut out),
        Mode::Restore(args) => record::run_restore(args, &mut out),
        Mode::Serve(args) => serve::run(args),
        Mode::SignInLink(args) => sign_in_link::run(args, &mut out),
        Mode::Triage(args) => triage::run(args, &mut out),
    };
    match outcome.and_then(|()| Ok(out.flush()?)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) if error.is::<named::Told>() => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// The reader went away (`| head`): no failure of ours.
fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}
