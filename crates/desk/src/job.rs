//! The desk's workers: they claim jobs of the record's queues, do them, and try again with patience.

use std::time::{Duration, Instant};

use hikeshi_access::{Action, Caller, permit_everywhere};
use hikeshi_record::{Claimed, Context, JobRow, JobState};
use jiff::SignedDuration;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::case::{self, PROPOSE_QUEUE, ProposeJob};
use crate::complaint::Complaint;
use crate::desk::{Desk, context};
use crate::error::{ErrorKind, Result};
use crate::full_list::{self, FULL_LIST_QUEUE, FullListJob};
use crate::message::{self, MAIL_QUEUE, MailJob};
use crate::reference_list::{self, PAST_QUEUE, PastJob};
use crate::triage::{self, FOLLOW_QUEUE, LIST_QUEUE, ListJob, RELOOK_QUEUE, TRIAGE_QUEUE, TriageJob};

/// How long a worker may hold a job before another takes it over.
const LEASE: SignedDuration = SignedDuration::from_mins(5);
/// How long a worker waits for a job that is due later, or that another node enqueued.
const PAUSE: Duration = Duration::from_secs(1);
/// How often a job that met a conflict is done again at once.
const CONFLICTS: u32 = 5;
/// Alerts triaged side by side: each uses one core, and may hold the window of a busy host.
const TRIAGES_AT_ONCE: usize = 2;
/// Looking again, and writing full lists, takes a fifth of the time each at most: where hundreds of hosts are attacked at once, new alerts
/// and the intake come first.
const FOLLOW_REST: u32 = 4;
/// A twentieth of the time, unless a look takes longer than a rest may, while the lake is behind with what it has acknowledged.
const FOLLOW_REST_BEHIND: u32 = 19;
/// Acknowledged and in no segment yet: two or three seconds of as much as two cores take.
const BEHIND_BYTES: u64 = 256 << 20;
const LONGEST_REST: Duration = Duration::from_secs(30);
/// A worker of several queues takes the last one first so often.
const TURN: u32 = 5;
/// Mails sent side by side: each mostly waits for a server.
const MAILS_AT_ONCE: u32 = 4;

/// Every queue.
pub const QUEUES: [&str; 8] =
    [TRIAGE_QUEUE, FOLLOW_QUEUE, RELOOK_QUEUE, LIST_QUEUE, PAST_QUEUE, FULL_LIST_QUEUE, PROPOSE_QUEUE, MAIL_QUEUE];

/// Most failed jobs of a queue that are listed.
const MOST_LISTED: u32 = 1_000;

/// The jobs of the caller's organisations that were given up, oldest first, with what the last attempt said.
///
/// # Errors
/// `Forbidden` where the caller may not see them.
pub async fn failed(desk: &Desk, caller: &Caller) -> Result<Vec<JobRow>> {
    failed_within(desk, &context(&permit_everywhere(caller, Action::EditOrganization)?)).await
}

/// The jobs that were given up, of a context.
pub(crate) async fn failed_within(desk: &Desk, context: &Context) -> Result<Vec<JobRow>> {
    let mut jobs = Vec::new();
    for queue in QUEUES {
        jobs.extend(desk.store.jobs(context, queue, JobState::Failed, MOST_LISTED).await?);
    }
    jobs.sort_by_key(|job| (job.created_at, job.id));
    Ok(jobs)
}

/// Puts a job that was given up back into its queue, with all its attempts.
///
/// # Errors
/// `NotFound` where it is not the caller's, or was not given up.
pub async fn requeue(desk: &Desk, caller: &Caller, job: Uuid) -> Result<()> {
    let context = context(&permit_everywhere(caller, Action::EditOrganization)?);
    Ok(desk.store.requeue_job(&context, job).await?)
}

/// Starts a worker for each queue; they end when the set is dropped.
pub fn start(desk: &Desk) -> JoinSet<()> {
    let mut workers = JoinSet::new();
    for _ in 0..TRIAGES_AT_ONCE {
        workers.spawn(work(desk.clone(), &[TRIAGE_QUEUE], 1));
    }
    workers.spawn(work(desk.clone(), &[FOLLOW_QUEUE, RELOOK_QUEUE], 1));
    workers.spawn(work(desk.clone(), &[LIST_QUEUE], 1));
    workers.spawn(work(desk.clone(), &[FULL_LIST_QUEUE], 1));
    workers.spawn(work(desk.clone(), &[PAST_QUEUE], 1));
    workers.spawn(work(desk.clone(), &[PROPOSE_QUEUE], 1));
    workers.spawn(work(desk.clone(), &[MAIL_QUEUE], MAILS_AT_ONCE));
    workers
}

