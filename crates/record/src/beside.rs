//! What a change makes beside entities, in the same transaction: taken keys, given numbers, enqueued and finished jobs.

use crate::backend::values;
use crate::change::Step;
use crate::context::Scope;
use crate::error::{Error, Result};
use crate::job::{Claimed, Job};
use crate::transaction::Transaction;

/// Does one step for that tenant.
pub(crate) async fn apply(transaction: &mut Transaction<'_>, tenant: i64, step: &Step) -> Result<()> {
    match step {
        Step::Put(_) | Step::Erase { .. } | Step::Finish(_) => Ok(()),
        Step::Claim { namespace, name, holder } => claim(transaction, tenant, (namespace, name), holder).await,
        Step::Release { namespace, name } => {
            let sql = "DELETE FROM claim WHERE org = $1 AND namespace = $2 AND name = $3";
            transaction.execute(sql, values![tenant, namespace.as_str(), name.as_str()]).await.map(|_| ())
        }
        Step::Number { series, number } => take_number(transaction, tenant, series, *number).await,
        Step::Enqueue(job) => enqueue(transaction, tenant, job).await,
    }
}

async fn claim(transaction: &mut Transaction<'_>, tenant: i64, (namespace, name): (&str, &str), holder: &str) -> Result<()> {
    let at = transaction.at;
    let sql = "INSERT INTO claim (org, namespace, name, holder, at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING";
    if transaction.execute(sql, values![tenant, namespace, name, holder, at]).await? == 1 {
        return Ok(());
    }
    let sql = "SELECT holder FROM claim WHERE org = $1 AND namespace = $2 AND name = $3";
    let rows = transaction.query(sql, values![tenant, namespace, name]).await?;
    let holder = rows.first().map_or(Ok(String::new()), |row| row.text(0))?;
    Err(Error::Claimed { namespace: namespace.to_owned(), name: name.to_owned(), holder })
}

async fn take_number(transaction: &mut Transaction<'_>, tenant: i64, series: &str, number: u64) -> Result<()> {
    let rows = transaction.query("SELECT next FROM series WHERE org = $1 AND name = $2", values![tenant, series]).await?;
    let next = rows.first().map_or(Ok(1), |row| row.int(0))?.unsigned_abs();
    if number != next {
        return Err(Error::NumberTaken { series: series.to_owned(), asked: number, next });
    }
    let sql = "INSERT INTO series (org, name, next) VALUES ($1, $2, $3) ON CONFLICT (org, name) DO UPDATE SET next = excluded.next";
    transaction.execute(sql, values![tenant, series, number as i64 + 1]).await.map(|_| ())
}

async fn enqueue(transaction: &mut Transaction<'_>, tenant: i64, job: &Job) -> Result<()> {
    let at = transaction.at;
    transaction.enqueued = true;
    let due = job.not_before.unwrap_or(at);
    let sql = "INSERT INTO job (id, org, queue, payload, state, attempt, attempts, created_at, due_at, lease, last_error)
         VALUES ($1, $2, $3, $4, 'waiting', 0, $5, $6, $7, 0, NULL)";
    let values = values![job.id, tenant, job.queue.as_str(), job.payload.as_str(), i64::from(job.attempts), at, due];
    transaction.execute(sql, values).await.map(|_| ())
}

/// Removes a job of the scope that is still held under this lease.
pub(crate) async fn finish(transaction: &mut Transaction<'_>, scope: &Scope, job: &Claimed) -> Result<()> {
    if !scope.sees(job.org) {
        return Err(Error::LeaseLost { job: job.id });
    }
    let tenant = transaction.tenant(job.org).await?.no;
    let sql = "DELETE FROM job WHERE id = $1 AND org = $2 AND lease = $3 AND state = 'waiting'";
    match transaction.execute(sql, values![job.id, tenant, job.lease]).await? {
        0 => Err(Error::LeaseLost { job: job.id }),
        _ => Ok(()),
    }
}
