//! Inputs of our own making, a set for each target.

use std::io::{Cursor, Write};

#[path = "../../crates/event/tests/evtx_writer.rs"]
mod evtx_writer;

use evtx_writer::{Written, log};

/// One target a reader.
pub const TARGETS: &[&str] = &["evtx", "lines", "values", "utf16", "xml", "gzip", "zstd", "zip", "lists"];

const LINES: [&str; 6] = [
    r##"{"Event":{"#attributes":{"xmlns":"x"},"System":{"Provider":{"#attributes":{"Name":"Microsoft-Windows-Sysmon"}},"EventID":{"#text":1},"TimeCreated":{"#attributes":{"SystemTime":"2024-05-06T07:08:09Z"}},"Channel":"Microsoft-Windows-Sysmon/Operational","Computer":"p"},"EventData":{"Image":"C:\\a.exe","Hashes":"MD5=8A2122E8162DBEF04694B9C3E0B6CDEE","Data":[{"@Name":"x","#text":"y"},"z"]},"UserData":{"A":{"B":"\u00e9"}}}}"##,
    r#"{"@timestamp":"2024-05-06T07:08:09.123Z","winlog":{"channel":"Security","event_id":4688,"record_id":7,"computer_name":"p","event_data":{"NewProcessId":"0x1a4","SubjectUserName":"u","SubjectDomainName":"d"}}}"#,
    r#"{"EventTime":"2024-05-06 03:08:09","@timestamp":"2024-05-06T07:08:11Z","EventReceivedTime":"2024-05-06 03:08:11","Hostname":"p","Channel":"security","EventID":4657,"ObjectName":"k","ObjectValueName":"v"}"#,
    r#"{"timestamp":"2024-05-06T07:08:09.000001+0000","event_type":"alert","src_ip":"10.0.0.1","dns":{"answers":[{"rdata":"1"},{"rdata":"2"}]},"alert":{"signature":"s","severity":1}}"#,
    r#"{"class_uid":1007,"activity_id":1,"time":1714979289000,"device":{"hostname":"p"},"process":{"pid":5,"file":{"hashes":[{"algorithm":"MD5","value":"8a2122e8162dbef04694b9c3e0b6cdee"}]}}}"#,
    r#"{"a":{"b":[1,[2,{"c":true}],null]},"n":-1.5e3,"big":123456789012345678901234567890}"#,
];

/// Windows events as XML.
const XML: [&str; 3] = [
    "<Event xmlns='x'><System><Provider Name='Microsoft-Windows-Sysmon' Guid='{5770385f-c22a-43e0-bf4c-06f5698ffbd9}'/><EventID>1</EventID><Level>4</Level><TimeCreated SystemTime='2024-05-06T07:08:09Z'/><EventRecordID>7</EventRecordID><Channel>Microsoft-Windows-Sysmon/Operational</Channel><Computer>p</Computer></System><EventData><Data Name='Image'>C:\\a &amp; b.exe</Data><Data Name='Hashes'>MD5=8A2122E8162DBEF04694B9C3E0B6CDEE</Data></EventData></Event>",
    "<Event><System><EventID Qualifiers='1'>104</EventID><Channel>System</Channel><Computer>p</Computer></System><UserData><LogFileCleared xmlns='y'><SubjectUserName>eve</SubjectUserName><Channel>Security</Channel></LogFileCleared></UserData><RenderingInfo Culture='ja-JP'><Message>x</Message></RenderingInfo></Event>",
    "<Event>\r\n <System><EventID>800</EventID><Channel>Windows PowerShell</Channel></System><!-- c --><EventData><Data>a&#10;b</Data><Data><![CDATA[</Event>]]></Data><Binary>00FF</Binary></EventData>\r\n</Event>",
];

