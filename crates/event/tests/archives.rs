//! Archives and compression: found by content, streamed, counted.

use std::io::{Cursor, Write};
use std::path::Path;

use hikeshi_event::{DefectKind, Input, Limits, expand};

use crate::collected::{collect, collect_file};

const LINE: &str = r#"{"Channel":"Security","EventID":4688,"Computer":"pc-1","NewProcessName":"C:\\a.exe"}"#;

fn lines(count: usize) -> Vec<u8> {
    (0..count).flat_map(|number| format!("{}\n", LINE.replace("pc-1", &format!("pc-{number}"))).into_bytes()).collect()
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
fn every_packing_gives_the_same_records() {
    let folder = tempfile::tempdir().unwrap();
    let plain = lines(300);
    let zst = zstd::encode_all(plain.as_slice(), 1).unwrap();
    let inner = zip(&[("b.json", &plain)]);
    let packed = [
        ("a.log", plain.clone(), ""),
        ("a.gz", gz(&plain), ""),
        ("a.zst", zst.clone(), ""),
        ("a.zip", zip(&[("b.json", &plain)]), "!b.json"),
        ("b.zip", zip(&[("c.gz", &gz(&zst))]), "!c.gz"),
        ("c.zip", zip(&[("d.zip", &inner)]), "!d.zip!b.json"),
    ];
    let expected = collect(&[write(folder.path(), "expected", &plain)], &Limits::default(), 1);
    assert_eq!(expected.totals.events, 300);
    for (name, bytes, member) in packed {
        let input = write(folder.path(), name, &bytes);
        let found = collect(std::slice::from_ref(&input), &Limits::default(), 2);
        assert_eq!(found.defects, [], "{name}");
        assert_eq!(found.kept.len(), 300, "{name}");
        let path = format!("{}{member}", input.path().display());
        for (found, expected) in found.kept.iter().zip(&expected.kept) {
            assert_eq!((&found.path, &found.fields, &found.raw), (&path, &expected.fields, &expected.raw));
        }
    }
}

#[test]
fn a_member_can_be_named() {
    let folder = tempfile::tempdir().unwrap();
    let inner = zip(&[("x.json", &lines(3)), ("y.json", &lines(4))]);
    write(folder.path(), "a.zip", &zip(&[("b.json", &lines(1)), ("c.json", &lines(2)), ("d.zip", &inner)]));
    let count = |member: &str| {
        let (inputs, defects) = expand(&[format!("{}/a.zip!{member}", folder.path().display())]);
        assert_eq!(defects, []);
        let found = collect(&inputs, &Limits::default(), 2);
        (found.totals.events, found.defects.len())
    };
    assert_eq!(count("c.json"), (2, 0));
    assert_eq!(count("d.zip!y.json"), (4, 0));
    assert_eq!(count("d.zip"), (7, 0));
    assert_eq!(count("e.json"), (0, 1));
}

/// What a bomb gives under small limits, and the limit that its one defect names.
fn check_refused(bytes: &[u8], limits: &Limits, limit: &str) -> u64 {
    let folder = tempfile::tempdir().unwrap();
    let found = collect(&[write(folder.path(), "bomb", bytes)], limits, 2);
    let refused: Vec<_> = found.defects.iter().filter(|defect| defect.kind == DefectKind::Refused).collect();
    assert_eq!(refused.len(), 1, "{:?}", found.defects);
    assert!(refused[0].detail.starts_with(limit), "{refused:?}");
    found.totals.events
}

#[test]
fn bombs_are_refused_by_the_limit_they_break() {
    let small = Limits { unpacked_bytes: 4 << 20, ratio_free_bytes: 1 << 20, archive_members: 10, archive_depth: 3, ..Limits::default() };
    // The ratio needs no size: 60 MB of blanks behind ten records.
    let mut blanks = lines(10);
    blanks.resize(60 << 20, b'\n');
    let roomy = Limits { unpacked_bytes: 1 << 40, ..Limits::default() };
    for packed in [gz(&blanks), zstd::encode_all(blanks.as_slice(), 1).unwrap(), zip(&[("a", &blanks)])] {
        assert_eq!(check_refused(&packed, &roomy, "unpacked_ratio"), 10);
    }
    drop(blanks);
    let mut noise = Vec::new();
    let mut state = 1_u64;
    for number in 0..100_000 {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(number);
        noise.extend_from_slice(
            format!("{{\"EventID\":1,\"Channel\":\"c\",\"x\":\"{state:016x}{:016x}\"}}\n", state.rotate_left(21)).as_bytes(),
        );
    }
    assert!(check_refused(&gz(&noise), &small, "unpacked_bytes") > 1000);
    let names: Vec<String> = (0..12).map(|number| format!("{number:02}.json")).collect();
    let one = lines(1);
    let members: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), one.as_slice())).collect();
    assert_eq!(check_refused(&zip(&members), &small, "archive_members"), 10);
    let deep = (0..6).fold(lines(1), |inner, _| gz(&inner));
    assert_eq!(check_refused(&deep, &small, "archive_depth"), 0);
    let long = "n".repeat(300);
    assert_eq!(check_refused(&zip(&[(&long, &one), ("ok", &one)]), &small, "name_bytes"), 1);
    let inner = zip(&[("a", &noise)]);
    let tiny = Limits { inner_archive_bytes: 1000, ..Limits::default() };
    assert_eq!(check_refused(&zip(&[("i.zip", &inner)]), &tiny, "inner_archive_bytes"), 0);
}

