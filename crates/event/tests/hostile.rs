//! Damaged input: the readers end, keep what they read, and tell what they could not.

use std::path::Path;

use hikeshi_event::{Input, Limits};

use crate::collected::{Collected, collect, shared};
use crate::evtx_writer::{Written, log};

/// A small generator of pseudo-random numbers (xorshift64*), so that a failure names its seed.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn roll(&mut self, below: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % below.max(1)
    }
}

fn read(path: &Path, bytes: &[u8]) -> Collected {
    std::fs::write(path, bytes).unwrap();
    collect(&[Input::file(path)], &Limits { unpacked_bytes: 16 << 20, ..Limits::default() }, 1)
}

/// Event logs of one chunk: one of our own, and a real one where there is shared data.
fn event_logs(test: &str) -> Vec<Vec<u8>> {
    let values = vec![r"C:\Windows\System32\cmd.exe", "cmd /c echo 日本語", "x"];
    let records: Vec<Written<'_>> = (1..=200).map(|record_id| Written { record_id, values: values.clone() }).collect();
    let mut logs = vec![log(&["Image", "CommandLine", "RuleName"], &records, 200)];
    if let Some(shared) = shared(test) {
        logs.push(std::fs::read(shared.join("data/evtx-attack/UACME_59_Sysmon.evtx")).unwrap());
    }
    logs
}

#[test]
fn a_cut_event_log_keeps_the_records_before_the_cut() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cut.evtx");
    for whole in event_logs("a_cut_event_log_keeps_the_records_before_the_cut") {
        let all = read(&path, &whole).totals.events;
        let mut before = 0;
        for cut in (0..whole.len()).step_by(1499) {
            let found = read(&path, &whole[..cut]);
            assert!(found.totals.events >= before && found.totals.events <= all, "cut at {cut}");
            assert!(cut == 0 || cut == 4096 || found.totals.events == all || !found.defects.is_empty(), "cut at {cut}");
            before = found.totals.events;
        }
        assert!(before + 5 >= all);
    }
}

#[test]
fn a_damaged_event_log_costs_what_is_damaged() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("damaged.evtx");
    for whole in event_logs("a_damaged_event_log_costs_what_is_damaged") {
        let mut dice = Dice(42);
        for seed in 0..150 {
            let mut bytes = whole.clone();
            for _ in 0..=dice.roll(8) {
                let at = dice.roll(bytes.len());
                match dice.roll(3) {
                    0 => bytes[at] ^= 1 << dice.roll(8),
                    1 => bytes[at] = [0, 0xff, 0x7f, 0x80][dice.roll(4)],
                    _ => {
                        let end = (at + dice.roll(600)).min(bytes.len());
                        let from = dice.roll(bytes.len() - (end - at));
                        bytes.copy_within(from..from + (end - at), at);
                    }
                }
            }
            let found = read(&path, &bytes);
            assert!(found.totals.events <= 1000, "seed {seed}");
        }
    }
}

#[test]
fn a_damaged_chunk_costs_itself_only() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("damaged.evtx");
    for log in event_logs("a_damaged_chunk_costs_itself_only") {
        let (header, chunk) = log.split_at(4096);
        let one = read(&path, &log).totals.events;
        let mut three = [header, &chunk[..65536], &chunk[..65536], &chunk[..65536]].concat();
        assert_eq!(read(&path, &three).totals.events, 3 * one);
        three[4096 + 65536..4096 + 65536 + 8].fill(b'x');
        let found = read(&path, &three);
        assert_eq!((found.totals.events, found.defects.len()), (2 * one, 1));
        assert_eq!(found.defects[0].position, Some(4096 + 65536));
    }
}

#[test]
fn mutated_texts_and_archives_end() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mutated");
    let line =
        br##"{"Event":{"System":{"EventID":{"#text":1},"Channel":"c"},"EventData":{"Data":[{"@Name":"x","#text":"\u00e9"}],"n":-1.5e3}}}"##;
    let text = [line.as_slice(), b"\n[", line, b",{\"event_type\":\"dns\",\"src_ip\":\"1\"}]\n"].concat().repeat(20);
    let gz = {
        use std::io::Write;
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(&text).unwrap();
        encoder.finish().unwrap()
    };
    let zst = zstd::encode_all(text.as_slice(), 1).unwrap();
    let zip = {
        use std::io::Write;
        let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        for name in ["a.json", "b.gz"] {
            writer.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
            writer.write_all(if name == "a.json" { &text } else { &gz }).unwrap();
        }
        writer.finish().unwrap().into_inner()
    };
    let mut dice = Dice(7);
    for original in [&text, &gz, &zst, &zip] {
        for _ in 0..150 {
            let mut bytes = original.clone();
            for _ in 0..=dice.roll(6) {
                let at = dice.roll(bytes.len());
                match dice.roll(4) {
                    0 => bytes[at] ^= 1 << dice.roll(8),
                    1 => bytes[at] = b"{}[]\",:\\\n\0\xff"[dice.roll(11)],
                    2 => bytes.truncate(at + 1),
                    _ => bytes.insert(at, b"{[\"\\u\n"[dice.roll(6)]),
                }
            }
            let found = read(&path, &bytes);
            assert!(found.totals.events <= 100);
        }
    }
}
