//! Event logs of our own making.

use hikeshi_event::{Input, Limits};

use crate::collected::collect;
use crate::evtx_writer::{Written, log};

#[test]
fn a_written_log_is_read() {
    let records: Vec<Written<'_>> =
        (1..=500).map(|record_id| Written { record_id, values: vec![r"C:\Windows\a.exe", "日本語 \u{1f600} \"quoted\"", ""] }).collect();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("own.evtx");
    std::fs::write(&path, log(&["Image", "CommandLine", "Rule Name"], &records, 100)).unwrap();
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
