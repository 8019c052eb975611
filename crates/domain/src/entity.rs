//! What the record needs to know about a thing that it keeps: its kind, its name, its tenant, what it is found by.

use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::id::OrganizationId;

/// A value by which entities are found and sorted. Several values may stand under one field.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum IndexValue {
    /// Text, compared byte by byte.
    Text(String),
    /// A number: ranks, scores.
    Integer(i64),
    /// An instant, UTC.
    Time(Timestamp),
}

/// A thing that people decide and do about: versioned, hash-chained, found by its index fields.
pub trait Entity: Serialize + DeserializeOwned + Send + Sync {
    /// Name of the kind in table, URL and log: `alert`, `case`.
    const KIND: &'static str;

    /// Whether the body is encrypted under a key of its own, so that it can be erased (personal data, reports).
    const ERASABLE: bool;

    /// Its name.
    fn id(&self) -> Uuid;

    /// Its tenant; `None` for what belongs to the installation (people, settings).
    fn org(&self) -> Option<OrganizationId>;

    /// What it is found and sorted by: field and value, a field may repeat.
    fn index(&self) -> Vec<(&'static str, IndexValue)>;

    /// The text that search looks in; empty if it is not searched.
    fn search_text(&self) -> String;
}

/// Gathers index fields: what is absent is not listed.
#[derive(Debug, Default)]
pub struct Index(Vec<(&'static str, IndexValue)>);

impl Index {
    /// None yet.
    pub fn new() -> Self {
        Index::default()
    }

    /// One field more.
    #[must_use]
    pub fn with(mut self, field: &'static str, value: impl Into<IndexValue>) -> Self {
        self.0.push((field, value.into()));
        self
    }

    /// One field more for each value that is there.
    #[must_use]
    pub fn with_each(mut self, field: &'static str, values: impl IntoIterator<Item = impl Into<IndexValue>>) -> Self {
        self.0.extend(values.into_iter().map(|value| (field, value.into())));
        self
    }

    /// The fields.
    pub fn fields(self) -> Vec<(&'static str, IndexValue)> {
        self.0
    }
}

impl From<&str> for IndexValue {
    fn from(text: &str) -> Self {
        IndexValue::Text(text.to_owned())
    }
}

impl From<String> for IndexValue {
    fn from(text: String) -> Self {
        IndexValue::Text(text)
    }
}

impl From<i64> for IndexValue {
    fn from(number: i64) -> Self {
        IndexValue::Integer(number)
    }
}

impl From<bool> for IndexValue {
    /// No is 0, yes is 1.
    fn from(yes: bool) -> Self {
        IndexValue::Integer(i64::from(yes))
    }
}

impl From<Timestamp> for IndexValue {
    fn from(time: Timestamp) -> Self {
        IndexValue::Time(time)
    }
}
