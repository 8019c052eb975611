//! Every limit on foreign bytes, each with its control: the input that it refuses is read where that one limit is lifted, so that a limit
//! which does nothing, or another one that does its work, is noticed.

use std::io::Write as _;
use std::path::Path;

use hikeshi_event::{Input, Limits};

use crate::collected::{Collected, collect};

const LINE: &str = r#"{"Channel":"Security","EventID":4688,"Computer":"pc","NewProcessName":"C:\\a.exe"}"#;

/// An input that breaks one limit and no other.
struct Breaker {
    limit: &'static str,
    bytes: Vec<u8>,
    /// Under which it is refused.
    guarded: Limits,
    /// The same without that one limit.
    lifted: Limits,
    /// Events, guarded and lifted.
    events: (u64, u64),
}

fn lines(count: usize) -> Vec<u8> {
    format!("{LINE}\n").repeat(count).into_bytes()
}

fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in members {
        writer.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// Breaks `limit`: its small value and its lifted one are set on the same limits.
fn breaker(limit: &'static str, bytes: Vec<u8>, set: [fn(&mut Limits); 2], events: (u64, u64)) -> Breaker {
    let [guarded, lifted] = set.map(|set| {
        let mut limits = Limits::default();
        set(&mut limits);
        limits
    });
    Breaker { limit, bytes, guarded, lifted, events }
}

fn archives() -> Vec<Breaker> {
    let deep = (0..7).fold(lines(1), |inner, _| gz(&inner));
    let names: Vec<String> = (0..12).map(|number| format!("{number:02}.json")).collect();
    let one = lines(1);
    let members: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), one.as_slice())).collect();
    let long = "n".repeat(300);
    // Behind ten records, 16 MB of blanks: a thousand for each packed byte.
    let mut blanks = lines(10);
    blanks.resize(16 << 20, b'\n');
    let roomy = Limits { unpacked_ratio: u64::MAX, ..Limits::default() };
    vec![
        breaker("archive_depth", deep, [|_| {}, |limits| limits.archive_depth = 64], (0, 1)),
        breaker("archive_members", zip(&members), [|limits| limits.archive_members = 10, |_| {}], (10, 12)),
        breaker("name_bytes", zip(&[(&long, &one), ("ok", &one)]), [|_| {}, |limits| limits.name_bytes = 1000], (1, 2)),
        breaker("unpacked_ratio", gz(&blanks), [|_| {}, |limits| limits.unpacked_ratio = u64::MAX], (10, 10)),
        breaker("unpacked_ratio", gz(&blanks), [|_| {}, |limits| limits.ratio_free_bytes = u64::MAX], (10, 10)),
        Breaker {
            limit: "unpacked_bytes",
            bytes: gz(&blanks),
            guarded: Limits { unpacked_bytes: 1 << 20, ..roomy.clone() },
            lifted: roomy,
            events: (10, 10),
        },
        breaker(
            "inner_archive_bytes",
            zip(&[("i.zip", &zip(&[("a", &lines(1000))]))]),
            [|limits| limits.inner_archive_bytes = 100, |_| {}],
            (0, 1000),
        ),
    ]
}

fn records() -> Vec<Breaker> {
    let long = format!("{{\"EventID\":1,\"a\":\"{}\"}}\n", "x".repeat(3 << 20)).into_bytes();
    let nested = format!("{{\"EventID\":1,\"a\":{}{}}}\n", "[".repeat(200), "]".repeat(200)).into_bytes();
    let elements = format!("<Event><System><EventID>1</EventID></System><a>{}{}</a></Event>", "<b>".repeat(100), "</b>".repeat(100));
    let fields: Vec<String> = (0..5000).map(|number| format!("\"f{number}\":1")).collect();
    let wide = format!("{{\"EventID\":1,{}}}\n", fields.join(",")).into_bytes();
    let named = format!("{{\"EventID\":1,\"{}\":1}}\n", "n".repeat(2000)).into_bytes();
    vec![
        breaker("record_bytes", long, [|_| {}, |limits| limits.record_bytes = 8 << 20], (0, 1)),
        breaker("json_depth", nested, [|_| {}, |limits| limits.json_depth = 1000], (0, 1)),
        breaker("json_depth", elements.into_bytes(), [|_| {}, |limits| limits.json_depth = 1000], (0, 1)),
        breaker("record_fields", wide, [|_| {}, |limits| limits.record_fields = 10_000], (1, 1)),
        breaker("record_fields or field_name_bytes", named, [|_| {}, |limits| limits.field_name_bytes = 10_000], (1, 1)),
    ]
}

fn read(path: &Path, bytes: &[u8], limits: &Limits) -> Collected {
    std::fs::write(path, bytes).unwrap();
    collect(&[Input::file(path)], limits, 1)
}

#[test]
fn each_limit_refuses_what_is_read_without_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("input");
    for Breaker { limit, bytes, guarded, lifted, events } in archives().into_iter().chain(records()) {
        let found = read(&path, &bytes, &guarded);
        let named = found.defects.iter().filter(|defect| defect.detail.starts_with(limit)).count();
        assert_eq!((named, found.totals.events), (1, events.0), "{limit}: {:?}", found.defects);
        let found = read(&path, &bytes, &lifted);
        assert!(found.defects.iter().all(|defect| !defect.detail.starts_with(limit)), "{limit} lifted: {:?}", found.defects);
        assert_eq!(found.totals.events, events.1, "{limit} lifted: {:?}", found.defects);
    }
}

#[test]
fn defects_are_listed_up_to_their_limit_and_counted_beyond_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("input");
    let broken = "{\"EventID\":\n".repeat(5000);
    let listed = |most| {
        let found = read(&path, broken.as_bytes(), &Limits { listed_defects: most, ..Limits::default() });
        assert!(found.totals.defects >= 5000, "{}", found.totals.defects);
        found.defects.len()
    };
    assert!(listed(1000) <= 1001, "the rest is counted in one last defect");
    assert!(listed(usize::MAX) >= 5000, "without the limit each is listed");
}

/// A new limit has to be named here, and to stand above.
#[test]
fn every_limit_is_tried() {
    let Limits {
        archive_depth: _,
        archive_members: _,
        unpacked_bytes: _,
        unpacked_ratio: _,
        ratio_free_bytes: _,
        inner_archive_bytes: _,
        name_bytes: _,
        record_bytes: _,
        json_depth: _,
        record_fields: _,
        field_name_bytes: _,
        listed_defects: _,
    } = Limits::default();
}
