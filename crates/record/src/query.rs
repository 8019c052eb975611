//! A question for a page of entities: filters on index fields, words, an order, a cursor.

use hikeshi_domain::entity::IndexValue;

use crate::bigram;
use crate::error::{Error, Result};

/// Most items of a page.
pub const PAGE_LIMIT: u32 = 1_000;

const DEFAULT_LIMIT: u32 = 50;

/// Direction of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Smallest first.
    Asc,
    /// Largest first.
    Desc,
}

/// One condition on an index field.
#[derive(Debug, Clone)]
pub(crate) enum Filter {
    AnyOf { field: String, values: Vec<Key> },
    Missing { field: String },
    Range { field: String, from: Option<Key>, to: Option<Key> },
}

/// An index value as it is stored and compared: text first, then number.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub(crate) struct Key {
    pub(crate) text: String,
    pub(crate) number: i64,
}

impl From<&IndexValue> for Key {
    fn from(value: &IndexValue) -> Self {
        match value {
            IndexValue::Text(text) => Key { text: bounded(text), number: 0 },
            IndexValue::Integer(number) => Key { text: String::new(), number: *number },
            IndexValue::Time(time) => Key { text: String::new(), number: time.as_microsecond() },
        }
    }
}

/// Text longer than an index page bears: its beginning, then its hash, so that equality stays exact.
fn bounded(text: &str) -> String {
    const LONGEST: usize = 512;
    const KEPT: usize = 400;
    if text.len() <= LONGEST {
        return text.replace('\0', "\u{fffd}");
    }
    let end = (0..=KEPT).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
    let hash = crate::chain::sha256(&[text.as_bytes()]);
    format!("{}…{}", text.get(..end).unwrap_or_default().replace('\0', "\u{fffd}"), hex::encode(hash))
}

/// What to list: `Query::new().eq("state", "reported").text("漏洩").order("received_at", Order::Desc).limit(50)`.
#[derive(Debug, Clone, Default)]
pub struct Query {
    pub(crate) filters: Vec<Filter>,
    pub(crate) words: Vec<String>,
    pub(crate) order: Option<(String, Order)>,
    pub(crate) after: Option<String>,
    pub(crate) limit: Option<u32>,
}

impl Query {
    /// Everything of a kind, oldest first, 50 a page.
    pub fn new() -> Self {
        Query::default()
    }

    /// Only entities that have this value in the field.
    pub fn eq(self, field: &str, value: impl Into<IndexValue>) -> Self {
        self.any_of(field, [value])
    }

    /// Only entities that have one of these values in the field; no values, no entities.
    pub fn any_of<V: Into<IndexValue>>(mut self, field: &str, values: impl IntoIterator<Item = V>) -> Self {
        let values = values.into_iter().map(|value| Key::from(&value.into())).collect();
        self.filters.push(Filter::AnyOf { field: field.to_owned(), values });
        self
    }

    /// Only entities that have no value in the field.
    pub fn missing(mut self, field: &str) -> Self {
        self.filters.push(Filter::Missing { field: field.to_owned() });
        self
    }

    /// Only entities whose field is at least this.
    pub fn at_least(mut self, field: &str, least: impl Into<IndexValue>) -> Self {
        self.filters.push(Filter::Range { field: field.to_owned(), from: Some(Key::from(&least.into())), to: None });
        self
    }

    /// Only entities whose field is less than this.
    pub fn before(mut self, field: &str, bound: impl Into<IndexValue>) -> Self {
        self.filters.push(Filter::Range { field: field.to_owned(), from: None, to: Some(Key::from(&bound.into())) });
        self
    }

    /// Only entities with `least <= field < bound`.
    pub fn between(mut self, field: &str, least: impl Into<IndexValue>, bound: impl Into<IndexValue>) -> Self {
        let (from, to) = (Some(Key::from(&least.into())), Some(Key::from(&bound.into())));
        self.filters.push(Filter::Range { field: field.to_owned(), from, to });
        self
    }

    /// Only entities whose search text holds every one of these words (parted by spaces), as they are or inside longer ones;
    /// width and case do not count.
    pub fn text(mut self, words: &str) -> Self {
        self.words.extend(bigram::normalise(words).split(' ').filter(|word| !word.is_empty()).map(str::to_owned));
        self
    }

    /// Sorted by a field; entities without it come last, the oldest first. Without an order, in order of creation.
    pub fn order(mut self, field: &str, order: Order) -> Self {
        self.order = Some((field.to_owned(), order));
        self
    }

    /// The page after the one that gave this cursor.
    pub fn after(mut self, cursor: impl Into<Option<String>>) -> Self {
        self.after = cursor.into();
        self
    }

    /// At most that many items (1 to [`PAGE_LIMIT`]).
    pub fn limit(mut self, items: u32) -> Self {
        self.limit = Some(items.clamp(1, PAGE_LIMIT));
        self
    }

    pub(crate) fn items(&self) -> u32 {
        self.limit.unwrap_or(DEFAULT_LIMIT)
    }

    pub(crate) fn cursor(&self) -> Result<Option<Cursor>> {
        self.after.as_deref().map(Cursor::parse).transpose()
    }
}

/// Where a page ended.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Cursor {
    /// Key of the last item; `None` among the items that lack the field of the order.
    pub(crate) key: Option<Key>,
    /// Row of the last item.
    pub(crate) no: i64,
}

impl Cursor {
    pub(crate) fn format(&self) -> String {
        hex::encode(serde_json::to_vec(self).unwrap_or_default())
    }

    fn parse(text: &str) -> Result<Self> {
        let bytes = hex::decode(text).ok();
        let cursor = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        cursor.ok_or_else(|| Error::Invalid(format!("`{text}` is no cursor of a list; start again without it")))
    }
}

/// A part of a list.
#[derive(Debug, Clone)]
pub struct Page<T> {
    /// The items, in the order asked.
    pub items: Vec<T>,
    /// What [`Query::after`] takes for the next page; `None` on the last one.
    pub next_cursor: Option<String>,
    /// How many entities match on all pages.
    pub total: u64,
}
