//! Files read apart: whole ones as in the own process, bombs and damage refused with the reason, the next file read.

use std::io::{Cursor, Write as _};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use hikeshi_event::{Defect, DefectKind, Input, Limits, Record, Work, expand, process};
use hikeshi_sandbox::{Reading, read_apart};

use crate::hikeshi;

const LINE: &str = r#"{"Channel":"Security","EventID":4688,"Computer":"pc-1","TimeCreated":"2026-11-21T03:08:12Z","EventRecordID":1,"NewProcessName":"C:\\a.exe"}"#;

struct Apart {
    reading: Reading,
    lines: Vec<u8>,
    defects: Vec<Defect>,
}

fn apart(input: &Input) -> Apart {
    let (mut lines, mut defects) = (Vec::new(), Vec::new());
    let reading = read_apart(Path::new(env!("CARGO_BIN_EXE_hikeshi")), &["parse-worker"], input, |batch| {
        batch.parts.into_iter().for_each(|(_, part)| lines.extend(part));
        defects.extend(batch.defects);
        ControlFlow::Continue(())
    });
    Apart { reading: reading.unwrap(), lines, defects }
}

struct Lines;

impl Work for Lines {
    type Scratch = ();
    type Out = Vec<u8>;

    fn scratch(&self) {}

    fn see(&self, (): &mut (), _: &str, record: &Record<'_>, out: &mut Vec<u8>) {
        record.write_line(out);
    }
}

fn here(input: &Input) -> (Vec<u8>, u64) {
    let mut lines = Vec::new();
    let totals = process(std::slice::from_ref(input), &Limits::default(), 2, &Lines, |block| {
        lines.extend(block.out);
        ControlFlow::Continue(())
    });
    (lines, totals.defects)
}

fn shared(test: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("HIKESHI_SHARED").map(PathBuf::from).filter(|folder| folder.is_dir());
    if folder.is_none() {
        println!("skipped: needs shared data ({test})");
    }
    folder
}

fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in members {
        writer.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn write(folder: &Path, name: &str, bytes: &[u8]) -> Input {
    let path = folder.join(name);
    std::fs::write(&path, bytes).unwrap();
    Input::file(path)
}

#[test]
fn real_files_give_the_same_lines_apart() {
    let Some(shared) = shared("real_files_give_the_same_lines_apart") else { return };
    let (inputs, _) = expand(&[
        format!("{}/data/evtx-attack/Discovery/*.evtx", shared.display()),
        format!("{}/data/forensic/windows/**/*.evtx", shared.display()),
    ]);
    assert!(inputs.len() > 5);
    for input in &inputs {
        let found = apart(input);
        let (lines, defects) = here(input);
        assert_eq!((found.reading.refused, found.reading.missing), (None, vec![]));
        assert_eq!((found.lines == lines, found.reading.totals.defects), (true, defects), "{input:?}");
    }
}

#[test]
fn a_member_is_read_alone() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "a.zip", &zip(&[("a.json", LINE.as_bytes()), ("--b.json", format!("{LINE}\n{LINE}").as_bytes())]));
    let (inputs, _) = expand(&[format!("{}/a.zip!--b.json", folder.path().display())]);
    let found = apart(&inputs[0]);
    assert_eq!((found.reading.refused, found.reading.totals.events), (None, 2));
}

#[test]
fn bombs_are_refused_and_name_the_limit() {
    let folder = tempfile::tempdir().unwrap();
    let zeros = vec![0; 64 << 20];
    let blanks = vec![b' '; 64 << 20];
    let mut endless = format!("{LINE}\n").into_bytes();
    endless.resize(48 << 20, b'a');
    let deep = format!("{{\"Channel\":\"c\",\"EventID\":1,\"a\":{}{}}}", "[".repeat(300_000), "]".repeat(300_000));
    let nested = (0..8).fold(LINE.as_bytes().to_vec(), |inner, _| gz(&inner));
    let zips = (0..8).fold(zip(&[("a", LINE.as_bytes())]), |inner, _| zip(&[("a.zip", &inner)]));
    let xml = format!("<Events><Event>{}</Event></Events>", "<a>".repeat(200_000));
    let laughs = format!("<!DOCTYPE x [{}]><Events><Event>&z;</Event></Events>", "<!ENTITY a 'aaaa'>".repeat(1000));
    let bombs = [
        ("zeros.zip", zip(&[("a.json", &zeros)]), DefectKind::UnknownFormat, "no reader"),
        ("blanks.zip", zip(&[("a.json", &blanks)]), DefectKind::Refused, "unpacked_ratio"),
        ("blanks.gz", gz(&blanks), DefectKind::Refused, "unpacked_ratio"),
        ("blanks.zst", zstd::encode_all(blanks.as_slice(), 1).unwrap(), DefectKind::Refused, "unpacked_ratio"),
        ("endless.json", endless, DefectKind::Refused, "record_bytes"),
        ("deep.json", deep.into_bytes(), DefectKind::Refused, "json_depth"),
        ("nested.gz", nested, DefectKind::Refused, "archive_depth"),
        ("nested.zip", zips, DefectKind::Refused, "archive_depth"),
        ("deep.xml", xml.into_bytes(), DefectKind::Refused, "json_depth"),
        ("laughs.xml", laughs.into_bytes(), DefectKind::Refused, "document type"),
    ];
    for (name, bytes, kind, limit) in bombs {
        let found = apart(&write(folder.path(), name, &bytes));
        let told = |defect: &&Defect| defect.kind == kind && defect.detail.contains(limit) && defect.path.contains(name);
        assert!(found.defects.iter().find(told).is_some(), "{name}: {:?} {:?}", found.defects, found.reading);
        assert_eq!(found.reading.refused, None, "{name}: a limit stopped it, no death");
    }
    let next = apart(&write(folder.path(), "next.json", LINE.as_bytes()));
    assert_eq!((next.reading.refused, next.reading.totals.events), (None, 1));
}

