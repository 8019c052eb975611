//! The life of jobs after the change that enqueued them: claimed, finished, tried again, set aside.

use async_trait::async_trait;
use hikeshi_domain::OrganizationId;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::backend::{Row, values};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::job::{Claimed, JobRow, JobState};
use crate::select::Select;
use crate::store::Store;
use crate::transaction::Transaction;
use crate::writer::Work;

const LONGEST_ERROR: usize = 2_000;

impl Store {
    /// Takes jobs of a queue that are due, oldest first, for the time of the lease. A job whose lease has run out is due again.
    /// Where none is due, nothing is written.
    pub async fn claim_jobs(&self, context: &Context, queue: &str, jobs: u32, lease: SignedDuration) -> Result<Vec<Claimed>> {
        if !self.any_due(context, queue).await? {
            return Ok(Vec::new());
        }
        self.submit(Claim { context: context.clone(), queue: queue.to_owned(), jobs, lease }).await
    }

    /// Whether a job of the queue is due: by the clock, or by what the record's last change calls now.
    async fn any_due(&self, context: &Context, queue: &str) -> Result<bool> {
        let (mut session, tenants) = self.reading(&context.scope).await?;
        let mut select = Select::new("SELECT j.id FROM job j WHERE j.state = 'waiting' AND j.queue = ");
        select.bind(queue).push(" AND (j.due_at <= ").bind(self.now());
        select.push(" OR j.due_at <= (SELECT at FROM head WHERE one = 1)) AND ").tenants("j.org", &tenants).push(" LIMIT 1");
        let rows = select.rows(session.as_mut()).await?;
        session.commit().await?;
        Ok(!rows.is_empty())
    }

    /// How many jobs of a queue are due, counted up to `most`. One that a worker holds is not.
    pub async fn due_jobs(&self, context: &Context, queue: &str, most: u32) -> Result<u32> {
        let (mut session, tenants) = self.reading(&context.scope).await?;
        let mut select = Select::new("SELECT count(*) FROM (SELECT j.id FROM job j WHERE j.state = 'waiting' AND j.queue = ");
        select.bind(queue).push(" AND j.due_at <= ").bind(self.now()).push(" AND ").tenants("j.org", &tenants);
        select.push(" LIMIT ").bind(i64::from(most)).push(") AS due");
        let rows = select.rows(session.as_mut()).await?;
        session.commit().await?;
        rows.first().map_or(Ok(0), |row| Ok(count(row.int(0)?)))
    }

    /// Ends a job that is done.
    pub async fn finish_job(&self, context: &Context, job: &Claimed) -> Result<()> {
        self.submit(Settle { context: context.clone(), job: job.clone(), outcome: Outcome::Done }).await
    }

    /// Lets a job be tried again after a delay ([`Claimed::backoff`] is a patient one), or sets it aside as failed if this was the
    /// last attempt. Where it stands now.
    pub async fn retry_job(&self, context: &Context, job: &Claimed, error: &str, delay: SignedDuration) -> Result<JobState> {
        let error = error.chars().take(LONGEST_ERROR).collect();
        let again = job.attempt < job.attempts;
        self.submit(Settle { context: context.clone(), job: job.clone(), outcome: Outcome::NotDone { error, delay, again } }).await?;
        Ok(if again { JobState::Waiting } else { JobState::Failed })
    }

    /// Puts a failed job back into its queue, due now, with all its attempts.
    pub async fn requeue_job(&self, context: &Context, job: Uuid) -> Result<()> {
        self.submit(Requeue { context: context.clone(), job }).await
    }

    /// The jobs of a queue in a state, oldest first, at most `limit`.
    pub async fn jobs(&self, context: &Context, queue: &str, state: JobState, limit: u32) -> Result<Vec<JobRow>> {
        let (mut session, tenants) = self.reading(&context.scope).await?;
        let mut select = Select::new(
            "SELECT j.id, t.id, j.queue, j.payload, j.attempt, j.attempts, j.created_at, j.due_at, j.last_error
             FROM job j JOIN tenant t ON t.no = j.org WHERE ",
        );
        select.push("j.queue = ").bind(queue).push(" AND j.state = ").bind(word(state)).push(" AND ").tenants("j.org", &tenants);
        select.push(" ORDER BY j.created_at, j.id LIMIT ").bind(i64::from(limit));
        let rows = select.rows(session.as_mut()).await?;
        session.commit().await?;
        rows.iter().map(|row| job_row(row, state)).collect()
    }
}

fn job_row(row: &Row, state: JobState) -> Result<JobRow> {
    Ok(JobRow {
        id: row.uuid(0)?,
        org: owner(row.uuid(1)?),
        queue: row.text(2)?,
        payload: row.text(3)?,
        state,
        attempt: count(row.int(4)?),
        attempts: count(row.int(5)?),
        created_at: row.time(6)?,
        due_at: row.time(7)?,
        last_error: if row.is_null(8) { None } else { Some(row.text(8)?) },
    })
}

fn owner(tenant: Uuid) -> Option<OrganizationId> {
    Some(OrganizationId(tenant)).filter(|org| !org.0.is_nil())
}

fn count(number: i64) -> u32 {
    u32::try_from(number).unwrap_or_default()
}

const fn word(state: JobState) -> &'static str {
    match state {
        JobState::Waiting => "waiting",
        JobState::Failed => "failed",
    }
}

struct Claim {
    context: Context,
    queue: String,
    jobs: u32,
    lease: SignedDuration,
}

