//! Which log a record comes from, and which rules apply there: the table of `data/logsources.yaml`.

use std::collections::{BTreeMap, HashMap};

use hikeshi_event::{LogFormat, Record, Value};
use serde::{Deserialize, Serialize};

/// The table, as shipped.
const TABLE: &str = include_str!("../data/logsources.yaml");
/// More telling fields than this do not fit the mask; a test keeps the table below it.
const MAX_TELLING: usize = 128;

/// A source's place in the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct SourceIndex(pub(crate) u16);

/// One log.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Source {
    name: String,
    channels: Vec<String>,
    products: Vec<String>,
    services: Vec<String>,
    categories: BTreeMap<String, Vec<u32>>,
    when: Vec<BTreeMap<String, Vec<String>>>,
    pub(crate) fields: Vec<Names>,
    pub(crate) derive: Vec<Derivation>,
    pub(crate) generic: bool,
}

/// Further names of fields, for some event ids (none listed: for all).
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
pub(crate) struct Names {
    ids: Vec<u32>,
    pub(crate) names: BTreeMap<String, Vec<String>>,
}

impl Names {
    pub(crate) fn apply_to(&self, event_id: Option<u32>) -> bool {
        self.ids.is_empty() || event_id.is_some_and(|id| self.ids.contains(&id))
    }
}

/// Fields that are computed from others; `derive.rs` has the code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Derivation {
    /// Sysmon's `Hashes`, taken apart.
    Hashes,
    /// User and integrity of a process creation audit.
    #[serde(rename = "process_4688")]
    Process4688,
    /// Path, type and hive names of a registry audit.
    #[serde(rename = "registry_4657")]
    Registry4657,
    /// Image and direction of a connection audit.
    #[serde(rename = "network_5156")]
    Network5156,
}

/// A condition that a category sets.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Where {
    pub(crate) category: String,
    pub(crate) field: String,
    pub(crate) values: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Table {
    sources: Vec<Source>,
    r#where: Vec<Where>,
    providers: BTreeMap<String, String>,
}

/// Where a rule applies within one source: these event ids, or all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Scope {
    pub(crate) source: SourceIndex,
    pub(crate) ids: Option<Vec<u32>>,
}

/// What a rule says of its log source, lower case.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct RuleSource {
    pub(crate) product: Option<String>,
    pub(crate) category: Option<String>,
    pub(crate) service: Option<String>,
}

/// The table, ready to answer.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Sources {
    pub(crate) sources: Vec<Source>,
    channels: HashMap<String, SourceIndex>,
    providers: HashMap<String, String>,
    /// The bit of each telling field's name.
    telling: HashMap<String, u8>,
    recognisers: Vec<Recogniser>,
    windows_other: SourceIndex,
    suricata_other: SourceIndex,
    generic: SourceIndex,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Recogniser {
    mask: u128,
    values: Vec<(String, Vec<String>)>,
    source: SourceIndex,
}

/// Why the shipped table is broken; only a fault of the build.
#[derive(Debug, thiserror::Error)]
#[error("the log source table does not parse: {0}")]
pub struct TableError(String);

