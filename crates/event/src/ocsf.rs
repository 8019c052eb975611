//! Rows as OCSF objects and back, by the table `data/ocsf.yaml`.

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use serde_json::{Map, Value as Json, json};

use crate::column::{Cell, Column};
use crate::event::Event;
use crate::normalise::{Row, text_of};
use crate::record::{Field, Record, Value};

/// The version of the schema that the objects follow: a release, since consumers that check against a schema know no other.
const SCHEMA: &str = "1.9.0";

/// One column's place: the path, with `@` already split off.
struct Place {
    /// Whether the path hangs below the process that acts.
    acting: bool,
    path: String,
    /// The element of a list of hashes.
    algorithm: Option<String>,
    /// Where there is an object for each of several texts: the list, and the text's name within each.
    each: Option<(String, String)>,
}

struct Table(BTreeMap<Column, Place>);

/// The table. INVARIANT: the embedded file loads; the test below shows it.
fn table() -> &'static Table {
    static TABLE: LazyLock<Table> = LazyLock::new(|| load().unwrap_or_else(|_| Table(BTreeMap::new())));
    &TABLE
}

fn load() -> Result<Table, String> {
    let entries: BTreeMap<String, String> = serde_saphyr::from_str(include_str!("../data/ocsf.yaml")).map_err(|error| error.to_string())?;
    let places = entries.into_iter().map(|(name, text)| {
        let column = Column::by_name(&name).ok_or_else(|| format!("`{name}` is no column"))?;
        let (path, acting) = text.strip_prefix("@.").map_or((text.as_str(), false), |path| (path, true));
        let (path, algorithm) = match path.strip_suffix(']').and_then(|path| path.split_once('[')) {
            Some((path, algorithm)) => (path, Some(algorithm.to_owned())),
            None => (path, None),
        };
        let each = path.split_once("[].").map(|(list, name)| (list.to_owned(), name.to_owned()));
        Ok((column, Place { acting, path: path.replace("[]", ""), algorithm, each }))
    });
    places.collect::<Result<_, String>>().map(Table)
}

/// Where the acting process stands in a class.
fn acting(class_uid: u32, activity_id: u8) -> &'static str {
    match (class_uid, activity_id) {
        (1007, 1 | 2) => "process",
        _ => "actor.process",
    }
}

impl Place {
    fn full_path(&self, class_uid: u32, activity_id: u8) -> String {
        if self.acting { format!("{}.{}", acting(class_uid, activity_id), self.path) } else { self.path.clone() }
    }
}

/// The event as an OCSF object.
pub fn to_ocsf(event: &Event<'_>) -> Json {
    let mut object = head(event);
    for (column, cell) in &event.cells {
        let Some(place) = table().0.get(column) else { continue };
        let value = match cell {
            Cell::Integer(number) => json!(number),
            Cell::Text(text) => json!(text),
        };
        let path = place.full_path(event.class_uid, event.activity_id);
        match (&place.algorithm, &place.each) {
            (Some(algorithm), _) => {
                push(&mut object, &path, json!({"algorithm": algorithm, "algorithm_id": algorithm_id(algorithm), "value": value}))
            }
            (None, Some((list, name))) => {
                let texts = value.as_str().into_iter().flat_map(|text| text.split([';', '\n'])).map(str::trim);
                texts.filter(|text| !text.is_empty()).for_each(|text| push(&mut object, list, json!({ name: text })));
            }
            (None, None) => set(&mut object, &path, value),
        }
    }
    for (name, text) in &event.unmapped {
        if let Json::Object(unmapped) = object.entry("unmapped").or_insert_with(|| json!({})) {
            unmapped.insert(name.clone().into_owned(), json!(text));
        }
    }
    object.insert("raw_data".into(), json!(String::from_utf8_lossy(&event.raw)));
    Json::Object(object)
}

fn head(event: &Event<'_>) -> Map<String, Json> {
    let mut object = Map::new();
    object.insert("class_uid".into(), json!(event.class_uid));
    object.insert("category_uid".into(), json!(event.class_uid % 100_000 / 1000));
    object.insert("activity_id".into(), json!(event.activity_id));
    object.insert("type_uid".into(), json!(u64::from(event.class_uid) * 100 + u64::from(event.activity_id)));
    object.insert("severity_id".into(), json!(event.severity));
    object.insert("time".into(), json!(event.time.as_millisecond()));
    object.insert("time_dt".into(), json!(event.time.to_string()));
    object.insert(
        "metadata".into(),
        json!({
            "version": SCHEMA,
            "uid": event.uid.to_string(),
            "product": {"name": event.provider},
            "log_name": event.channel,
            "log_provider": event.provider,
            "log_source": event.source,
            "logged_time_dt": event.received_at.to_string(),
            "tenant_uid": event.org.to_string(),
        }),
    );
    if event.event_id != 0 {
        set(&mut object, "metadata.event_code", json!(event.event_id.to_string()));
    }
    if let Some(record_id) = event.record_id {
        set(&mut object, "metadata.original_event_uid", json!(record_id.to_string()));
    }
    object.insert("device".into(), json!({"hostname": event.host, "type_id": 0}));
    object
}

