//! `hikeshi ingest`: logs from files into the lake, watched by the rules. Durable when it returns; the same file again adds nothing. Every
//! file is read by a process of its own, behind walls ([`crate::parse_worker`]): only lines of text reach the one that holds the lake.

use std::convert::Infallible;
use std::io::Write;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, bail};
use hikeshi_access::Caller;
use hikeshi_desk::open::{Opening, Still, open_still};
use hikeshi_desk::organization::{self, Choices, DEFAULT_RETENTION_DAYS};
use hikeshi_desk::{Desk, organizations};
use hikeshi_domain::OrganizationId;
use hikeshi_domain::organization::Organization;
use hikeshi_domain::phrase::Language;
use hikeshi_event::{Defect, DefectKind, Input, Totals, expand};
use hikeshi_lake::{self as lake, AppendError, Encoding, LARGEST_BATCH_BYTES, Lake, MOST_BATCH_LINES};
use hikeshi_sandbox::{Batch, read_apart};
use indicatif::ProgressBar;
use jiff::Timestamp;
use tokio::sync::mpsc;

use crate::named::Unread;
use crate::place::Place;
use crate::rules::tell_apart;
use crate::{parse_worker, playbook, progress};

/// Listed on standard error; the rest is counted.
const LISTED_DEFECTS: u64 = 20;
/// Name of the organisation that is made for a desk without one, unless `--org` gives another.
const FIRST_NAME: &str = "Organisation 1";
/// Blocks that wait for the disk.
const WAITING: usize = 8;
/// How often is looked whether the lake stands still.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// Logs from files and folders into the lake
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  hikeshi ingest --data /var/lib/hikeshi evidence/ 'logs/**/*.evtx'\n\nStop `hikeshi serve` on the same folder first."
)]
pub(crate) struct Args {
    #[command(flatten)]
    place: Place,
    /// Organisation that the events belong to, by name or id; needed where the desk has several
    #[arg(long, value_name = "NAME")]
    org: Option<String>,
    /// Folders or files of Sigma rules: `--rules A B`, or the flag several times [default: the shipped rules]
    #[arg(long, value_name = "DIR")]
    rules: Vec<PathBuf>,
    /// Folder whose files take the place of the shipped playbook's files of the same name
    #[arg(long, value_name = "DIR")]
    playbook: Option<PathBuf>,
    /// Files, folders, patterns, members of archives (a.zip!b.evtx)
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<String>,
}

pub(crate) fn run(args: &Args, out: &mut dyn Write) -> Result<()> {
    let given = tell_apart(&args.rules, &args.paths)?;
    let (inputs, missing) = expand(&given.paths);
    for defect in &missing {
        eprintln!("{}: {}", defect.path, defect.detail);
    }
    let mut unread = Unread::default();
    unread.note(&missing);
    if inputs.is_empty() {
        bail!("nothing to read: no file matches");
    }
    hikeshi_lake::make_folder(&args.place.data).with_context(|| format!("cannot make `{}`", args.place.data.display()))?;
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(ingest(args, given.rules, inputs, &mut unread, out))?;
    unread.end()
}

async fn ingest(args: &Args, rules: Vec<PathBuf>, inputs: Vec<Input>, unread: &mut Unread, out: &mut dyn Write) -> Result<()> {
    let opening = Opening {
        record: args.place.record(),
        rules,
        playbook: playbook::in_force(args.playbook.as_deref())?,
        ..Opening::of(&args.place.data)
    };
    let still = open_still(&opening).await.map_err(|error| anyhow!("{error}")).with_context(|| {
        let folder = args.place.data.display();
        format!("cannot open the desk in `{folder}`")
    })?;
    let org = organization(&still.desk, args.org.as_deref()).await?;
    let lake = still.desk.telemetry.lake.clone();
    let size = inputs.iter().map(Input::size_bytes).sum();
    let bar = progress::bar(size, "{bar:40} {bytes}/{total_bytes} {bytes_per_sec} {eta}");
    let stored = tokio::select! {
        stored = store_all(still, org, inputs, unread, &bar) => stored?,
        never = tell_faults(&lake, &bar) => match never {},
    };
    bar.finish_and_clear();
    let lag = lake.lag();
    let aside = args.place.data.join("lake/aside");
    let earlier = lag.aside_events.saturating_sub(lag.totals.set_aside);
    if earlier > 0 {
        eprintln!("warning: {earlier} events that could not be written earlier lie in `{}`: no query sees them", aside.display());
    }
    tell(&stored, &lag.totals, &aside, out)
}

