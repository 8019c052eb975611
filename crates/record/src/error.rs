//! What can go wrong with the record, in kinds that a caller can act on.

use jiff::Timestamp;
use uuid::Uuid;

/// The result of every call of the record.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why the record did not do what it was asked. Nothing of a refused change is kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// There is no such entity in the caller's scope (it may exist elsewhere: the caller may not know).
    #[error("no {kind} `{id}` is known here")]
    NotFound {
        /// Kind of entity.
        kind: String,
        /// Its name.
        id: Uuid,
    },
    /// It existed; its key was destroyed.
    #[error("{kind} `{id}` was erased at {at}")]
    Erased {
        /// Kind of entity.
        kind: String,
        /// Its name.
        id: Uuid,
        /// When.
        at: Timestamp,
    },
    /// Somebody else changed it first: read it again, then decide again.
    #[error("{kind} `{id}` has changed meanwhile: it stands at version {current}")]
    Conflict {
        /// Kind of entity.
        kind: String,
        /// Its name.
        id: Uuid,
        /// The version that it stands at now; 0 if there is none.
        current: u64,
    },
    /// A key that may be taken once is taken.
    #[error("`{name}` is already taken in {namespace}")]
    Claimed {
        /// What the key is unique in.
        namespace: String,
        /// The key.
        name: String,
        /// What the taker wrote beside it: usually the id of the entity that it made.
        holder: String,
    },
    /// The number was given away meanwhile: take the next one and build the entity again.
    #[error("number {asked} of series `{series}` is not the next one: that is {next}")]
    NumberTaken {
        /// The series.
        series: String,
        /// What was asked.
        asked: u64,
        /// What can be had.
        next: u64,
    },
    /// The lease of a job ran out and somebody else may hold it.
    #[error("job `{job}` is no longer held by this lease")]
    LeaseLost {
        /// The job.
        job: Uuid,
    },
    /// The call itself is wrong.
    #[error("{0}")]
    Invalid(String),
    /// No room on the disk: free some, then try again.
    #[error("the record has no room to write: {0}")]
    Full(String),
    /// The database cannot be reached or written now; nothing that was acknowledged is lost.
    #[error("the record is not available: {0}")]
    Unavailable(String),
    /// What is stored cannot be what was written: run `hikeshi record verify`.
    #[error("the record is damaged: {0}")]
    Corrupt(String),
    /// The data were written by a newer Hikeshi.
    #[error(
        "the record has schema {found}, this program knows up to {known}: install the newer version, or restore the backup made before its first start"
    )]
    SchemaNewer {
        /// What the data say.
        found: i64,
        /// What this program knows.
        known: i64,
    },
    /// A file beside the database could not be read or written.
    #[error("{path}: {why}")]
    File {
        /// Its path.
        path: String,
        /// Why.
        why: String,
    },
    /// A defect of the program.
    #[error("the record failed: {0}")]
    Internal(String),
}

/// What a caller can do about an [`Error`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// 404: show nothing.
    NotFound,
    /// 410: it was erased.
    Gone,
    /// 409: read again, decide again.
    Conflict,
    /// 400: the request is wrong.
    Invalid,
    /// 507: no room.
    Full,
    /// 503: later.
    Unavailable,
    /// 500: an operator must look.
    Internal,
}

impl Error {
    /// What the caller can do about it.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Error::NotFound { .. } => ErrorKind::NotFound,
            Error::Erased { .. } => ErrorKind::Gone,
            Error::Conflict { .. } | Error::Claimed { .. } | Error::NumberTaken { .. } | Error::LeaseLost { .. } => ErrorKind::Conflict,
            Error::Invalid(_) => ErrorKind::Invalid,
            Error::Full(_) => ErrorKind::Full,
            Error::Unavailable(_) => ErrorKind::Unavailable,
            Error::Corrupt(_) | Error::SchemaNewer { .. } | Error::File { .. } | Error::Internal(_) => ErrorKind::Internal,
        }
    }

    pub(crate) fn file(path: &std::path::Path, why: impl ToString) -> Self {
        Error::File { path: path.display().to_string(), why: why.to_string() }
    }
}
