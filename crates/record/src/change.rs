//! One change: what is put, erased, claimed, numbered and enqueued in one transaction, by one caller, for one reason.

use hikeshi_domain::OrganizationId;
use hikeshi_domain::entity::Entity;
use jiff::Timestamp;
use serde::Serialize;
use uuid::Uuid;

use crate::bigram;
use crate::error::{Error, Result};
use crate::job::{Claimed, Job};
use crate::query::Key;

/// Longest body of an entity, in bytes.
pub const LONGEST_BODY: usize = 16 * 1024 * 1024;
/// Most index values of an entity.
pub const MOST_FIELDS: usize = 1_024;

/// What the caller believes that the entity stands at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expect {
    /// It does not exist yet.
    New,
    /// It stands at this version.
    Version(u64),
}

/// Everything that happens together or not at all: `Change::new("alert.close", reason).put(&alert, Expect::Version(3))`.
#[derive(Debug, Clone)]
pub struct Change {
    pub(crate) action: String,
    pub(crate) reason: String,
    pub(crate) owner: Option<Option<OrganizationId>>,
    pub(crate) steps: Vec<Step>,
    pub(crate) defect: Option<Error>,
}

#[derive(Debug, Clone)]
pub(crate) enum Step {
    Put(Put),
    Erase { kind: &'static str, id: Uuid, expect: u64 },
    Claim { namespace: String, name: String, holder: String },
    Release { namespace: String, name: String },
    Number { series: String, number: u64 },
    Enqueue(Job),
    Finish(Claimed),
}

impl Step {
    /// Whether it makes something beside entities, which needs an owner.
    pub(crate) fn is_beside(&self) -> bool {
        !matches!(self, Step::Put(_) | Step::Erase { .. } | Step::Finish(_))
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Put {
    pub(crate) kind: &'static str,
    pub(crate) id: Uuid,
    pub(crate) org: Option<OrganizationId>,
    pub(crate) erasable: bool,
    pub(crate) expect: Expect,
    pub(crate) body: Vec<u8>,
    pub(crate) text: String,
    pub(crate) fields: Vec<Field>,
}

/// One index value of an entity; `first` marks the value that the entity is sorted by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, serde::Deserialize)]
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) key: Key,
    pub(crate) first: bool,
}

impl Change {
    /// An empty change. The action is a dotted word (`alert.close`); the reason is what a person gave, empty if nobody was asked.
    pub fn new(action: impl Into<String>, reason: impl Into<String>) -> Self {
        Change { action: action.into(), reason: reason.into(), owner: None, steps: Vec::new(), defect: None }
    }

    /// Whose the keys, numbers and jobs of this change are. Without it: the scope's one organisation, else the installation.
    pub fn owner(mut self, org: Option<OrganizationId>) -> Self {
        self.owner = Some(org);
        self
    }

    /// Keeps a new version of the entity.
    pub fn put<E: Entity>(mut self, entity: &E, expect: Expect) -> Self {
        match prepared(entity, expect) {
            Ok(put) => self.steps.push(Step::Put(put)),
            Err(error) => self.defect = self.defect.or(Some(error)),
        }
        self
    }

    /// Destroys the key of an erasable entity and appends a tombstone: no version of it can be read again, the chain still verifies.
    pub fn erase<E: Entity>(mut self, id: Uuid, version: u64) -> Self {
        if E::ERASABLE {
            self.steps.push(Step::Erase { kind: E::KIND, id, expect: version });
        } else {
            self.defect = self.defect.or(Some(Error::Invalid(format!("an entity of kind `{}` cannot be erased", E::KIND))));
        }
        self
    }

    /// Takes a key that may be taken once (idempotency, de-duplication), and writes `holder` beside it: usually the id of the
    /// entity that this change makes. If it is taken, the whole change fails with [`Error::Claimed`], which carries the holder.
    pub fn claim_key(mut self, namespace: &str, name: &str, holder: impl ToString) -> Self {
        self.steps.push(Step::Claim { namespace: namespace.to_owned(), name: name.to_owned(), holder: holder.to_string() });
        self
    }

    /// Gives a key back; nothing happens if nobody holds it.
    pub fn release_key(mut self, namespace: &str, name: &str) -> Self {
        self.steps.push(Step::Release { namespace: namespace.to_owned(), name: name.to_owned() });
        self
    }

    /// Takes this number of a series (`flash-report/2026-11-22`), which must be the next one: [`crate::Store::next_number`] tells it.
    /// If somebody was faster, the change fails with [`Error::NumberTaken`]; no number is ever skipped or given twice.
    pub fn take_number(mut self, series: &str, number: u64) -> Self {
        self.steps.push(Step::Number { series: series.to_owned(), number });
        self
    }

    /// Puts a job into a queue; it can be claimed once the change is committed.
    pub fn enqueue(mut self, job: Job) -> Self {
        match &job.defect {
            None => self.steps.push(Step::Enqueue(job)),
            Some(defect) => self.defect = self.defect.or(Some(Error::Invalid(defect.clone()))),
        }
        self
    }

    /// Ends a claimed job together with its effect. Fails with [`Error::LeaseLost`] if somebody else may hold the job now.
    pub fn finish(mut self, job: &Claimed) -> Self {
        self.steps.push(Step::Finish(job.clone()));
        self
    }
}

/// What a change became.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Committed {
    /// When it was recorded.
    pub at: Timestamp,
    /// The new versions, in the order of the puts and erasures.
    pub versions: Vec<NewVersion>,
}

/// A version that a change made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewVersion {
    /// Kind of entity.
    pub kind: String,
    /// Its name.
    pub id: Uuid,
    /// Its version, from 1.
    pub version: u64,
    /// Its place in the record.
    pub seq: u64,
}

fn prepared<E: Entity>(entity: &E, expect: Expect) -> Result<Put> {
    let invalid = |what: String| Error::Invalid(format!("{} `{}` {what}", E::KIND, entity.id()));
    let body = serde_json::to_vec(entity).map_err(|error| invalid(format!("cannot be written: {error}")))?;
    if body.len() > LONGEST_BODY {
        return Err(invalid(format!("has {} bytes; {LONGEST_BODY} are allowed", body.len())));
    }
    let mut fields: Vec<Field> = Vec::new();
    for (name, value) in entity.index() {
        let key = Key::from(&value);
        let first = !fields.iter().any(|field| field.name == name);
        if !fields.iter().any(|field| field.name == name && field.key == key) {
            fields.push(Field { name: name.to_owned(), key, first });
        }
    }
    if fields.len() > MOST_FIELDS {
        return Err(invalid(format!("has {} index values; {MOST_FIELDS} are allowed", fields.len())));
    }
    let text = bigram::normalise(&entity.search_text());
    Ok(Put { kind: E::KIND, id: entity.id(), org: entity.org(), erasable: E::ERASABLE, expect, body, text, fields })
}
