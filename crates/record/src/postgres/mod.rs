//! The side at scale: PostgreSQL 15 or later, one role that owns its database and is no superuser, row-level security behind our
//! own conditions.

mod address;
mod backup;
mod binding;
mod encryption;
mod session;

use std::path::{Path, PathBuf};
use std::str::FromStr;

use async_trait::async_trait;
use deadpool_postgres::{Manager, ManagerConfig, Object, Pool, PoolError, RecyclingMethod};
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres::error::SqlState;

use crate::backend::{Backend, Fault, Hosted, Session};
use crate::error::{Error, Result};
use address::Address;
use encryption::Encryption;
use session::{Connection, fault, with_causes};

const MIGRATIONS: &[&str] = &[
    include_str!("0001_record.sql"),
    include_str!("0002_catalogue.sql"),
    include_str!("0003_feed_host.sql"),
    include_str!("0004_tenants_once.sql"),
];
const CONNECTIONS: usize = 12;

/// One database of a server.
pub(crate) struct Postgres {
    pool: Pool,
    /// Connections over the network are not encrypted.
    plain: bool,
}

impl Postgres {
    /// The database that the address names: `host=/run/postgresql dbname=hikeshi user=hikeshi`, or a `postgres://` URL.
    pub(crate) fn open(address: &str) -> Result<Self> {
        let wrong = |error: String| Error::Invalid(format!("the address of the database is wrong: {error}"));
        let Address { config, trust, identity } = Address::from_str(address).map_err(wrong)?;
        let plain = config.get_ssl_mode() == SslMode::Disable && config.get_hosts().iter().any(|host| matches!(host, Host::Tcp(_)));
        let encryption =
            Encryption::new(trust, identity).map_err(|error| wrong(format!("`sslcert` and `sslkey` cannot be used: {error}")))?;
        let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let manager = Manager::from_config(config, encryption, recycling);
        let pool = Pool::builder(manager).max_size(CONNECTIONS).build().map_err(|error| wrong(error.to_string()))?;
        Ok(Postgres { pool, plain })
    }

    async fn client(&self) -> Result<Object, Fault> {
        self.pool.get().await.map_err(|error| Fault::Lost(self.refusal(&error)))
    }

    async fn connection(&self) -> Result<Connection, Fault> {
        Ok(Connection::new(self.client().await?))
    }

    /// Why there is no connection, and what may help.
    fn refusal(&self, error: &PoolError) -> String {
        let PoolError::Backend(error) = error else { return error.to_string() };
        let why = with_causes(error);
        if self.plain && error.code() == Some(&SqlState::INVALID_AUTHORIZATION_SPECIFICATION) {
            return format!("{why}; a server that takes encrypted connections only needs `sslmode=verify-full` or `sslmode=require`");
        }
        why
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
        let client = self.client().await?;
        backup::copy_into(client, folder).await
    }

    async fn fill_from(&self, folder: &Path) -> Result<()> {
        let client = self.client().await?;
        backup::fill_from(client, folder, MIGRATIONS).await?;
        Ok(self.count_anew().await?)
    }

    /// Without it the planner takes the tables for empty, and reads them in loops within loops until `autovacuum` has come by.
    async fn count_anew(&self) -> Result<(), Fault> {
        let client = self.client().await?;
        let tables = client.query("SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = current_schema()", &[]);
        for table in tables.await.map_err(fault)? {
            let table: String = table.try_get(0).map_err(fault)?;
            client.batch_execute(&format!("ANALYZE {table}")).await.map_err(fault)?;
        }
        Ok(())
    }

    async fn scrub(&self) -> Result<(), Fault> {
        let client = self.client().await?;
        for table in ["entity", "found", "field", "gram"] {
            client.batch_execute(&format!("VACUUM {table}")).await.map_err(fault)?;
        }
        Ok(())
    }
}
