//! The embedded side: one file in WAL mode, every commit synced, one writing thread, a pool of readers.

mod backup;
mod session;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use rusqlite::{Connection, OpenFlags};

use crate::backend::{Backend, Fault, Hosted, Session};
use crate::error::{Error, Result};
use session::{Direct, Pool, fault};

/// Name of the database inside the data directory.
pub(crate) const FILE: &str = "record.sqlite";

const MIGRATIONS: &[&str] = &[
    include_str!("0001_record.sql"),
    include_str!("0002_catalogue.sql"),
    include_str!("0003_feed_host.sql"),
    include_str!("0004_tenants_once.sql"),
];
const READERS: usize = 8;

/// The database of one data directory.
pub(crate) struct Sqlite {
    path: PathBuf,
    readers: Arc<Pool>,
}

impl Sqlite {
    /// The database in that folder, made if it is not there.
    pub(crate) fn open(data: &Path) -> Result<Self> {
        std::fs::create_dir_all(data).map_err(|error| Error::file(data, error))?;
        let path = data.join(FILE);
        let readers = Arc::new(Pool::new(path.clone(), READERS));
        Ok(Sqlite { path, readers })
    }
}

/// A connection with our settings: every commit is on the disk before it returns, deleted text is overwritten.
fn connect(path: &Path) -> Result<Connection, Fault> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(fault)?;
    let settings = "PRAGMA busy_timeout = 10000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;
         PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -16384; PRAGMA journal_size_limit = 67108864;";
    connection.execute_batch(settings).map_err(fault)?;
    connection.set_prepared_statement_cache_capacity(128);
    Ok(connection)
}

#[async_trait]
impl Backend for Sqlite {
    fn name(&self) -> &'static str {
        "sqlite"
    }

    async fn reader(&self) -> Result<Box<dyn Session>, Fault> {
        Ok(Box::new(Pool::lend(&self.readers).await?))
    }

    async fn writer(&self) -> Result<Box<dyn Session>, Fault> {
        Ok(Box::new(Direct::new(connect(&self.path)?)))
    }

    fn host(&self, writer: Hosted) -> Result<()> {
        let failed = |error: std::io::Error| Error::Internal(format!("the writing thread cannot be started: {error}"));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().map_err(failed)?;
        let thread = std::thread::Builder::new().name("record-writer".to_owned());
        thread.spawn(move || runtime.block_on(writer)).map_err(failed)?;
        Ok(())
    }

    fn migrations(&self) -> &'static [&'static str] {
        MIGRATIONS
    }

    async fn is_empty(&self) -> Result<bool, Fault> {
        let mut writer = self.writer().await?;
        let tables = writer.query("SELECT count(*) FROM sqlite_master", &[]).await?;
        Ok(tables.first().map_or(Ok(0), |row| row.int(0))? == 0)
    }

    async fn copy_into(&self, folder: &Path) -> Result<Vec<PathBuf>> {
        backup::copy_into(self.path.clone(), folder.join(FILE)).await
    }

    async fn fill_from(&self, folder: &Path) -> Result<()> {
        backup::fill_from(folder.join(FILE), self.path.clone()).await
    }

    /// It plans by its indexes alone.
    async fn count_anew(&self) -> Result<(), Fault> {
        Ok(())
    }

    async fn scrub(&self) -> Result<(), Fault> {
        let mut writer = self.writer().await?;
        writer.query("PRAGMA wal_checkpoint(TRUNCATE)", &[]).await.map(|_| ())
    }
}
