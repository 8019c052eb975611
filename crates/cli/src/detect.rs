//! `hikeshi detect`: Sigma rules over log files, one line a match.

mod html;
mod render;
mod run;
mod table;

use std::io::{IsTerminal as _, Write};
use std::path::PathBuf;

use anyhow::Result;
use clap::ValueEnum;
use hikeshi_detect::Level;
use jiff::Timestamp;

use crate::instant::instant;

/// Match Sigma rules against log files: EVTX, NDJSON, JSON; also inside .gz, .zst and .zip
///
/// Walks files, folders and patterns. Without --rules, the rules shipped with this program are used. The last line on the
/// error stream counts events, bytes, rules and matches; rules that cannot be used and input that cannot be read are listed
/// there with the reason.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  hikeshi detect --rules sigma/rules --min-level high 'evidence/**/*.evtx'\n  \
                        hikeshi detect --json 'collected.zip!Security.evtx' > matches.ndjson")]
pub(crate) struct Args {
    /// Folders or files of Sigma rules: `--rules A B`, or the flag several times [default: the shipped rules]
    #[arg(long, value_name = "DIR")]
    rules: Vec<PathBuf>,
    /// Report matches of this level and above: informational, low, medium, high or critical
    #[arg(long, value_name = "LEVEL")]
    min_level: Option<Level>,
    /// Report events from this time on: RFC 3339, or a date or time in UTC
    #[arg(long, value_name = "TIME", value_parser = instant)]
    from: Option<Timestamp>,
    /// Report events before this time
    #[arg(long, value_name = "TIME", value_parser = instant)]
    to: Option<Timestamp>,
    /// Leave out the rule with this id; may be given several times
    #[arg(long, value_name = "ID")]
    exclude_rule: Vec<String>,
    /// A value of a placeholder that rules ask for with `expand`: Name=value; may be given several times
    #[arg(long, value_name = "NAME=VALUE", value_parser = placeholder)]
    placeholder: Vec<(String, String)>,
    /// How to print matches; a table on a terminal, else NDJSON
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// The same as --format ndjson
    #[arg(long, conflicts_with = "format")]
    json: bool,
    /// Worker threads; as many as there are cores
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
    /// Compile the rules anew instead of keeping them compiled in the user's cache folder
    #[arg(long)]
    no_cache: bool,
    /// Files, folders, patterns, or members of archives (`a.zip!b.evtx`)
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<String>,
}

/// How matches are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Columns for reading
    Table,
    /// One JSON object a line
    Ndjson,
    /// Comma-separated, RFC 4180
    Csv,
    /// One self-contained page without script
    Html,
}

/// Runs the command.
pub(crate) fn run(args: &Args, out: &mut dyn Write) -> Result<()> {
    let format = match args.format {
        Some(format) => format,
        None if args.json || !std::io::stdout().is_terminal() => Format::Ndjson,
        None => Format::Table,
    };
    run::run(args, format, out)
}

fn placeholder(text: &str) -> Result<(String, String), String> {
    let pair = text.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
    pair.ok_or_else(|| format!("`{text}` gives no value: write Name=value"))
}
