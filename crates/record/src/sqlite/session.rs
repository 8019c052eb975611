//! Connections: the writer's runs statements where it stands, a reader's on the threads for blocking work.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ErrorCode, ToSql};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::backend::{Fault, Purpose, Row, Session, Tenants, Value, spoken};

/// `->>` with a number reads an element (<https://www.sqlite.org/json1.html#jptr>).
const KEYS: &str = "SELECT k.value ->> 0, k.value ->> 1 FROM json_each(@) k";

/// Around a value of numbers.
const AMONG: (&str, &str) = (" IN (SELECT value FROM json_each(", "))");

/// A connection that blocks: for the writing thread, and inside blocking work.
pub(super) struct Direct {
    connection: Connection,
}

impl Direct {
    pub(super) fn new(connection: Connection) -> Self {
        Direct { connection }
    }

    fn begin_now(&mut self, purpose: Purpose) -> Result<(), Fault> {
        let sql = match purpose {
            Purpose::Read => "BEGIN DEFERRED",
            Purpose::Write => "BEGIN IMMEDIATE",
        };
        self.script_now(sql)
    }

    fn execute_now(&mut self, sql: &str, values: &[Value]) -> Result<u64, Fault> {
        let mut statement = self.connection.prepare_cached(&numbered(&spoken(sql, values, AMONG))).map_err(fault)?;
        statement.execute(rusqlite::params_from_iter(values)).map(|rows| rows as u64).map_err(fault)
    }

    fn query_now(&mut self, sql: &str, values: &[Value]) -> Result<Vec<Row>, Fault> {
        let mut statement = self.connection.prepare_cached(&numbered(&spoken(sql, values, AMONG))).map_err(fault)?;
        let columns = statement.column_count();
        let mut rows = statement.query(rusqlite::params_from_iter(values)).map_err(fault)?;
        let mut found = Vec::new();
        while let Some(row) = rows.next().map_err(fault)? {
            let cells = (0..columns).map(|at| row.get_ref(at).map_err(fault).and_then(value));
            found.push(Row(cells.collect::<Result<_, _>>()?));
        }
        Ok(found)
    }

    fn script_now(&mut self, sql: &str) -> Result<(), Fault> {
        self.connection.execute_batch(sql).map_err(fault)
    }

    fn rollback_now(&mut self) -> Result<(), Fault> {
        if self.connection.is_autocommit() { Ok(()) } else { self.script_now("ROLLBACK") }
    }
}

#[async_trait]
impl Session for Direct {
    async fn begin(&mut self, purpose: Purpose, _tenants: &Tenants) -> Result<(), Fault> {
        self.begin_now(purpose)
    }

    /// This database has no second wall.
    async fn see(&mut self, _tenants: &Tenants) -> Result<(), Fault> {
        Ok(())
    }

    async fn execute(&mut self, sql: &str, values: &[Value]) -> Result<u64, Fault> {
        self.execute_now(sql, values)
    }

    async fn query(&mut self, sql: &str, values: &[Value]) -> Result<Vec<Row>, Fault> {
        self.query_now(sql, values)
    }

    fn keys(&self) -> &'static str {
        KEYS
    }

    async fn script(&mut self, sql: &str) -> Result<(), Fault> {
        self.script_now(sql)
    }

    async fn commit(&mut self) -> Result<(), Fault> {
        self.script_now("COMMIT")
    }
}

/// Connections for reading: at most so many at once, kept open between uses.
pub(super) struct Pool {
    path: PathBuf,
    idle: Mutex<Vec<Direct>>,
    places: Arc<Semaphore>,
}

impl Pool {
    pub(super) fn new(path: PathBuf, readers: usize) -> Self {
        Pool { path, idle: Mutex::new(Vec::new()), places: Arc::new(Semaphore::new(readers)) }
    }

    /// Waits for a place and lends a connection.
    pub(super) async fn lend(pool: &Arc<Pool>) -> Result<Lent, Fault> {
        let place = Arc::clone(&pool.places).acquire_owned().await.map_err(|_| Fault::Lost("the readers are closed".to_owned()))?;
        let idle = pool.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let direct = match idle {
            Some(direct) => direct,
            None => {
                let path = pool.path.clone();
                blocking(move || super::connect(&path).map(Direct::new)).await??
            }
        };
        Ok(Lent { direct: Some(direct), pool: Arc::clone(pool), _place: place })
    }
}

