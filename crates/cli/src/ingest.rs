//! `hikeshi ingest`: logs from files into the lake. Durable when it returns; the same file again adds nothing. Every file is
//! read by a process of its own, behind walls ([`crate::parse_worker`]): only lines of text reach the one that holds the lake.

use std::io::{self, IsTerminal, Write};
use std::ops::ControlFlow;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use hikeshi_domain::OrganizationId;
use hikeshi_domain::organization::Organization;
use hikeshi_event::{Defect, DefectKind, Input, Totals, expand};
use hikeshi_lake::{self as lake, AppendError, Encoding, Lake, LakeConfig};
use hikeshi_record::{Context, Query, Store};
use hikeshi_sandbox::{Batch, read_apart};
use indicatif::{ProgressBar, ProgressStyle};
use jiff::Timestamp;
use tokio::sync::mpsc;

use crate::parse_worker;
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
    hikeshi_lake::make_folder(&args.place.data).with_context(|| format!("cannot make `{}`", args.place.data.display()))?;
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
    let (sender, told) = mpsc::channel(WAITING);
    let reading = tokio::task::spawn_blocking(move || read(&inputs, &sender));
    let appended = append(&opened.lake, org, told, &bar).await;
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

/// What the readers tell.
enum Told {
    Batch(Batch),
    Missing(Vec<String>),
    Refused(Defect),
}

/// Reads every file in a process of its own.
fn read(inputs: &[Input], sender: &mpsc::Sender<Told>) -> Totals {
    let mut totals = Totals::default();
    for input in inputs {
        let before = totals.disk_bytes;
        let reading = read_apart(parse_worker::program(), parse_worker::ARGUMENTS, input, |mut batch| {
            batch.disk_bytes += before;
            match sender.blocking_send(Told::Batch(batch)) {
                Ok(()) => ControlFlow::Continue(()),
                Err(_) => ControlFlow::Break(()),
            }
        });
        let reading = match reading {
            Ok(reading) => reading,
            Err(error) => {
                totals.defects += 1;
                let unread = Defect::new(input.path().display().to_string(), None, DefectKind::Io, error.to_string());
                if sender.blocking_send(Told::Refused(unread)).is_err() {
                    return totals;
                }
                continue;
            }
        };
        totals.events += reading.totals.events;
        totals.defects += reading.totals.defects;
        totals.disk_bytes = before + input.size_bytes();
        let missing = (!reading.missing.is_empty()).then_some(Told::Missing(reading.missing));
        for told in missing.into_iter().chain(reading.refused.map(Told::Refused)) {
            if sender.blocking_send(told).is_err() {
                return totals;
            }
        }
    }
    totals
}

async fn append(lake: &Lake, org: OrganizationId, mut told: mpsc::Receiver<Told>, bar: &ProgressBar) -> Result<()> {
    let mut defects = Defects::default();
    let mut warned = Vec::new();
    while let Some(told) = told.recv().await {
        match told {
            Told::Missing(missing) if missing != warned => {
                missing.iter().for_each(|wall| eprintln!("warning: {wall}"));
                warned = missing;
            }
            Told::Missing(_) => {}
            Told::Refused(defect) => eprintln!("{}: refused: {}", defect.path, defect.detail),
            Told::Batch(batch) => {
                batch.defects.iter().for_each(|defect| defects.list(defect));
                store(lake, org, batch, bar).await?;
            }
        }
    }
    defects.end();
    Ok(())
}

async fn store(lake: &Lake, org: OrganizationId, read: Batch, bar: &ProgressBar) -> Result<()> {
    for (format, lines) in read.parts {
        let batch = lake::Batch {
            org,
            source: format.name().to_owned(),
            idempotency_key: None,
            received_at: Timestamp::now(),
            encoding: Encoding::Plain,
            body: lines.into(),
        };
        append_patiently(lake, batch).await.with_context(|| format!("`{}` was not stored whole", read.path))?;
    }
    bar.set_position(read.disk_bytes);
    Ok(())
}

/// Defects as lines of the error stream, to a limit.
#[derive(Default)]
struct Defects(u64);

impl Defects {
    fn list(&mut self, defect: &Defect) {
        self.0 += 1;
        if self.0 <= LISTED_DEFECTS {
            eprintln!("{}: {}: {}", defect.path, defect.position.map_or_else(|| "-".to_owned(), |at| at.to_string()), defect.detail);
        }
    }

    fn end(&self) {
        if self.0 > LISTED_DEFECTS {
            eprintln!("{} more defects", self.0 - LISTED_DEFECTS);
        }
    }
}

/// A file can wait: where the writer is behind, reading pauses.
async fn append_patiently(lake: &Lake, batch: lake::Batch) -> Result<(), AppendError> {
    loop {
        match lake.append(batch.clone()).await {
            Err(AppendError::Busy { retry_after }) => tokio::time::sleep(retry_after).await,
            outcome => return outcome.map(|_| ()),
        }
    }
}
