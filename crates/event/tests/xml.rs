//! Windows events as XML text: the shapes of its writers, real records against their event logs, hostile texts.

use std::ops::ControlFlow;
use std::path::Path;

use hikeshi_event::{DefectKind, Event, Input, Limits, LogFormat, Record, Rereader, Work, expand, normalise, process, read_lines};

use crate::collected::{Collected, Kept, collect, shared};
use crate::rows::intake;

const EVENT: &str = "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System>\
    <Provider Name='Microsoft-Windows-Sysmon' Guid='{5770385f-c22a-43e0-bf4c-06f5698ffbd9}'/><EventID>1</EventID><Version>5</Version>\
    <Level>4</Level><Task>1</Task><Opcode>0</Opcode><Keywords>0x8000000000000000</Keywords>\
    <TimeCreated SystemTime='2024-05-06T07:08:09.1234567Z'/><EventRecordID>7</EventRecordID><Correlation/>\
    <Execution ProcessID='2000' ThreadID='3000'/><Channel>Microsoft-Windows-Sysmon/Operational</Channel><Computer>端末-1</Computer>\
    <Security UserID='S-1-5-18'/></System><EventData><Data Name='RuleName'></Data><Data Name='Process Guid'>{5AA13A44-0D74-68FC-EB1D-000000004002}</Data>\
    <Data Name='Image'>C:\\a &amp; b.exe</Data><Data Name='CommandLine'>\"C:\\a.exe\" &lt;Event&gt;&#x20;&#48;</Data></EventData></Event>";

fn read(bytes: &[u8]) -> Collected {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.xml");
    std::fs::write(&path, bytes).unwrap();
    collect(&[Input::file(path)], &Limits::default(), 2)
}

fn value<'k>(kept: &'k Kept, name: &str) -> Option<&'k str> {
    kept.fields.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
}

// covers: S3-1
#[test]
fn one_event_in_every_packing_of_xml() {
    let list = format!("<?xml version=\"1.0\" encoding=\"utf-8\" standalone=\"yes\"?>\r\n<Events>{EVENT}\r\n{EVENT}</Events>");
    let indented = format!("<Events>\n  {}\n</Events>\n{EVENT}", EVENT.replace("><Data", ">\r\n    <Data").replace("><Sys", ">\r\n  <Sys"));
    let utf16 = |mark: &[u8], unit: fn(u16) -> [u8; 2]| {
        let text: Vec<u8> = list.encode_utf16().flat_map(unit).collect();
        [mark, &text].concat()
    };
    for bytes in [
        format!("{EVENT}{EVENT}").into_bytes(),
        format!("\u{feff}{EVENT}\r\n{EVENT}\r\n").into_bytes(),
        format!("{{\"Channel\":\"c\",\"EventID\":1}}\n{EVENT}\n{EVENT}\n").into_bytes(),
        list.clone().into_bytes(),
        indented.clone().into_bytes(),
        utf16(&[0xff, 0xfe], u16::to_le_bytes),
        utf16(&[], u16::to_le_bytes),
        utf16(&[0xfe, 0xff], u16::to_be_bytes),
    ] {
        let found = read(&bytes);
        assert_eq!(found.defects, [], "{}", String::from_utf8_lossy(&bytes));
        let kept: Vec<&Kept> = found.kept.iter().filter(|kept| kept.channel != "c").collect();
        assert_eq!(kept.len(), 2);
        for kept in kept {
            assert_eq!((kept.event_id, kept.computer.as_str(), kept.record_id), (1, "端末-1", Some(7)));
            assert_eq!(
                (kept.channel.as_str(), kept.provider.as_str()),
                ("Microsoft-Windows-Sysmon/Operational", "Microsoft-Windows-Sysmon")
            );
            assert_eq!(kept.time.unwrap().to_string(), "2024-05-06T07:08:09.1234567Z");
            let expected = [("RuleName", "null"), ("Image", r"C:\a & b.exe"), ("CommandLine", "\"C:\\a.exe\" <Event> 0"), ("Level", "4")];
            for (name, expected) in expected {
                assert_eq!(value(kept, name), Some(expected), "{name}");
            }
            assert_eq!(value(kept, "ProcessGuid"), Some("{5AA13A44-0D74-68FC-EB1D-000000004002}"), "a name loses its blanks");
        }
    }
    assert!(read(EVENT.as_bytes()).kept[0].raw == EVENT.as_bytes(), "the original stays as it was");
}

