//! What the intake knows: `playbook/mail/intake.yaml`, checked and made quick to ask.

use std::collections::BTreeMap;

use hikeshi_domain::playbook::{Files, PlaybookError};
use jiff::tz::{Offset, TimeZone};
use serde::Deserialize;

use super::fold::{folded, squeezed};

const PATH: &str = "mail/intake.yaml";

/// Labels, words, zones and places that the intake recognises.
#[derive(Debug, Clone)]
pub struct Book {
    pub(crate) version: String,
    pub(crate) subject: Vec<String>,
    pub(crate) labels: BTreeMap<String, Item>,
    pub(crate) keywords: Vec<Keyword>,
    pub(crate) none: Vec<String>,
    pub(crate) service: Choices,
    pub(crate) urgency: Choices,
    pub(crate) state: Choices,
    pub(crate) closings: Vec<String>,
    pub(crate) asks: Asks,
    pub(crate) attack: Attack,
    pub(crate) zones: Vec<(String, Zone)>,
    pub(crate) places: Vec<(String, TimeZone)>,
    pub(crate) countries: Vec<(String, Option<TimeZone>)>,
    pub(crate) regions: Vec<(String, TimeZone)>,
}

/// An item of the form, or a label that belongs to one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Item {
    Organization,
    Sites,
    #[serde(rename = "contact.name")]
    Name,
    #[serde(rename = "contact.phone_primary")]
    PhonePrimary,
    #[serde(rename = "contact.phone_secondary")]
    PhoneSecondary,
    #[serde(rename = "contact.email")]
    Email,
    Service,
    Urgency,
    State,
    Indicators,
    BusinessImpact,
    Request,
    ScopingCall,
    Timezone,
    City,
    Region,
    Country,
    Other,
}

/// A label is this item when all groups have a word in it, and none of `not`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Keyword {
    pub(crate) item: Item,
    pub(crate) all: Vec<Vec<String>>,
    #[serde(default)]
    pub(crate) not: Vec<String>,
}