/// Flips and cuts, the same on every run.
fn damaged(bytes: &[u8], state: &mut u64) -> Vec<u8> {
    let mut roll = |below: usize| {
        *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (*state >> 33) as usize % below.max(1)
    };
    let mut bytes = bytes.to_vec();
    if roll(3) == 0 {
        bytes.truncate(roll(bytes.len()));
    }
    for _ in 0..roll(8) {
        if let Some(byte) = bytes.len().checked_sub(1).map(|last| roll(last + 1)).and_then(|at| bytes.get_mut(at)) {
            *byte ^= 1 << roll(8);
        }
    }
    bytes
}

#[test]
fn damage_ends_in_defects_or_a_refusal() {
    let Some(shared) = shared("damage_ends_in_defects_or_a_refusal") else { return };
    let folder = tempfile::tempdir().unwrap();
    let (logs, _) = expand(&[format!("{}/data/evtx-attack/**/*.evtx", shared.display())]);
    let small: Vec<_> =
        logs.iter().filter(|log| log.size_bytes() < 200_000).take(4).map(|log| std::fs::read(log.path()).unwrap()).collect();
    assert_eq!(small.len(), 4);
    let json = format!("{LINE}\n").repeat(300).into_bytes();
    let array = format!("[{}]", vec![LINE; 300].join(",\n")).into_bytes();
    let xml = "<Event><System><EventID>1</EventID><Channel>c</Channel></System><EventData><Data Name='a'>b</Data></EventData></Event>"
        .repeat(300)
        .into_bytes();
    let utf16: Vec<u8> = String::from_utf8(json.clone()).unwrap().encode_utf16().flat_map(u16::to_le_bytes).collect();
    let packed = [gz(&json), zstd::encode_all(json.as_slice(), 1).unwrap(), zip(&[("a.evtx", &small[0]), ("b.json", &json)])];
    let mut state = 11;
    for (kind, bytes) in small.iter().chain([&json, &array, &xml, &utf16]).chain(&packed).enumerate() {
        for round in 0..8 {
            let found = apart(&write(folder.path(), "damaged", &damaged(bytes, &mut state)));
            if let Some(refused) = &found.reading.refused {
                assert!(refused.kind == DefectKind::Refused && !refused.detail.contains("panicked"), "{kind}/{round}: {refused:?}");
            }
            assert!(found.lines.len() < 64 << 20);
        }
    }
}

// covers: S3-1, S3-2
#[test]
fn ingest_reads_every_kind_once_and_goes_on_after_a_bad_file() {
    let folder = tempfile::tempdir().unwrap();
    let (data, logs) = (folder.path().join("data"), folder.path().join("logs"));
    std::fs::create_dir(&logs).unwrap();
    let numbered = |from: u32| {
        (from..from + 10).map(|number| format!("{}\n", LINE.replace("ID\":1,", &format!("ID\":{number},")))).collect::<String>()
    };
    write(&logs, "a.zip", &zip(&[("a.json", numbered(10).as_bytes())]));
    write(&logs, "b.gz", &gz(&vec![b' '; 64 << 20]));
    write(&logs, "c.xml", b"<Events><Event>\n<System><EventID>1</EventID><TimeCreated SystemTime='2026-11-21T03:08:12Z'/><Channel>c</Channel></System>\n</Event></Events>");
    write(&logs, "d.json", numbered(30).as_bytes());
    let run = || {
        let output = hikeshi().args(["ingest", "--data"]).arg(&data).arg(&logs).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
    };
    let (said, errors) = run();
    assert_eq!(said, "21 events, 21 new, 0 already there, 1 defects\n", "{errors}");
    assert!(errors.contains("b.gz") && errors.contains("unpacked_ratio") && !errors.contains("warning"), "{errors}");
    assert_eq!(run().0, "21 events, 0 new, 21 already there, 1 defects\n");
}
