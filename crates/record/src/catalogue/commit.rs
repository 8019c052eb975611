//! One step of the catalogue: segments come and go, the offset moves, sightings and sources are added. All of it or nothing.

use async_trait::async_trait;
use hikeshi_lake::catalogue::{Advance, Commit, SegmentRow, SourceRow};
use uuid::Uuid;

use super::counted;
use crate::backend::values;
use crate::error::{Error, Result};
use crate::transaction::Transaction;
use crate::writer::Work;

/// A commit to be made.
pub(super) struct Step {
    pub(super) commit: Commit,
}

#[async_trait]
impl Work for Step {
    type Output = ();

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<()> {
        if let Some(advance) = &self.commit.advance {
            move_offset(transaction, advance).await?;
        }
        for id in &self.commit.remove {
            if transaction.execute("DELETE FROM segment WHERE id = $1", values![*id]).await? == 0 {
                return Err(Error::NotFound { kind: "segment".to_owned(), id: *id });
            }
        }
        for segment in &self.commit.add {
            add_segment(transaction, segment).await?;
        }
        super::prevalence::add(transaction, &self.commit.sightings).await?;
        for source in &self.commit.sources {
            add_source(transaction, source).await?;
        }
        Ok(())
    }
}

async fn move_offset(transaction: &mut Transaction<'_>, advance: &Advance) -> Result<()> {
    let rows = transaction.query("SELECT written FROM stream WHERE name = $1", values![advance.stream.as_str()]).await?;
    let stands = rows.first().map_or(Ok(0), |row| row.int(0))?.unsigned_abs();
    if stands != advance.from {
        return Err(Error::Conflict { kind: format!("stream {}", advance.stream), id: Uuid::nil(), current: stands });
    }
    let sql = "INSERT INTO stream (name, written) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET written = excluded.written";
    transaction.execute(sql, values![advance.stream.as_str(), counted(advance.to)?]).await.map(|_| ())
}

async fn add_segment(transaction: &mut Transaction<'_>, segment: &SegmentRow) -> Result<()> {
    let tenant = transaction.tenant(Some(segment.org)).await?.no;
    let sql = "INSERT INTO segment (id, org, day, kind, level, row_count, size_bytes, time_min, time_max, host_min, host_max, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
    let (rows, size) = (counted(segment.rows)?, counted(segment.size_bytes)?);
    let hosts = (segment.host_min.as_str(), segment.host_max.as_str());
    let values = values![
        segment.id,
        tenant,
        segment.day.to_string(),
        segment.kind.name(),
        i64::from(segment.level),
        rows,
        size,
        segment.time_min,
        segment.time_max,
        hosts.0,
        hosts.1,
        segment.created_at,
    ];
    transaction.execute(sql, values).await.map(|_| ())
}

async fn add_source(transaction: &mut Transaction<'_>, source: &SourceRow) -> Result<()> {
    let tenant = transaction.tenant(Some(source.org)).await?.no;
    let sql = "INSERT INTO feed (org, source, host_key, host, last_received_at, last_event_at, events) VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (org, source, host_key) DO UPDATE SET
         host = CASE WHEN excluded.last_received_at >= feed.last_received_at THEN excluded.host ELSE feed.host END,
         last_received_at = CASE WHEN excluded.last_received_at > feed.last_received_at THEN excluded.last_received_at ELSE feed.last_received_at END,
         last_event_at = CASE WHEN excluded.last_event_at > feed.last_event_at THEN excluded.last_event_at ELSE feed.last_event_at END,
         events = feed.events + excluded.events";
    let host_key = source.host.to_lowercase();
    let (received, event, events) = (source.last_received_at, source.last_event_at, counted(source.events)?);
    let values = values![tenant, source.source.as_str(), host_key, source.host.as_str(), received, event, events];
    transaction.execute(sql, values).await.map(|_| ())
}
