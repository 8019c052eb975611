//! How the desk itself is doing: faults that keep it from taking work, counters, retention.

use hikeshi_domain::organization::Organization;
use hikeshi_lake::catalogue::OrgScope;
use hikeshi_record::{Context, Query};
use jiff::{ToSpan, tz::TimeZone};

use crate::desk::Desk;
use crate::duty::ingest_lag;
use crate::error::{Error, Result};
use crate::everything::everything;
use crate::silence::silence;

/// What keeps the desk from taking work, in words for an operator; empty while all is well.
pub fn faults(desk: &Desk) -> Vec<String> {
    let lag = desk.telemetry.lake.lag();
    let stream = lag.stream_failed.then(|| "stream: a sync failed; nothing is acknowledged until it is reopened".to_owned());
    let disk = lag.disk_full.then(|| "disk: full but for its reserve; no events are taken until there is room".to_owned());
    let writer = lag.writer_fault.map(|fault| format!("writer: {fault}"));
    let record = desk.store.fault().map(|fault| format!("record: {fault}"));
    [stream, disk, writer, record].into_iter().flatten().collect()
}

/// Counters as text.
pub async fn metrics(desk: &Desk) -> String {
    // While record or catalogue do not answer, the last count stands beside what tells that they do not.
    if let Ok(count) = silent_hosts(desk).await {
        desk.metrics.silent_hosts.set(i64::try_from(count).unwrap_or(i64::MAX));
    }
    let lag = desk.telemetry.lake.lag();
    let whole = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    desk.metrics.events_written.set(whole(lag.totals.added));
    desk.metrics.batches_waiting.set(whole(lag.appended.saturating_sub(lag.committed)));
    desk.metrics.rows_waiting.set(whole(lag.tail_events));
    desk.metrics.segments.set(whole(lag.segments));
    desk.metrics.stream_bytes.set(whole(lag.stream_bytes));
    desk.metrics.stream_failed.set(i64::from(lag.stream_failed));
    desk.metrics.stream_failures.set(whole(lag.stream_failures));
    desk.metrics.events_set_aside.set(whole(lag.aside_events));
    desk.metrics.batches_damaged.set(whole(lag.totals.damaged));
    desk.metrics.list_entries.set(whole(desk.lists.entries()));
    desk.metrics.listed_left_out.set(whole(desk.telemetry.listed.left_out()));
    desk.metrics.disk_full.set(i64::from(lag.disk_full));
    desk.metrics.record_failed.set(i64::from(desk.store.fault().is_some()));
    desk.metrics.ingest_lag_seconds.set(ingest_lag(desk).as_secs_f64());
    let kept = desk.telemetry.joins.kept();
    desk.metrics.correlation_bytes.set(i64::try_from(kept.bytes).unwrap_or(i64::MAX));
    desk.metrics.correlation_groups_forgotten.set(whole(kept.forgotten.groups));
    desk.metrics.correlation_events_forgotten.set(whole(kept.forgotten.events));
    desk.metrics.correlation_events_late.set(whole(kept.forgotten.late));
    desk.metrics.text()
}

async fn silent_hosts(desk: &Desk) -> Result<usize> {
    let sources = desk.telemetry.lake.sources(&OrgScope::All).await.map_err(Error::internal)?;
    Ok(silence(desk, &Context::system("metrics"), &sources).await?.count())
}

/// Forgets telemetry that is older than each organisation keeps it. Returns how many segments went.
///
/// # Errors
/// When record or catalogue do not answer; what is left goes the next time.
pub async fn expire(desk: &Desk) -> Result<usize> {
    let organizations = everything::<Organization>(desk, &Context::system("retention"), Query::new()).await?;
    let today = desk.now().to_zoned(TimeZone::UTC).date();
    let mut gone = 0_usize;
    for organization in organizations {
        let kept = i64::from(organization.retention_days);
        let before = today.saturating_sub(kept.days());
        gone = gone.saturating_add(desk.telemetry.lake.expire(organization.id, before).await.map_err(Error::internal)?);
    }
    Ok(gone)
}
