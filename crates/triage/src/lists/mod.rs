//! Reference lists: hashes, names and addresses that somebody vouches for, read from files and looked up by evidence.
//!
//! [`read`] takes what people publish: one indicator a line, CSV with a header, a MISP warning list, a STIX bundle; it tells which lines it
//! could not use and why. What it makes, [`Indicators`], is compact and never changes, so that a desk keeps one for each version of a list.

mod filter;
mod json;
mod lookup;
mod read;
mod table;
mod value;

use std::sync::{Arc, LazyLock};

use hikeshi_domain::level::Level;
use hikeshi_domain::phrase::Phrase;
use hikeshi_domain::reference_list::ListKind;
use hikeshi_event::{Column, Event};
use jiff::Timestamp;

use crate::input::Rule;

pub use filter::Filter;
use lookup::Asked;
pub use lookup::Indicators;
pub use read::{LineDefect, ListLimits, ReadList, read};

/// Columns whose values lists of known bad are asked about.
const HASHES: [Column; 6] =
    [Column::ProcessSha256, Column::ProcessSha1, Column::ProcessMd5, Column::FileSha256, Column::FileSha1, Column::FileMd5];
const NAMES: [Column; 3] = [Column::DnsQuery, Column::NetworkDstIp, Column::NetworkDstHost];

/// Stands in place of a rule's id where an event names what a list calls bad.
pub const LISTED: &str = "hikeshi.listed";

/// Marks an event that a list calls bad, so that it is looked at. It is no rule: what the list says weighs as evidence (E1, E29), once.
pub(crate) static LISTED_RULE: LazyLock<Rule> = LazyLock::new(|| Rule { id: LISTED.to_owned(), level: Level::Medium, ..Rule::default() });

/// What a hit names: the list's name, and from when it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListOrigin {
    /// Its name.
    pub name: String,
    /// Its date.
    pub dated: Option<Timestamp>,
    /// Out of date from here on.
    pub until: Option<Timestamp>,
}

/// One list that triage may ask.
#[derive(Debug, Clone)]
pub struct List {
    /// What it says of its entries.
    pub kind: ListKind,
    /// What a hit names.
    pub origin: ListOrigin,
    /// The entries.
    pub indicators: Arc<Indicators>,
}

/// What ends the key of a reason that rests on a list out of date.
const OUT_OF_DATE: &str = ".expired";

/// Whether the reason rests on a list that is out of date.
pub(crate) fn is_out_of_date(reason: &Phrase) -> bool {
    reason.key.ends_with(OUT_OF_DATE)
}

/// The lists that count for one organisation. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Lists {
    /// Those that are not out of date first, then the latest: of several that know a value the first is named.
    lists: Vec<List>,
    /// What of them no list of known bad knows; none: each is asked.
    filters: Vec<Arc<Filter>>,
}

/// What a list calls bad of what an event names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Accused<'a> {
    /// The list's name.
    pub list: &'a str,
    /// What the list calls it.
    pub label: Option<&'a str>,
    /// The hash, name or address, as the event writes it.
    pub value: &'a str,
}

/// A list knows the value.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Hit<'a> {
    origin: &'a ListOrigin,
    label: Option<&'a str>,
    expired: bool,
}

impl Lists {
    /// The lists as they stand at `now`.
    pub fn new(mut lists: Vec<List>, now: Timestamp) -> Lists {
        lists.sort_by_key(|list| (expired(&list.origin, now), std::cmp::Reverse(list.origin.dated), list.origin.name.clone()));
        Lists { lists, filters: Vec::new() }
    }

    /// The same lists behind filters that know all that those of known bad do: for whoever asks of every event.
    pub fn behind(self, filters: Vec<Arc<Filter>>) -> Lists {
        Lists { filters, ..self }
    }

    /// Whether there is no list at all.
    pub fn is_empty(&self) -> bool {
        self.lists.is_empty()
    }

    /// Whether a list calls something bad that the event names.
    pub(crate) fn accuse(&self, event: &Event<'_>) -> bool {
        let mut asked = asked_of(event).filter(|(_, asked)| self.may_know(asked));
        asked.any(|(_, asked)| self.of(ListKind::Bad).any(|list| list.indicators.known(&asked).is_some()))
    }

    /// What of the event a list calls bad that is in date: the first hash, else the first name or address.
    pub fn accused<'a>(&'a self, event: &'a Event<'_>, now: Timestamp) -> Option<Accused<'a>> {
        let mut asked = asked_of(event).filter(|(_, asked)| self.may_know(asked));
        asked.find_map(|(value, asked)| {
            let mut lists = self.of(ListKind::Bad).filter(|list| !expired(&list.origin, now));
            lists.find_map(|list| Some(Accused { list: &list.origin.name, label: list.indicators.known(&asked)?, value }))
        })
    }

    fn may_know(&self, asked: &Asked<'_>) -> bool {
        self.filters.is_empty() || self.filters.iter().any(|filter| filter.may_know(asked))
    }

    /// Whether a list of that kind holds hashes.
    pub(crate) fn know_hashes(&self, kind: ListKind) -> bool {
        self.of(kind).any(|list| list.indicators.hashes() > 0)
    }

    /// Whether a list of that kind holds names or addresses.
    pub(crate) fn know_names(&self, kind: ListKind) -> bool {
        self.of(kind).any(|list| list.indicators.names() > 0)
    }

    /// The list that knows the hash (hexadecimal).
    pub(crate) fn hash(&self, kind: ListKind, hash: &str, now: Timestamp) -> Option<Hit<'_>> {
        self.hit(kind, now, &Asked::hash(hash)?)
    }

    /// The list that knows the domain name or the address.
    pub(crate) fn name(&self, kind: ListKind, name: &str, now: Timestamp) -> Option<Hit<'_>> {
        self.hit(kind, now, &Asked::name(name)?)
    }

    fn hit(&self, kind: ListKind, now: Timestamp, asked: &Asked<'_>) -> Option<Hit<'_>> {
        self.of(kind).find_map(|list| {
            let label = list.indicators.known(asked)?;
            Some(Hit { origin: &list.origin, label, expired: expired(&list.origin, now) })
        })
    }

    fn of(&self, kind: ListKind) -> impl Iterator<Item = &List> {
        self.lists.iter().filter(move |list| list.kind == kind)
    }
}

/// What of the event lists are asked, each made ready once: hashes, then names and addresses.
fn asked_of<'e>(event: &'e Event<'_>) -> impl Iterator<Item = (&'e str, Asked<'e>)> {
    let hashes = HASHES.into_iter().filter_map(|column| event.text(column)).filter_map(|text| Some((text, Asked::hash(text)?)));
    hashes.chain(NAMES.into_iter().filter_map(|column| event.text(column)).filter_map(|text| Some((text, Asked::name(text)?))))
}

impl Hit<'_> {
    /// The reason, with the list's name and date; of a list out of date it says so.
    pub(crate) fn reason(&self, key: &str) -> Phrase {
        let day = |at: Option<Timestamp>| at.map_or_else(|| "–".to_owned(), |at| at.strftime("%Y-%m-%d").to_string());
        let list = match self.label {
            Some(label) => format!("{}: {label}", self.origin.name),
            None => self.origin.name.clone(),
        };
        let phrase = match self.expired {
            true => Phrase::new(format!("{key}{OUT_OF_DATE}")).with("until", day(self.origin.until)),
            false => Phrase::new(key),
        };
        phrase.with("list", list).with("at", day(self.origin.dated))
    }
}

fn expired(origin: &ListOrigin, now: Timestamp) -> bool {
    origin.until.is_some_and(|until| now >= until)
}
