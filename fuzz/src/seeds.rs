//! Inputs of our own making, a set for each target.

use std::io::{Cursor, Write};
use std::path::Path;

#[path = "../../crates/event/tests/evtx_writer.rs"]
mod evtx_writer;

use evtx_writer::{Written, log};

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

/// Alerts: our own shape, and OCSF Detection Findings.
const ALERTS: [&str; 4] = [
    r#"{"id":"a-1","host":"PC-014","detected_at":"2026-11-21T03:08:12+09:00","source_kind":"endpoint","product":"AV","name":"Trojan:W97M/x","action":"quarantined","file":{"path":"C:\\Users\\u\\請求書.docm","sha256":"abababababababababababababababababababababababababababababababab","sha1":null},"process":{"guid":"{5770385f-c22a-43e0-bf4c-06f5698ffbd9}","pid":4242}}"#,
    r#"{"id":"2","host":"fw","detected_at":"2026-11-21T03:08:12Z","source_kind":"network","product":"IDS","name":"","action":"blocked"}"#,
    r#"{"class_uid":2004,"time":1790000000000,"disposition_id":3,"action_id":2,"finding_info":{"uid":"F-1","title":"t"},"metadata":{"product":{"name":"EDR","vendor_name":"v"}},"device":{"hostname":"PC-014"},"evidences":[{"process":{"pid":4242,"uid":"{a-b}","file":{"path":"C:\\x.exe","hashes":[{"algorithm_id":3,"value":"AB"},{"algorithm_id":1,"value":"cd"}]}}}]}"#,
    r#"{"class_uid":2004,"time":"2026-11-21T03:08:12Z","finding_info":{"uid":"F-2"},"metadata":{"product":{"vendor_name":"v"}},"evidences":[{"src_endpoint":{"name":"h"},"connection_info":{"protocol_num":6},"file":{"name":"n"}}]}"#,
];

/// Sigma rules.
const RULES: [&str; 4] = [
    include_str!("../../rules/failed_logons_then_success.yml"),
    include_str!("../../rules/bits_download_from_command_line.yml"),
    "title: every modifier\nid: 3a7d981b-95be-5d83-afa4-d9e22b1ab239\nlogsource: {product: windows}\ndetection:\n  a:\n    Image|endswith|cased: ['\\a.exe', 'b*?\\*']\n    CommandLine|contains|all|windash: [' -x', /y]\n    CommandLine|re|i|m|s: '^(a|b){1,3}[^c]+\\d?$'\n    Image|base64offset|contains|wide: x\n    Image|base64: y\n    Ip|cidr: [10.0.0.0/8, 'fe80::/10']\n    Hashes|exists: true\n    User|fieldref: Image\n    Pid|gte: 5\n    Pid|lt: 0x10\n    Name|expand: '%admins%'\n    Empty: null\n    Time|hour: 3\n  b:\n    - keyword\n    - 'two words'\n    - Image|startswith: C:\n  filter_x: {User: ''}\n  condition: (1 of a* or all of them) and not 1 of filter_* | count() by User > 3\nlevel: high\n",
    "title: one\nname: one\nlogsource: {category: process_creation, product: windows}\ndetection: {s: {Image|contains: a}, condition: s}\n---\ntitle: joined\ncorrelation:\n  type: value_count\n  rules: [one]\n  group-by: [Computer]\n  timespan: 1h\n  condition: {gte: 1, field: Image}\n  aliases: {x: {one: Image}}\n---\ntitle: next\ncorrelation: {type: temporal, rules: [one, joined], timespan: 5m, group-by: [x]}\n",
];

/// What a worker says.
const WORKER: [&str; 3] = [
    r#"{"started":{"missing":["no Landlock on this kernel"]}}"#,
    r#"{"block":{"inside":"!a.evtx","parts":[["evtx",20],["windows_json",7]],"events":3,"bytes":9,"disk_bytes":4096,"defects":[{"path":"!a.evtx","position":7,"kind":"malformed","detail":"expected \u001b[2J"}]}}"#,
    r#"{"ended":{"events":3,"bytes":9,"disk_bytes":4096,"defects":1}}"#,
];