#[test]
fn cut_archives_give_what_was_before_the_cut() {
    let folder = tempfile::tempdir().unwrap();
    let plain = lines(20_000);
    for (name, bytes) in [("a.gz", gz(&plain)), ("a.zst", zstd::encode_all(plain.as_slice(), 1).unwrap())] {
        let cut = &bytes[..bytes.len() * 3 / 4];
        let found = collect_file(write(folder.path(), name, cut).path());
        assert!(found.totals.events > 100 && found.totals.events < 20_000, "{name}: {}", found.totals.events);
        assert!(!found.defects.is_empty(), "{name}");
    }
    let zipped = zip(&[("a.json", &plain)]);
    let found = collect_file(write(folder.path(), "a.zip", &zipped[..zipped.len() / 2]).path());
    assert_eq!((found.totals.events, found.defects.len()), (0, 1));
}

#[test]
fn folders_and_patterns_come_sorted_and_once() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("sub")).unwrap();
    for name in ["b.json", "a.json", "sub/c.json"] {
        write(folder.path(), name, &lines(1));
    }
    let here = folder.path().display();
    let (inputs, defects) = expand(&[format!("{here}/**/*.json"), here.to_string(), format!("{here}/a.json"), format!("{here}/none*")]);
    let names: Vec<_> = inputs.iter().map(|input| input.path().strip_prefix(folder.path()).unwrap().display().to_string()).collect();
    assert_eq!(names, ["a.json", "b.json", "sub/c.json"]);
    assert_eq!(defects.len(), 1);
    assert_eq!(defects[0].kind, DefectKind::Missing);
}

/// A pipe kept the reader waiting for a writer, and a file that cannot be opened was one more input.
#[test]
fn what_is_named_and_cannot_be_read_is_told_and_no_input() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    write(folder.path(), "a.json", &lines(1));
    std::process::Command::new("mkfifo").arg(path("pipe")).status().unwrap();
    std::os::unix::fs::symlink(path("loop"), path("loop")).unwrap();
    for (name, expected) in [
        (path("pipe"), "not a regular file"),
        ("/dev/null".to_owned(), "not a regular file"),
        (format!("{}!a.json", path("pipe")), "not a regular file"),
        (path("loop"), "symbolic links"),
        (path("a.json/b"), "Not a directory"),
        ("-".to_owned(), "standard input is not read"),
        (path("absent"), "no such file or folder"),
        (path("p*"), "no file matches"),
    ] {
        let (inputs, defects) = expand(std::slice::from_ref(&name));
        assert_eq!(inputs, [], "{name}");
        assert!(defects.len() == 1 && defects[0].kind == DefectKind::Missing && defects[0].detail.contains(expected), "{defects:?}");
    }
    let (inputs, defects) = expand(&[path("*")]);
    assert_eq!((inputs.len(), defects.len()), (1, 0), "what lies beside logs is passed over");
}
