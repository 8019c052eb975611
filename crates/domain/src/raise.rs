//! Which matches of rules, and which events of products, become alerts of the desk's own. `playbook/raise.yaml` holds it.
//!
//! This module knows how an entry is read. How alerts are grouped and received is the desk's work.

use serde::Deserialize;
use serde_saphyr::Spanned;

use crate::level::Level;
use crate::playbook::{Files, PlaybookError};

/// Where the entries stand.
const PATH: &str = "raise.yaml";

/// What an entry gives to the matches that it fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Given {
    Never,
    Informational,
    Low,
    Medium,
    High,
    Critical,
}

impl Given {
    const fn level(self) -> Option<Level> {
        match self {
            Given::Never => None,
            Given::Informational => Some(Level::Informational),
            Given::Low => Some(Level::Low),
            Given::Medium => Some(Level::Medium),
            Given::High => Some(Level::High),
            Given::Critical => Some(Level::Critical),
        }
    }
}

/// A match, as far as entries ask about it.
#[derive(Debug, Clone, Copy)]
pub struct MatchFacts<'a> {
    /// The rule's id.
    pub rule: &'a str,
    /// The rule's own level.
    pub level: &'a str,
    /// The rule's tags.
    pub tags: &'a [String],
    /// The event's channel.
    pub channel: &'a str,
    /// The event's host.
    pub host: &'a str,
    /// The image of the process that acted.
    pub image: Option<&'a str>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    rule: Option<String>,
    tag: Option<String>,
    channel: Option<String>,
    host: Option<String>,
    image: Option<String>,
    level: Given,
    reason: String,
}

/// Events of a product that are alerts by themselves.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Product {
    /// The product's name, as alerts show it.
    pub product: String,
    /// The provider of its events.
    pub provider: String,
    /// Their ids.
    pub events: Vec<u32>,
    /// How much they weigh beside matches.
    pub level: Level,
    /// Words in the names under which the same product sends alerts itself.
    #[serde(default)]
    pub known_as: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    version: String,
    from: Level,
    matches: Vec<Spanned<Entry>>,
    products: Vec<Spanned<Product>>,
}

/// The entries in force, checked.
#[derive(Debug, Clone)]
pub struct Raising {
    /// Names this edition of the file.
    pub version: String,
    from: Level,
    matches: Vec<Entry>,
    products: Vec<Product>,
}

impl Raising {
    /// Reads and checks the file.
    ///
    /// # Errors
    /// When it is wrong: the line and what was expected.
    pub fn load(files: &Files) -> Result<Self, PlaybookError> {
        let written: Written = files.read(PATH)?;
        let wrong = |line, expected: &str| Err(PlaybookError::at(PATH, line, expected));
        let mut raising = Raising { version: written.version, from: written.from, matches: Vec::new(), products: Vec::new() };
        for entry in written.matches {
            let (line, entry) = (entry.referenced.line(), entry.value);
            if entry.is_unconditional() {
                return wrong(line, "expected at least one of `rule`, `tag`, `channel`, `host`, `image`");
            }
            if entry.reason.trim().is_empty() {
                return wrong(line, "expected `reason` to say why");
            }
            raising.matches.push(entry);
        }
        for product in written.products {
            let (line, product) = (product.referenced.line(), product.value);
            if product.events.is_empty() {
                return wrong(line, "expected `events` to name one or more event ids");
            }
            raising.products.push(product);
        }
        Ok(raising)
    }

    /// Whether a match of that rule on that event becomes an alert.
    pub fn raises(&self, facts: &MatchFacts<'_>) -> bool {
        self.level(facts).is_some_and(|level| level >= self.from)
    }

    /// The level of a match: the first fitting entry's, else the rule's own; `None` if it never raises.
    pub fn level(&self, facts: &MatchFacts<'_>) -> Option<Level> {
        match self.matches.iter().find(|entry| entry.fits(facts)) {
            Some(entry) => entry.level.level(),
            None => Some(Level::by_name(facts.level)),
        }
    }

    /// Whether alerts are made of this product's events; by the name that they show.
    pub fn is_product(&self, name: &str) -> bool {
        self.products.iter().any(|product| product.product == name)
    }

    /// Whether a product that sends alerts itself may write events that become alerts too.
    pub fn has_log(&self, alert: &str) -> bool {
        self.products.iter().any(|product| self.same_product(&product.product, alert))
    }

