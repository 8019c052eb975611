//! The side at scale: PostgreSQL 15 or later, one role that owns its database and is no superuser, row-level security behind our
//! own conditions.

mod backup;
mod session;

use std::path::{Path, PathBuf};
use std::str::FromStr;

use async_trait::async_trait;
use deadpool_postgres::{Manager, ManagerConfig, Pool, RecyclingMethod};
use tokio_postgres::NoTls;

use crate::backend::{Backend, Fault, Hosted, Session};
use crate::error::{Error, Result};
use session::{Connection, fault};

const MIGRATIONS: &[&str] = &[include_str!("0001_record.sql"), include_str!("0002_catalogue.sql")];
const CONNECTIONS: usize = 12;

/// One database of a server.
pub(crate) struct Postgres {
    pool: Pool,
}

impl Postgres {
    /// The database that the address names: `host=/run/postgresql dbname=hikeshi user=hikeshi`, or a `postgres://` URL.
    pub(crate) fn open(address: &str) -> Result<Self> {
        let wrong = |error: String| Error::Invalid(format!("the address of the database is wrong: {error}"));
        let config = tokio_postgres::Config::from_str(address).map_err(|error| wrong(error.to_string()))?;
        let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let manager = Manager::from_config(config, NoTls, recycling);
        let pool = Pool::builder(manager).max_size(CONNECTIONS).build().map_err(|error| wrong(error.to_string()))?;
        Ok(Postgres { pool })
    }

    async fn connection(&self) -> Result<Connection, Fault> {
        let client = self.pool.get().await.map_err(|error| Fault::Lost(error.to_string()))?;
        Ok(Connection::new(client))
    }
}

#[async_trait]
impl Backend for Postgres {
    fn name(&self) -> &'static str {
        "postgres"
    }

    async fn reader(&self) -> Result<Box<dyn Session>, Fault> {
        Ok(Box::new(self.connection().await?))
    }

    async fn writer(&self) -> Result<Box<dyn Session>, Fault> {
        let mut connection = self.connection().await?;
        connection.script("SET synchronous_commit = on").await?;
        let sql = "SELECT CASE WHEN rolsuper OR rolbypassrls THEN 1::bigint ELSE 0::bigint END FROM pg_roles WHERE rolname = current_user";
        let powers = connection.query(sql, &[]).await?;
        if powers.first().map_or(Ok(1), |row| row.int(0))? == 1 {
            let why = "the database role may see past row-level security; give Hikeshi a role without SUPERUSER and BYPASSRLS";
            return Err(Fault::Wrong(why.to_owned()));
        }
        Ok(Box::new(connection))
    }

    fn host(&self, writer: Hosted) -> Result<()> {
        tokio::spawn(writer);
        Ok(())
    }

    fn migrations(&self) -> &'static [&'static str] {
        MIGRATIONS
    }

    async fn is_empty(&self) -> Result<bool, Fault> {
        let sql = "SELECT count(*) FROM information_schema.tables WHERE table_schema = current_schema()";
        let tables = self.connection().await?.query(sql, &[]).await?;
        Ok(tables.first().map_or(Ok(0), |row| row.int(0))? == 0)
    }

    async fn copy_into(&self, folder: &Path) -> Result<Vec<PathBuf>> {
        let client = self.pool.get().await.map_err(|error| Error::Unavailable(error.to_string()))?;
        backup::copy_into(client, folder).await
    }

    async fn fill_from(&self, folder: &Path) -> Result<()> {
        let client = self.pool.get().await.map_err(|error| Error::Unavailable(error.to_string()))?;
        backup::fill_from(client, folder, MIGRATIONS).await
    }

    async fn scrub(&self) -> Result<(), Fault> {
        let client = self.pool.get().await.map_err(|error| Fault::Lost(error.to_string()))?;
        for table in ["entity", "found", "field", "gram"] {
            client.batch_execute(&format!("VACUUM {table}")).await.map_err(fault)?;
        }
        Ok(())
    }
}