/// Mails: a form in ISO-2022-JP, parts in parts, a page, an answer, a report on delivery.
const MAILS: [&str; 5] = [
    "Date: Tue, 10 Mar 2026 09:00:00 +0900\r\nFrom: =?ISO-2022-JP?B?GyRCOjRGIxsoQg==?= <s@a.example>\r\nSubject: Incident Management Request Service Request: =?ISO-2022-JP?B?GyRCQUg/JRsoQg==?=\r\nContent-Type: text/plain; charset=iso-2022-jp\r\n\r\n\x1b$BAH?%L>\x1b(B: A\r\n\x1b$B6[5^EY\x1b(B: \x1b$B6[5^\x1b(B\r\n",
    "Subject: x\r\nContent-Type: multipart/mixed; boundary=\"b\"\r\n\r\n--b\r\nContent-Type: multipart/alternative; boundary=c\r\n\r\n--c\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nOrganization: A=3DB=\r\nC\r\n--c\r\nContent-Type: text/html\r\n\r\n<p>x</p>\r\n--c--\r\n--b\r\nContent-Type: message/rfc822\r\nContent-Disposition: attachment; filename*0*=utf-8''%E3%81; filename*1*=%82.eml\r\n\r\nSubject: y\r\nContent-Transfer-Encoding: base64\r\n\r\naGVsbG8=\r\n--b--\r\n",
    "Subject: =?utf-8?Q?a=E3=81?= =?utf-8?Q?=82?=\r\nContent-Type: text/html; charset=shift_jis\r\n\r\n<html><style>p{}</style><body><table><tr><td>Scoping call</td><td>March 14, 2026 2:00 PM CET&nbsp;</td></tr><tr><td>Affected site</td><td>Tokyo, Tokyo, Japan; London, UK</td></tr></table><blockquote>old</blockquote>",
    "Subject: Re: x\r\nIn-Reply-To: <a@b>\r\nReferences: <c@d> <a@b>\r\n\r\nYes. 3/14 10:00 JST\r\nContact phone: [x] 03-1111-2222 / 090-1111-2222\r\n\r\nOn Tue, A <a@b> wrote:\r\n> Scoping call:\r\n\r\n-----Original Message-----\r\nFrom: a\r\nTo: b\r\nSubject: c\r\n\r\nwe are under attack\r\n",
    "Return-Path: <>\r\nFrom: MAILER-DAEMON@a.example\r\nSubject: Undelivered\r\nAuto-Submitted: auto-replied\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n\r\nfailed\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nFinal-Recipient: rfc822; a@b\r\n--b--\r\n",
];

/// Event logs.
pub(crate) fn evtx() -> Vec<Vec<u8>> {
    vec![event_log(3, 1), event_log(40, 20)]
}

/// Bodies of requests.
pub(crate) fn lines() -> Vec<Vec<u8>> {
    LINES.iter().map(|line| line.as_bytes().to_vec()).chain([all_lines()]).collect()
}

/// JSON that is not one object a line.
pub(crate) fn values() -> Vec<Vec<u8>> {
    vec![format!("[{}]", LINES.join(",\n")).into_bytes(), LINES.map(|line| line.replace(",\"", ",\n  \"")).join("\n").into_bytes()]
}

/// JSON as other systems write it.
pub(crate) fn utf16() -> Vec<Vec<u8>> {
    vec![utf16_of(&LINES.join("\r\n"), &[0xff, 0xfe], u16::to_le_bytes), utf16_of(&LINES.join("\r\n"), &[0xfe, 0xff], u16::to_be_bytes)]
}

/// Windows events as XML.
pub(crate) fn xml() -> Vec<Vec<u8>> {
    let document = format!("<?xml version='1.0'?>\r\n<Events>{}</Events>", XML.join("\r\n"));
    vec![XML.concat().into_bytes(), document.into_bytes(), XML.join("\n").into_bytes()]
}

/// Packed once and twice.
pub(crate) fn gzip() -> Vec<Vec<u8>> {
    vec![gzipped(&all_lines()), gzipped(&gzipped(&all_lines())), gzipped(&event_log(3, 3))]
}

/// The same with the other packer.
pub(crate) fn zstd() -> Vec<Vec<u8>> {
    vec![zstd_of(&all_lines()), zstd_of(&gzipped(&all_lines()))]
}

/// Archives, one of them in another.
pub(crate) fn zip() -> Vec<Vec<u8>> {
    let (lines, log) = (all_lines(), event_log(3, 3));
    vec![zip_of(&[("a.json", &lines), ("b.evtx", &log)]), zip_of(&[("c.zip", &zip_of(&[("d.gz", &gzipped(&lines))]))])]
}

/// Reference lists in each form that is read.
pub(crate) fn lists() -> Vec<Vec<u8>> {
    let plain = LISTS.iter().map(|list| list.as_bytes().to_vec());
    let packed = [gzipped(LISTS.concat().as_bytes()), gzipped(&gzipped(LISTS[4].as_bytes()))];
    plain.chain(packed).chain([utf16_of(LISTS[0], &[0xff, 0xfe], u16::to_le_bytes)]).collect()
}

/// Alerts in both shapes, alone, in an array and by lines.
pub(crate) fn alerts() -> Vec<Vec<u8>> {
    let all = [format!("[{}]", ALERTS.join(",")), ALERTS.join("\n")];
    ALERTS.iter().map(|alert| alert.as_bytes().to_vec()).chain(all.map(String::into_bytes)).collect()
}

