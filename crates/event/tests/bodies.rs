//! Texts that are not quite right: encodings, lengths, nesting.

use hikeshi_event::{DefectKind, Input, Limits, read_lines};

use crate::collected::{Collected, Kept, collect};

fn read(bytes: &[u8]) -> Collected {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("body");
    std::fs::write(&path, bytes).unwrap();
    collect(&[Input::file(path)], &Limits::default(), 2)
}

const EVENT: &str = r#"{"Channel":"Security","EventID":4688,"Computer":"端末-1","NewProcessName":"C:\\ア.exe"}"#;

#[test]
fn encodings_give_the_same_event() {
    let utf16 = |mark: &[u8], unit: fn(u16) -> [u8; 2]| {
        let text: Vec<u8> = format!("{EVENT}\r\n{EVENT}\r\n").encode_utf16().flat_map(unit).collect();
        [mark, &text].concat()
    };
    for bytes in [
        format!("{EVENT}\n{EVENT}\n").into_bytes(),
        format!("\u{feff}{EVENT}\r\n{EVENT}").into_bytes(),
        utf16(&[0xff, 0xfe], u16::to_le_bytes),
        utf16(&[], u16::to_le_bytes),
        utf16(&[0xfe, 0xff], u16::to_be_bytes),
    ] {
        let found = read(&bytes);
        assert_eq!(found.defects, []);
        assert_eq!(found.kept.len(), 2);
        assert!(found.kept.iter().all(|kept| kept.computer == "端末-1" && kept.raw == EVENT.as_bytes()));
    }
}

#[test]
fn broken_texts_are_kept_with_a_defect() {
    let body = [
        b"{\"Channel\":\"c\",\"EventID\":1,\"x\":\"\xff\xfe\"}\n".as_slice(),
        b"{\"Channel\":\"c\",\"EventID\":2,\"x\":\"\\ud800\"}\n",
        b"{\"Channel\":\"c\",\"EventID\":3,\"x\":\"a\tb\"}\n",
        b"{\"Channel\":\"c\",\"EventID\":4,\"x\":\n",
        b"{\"Channel\":\"c\",\"EventID\":5}\n",
        b"hello\n",
        b"[1]\n",
    ]
    .concat();
    let mut kept = Vec::new();
    let defects = read_lines(&body, "batch", &Limits::default(), |record| kept.push(Kept::of("batch", record)));
    assert_eq!(kept.iter().map(|kept| kept.event_id).collect::<Vec<_>>(), [1, 2, 3, 5]);
    assert_eq!(defects.iter().map(|defect| defect.position).collect::<Vec<_>>(), [1, 2, 3, 4, 6, 7].map(Some));
    assert_eq!(kept[0].raw, body.split(|byte| *byte == b'\n').next().unwrap());
}

