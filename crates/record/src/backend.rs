//! The narrow seam below the record: a connection that runs statements in one transaction, and where such connections come from.
//!
//! The statements themselves are the same on both sides (`$1` names the first value); what differs is how a connection is made,
//! how its errors are told apart, and the text of the migrations.

use std::path::{Path, PathBuf};
use std::pin::Pin;

use async_trait::async_trait;

use crate::error::Error;

/// A value that goes into or comes out of a statement.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Null,
    Int(i64),
    Text(String),
    Bytes(Vec<u8>),
    /// Many numbers as one value, to be bound between [`AMONG`] only.
    Numbers(Vec<i64>),
}

/// A row of a result, read by position.
#[derive(Debug, Clone)]
pub(crate) struct Row(pub(crate) Vec<Value>);

/// Why a statement or a transaction failed, as far as it decides what to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    /// No room.
    Full(String),
    /// The disk or the connection failed; whether the transaction was committed is not known.
    Lost(String),
    /// Another transaction was in the way; the same again may succeed.
    Again(String),
    /// The statement or the data are wrong.
    Wrong(String),
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Full(why) => Error::Full(why),
            Fault::Lost(why) | Fault::Again(why) => Error::Unavailable(why),
            Fault::Wrong(why) => Error::Internal(why),
        }
    }
}

/// The tenants whose rows a transaction may see: numbers of the table `tenant`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Tenants {
    All,
    Only(Vec<i64>),
}

/// What a transaction is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// One unchanging view.
    Read,
    /// Changes, one transaction after the other.
    Write,
}

/// Where the array of [`Session::keys`] is bound.
pub(crate) const ARRAY: &str = "@";

/// What stands before and behind a value of numbers: `column` this `$1` that is true where the column is one of them. Each database puts its
/// own words there.
pub(crate) const AMONG: (&str, &str) = (" IN [", "]");

/// The statement with a database's own words around a value of numbers.
pub(crate) fn spoken<'s>(sql: &'s str, values: &[Value], words: (&str, &str)) -> std::borrow::Cow<'s, str> {
    if values.iter().any(|value| matches!(value, Value::Numbers(_))) {
        sql.replace(AMONG.0, words.0).replace(AMONG.1, words.1).into()
    } else {
        sql.into()
    }
}

/// One connection. Dropped inside a transaction, it rolls back.
#[async_trait]
pub(crate) trait Session: Send {
    /// Starts a transaction.
    async fn begin(&mut self, purpose: Purpose, tenants: &Tenants) -> Result<(), Fault>;

    /// From here to the end of the transaction only rows of these tenants are to be seen: the second wall, where the database has one.
    async fn see(&mut self, tenants: &Tenants) -> Result<(), Fault>;

    /// Runs a statement; how many rows it changed.
    async fn execute(&mut self, sql: &str, values: &[Value]) -> Result<u64, Fault>;

    /// Runs a statement; its rows.
    async fn query(&mut self, sql: &str, values: &[Value]) -> Result<Vec<Row>, Fault>;

    /// A subquery of the keys (text, number) in the JSON array that is bound where [`ARRAY`] stands: one value, however many keys.
    fn keys(&self) -> &'static str;

    /// Runs a script without values.
    async fn script(&mut self, sql: &str) -> Result<(), Fault>;

    /// Ends the transaction durably.
    async fn commit(&mut self) -> Result<(), Fault>;
}

/// A future that the writer's host runs to its end.
pub(crate) type Hosted = Pin<Box<dyn Future<Output = ()> + Send>>;

/// One kind of database.
#[async_trait]
pub(crate) trait Backend: Send + Sync {
    /// The word for this kind of database in manifests.
    fn name(&self) -> &'static str;

    /// A connection for reading, from a pool.
    async fn reader(&self) -> Result<Box<dyn Session>, Fault>;

    /// A fresh connection for writing, checked to be usable.
    async fn writer(&self) -> Result<Box<dyn Session>, Fault>;

