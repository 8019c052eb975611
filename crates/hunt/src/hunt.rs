//! A query from text to rows: read, planned over the caller's tables, run under limits.

use std::sync::Arc;
use std::time::Duration;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::{DataType, Schema};
use datafusion::common::DataFusionError;
use datafusion::execution::context::SQLOptions;
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::memory_pool::GreedyMemoryPool;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::physical_plan::execute_stream;
use datafusion::prelude::{DataFrame, SessionConfig, SessionContext, col};
use datafusion::sql::parser::Statement;
use futures::StreamExt;
use hikeshi_lake::Lake;
use hikeshi_lake::catalogue::{OrgScope, SegmentKind};
use serde::Serialize;
use serde_json::Value;
use tokio::task::JoinSet;

use crate::engine::Engine;
use crate::error::HuntError;
use crate::functions::restrict;
use crate::statement;
use crate::table::LakeTable;
use crate::text::{original_text, uid_text};
use crate::value::to_json;
use crate::{gathered, growth, held};

/// What one query may cost.
#[derive(Debug, Clone)]
pub struct HuntLimits {
    /// Rows that are given back; more are cut off and said so.
    pub rows: usize,
    /// Time from start to last row.
    pub time: Duration,
    /// Memory for sorting, grouping and joining.
    pub memory_bytes: usize,
    /// Bytes of all values that are given back, about.
    pub result_bytes: usize,
}

impl Default for HuntLimits {
    fn default() -> Self {
        HuntLimits { rows: 10_000, time: Duration::from_secs(60), memory_bytes: 256 << 20, result_bytes: 64 << 20 }
    }
}

/// A column of a result or of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ColumnInfo {
    /// Its name.
    pub name: String,
    /// What it holds: `text`, `integer`, `number`, `boolean`, `time`, `map`, or the engine's word for it.
    #[serde(rename = "type")]
    pub kind: String,
}

/// A table that a query may name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TableInfo {
    /// Its name.
    pub name: String,
    /// Its columns, in order.
    pub columns: Vec<ColumnInfo>,
}

/// What a query found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Found {
    /// The columns, in the order of the SELECT.
    pub columns: Vec<ColumnInfo>,
    /// The rows: a value a column. Times are RFC 3339 in UTC.
    pub rows: Vec<Vec<Value>>,
    /// There were more rows than the limit gives back.
    pub truncated: bool,
}

/// Rows that an expression is evaluated over at once: few, so that a long value times the rows stays small.
pub(crate) const BATCH_ROWS: usize = 2048;

/// SQL over one lake. Cheap to clone; all clones share the same places for running queries.
#[derive(Clone)]
pub struct Hunt {
    lake: Arc<Lake>,
    engine: Arc<Engine>,
}

impl Hunt {
    /// Over that lake.
    pub fn new(lake: Arc<Lake>) -> Self {
        Hunt { lake, engine: Arc::new(Engine::new()) }
    }

    /// The tables and their columns.
    ///
    /// # Errors
    /// `Failed` when the engine cannot be set up.
    pub async fn tables(&self) -> Result<Vec<TableInfo>, HuntError> {
        let session = self.session(&OrgScope::Only([].into()), &HuntLimits::default()).await.map_err(|error| HuntError::of(&error))?;
        let mut tables = Vec::new();
        for kind in [SegmentKind::Events, SegmentKind::Matches] {
            let table = session.table(kind.name()).await.map_err(|error| HuntError::of(&error))?;
            tables.push(TableInfo { name: kind.name().to_owned(), columns: columns_of(table.schema().as_arrow()) });
        }
        Ok(tables)
    }

    /// Runs one SELECT over the events and matches of the organisations in scope.
    ///
    /// # Errors
    /// See [`HuntError`]: what is wrong with the query, or which limit stopped it.
    pub async fn query(&self, scope: &OrgScope, sql: &str, limits: &HuntLimits) -> Result<Found, HuntError> {
        let asked = self.on_own_threads(scope, sql, limits);
        let over = |_| HuntError::Limit { limit: format!("{} s", limits.time.as_secs()) };
        tokio::time::timeout(limits.time, asked).await.map_err(over)?
    }

    /// A task of its own on threads of its own: what follows the shape of a query needs their stack, and what never yields must end for
    /// the asker all the same, and keep no thread and no place from others.
    async fn on_own_threads(&self, scope: &OrgScope, sql: &str, limits: &HuntLimits) -> Result<Found, HuntError> {
        let failed = |message: &str| HuntError::Failed { message: message.to_owned() };
        let threads = self.engine.lend().await.map_err(|error| failed(&error.to_string()))?;
        let (hunt, scope, sql, owned) = (self.clone(), scope.clone(), sql.to_owned(), limits.clone());
        let mut task = JoinSet::new();
        let work = async move { hunt.run(&scope, statement::read(&sql)?, &owned).await };
        task.spawn_on(work, threads.handle().ok_or_else(|| failed("the engine is closed"))?);
        task.join_next().await.and_then(Result::ok).unwrap_or_else(|| Err(failed("the query ended unexpectedly")))
    }

