//! The record, open: what the desk holds.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::watch;

use crate::apply::Apply;
use crate::backend::{Backend, Purpose, Session, Tenants};
use crate::chain::Checkpoint;
use crate::change::{Change, Committed, Step};
use crate::context::{Context, Scope};
use crate::error::Result;
use crate::keyring::Keyring;
use crate::postgres::Postgres;
use crate::progress::{Progress, Reached};
use crate::schema;
use crate::seal::KeyFiles;
use crate::sqlite::Sqlite;
use crate::transaction::Head;
use crate::writer::{self, Clock, Desk, Standing, Work};

/// Where a record is kept and what time it is there.
#[derive(Clone)]
pub struct Settings {
    data: PathBuf,
    address: Option<String>,
    clock: Clock,
    progress: Progress,
    signs: bool,
}

impl Settings {
    /// The embedded record of a data directory; the folder is made if it is not there.
    pub fn embedded(data: impl Into<PathBuf>) -> Self {
        Settings { data: data.into(), address: None, clock: Arc::new(Timestamp::now), progress: Progress::silent(), signs: true }
    }

    /// A record on PostgreSQL: `host=/run/postgresql dbname=hikeshi user=hikeshi`, or a `postgres://` URL, with `sslmode` and `sslrootcert`
    /// as libpq has them. The role owns the database and is no superuser. The key files lie in the data directory, alike on every node.
    pub fn postgres(data: impl Into<PathBuf>, address: impl Into<String>) -> Self {
        Settings { address: Some(address.into()), ..Settings::embedded(data) }
    }

    /// Signs nothing by itself: for whoever looks whether the record holds, and must not vouch for it before.
    #[must_use]
    pub const fn unsigned(mut self) -> Self {
        self.signs = false;
        self
    }

    pub(crate) fn data(&self) -> &Path {
        &self.data
    }

    /// Tells how far backup, restore and verification have come: often, and from the thread that does the work.
    pub fn progress(mut self, told: impl Fn(Reached) + Send + Sync + 'static) -> Self {
        self.progress = Progress::new(told);
        self
    }

    pub(crate) fn told(&self) -> &Progress {
        &self.progress
    }

    /// With another clock than the machine's.
    pub fn clock(mut self, clock: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }
}

/// An open record. Cheap to clone; all clones share one writer.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    backend: Arc<dyn Backend>,
    keyring: Arc<Keyring>,
    desk: Desk,
    data: PathBuf,
    clock: Clock,
    progress: Progress,
}

impl Store {
    /// Opens a record, makes it if there is none, brings its schema up to date after a backup.
    ///
    /// # Errors
    /// `SchemaNewer` when a newer program wrote it, `Invalid` when the key files are not those of this record.
    pub async fn open(settings: Settings) -> Result<Self> {
        let backend = backend(&settings)?;
        let fresh = backend.is_empty().await?;
        let files = KeyFiles::load(&settings.data, fresh)?;
        schema::prepare(&backend, &settings.data, &files, (settings.clock)()).await?;
        let keyring = Arc::new(Keyring::new(files));
        schema::check_keys(&backend, &keyring).await?;
        let mut session = backend.reader().await?;
        session.begin(Purpose::Read, &Tenants::All).await?;
        let head = Head::read(session.as_mut()).await?;
        session.commit().await?;
        let desk = writer::start(&backend, Arc::clone(&keyring), settings.clock.clone(), settings.signs, head.seq)?;
        Ok(Store {
            inner: Arc::new(Inner { backend, keyring, desk, data: settings.data, clock: settings.clock, progress: settings.progress }),
        })
    }

    /// What the record's clock says.
    pub(crate) fn now(&self) -> jiff::Timestamp {
        (self.inner.clock)()
    }

    /// Makes a change: all of it, durably, or nothing.
    ///
    /// # Errors
    /// `Conflict`, `Claimed`, `NumberTaken`, `LeaseLost` when somebody was faster; `Full` and `Unavailable` when nothing can be
    /// written now. After `Unavailable` the change may exceptionally stand: read before trying again, or claim a key in it.
    pub async fn change(&self, context: &Context, change: Change) -> Result<Committed> {
        if let Some(defect) = change.defect {
            return Err(defect);
        }
        let erases = change.steps.iter().any(|step| matches!(step, Step::Erase { .. }));
        let committed = self.submit(Apply { context: context.clone(), change }).await?;
        if erases && let Err(fault) = self.inner.backend.scrub().await {
            tracing::warn!(?fault, "erased text may still lie in free space; it goes with the next checkpoint");
        }
        Ok(committed)
    }

    /// A note, signed now, of where the record stands: kept outside, it holds the record to its past.
    pub async fn checkpoint(&self) -> Result<Checkpoint> {
        let (mut session, _) = self.reading(&Scope::Installation).await?;
        let head = Head::read(session.as_mut()).await?;
        session.commit().await?;
        Ok(Checkpoint::sign(self.keyring().signing(), head.installation, head.seq, &head.hash, head.at))
    }

    /// Why nothing can be written now, if so: for the readiness page and the operator's alarm.
    pub fn fault(&self) -> Option<String> {
        self.inner.desk.standing.borrow().fault.clone()
    }

    /// Wakes whenever this process has committed: the last place in the record. What happened since: [`Store::journal`].
    pub fn committed(&self) -> Commits {
        Commits { standing: self.inner.desk.standing.clone() }
    }

    /// Signs what stands unsigned and ends the writer, when this was the last clone.
    pub async fn close(self) {
        let mut standing = self.inner.desk.standing.clone();
        drop(self);
        let _ = tokio::time::timeout(std::time::Duration::from_secs(10), standing.wait_for(|standing| standing.ended)).await;
    }

    /// The data directory.
    pub fn data(&self) -> &Path {
        &self.inner.data
    }

    pub(crate) fn progress(&self) -> &Progress {
        &self.inner.progress
    }

    pub(crate) fn keyring(&self) -> &Keyring {
        &self.inner.keyring
    }

    pub(crate) fn backend(&self) -> &Arc<dyn Backend> {
        &self.inner.backend
    }

    pub(crate) async fn submit<W: Work>(&self, work: W) -> Result<W::Output> {
        self.inner.desk.submit(work).await
    }

    /// An unchanging view of what the scope may see.
    pub(crate) async fn reading(&self, scope: &Scope) -> Result<(Box<dyn Session>, Tenants)> {
        let mut session = self.inner.backend.reader().await?;
        session.begin(Purpose::Read, &Tenants::All).await?;
        let tenants = self.inner.keyring.tenants(session.as_mut(), scope).await?;
        session.see(&tenants).await?;
        Ok((session, tenants))
    }
}

/// The commits of this process, as they happen.
pub struct Commits {
    standing: watch::Receiver<Standing>,
}

impl Commits {
    /// Waits for the next commit; its last place in the record. `None` when the record is closed.
    pub async fn next(&mut self) -> Option<u64> {
        self.standing.changed().await.ok()?;
        let standing = self.standing.borrow_and_update();
        (!standing.ended).then_some(standing.seq)
    }
}

/// The database that the settings name.
pub(crate) fn backend(settings: &Settings) -> Result<Arc<dyn Backend>> {
    Ok(match &settings.address {
        None => Arc::new(Sqlite::open(&settings.data)?),
        Some(address) => Arc::new(Postgres::open(address)?),
    })
}