    /// Whether a product's own alert comes from the product whose event became the other one.
    pub fn same_product(&self, event: &str, alert: &str) -> bool {
        let alert = alert.to_lowercase();
        let named = |product: &Product| {
            let known = || product.known_as.iter().any(|word| alert.contains(&word.to_lowercase()));
            product.product.eq_ignore_ascii_case(event) && (product.product.to_lowercase() == alert || known())
        };
        self.products.iter().any(named)
    }

    /// The product that says by this event that it found something.
    pub fn product(&self, provider: &str, event_id: u32) -> Option<&Product> {
        let named = |product: &&Product| product.provider.eq_ignore_ascii_case(provider) && product.events.contains(&event_id);
        self.products.iter().find(named).filter(|product| product.level >= self.from)
    }
}

impl Entry {
    fn is_unconditional(&self) -> bool {
        let conditions = [&self.rule, &self.tag, &self.channel, &self.host, &self.image];
        conditions.into_iter().all(Option::is_none)
    }

    fn fits(&self, facts: &MatchFacts<'_>) -> bool {
        let same = |wanted: &Option<String>, is: &str| wanted.as_deref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(is));
        let tagged = |wanted: &String| facts.tags.iter().any(|tag| tag.eq_ignore_ascii_case(wanted));
        let ends = |wanted: &String| facts.image.is_some_and(|image| image.to_lowercase().ends_with(&wanted.to_lowercase()));
        same(&self.rule, facts.rule)
            && same(&self.channel, facts.channel)
            && same(&self.host, facts.host)
            && self.tag.as_ref().is_none_or(tagged)
            && self.image.as_ref().is_none_or(ends)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn load(text: &str) -> Result<Raising, PlaybookError> {
        Raising::load(&Files::with_own(BTreeMap::from([(PATH.to_owned(), text.to_owned())])).unwrap())
    }

    fn facts<'a>(rule: &'a str, level: &'a str, tags: &'a [String], image: Option<&'a str>) -> MatchFacts<'a> {
        MatchFacts { rule, level, tags, channel: "Security", host: "PC-1", image }
    }

    #[test]
    fn the_shipped_file_raises_from_high_on_and_takes_what_products_find() {
        let raising = Raising::load(&Files::shipped()).unwrap();
        assert!(raising.raises(&facts("r", "high", &[], None)) && raising.raises(&facts("r", "critical", &[], None)));
        assert!(!raising.raises(&facts("r", "medium", &[], None)));
        for (provider, event) in [("Microsoft-Windows-Windows Defender", 1116), ("microsoft-windows-sysmon", 25)] {
            assert!(raising.product(provider, event).is_some(), "{provider} {event}");
        }
        assert!(raising.product("Microsoft-Windows-Sysmon", 1).is_none());
    }

    #[test]
    fn the_first_entry_that_fits_gives_the_level() {
        let raising = load(
            "version: t\nfrom: high\nproducts: []\nmatches:\n\
             - {rule: a, host: pc-1, level: never, reason: tested}\n\
             - {rule: a, level: critical, reason: strong}\n\
             - {tag: attack.impact, level: high, reason: impact}\n\
             - {image: '\\agent.exe', level: never, reason: our agent}\n",
        )
        .unwrap();
        let impact = ["attack.impact".to_owned()];
        assert!(!raising.raises(&facts("a", "high", &[], None)), "never on that host");
        assert!(raising.raises(&MatchFacts { host: "PC-2", ..facts("A", "low", &[], None) }), "raised elsewhere");
        assert!(raising.raises(&facts("b", "medium", &impact, None)));
        assert!(!raising.raises(&facts("b", "high", &[], Some(r"C:\x\Agent.exe"))));
        assert!(raising.raises(&facts("b", "high", &[], Some(r"C:\x\other.exe"))));
    }

    #[test]
    fn a_wrong_file_names_its_line() {
        let start = "version: t\nfrom: high\nproducts: []\nmatches:\n";
        for (entry, line, said) in [
            ("- {level: never, reason: x}\n", 5, "at least one of"),
            ("- {rule: a, level: never, reason: ' '}\n", 5, "to say why"),
            ("- {rule: a, level: loud, reason: x}\n", 5, "loud"),
        ] {
            let error = load(&format!("{start}{entry}")).unwrap_err();
            assert_eq!((error.file.as_str(), error.line), (PATH, line), "{error}");
            assert!(error.expected.contains(said), "{error}");
        }
    }
}