#[test]
fn a_limit_is_named_and_the_rest_is_read() {
    let good = "{\"Channel\":\"c\",\"EventID\":1}\n";
    let check = |bad: &str, kind: DefectKind, limit: &str| {
        let found = read(format!("{good}{bad}\n{good}").as_bytes());
        assert_eq!(found.totals.events, 2, "{limit}");
        assert_eq!(found.defects.len(), 1, "{limit}: {:?}", found.defects);
        assert_eq!((found.defects[0].kind, found.defects[0].position), (kind, Some(2)), "{limit}");
        assert!(found.defects[0].detail.contains(limit), "{:?}", found.defects[0]);
    };
    check(&format!("{{\"a\":\"{}\"}}", "x".repeat(3 << 20)), DefectKind::Refused, "record_bytes");
    check(&format!("{}{}", "{\"a\":".repeat(500), "}".repeat(500)), DefectKind::Refused, "json_depth");
    check(&format!("{{\"a\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000)), DefectKind::Refused, "json_depth");
}

#[test]
fn too_many_fields_and_names_too_long_are_dropped_and_told() {
    let many: Vec<String> = (0..10_000).map(|number| format!("\"f{number}\":1")).collect();
    let found = read(format!("{{\"Channel\":\"c\",\"EventID\":1,{}}}\n", many.join(",")).as_bytes());
    assert_eq!((found.totals.events, found.defects.len()), (1, 1));
    assert!(found.kept[0].fields.len() <= Limits::default().record_fields);
    assert!(found.defects[0].detail.contains("record_fields"));
    // Long names nested in each other would square.
    let name = "n".repeat(800);
    let nested = (0..60).fold("1".to_owned(), |inner, _| format!("{{\"{name}\":{inner},\"x\":2}}"));
    let found = read(format!("{nested}\n").as_bytes());
    assert_eq!(found.defects.len(), 1);
}

#[test]
fn an_endless_line_costs_no_memory_and_ends() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("endless");
    let mut bytes = b"{\"Channel\":\"c\",\"EventID\":1}\n".to_vec();
    bytes.resize(64 << 20, b'a');
    std::fs::write(&path, bytes).unwrap();
    let found = collect(&[Input::file(path)], &Limits::default(), 2);
    assert_eq!((found.totals.events, found.defects.len()), (1, 1));
    assert!(found.totals.bytes < 4 << 20);
}

#[test]
fn arrays_and_spread_objects_are_cut() {
    let pretty = "{\n  \"Channel\": \"c\",\n  \"EventID\": 1,\n  \"x\": \"}{\"\n}\n";
    let found = read(format!("{pretty}{pretty}").as_bytes());
    assert_eq!((found.totals.events, found.defects.len()), (2, 0));
    let array = format!("[\n{}\n]", vec![pretty; 5000].join(","));
    let found = read(array.as_bytes());
    assert_eq!((found.totals.events, found.defects.len()), (5000, 0));
    let array = format!("[{}]", vec![EVENT; 30_000].join(","));
    let found = read(array.as_bytes());
    assert_eq!((found.totals.events, found.defects.len()), (30_000, 0));
    let cut = read(&array.as_bytes()[..array.len() - 20]);
    assert_eq!((cut.totals.events, cut.defects.len()), (29_999, 1));
    assert_eq!(cut.defects[0].kind, DefectKind::Truncated);
}

/// The whole file went with it.
#[test]
fn a_first_line_that_is_not_closed_costs_itself() {
    let good = "{\"Channel\":\"c\",\"EventID\":1}\n";
    let torn = "{\"Channel\":\"Security\",\"EventID\":1";
    let check = |text: &str, events: u64, lines: &[u64]| {
        let found = read(text.as_bytes());
        let told: Vec<u64> = found.defects.iter().filter_map(|defect| defect.position).collect();
        assert_eq!((found.totals.events, told.as_slice()), (events, lines), "{:?}", found.defects);
        assert!(found.defects.iter().all(|defect| defect.detail.contains("not closed")), "{:?}", found.defects);
        assert_eq!(found.totals.bytes, text.len() as u64);
    };
    check(&format!("{torn}\nnot json\n{good}"), 1, &[1]);
    check(&format!("{torn}\nnot json\n{good}{torn}\n{good}{good}"), 3, &[1, 4]);
    let pretty = "{\n  \"Channel\": \"c\",\n  \"EventID\": 1\n}\n";
    check(&format!("{{\n  \"Channel\": \"c\",\n{pretty}{pretty}"), 2, &[1]);
    check(&format!("{pretty}{torn}"), 1, &[5]);
    let long = read(format!("{torn}\nnot json\n{}", good.repeat(50_000)).as_bytes());
    assert_eq!((long.totals.events, long.totals.defects), (50_000, 1));
}

/// Each time, what is behind a value that was given up is looked at once more: endless work for a short text.
#[test]
fn values_that_never_close_end_the_reading() {
    let found = read(("{\"a\":\nx\n".to_owned() + &"{\"a\":\n".repeat(2_000)).as_bytes());
    assert_eq!(found.totals.events, 0);
    assert!(found.defects.iter().any(|defect| defect.kind == DefectKind::Refused && defect.detail.contains("more than 500")));
    assert_eq!(found.totals.defects, 501);
}

#[test]
fn defects_are_listed_to_a_limit_and_counted_beyond() {
    let found = read(("{\"Channel\":\"c\",\"EventID\":1}\n".to_owned() + &"{broken}\n".repeat(50_000)).as_bytes());
    assert_eq!(found.totals.defects, 50_000);
    assert_eq!(found.defects.iter().filter(|defect| defect.position.is_some()).count(), 1000);
    assert_eq!(found.defects[1].position, Some(3));
}

#[test]
fn order_is_that_of_the_file_whatever_the_threads() {
    let body: String = (0..60_000).map(|number| format!("{{\"Channel\":\"c\",\"EventID\":1,\"EventRecordID\":{number}}}\n")).collect();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("body");
    std::fs::write(&path, body).unwrap();
    for threads in [1, 2, 7] {
        let found = collect(&[Input::file(&path)], &Limits::default(), threads);
        assert!(found.kept.iter().zip(0..).all(|(kept, number)| kept.record_id == Some(number)));
        assert_eq!(found.kept.len(), 60_000);
    }
}
