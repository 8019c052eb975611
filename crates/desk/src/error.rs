//! What can go wrong in a use case: a kind that the caller acts on, a sentence for people, and the cause for the log.

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use hikeshi_access::Refusal;
use hikeshi_domain::phrase::Phrase;

/// The sentence for a program that sent no key.
pub const KEY_MISSING: &str = "error.key_missing";

/// The closed list of kinds; the server maps each to one status, the binary to one exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// Nobody is signed in, or the proof does not hold.
    Unauthenticated,
    /// The password holds; a code of the second factor is missing.
    SecondFactor,
    /// Known here, but not for this.
    Forbidden,
    /// Not there, or not for this caller to know of.
    NotFound,
    /// The request cannot be carried out as it is: the sentence says what to change.
    Invalid,
    /// Somebody else changed it meanwhile.
    Conflict,
    /// Larger than the limit.
    TooLarge,
    /// Come again after this time.
    Busy {
        /// How long to wait.
        retry_after: Duration,
    },
    /// The disk is full.
    Full,
    /// A part of the desk is down for now.
    Unavailable,
    /// A fault of ours.
    Internal,
}

impl ErrorKind {
    /// The word in the API and the log.
    pub const fn name(self) -> &'static str {
        match self {
            ErrorKind::Unauthenticated => "unauthenticated",
            ErrorKind::SecondFactor => "second_factor",
            ErrorKind::Forbidden => "forbidden",
            ErrorKind::NotFound => "not_found",
            ErrorKind::Invalid => "invalid",
            ErrorKind::Conflict => "conflict",
            ErrorKind::TooLarge => "too_large",
            ErrorKind::Busy { .. } => "busy",
            ErrorKind::Full => "full",
            ErrorKind::Unavailable => "unavailable",
            ErrorKind::Internal => "internal",
        }
    }
}

/// A use case that did not happen.
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    phrase: Phrase,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Error {
    /// An error whose sentence stands in `playbook/phrases/desk.yaml`.
    pub fn new(kind: ErrorKind, phrase: Phrase) -> Self {
        Error { kind, phrase, source: None }
    }

    /// The request cannot be carried out as it is.
    pub fn invalid(key: &str) -> Self {
        Error::new(ErrorKind::Invalid, Phrase::new(key))
    }

    /// Not there, or not for this caller to know of.
    pub fn not_found() -> Self {
        Error::new(ErrorKind::NotFound, Phrase::new("error.not_found"))
    }

    /// Somebody else was faster.
    pub fn conflict() -> Self {
        Error::new(ErrorKind::Conflict, Phrase::new("error.conflict"))
    }

    /// Nobody is signed in, or the proof does not hold.
    pub fn unauthenticated() -> Self {
        Error::new(ErrorKind::Unauthenticated, Phrase::new("error.unauthenticated"))
    }

    /// A program sent no key.
    pub fn key_missing() -> Self {
        Error::new(ErrorKind::Unauthenticated, Phrase::new(KEY_MISSING))
    }

    /// The key of a program is not one of ours, or was revoked.
    pub fn key_unknown() -> Self {
        Error::new(ErrorKind::Unauthenticated, Phrase::new("error.key_unknown"))
    }

    /// A fault of ours; the cause goes to the log, the request id to the reader.
    pub fn internal(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Error { kind: ErrorKind::Internal, phrase: Phrase::new("error.internal"), source: Some(source.into()) }
    }

    /// The same error with its cause for the log.
    #[must_use]
    pub fn caused_by(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// The same error with one more value in its sentence.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.phrase = self.phrase.with(name, value);
        self
    }

    /// What the caller acts on.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// Whether the record says so, not a rule of ours.
    pub(crate) fn is_of_record(&self, kind: ErrorKind) -> bool {
        self.kind == kind && self.source.as_deref().is_some_and(|source| source.is::<hikeshi_record::Error>())
    }

    /// The sentence for people.
    pub fn phrase(&self) -> &Phrase {
        &self.phrase
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.kind.name(), self.phrase.key)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_deref().map(|source| source as &(dyn StdError + 'static))
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Unknown => Error::not_found(),
            Refusal::Forbidden(action) => Error::new(ErrorKind::Forbidden, Phrase::new("error.forbidden").with("action", action.name())),
        }
    }
}

/// The outcome of a use case.
pub type Result<T> = std::result::Result<T, Error>;

impl From<hikeshi_record::Error> for Error {
    fn from(error: hikeshi_record::Error) -> Self {
        use hikeshi_record::ErrorKind as Kept;
        let (kind, key) = match error.kind() {
            Kept::NotFound | Kept::Gone => (ErrorKind::NotFound, "error.not_found"),
            Kept::Conflict => (ErrorKind::Conflict, "error.conflict"),
            Kept::Invalid => (ErrorKind::Invalid, "error.invalid"),
            Kept::Full => (ErrorKind::Full, "error.disk_full"),
            Kept::Unavailable => (ErrorKind::Unavailable, "error.record_unavailable"),
            Kept::Internal => (ErrorKind::Internal, "error.internal"),
        };
        Error::new(kind, Phrase::new(key)).caused_by(error)
    }
}
