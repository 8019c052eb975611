//! The readers on what others recorded: the shared data folder named by `HIKESHI_SHARED`.

use std::path::Path;

use hikeshi_event::{DefectKind, Limits, expand, process, read_lines};

use crate::collected::{Counter, Kept, collect, collect_file, shared};

fn files(folder: &Path, extension: &str) -> Vec<hikeshi_event::Input> {
    let (inputs, defects) = expand(&[format!("{}/**/*.{extension}", folder.display())]);
    assert_eq!(defects, []);
    inputs
}

#[test]
fn every_attack_log_is_read_whole() {
    let Some(shared) = shared("every_attack_log_is_read_whole") else { return };
    let inputs = files(&shared.join("data/evtx-attack"), "evtx");
    let all = collect(&inputs, &Limits::default(), 2);
    assert_eq!(inputs.len(), 146);
    assert_eq!(all.defects, []);
    assert_eq!(all.totals.events, 4177);
    for kept in &all.kept {
        assert!(!kept.channel.is_empty() && !kept.provider.is_empty() && kept.event_id != 0 && !kept.computer.is_empty(), "{kept:?}");
        assert!(kept.time.is_some() && kept.record_id.is_some(), "{kept:?}");
    }
}

#[test]
fn regression_samples_give_the_same_fields_from_evtx_and_json() {
    let Some(shared) = shared("regression_samples_give_the_same_fields_from_evtx_and_json") else { return };
    let samples = files(&shared.join("data/sigma/regression_data"), "evtx");
    assert_eq!(samples.len(), 114);
    for sample in samples {
        let binary = collect_file(sample.path());
        let json = collect_file(&sample.path().with_extension("json"));
        assert_eq!((binary.defects, json.defects), (vec![], vec![]));
        assert_eq!(binary.kept.len(), json.kept.len(), "{sample:?}");
        for (binary, json) in binary.kept.iter().zip(&json.kept) {
            assert_eq!(loosely(&binary.fields), loosely(&json.fields), "{sample:?}");
            assert_eq!((&binary.channel, &binary.provider, binary.event_id), (&json.channel, &json.provider, json.event_id));
            assert_eq!((&binary.computer, binary.record_id), (&json.computer, json.record_id));
            let apart = binary.time.unwrap().duration_since(json.time.unwrap()).abs();
            assert!(apart < jiff::SignedDuration::from_micros(1), "{sample:?}");
        }
    }
}

/// One object of the head's names and the event data's, as a forwarder that flattens would send it.
fn flattened(nested: &serde_json::Value) -> String {
    let event = &nested["Event"];
    let mut flat = serde_json::Map::new();
    for name in ["Channel", "EventID", "Computer", "EventRecordID"] {
        flat.insert(name.into(), event["System"][name].clone());
    }
    for data in [&event["EventData"], &event["UserData"]] {
        for (name, value) in data.as_object().into_iter().flatten() {
            match value.as_object() {
                Some(inner) => {
                    flat.extend(inner.iter().filter(|(name, _)| *name != "#attributes").map(|(name, value)| (name.clone(), value.clone())))
                }
                None => _ = flat.insert(name.clone(), value.clone()),
            }
        }
    }
    serde_json::to_string(&flat).unwrap()
}

#[test]
fn regression_samples_flattened_give_the_same_data() {
    let Some(shared) = shared("regression_samples_flattened_give_the_same_data") else { return };
    for sample in files(&shared.join("data/sigma/regression_data"), "json") {
        let nested = collect_file(sample.path());
        let text = std::fs::read_to_string(sample.path()).unwrap();
        let values = serde_json::Deserializer::from_str(&text).into_iter::<serde_json::Value>().map(Result::unwrap);
        for (value, nested) in values.zip(&nested.kept) {
            let mut flat = Vec::new();
            let defects =
                read_lines(flattened(&value).as_bytes(), "flat", &Limits::default(), |record| flat.push(Kept::of("flat", record)));
            assert_eq!((defects, flat.len()), (vec![], 1));
            let flat = flat.remove(0);
            assert_eq!((&flat.channel, flat.event_id, &flat.computer), (&nested.channel, nested.event_id, &nested.computer));
            assert_eq!((&flat.provider, flat.record_id), (&nested.provider, nested.record_id), "{sample:?}");
            for field in flat.fields {
                assert!(nested.fields.contains(&field), "{field:?} in {sample:?}");
            }
        }
    }
}

/// The sample's JSON was made by another tool: it writes GUIDs without braces in capitals, trims texts,
/// once writes `.exe` for `.EXE`, and
/// cuts times to the microsecond.
fn loosely(fields: &[(String, String)]) -> Vec<(String, String)> {
    let guid = |text: &str| text.len() == 36 && text.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit());
    let value = |name: &str, value: &str| match value.trim_matches(['{', '}']) {
        inner if guid(inner) => inner.to_ascii_uppercase(),
        _ if name == "TimeCreated_SystemTime" => value.trim_end_matches('Z').chars().take(26).collect(),
        _ => value.trim().to_ascii_uppercase(),
    };
    fields.iter().map(|(name, text)| (name.clone(), value(name, text))).collect()
}

#[test]
fn security_datasets_lose_no_event() {
    let Some(shared) = shared("security_datasets_lose_no_event") else { return };
    let inputs = files(&shared.join("data/security-datasets"), "zip");
    let mut defects = Vec::new();
    let mut events = 0;
    let totals = process(&inputs, &Limits::default(), 2, &Counter, |block| {
        events += block.out;
        defects.extend(block.defects);
        std::ops::ControlFlow::Continue(())
    });
    assert_eq!((totals.events, events), (293_992, 293_992));
    // One Linux audit log and seven resource forks of a file system, each named.
    assert_eq!(defects.len(), 8);
    assert!(defects.iter().all(|defect| defect.kind == DefectKind::UnknownFormat), "{defects:?}");
}
