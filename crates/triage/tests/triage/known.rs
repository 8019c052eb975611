//! What is known, from where, and what is listed as unknown: people's answers, removable media, volumes, missing sources.

use hikeshi_domain::answer::{Answer, Question, Said};
use hikeshi_domain::triage::Triage;
use hikeshi_domain::verdict::Verdict;
use hikeshi_domain::{OrganizationId, PersonId};
use hikeshi_event::{Event, Intake, Limits, normalise, read_lines};
use hikeshi_triage::{Answered, Focus, Input, Level};

use crate::stage::{EXPLORER, SYSMON, alert_on, alert_on_file, at, book, by_alert, by_rules, event, input, points, start};

const TOOL: &str = r"C:\Program Files\Vendor\tool.exe";

fn told(question: Question, said: Said, second: i64) -> Answered {
    let answer = Answer {
        question,
        said,
        from: "Hattori, sales".into(),
        by: PersonId(uuid::Uuid::nil()),
        at: at(second),
        note: "for the month's figures".into(),
    };
    Answered { answer, recorded_by: "Mori".into() }
}

fn with_answers(events: &[Event<'static>], answers: &[Answered]) -> Triage {
    let alert = alert_on(20, "p1");
    hikeshi_triage::triage(&Input { answers, ..input(events, &[], Focus::Alert(&alert)) }, &book())
}

fn signed(image: &str) -> Vec<Event<'static>> {
    let cells = [
        ("process_guid", "p1"),
        ("file_path", image),
        ("file_signed", "true"),
        ("file_signature_status", "Valid"),
        ("file_signer", "Vendor KK"),
    ];
    let dns = event(12, SYSMON, 22, &[("process_guid", "p1"), ("dns_query", "a.example")]);
    vec![start(10, "p1", image, "tool.exe", EXPLORER), event(11, SYSMON, 7, &cells), dns]
}

fn unknown(triage: &Triage, id: &str) -> Vec<String> {
    triage.unknown.iter().filter(|unknown| unknown.id == id).map(|unknown| unknown.reason.key.clone()).collect()
}

// covers: S3-63
#[test]
fn what_the_user_said_is_weighed_with_its_author_and_the_latest_counts() {
    let events = signed(TOOL);
    let silent = with_answers(&events, &[]);
    assert_eq!((unknown(&silent, "E37").len(), unknown(&silent, "E38").len(), unknown(&silent, "E36").len()), (1, 1, 1));
    let meant = with_answers(&events, &[told(Question::OnPurpose, Said::Yes, 30)]);
    assert_eq!((points(&meant, "E37"), points(&meant, "E38")), (Some(-15), None));
    assert!(unknown(&meant, "E37").is_empty() && unknown(&meant, "E38").is_empty());
    let reason = &meant.findings.iter().find(|finding| finding.id == "E37").unwrap().reason;
    assert_eq!((reason.values["from"].as_str(), reason.values["by"].as_str()), ("Hattori, sales", "Mori"));
    assert_eq!(reason.values["at"], at(30).to_string());
    let denied = with_answers(&events, &[told(Question::OnPurpose, Said::Yes, 30), told(Question::OnPurpose, Said::No, 40)]);
    assert_eq!((points(&denied, "E37"), points(&denied, "E38")), (None, Some(10)));
    let taken_back = with_answers(&events, &[told(Question::OnPurpose, Said::No, 30), told(Question::OnPurpose, Said::DoesNotKnow, 40)]);
    assert_eq!((points(&taken_back, "E38"), unknown(&taken_back, "E38")), (None, vec!["unknown.asked.on_purpose".to_owned()]));
}

#[test]
fn an_announcement_clears_only_what_is_signed_and_well_placed_and_never_alone() {
    let announced = [told(Question::Announced, Said::Yes, 30), told(Question::OnPurpose, Said::Yes, 30)];
    let well = with_answers(&signed(TOOL), &announced);
    assert_eq!(points(&well, "E36"), Some(-30));
    assert_eq!((well.judgement.verdict, well.judgement.score), (Verdict::White, -60), "E36, E37 and E8, and no accusation");
    for image in [r"C:\Users\taro\AppData\Local\Temp\tool.exe", r"C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe"] {
        let triage = with_answers(&signed(image), &announced);
        assert_eq!((points(&triage, "E36"), triage.judgement.verdict), (Some(0), Verdict::Grey), "{image}");
    }
    let unsigned = with_answers(&signed(TOOL)[..1], &announced);
    assert_eq!((points(&unsigned, "E36"), unsigned.judgement.verdict), (Some(0), Verdict::Grey), "words alone clear nothing");
    let not = with_answers(&signed(TOOL), &[told(Question::Announced, Said::No, 30)]);
    assert_eq!((points(&not, "E36"), unknown(&not, "E36").len()), (Some(0), 0));
}