#[async_trait]
impl Work for Claim {
    type Output = Vec<Claimed>;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Vec<Claimed>> {
        let tenants = transaction.see(&self.context.scope).await?;
        let now = transaction.at;
        let until = now.checked_add(self.lease).map_err(|_| Error::Invalid("the lease is too long".to_owned()))?;
        let mut select = Select::new(
            "SELECT j.id, t.id, j.payload, j.attempt, j.attempts, j.lease FROM job j JOIN tenant t ON t.no = j.org WHERE j.state = 'waiting' AND ",
        );
        select.push("j.queue = ").bind(self.queue.as_str()).push(" AND j.due_at <= ").bind(now).push(" AND ");
        select.tenants("j.org", &tenants).push(" ORDER BY j.due_at, j.id LIMIT ").bind(i64::from(self.jobs));
        let rows = transaction.query(&select.sql, &select.values).await?;
        let mut claimed = Vec::with_capacity(rows.len());
        for row in rows {
            claimed.extend(self.take(transaction, &row, until).await?);
        }
        Ok(claimed)
    }
}

impl Claim {
    /// Takes one job; one whose last attempt ended with its lease is set aside instead.
    async fn take(&self, transaction: &mut Transaction<'_>, row: &Row, until: Timestamp) -> Result<Option<Claimed>> {
        let (id, attempt, attempts) = (row.uuid(0)?, row.int(3)?, row.int(4)?);
        if attempt >= attempts {
            let sql = "UPDATE job SET state = 'failed', last_error = $1 WHERE id = $2";
            transaction.execute(sql, values!["the worker did not come back from the last attempt", id]).await?;
            return Ok(None);
        }
        let lease = row.int(5)? + 1;
        let sql = "UPDATE job SET attempt = $1, due_at = $2, lease = $3 WHERE id = $4";
        transaction.execute(sql, values![attempt + 1, until, lease, id]).await?;
        let (attempt, attempts) = (count(attempt + 1), count(attempts));
        let (org, payload) = (owner(row.uuid(1)?), row.text(2)?);
        Ok(Some(Claimed { id, org, queue: self.queue.clone(), payload, attempt, attempts, until, lease }))
    }
}

enum Outcome {
    Done,
    NotDone { error: String, delay: SignedDuration, again: bool },
}

struct Settle {
    context: Context,
    job: Claimed,
    outcome: Outcome,
}

#[async_trait]
impl Work for Settle {
    type Output = ();

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<()> {
        let lost = || Error::LeaseLost { job: self.job.id };
        if !self.context.scope.sees(self.job.org) {
            return Err(lost());
        }
        transaction.see(&self.context.scope).await?;
        let Outcome::NotDone { error, delay, again } = &self.outcome else {
            return crate::beside::finish(transaction, &self.context.scope, &self.job).await;
        };
        let due = transaction.at.checked_add(*delay).map_err(|_| Error::Invalid("the delay is too long".to_owned()))?;
        let state = word(if *again { JobState::Waiting } else { JobState::Failed });
        let sql =
            "UPDATE job SET state = $1, due_at = $2, lease = lease + 1, last_error = $3 WHERE id = $4 AND lease = $5 AND state = 'waiting'";
        let changed = transaction.execute(sql, values![state, due, error.as_str(), self.job.id, self.job.lease]).await?;
        if changed == 0 { Err(lost()) } else { Ok(()) }
    }
}

struct Requeue {
    context: Context,
    job: Uuid,
}

#[async_trait]
impl Work for Requeue {
    type Output = ();

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<()> {
        let tenants = transaction.see(&self.context.scope).await?;
        let now = transaction.at;
        let mut update = Select::new("UPDATE job SET state = 'waiting', attempt = 0, due_at = ");
        update.bind(now).push(" WHERE state = 'failed' AND id = ").bind(self.job).push(" AND ").tenants("org", &tenants);
        match transaction.execute(&update.sql, &update.values).await? {
            0 => Err(Error::NotFound { kind: "job".to_owned(), id: self.job }),
            _ => Ok(()),
        }
    }
}

impl Store {
    /// The number that a series gives next; 1 for a new one. Take it with [`crate::Change::take_number`] in the change that uses it.
    /// `owner` is whose the series is, as in [`crate::Change::owner`].
    pub async fn next_number(&self, context: &Context, owner: Option<OrganizationId>, series: &str) -> Result<u64> {
        let rows =
            self.beside(context, owner, "SELECT s.next FROM series s JOIN tenant t ON t.no = s.org WHERE s.name = $1", &[series]).await?;
        rows.first().map_or(Ok(1), |row| Ok(row.int(0)?.unsigned_abs()))
    }

    /// Who holds a key, if anybody does: what was written beside it by [`crate::Change::claim_key`].
    pub async fn key_holder(
        &self,
        context: &Context,
        owner: Option<OrganizationId>,
        namespace: &str,
        name: &str,
    ) -> Result<Option<String>> {
        let sql = "SELECT c.holder FROM claim c JOIN tenant t ON t.no = c.org WHERE c.namespace = $1 AND c.name = $2";
        let rows = self.beside(context, owner, sql, &[namespace, name]).await?;
        rows.first().map(|row| Ok(row.text(0)?)).transpose()
    }

    /// Rows of the owner's things beside entities; none if the owner lies outside the scope.
    async fn beside(&self, context: &Context, owner: Option<OrganizationId>, sql: &str, words: &[&str]) -> Result<Vec<Row>> {
        if !context.scope.sees(owner) {
            return Ok(Vec::new());
        }
        let (mut session, _) = self.reading(&context.scope).await?;
        let mut select = Select::numbered(sql, words.iter().map(|word| (*word).into()).collect());
        select.push(" AND t.id = ").bind(owner.map_or(Uuid::nil(), |org| org.0));
        let rows = select.rows(session.as_mut()).await?;
        session.commit().await?;
        Ok(rows)
    }
}
