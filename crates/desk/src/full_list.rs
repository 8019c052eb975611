//! The full list of an alert's triage: every row of the eight sections, where the page and the report show the most relevant ones.
//!
//! A run whose sections are cut gets its list by a job of its own, after the verdict: nobody waits for it. The job reads the host's window
//! once more, so that a stop between the two loses nothing. A run that holds all its rows needs no list; it is written when it is asked for.

use std::io::{self, BufWriter, Read, Write};

use bytes::Bytes;
use hikeshi_access::{Action, Caller, permit_everywhere};
use hikeshi_document::FullListCsv;
use hikeshi_domain::alert::Alert;
use hikeshi_domain::full_list::{FullList, ListedRow, MOST_ROWS};
use hikeshi_domain::organization::Organization;
use hikeshi_domain::phrase::{Language, Phrase};
use hikeshi_domain::triage_run::TriageRun;
use hikeshi_domain::{AlertId, FullListId, TriageId};
use hikeshi_record::{Change, Claimed, Context, Expect, Job, JobState, Query, Stored};
use hikeshi_triage::full_list::{Packed, Packing, rows};
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;
use uuid::Uuid;

use crate::desk::{Desk, context};
use crate::download::Pieces;
use crate::error::{Error, ErrorKind, Result};
use crate::objects;
use crate::triage::{gather, latest_run, look, run_of};
use crate::windows::Look;

/// Queue of lists to be written.
pub(crate) const FULL_LIST_QUEUE: &str = "full-list";
/// How soon a list that is not written yet may be asked for again.
const SOON: std::time::Duration = std::time::Duration::from_secs(5);
/// A download goes out in pieces of this size, and so many wait for a slow reader.
const PIECE_BYTES: usize = 64 << 10;
const PIECES_WAITING: usize = 4;

/// Payload of a job.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct FullListJob {
    /// The run that is to be completed.
    run: TriageId,
}

/// Most jobs that are looked through for one.
const MOST_JOBS: u32 = 1_000;

/// Where the list of a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It is there.
    Written(Extent),
    /// It is being written.
    Pending,
    /// Writing it failed again and again: the job is listed with what it said.
    Failed,
}

/// How many rows a list holds, and how many there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    /// Rows in the list.
    pub rows: usize,
    /// Rows that there are.
    pub total: usize,
}

/// What a list is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListFormat {
    /// For spreadsheets, in one language.
    Csv,
    /// For programs: one row a line, as `full_list` of the domain has it.
    Ndjson,
}

/// A list to be downloaded.
pub struct Download {
    /// Its name as a file.
    pub file_name: String,
    /// Its bytes in pieces; a piece that is an error ends it, cut off.
    pub pieces: mpsc::Receiver<io::Result<Bytes>>,
}

/// The same change with the job of a run that does not hold all its rows.
pub(crate) fn with_job(change: Change, run: &TriageRun) -> Change {
    if run.triage.is_cut() { change.enqueue(Job::new(FULL_LIST_QUEUE, &FullListJob { run: run.id })) } else { change }
}

/// Writes the list of a run, if it is still the latest of its alert, and ends the job in the same change.
pub(crate) async fn write(desk: &Desk, claimed: &Claimed, job: FullListJob) -> Result<()> {
    let everywhere = Context::system("full list");
    let run = desk.store.get::<TriageRun>(&everywhere, job.run.0).await?;
    let context = everywhere.within(run.org);
    let latest = latest_run(desk, &context, run.alert).await?;
    let wanted = latest.is_some_and(|latest| latest.id == run.id) && of_run(desk, &context, &run).await?.is_none();
    if !wanted {
        desk.store.change(&context, Change::new("triage.wait", "").finish(claimed)).await?;
        return Ok(());
    }
    let alert = desk.store.get::<Alert>(&context, run.alert.0).await?;
    let gathered = gather(desk, &context, alert.org, &alert.raised.host, alert.placed_at(), Look::Later).await?;
    let (packed, _) = look(desk, &alert, Vec::new(), gathered, |host, input, book| {
        let mut packing = Packing::new(MOST_ROWS);
        host.triage_telling(input, book, |section, row| packing.take(section, row));
        packing.finish()
    })
    .await?;
    let Packed { bytes, rows, total } = packed.map_err(Error::internal)?;
    let object = objects::put(desk, bytes.into()).await?;
    let id = FullListId(Uuid::now_v7());
    let list = FullList { id, org: run.org, alert: run.alert, triage: run.id, at: desk.now(), rows, total, object };
    desk.store.change(&context, Change::new("full_list.write", "").put(&list, Expect::New).finish(claimed)).await?;
    // Open pages of the alert offer it from now on.
    desk.tell(<Alert as hikeshi_domain::entity::Entity>::KIND, run.alert.0, Some(run.org));
    Ok(())
}

async fn of_run(desk: &Desk, context: &Context, run: &TriageRun) -> Result<Option<Stored<FullList>>> {
    let query = Query::new().eq("triage", run.id.to_string()).limit(1);
    Ok(desk.store.list::<FullList>(context, query).await?.items.into_iter().next())
}

