//! The lake's catalogue in the record's database: segments, offsets, prevalence and sources, one transaction a step.
//!
//! Its rows are no entities: they stand outside the chain and have no history. They go through the record's one writer, so that a
//! segment commit and a person's change share one sync of the disk.

mod commit;
mod prevalence;

use async_trait::async_trait;
use hikeshi_domain::OrganizationId;
use hikeshi_lake::catalogue::{
    Catalogue, CatalogueError, Commit, OrgScope, Prevalence, PrevalenceKind, SegmentKind, SegmentRow, SourceRow, first_label,
};

use crate::backend::{Fault, Row, values};
use crate::context::Scope;
use crate::error::{Error, Result};
use crate::select::Select;
use crate::store::Store;

/// The catalogue of one record.
#[derive(Clone)]
pub struct RecordCatalogue {
    store: Store,
}

impl Store {
    /// The lake's catalogue, kept in this record's database.
    pub fn catalogue(&self) -> RecordCatalogue {
        RecordCatalogue { store: self.clone() }
    }
}

#[async_trait]
impl Catalogue for RecordCatalogue {
    fn keeps_files(&self) -> bool {
        crate::backup::hold::is_held(self.store.data())
    }

    async fn segments(&self) -> Result<Vec<SegmentRow>, CatalogueError> {
        self.read_segments().await.map_err(refused)
    }

    async fn offset(&self, stream: &str) -> Result<u64, CatalogueError> {
        self.read_offset(stream).await.map_err(refused)
    }

    async fn commit(&self, commit: Commit) -> Result<(), CatalogueError> {
        self.store.submit(commit::Step { commit }).await.map_err(refused)
    }

    async fn prevalence(
        &self,
        org: OrganizationId,
        values: &[(PrevalenceKind, String)],
    ) -> Result<Vec<Option<Prevalence>>, CatalogueError> {
        prevalence::read(&self.store, org, values).await.map_err(refused)
    }

    async fn sources(&self, scope: &OrgScope) -> Result<Vec<SourceRow>, CatalogueError> {
        self.read_sources(scope, None).await.map_err(refused)
    }

    async fn sources_of(&self, org: OrganizationId, host: &str) -> Result<Vec<SourceRow>, CatalogueError> {
        self.read_sources(&OrgScope::one(org), Some(&first_label(host).to_lowercase())).await.map_err(refused)
    }
}

impl RecordCatalogue {
    async fn read_segments(&self) -> Result<Vec<SegmentRow>> {
        let (mut session, _) = self.store.reading(&Scope::Installation).await?;
        let sql = "SELECT s.id, t.id, s.day, s.kind, s.level, s.row_count, s.size_bytes, s.time_min, s.time_max, s.host_min, s.host_max,
             s.created_at FROM segment s JOIN tenant t ON t.no = s.org ORDER BY s.id";
        let rows = session.query(sql, &[]).await?;
        session.commit().await?;
        rows.iter().map(segment).collect()
    }

    async fn read_offset(&self, stream: &str) -> Result<u64> {
        let (mut session, _) = self.store.reading(&Scope::Installation).await?;
        let rows = session.query("SELECT written FROM stream WHERE name = $1", values![stream]).await?;
        session.commit().await?;
        rows.first().map_or(Ok(0), |row| Ok(row.int(0)?.unsigned_abs()))
    }

    async fn read_sources(&self, scope: &OrgScope, label: Option<&str>) -> Result<Vec<SourceRow>> {
        let scope = match scope {
            OrgScope::All => Scope::Installation,
            OrgScope::Only(orgs) => Scope::Organizations(orgs.clone()),
        };
        let (mut session, tenants) = self.store.reading(&scope).await?;
        let mut select = Select::new(
            "SELECT t.id, f.source, f.host, f.last_received_at, f.last_event_at, f.events FROM feed f JOIN tenant t ON t.no = f.org WHERE ",
        );
        select.tenants("f.org", &tenants);
        if let Some(label) = label {
            // `/` follows the dot: all names below the label.
            select.push(" AND (f.host_key = ").bind(label).push(" OR (f.host_key >= ").bind(format!("{label}."));
            select.push(" AND f.host_key < ").bind(format!("{label}/")).push("))");
        }
        select.push(" ORDER BY f.org, f.source, f.host_key");
        let rows = select.rows(session.as_mut()).await?;
        session.commit().await?;
        let source = |row: &Row| -> Result<SourceRow> {
            Ok(SourceRow {
                org: OrganizationId(row.uuid(0)?),
                source: row.text(1)?,
                host: row.text(2)?,
                last_received_at: row.time(3)?,
                last_event_at: row.time(4)?,
                events: row.int(5)?.unsigned_abs(),
            })
        };
        rows.iter().map(source).collect()
    }
}

fn segment(row: &Row) -> Result<SegmentRow> {
    let strange = |what: &str| Error::Corrupt(format!("a segment's row holds {what}"));
    Ok(SegmentRow {
        id: row.uuid(0)?,
        org: OrganizationId(row.uuid(1)?),
        day: row.text(2)?.parse().map_err(|_| strange("a day that is none"))?,
        kind: SegmentKind::by_name(&row.text(3)?).ok_or_else(|| strange("an unknown kind"))?,
        level: u8::try_from(row.int(4)?).map_err(|_| strange("a level beyond 255"))?,
        rows: row.int(5)?.unsigned_abs(),
        size_bytes: row.int(6)?.unsigned_abs(),
        time_min: row.time(7)?,
        time_max: row.time(8)?,
        host_min: row.text(9)?,
        host_max: row.text(10)?,
        created_at: row.time(11)?,
    })
}

/// In the catalogue's words: a lost race is a conflict, all else keeps the catalogue from being used.
fn refused(error: Error) -> CatalogueError {
    match error {
        Error::Conflict { .. } | Error::NotFound { .. } => CatalogueError::Conflict(error.to_string()),
        other => CatalogueError::Unavailable(Box::new(other)),
    }
}

/// A count as the database keeps it.
fn counted(number: u64) -> Result<i64, Fault> {
    i64::try_from(number).map_err(|_| Fault::Wrong(format!("{number} is beyond what the database counts")))
}
