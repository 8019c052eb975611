//! The tables of one request: files and tail of the organisations in scope, pruned by what the query asks for.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use arrow_array::{ArrayRef, RecordBatch, StringArray};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::{DataFusionError, Result, ScalarValue};
use datafusion::datasource::TableType;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::memory::MemorySourceConfig;
use datafusion::datasource::object_store::ObjectStoreUrl;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfigBuilder, ParquetSource};
use datafusion::datasource::source::DataSourceExec;
use datafusion::datasource::table_schema::TableSchema;
use datafusion::logical_expr::{BinaryExpr, Expr, Operator, TableProviderFilterPushDown};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::empty::EmptyExec;
use datafusion::physical_plan::union::UnionExec;
use hikeshi_lake::catalogue::{OrgScope, SegmentKind};
use hikeshi_lake::{INDEXED_COLUMNS, Lake, Scan, ScanFilter, events_schema, matches_schema};
use jiff::Timestamp;

use crate::hunt::BATCH_ROWS;

/// A table as its files have it, with the organisation as a column.
pub(crate) struct LakeTable {
    lake: Arc<Lake>,
    scope: OrgScope,
    kind: SegmentKind,
    files: SchemaRef,
    whole: SchemaRef,
    /// What plans read: a file that is merged away meanwhile stays until the request is done.
    held: Mutex<Vec<Scan>>,
}

impl std::fmt::Debug for LakeTable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.kind.name())
    }
}

impl LakeTable {
    /// The table of that kind for a caller who may see `scope`.
    pub(crate) fn new(lake: Arc<Lake>, scope: OrgScope, kind: SegmentKind) -> Self {
        let files = match kind {
            SegmentKind::Events => events_schema(),
            SegmentKind::Matches => matches_schema(),
        };
        let org = Arc::new(org_field());
        let whole = Arc::new(Schema::new(files.fields().iter().cloned().chain([org]).collect::<Vec<_>>()));
        LakeTable { lake, scope, kind, files, whole, held: Mutex::default() }
    }

    fn files_plan(&self, scan: &Scan, partitions: usize, projection: Option<&Vec<usize>>) -> Result<Arc<dyn ExecutionPlan>> {
        let mut groups: Vec<Vec<PartitionedFile>> = vec![Vec::new(); partitions.clamp(1, scan.files.len().max(1))];
        let count = groups.len();
        for (number, file) in scan.files.iter().enumerate() {
            let path = file.path.canonicalize().map_err(|error| DataFusionError::External(Box::new(error)))?;
            let org = ScalarValue::Utf8(Some(file.org.to_string()));
            let part = PartitionedFile::from_path(path.to_string_lossy().into_owned())?.with_partition_values(vec![org]);
            if let Some(group) = groups.get_mut(number % count) {
                group.push(part);
            }
        }
        let schema = TableSchema::builder(self.files.clone()).with_table_partition_cols(vec![Arc::new(org_field())]).build();
        let config = FileScanConfigBuilder::new(ObjectStoreUrl::local_filesystem(), Arc::new(ParquetSource::new(schema)))
            .with_file_groups(groups.into_iter().map(FileGroup::new).collect())
            .with_projection_indices(projection.cloned())?
            .build();
        Ok(DataSourceExec::from_data_source(config))
    }

    fn tail_plan(&self, scan: &Scan, projection: Option<&Vec<usize>>) -> Result<Arc<dyn ExecutionPlan>> {
        let with_org = |(org, batch): (hikeshi_domain::OrganizationId, RecordBatch)| {
            let orgs: ArrayRef = Arc::new(StringArray::from(vec![org.to_string(); batch.num_rows()]));
            let columns = batch.columns().iter().cloned().chain([orgs]).collect();
            RecordBatch::try_new(self.whole.clone(), columns)
        };
        // A query can be stopped between two batches only: what is not written yet stands in larger ones.
        let parts = scan.tail.iter().flat_map(|(org, batch)| {
            let starts = (0..batch.num_rows()).step_by(BATCH_ROWS);
            starts.map(|from| (*org, batch.slice(from, BATCH_ROWS.min(batch.num_rows() - from))))
        });
        let batches = parts.map(with_org).collect::<Result<Vec<_>, _>>()?;
        Ok(MemorySourceConfig::try_new_exec(&[batches], self.whole.clone(), projection.cloned())?)
    }
}