/// Where the list of an alert's latest run stands. One that nobody writes, of a run from before there were lists, is written from now on.
///
/// # Errors
/// `Forbidden` where the caller may not read alerts.
pub async fn standing(desk: &Desk, caller: &Caller, run: &TriageRun) -> Result<Standing> {
    let context = context(&permit_everywhere(caller, Action::ReadAlerts)?);
    if !run.triage.is_cut() {
        return Ok(Standing::Written(Extent { rows: run.triage.rows(), total: run.triage.rows() }));
    }
    if let Some(list) = of_run(desk, &context, run).await? {
        return Ok(Standing::Written(Extent { rows: list.rows, total: list.total }));
    }
    unwritten(desk, run).await
}

/// Where a list stands that is not there: its job is under way, or failed, or is made now.
async fn unwritten(desk: &Desk, run: &TriageRun) -> Result<Standing> {
    let context = Context::system("full list").within(run.org);
    for (state, standing) in [(JobState::Waiting, Standing::Pending), (JobState::Failed, Standing::Failed)] {
        let jobs = desk.store.jobs(&context, FULL_LIST_QUEUE, state, MOST_JOBS).await?;
        let of_run = |payload: &str| serde_json::from_str::<FullListJob>(payload).is_ok_and(|job| job.run == run.id);
        if jobs.iter().any(|job| of_run(&job.payload)) {
            return Ok(standing);
        }
        // Among so many it may be one that was not read.
        if state == JobState::Waiting && u32::try_from(jobs.len()).unwrap_or(u32::MAX) >= MOST_JOBS {
            return Ok(Standing::Pending);
        }
    }
    // Between the two looks it may have been written: a second job finds it there and ends.
    desk.store.change(&context, Change::new("full_list.ask", "").enqueue(Job::new(FULL_LIST_QUEUE, &FullListJob { run: run.id }))).await?;
    Ok(Standing::Pending)
}

/// The list of an alert's latest run.
///
/// # Errors
/// `NotFound` where the caller does not see the alert or it is not triaged, `Busy` while the list is being written or too much is being
/// downloaded, `Unavailable` where it could not be written.
pub async fn download(desk: &Desk, caller: &Caller, alert: AlertId, language: Language, format: ListFormat) -> Result<Download> {
    let context = context(&permit_everywhere(caller, Action::ReadAlerts)?);
    let run = run_of(desk, caller, alert, None).await?;
    let room = desk.downloads.room(caller.person())?;
    let (packed, total) = match run.triage.is_cut() {
        false => packed(&run)?,
        true => match of_run(desk, &context, &run).await? {
            Some(list) => (objects::get(desk, &list.object).await?, list.total),
            None => return Err(missing(unwritten(desk, &run).await?)),
        },
    };
    let organization = desk.store.get::<Organization>(&context, run.org.0).await?;
    let ending = if format == ListFormat::Csv { "csv" } else { "ndjson" };
    let file_name = format!("alert-{alert}-v{}.{ending}", run.number);
    let (sender, pieces) = mpsc::channel(PIECES_WAITING + 1);
    // Kept free from the start: where the list breaks off, whoever reads on is told, however full the way is.
    let broken_off = sender.clone().try_reserve_owned().map_err(Error::internal)?;
    let zone = organization.time_zone.clone();
    tokio::task::spawn_blocking(move || {
        let _room = room;
        let out = BufWriter::with_capacity(PIECE_BYTES, Pieces::new(sender));
        let written = match format {
            ListFormat::Csv => csv(out, &run, &packed, total, &zone, language),
            ListFormat::Ndjson => ndjson(out, &packed),
        };
        if let Err(error) = written {
            broken_off.send(Err(error));
        }
    });
    Ok(Download { file_name, pieces })
}

fn missing(standing: Standing) -> Error {
    match standing {
        Standing::Failed => Error::new(ErrorKind::Unavailable, Phrase::new("error.full_list_failed")),
        Standing::Pending | Standing::Written(_) => {
            Error::new(ErrorKind::Busy { retry_after: SOON }, Phrase::new("error.full_list_pending"))
        }
    }
}

/// The rows of a run that holds them all.
fn packed(run: &TriageRun) -> Result<(Bytes, usize)> {
    let mut packing = Packing::new(MOST_ROWS);
    for section in &run.triage.sections {
        section.items.iter().for_each(|row| packing.take(section.kind, row));
    }
    let Packed { bytes, total, .. } = packing.finish().map_err(Error::internal)?;
    Ok((bytes.into(), total))
}

fn csv(out: impl Write, run: &TriageRun, packed: &[u8], total: usize, zone: &str, language: Language) -> io::Result<()> {
    let mut list = FullListCsv::begin(out, &run.triage, zone, language)?;
    let mut written: usize = 0;
    for listed in rows(packed)? {
        let ListedRow { section, row } = listed?;
        list.row(section, &row)?;
        written += 1;
    }
    list.end(total.saturating_sub(written))
}

fn ndjson(mut out: impl Write, packed: &[u8]) -> io::Result<()> {
    let mut lines = zstd::Decoder::new(packed)?;
    let mut piece = vec![0; PIECE_BYTES];
    loop {
        let read = lines.read(&mut piece)?;
        let Some(bytes) = piece.get(..read).filter(|bytes| !bytes.is_empty()) else { return out.flush() };
        out.write_all(bytes)?;
    }
}