#[test]
fn two_answers_do_not_outweigh_an_attack() {
    let answers = [told(Question::Announced, Said::Yes, 30), told(Question::OnPurpose, Said::Yes, 30)];
    let word = ("w1", r"C:\Program Files\Microsoft Office\root\Office16\WINWORD.EXE");
    let shell = r"C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe";
    let events = vec![start(10, "p1", shell, "powershell -w hidden -enc SQBFAFgAIAAoAE4AZQB3AC0A", word)];
    let triage = with_answers(&events, &answers);
    assert_ne!(triage.judgement.verdict, Verdict::White);
    assert_eq!(points(&triage, "E36"), Some(0));
}

/// Fields as Windows documents them for security event 6416, Partition/Diagnostic 1006 and DriverFrameworks-UserMode 2003.
fn device(seconds: i64, channel: &'static str, id: u32, fields: &[(&'static str, &'static str)]) -> Event<'static> {
    let mut event = event(seconds, channel, id, &[]);
    event.unmapped = fields.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
    event
}

const PARTITION: &str = "Microsoft-Windows-Partition/Diagnostic";

#[test]
fn a_program_on_a_stick_is_told_from_one_on_a_second_disk() {
    let run = |seconds, image| start(seconds, "p1", image, "x", EXPLORER);
    let stick = |seconds| {
        let fields = [("BusType", "7"), ("Capacity", "15518924800"), ("Model", "Ultra Fit"), ("ParentId", r"USB\VID_0781&PID_5583\4C53")];
        device(seconds, PARTITION, 1006, &fields)
    };
    let volume = |letter| {
        let fields = [("DeviceId", r"SWD\WPDBUSENUM\_??_USBSTOR#Disk&Ven_X"), ("DeviceDescription", letter), ("ClassName", "WPD")];
        device(5, "Security", 6416, &fields)
    };
    let of = |events: &[Event<'static>]| points(&by_alert(events, &alert_on(20, "p1")), "E18");
    assert_eq!(of(&[stick(5), run(10, r"E:\tool.exe")]), Some(10));
    assert_eq!(of(&[volume(r"E:\"), run(10, r"E:\tool.exe")]), Some(10));
    assert_eq!(of(&[volume(r"F:\"), run(10, r"E:\tool.exe")]), None, "the stick is another drive");
    assert_eq!(of(&[run(10, r"E:\tool.exe"), stick(15)]), None, "attached afterwards");
    assert_eq!(of(&[stick(5), run(10, r"C:\tool.exe")]), None, "the system's own drive");
    let used = start(2, "p0", r"E:\app.exe", "x", EXPLORER);
    assert_eq!(of(&[used, stick(5), run(10, r"E:\tool.exe")]), None, "the drive was there before");
    let disk = device(5, PARTITION, 1006, &[("BusType", "11"), ("Capacity", "500"), ("Model", "SATA")]);
    assert_eq!(of(&[disk, run(10, r"E:\tool.exe")]), None, "a fixed disk");
    let gone = device(5, PARTITION, 1006, &[("BusType", "7"), ("Capacity", "0")]);
    assert_eq!(of(&[gone, run(10, r"E:\tool.exe")]), None, "taken away");
    let display = device(5, "Security", 6416, &[("DeviceId", r"DISPLAY\Default_Monitor\1"), ("ClassName", "Monitor")]);
    assert_eq!(of(&[display, run(10, r"E:\tool.exe")]), None, "a monitor");
    let user_mode = device(
        5,
        "Microsoft-Windows-DriverFrameworks-UserMode/Operational",
        2003,
        &[("instance", r"SWD\WPDBUSENUM\_??_USBSTOR#DISK&VEN_X")],
    );
    assert_eq!(of(&[user_mode, run(10, r"E:\tool.exe")]), Some(10));
}

#[test]
fn without_device_logs_the_drive_is_unknown() {
    let triage = by_alert(&[start(10, "p1", r"E:\tool.exe", "x", EXPLORER)], &alert_on(20, "p1"));
    assert_eq!(unknown(&triage, "E18"), ["unknown.E18.drive"]);
    let triage = by_alert(&[start(10, "p1", r"C:\tool.exe", "x", EXPLORER)], &alert_on(20, "p1"));
    assert_eq!(unknown(&triage, "E18"), ["unknown.E18"]);
}

/// A call of the tree, and a sensor's flow record of the same line (Suricata EVE `flow`).
fn upload(image: &str, address: &str, out: &'static str, back: &'static str) -> Vec<Event<'static>> {
    let line = [("network_src_port", "50100"), ("network_dst_ip", address), ("network_dst_port", "443")];
    let call = [&[("process_guid", "p1")][..], &line[..]].concat();
    let mut flow = event(600, "suricata/flow", 0, &line);
    flow.class_uid = 4001;
    flow.activity_id = 6;
    flow.unmapped = vec![("flow.bytes_toserver".into(), out.into()), ("flow.bytes_toclient".into(), back.into())];
    vec![start(10, "p1", image, "x", EXPLORER), event(11, SYSMON, 3, &call), flow]
}

#[test]
fn a_large_upload_is_told_and_ordinary_traffic_is_not() {
    let tool = r"C:\Users\taro\AppData\Roaming\sync.exe";
    let of = |events: &[Event<'static>]| points(&by_alert(events, &alert_on(700, "p1")), "E30");
    assert_eq!(of(&upload(tool, "198.51.100.7", "412000000", "900000")), Some(30));
    assert_eq!(of(&upload(tool, "198.51.100.7", "40000000", "900000")), None, "no more than a form or a mail");
    assert_eq!(of(&upload(tool, "198.51.100.7", "412000000", "400000000")), None, "as much came back");
    assert_eq!(of(&upload(tool, "10.0.0.9", "412000000", "900000")), None, "within the house");
    assert_eq!(of(&upload(TOOL, "198.51.100.7", "412000000", "900000")), None, "an installed program at its work");
    let mut elsewhere = upload(tool, "198.51.100.7", "412000000", "900000");
    elsewhere.remove(1);
    assert_eq!(of(&elsewhere), None, "nothing says that the tree sent it");
}

#[test]
fn a_log_that_counts_bytes_by_process_needs_no_call() {
    let cells =
        [("process_guid", "p1"), ("network_dst_ip", "198.51.100.7"), ("network_dst_port", "443"), ("network_direction", "outbound")];
    let mut activity = event(11, "edr", 0, &cells);
    activity.class_uid = 4001;
    activity.activity_id = 6;
    activity.unmapped = vec![("traffic.bytes_out".into(), "250000000".into()), ("traffic.bytes_in".into(), "1000".into())];
    let events = vec![start(10, "p1", r"C:\Users\taro\AppData\Roaming\sync.exe", "x", EXPLORER), activity];
    let triage = by_alert(&events, &alert_on(20, "p1"));
    assert_eq!(points(&triage, "E30"), Some(30));
    assert!(unknown(&triage, "E30").is_empty());
}

/// Lines as forwarders and sensors write them: Winlogbeat with `user_data`, flattened, Suricata's EVE (shape of its documentation).
const LINES: &str = r#"{"@timestamp":"2026-11-20T00:00:05Z","winlog":{"channel":"Microsoft-Windows-DriverFrameworks-UserMode/Operational","event_id":2003,"computer_name":"PC-1","provider_name":"Microsoft-Windows-DriverFrameworks-UserMode","user_data":{"lifetime":"{AB}","instance":"SWD\\WPDBUSENUM\\_??_USBSTOR#DISK&VEN_X&PROD_Y"}}}
{"Channel":"Microsoft-Windows-Sysmon/Operational","EventID":1,"Computer":"PC-1","EventRecordID":1,"UtcTime":"2026-11-20 00:00:10.000","ProcessGuid":"{1}","ProcessId":70,"Image":"E:\\sync.exe","CommandLine":"sync.exe","ParentProcessGuid":"{0}","ParentImage":"C:\\Windows\\explorer.exe"}
{"Channel":"Microsoft-Windows-Sysmon/Operational","EventID":3,"Computer":"PC-1","EventRecordID":2,"UtcTime":"2026-11-20 00:00:11.000","ProcessGuid":"{1}","ProcessId":70,"Image":"E:\\sync.exe","Protocol":"tcp","Initiated":"true","SourceIp":"10.0.0.5","SourcePort":50100,"DestinationIp":"198.51.100.7","DestinationPort":443}
{"timestamp":"2026-11-20T00:05:00.000001+0000","flow_id":9,"event_type":"flow","host":"PC-1","src_ip":"10.0.0.5","src_port":50100,"dest_ip":"198.51.100.7","dest_port":443,"proto":"TCP","flow":{"pkts_toserver":300000,"pkts_toclient":9000,"bytes_toserver":412000000,"bytes_toclient":900000,"state":"closed"}}
"#;

#[test]
fn devices_and_volumes_are_read_from_logs_as_they_arrive() {
    let intake = Intake { org: OrganizationId(uuid::Uuid::nil()), source: "", received_at: at(600) };
    let mut events = Vec::new();
    let defects = read_lines(LINES.as_bytes(), "lines", &Limits::default(), |record| events.push(normalise(record, &intake).into_owned()));
    assert!(defects.is_empty() && events.len() == 4, "{defects:?}");
    let triage = by_alert(&events, &alert_on(15, "{1}"));
    assert_eq!((points(&triage, "E18"), points(&triage, "E30")), (Some(10), Some(30)), "{:?}", triage.unknown);
    let said = |id: &str| triage.findings.iter().find(|finding| finding.id == id).unwrap();
    assert_eq!(said("E18").reason.values["device"], r"SWD\WPDBUSENUM\_??_USBSTOR#DISK&VEN_X&PROD_Y");
    assert_eq!((said("E30").reason.values["megabytes"].as_str(), said("E30").events.len()), ("412", 1));
}

/// Of each item of the practice: seen, listed, or known not to be so because its source was there.
#[test]
fn over_nothing_but_a_process_start_every_item_is_listed() {
    let mut bare = event(10, "Security", 4688, &[("process_pid", "7"), ("process_image", r"C:\Apps\tool.exe")]);
    bare.provider = "Microsoft-Windows-Security-Auditing".into();
    let alert = alert_on_file(20, r"C:\Apps\tool.exe", None);
    let triage = by_alert(&[bare], &alert);
    // E8 and E9 are answered by the path, E34 by the alert's own name, E39 by where the subject stands.
    let answered = ["E8", "E9", "E34", "E39"];
    for id in (1..=40).map(|number| format!("E{number}")).filter(|id| !answered.contains(&id.as_str())) {
        let known = triage.findings.iter().any(|finding| finding.id == id) || !unknown(&triage, &id).is_empty();
        assert!(known, "{id} is neither weighed nor listed");
    }
}

#[test]
fn sources_that_were_there_leave_nothing_to_list() {
    let events = vec![
        start(10, "p1", r"C:\Apps\tool.exe", "tool.exe", EXPLORER),
        event(11, SYSMON, 13, &[("process_guid", "p1"), ("registry_path", r"HKLM\Software\Vendor\x")]),
        event(12, SYSMON, 11, &[("process_guid", "p1"), ("file_path", r"C:\Apps\out.txt")]),
        event(13, SYSMON, 8, &[("process_guid", "p2"), ("target_image", r"C:\Apps\x.exe")]),
        event(14, SYSMON, 10, &[("process_guid", "p2"), ("target_image", r"C:\Apps\x.exe")]),
        event(15, SYSMON, 17, &[("process_guid", "p2"), ("pipe_name", r"\vendor")]),
        event(16, SYSMON, 19, &[]),
        event(17, "System", 7036, &[]),
        event(18, "Microsoft-Windows-TaskScheduler/Operational", 200, &[]),
        event(19, "Microsoft-Windows-Windows Defender/Operational", 1150, &[]),
    ];
    let triage = by_alert(&events, &alert_on(20, "p1"));
    for id in ["E22", "E23", "E24", "E25", "E26", "E27", "E28", "E32", "E33"] {
        assert_eq!(unknown(&triage, id), Vec::<String>::new(), "{id}");
    }
    assert_eq!(unknown(&triage, "E16"), ["unknown.E16.before"], "files were watched; this one is older");
}

#[test]
fn rules_on_a_logon_say_that_there_is_no_file() {
    let logon = event(10, "Security", 4624, &[("user_name", r"CORP\taro"), ("logon_type", "3")]);
    let (_, triage) = by_rules(&[logon], &[(0, Level::Medium, "a")]).remove(0);
    for id in ["E3", "E9", "E16", "E18"] {
        assert_eq!(unknown(&triage, id), ["unknown.no_file"], "{id}");
    }
    assert_eq!(triage.unknown[0].id, "E40", "what forbids a white verdict comes first");
}