#[test]
fn user_data_and_unnamed_data_are_flattened() {
    let event = |inside: &str| {
        let (head, _) = EVENT.split_once("<EventData>").unwrap();
        let found = read(format!("{head}{inside}</Event>").as_bytes());
        assert_eq!((found.kept.len(), found.defects), (1, vec![]));
        found.kept.into_iter().next().unwrap()
    };
    let kept = event(
        "<UserData><LogFileCleared xmlns='x'><SubjectUserName>eve</SubjectUserName><Channel>Security</Channel></LogFileCleared></UserData>",
    );
    assert_eq!(value(&kept, "SubjectUserName"), Some("eve"));
    assert!(kept.fields.contains(&("Channel".into(), "Security".into())) && kept.channel != "Security");
    let kept = event("<EventData><Data>a</Data><Data>b\r\nc</Data><Binary>00FF</Binary></EventData>");
    assert_eq!((value(&kept, "Data"), value(&kept, "Binary")), (Some("[a, b\r\nc]"), Some("00FF")));
    let kept =
        event("<EventData><Data><![CDATA[<x>]]></Data></EventData><RenderingInfo Culture='ja-JP'><Message>文</Message></RenderingInfo>");
    assert_eq!((value(&kept, "Data"), value(&kept, "Message")), (Some("<x>"), None));
}

/// Each record of an event log as an event, and the same as XML by the library's own writer.
struct Both;

impl Work for Both {
    type Scratch = ();
    type Out = Vec<Event<'static>>;

    fn scratch(&self) {}

    fn see(&self, (): &mut (), _path: &str, record: &Record<'_>, out: &mut Self::Out) {
        out.push(normalise(record, &intake()).into_owned());
    }
}

fn events_of(path: &Path) -> (Vec<Event<'static>>, usize) {
    let mut events = Vec::new();
    let mut defects = 0;
    process(&[Input::file(path)], &Limits::default(), 2, &Both, |block| {
        events.extend(block.out);
        defects += block.defects.len();
        ControlFlow::Continue(())
    });
    (events, defects)
}

/// What must be equal of an event that came as event log and as XML. The library writes GUIDs with or without braces, and for
/// control characters, which XML cannot hold, a line.
fn comparable(event: &Event<'static>) -> Vec<(String, String)> {
    let bare = |text: &str| {
        text.trim_matches(['{', '}']).to_ascii_lowercase().replace(|one: char| one < ' ' && !matches!(one, '\t' | '\n' | '\r'), "_")
    };
    let cells = event.cells.iter().map(|(column, cell)| (column.name().to_owned(), bare(&cell.to_string())));
    let unmapped = event.unmapped.iter().map(|(name, text)| (name.clone().into_owned(), bare(text)));
    let head = [
        ("host", event.host.to_string()),
        ("time", event.time.to_string()),
        ("channel", event.channel.to_string()),
        ("provider", event.provider.to_string()),
        ("event", format!("{} {:?} {} {} {}", event.event_id, event.record_id, event.class_uid, event.activity_id, event.severity)),
    ];
    let mut all: Vec<_> = head.into_iter().map(|(name, text)| (name.to_owned(), text)).chain(cells).chain(unmapped).collect();
    all.sort();
    all
}

// covers: S3-1
#[test]
fn real_event_logs_give_the_same_events_as_xml() {
    let Some(shared) = shared("real_event_logs_give_the_same_events_as_xml") else { return };
    let folders = ["evtx-attack", "sigma/regression_data", "forensic/windows"];
    let (inputs, _) = expand(&folders.map(|folder| format!("{}/data/{folder}/**/*.evtx", shared.display())));
    let folder = tempfile::tempdir().unwrap();
    let xml = folder.path().join("exported.xml");
    let (mut compared, mut different) = (0, Vec::new());
    for input in &inputs {
        let Ok(parser) = evtx::EvtxParser::from_path(input.path()) else { continue };
        let mut parser = parser.with_configuration(evtx::ParserSettings::new().indent(false));
        let texts: Result<Vec<String>, _> = parser.records().map(|record| record.map(|record| record.data)).collect();
        let Ok(texts) = texts else { continue };
        std::fs::write(
            &xml,
            format!(
                "<Events>{}</Events>",
                texts.iter().map(|text| text.split_once("?>").map_or(text.as_str(), |(_, rest)| rest)).collect::<String>()
            ),
        )
        .unwrap();
        let (from_log, log_defects) = events_of(input.path());
        let (from_xml, xml_defects) = events_of(&xml);
        if log_defects > 0 {
            continue; // A damaged log: the library's writer gives up where our reader goes on.
        }
        assert_eq!((from_log.len(), log_defects), (from_xml.len(), xml_defects), "{input:?}");
        for (binary, xml) in from_log.iter().zip(&from_xml) {
            compared += 1;
            let (binary, xml) = (comparable(binary), comparable(xml));
            if binary != xml {
                let only = |these: &[(String, String)], those: &[(String, String)]| {
                    these
                        .iter()
                        .filter(|one| !those.contains(one))
                        .map(|(name, text)| format!("{name}={}", text.chars().take(200).collect::<String>()))
                        .collect::<Vec<_>>()
                };
                different.push(format!("{}: log {:?} xml {:?}", input.path().display(), only(&binary, &xml), only(&xml, &binary)));
            }
        }
    }
    assert!(compared > 9_000, "{compared}");
    assert!(
        different.is_empty(),
        "{} of {compared}:\n{}",
        different.len(),
        different.iter().take(40).cloned().collect::<Vec<_>>().join("\n")
    );
}