/// Rules of ours, and one of every modifier.
pub(crate) fn rules() -> Vec<Vec<u8>> {
    RULES.iter().map(|rules| rules.as_bytes().to_vec()).collect()
}

/// Heads of a worker's frames, one a line.
pub(crate) fn worker() -> Vec<Vec<u8>> {
    vec![WORKER.join("\n").into_bytes(), [WORKER[0], WORKER[1], WORKER[1], WORKER[2]].join("\n").into_bytes()]
}

/// Bodies of requests behind the byte that says how they are packed.
pub(crate) fn requests() -> Vec<Vec<u8>> {
    let packed = [(0, all_lines()), (1, gzipped(&all_lines())), (2, zstd_of(&all_lines())), (0, XML.join("\n").into_bytes())];
    packed.map(|(code, body)| [vec![code], body].concat()).to_vec()
}

/// Bodies of the stream's frames: who and when, then the batch.
pub(crate) fn stream_bodies() -> Vec<Vec<u8>> {
    let batches = [(0, all_lines()), (1, gzipped(LINES[1].as_bytes())), (2, zstd_of(XML[0].as_bytes()))];
    let body = |(code, batch): (u8, Vec<u8>)| {
        let fixed = [[1; 16].as_slice(), &1_700_000_000_000_000_i64.to_le_bytes(), &4000_u32.to_le_bytes(), &[code]].concat();
        let names = [4_u16.to_le_bytes(), 5_u16.to_le_bytes()].concat();
        [fixed, names, b"fuzzkey-".to_vec(), vec![b'0' + code], batch].concat()
    };
    batches.map(body).to_vec()
}

/// A line that no seed holds.
pub(crate) fn later_line() -> String {
    many_of(999_999).into_iter().collect()
}

/// The host that [`many_lines`] are of.
pub(crate) const HOST: &str = "pc-1";
/// A hash that some of them show.
pub(crate) const PRESENT: &str = "8a2122e8162dbef04694b9c3e0b6cdee";

/// Some hundred process creations.
pub(crate) fn many_lines() -> String {
    (0..300).flat_map(many_of).collect()
}

fn many_of(number: u32) -> Option<String> {
    let hash = if number.is_multiple_of(7) { PRESENT.to_owned() } else { format!("{number:032x}") };
    Some(format!(
        "{{\"Channel\":\"Microsoft-Windows-Sysmon/Operational\",\"EventID\":1,\"Computer\":\"PC-{}\",\"EventRecordID\":{number},\
         \"UtcTime\":\"2026-01-02 03:04:05.006\",\"ProcessId\":{number},\"Image\":\"C:\\\\a.exe\",\"Hashes\":\"MD5={hash}\"}}\n",
        number % 3
    ))
}

/// Whether bytes may be JSON.
pub(crate) fn is_json(bytes: &[u8]) -> bool {
    bytes.starts_with(b"{") || bytes.starts_with(b"[")
}

/// Mails.
pub(crate) fn mails() -> Vec<Vec<u8>> {
    MAILS.iter().map(|mail| mail.as_bytes().to_vec()).collect()
}

/// Starts with a header.
pub(crate) fn is_mail(bytes: &[u8]) -> bool {
    let line = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    line.split(|byte| *byte == b':').next().is_some_and(|name| name.len() < line.len() && name.iter().all(u8::is_ascii_graphic))
}

/// The smaller files of a folder.
pub(crate) fn files(folder: &Path) -> Vec<Vec<u8>> {
    let (inputs, _) = hikeshi_event::expand(&[folder.display().to_string()]);
    inputs.iter().filter(|input| input.size_bytes() < 2 << 20).filter_map(|input| std::fs::read(input.path()).ok()).collect()
}

/// Every line in one body.
pub(crate) fn all_lines() -> Vec<u8> {
    LINES.map(|line| format!("{line}\n")).concat().into_bytes()
}

fn event_log(records: u64, per_chunk: usize) -> Vec<u8> {
    let values = [r"C:\Windows\a.exe", "日本語 \u{1f600}", ""];
    let records: Vec<Written<'_>> = (1..=records).map(|record_id| Written { record_id, values: values.to_vec() }).collect();
    log(&["Image", "CommandLine", "RuleName"], &records, per_chunk)
}

fn utf16_of(text: &str, mark: &[u8], unit: fn(u16) -> [u8; 2]) -> Vec<u8> {
    mark.iter().copied().chain(text.encode_utf16().flat_map(unit)).collect()
}

pub(crate) fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).and_then(|()| encoder.finish()).unwrap_or_default()
}

pub(crate) fn zstd_of(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 1).unwrap_or_default()
}

fn zip_of(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in members {
        let started = writer.start_file(*name, zip::write::SimpleFileOptions::default());
        if started.is_err() || writer.write_all(bytes).is_err() {
            return Vec::new();
        }
    }
    writer.finish().map(Cursor::into_inner).unwrap_or_default()
}
