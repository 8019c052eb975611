//! Event logs that lost a part: no value that the whole log does not have, and no loss that is not told, in both ways of reading.

use hikeshi_event::{Defect, DefectKind, Input, Limits};

use crate::collected::{Kept, collect, shared};
use crate::evtx::check_both_ways;
use crate::evtx_writer::{Written, log, sum_up};

/// Where the first chunk begins.
const CHUNK: usize = 4096;

/// One chunk of twenty records whose command lines differ.
fn own_log() -> Vec<u8> {
    let lines: Vec<String> = (1..=20).map(|number| format!("schtasks /create /tn task-{number} /tr C:\\Users\\Public\\run.cmd")).collect();
    let records: Vec<Written<'_>> = lines
        .iter()
        .zip(1..)
        .map(|(line, record_id)| Written { record_id, values: vec![r"C:\Windows\System32\schtasks.exe", line] })
        .collect();
    log(&["Image", "CommandLine"], &records, 100)
}

/// Logs to damage: one of our own, and the real one that the fault was found in.
fn logs(test: &str) -> Vec<Vec<u8>> {
    let mut logs = vec![own_log()];
    if let Some(shared) = shared(test) {
        logs.push(std::fs::read(shared.join("data/evtx-attack/AutomatedTestingTools/Malware/rundll32_cmd_schtask.evtx")).unwrap());
    }
    logs
}

/// Reads a log in both ways.
fn read(bytes: &[u8]) -> (Vec<Kept>, Vec<Defect>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("damaged.evtx");
    std::fs::write(&path, bytes).unwrap();
    check_both_ways(Input::file(&path));
    let found = collect(&[Input::file(&path)], &Limits::default(), 1);
    let kept = found.kept.into_iter().map(|kept| Kept { path: String::new(), ..kept }).collect();
    (kept, found.defects)
}

fn says(defects: &[Defect], kind: DefectKind, detail: &str) {
    assert!(defects.iter().any(|defect| defect.kind == kind && defect.detail.contains(detail)), "`{detail}` is not in {defects:#?}");
}

/// Start and end of the records of the first chunk.
fn records(log: &[u8]) -> Vec<(usize, usize)> {
    let number = |at: usize| u32::from_le_bytes(log[at..at + 4].try_into().unwrap()) as usize;
    let (mut at, end) = (CHUNK + 512, CHUNK + number(CHUNK + 48));
    let mut records = Vec::new();
    while at < end {
        records.push((at, at + number(at + 4)));
        at += number(at + 4);
    }
    records
}

/// The number of the record that begins here: what the log was exported from may have called it otherwise.
fn number(log: &[u8], start: usize) -> u64 {
    u64::from_le_bytes(log[start + 8..start + 16].try_into().unwrap())
}

/// The first bytes of a value stood for the value: read before the whole file, they became a second event.
#[test]
fn a_record_cut_by_the_end_of_the_file_is_left_out() {
    for whole in logs("a_record_cut_by_the_end_of_the_file_is_left_out") {
        let (all, _) = read(&whole);
        let records = records(&whole);
        for (before, (start, end)) in [(records.len() - 1, records[records.len() - 1]), (records.len() / 2, records[records.len() / 2])] {
            // Every offset of a record of our own; of a long one, some.
            for cut in (start..end).step_by(if end - start > 600 { 13 } else { 1 }) {
                let (kept, defects) = read(&whole[..cut]);
                assert_eq!(kept, all[..before], "cut at {cut}");
                let at_edge = cut == start;
                let named = number(&whole, start);
                says(&defects, DefectKind::Truncated, "the last chunk has");
                if cut >= start + 24 {
                    says(&defects, DefectKind::Truncated, &format!("record {named} is cut off"));
                }
                assert!(at_edge || defects.len() >= 2, "{cut}: {defects:?}");
                says(&defects, DefectKind::Malformed, &format!("counts {} records, {before} were found", records.len()));
            }
        }
    }
}