#[test]
fn a_stored_original_on_one_line_reads_the_same() {
    let text = EVENT.replace("C:\\a &amp; b.exe", "line 1\r\nline 2").replace("<EventData>", "<EventData>\n");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.xml");
    std::fs::write(&path, text).unwrap();
    let (mut line, mut first) = (Vec::new(), None);
    process(&[Input::file(path)], &Limits::default(), 1, &Lines, |block| {
        line.extend(block.out);
        ControlFlow::Continue(())
    });
    assert_eq!(line.iter().filter(|byte| **byte == b'\n').count(), 1);
    let mut stored = None;
    let defects = read_lines(&line, "batch", &Limits::default(), |record| {
        assert_eq!(record.format, LogFormat::WindowsXml);
        first = Some(record.text("Image").unwrap().to_owned());
        stored = Some(normalise(record, &intake()).into_owned());
    });
    assert_eq!((defects, first.as_deref()), (vec![], Some("line 1\r\nline 2")));
    let mut reader = Rereader::new(&Limits::default());
    assert_eq!(reader.record_of(&stored.unwrap()).unwrap().text("Image"), Some("line 1\r\nline 2"));
}

fn refused(text: &str, kind: DefectKind, detail: &str) {
    let found = read(text.as_bytes());
    let told: Vec<_> = found.defects.iter().map(|defect| (defect.kind, defect.detail.as_str())).collect();
    assert!(told.iter().any(|(own, text)| *own == kind && text.contains(detail)), "{detail}: {told:?}");
}

#[test]
fn entities_and_document_types_reach_nothing() {
    let laughs = "<!DOCTYPE x [<!ENTITY a 'ha'><!ENTITY b '&a;&a;'>]>";
    refused(&format!("{laughs}{EVENT}"), DefectKind::Refused, "document type");
    refused(&format!("{EVENT}<!DOCTYPE x SYSTEM 'file:///etc/passwd'>{EVENT}"), DefectKind::Refused, "document type");
    refused(&EVENT.replace("<EventData>", "<!DOCTYPE x><EventData>"), DefectKind::Refused, "document type");
    let found = read(EVENT.replace("&amp;", "&secret;").as_bytes());
    assert_eq!(value(&found.kept[0], "Image"), Some(r"C:\a &secret; b.exe"));
    assert!(found.defects[0].detail.contains("left as written"), "{:?}", found.defects);
}

#[test]
fn limits_are_named_and_the_next_event_is_read() {
    let bad = |inside: &str| EVENT.replace("<EventData>", &format!("<EventData>{inside}"));
    let check = |text: String, kind: DefectKind, detail: &str| {
        refused(&format!("{text}\n{EVENT}"), kind, detail);
        assert_eq!(read(format!("{EVENT}\n{text}\n{EVENT}").as_bytes()).totals.events, 2, "{detail}");
    };
    check(bad(&format!("{}{}", "<a>".repeat(100), "</a>".repeat(100))), DefectKind::Refused, "json_depth");
    check(bad(&"<a>".repeat(200_000)), DefectKind::Refused, "json_depth");
    check(bad(&"<a/>".repeat(100_000)), DefectKind::Refused, "record_fields");
    let attributes: String = (0..50_000).map(|number| format!(" a{number}='1'")).collect();
    check(bad(&format!("<a{attributes}/>")), DefectKind::Refused, "record_fields");
    check(bad(&format!("<Data Name='x'>{}</Data>", "x".repeat(3 << 20))), DefectKind::Refused, "record_bytes");
    check(bad("<Data Name='x'>&#0;</Data>"), DefectKind::Malformed, "not XML");
    check(bad("<a></b>"), DefectKind::Malformed, "not XML");
    check(EVENT.replace("</Event>", ""), DefectKind::Truncated, "not closed");
    refused(&format!("{EVENT}\nnot XML\n{EVENT}"), DefectKind::Malformed, "outside of events");
    refused(&EVENT[..EVENT.len() - 4], DefectKind::Truncated, "not closed");
    refused("<html><body>hello</body></html>", DefectKind::UnknownFormat, "no reader knows");
}

#[test]
fn every_cut_and_many_flips_end_well() {
    let text = format!("<Events>{EVENT}\r\n{EVENT}</Events>").into_bytes();
    for end in (0..text.len()).step_by(7) {
        assert!(read(&text[..end]).totals.events <= 2);
    }
    let mut state = 7_u64;
    for _ in 0..400 {
        let mut flipped = text.clone();
        for _ in 0..3 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let at = (state >> 33) as usize % flipped.len();
            flipped[at] ^= 1 << (state % 8);
        }
        assert!(read(&flipped).totals.events <= 3);
    }
}

/// The originals, a line each.
struct Lines;

impl Work for Lines {
    type Scratch = ();
    type Out = Vec<u8>;

    fn scratch(&self) {}

    fn see(&self, (): &mut (), _path: &str, record: &Record<'_>, out: &mut Vec<u8>) {
        record.write_line(out);
    }
}