/// A connection of the pool; it goes back when dropped, rolled back.
pub(super) struct Lent {
    direct: Option<Direct>,
    pool: Arc<Pool>,
    _place: OwnedSemaphorePermit,
}

impl Lent {
    async fn run<T: Send + 'static>(&mut self, work: impl FnOnce(&mut Direct) -> Result<T, Fault> + Send + 'static) -> Result<T, Fault> {
        let mut direct = self.direct.take().ok_or_else(|| Fault::Lost("an earlier call on this connection was abandoned".to_owned()))?;
        let (direct, result) = blocking(move || {
            let result = work(&mut direct);
            (direct, result)
        })
        .await?;
        self.direct = Some(direct);
        result
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        let Some(mut direct) = self.direct.take() else { return };
        if direct.rollback_now().is_ok() {
            self.pool.idle.lock().unwrap_or_else(PoisonError::into_inner).push(direct);
        }
    }
}

#[async_trait]
impl Session for Lent {
    async fn begin(&mut self, purpose: Purpose, _tenants: &Tenants) -> Result<(), Fault> {
        self.run(move |direct| direct.begin_now(purpose)).await
    }

    async fn see(&mut self, _tenants: &Tenants) -> Result<(), Fault> {
        Ok(())
    }

    async fn execute(&mut self, sql: &str, values: &[Value]) -> Result<u64, Fault> {
        let (sql, values) = (sql.to_owned(), values.to_vec());
        self.run(move |direct| direct.execute_now(&sql, &values)).await
    }

    async fn query(&mut self, sql: &str, values: &[Value]) -> Result<Vec<Row>, Fault> {
        let (sql, values) = (sql.to_owned(), values.to_vec());
        self.run(move |direct| direct.query_now(&sql, &values)).await
    }

    fn keys(&self) -> &'static str {
        KEYS
    }

    async fn script(&mut self, sql: &str) -> Result<(), Fault> {
        let sql = sql.to_owned();
        self.run(move |direct| direct.script_now(&sql)).await
    }

    async fn commit(&mut self) -> Result<(), Fault> {
        self.run(|direct| direct.script_now("COMMIT")).await
    }
}

/// Runs blocking work on the threads that are there for it.
pub(super) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Fault> {
    tokio::task::spawn_blocking(work).await.map_err(|error| Fault::Lost(format!("blocking work was lost: {error}")))
}

/// `$1` as this database writes it.
fn numbered(sql: &str) -> String {
    sql.replace('$', "?")
}

fn value(cell: ValueRef<'_>) -> Result<Value, Fault> {
    match cell {
        ValueRef::Null => Ok(Value::Null),
        ValueRef::Integer(number) => Ok(Value::Int(number)),
        ValueRef::Real(_) => Err(Fault::Wrong("a column holds a fraction".to_owned())),
        ValueRef::Text(bytes) => Ok(Value::Text(String::from_utf8_lossy(bytes).into_owned())),
        ValueRef::Blob(bytes) => Ok(Value::Bytes(bytes.to_vec())),
    }
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Value::Null => ValueRef::Null,
            Value::Int(number) => ValueRef::Integer(*number),
            Value::Text(text) => ValueRef::Text(text.as_bytes()),
            Value::Bytes(bytes) => ValueRef::Blob(bytes),
            Value::Numbers(numbers) => return Ok(ToSqlOutput::from(serde_json::Value::from(numbers.as_slice()).to_string())),
        }))
    }
}

/// What an error of SQLite means to us (<https://www.sqlite.org/rescode.html>).
pub(super) fn fault(error: rusqlite::Error) -> Fault {
    let why = error.to_string();
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => Fault::Full(why),
        Some(ErrorCode::SystemIoFailure | ErrorCode::CannotOpen | ErrorCode::ReadOnly) => Fault::Lost(why),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Fault::Again(why),
        _ => Fault::Wrong(why),
    }
}