/// Reference lists in each form that is read.
const LISTS: [&str; 5] = [
    "# made by hand\r\n8a2122e8162dbef04694b9c3e0b6cdee\nabababababababababababababababababababababababababababababababab ; label\nevil.example\nhxxp://bad[.]example/x\n203.0.113.9\n2001:db8::1\n日本語.例え\nno indicator\n",
    "first_seen,sha256_hash,file_name,signature\n\"2026-01-01\",\"abababababababababababababababababababababababababababababababab\",\"a, \"\"b\"\".exe\",n/a\n",
    "md5;domain\n8a2122e8162dbef04694b9c3e0b6cdee;bad.example\n",
    r#"{"name":"n","type":"string","matching_attributes":["md5","domain","ip-dst"],"list":["8a2122e8162dbef04694b9c3e0b6cdee","good.example","203.0.113.0/24"]}"#,
    r#"{"type":"bundle","id":"b","objects":[{"type":"indicator","name":"x","pattern_type":"stix","pattern":"[file:hashes.'SHA-256' = 'abababababababababababababababababababababababababababababababab' OR domain-name:value = 'evil.example'] AND [ipv4-addr:value='203.0.113.9']","valid_until":"2026-01-01T00:00:00Z"}]}"#,
];

/// The seeds of a target.
pub fn of(target: &str) -> Vec<Vec<u8>> {
    let lines = LINES.map(|line| format!("{line}\n")).concat().into_bytes();
    match target {
        "evtx" => vec![event_log(3, 1), event_log(40, 20)],
        "lines" => LINES.iter().map(|line| line.as_bytes().to_vec()).chain([lines]).collect(),
        "values" => {
            vec![format!("[{}]", LINES.join(",\n")).into_bytes(), LINES.map(|line| line.replace(",\"", ",\n  \"")).join("\n").into_bytes()]
        }
        "utf16" => vec![utf16(&[0xff, 0xfe], u16::to_le_bytes), utf16(&[0xfe, 0xff], u16::to_be_bytes)],
        "xml" => vec![XML.concat().into_bytes(), format!("<?xml version='1.0'?>\r\n<Events>{}</Events>", XML.join("\r\n")).into_bytes(), XML.join("\n").into_bytes()],
        "gzip" => vec![gzip(&lines), gzip(&gzip(&lines)), gzip(&event_log(3, 3))],
        "zstd" => vec![zstd(&lines), zstd(&gzip(&lines))],
        "lists" => {
            let plain = LISTS.iter().map(|list| list.as_bytes().to_vec());
            plain.chain([gzip(LISTS.concat().as_bytes()), utf16_of(LISTS[0], &[0xff, 0xfe], u16::to_le_bytes), gzip(&gzip(LISTS[4].as_bytes()))]).collect()
        }
        _ => vec![zip(&[("a.json", &lines), ("b.evtx", &event_log(3, 3))]), zip(&[("c.zip", &zip(&[("d.gz", &gzip(&lines))]))])],
    }
}

/// Whether a file of a corpus belongs to a target.
pub fn fits(target: &str, bytes: &[u8]) -> bool {
    match target {
        "evtx" => bytes.starts_with(b"ElfFile\0"),
        "gzip" => bytes.starts_with(&[0x1f, 0x8b]),
        "zstd" => bytes.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]),
        "zip" => bytes.starts_with(b"PK"),
        "utf16" => bytes.starts_with(&[0xff, 0xfe]),
        "xml" => bytes.starts_with(b"<"),
        "lists" => true,
        _ => bytes.starts_with(b"{") || bytes.starts_with(b"["),
    }
}

fn event_log(records: u64, per_chunk: usize) -> Vec<u8> {
    let values = [r"C:\Windows\a.exe", "日本語 \u{1f600}", ""];
    let records: Vec<Written<'_>> = (1..=records).map(|record_id| Written { record_id, values: values.to_vec() }).collect();
    log(&["Image", "CommandLine", "RuleName"], &records, per_chunk)
}

fn utf16(mark: &[u8], unit: fn(u16) -> [u8; 2]) -> Vec<u8> {
    utf16_of(&LINES.join("\r\n"), mark, unit)
}

fn utf16_of(text: &str, mark: &[u8], unit: fn(u16) -> [u8; 2]) -> Vec<u8> {
    mark.iter().copied().chain(text.encode_utf16().flat_map(unit)).collect()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).and_then(|()| encoder.finish()).unwrap_or_default()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 1).unwrap_or_default()
}

fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in members {
        let started = writer.start_file(*name, zip::write::SimpleFileOptions::default());
        if started.is_err() || writer.write_all(bytes).is_err() {
            return Vec::new();
        }
    }
    writer.finish().map(Cursor::into_inner).unwrap_or_default()
}
