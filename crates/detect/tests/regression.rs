//! The public regression cases: each sample fires the rule that its `info.yml` names, from EVTX, from JSON and flattened.

use std::collections::{BTreeMap, HashSet};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use hikeshi_detect::{LoadOptions, Loaded, Matcher, RuleIndex, RuleSet};
use hikeshi_event::{Input, Limits, Record, Value, Work, process, read_lines};

use crate::shared;

fn public_rules(shared: &Path) -> Loaded {
    let folders = ["rules", "rules-emerging-threats", "rules-threat-hunting"].map(|name| shared.join("data/sigma").join(name));
    RuleSet::load(&folders, &LoadOptions::default()).unwrap()
}

/// The rule and the samples of every case.
fn cases(shared: &Path) -> Vec<(String, Vec<PathBuf>)> {
    let mut cases = Vec::new();
    let mut folders = vec![shared.join("data/sigma/regression_data")];
    while let Some(folder) = folders.pop() {
        let mut entries: Vec<PathBuf> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        entries.sort();
        folders.extend(entries.iter().filter(|path| path.is_dir()).cloned());
        let Ok(info) = std::fs::read_to_string(folder.join("info.yml")) else { continue };
        let named = info.lines().skip_while(|line| !line.starts_with("rule_metadata:")).find_map(|line| line.trim().strip_prefix("- id: "));
        let samples = entries.into_iter().filter(|path| path.extension().is_some_and(|kind| kind == "evtx" || kind == "json"));
        cases.push((named.unwrap().trim().to_owned(), samples.collect()));
    }
    cases
}

struct Fire {
    rules: Arc<RuleSet>,
}

impl Work for Fire {
    type Scratch = (Matcher, Matcher);
    type Out = (HashSet<String>, HashSet<String>);

    fn scratch(&self) -> Self::Scratch {
        (self.rules.matcher(), self.rules.matcher())
    }

    fn see(&self, (matcher, flat): &mut Self::Scratch, _path: &str, record: &Record<'_>, (fired, flattened): &mut Self::Out) {
        let mut found = Vec::new();
        let id = |rule: &RuleIndex| self.rules.get(*rule).unwrap().id.clone();
        matcher.matches(record, &mut found);
        fired.extend(found.iter().map(id));
        let line = flatten(record);
        let defects = read_lines(line.as_bytes(), "flat", &Limits::default(), |record| {
            flat.matches(record, &mut found);
            flattened.extend(found.iter().map(id));
        });
        assert_eq!(defects, []);
    }
}

/// One object of `Channel, EventID, Computer, EventRecordID` and the data's names.
fn flatten(record: &Record<'_>) -> String {
    let text = |text: &str| serde_json::Value::String(text.to_owned());
    let mut object = serde_json::Map::new();
    object.insert("Channel".into(), text(&record.channel));
    object.insert("EventID".into(), record.event_id.into());
    object.insert("Computer".into(), text(&record.computer));
    object.insert("EventRecordID".into(), record.record_id.into());
    for field in &record.fields {
        object.entry(field.name.to_string()).or_insert_with(|| json(&field.value));
    }
    serde_json::Value::Object(object).to_string() + "\n"
}

fn json(value: &Value<'_>) -> serde_json::Value {
    match value {
        Value::Null => serde_json::Value::Null,
        Value::Text(text) => text.as_ref().into(),
        Value::Integer(number) => (*number).into(),
        Value::Unsigned(number) => (*number).into(),
        Value::Float(number) => (*number).into(),
        Value::Bool(truth) => (*truth).into(),
        Value::List(items) => items.iter().map(json).collect(),
    }
}

#[test]
fn every_public_case_fires_its_rule_in_every_shape() {
    let Some(shared) = shared("every_public_case_fires_its_rule_in_every_shape") else { return };
    let fire = Fire { rules: public_rules(&shared).rules };
    let (mut missed, mut samples) = (Vec::new(), 0);
    for (rule, paths) in cases(&shared) {
        for path in paths {
            samples += 1;
            let (mut fired, mut flattened) = (HashSet::new(), HashSet::new());
            process(&[Input::file(&path)], &Limits::default(), 1, &fire, |block| {
                fired.extend(block.out.0);
                flattened.extend(block.out.1);
                ControlFlow::Continue(())
            });
            for (shape, fired) in [("as it is", &fired), ("flattened", &flattened)] {
                if !fired.contains(&rule) {
                    missed.push(format!("{} {shape}: {rule}", path.display()));
                }
            }
        }
    }
    assert_eq!(missed, Vec::<String>::new());
    assert!(samples > 200, "only {samples} samples");
}

#[test]
fn nearly_every_public_rule_can_be_used_and_the_others_are_named() {
    let Some(shared) = shared("nearly_every_public_rule_can_be_used_and_the_others_are_named") else { return };
    for folder in ["rules", "rules-emerging-threats", "rules-threat-hunting"] {
        let loaded = RuleSet::load(&[shared.join("data/sigma").join(folder)], &LoadOptions::default()).unwrap();
        let mut reasons: BTreeMap<&Path, &str> = BTreeMap::new();
        for refusal in &loaded.refused {
            assert!(!refusal.reason.is_empty());
            reasons.insert(&refusal.path, &refusal.reason);
        }
        assert_eq!(loaded.rules.len() + reasons.len(), loaded.files, "{folder}: a rule vanished: {reasons:?}");
        assert!(reasons.len() * 100 <= loaded.files, "{folder}: {reasons:#?}");
    }
}