fn org_field() -> Field {
    Field::new("org", DataType::Utf8, false)
}

#[async_trait]
impl TableProvider for LakeTable {
    fn schema(&self) -> SchemaRef {
        self.whole.clone()
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        Ok(vec![TableProviderFilterPushDown::Inexact; filters.len()])
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        _limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let (lake, scope, kind, filter) = (self.lake.clone(), self.scope.clone(), self.kind, known_of(filters));
        let scanned = tokio::task::spawn_blocking(move || lake.scan(&scope, kind, &filter)).await;
        let scan = scanned.map_err(external)?.map_err(external)?;
        let mut plans = Vec::new();
        if !scan.files.is_empty() {
            plans.push(self.files_plan(&scan, state.config().target_partitions(), projection)?);
        }
        if !scan.tail.is_empty() {
            plans.push(self.tail_plan(&scan, projection)?);
        }
        self.held.lock().unwrap_or_else(PoisonError::into_inner).push(scan);
        let plan = match plans.len() {
            0 => {
                let schema = match projection {
                    Some(indices) => Arc::new(self.whole.project(indices)?),
                    None => self.whole.clone(),
                };
                return Ok(Arc::new(EmptyExec::new(schema)));
            }
            1 => plans.remove(0),
            _ => UnionExec::try_new(plans)?,
        };
        Ok(plan)
    }
}

fn external(error: impl std::error::Error + Send + Sync + 'static) -> DataFusionError {
    DataFusionError::External(Box::new(error))
}

/// What the conjunction of the filters says about hosts, times and indexed values.
fn known_of(filters: &[Expr]) -> ScanFilter {
    let mut known = ScanFilter::default();
    let mut open: Vec<&Expr> = filters.iter().collect();
    while let Some(filter) = open.pop() {
        match filter {
            Expr::BinaryExpr(BinaryExpr { left, op: Operator::And, right }) => open.extend([left.as_ref(), right.as_ref()]),
            Expr::BinaryExpr(BinaryExpr { left, op, right }) => match (left.as_ref(), right.as_ref()) {
                (Expr::Column(column), Expr::Literal(value, _)) => learn(&mut known, column.name(), *op, value),
                (Expr::Literal(value, _), Expr::Column(column)) => {
                    learn(&mut known, column.name(), op.swap().unwrap_or(*op), value);
                }
                _ => {}
            },
            Expr::InList(list) if !list.negated => {
                if let Expr::Column(column) = list.expr.as_ref()
                    && column.name() == "host"
                    && let Some(hosts) = list.list.iter().map(literal_text).collect::<Option<BTreeSet<_>>>()
                {
                    limit_hosts(&mut known, hosts);
                }
            }
            _ => {}
        }
    }
    known
}

fn learn(known: &mut ScanFilter, column: &str, op: Operator, value: &ScalarValue) {
    match (column, op, value.try_as_str().flatten(), instant(value)) {
        ("host", Operator::Eq, Some(host), _) => limit_hosts(known, BTreeSet::from([host.to_owned()])),
        ("time", Operator::Gt | Operator::GtEq, _, Some(at)) => known.from = known.from.max(Some(at)),
        ("time", Operator::Lt | Operator::LtEq, _, Some(at)) => known.to = Some(known.to.map_or(at, |to| to.min(at))),
        ("time", Operator::Eq, _, Some(at)) => {
            known.from = known.from.max(Some(at));
            known.to = Some(known.to.map_or(at, |to| to.min(at)));
        }
        (name, Operator::Eq, Some(text), _) if INDEXED_COLUMNS.iter().any(|column| column.name() == name) && !text.is_empty() => {
            known.values.push(text.to_owned());
        }
        _ => {}
    }
}

fn limit_hosts(known: &mut ScanFilter, hosts: BTreeSet<String>) {
    known.hosts = Some(match known.hosts.take() {
        Some(before) => before.intersection(&hosts).cloned().collect(),
        None => hosts,
    });
}

fn literal_text(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Literal(value, _) => value.try_as_str().flatten().map(str::to_owned),
        _ => None,
    }
}

fn instant(value: &ScalarValue) -> Option<Timestamp> {
    match value {
        ScalarValue::TimestampMicrosecond(Some(us), _) => Timestamp::from_microsecond(*us).ok(),
        _ => None,
    }
}
