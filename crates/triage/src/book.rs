//! The verdict book: points, bands, families and lists of `playbook/verdict*.yaml`, checked when it is read.

use std::collections::BTreeMap;

use hikeshi_domain::verdict::Family;
use regex::{RegexBuilder, RegexSet, RegexSetBuilder};
use serde::Deserialize;

/// What the file says of one item of evidence.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// Its family.
    pub family: Family,
    /// Points: positive toward malicious.
    pub points: i32,
    /// Where the weight comes from and why it is what it is.
    pub source: String,
}

/// From when on a verdict is clear.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bands {
    /// Black from this sum on.
    pub black_points: i32,
    /// … from at least so many families.
    pub black_families: usize,
    /// White down from this sum.
    pub white_points: i32,
    /// … from at least so many families.
    pub white_families: usize,
    /// No single item of so many points or more may stand against white.
    pub white_forbidden_by: i32,
}

/// How matches of rules weigh.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleWeights {
    /// All rules together never weigh more.
    pub cap: i32,
    /// Nor do those of level medium.
    pub medium_cap: i32,
}

/// Bounds of what is shown.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shown {
    /// Rows of a section; the total is always told.
    pub section_items: usize,
    /// Nodes of the tree.
    pub tree_nodes: usize,
    /// Events named per row or finding.
    pub events: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BookFile {
    version: String,
    bands: Bands,
    rules: RuleWeights,
    shown: Shown,
    items: BTreeMap<String, Item>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ListFile {
    #[expect(dead_code, reason = "the source of a list is for its reader; requiring it here keeps it from being left out")]
    source: String,
    patterns: Vec<String>,
}

/// Points, bands and lists in force.
#[derive(Debug)]
pub struct VerdictBook {
    /// Names this edition of the book.
    pub version: String,
    /// When a verdict is clear.
    pub bands: Bands,
    /// How rules weigh.
    pub rules: RuleWeights,
    /// Bounds of what is shown.
    pub shown: Shown,
    items: BTreeMap<String, Item>,
    lists: BTreeMap<String, RegexSet>,
}

/// Why a book cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BookError {
    /// The file is not of the expected shape.
    #[error("{file}: {reason}")]
    Shape {
        /// Which file.
        file: &'static str,
        /// Line and what was expected.
        reason: String,
    },
    /// A pattern of a list is no regular expression.
    #[error("playbook/verdict-lists.yaml: list `{list}`, pattern `{pattern}`: {reason}")]
    Pattern {
        /// The list.
        list: String,
        /// The pattern.
        pattern: String,
        /// Why not.
        reason: String,
    },
    /// The program weighs something that the book does not name.
    #[error("{file}: `{name}` is missing")]
    Missing {
        /// Which file.
        file: &'static str,
        /// What is missing.
        name: String,
    },
}

const BOOK_FILE: &str = "playbook/verdict.yaml";
const LISTS_FILE: &str = "playbook/verdict-lists.yaml";

impl VerdictBook {
    /// The book that the program carries.
    ///
    /// # Errors
    /// Never for the files of this tree: a test reads them.
    pub fn shipped() -> Result<VerdictBook, BookError> {
        let book = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../playbook/verdict.yaml"));
        let lists = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../playbook/verdict-lists.yaml"));
        VerdictBook::parse(book, lists)
    }

    /// Reads a book and its lists.
    ///
    /// # Errors
    /// Names the file and what was expected.
    pub fn parse(book: &str, lists: &str) -> Result<VerdictBook, BookError> {
        let shape = |file, error: serde_saphyr::Error| BookError::Shape { file, reason: error.to_string() };
        let file: BookFile = serde_saphyr::from_str(book).map_err(|error| shape(BOOK_FILE, error))?;
        let written: BTreeMap<String, ListFile> = serde_saphyr::from_str(lists).map_err(|error| shape(LISTS_FILE, error))?;
        let mut compiled = BTreeMap::new();
        for (name, list) in written {
            compiled.insert(name.clone(), compile(&name, &list.patterns)?);
        }
        let missing_item = crate::evidence::ITEMS.iter().find(|id| !file.items.contains_key(**id));
        let missing_list = crate::evidence::LISTS.iter().find(|name| !compiled.contains_key(**name));
        if let Some(name) = missing_item {
            return Err(BookError::Missing { file: BOOK_FILE, name: (*name).to_owned() });
        }
        if let Some(name) = missing_list {
            return Err(BookError::Missing { file: LISTS_FILE, name: (*name).to_owned() });
        }
        Ok(VerdictBook {
            version: file.version,
            bands: file.bands,
            rules: file.rules,
            shown: file.shown,
            items: file.items,
            lists: compiled,
        })
    }

    /// What the book says of an item.
    pub fn item(&self, id: &str) -> Option<&Item> {
        self.items.get(id)
    }

    /// All items, by id.
    pub fn items(&self) -> impl Iterator<Item = (&str, &Item)> {
        self.items.iter().map(|(id, item)| (id.as_str(), item))
    }

    /// Whether the text fits a pattern of the list.
    pub(crate) fn fits(&self, list: &str, text: &str) -> bool {
        self.lists.get(list).is_some_and(|patterns| patterns.is_match(text))
    }

    /// How many patterns of the list the text fits.
    pub(crate) fn count(&self, list: &str, text: &str) -> usize {
        self.lists.get(list).map_or(0, |patterns| patterns.matches(text).iter().count())
    }
}

fn compile(list: &str, patterns: &[String]) -> Result<RegexSet, BookError> {
    let set = RegexSetBuilder::new(patterns).case_insensitive(true).size_limit(64 << 20).build();
    set.map_err(|error| {
        let broken = patterns.iter().find(|pattern| RegexBuilder::new(pattern).case_insensitive(true).build().is_err());
        let pattern = broken.map_or("all together", String::as_str).to_owned();
        BookError::Pattern { list: list.to_owned(), pattern, reason: error.to_string() }
    })
}