/// Words, longest first, each with the place of its choice; none for words that say only what is not meant.
#[derive(Debug, Clone)]
pub(crate) struct Choices(pub(crate) Vec<(String, Option<usize>)>);

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Asks {
    pub(crate) help: Vec<String>,
    pub(crate) question: Vec<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Attack {
    pub(crate) attack: Vec<String>,
    pub(crate) now: Vec<String>,
    pub(crate) under: Vec<String>,
    pub(crate) not: Vec<String>,
    pub(crate) over: Vec<String>,
    pub(crate) unreal: Vec<String>,
}

/// A zone that a name means; with an offset where the name is one of the zone's two.
#[derive(Debug, Clone)]
pub(crate) struct Zone {
    pub(crate) zone: TimeZone,
    pub(crate) offset: Option<Offset>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    version: String,
    subject: Vec<String>,
    labels: BTreeMap<Item, Vec<String>>,
    keywords: Vec<Keyword>,
    none: Vec<String>,
    service: BTreeMap<String, Vec<String>>,
    urgency: BTreeMap<String, Vec<String>>,
    state: BTreeMap<String, Vec<String>>,
    closings: Vec<String>,
    asks: Asks,
    attack: Attack,
    zones: Vec<WrittenZone>,
    places: BTreeMap<String, Vec<String>>,
    countries: Vec<WrittenCountry>,
    regions: BTreeMap<String, Vec<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenZone {
    names: Vec<String>,
    zone: String,
    offset: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenCountry {
    names: Vec<String>,
    zone: Option<String>,
}

impl Book {
    /// Reads the file in force.
    ///
    /// # Errors
    /// When the file lacks something, names a zone that nobody knows, a choice that is none, or one label for two items.
    pub fn load(files: &Files) -> Result<Self, PlaybookError> {
        let written: Written = files.read(PATH)?;
        let mut labels = BTreeMap::new();
        for (item, names) in &written.labels {
            for name in names {
                if let Some(other) = labels.insert(squeezed(name), *item).filter(|other| other != item) {
                    return Err(wrong(format!("expected one item for the label `{name}`, found {item:?} and {other:?}")));
                }
            }
        }
        if written.subject.iter().all(|start| start.trim().is_empty()) {
            return Err(wrong("expected at least one start of the subject"));
        }
        let all = |words: Vec<String>| words.iter().map(|word| folded(word)).filter(|word| !word.is_empty()).collect::<Vec<_>>();
        let attack = written.attack;
        Ok(Book {
            version: written.version,
            subject: written.subject.iter().map(|start| squeezed(start)).collect(),
            labels,
            keywords: written.keywords,
            none: written.none.iter().map(|word| squeezed(word)).collect(),
            service: choices("service", written.service, &["emergency", "proactive"])?,
            urgency: choices("urgency", written.urgency, &["urgent", "non_urgent"])?,
            state: choices("state", written.state, &["ongoing", "contained", "future"])?,
            closings: all(written.closings),
            asks: Asks { help: all(written.asks.help), question: all(written.asks.question) },
            attack: Attack {
                attack: all(attack.attack),
                now: all(attack.now),
                under: all(attack.under),
                not: all(attack.not),
                over: all(attack.over),
                unreal: all(attack.unreal),
            },
            zones: zones(written.zones)?,
            places: cities().chain(placed(written.places)?).collect(),
            countries: countries(written.countries)?,
            regions: placed(written.regions)?.collect(),
        })
    }

    /// The version of the file, for whoever writes down what a request was read with.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Whether a value says that there is none.
    pub(crate) fn says_none(&self, value: &str) -> bool {
        let bare = squeezed(value);
        let bare = bare.trim_matches(|letter: char| "()[]{}<>「」『』【】。、.,!\"'".contains(letter));
        bare.is_empty() || self.none.iter().any(|word| word == bare)
    }
}

fn wrong(expected: impl std::fmt::Display) -> PlaybookError {
    PlaybookError::at(PATH, 0, expected)
}

fn choices(name: &str, written: BTreeMap<String, Vec<String>>, known: &[&str]) -> Result<Choices, PlaybookError> {
    if let Some(missing) = known.iter().find(|choice| !written.contains_key(**choice)) {
        return Err(wrong(format!("`{name}`: expected words for `{missing}`, found none")));
    }
    let mut words = Vec::new();
    for (choice, listed) in written {
        let place = known.iter().position(|known| *known == choice);
        if place.is_none() && choice != "neither" {
            return Err(wrong(format!("`{name}`: expected one of {known:?} or `neither`, found `{choice}`")));
        }
        words.extend(listed.iter().map(|word| (folded(word), place)));
    }
    words.sort_by_key(|(word, _)| std::cmp::Reverse(word.chars().count()));
    Ok(Choices(words))
}

fn zone(name: &str) -> Result<TimeZone, PlaybookError> {
    TimeZone::get(name).map_err(|_| wrong(format!("expected a name of the tz database, found `{name}`")))
}

fn zones(written: Vec<WrittenZone>) -> Result<Vec<(String, Zone)>, PlaybookError> {
    let mut zones = Vec::new();
    for entry in written {
        let offset = entry
            .offset
            .as_deref()
            .map(|text| offset(text).ok_or_else(|| wrong(format!("expected an offset like +09:00, found `{text}`"))));
        let zone = Zone { zone: zone(&entry.zone)?, offset: offset.transpose()? };
        zones.extend(entry.names.iter().map(|name| (folded(name), zone.clone())));
    }
    zones.sort_by_key(|(name, _)| std::cmp::Reverse(name.chars().count()));
    Ok(zones)
}

/// `+09:00`.
fn offset(text: &str) -> Option<Offset> {
    let (sign, rest) = match text.split_at_checked(1)? {
        ("+", rest) => (1, rest),
        ("-", rest) => (-1, rest),
        _ => return None,
    };
    let (hours, minutes) = rest.split_once(':')?;
    let (hours, minutes): (i32, i32) = (hours.parse().ok()?, minutes.parse().ok()?);
    Offset::from_seconds(sign * (hours * 3600 + minutes * 60)).ok()
}

fn placed(written: BTreeMap<String, Vec<String>>) -> Result<impl Iterator<Item = (String, TimeZone)>, PlaybookError> {
    let mut places = Vec::new();
    for (name, listed) in written {
        let zone = zone(&name)?;
        places.extend(listed.iter().map(|place| (folded(place), zone.clone())));
    }
    Ok(places.into_iter())
}

/// The cities that the tz database's own names hold: `Asia/Tokyo`, `America/New_York`.
fn cities() -> impl Iterator<Item = (String, TimeZone)> {
    let regions = ["Africa/", "America/", "Asia/", "Atlantic/", "Australia/", "Europe/", "Indian/", "Pacific/"];
    let names: Vec<String> = jiff::tz::db().available().map(|name| name.to_string()).collect();
    let cities = names.into_iter().filter(move |name| regions.iter().any(|region| name.starts_with(region)));
    cities.filter_map(|name| {
        let city = name.rsplit('/').next()?.replace('_', " ").to_lowercase();
        Some((city, TimeZone::get(&name).ok()?)).filter(|(city, _)| city.len() > 3)
    })
}

fn countries(written: Vec<WrittenCountry>) -> Result<Vec<(String, Option<TimeZone>)>, PlaybookError> {
    let mut countries = Vec::new();
    for entry in written {
        let zone = entry.zone.as_deref().map(zone).transpose()?;
        countries.extend(entry.names.iter().map(|name| (folded(name), zone.clone())));
    }
    Ok(countries)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(from: &str, to: &str) -> String {
        let text = hikeshi_domain::playbook::shipped(PATH).unwrap().replacen(from, to, 1);
        let files = Files::with_own(BTreeMap::from([(PATH.to_owned(), text)])).unwrap();
        Book::load(&files).unwrap_err().to_string()
    }

    #[test]
    fn the_shipped_book_is_sound_and_a_wrong_one_is_refused() {
        let book = Book::load(&Files::shipped()).unwrap();
        assert!(book.places.iter().any(|(city, _)| city == "london") && book.says_none("（なし）") && !book.version().is_empty());
        assert!(refused("zone: Asia/Tokyo", "zone: Asia/Kyoto").contains("found `Asia/Kyoto`"));
        assert!(refused("offset: \"-05:00\"", "offset: five").contains("found `five`"));
        assert!(refused("  proactive: [", "  later: [").contains("`service`: expected words for `proactive`"));
        assert!(refused("sites: [", "sites: [組織名, ").contains("one item for the label"));
        assert!(refused("closings:", "closing:").contains("mail/intake.yaml"));
    }
}
