//! The JSON: its shape, the same in both languages.

use hikeshi_document::{Format, SCHEMA, render};
use hikeshi_domain::flash_report::FlashReport;
use hikeshi_domain::phrase::Language;
use serde_json::Value;

use crate::fixture;

fn json(report: &FlashReport, language: Language) -> Value {
    serde_json::from_slice(&render(report, language, Format::Json).unwrap()).unwrap()
}

/// A small report whose sentences are its own, so that other rooms may reword theirs.
fn small() -> FlashReport {
    let mut report = fixture::black();
    let triage = &mut report.triage;
    triage.findings.retain(|finding| ["E30", "E34"].contains(&finding.id.as_str()));
    triage.unknown.truncate(1);
    triage.rules.truncate(1);
    triage.tree.nodes.truncate(4);
    triage.sections.retain(|section| section.kind.name() != "file_attributes");
    for section in &mut triage.sections {
        section.items.truncate(1);
        section.items.iter_mut().for_each(|item| item.events.truncate(1));
    }
    let mut value = serde_json::to_value(&report).unwrap();
    own_sentences(&mut value);
    serde_json::from_value(value).unwrap()
}

fn own_sentences(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            if let Some(Value::String(key)) = fields.get_mut("key") {
                *key = format!("golden.{key}");
            }
            fields.values_mut().for_each(own_sentences);
        }
        Value::Array(values) => values.iter_mut().for_each(own_sentences),
        _ => {}
    }
}

/// `HIKESHI_BLESS=1` writes the golden files anew; read the difference before it is committed.
#[test]
fn the_shape_is_the_golden_one() {
    for (language, name) in [(Language::Ja, "ja"), (Language::En, "en")] {
        let path = std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("tests/golden/flash_report.{name}.json"));
        let written = render(&small(), language, Format::Json).unwrap();
        if std::env::var_os("HIKESHI_BLESS").is_some() {
            std::fs::write(&path, &written).unwrap();
        }
        let golden = std::fs::read(&path).unwrap();
        let (written, golden): (Value, Value) = (serde_json::from_slice(&written).unwrap(), serde_json::from_slice(&golden).unwrap());
        assert_eq!(written, golden, "{} differs", path.display());
    }
}

fn keys(value: &Value, path: &str, into: &mut Vec<String>) {
    match value {
        Value::Object(fields) => fields.iter().for_each(|(key, value)| keys(value, &format!("{path}.{key}"), into)),
        Value::Array(values) => values.iter().enumerate().for_each(|(place, value)| keys(value, &format!("{path}[{place}]"), into)),
        Value::Null => into.push(format!("{path} null")),
        _ => into.push(path.to_owned()),
    }
}

#[test]
fn both_languages_have_the_same_keys() {
    for report in [fixture::black(), fixture::grey(), fixture::white(), fixture::poor()] {
        let (ja, en) = (json(&report, Language::Ja), json(&report, Language::En));
        assert_eq!(ja["report"], en["report"]);
        assert_eq!(ja["schema"], SCHEMA);
        let (mut of_ja, mut of_en) = (Vec::new(), Vec::new());
        keys(&ja["texts"], "", &mut of_ja);
        keys(&en["texts"], "", &mut of_en);
        assert_eq!(of_ja, of_en);
        assert_ne!(ja["texts"], en["texts"]);
    }
}

#[test]
fn the_same_report_gives_the_same_bytes() {
    for format in [Format::Json, Format::Html] {
        let once = render(&fixture::black(), Language::Ja, format).unwrap();
        assert_eq!(once, render(&fixture::black(), Language::Ja, format).unwrap());
    }
}
