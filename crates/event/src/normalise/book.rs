//! The tables of `data/`, read once.

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use serde::Deserialize;

use crate::column::Column;
use crate::record::{LogFormat, Record};

use super::text_of;

const TABLES: [&str; 2] = [include_str!("../../data/windows.yaml"), include_str!("../../data/suricata.yaml")];

/// Where a field goes.
#[derive(Debug, Clone)]
pub(super) enum Target {
    Column {
        column: Column,
        wins: bool,
    },
    /// A domain before the user's name in that column.
    Domain {
        column: Column,
        wins: bool,
    },
    /// A registry value's name behind the key's path in that column.
    ValueName(Column),
    /// MD5, SHA-1, SHA-256 and imphash columns for a list of hashes.
    Hashes([Column; 4]),
    /// The head of the row says it.
    Head,
}

/// A number that stands for itself or depends on a field.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(super) enum Choice {
    Fixed(u32),
    #[serde(rename_all = "snake_case")]
    ByField {
        field: String,
        values: BTreeMap<String, u32>,
        default: u32,
    },
}

impl Choice {
    pub(super) fn of(&self, record: &Record<'_>) -> u32 {
        match self {
            Choice::Fixed(number) => *number,
            Choice::ByField { field, values, default } => {
                let text = record.get(field).and_then(text_of);
                text.and_then(|text| values.get(text.as_ref()).copied()).unwrap_or(*default)
            }
        }
    }
}

/// How the records of one event become rows.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) class: Choice,
    pub(super) activity: Choice,
    pub(super) severity: Option<Choice>,
    /// Whether the table lists this event, not only its provider.
    pub(super) known: bool,
    targets: HashMap<String, Target>,
}

impl Plan {
    pub(super) fn target(&self, field: &str) -> Option<&Target> {
        self.targets.get(field)
    }
}

/// All plans.
#[derive(Debug, Default)]
pub(super) struct Book {
    providers: HashMap<String, Provider>,
}

#[derive(Debug)]
struct Provider {
    by_id: HashMap<u32, Plan>,
    by_name: HashMap<String, Plan>,
    other: Plan,
}

impl Book {
    pub(super) fn plan(&self, record: &Record<'_>) -> Option<&Plan> {
        let provider = self.providers.get(record.provider.as_ref())?;
        let plan = match record.format {
            LogFormat::SuricataEve => record.channel.rsplit('/').next().and_then(|name| provider.by_name.get(name)),
            _ => provider.by_id.get(&record.event_id),
        };
        Some(plan.unwrap_or(&provider.other))
    }
}

/// The tables. INVARIANT: the embedded files load; the test below shows it.
pub(super) fn book() -> &'static Book {
    static BOOK: LazyLock<Book> = LazyLock::new(|| load().unwrap_or_default());
    &BOOK
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProviderEntry {
    fields: BTreeMap<String, String>,
    events: BTreeMap<String, EventEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EventEntry {
    class: Choice,
    activity: Choice,
    severity: Option<Choice>,
    #[serde(default)]
    fields: BTreeMap<String, String>,
}

fn load() -> Result<Book, String> {
    let mut book = Book::default();
    for table in TABLES {
        let entries: BTreeMap<String, ProviderEntry> = serde_saphyr::from_str(table).map_err(|error| error.to_string())?;
        for (name, entry) in entries {
            let provider = provider(entry).map_err(|error| format!("{name}: {error}"))?;
            book.providers.insert(name, provider);
        }
    }
    Ok(book)
}

fn provider(entry: ProviderEntry) -> Result<Provider, String> {
    let common = targets(&entry.fields)?;
    let (mut by_id, mut by_name) = (HashMap::new(), HashMap::new());
    for (key, event) in entry.events {
        let mut targets_of_event = common.clone();
        targets_of_event.extend(targets(&event.fields)?);
        let plan = Plan { class: event.class, activity: event.activity, severity: event.severity, known: true, targets: targets_of_event };
        match key.parse() {
            Ok(id) => by_id.insert(id, plan),
            Err(_) => by_name.insert(key, plan),
        };
    }
    let other = Plan { class: Choice::Fixed(0), activity: Choice::Fixed(0), severity: None, known: false, targets: common };
    Ok(Provider { by_id, by_name, other })
}

fn targets(fields: &BTreeMap<String, String>) -> Result<HashMap<String, Target>, String> {
    fields.iter().map(|(field, target)| Ok((field.clone(), parse(target)?))).collect()
}

fn parse(text: &str) -> Result<Target, String> {
    let (name, wins) = text.strip_suffix('!').map_or((text, false), |name| (name, true));
    let column = |name: &str| Column::by_name(name).ok_or_else(|| format!("`{name}` is no column"));
    Ok(match name.split_once('@') {
        Some((name, "domain")) => Target::Domain { column: column(name)?, wins },
        Some((name, "value")) => Target::ValueName(column(name)?),
        Some(_) => return Err(format!("`{text}`: expected `@domain` or `@value`")),
        None => match name {
            "-" => Target::Head,
            "process_hashes" => Target::Hashes([Column::ProcessMd5, Column::ProcessSha1, Column::ProcessSha256, Column::ProcessImphash]),
            "file_hashes" => Target::Hashes([Column::FileMd5, Column::FileSha1, Column::FileSha256, Column::FileImphash]),
            _ => Target::Column { column: column(name)?, wins },
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_tables_load() {
        let book = load().unwrap();
        assert!(book.providers.contains_key("Microsoft-Windows-Sysmon") && book.providers.contains_key("suricata"));
        let sysmon = &book.providers["Microsoft-Windows-Sysmon"];
        assert!((1..=29).all(|id| sysmon.by_id.contains_key(&id)));
    }

    #[test]
    fn a_wrong_target_is_named() {
        assert_eq!(parse("process_nose").unwrap_err(), "`process_nose` is no column");
        assert!(parse("user_name@moon").is_err());
    }
}
