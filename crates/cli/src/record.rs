//! `hikeshi record`, `hikeshi backup`, `hikeshi restore`: the record checked, shown to others, copied and brought back.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use hikeshi_record::{Checkpoint, Keys, Reached, Settings, Shown, Store, restore};

use crate::place::Place;
use crate::progress;

/// Check the record, sign a checkpoint of it, or export its chain
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  hikeshi record verify --data /var/lib/hikeshi")]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Verify every version, every checkpoint, and checkpoints kept outside
    #[command(after_help = "Example:\n  hikeshi record verify --data /var/lib/hikeshi --checkpoint last-month.json")]
    Verify(Verify),
    /// Print a signed note of where the record stands, to be kept outside
    #[command(after_help = "Example:\n  hikeshi record checkpoint --data /var/lib/hikeshi > 2026-11.json")]
    Checkpoint(Place),
    /// Write the chain as lines of JSON for an independent verifier (verify/hikeshi_verify.py)
    #[command(after_help = "Example:\n  hikeshi record export --data /var/lib/hikeshi --out chain.ndjson")]
    Export(Export),
}

#[derive(Debug, clap::Args)]
struct Verify {
    #[command(flatten)]
    place: Place,
    /// Checkpoint kept outside (JSON); may be given several times
    #[arg(long, value_name = "FILE")]
    checkpoint: Vec<PathBuf>,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
struct Export {
    #[command(flatten)]
    place: Place,
    /// File to write; standard output without it
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Leave out reasons and bodies: only who, when, what, and the commitments
    #[arg(long)]
    without_bodies: bool,
}

/// Copy record, files and keys into a folder while the desk works
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  hikeshi backup --data /var/lib/hikeshi --to /mnt/backup/2026-11-22")]
pub(crate) struct BackupArgs {
    #[command(flatten)]
    place: Place,
    /// Folder for the backup: empty, or not there yet
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
    /// Leave the key files out; they must then be kept apart, and brought when restoring
    #[arg(long)]
    without_keys: bool,
}

/// Bring a backup back into an empty data directory, every file checked
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  hikeshi restore --from /mnt/backup/2026-11-22 --data /var/lib/hikeshi")]
pub(crate) struct RestoreArgs {
    #[command(flatten)]
    place: Place,
    /// Folder of the backup
    #[arg(long, value_name = "DIR")]
    from: PathBuf,
    /// Folder of the key files, if the backup was made without them
    #[arg(long, value_name = "DIR")]
    keys: Option<PathBuf>,
}

/// Runs `hikeshi record …`.
pub(crate) fn run(args: &Args, out: &mut dyn Write) -> anyhow::Result<()> {
    runtime()?.block_on(async {
        match &args.what {
            What::Verify(args) => verify(args, out).await,
            What::Checkpoint(place) => checkpoint(place, out).await,
            What::Export(args) => export(args).await,
        }
    })
}

/// Runs `hikeshi backup`.
pub(crate) fn run_backup(args: &BackupArgs, out: &mut dyn Write) -> anyhow::Result<()> {
    let keys = if args.without_keys { Keys::LeftOut } else { Keys::Included };
    let manifest = runtime()?.block_on(async {
        let (bar, told) = progress::of_record();
        let store = existing_telling(&args.place, told).await?;
        let manifest = store.backup(&args.to, keys).await;
        bar.finish_and_clear();
        store.close().await;
        anyhow::Ok(manifest?)
    })?;
    let size: u64 = manifest.files.iter().map(|file| file.size_bytes).sum();
    let seq = manifest.checkpoint.map_or(0, |note| note.seq);
    writeln!(out, "{} files, {size} bytes, record up to version {seq} or later: {}", manifest.files.len(), args.to.display())?;
    if keys == Keys::Included {
        writeln!(out, "the backup holds the keys: keep it as safe as the desk itself, or use --without-keys")?;
    }
    Ok(())
}

/// Runs `hikeshi restore`.
pub(crate) fn run_restore(args: &RestoreArgs, out: &mut dyn Write) -> anyhow::Result<()> {
    let (bar, told) = progress::of_record();
    let manifest = runtime()?.block_on(restore(&args.from, args.place.settings().progress(told), args.keys.as_deref()));
    bar.finish_and_clear();
    let manifest = manifest?;
    writeln!(
        out,
        "{} files of the backup of {} restored and verified: {}",
        manifest.files.len(),
        manifest.made_at,
        args.place.data.display()
    )?;
    Ok(())
}

async fn verify(args: &Verify, out: &mut dyn Write) -> anyhow::Result<()> {
    let outside: Vec<Checkpoint> = args.checkpoint.iter().map(|path| read_checkpoint(path)).collect::<anyhow::Result<_>>()?;
    let (bar, told) = progress::of_record();
    // Nothing is signed by whoever asks whether it holds.
    let store = existing_as(&args.place, args.place.settings().progress(told).unsigned()).await?;
    let found = store.verify(&outside).await;
    bar.finish_and_clear();
    store.close().await;
    let found = found?;
    if args.json {
        writeln!(out, "{}", serde_json::to_string(&found)?)?;
    } else {
        let (versions, checkpoints, signed) = (found.versions, found.checkpoints, found.signed_seq);
        writeln!(out, "{versions} versions and {checkpoints} checkpoints hold; signed up to {signed}; last hash {}", found.hash)?;
    }
    match found.first_bad {
        None => Ok(()),
        Some(bad) => {
            out.flush()?;
            bail!("the record does not hold at {}: {}", bad.seq, bad.why)
        }
    }
}

async fn checkpoint(place: &Place, out: &mut dyn Write) -> anyhow::Result<()> {
    let store = existing(place).await?;
    let note = store.checkpoint().await?;
    store.close().await;
    writeln!(out, "{}", serde_json::to_string(&note)?)?;
    Ok(())
}

async fn export(args: &Export) -> anyhow::Result<()> {
    let shown = if args.without_bodies { Shown::Chain } else { Shown::Bodies };
    let store = existing(&args.place).await?;
    let out: Box<dyn Write + Send> = match &args.out {
        Some(path) => Box::new(File::create(path).with_context(|| path.display().to_string())?),
        None => Box::new(io::stdout()),
    };
    let mut target = Target { out, reader_is_gone: false };
    let written = write_chain(&store, &mut target, shown).await;
    store.close().await;
    if target.reader_is_gone {
        return Ok(()); // `| head`: no failure of ours.
    }
    let versions = written?;
    if let Some(path) = &args.out {
        eprintln!("{versions} versions: {}", path.display());
    }
    Ok(())
}

async fn write_chain(store: &Store, target: &mut Target, shown: Shown) -> anyhow::Result<u64> {
    let mut buffered = BufWriter::new(target);
    let versions = store.export(&mut buffered, shown).await?;
    buffered.flush()?;
    Ok(versions)
}

/// Where the chain goes. The record's errors are words; here is known which of them only says that nobody reads any more.
struct Target {
    out: Box<dyn Write + Send>,
    reader_is_gone: bool,
}

impl Write for Target {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes);
        self.reader_is_gone |= written.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::BrokenPipe);
        written
    }

    fn flush(&mut self) -> io::Result<()> {
        let flushed = self.out.flush();
        self.reader_is_gone |= flushed.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::BrokenPipe);
        flushed
    }
}

/// Opens a record that is there already; these commands never make one.
async fn existing(place: &Place) -> anyhow::Result<Store> {
    existing_telling(place, |_| ()).await
}

/// The same; how far long work on it has come is told.
async fn existing_telling(place: &Place, told: impl Fn(Reached) + Send + Sync + 'static) -> anyhow::Result<Store> {
    existing_as(place, place.settings().progress(told)).await
}

async fn existing_as(place: &Place, settings: Settings) -> anyhow::Result<Store> {
    if !place.data.join("keys").is_dir() {
        bail!("`{}` holds no record; name the data directory of `hikeshi serve`", place.data.display());
    }
    Ok(Store::open(settings).await?)
}

fn read_checkpoint(path: &Path) -> anyhow::Result<Checkpoint> {
    let text = std::fs::read(path).with_context(|| path.display().to_string())?;
    serde_json::from_slice(&text).with_context(|| format!("{} holds no checkpoint", path.display()))
}

fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()
}
