//! `hikeshi query`: one SELECT over the lake of a data folder, for whoever may read that folder.

use std::io::{self, IsTerminal, Write};
use std::sync::Arc;

use anyhow::{Context as _, Result, anyhow};
use hikeshi_hunt::{Found, Hunt, HuntError, HuntLimits, events_of, write_csv, write_ndjson};
use hikeshi_lake::catalogue::OrgScope;
use hikeshi_lake::{Lake, LakeConfig};
use hikeshi_record::Store;
use serde_json::Value;

use crate::place::Place;
use crate::progress::waited;

/// Text of a cell of the table on a terminal is cut here.
const WIDEST: usize = 80;

/// One SELECT over events and matches
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  hikeshi query --data /var/lib/hikeshi \"SELECT host, count(*) AS n FROM events GROUP BY host ORDER BY n DESC\"\n\n\
                  Tables: events, matches. Stop `hikeshi serve` on the same folder first, or ask it by its console."
)]
pub(crate) struct Args {
    #[command(flatten)]
    place: Place,
    /// Whole events (SELECT * FROM events …) as OCSF objects, one a line
    #[arg(long)]
    ocsf: bool,
    /// Form of the output: a table on a terminal, else NDJSON
    #[arg(long, value_name = "FORMAT", value_parser = ["table", "ndjson", "csv"], conflicts_with = "ocsf")]
    format: Option<String>,
    /// Most rows
    #[arg(long, value_name = "ROWS", default_value_t = 1_000_000)]
    limit: usize,
    /// The query
    #[arg(value_name = "SELECT")]
    sql: String,
}

pub(crate) fn run(args: &Args, out: &mut dyn Write) -> Result<()> {
    if !args.place.data.is_dir() {
        return Err(anyhow!("there is no folder `{}`", args.place.data.display()));
    }
    let runtime = tokio::runtime::Runtime::new()?;
    let found = runtime.block_on(waited("searching", async {
        let lake = open(&args.place).await?;
        let limits =
            HuntLimits { rows: args.limit, time: std::time::Duration::from_secs(3600), memory_bytes: 1 << 30, result_bytes: 1 << 30 };
        Hunt::new(lake).query(&OrgScope::All, &args.sql, &limits).await.map_err(|error| worded(&error))
    }))?;
    write(args, &found, out)?;
    if found.truncated {
        eprintln!("cut off after {} rows: see --limit", found.rows.len());
    }
    Ok(())
}

/// The lake, with what was acknowledged and waits for the rules of `serve` or `ingest`: that has no matches yet.
async fn open(place: &Place) -> Result<Arc<Lake>> {
    let data = &place.data;
    let store = Store::open(place.settings()).await.with_context(|| format!("cannot open the record in `{}`", data.display()))?;
    let lake = Lake::open_to_read(&data.join("lake"), Arc::new(store.catalogue()), LakeConfig::default()).await;
    let (lake, unread) = lake.with_context(|| format!("cannot open the lake in `{}`", data.display()))?;
    if unread > 0 {
        eprintln!("{unread} batches wait to be written and are not in the answer: `hikeshi serve` writes them");
    }
    Ok(Arc::new(lake))
}

fn write(args: &Args, found: &Found, out: &mut dyn Write) -> Result<()> {
    if args.ocsf {
        for event in events_of(found)? {
            serde_json::to_writer(&mut *out, &hikeshi_event::to_ocsf(&event))?;
            out.write_all(b"\n")?;
        }
        return Ok(());
    }
    let usual = if io::stdout().is_terminal() { "table" } else { "ndjson" };
    match args.format.as_deref().unwrap_or(usual) {
        "csv" => write_csv(found, out)?,
        "table" => write_table(found, out)?,
        _ => write_ndjson(found, out)?,
    }
    Ok(())
}

fn worded(error: &HuntError) -> anyhow::Error {
    match error {
        HuntError::Invalid { message, line: Some(line), column: Some(column), suggestions } if !suggestions.is_empty() => {
            anyhow!("{message} (line {line}, column {column}); {}", suggestions.join("; "))
        }
        other => anyhow!("{other}"),
    }
}

fn write_table(found: &Found, out: &mut dyn Write) -> io::Result<()> {
    let rows: Vec<Vec<String>> = found.rows.iter().map(|row| row.iter().map(shown).collect()).collect();
    let names: Vec<String> = found.columns.iter().map(|column| column.name.clone()).collect();
    let width = |(index, name): (usize, &String)| {
        let widest = rows.iter().filter_map(|row| row.get(index)).map(|cell| cell.chars().count()).max();
        widest.unwrap_or(0).max(name.chars().count())
    };
    let widths: Vec<usize> = names.iter().enumerate().map(width).collect();
    for row in std::iter::once(&names).chain(&rows) {
        let cells: Vec<String> = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        writeln!(out, "{}", cells.join("  ").trim_end())?;
    }
    Ok(())
}

/// A cell on one line: what would move the cursor is shown as what it is.
fn shown(value: &Value) -> String {
    let text = match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let cut: String = text
        .chars()
        .take(WIDEST)
        .flat_map(|letter| if letter.is_control() { letter.escape_default().collect::<Vec<_>>() } else { vec![letter] })
        .collect();
    if text.chars().count() > WIDEST { format!("{cut}…") } else { cut }
}
