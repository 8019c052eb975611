//! Event logs of our own making.

use hikeshi_event::{Input, Limits};

use crate::collected::{FieldKeeper, collect, collect_by, shared};
use crate::evtx_writer::{Written, log};

#[test]
fn a_written_log_is_read() {
    let records: Vec<Written<'_>> =
        (1..=500).map(|record_id| Written { record_id, values: vec![r"C:\Windows\a.exe", "日本語 \u{1f600} \"quoted\"", ""] }).collect();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("own.evtx");
    std::fs::write(&path, log(&["Image", "CommandLine", "Rule Name"], &records, 100)).unwrap();
    assert_eq!(check_both_ways(Input::file(&path)), (500, 500));
    let found = collect(&[Input::file(path)], &Limits::default(), 2);
    assert_eq!(found.defects, []);
    assert_eq!(found.kept.len(), 500);
    for (kept, record_id) in found.kept.iter().zip(1..) {
        assert_eq!((kept.record_id, kept.event_id, kept.computer.as_str()), (Some(record_id), 1, "pc-1.example"));
        assert_eq!((kept.channel.as_str(), kept.provider.as_str()), ("Microsoft-Windows-Sysmon/Operational", "Microsoft-Windows-Sysmon"));
        assert_eq!(kept.time.unwrap().to_string(), "2024-05-06T07:08:09Z");
        let data = &kept.fields[kept.fields.len() - 3..];
        let expected = [("Image", r"C:\Windows\a.exe"), ("CommandLine", "日本語 \u{1f600} \"quoted\""), ("RuleName", "null")];
        assert_eq!(data, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }
}

/// Reads a file in both ways, by the `evtx` crate's JSON and straight from the binary XML, and answers how many records took
/// the second.
pub(crate) fn check_both_ways(input: Input) -> (usize, usize) {
    let inputs = [input];
    let mut rendered = collect(&inputs, &Limits::default(), 1);
    let mut direct = collect_by(&FieldKeeper, &inputs, &Limits::default(), 1);
    let straight = direct.kept.iter().filter(|kept| kept.raw.is_empty()).count();
    assert_eq!(rendered.kept.len(), direct.kept.len(), "{inputs:?}");
    assert_eq!(rendered.defects, direct.defects, "{inputs:?}");
    for (rendered, direct) in rendered.kept.iter_mut().zip(&mut direct.kept) {
        rendered.raw.clear();
        direct.raw.clear();
        assert_eq!(rendered, direct, "{inputs:?}");
    }
    (straight, direct.kept.len())
}

#[test]
fn real_logs_give_the_same_records_in_both_ways() {
    let Some(shared) = shared("real_logs_give_the_same_records_in_both_ways") else { return };
    let folders = ["evtx-attack", "sigma/regression_data", "forensic/windows"];
    let (inputs, _) = hikeshi_event::expand(&folders.map(|folder| format!("{}/data/{folder}/**/*.evtx", shared.display())));
    let counts: Vec<_> = inputs.into_iter().map(check_both_ways).collect();
    // The last record of one log is cut, and left out.
    let (straight, all) = counts.iter().fold((0, 0), |(straight, all), count| (straight + count.0, all + count.1));
    assert!(all == 9605 && straight * 10 > all * 9, "{straight} of {all}");
}
