//! The readers on what others recorded: the shared data folder named by `HIKESHI_SHARED`.

use std::path::Path;

use hikeshi_event::{DefectKind, Limits, expand, process};

use crate::collected::{Counter, collect, collect_file, shared};

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