/// What was read, and what the lake had counted before.
struct Stored {
    read: Totals,
    before: lake::Totals,
}

/// Reads the files into the lake, and waits until it has written them.
async fn store_all(still: Still, org: OrganizationId, inputs: Vec<Input>, unread: &mut Unread, bar: &ProgressBar) -> Result<Stored> {
    let lake = still.desk.telemetry.lake.clone();
    // What was acknowledged before and not yet written is not counted as ours.
    lake.flush().await;
    let before = lake.lag().totals;
    let (sender, told) = mpsc::channel(WAITING);
    let reading = tokio::task::spawn_blocking(move || read(&inputs, &sender));
    let appended = append(&lake, org, told, unread, bar).await;
    let read = reading.await?;
    appended?;
    still.settle().await;
    Ok(Stored { read, before })
}

/// Says what keeps the lake from writing while it is waited for: it tries again by itself, for as long as it takes.
async fn tell_faults(lake: &Lake, bar: &ProgressBar) -> Infallible {
    let mut looks = tokio::time::interval(LOOK_EVERY);
    let mut told = None;
    loop {
        looks.tick().await;
        let fault = lake.lag().writer_fault;
        if let Some(fault) = fault.as_ref().filter(|fault| told.as_ref() != Some(*fault)) {
            bar.suspend(|| eprintln!("warning: {fault}; this is tried again until it works"));
        }
        told = fault;
    }
}

/// What became of the events. Those that no query will see make the command fail.
fn tell(stored: &Stored, after: &lake::Totals, aside: &Path, out: &mut dyn Write) -> Result<()> {
    let Stored { read, before } = stored;
    writeln!(
        out,
        "{} events, {} new, {} already there, {} defects",
        read.events,
        (after.added - before.added).saturating_sub(after.set_aside - before.set_aside),
        after.repeated - before.repeated,
        read.defects + after.defects - before.defects
    )?;
    // What waited in the stream from before is told here, too: nobody else does.
    let aside = match after.set_aside {
        0 => None,
        events => Some(format!("{events} events could not be written and lie in `{}`: no query sees them", aside.display())),
    };
    let damaged = match after.damaged {
        0 => None,
        batches => {
            Some(format!("{batches} batches were lost to damage of the stream's files: look at the disk, and bring their files again"))
        }
    };
    let lost: Vec<String> = aside.into_iter().chain(damaged).collect();
    if lost.is_empty() { Ok(()) } else { Err(anyhow!(lost.join("; "))) }
}

