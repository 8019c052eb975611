//! Work that follows from a change: kept in the same transaction, claimed under a lease, tried again with patience.

use hikeshi_domain::OrganizationId;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::error::{Error, Result};

const DEFAULT_ATTEMPTS: u32 = 10;

/// A job to be done: a queue's name and a payload that the worker of that queue understands.
#[derive(Debug, Clone)]
pub struct Job {
    pub(crate) id: Uuid,
    pub(crate) queue: String,
    pub(crate) payload: String,
    pub(crate) not_before: Option<Timestamp>,
    pub(crate) attempts: u32,
    pub(crate) defect: Option<String>,
}

impl Job {
    /// A job to be done as soon as somebody has time.
    pub fn new(queue: &str, payload: &impl Serialize) -> Self {
        let (payload, defect) = match serde_json::to_string(payload) {
            Ok(payload) => (payload, None),
            Err(error) => (String::new(), Some(format!("the job for `{queue}` cannot be written: {error}"))),
        };
        Job { id: Uuid::now_v7(), queue: queue.to_owned(), payload, not_before: None, attempts: DEFAULT_ATTEMPTS, defect }
    }

    /// Not before that instant.
    pub fn not_before(mut self, at: Timestamp) -> Self {
        self.not_before = Some(at);
        self
    }

    /// Tried that often (at least once) before it is set aside as failed; 10 without this.
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts.max(1);
        self
    }

    /// Its name.
    pub fn id(&self) -> Uuid {
        self.id
    }
}

/// A job that a worker holds until its lease ends. Twice done must mean once done: a lease may run out while the worker works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimed {
    /// Its name.
    pub id: Uuid,
    /// The tenant; `None` for the installation.
    pub org: Option<OrganizationId>,
    /// The queue.
    pub queue: String,
    /// The payload, JSON.
    pub payload: String,
    /// Which attempt this is, from 1.
    pub attempt: u32,
    /// Attempts allowed.
    pub attempts: u32,
    /// When the lease ends.
    pub until: Timestamp,
    pub(crate) lease: i64,
}

impl Claimed {
    /// The payload as the worker's type.
    pub fn payload<T: DeserializeOwned>(&self) -> Result<T> {
        let wrong = |error| Error::Corrupt(format!("payload of job `{}` in `{}`: {error}", self.id, self.queue));
        serde_json::from_str(&self.payload).map_err(wrong)
    }

    /// A patient delay before the next attempt: 2, 4, 8 … seconds, at most an hour.
    pub fn backoff(&self) -> SignedDuration {
        const LONGEST: i64 = 3_600;
        SignedDuration::from_secs(2_i64.checked_pow(self.attempt).map_or(LONGEST, |seconds| seconds.min(LONGEST)))
    }
}

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// To be done, or being done.
    Waiting,
    /// Every attempt failed; a person must look.
    Failed,
}

/// A job as an operator sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobRow {
    /// Its name.
    pub id: Uuid,
    /// The tenant; `None` for the installation.
    pub org: Option<OrganizationId>,
    /// The queue.
    pub queue: String,
    /// The payload, JSON.
    pub payload: String,
    /// Where it stands.
    pub state: JobState,
    /// Attempts made.
    pub attempt: u32,
    /// Attempts allowed.
    pub attempts: u32,
    /// When it was enqueued.
    pub created_at: Timestamp,
    /// When it is due.
    pub due_at: Timestamp,
    /// What the last attempt said.
    pub last_error: Option<String>,
}
