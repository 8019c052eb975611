//! Connections of the pool: statements prepared once, the tenants set inside the transaction, never outside.

use std::error::Error;

use async_trait::async_trait;
use bytes::BytesMut;
use deadpool_postgres::Object;
use tokio_postgres::Statement;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};

use crate::backend::{Fault, Purpose, Row, Session, Tenants, Value, spoken};

const KEYS: &str = "SELECT k.value ->> 0, (k.value ->> 1)::bigint FROM jsonb_array_elements((@::text)::jsonb) k";

/// Around a value of numbers.
const AMONG: (&str, &str) = (" = ANY (", ")");
/// More numbers than this are hashed, where the plan is made for them: a plan that is kept for any numbers compares each with each.
const MANY_NUMBERS: usize = 16;

/// A connection of the pool. Dropped inside a transaction, it is closed instead of given back.
pub(super) struct Connection {
    client: Option<Object>,
    inside: bool,
}

impl Connection {
    pub(super) fn new(client: Object) -> Self {
        Connection { client: Some(client), inside: false }
    }

    fn client(&self) -> Result<&Object, Fault> {
        self.client.as_ref().ok_or_else(|| Fault::Lost("the connection is closed".to_owned()))
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if self.inside
            && let Some(client) = self.client.take()
        {
            drop(Object::take(client));
        }
    }
}

#[async_trait]
impl Session for Connection {
    async fn begin(&mut self, purpose: Purpose, tenants: &Tenants) -> Result<(), Fault> {
        let begin = match purpose {
            Purpose::Read => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
            Purpose::Write => "BEGIN ISOLATION LEVEL READ COMMITTED",
        };
        self.inside = true;
        self.script(&format!("{begin}; {}", setting(tenants))).await
    }

    async fn see(&mut self, tenants: &Tenants) -> Result<(), Fault> {
        self.script(&setting(tenants)).await
    }

    async fn execute(&mut self, sql: &str, values: &[Value]) -> Result<u64, Fault> {
        let client = self.client()?;
        let statement = prepared(client, sql, values).await?;
        client.execute(&statement, &parameters(values)).await.map_err(fault)
    }

    async fn query(&mut self, sql: &str, values: &[Value]) -> Result<Vec<Row>, Fault> {
        let client = self.client()?;
        let statement = prepared(client, sql, values).await?;
        let rows = client.query(&statement, &parameters(values)).await.map_err(fault)?;
        rows.iter().map(row).collect()
    }

    fn keys(&self) -> &'static str {
        KEYS
    }

    async fn script(&mut self, sql: &str) -> Result<(), Fault> {
        self.client()?.batch_execute(sql).await.map_err(fault)
    }

    async fn commit(&mut self) -> Result<(), Fault> {
        self.script("COMMIT").await?;
        self.inside = false;
        Ok(())
    }
}

/// A statement, planned for its values if some of them are many numbers.
async fn prepared(client: &Object, sql: &str, values: &[Value]) -> Result<Statement, Fault> {
    let many = values.iter().any(|value| matches!(value, Value::Numbers(numbers) if numbers.len() > MANY_NUMBERS));
    let sql = spoken(sql, values, AMONG);
    let statement = if many { client.prepare(&sql).await } else { client.prepare_cached(&sql).await };
    statement.map_err(fault)
}

/// The statement that names the tenants for the rest of the transaction; it holds numbers only.
fn setting(tenants: &Tenants) -> String {
    let list = match tenants {
        Tenants::All => "*".to_owned(),
        Tenants::Only(numbers) => numbers.iter().map(i64::to_string).collect::<Vec<_>>().join(","),
    };
    format!("SELECT set_config('hikeshi.tenants', '{list}', true)")
}

fn parameters(values: &[Value]) -> Vec<&(dyn ToSql + Sync)> {
    values.iter().map(|value| value as &(dyn ToSql + Sync)).collect()
}

fn row(row: &tokio_postgres::Row) -> Result<Row, Fault> {
    let cell = |(at, column): (usize, &tokio_postgres::Column)| {
        let value = match *column.type_() {
            Type::INT8 => row.try_get::<_, Option<i64>>(at).map(|cell| cell.map(Value::Int)),
            Type::TEXT => row.try_get::<_, Option<String>>(at).map(|cell| cell.map(Value::Text)),
            Type::BYTEA => row.try_get::<_, Option<Vec<u8>>>(at).map(|cell| cell.map(Value::Bytes)),
            ref other => return Err(Fault::Wrong(format!("column `{}` has the type {other}", column.name()))),
        };
        value.map(|cell| cell.unwrap_or(Value::Null)).map_err(fault)
    };
    row.columns().iter().enumerate().map(cell).collect::<Result<_, _>>().map(Row)
}

impl ToSql for Value {
    fn to_sql(&self, kind: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match self {
            Value::Null => Ok(IsNull::Yes),
            Value::Int(number) => number.to_sql(kind, out),
            Value::Text(text) => text.to_sql(kind, out),
            Value::Bytes(bytes) => bytes.to_sql(kind, out),
            Value::Numbers(numbers) => numbers.to_sql(kind, out),
        }
    }

    fn accepts(kind: &Type) -> bool {
        matches!(*kind, Type::INT8 | Type::TEXT | Type::BYTEA | Type::INT8_ARRAY)
    }

    to_sql_checked!();
}

/// What an error of PostgreSQL means to us (<https://www.postgresql.org/docs/15/errcodes-appendix.html>).
pub(super) fn fault(error: tokio_postgres::Error) -> Fault {
    let Some(reported) = error.as_db_error() else { return Fault::Lost(with_causes(&error)) };
    let why = reported.to_string();
    match reported.code() {
        &SqlState::DISK_FULL => Fault::Full(why),
        &SqlState::T_R_SERIALIZATION_FAILURE | &SqlState::T_R_DEADLOCK_DETECTED => Fault::Again(why),
        code if ["08", "53", "57", "58"].iter().any(|class| code.code().starts_with(class)) => Fault::Lost(why),
        _ => Fault::Wrong(why),
    }
}

/// An error with what stands behind it: the driver's own words name the kind only.
pub(super) fn with_causes(error: &tokio_postgres::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| (**cause).source());
    let first = if error.as_db_error().is_some() { None } else { Some(error.to_string()) };
    first.into_iter().chain(causes.map(ToString::to_string)).collect::<Vec<_>>().join(": ")
}
