//! Copies table by table with COPY, all in one unchanging view. No program beside the server is needed.

use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use deadpool_postgres::Object;
use futures::{SinkExt, TryStreamExt};
use serde::{Deserialize, Serialize};

use super::session::fault;
use crate::backend::Fault;
use crate::error::{Error, Result};

const CONTENTS: &str = "tables.json";
const BUFFER: usize = 256 * 1024;
const TABLES: &str = "SELECT table_name::text, string_agg(column_name::text, ', ' ORDER BY ordinal_position)
     FROM information_schema.columns WHERE table_schema = current_schema() GROUP BY table_name ORDER BY table_name";

/// What a copy holds.
#[derive(Serialize, Deserialize)]
struct Contents {
    schema: i64,
    tables: Vec<Table>,
}

#[derive(Serialize, Deserialize)]
struct Table {
    name: String,
    columns: String,
}

impl Table {
    fn file(&self, folder: &Path) -> PathBuf {
        folder.join(format!("{}.copy", self.name))
    }
}

/// Writes one file a table, and a list of them.
pub(super) async fn copy_into(client: Object, folder: &Path) -> Result<Vec<PathBuf>> {
    let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SELECT set_config('hikeshi.tenants', '*', true)";
    client.batch_execute(begin).await.map_err(failed)?;
    let outcome = copy_tables(&client, folder).await;
    client.batch_execute("ROLLBACK").await.map_err(failed)?;
    outcome
}

async fn copy_tables(client: &Object, folder: &Path) -> Result<Vec<PathBuf>> {
    let version = client.query_one("SELECT version FROM schema_version WHERE one = 1", &[]).await.map_err(failed)?;
    let rows = client.query(TABLES, &[]).await.map_err(failed)?;
    let tables = rows.iter().map(|row| Ok(Table { name: row.try_get(0)?, columns: row.try_get(1)? }));
    let tables = tables.collect::<Result<_, tokio_postgres::Error>>().map_err(failed)?;
    let contents = Contents { schema: version.try_get(0).map_err(failed)?, tables };
    let mut files = Vec::new();
    for table in &contents.tables {
        let path = table.file(folder);
        let mut file = File::create(&path).map_err(|error| Error::file(&path, error))?;
        let stream = client.copy_out(&format!("COPY {} ({}) TO STDOUT", table.name, table.columns)).await.map_err(failed)?;
        let mut stream = std::pin::pin!(stream);
        while let Some(part) = stream.try_next().await.map_err(failed)? {
            file.write_all(&part).map_err(|error| Error::file(&path, error))?;
        }
        file.sync_all().map_err(|error| Error::file(&path, error))?;
        files.push(path);
    }
    let path = folder.join(CONTENTS);
    let text = serde_json::to_vec_pretty(&contents).map_err(|error| Error::Internal(error.to_string()))?;
    std::fs::write(&path, text).map_err(|error| Error::file(&path, error))?;
    files.push(path);
    Ok(files)
}

/// Makes the schema as it was and fills it, all in one transaction.
pub(super) async fn fill_from(client: Object, folder: &Path, migrations: &[&str]) -> Result<()> {
    let path = folder.join(CONTENTS);
    let text = std::fs::read(&path).map_err(|error| Error::file(&path, error))?;
    let contents: Contents = serde_json::from_slice(&text).map_err(|error| Error::file(&path, error))?;
    let known = i64::try_from(migrations.len()).unwrap_or(i64::MAX);
    if contents.schema > known {
        return Err(Error::SchemaNewer { found: contents.schema, known });
    }
    client.batch_execute("BEGIN").await.map_err(failed)?;
    let outcome = fill_tables(&client, folder, &contents, migrations).await;
    let end = if outcome.is_ok() { "COMMIT" } else { "ROLLBACK" };
    client.batch_execute(end).await.map_err(failed)?;
    outcome
}

async fn fill_tables(client: &Object, folder: &Path, contents: &Contents, migrations: &[&str]) -> Result<()> {
    client.batch_execute("CREATE TABLE schema_version (one BIGINT PRIMARY KEY, version BIGINT NOT NULL)").await.map_err(failed)?;
    for (_, script) in (0..contents.schema).zip(migrations) {
        client.batch_execute(script).await.map_err(failed)?;
    }
    let rows = client.query("SELECT relname::text FROM pg_class WHERE relforcerowsecurity", &[]).await.map_err(failed)?;
    let walled: Vec<String> = rows.iter().filter_map(|row| row.try_get(0).ok()).collect();
    // COPY cannot fill a table behind the wall: the owner steps through it for this transaction only.
    for table in &walled {
        client.batch_execute(&format!("ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")).await.map_err(failed)?;
    }
    for table in &contents.tables {
        fill_table(client, folder, table).await?;
    }
    for table in &walled {
        client.batch_execute(&format!("ALTER TABLE {table} FORCE ROW LEVEL SECURITY")).await.map_err(failed)?;
    }
    let identities = "SELECT setval(pg_get_serial_sequence('prevalence', 'no'), (SELECT coalesce(max(no), 0) + 1 FROM prevalence), false)";
    if contents.tables.iter().any(|table| table.name == "prevalence") {
        client.batch_execute("SELECT set_config('hikeshi.tenants', '*', true)").await.map_err(failed)?;
        client.batch_execute(identities).await.map_err(failed)?;
    }
    Ok(())
}

async fn fill_table(client: &Object, folder: &Path, table: &Table) -> Result<()> {
    let word = |text: &str| text.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    if !word(&table.name) || !table.columns.split(", ").all(word) {
        return Err(Error::Invalid(format!("`{}` is no table of a record", table.name)));
    }
    let path = table.file(folder);
    let mut file = File::open(&path).map_err(|error| Error::file(&path, error))?;
    let sink = client.copy_in::<_, Bytes>(&format!("COPY {} ({}) FROM STDIN", table.name, table.columns)).await.map_err(failed)?;
    let mut sink = std::pin::pin!(sink);
    let mut buffer = vec![0; BUFFER];
    loop {
        let read = file.read(&mut buffer).map_err(|error| Error::file(&path, error))?;
        let Some(part) = buffer.get(..read).filter(|part| !part.is_empty()) else { break };
        sink.send(Bytes::copy_from_slice(part)).await.map_err(failed)?;
    }
    sink.finish().await.map(|_| ()).map_err(failed)
}

fn failed(error: tokio_postgres::Error) -> Error {
    let fault: Fault = fault(error);
    fault.into()
}