    /// Runs the writer's loop where a blocking commit disturbs nobody.
    fn host(&self, writer: Hosted) -> Result<(), Error>;

    /// The migrations, in order; schema n is what the first n of them make.
    fn migrations(&self) -> &'static [&'static str];

    /// Whether any schema is there at all.
    async fn is_empty(&self) -> Result<bool, Fault>;

    /// Writes a consistent copy of the database into the folder, while others go on; the files that it made.
    async fn copy_into(&self, folder: &Path) -> Result<Vec<PathBuf>, Error>;

    /// Fills the database, which is empty, with what `copy_into` wrote.
    async fn fill_from(&self, folder: &Path) -> Result<(), Error>;

    /// Counts what stands in the tables, where the database plans its statements by that: after very much has come in at once, or with a new
    /// index.
    async fn count_anew(&self) -> Result<(), Fault>;

    /// Overwrites what was deleted, as far as the database can.
    async fn scrub(&self) -> Result<(), Fault>;
}

impl Row {
    fn get(&self, at: usize) -> Result<&Value, Fault> {
        self.0.get(at).ok_or_else(|| Fault::Wrong(format!("the row has no column {at}")))
    }

    pub(crate) fn int(&self, at: usize) -> Result<i64, Fault> {
        match self.get(at)? {
            Value::Int(number) => Ok(*number),
            other => Err(unfit(at, "a number", other)),
        }
    }

    pub(crate) fn text(&self, at: usize) -> Result<String, Fault> {
        match self.get(at)? {
            Value::Text(text) => Ok(text.clone()),
            other => Err(unfit(at, "text", other)),
        }
    }

    pub(crate) fn bytes(&self, at: usize) -> Result<Vec<u8>, Fault> {
        match self.get(at)? {
            Value::Bytes(bytes) => Ok(bytes.clone()),
            other => Err(unfit(at, "bytes", other)),
        }
    }

    pub(crate) fn is_null(&self, at: usize) -> bool {
        matches!(self.0.get(at), Some(Value::Null) | None)
    }

    pub(crate) fn hash(&self, at: usize) -> Result<[u8; 32], Fault> {
        self.bytes(at)?.try_into().map_err(|_| Fault::Wrong(format!("column {at} holds no hash")))
    }

    pub(crate) fn uuid(&self, at: usize) -> Result<uuid::Uuid, Fault> {
        uuid::Uuid::from_slice(&self.bytes(at)?).map_err(|_| Fault::Wrong(format!("column {at} holds no uuid")))
    }

    pub(crate) fn time(&self, at: usize) -> Result<jiff::Timestamp, Fault> {
        jiff::Timestamp::from_microsecond(self.int(at)?).map_err(|_| Fault::Wrong(format!("column {at} holds no instant")))
    }
}

fn unfit(at: usize, wanted: &str, found: &Value) -> Fault {
    let found = match found {
        Value::Null => "nothing",
        Value::Int(_) => "a number",
        Value::Text(_) => "text",
        Value::Bytes(_) => "bytes",
        Value::Numbers(_) => "numbers",
    };
    Fault::Wrong(format!("column {at} holds {found} instead of {wanted}"))
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Value::Int(number)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Value::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Value::Text(text)
    }
}

impl From<&[u8]> for Value {
    fn from(bytes: &[u8]) -> Self {
        Value::Bytes(bytes.to_vec())
    }
}

impl From<Vec<u8>> for Value {
    fn from(bytes: Vec<u8>) -> Self {
        Value::Bytes(bytes)
    }
}

impl From<uuid::Uuid> for Value {
    fn from(id: uuid::Uuid) -> Self {
        Value::Bytes(id.as_bytes().to_vec())
    }
}

impl From<jiff::Timestamp> for Value {
    fn from(time: jiff::Timestamp) -> Self {
        Value::Int(time.as_microsecond())
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Value::Null, Into::into)
    }
}

/// The values of a statement, in order.
macro_rules! values {
    ($($value:expr),* $(,)?) => {
        &[$($crate::backend::Value::from($value)),*]
    };
}
pub(crate) use values;