    async fn run(&self, scope: &OrgScope, statement: Statement, limits: &HuntLimits) -> Result<Found, HuntError> {
        let session = self.session(scope, limits).await.map_err(|error| HuntError::of(&error))?;
        let plan = session.state().statement_to_plan(statement).await.map_err(|error| HuntError::of(&error))?;
        // The reader of statements has refused all else already; the engine checks once more.
        let select_only = SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false);
        select_only.verify_plan(&plan).map_err(|error| HuntError::Refused { message: error.strip_backtrace() })?;
        growth::check(&plan)?;
        gathered::check(&plan)?;
        let frame = session.execute_logical_plan(plan).await.map_err(|error| HuntError::of(&error))?;
        gather(frame, limits).await
    }

    /// An engine that knows the caller's two tables and nothing else: no file, no URL, no setting.
    async fn session(&self, scope: &OrgScope, limits: &HuntLimits) -> Result<SessionContext, DataFusionError> {
        let mut config = SessionConfig::new().with_information_schema(false).with_batch_size(BATCH_ROWS);
        config.options_mut().execution.parquet.pushdown_filters = true;
        config.options_mut().execution.parquet.reorder_filters = true;
        config.options_mut().execution.time_zone = Some("UTC".to_owned());
        config.options_mut().sql_parser.collect_spans = true;
        let pool = Arc::new(GreedyMemoryPool::new(limits.memory_bytes));
        let no_disk = DiskManagerBuilder::default().with_mode(DiskManagerMode::Disabled);
        let runtime = RuntimeEnvBuilder::new().with_memory_pool(pool).with_disk_manager_builder(no_disk).build_arc()?;
        let session = SessionContext::new_with_config_rt(config, runtime);
        restrict(&session);
        for kind in [SegmentKind::Events, SegmentKind::Matches] {
            let table = Arc::new(LakeTable::new(self.lake.clone(), scope.clone(), kind));
            let view = readable(session.read_table(table)?, kind)?;
            session.register_table(kind.name(), view.into_view())?;
        }
        Ok(session)
    }
}

/// The table as analysts see it: uid and original as text, the organisation after the uid.
fn readable(table: DataFrame, kind: SegmentKind) -> Result<DataFrame, DataFusionError> {
    let mut columns = vec![uid_text().call(vec![col("uid")]).alias("uid"), col("org")];
    let names: Vec<String> = table.schema().fields().iter().map(|field| field.name().clone()).collect();
    for name in names.iter().filter(|name| !matches!(name.as_str(), "uid" | "org")) {
        match name.as_str() {
            "raw" if kind == SegmentKind::Events => columns.push(original_text().call(vec![col("raw")]).alias("raw")),
            name => columns.push(col(name)),
        }
    }
    table.select(columns)
}

async fn gather(frame: DataFrame, limits: &HuntLimits) -> Result<Found, HuntError> {
    let columns = columns_of(frame.schema().as_arrow());
    let frame = frame.limit(0, Some(limits.rows + 1)).map_err(|error| HuntError::of(&error))?;
    let plan = frame.create_physical_plan().await.and_then(held::counted).map_err(|error| HuntError::of(&error))?;
    let mut batches = execute_stream(plan, Arc::new(frame.task_ctx())).map_err(|error| HuntError::of(&error))?;
    let mut rows = Vec::new();
    let mut bytes = 0;
    while let Some(batch) = batches.next().await {
        let batch: RecordBatch = batch.map_err(|error| HuntError::of(&error))?;
        bytes += batch.get_array_memory_size().min(batch.num_rows() * 65_536);
        rows.extend((0..batch.num_rows()).map(|row| batch.columns().iter().map(|column| to_json(column, row)).collect::<Vec<_>>()));
        if rows.len() > limits.rows || bytes > limits.result_bytes {
            break;
        }
    }
    let truncated = rows.len() > limits.rows || bytes > limits.result_bytes;
    rows.truncate(limits.rows);
    Ok(Found { columns, rows, truncated })
}

fn columns_of(schema: &Schema) -> Vec<ColumnInfo> {
    let named = |kind: &DataType| match kind {
        DataType::Utf8 | DataType::Utf8View | DataType::LargeUtf8 => "text".to_owned(),
        kind if kind.is_integer() => "integer".to_owned(),
        kind if kind.is_numeric() => "number".to_owned(),
        DataType::Boolean => "boolean".to_owned(),
        DataType::Timestamp(..) | DataType::Date32 | DataType::Date64 => "time".to_owned(),
        DataType::Map(..) => "map".to_owned(),
        kind => kind.to_string().to_lowercase(),
    };
    schema.fields().iter().map(|field| ColumnInfo { name: field.name().clone(), kind: named(field.data_type()) }).collect()
}
