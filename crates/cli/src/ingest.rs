//! `hikeshi ingest`: logs from files into the lake. Durable when it returns; the same file again adds nothing.

use std::io::{self, IsTerminal, Write};
use std::ops::ControlFlow;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use hikeshi_domain::OrganizationId;
use hikeshi_domain::organization::Organization;
use hikeshi_event::{Block, Input, Limits, LogFormat, Record, Work, expand, process};
use hikeshi_lake::{AppendError, Batch, Encoding, Lake, LakeConfig};
use hikeshi_record::{Context, Query, Store};
use indicatif::{ProgressBar, ProgressStyle};
use jiff::Timestamp;
use tokio::sync::mpsc;

use crate::place::Place;

/// Listed on standard error; the rest is counted.
const LISTED_DEFECTS: u64 = 20;
/// Blocks that wait for the disk.
const WAITING: usize = 8;

/// Logs from files and folders into the lake
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  hikeshi ingest --data /var/lib/hikeshi evidence/ 'logs/**/*.evtx'\n\nStop `hikeshi serve` on the same folder first."
)]
pub(crate) struct Args {
    #[command(flatten)]
    place: Place,
    /// Organisation that the events belong to; needed where the desk has several
    #[arg(long, value_name = "ID")]
    org: Option<OrganizationId>,
    /// Files, folders, patterns, members of archives (a.zip!b.evtx)
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<String>,
}

/// A lake and the record that it stands on.
pub(crate) struct Opened {
    pub(crate) store: Store,
    pub(crate) lake: Arc<Lake>,
}

/// Opens record and lake of a data folder.
pub(crate) async fn open(place: &Place) -> Result<Opened> {
    let data = &place.data;
    let store = Store::open(place.settings()).await.with_context(|| format!("cannot open the record in `{}`", data.display()))?;
    let lake = Lake::open(&data.join("lake"), Arc::new(store.catalogue()), LakeConfig::default(), None).await;
    let lake = lake.with_context(|| format!("cannot open the lake in `{}`", data.display()))?;
    Ok(Opened { store, lake: Arc::new(lake) })
}

pub(crate) fn run(args: &Args, out: &mut dyn Write) -> Result<()> {
    let (inputs, missing) = expand(&args.paths);
    for defect in &missing {
        eprintln!("{}: {}", defect.path, defect.detail);
    }
    if inputs.is_empty() {
        bail!("nothing to read: no file matches");
    }
    std::fs::create_dir_all(&args.place.data).with_context(|| format!("cannot make `{}`", args.place.data.display()))?;
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(ingest(args, inputs, out))
}

async fn ingest(args: &Args, inputs: Vec<Input>, out: &mut dyn Write) -> Result<()> {
    let opened = open(&args.place).await?;
    let org = match args.org {
        Some(org) => org,
        None => only_organization(&opened.store).await?,
    };
    let bar = progress(&inputs);
    let (sender, blocks) = mpsc::channel(WAITING);
    let reading = tokio::task::spawn_blocking(move || read(&inputs, &sender));
    let appended = append(&opened.lake, org, blocks, &bar).await;
    let totals = reading.await?;
    appended?;
    opened.lake.flush().await;
    bar.finish_and_clear();
    let lake = opened.lake.lag().totals;
    writeln!(
        out,
        "{} events, {} new, {} already there, {} defects",
        totals.events,
        lake.added,
        totals.events.saturating_sub(lake.added),
        totals.defects + lake.defects
    )?;
    Ok(())
}

/// The organisation of a desk that has one, or the nameless one of a desk that has none yet.
async fn only_organization(store: &Store) -> Result<OrganizationId> {
    let page = store.list::<Organization>(&Context::system("ingest"), Query::new()).await?;
    match page.items.as_slice() {
        [] => Ok(OrganizationId(uuid::Uuid::nil())),
        [one] => Ok(one.entity.id),
        several => {
            let names: Vec<String> = several.iter().map(|one| format!("{} ({})", one.entity.id, one.entity.name)).collect();
            bail!("the desk has several organisations, say which by --org: {}", names.join(", "))
        }
    }
}

fn progress(inputs: &[Input]) -> ProgressBar {
    if !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(inputs.iter().map(Input::size_bytes).sum());
    let style = ProgressStyle::with_template("{bar:40} {bytes}/{total_bytes} {bytes_per_sec} {eta}");
    style.map_or_else(|_| bar.clone(), |style| bar.clone().with_style(style))
}

/// The originals of a block, a line each, apart by format: the source of an event is its format.
struct Originals;

type Lines = Vec<(LogFormat, Vec<u8>)>;

impl Work for Originals {
    type Scratch = ();
    type Out = Lines;

    fn scratch(&self) -> Self::Scratch {}

    fn see(&self, (): &mut (), _: &str, record: &Record<'_>, out: &mut Lines) {
        if !out.iter().any(|(format, _)| *format == record.format) {
            out.push((record.format, Vec::new()));
        }
        if let Some((_, lines)) = out.iter_mut().find(|(format, _)| *format == record.format) {
            // A value of an array may stand on several lines; line breaks between its parts mean nothing.
            lines.extend(record.raw.iter().map(|byte| if matches!(byte, b'\n' | b'\r') { b' ' } else { *byte }));
            lines.push(b'\n');
        }
    }
}

fn read(inputs: &[Input], sender: &mpsc::Sender<Block<Lines>>) -> hikeshi_event::Totals {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    process(inputs, &Limits::default(), threads, &Originals, |block| match sender.blocking_send(block) {
        Ok(()) => ControlFlow::Continue(()),
        Err(_) => ControlFlow::Break(()),
    })
}

async fn append(lake: &Lake, org: OrganizationId, mut blocks: mpsc::Receiver<Block<Lines>>, bar: &ProgressBar) -> Result<()> {
    let mut defects = 0;
    while let Some(block) = blocks.recv().await {
        for defect in &block.defects {
            defects += 1;
            if defects <= LISTED_DEFECTS {
                eprintln!("{}: {}: {}", defect.path, defect.position.map_or_else(|| "-".to_owned(), |at| at.to_string()), defect.detail);
            }
        }
        for (format, lines) in block.out {
            let batch = Batch {
                org,
                source: format.name().to_owned(),
                idempotency_key: None,
                received_at: Timestamp::now(),
                encoding: Encoding::Plain,
                body: lines.into(),
            };
            append_patiently(lake, batch).await.with_context(|| format!("`{}` was not stored whole", block.path))?;
        }
        bar.set_position(block.disk_bytes);
    }
    if defects > LISTED_DEFECTS {
        eprintln!("{} more defects", defects - LISTED_DEFECTS);
    }
    Ok(())
}

/// A file can wait: where the writer is behind, reading pauses.
async fn append_patiently(lake: &Lake, batch: Batch) -> Result<(), AppendError> {
    loop {
        match lake.append(batch.clone()).await {
            Err(AppendError::Busy { retry_after }) => tokio::time::sleep(retry_after).await,
            outcome => return outcome.map(|_| ()),
        }
    }
}