/// The organisation that was named, by id or name, or the only one; a desk that has none yet gets its first.
async fn organization(desk: &Desk, wanted: Option<&str>) -> Result<OrganizationId> {
    let caller = Caller::desk("ingest", "ingest");
    let known = organizations(desk, &caller).await?;
    let is_wanted = |one: &Organization| wanted.is_none_or(|wanted| one.name == wanted || one.id.to_string() == wanted);
    let fitting: Vec<&Organization> = known.iter().map(|stored| &stored.entity).filter(|one| is_wanted(one)).collect();
    let listed = |several: &[&Organization]| {
        let names: Vec<String> = several.iter().map(|one| format!("{} ({})", one.name, one.id)).collect();
        names.join(", ")
    };
    match (fitting.as_slice(), wanted) {
        ([one], _) => Ok(one.id),
        ([], _) if known.is_empty() => {
            let choices = Choices {
                name: wanted.unwrap_or(FIRST_NAME).to_owned(),
                time_zone: "Asia/Tokyo".to_owned(),
                language: Language::Ja,
                retention_days: DEFAULT_RETENTION_DAYS,
                contacts: Vec::new(),
            };
            let made = organization::add(desk, &caller, choices, None).await?;
            eprintln!("made the organisation `{}`; its name, zone and retention can be changed in the console", made.name);
            Ok(made.id)
        }
        ([], wanted) => {
            let known: Vec<&Organization> = known.iter().map(|stored| &stored.entity).collect();
            bail!("the desk has no organisation `{}`; it has {}", wanted.unwrap_or_default(), listed(&known))
        }
        (several, _) => bail!("the desk has several organisations, say which by --org: {}", listed(several)),
    }
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

async fn append(lake: &Lake, org: OrganizationId, mut told: mpsc::Receiver<Told>, unread: &mut Unread, bar: &ProgressBar) -> Result<()> {
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
                unread.note(&batch.defects);
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
        for part in parts(&lines) {
            let batch = lake::Batch {
                org,
                source: format.name().to_owned(),
                idempotency_key: None,
                received_at: Timestamp::now(),
                encoding: Encoding::Plain,
                body: part.to_vec().into(),
            };
            match append_patiently(lake, batch).await {
                Ok(0) => {}
                Ok(refused) => eprintln!("{}: {refused} events are longer than 1 MiB and were not stored", read.path),
                Err(AppendError::NoEvents) => eprintln!("{}: events longer than 1 MiB were not stored", read.path),
                Err(error) => return Err(error).with_context(|| format!("`{}` was not stored whole", read.path)),
            }
        }
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
async fn append_patiently(lake: &Lake, batch: lake::Batch) -> Result<u64, AppendError> {
    loop {
        match lake.append(batch.clone()).await {
            Err(AppendError::Busy { retry_after }) => tokio::time::sleep(retry_after).await,
            outcome => return outcome.map(|appended| appended.refused),
        }
    }
}

/// Whole lines, as many at once as a batch may hold.
fn parts(lines: &[u8]) -> Vec<&[u8]> {
    let (mut parts, mut rest) = (Vec::new(), lines);
    while !rest.is_empty() {
        let (mut end, mut count) = (0, 0);
        for line in rest.split_inclusive(|byte| *byte == b'\n') {
            if count == MOST_BATCH_LINES || (end > 0 && (end + line.len()) as u64 > LARGEST_BATCH_BYTES) {
                break;
            }
            (end, count) = (end + line.len(), count + 1);
        }
        let (part, after) = rest.split_at_checked(end).unwrap_or((rest, &[]));
        parts.push(part);
        rest = after;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_stored_in_parts_that_a_batch_may_hold() {
        let many = b"{}\n".repeat(usize::try_from(MOST_BATCH_LINES).unwrap() * 2 + 1);
        assert_eq!(parts(&many).iter().map(|part| part.len() / 3).collect::<Vec<_>>(), [400_000, 400_000, 1]);
        let large = [vec![b' '; 40 << 20], vec![b'\n'], vec![b' '; 40 << 20]].concat();
        assert_eq!(parts(&large).iter().map(|part| part.len()).collect::<Vec<_>>(), [(40 << 20) + 1, 40 << 20]);
        assert!(parts(b"").is_empty());
    }

    /// They were told as new, with an exit code of success.
    #[test]
    fn events_that_no_query_sees_are_no_new_ones_and_make_the_command_fail() {
        let before = lake::Totals { added: 5, repeated: 1, ..lake::Totals::default() };
        let stored = Stored { read: Totals { events: 10, ..Totals::default() }, before };
        let told = |set_aside, damaged| {
            let mut out = Vec::new();
            let after = lake::Totals { added: 12, repeated: 4, set_aside, damaged, ..lake::Totals::default() };
            let outcome = tell(&stored, &after, Path::new("desk/lake/aside"), &mut out);
            (String::from_utf8(out).unwrap(), outcome.err().map(|error| error.to_string()).unwrap_or_default())
        };
        assert_eq!(told(0, 0), ("10 events, 7 new, 3 already there, 0 defects\n".to_owned(), String::new()));
        let (said, error) = told(2, 1);
        assert_eq!(said, "10 events, 5 new, 3 already there, 0 defects\n");
        assert!(
            error.contains("2 events could not be written and lie in `desk/lake/aside`") && error.contains("1 batches were lost"),
            "{error}"
        );
    }
}