/// Algorithm ids of OCSF's fingerprint object; 99 is any other.
fn algorithm_id(algorithm: &str) -> u8 {
    match algorithm {
        "MD5" => 1,
        "SHA-1" => 2,
        "SHA-256" => 3,
        _ => 99,
    }
}

/// The object that holds the last name of a dotted path, and that name.
fn parent<'o, 'p>(mut object: &'o mut Map<String, Json>, path: &'p str) -> Option<(&'o mut Map<String, Json>, &'p str)> {
    let mut names = path.split('.').peekable();
    while let Some(name) = names.next() {
        if names.peek().is_none() {
            return Some((object, name));
        }
        object = object.entry(name).or_insert_with(|| json!({})).as_object_mut()?;
    }
    None
}

fn set(object: &mut Map<String, Json>, path: &str, value: Json) {
    if let Some((object, name)) = parent(object, path) {
        object.insert(name.to_owned(), value);
    }
}

fn push(object: &mut Map<String, Json>, path: &str, value: Json) {
    if let Some((object, name)) = parent(object, path)
        && let Json::Array(list) = object.entry(name).or_insert_with(|| json!([]))
    {
        list.push(value);
    }
}

/// The row of a record that is OCSF already.
pub(crate) fn row<'a>(record: &Record<'a>) -> Row<'a> {
    let number = |name| match record.get(name) {
        Some(Value::Integer(number)) => u32::try_from(*number).unwrap_or(0),
        _ => 0,
    };
    let activity_id = u8::try_from(number("activity_id")).unwrap_or(0);
    let mut row = Row {
        class_uid: number("class_uid"),
        activity_id,
        severity: u8::try_from(number("severity_id")).unwrap_or(0).min(6),
        ..Row::default()
    };
    let paths = paths(row.class_uid, activity_id);
    let mut hashes: HashMap<&str, (Option<&Value<'a>>, Option<&Field<'a>>)> = HashMap::new();
    for field in &record.fields {
        if let Some(path) = field.name.strip_suffix(".algorithm") {
            hashes.entry(path).or_default().0 = Some(&field.value);
        } else if let Some(path) = field.name.strip_suffix(".value").filter(|path| path.ends_with("hashes")) {
            hashes.entry(path).or_default().1 = Some(field);
        } else if let Some(column) = column_at(paths, &field.name, None) {
            row.put(column, false, field);
        } else if !matches!(
            field.name.as_ref(),
            "class_uid" | "activity_id" | "severity_id" | "category_uid" | "type_uid" | "time" | "raw_data"
        ) {
            row.leave(field);
        }
    }
    for (path, (algorithms, values)) in hashes {
        let (Some(algorithms), Some(field)) = (algorithms, values) else { continue };
        for (algorithm, value) in each(algorithms).zip(each(&field.value)) {
            let column = text_of(algorithm).and_then(|algorithm| column_at(paths, path, Some(&algorithm)));
            if let Some(column) = column {
                row.put(column, false, &Field { name: field.name.clone(), value: value.clone() });
            }
        }
    }
    row
}

/// The columns of a path: one without an algorithm, or one for each algorithm of a list of hashes.
type Paths = HashMap<String, Vec<(Option<String>, Column)>>;

fn paths(class_uid: u32, activity_id: u8) -> &'static Paths {
    static PATHS: LazyLock<[Paths; 2]> = LazyLock::new(|| {
        [(1007, 1), (0, 0)].map(|(class, activity)| {
            let mut paths = Paths::new();
            for (column, place) in &table().0 {
                paths.entry(place.full_path(class, activity)).or_default().push((place.algorithm.clone(), *column));
            }
            paths
        })
    });
    let [launched, acted] = &*PATHS;
    if acting(class_uid, activity_id) == "process" { launched } else { acted }
}

fn column_at(paths: &Paths, path: &str, algorithm: Option<&str>) -> Option<Column> {
    paths.get(path)?.iter().find(|(own, _)| own.as_deref() == algorithm).map(|(_, column)| *column)
}

fn each<'v, 'a>(value: &'v Value<'a>) -> impl Iterator<Item = &'v Value<'a>> {
    match value {
        Value::List(values) => values.iter(),
        single => std::slice::from_ref(single).iter(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_column_has_its_place() {
        let table = load().unwrap();
        let missing: Vec<_> = Column::ALL.iter().filter(|column| !table.0.contains_key(column)).collect();
        assert!(missing.is_empty(), "{missing:?}");
    }
}
