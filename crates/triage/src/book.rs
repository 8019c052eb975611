//! The verdict book: points, bands, families and lists of `playbook/verdict*.yaml`, checked when it is read.

use std::collections::BTreeMap;

use hikeshi_domain::playbook::{self, Files, PlaybookError};
use hikeshi_domain::verdict::Family;
use regex::{RegexBuilder, RegexSet, RegexSetBuilder};
use serde::Deserialize;
use serde_saphyr::Spanned;
use sha2::{Digest, Sha256};

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
    patterns: Vec<Spanned<String>>,
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

const BOOK: &str = "verdict.yaml";
const LISTS: &str = "verdict-lists.yaml";

impl VerdictBook {
    /// The book that the program carries.
    ///
    /// # Errors
    /// Never for the files of this tree: a test reads them.
    pub fn shipped() -> Result<VerdictBook, PlaybookError> {
        VerdictBook::load(&Files::shipped())
    }

    /// Reads the book and its lists. Where they are not the shipped ones, the version names them by a fingerprint, e.g. `2026-11b+9f2c01d4`.
    ///
    /// # Errors
    /// When a file is wrong: its name, the line and what was expected.
    pub fn load(files: &Files) -> Result<VerdictBook, PlaybookError> {
        let file: BookFile = files.read(BOOK)?;
        let written: BTreeMap<String, ListFile> = files.read(LISTS)?;
        let lists = written.into_iter().map(|(name, list)| Ok((name.clone(), compile(&name, &list.patterns)?)));
        let lists: BTreeMap<String, RegexSet> = lists.collect::<Result<_, PlaybookError>>()?;
        let missing_item = crate::evidence::ITEMS.iter().find(|id| !file.items.contains_key(**id));
        let missing_list = crate::evidence::LISTS.iter().find(|name| !lists.contains_key(**name));
        if let Some(id) = missing_item {
            return Err(PlaybookError::at(BOOK, 0, format!("`items`: expected an entry `{id}`, found none")));
        }
        if let Some(name) = missing_list {
            return Err(PlaybookError::at(LISTS, 0, format!("expected a list `{name}`, found none")));
        }
        let version = format!("{}{}", file.version, fingerprint(files));
        Ok(VerdictBook { version, bands: file.bands, rules: file.rules, shown: file.shown, items: file.items, lists })
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

/// Names files that are not the shipped ones.
fn fingerprint(files: &Files) -> String {
    if [BOOK, LISTS].iter().all(|path| files.text(path) == playbook::shipped(path)) {
        return String::new();
    }
    let mut hash = Sha256::new();
    [BOOK, LISTS].iter().for_each(|path| hash.update(files.text(path).unwrap_or_default()));
    let bytes = hash.finalize();
    format!("+{}", bytes.iter().take(4).map(|byte| format!("{byte:02x}")).collect::<String>())
}

fn compile(list: &str, patterns: &[Spanned<String>]) -> Result<RegexSet, PlaybookError> {
    let texts = patterns.iter().map(|pattern| &pattern.value);
    let set = RegexSetBuilder::new(texts).case_insensitive(true).size_limit(64 << 20).build();
    set.map_err(|error| {
        let broken = patterns.iter().find(|pattern| RegexBuilder::new(&pattern.value).case_insensitive(true).build().is_err());
        let (line, pattern) = broken.map_or((0, "all together"), |pattern| (pattern.referenced.line(), &pattern.value));
        let why = error.to_string();
        let why = why.lines().last().unwrap_or_default().trim_start_matches("error: ");
        PlaybookError::at(LISTS, line, format!("list `{list}`: expected a regular expression, found `{pattern}`: {why}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(path: &str, from: &str, to: &str) -> Result<VerdictBook, PlaybookError> {
        let text = playbook::shipped(path).unwrap();
        assert!(text.contains(from), "{from}");
        let own = BTreeMap::from([(path.to_owned(), text.replacen(from, to, 1))]);
        VerdictBook::load(&Files::with_own(own).unwrap())
    }

    #[test]
    fn a_book_of_ones_own_is_named_so() {
        let shipped = VerdictBook::shipped().unwrap();
        let own = with(BOOK, "black_points: 60", "black_points: 70").unwrap();
        assert_eq!((own.bands.black_points, shipped.bands.black_points), (70, 60));
        assert!(own.version.starts_with(&format!("{}+", shipped.version)), "{}", own.version);
    }

    #[test]
    fn a_wrong_book_is_named_with_line_and_expectation() {
        let said = |outcome: Result<VerdictBook, PlaybookError>| outcome.unwrap_err().to_string();
        let line = |path: &str, from: &str| playbook::shipped(path).unwrap().split(from).next().unwrap().lines().count();
        let wrong = said(with(BOOK, "black_points: 60", "black_points: many"));
        assert!(wrong.starts_with(&format!("playbook/verdict.yaml:{}: ", line(BOOK, "black_points: 60"))), "{wrong}");
        let wrong = said(with(LISTS, r"'^\\windows\\explorer\.exe$'", "'(explorer'"));
        let at = line(LISTS, r"'^\\windows\\explorer\.exe$'");
        assert!(wrong.starts_with(&format!("playbook/verdict-lists.yaml:{at}: list `hubs`: expected a regular")), "{wrong}");
        assert!(said(with(BOOK, "  E41: ", "  X41: ")).contains("expected an entry `E41`"));
    }
}