impl Sources {
    /// The shipped table, and the conditions of its categories.
    pub(crate) fn shipped() -> Result<(Sources, Vec<Where>), TableError> {
        let table: Table = serde_saphyr::from_str(TABLE).map_err(|error| TableError(error.to_string()))?;
        let mut out = Sources {
            channels: HashMap::new(),
            providers: table.providers.into_iter().map(|(provider, channel)| (provider.to_lowercase(), channel)).collect(),
            telling: HashMap::new(),
            recognisers: Vec::new(),
            windows_other: named(&table.sources, "windows-other")?,
            suricata_other: named(&table.sources, "suricata-other")?,
            generic: named(&table.sources, "json")?,
            sources: Vec::new(),
        };
        for (at, source) in table.sources.iter().enumerate() {
            let index = index(at)?;
            out.channels.extend(source.channels.iter().map(|channel| (channel.to_lowercase(), index)));
            for when in &source.when {
                out.add_recogniser(when, index)?;
            }
        }
        out.sources = table.sources;
        Ok((out, table.r#where))
    }

    fn add_recogniser(&mut self, when: &BTreeMap<String, Vec<String>>, source: SourceIndex) -> Result<(), TableError> {
        let mut recogniser = Recogniser { mask: 0, values: Vec::new(), source };
        for (field, values) in when {
            let next = self.telling.len();
            let bit = *self.telling.entry(field.clone()).or_insert(u8::try_from(next).unwrap_or(u8::MAX));
            if usize::from(bit) >= MAX_TELLING {
                return Err(TableError(format!("more than {MAX_TELLING} telling fields")));
            }
            recogniser.mask |= 1 << bit;
            if !values.is_empty() {
                recogniser.values.push((field.clone(), values.iter().map(|value| value.to_lowercase()).collect()));
            }
        }
        self.recognisers.push(recogniser);
        Ok(())
    }

    /// The source of a record.
    pub(crate) fn of(&self, record: &Record<'_>) -> SourceIndex {
        match record.format {
            LogFormat::Evtx | LogFormat::WindowsJson | LogFormat::WindowsXml => {
                self.of_channel(&record.channel, &record.provider).unwrap_or(self.windows_other)
            }
            LogFormat::SuricataEve => self.of_channel(&record.channel, "").unwrap_or(self.suricata_other),
            LogFormat::Ocsf | LogFormat::Json => {
                self.of_channel(&record.channel, &record.provider).or_else(|| self.recognised(record)).unwrap_or(self.generic)
            }
        }
    }

    fn of_channel(&self, channel: &str, provider: &str) -> Option<SourceIndex> {
        if let Some(found) = self.channels.get(&channel.to_lowercase()) {
            return Some(*found);
        }
        let channel = self.providers.get(&provider.to_lowercase()).filter(|_| channel.is_empty())?;
        self.channels.get(&channel.to_lowercase()).copied()
    }

    fn recognised(&self, record: &Record<'_>) -> Option<SourceIndex> {
        let bits = record.fields.iter().filter_map(|field| self.telling.get(field.name.as_ref()));
        let mask = bits.fold(0u128, |mask, bit| mask | 1 << bit);
        let holds = |recogniser: &&Recogniser| {
            recogniser.mask & !mask == 0
                && recogniser.values.iter().all(|(field, wanted)| match record.get(field) {
                    Some(Value::Text(text)) => wanted.iter().any(|value| *value == text.to_lowercase()),
                    _ => false,
                })
        };
        self.recognisers.iter().find(holds).map(|recogniser| recogniser.source)
    }

    /// Whether the source of a record can be told from its channel alone, so that it may be remembered.
    pub(crate) fn told_by_channel(record: &Record<'_>) -> bool {
        !record.channel.is_empty() && !matches!(record.format, LogFormat::Json | LogFormat::Ocsf)
    }

    /// Where a rule applies. `keywords`: it looks at every field.
    pub(crate) fn scopes(&self, rule: &RuleSource, keywords: bool) -> Vec<Scope> {
        let known = self.sources.iter().any(|source| fits(source, rule).is_some());
        let mut scopes = Vec::new();
        for (at, source) in self.sources.iter().enumerate() {
            let Ok(index) = index(at) else { continue };
            let windows = rule.product.as_deref() == Some("windows");
            let generic = source.generic && known && !windows && !keywords && !endpoint(rule);
            match fits(source, rule) {
                Some(ids) => scopes.push(Scope { source: index, ids: Some(ids).filter(|ids| !ids.is_empty()) }),
                None if generic => scopes.push(Scope { source: index, ids: None }),
                None => {}
            }
        }
        scopes
    }
}

/// Rules on endpoint categories are recognised by their fields, never tried on any JSON.
fn endpoint(rule: &RuleSource) -> bool {
    matches!(rule.product.as_deref(), Some("linux" | "macos")) && rule.category.is_some()
}

/// The event ids for which a rule applies to a source (none: all of them).
fn fits(source: &Source, rule: &RuleSource) -> Option<Vec<u32>> {
    let holds = |wanted: &Option<String>, have: &[String]| wanted.as_ref().is_none_or(|wanted| have.contains(wanted));
    if source.generic || !holds(&rule.product, &source.products) || !holds(&rule.service, &source.services) {
        return None;
    }
    if rule.product.is_none() && rule.service.is_none() && rule.category.is_none() {
        return None;
    }
    match &rule.category {
        Some(category) => source.categories.get(category).cloned(),
        None => Some(Vec::new()),
    }
}

fn named(sources: &[Source], name: &str) -> Result<SourceIndex, TableError> {
    let at = sources.iter().position(|source| source.name == name);
    index(at.ok_or_else(|| TableError(format!("source `{name}` is missing")))?)
}

fn index(at: usize) -> Result<SourceIndex, TableError> {
    u16::try_from(at).map(SourceIndex).map_err(|_| TableError("more than 65535 sources".to_owned()))
}