/// Does the jobs of queues, those of the first before those of the next; but one time in [`TURN`] the last comes first, so that it gets on
/// where the others never end.
async fn work(desk: Desk, queues: &'static [&'static str], at_once: u32) {
    let mut commits = desk.store.committed();
    let mut complaint = Complaint::about(claiming(queues));
    let mut turns = (1..=TURN).cycle();
    loop {
        let last_first = turns.next() == Some(TURN);
        let claimed = claim(&desk, queues, last_first, at_once).await;
        complaint.hear(&desk, &claimed);
        match claimed {
            Ok(jobs) if jobs.is_empty() => {
                // A commit may have brought one; else look again after a pause.
                let _ = tokio::time::timeout(PAUSE, commits.next()).await;
            }
            Ok(jobs) => {
                let begun = Instant::now();
                together(&desk, jobs).await;
                if [FOLLOW_QUEUE, FULL_LIST_QUEUE, PAST_QUEUE].iter().any(|restful| queues.contains(restful)) {
                    let rest = if desk.telemetry.lake.lag().stream_bytes > BEHIND_BYTES { FOLLOW_REST_BEHIND } else { FOLLOW_REST };
                    tokio::time::sleep(begun.elapsed().saturating_mul(rest).min(LONGEST_REST)).await;
                }
            }
            Err(_) => tokio::time::sleep(PAUSE).await,
        }
    }
}

/// Jobs of the first queue that has any.
async fn claim(desk: &Desk, queues: &[&str], last_first: bool, at_once: u32) -> hikeshi_record::Result<Vec<Claimed>> {
    let mut order = queues.to_vec();
    if last_first {
        order.reverse();
    }
    for queue in order {
        // A search of the past stands still while new alerts do, without being written anew.
        if queue == PAST_QUEUE && desk.store.due_jobs(&Context::system("worker"), TRIAGE_QUEUE, 1).await? > 0 {
            continue;
        }
        let jobs = desk.store.claim_jobs(&Context::system("worker"), queue, at_once, LEASE).await?;
        if !jobs.is_empty() {
            return Ok(jobs);
        }
    }
    Ok(Vec::new())
}

fn claiming(queues: &[&str]) -> &'static str {
    match queues.first().copied().unwrap_or_default() {
        TRIAGE_QUEUE => "claiming alerts to be triaged",
        FOLLOW_QUEUE => "claiming alerts to be looked at again",
        FULL_LIST_QUEUE => "claiming full lists to be written",
        LIST_QUEUE => "claiming lists whose alerts are to be judged again",
        PAST_QUEUE => "claiming lists whose entries are looked for in the past",
        PROPOSE_QUEUE => "claiming endpoints for whose cases is proposed anew",
        _ => "claiming mails to be sent",
    }
}

async fn together(desk: &Desk, jobs: Vec<Claimed>) {
    let mut running = JoinSet::new();
    for job in jobs {
        let desk = desk.clone();
        running.spawn(async move { one(&desk, job).await });
    }
    while running.join_next().await.is_some() {}
}

async fn one(desk: &Desk, job: Claimed) {
    let mut outcome = done(desk, &job).await;
    // Somebody else took the number or changed the alert first: read again, decide again.
    for _ in 0..CONFLICTS {
        match &outcome {
            Err(error) if error.kind() == ErrorKind::Conflict => outcome = done(desk, &job).await,
            _ => break,
        }
    }
    let Err(error) = outcome else { return };
    let cause = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
    tracing::warn!(job = %job.id, queue = job.queue, attempt = job.attempt, %error, cause, "a job failed");
    desk.metrics.jobs_failed.inc();
    match desk.store.retry_job(&Context::system("worker"), &job, &format!("{error}: {cause}"), job.backoff()).await {
        Ok(JobState::Failed) => {
            tracing::error!(job = %job.id, queue = job.queue, "a job was given up; it is listed with its error");
            if let Err(error) = told_given_up(desk, &job).await {
                tracing::error!(job = %job.id, %error, "what waits for a job that was given up does not know it");
            }
        }
        Ok(JobState::Waiting) => {}
        Err(error) => tracing::error!(job = %job.id, %error, "a failed job cannot be put back; its lease will end"),
    }
}

/// Tells what waits for a job that it is given up.
async fn told_given_up(desk: &Desk, job: &Claimed) -> Result<()> {
    match job.queue.as_str() {
        PAST_QUEUE => reference_list::given_up(desk, &job.payload::<PastJob>()?).await,
        _ => Ok(()),
    }
}

async fn done(desk: &Desk, job: &Claimed) -> Result<()> {
    match job.queue.as_str() {
        TRIAGE_QUEUE | FOLLOW_QUEUE | RELOOK_QUEUE => triage::run(desk, job, job.payload::<TriageJob>()?).await,
        FULL_LIST_QUEUE => full_list::write(desk, job, job.payload::<FullListJob>()?).await,
        LIST_QUEUE => triage::hand_on(desk, job, job.payload::<ListJob>()?).await,
        PROPOSE_QUEUE => case::propose_again(desk, job, job.payload::<ProposeJob>()?).await,
        PAST_QUEUE => reference_list::search(desk, job, job.payload::<PastJob>()?).await,
        _ => {
            message::send(desk, job.payload::<MailJob>()?, job.attempt >= job.attempts, job.attempt).await?;
            Ok(desk.store.finish_job(&Context::system("worker"), job).await?)
        }
    }
}