/// After a loss of power, or carved out of a disk: the file has its full length and zeros at its end.
#[test]
fn a_blanked_end_is_told_and_the_record_in_it_left_out() {
    for mut log in logs("a_blanked_end_is_told_and_the_record_in_it_left_out") {
        let (all, _) = read(&log);
        let records = records(&log);
        let (start, end) = records[8];
        log[(start + end) / 2..CHUNK + 65536].fill(0);
        let (kept, defects) = read(&log);
        assert_eq!(kept, all[..8]);
        let lost = format!("record {} is cut off or overwritten", number(&log, start));
        says(&defects, DefectKind::Truncated, &lost);
        says(&defects, DefectKind::Malformed, &format!("the chunk's header counts {} records, 9 were found", records.len()));
        says(&defects, DefectKind::Malformed, "records do not match the checksum");
    }
}

#[test]
fn a_record_whose_size_is_told_in_two_ways_costs_itself_only() {
    for mut log in logs("a_record_whose_size_is_told_in_two_ways_costs_itself_only") {
        let (mut all, _) = read(&log);
        let (start, end) = records(&log)[3];
        log[end - 1] ^= 1;
        let (kept, defects) = read(&log);
        all.remove(3);
        assert_eq!(kept, all);
        says(&defects, DefectKind::Truncated, &format!("record {} is cut off or overwritten", number(&log, start)));
        assert_eq!(defects.len(), 2, "{defects:?}");
    }
}

/// Changed bytes went unsaid, whoever changed them.
#[test]
fn changed_bytes_are_told_once_a_chunk_and_read_all_the_same() {
    let wanted: Vec<u8> = "schtasks".encode_utf16().flat_map(u16::to_le_bytes).collect();
    for mut log in logs("changed_bytes_are_told_once_a_chunk_and_read_all_the_same") {
        let (all, before) = read(&log);
        assert_eq!(before, []);
        let at = log.windows(wanted.len()).position(|bytes| bytes == wanted).unwrap();
        log[at + 2] = b'X';
        let (kept, defects) = read(&log);
        assert_eq!(kept.len(), all.len());
        assert_ne!(kept, all);
        assert_eq!(defects.len(), 1, "{defects:?}");
        says(&defects, DefectKind::Malformed, "the chunk's records do not match the checksum; read all the same");
        assert_eq!(defects[0].position, Some(4096));
    }
}

#[test]
fn a_header_that_was_changed_is_told() {
    let mut log = own_log();
    log[CHUNK + 48..CHUNK + 52].copy_from_slice(&512_u32.to_le_bytes());
    let (kept, defects) = read(&log);
    assert_eq!(kept, []);
    says(&defects, DefectKind::Malformed, "header and records do not match the checksum");
    let mut log = own_log();
    log[CHUNK + 16] += 5;
    sum_up(&mut log[CHUNK..]);
    let (kept, defects) = read(&log);
    assert_eq!((kept.len(), defects.len()), (20, 1));
    says(&defects, DefectKind::Malformed, "the chunk's header counts 25 records, 20 were found");
}

/// A chunk of zeros was taken as one that was never written, however much stood behind its header.
#[test]
fn a_blanked_header_and_missing_chunks_are_told() {
    let mut log = own_log();
    log[CHUNK..CHUNK + 512].fill(0);
    let (kept, defects) = read(&log);
    assert_eq!((kept.len(), defects.len()), (0, 1));
    says(&defects, DefectKind::Malformed, "chunk header");
    let (_, defects) = read(&own_log()[..CHUNK]);
    says(&defects, DefectKind::Truncated, "the file's header counts 1 chunks, 0 are there");
}

/// A log that was cleared, or a chunk that is made and not yet written to.
#[test]
fn an_empty_chunk_is_no_fault() {
    for last in [0_u64, u64::MAX] {
        let mut log = own_log();
        log[CHUNK + 512..].fill(0);
        log[CHUNK + 48..CHUNK + 52].copy_from_slice(&512_u32.to_le_bytes());
        log[CHUNK + 16..CHUNK + 24].copy_from_slice(&last.to_le_bytes());
        sum_up(&mut log[CHUNK..]);
        assert_eq!(read(&log), (Vec::new(), Vec::new()));
    }
}
