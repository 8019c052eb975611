//! Records as rows of the lake.

use hikeshi_event::{Column, Event, Intake, Limits, Uid, UidAssigner, normalise, read_lines, to_ocsf};

pub(crate) fn intake() -> Intake<'static> {
    Intake {
        org: "018f0000-0000-7000-8000-000000000001".parse().unwrap(),
        source: "",
        received_at: "2024-05-07T00:00:00Z".parse().unwrap(),
    }
}

fn row(text: &str) -> Event<'static> {
    let mut events = Vec::new();
    let intake = intake();
    let defects = read_lines(text.as_bytes(), "test", &Limits::default(), |record| events.push(normalise(record, &intake).into_owned()));
    assert_eq!((defects, events.len()), (vec![], 1));
    events.remove(0)
}

fn check(text: &str, class: (u32, u8), cells: &[(Column, &str)]) -> Event<'static> {
    let event = row(text);
    assert_eq!((event.class_uid, event.activity_id), class, "{event:?}");
    for (column, expected) in cells {
        assert_eq!(event.cell(*column).map(ToString::to_string).as_deref(), Some(*expected), "{} in {event:?}", column.name());
    }
    event
}

const SYSMON_1: &str = r#"{"Channel":"Microsoft-Windows-Sysmon/Operational","EventID":1,"Computer":"PC-1","EventRecordID":9,"UtcTime":"2024-05-06 07:08:09.123","ProcessGuid":"{5AA13A44-0D74-68FC-EB1D-000000004002}","ProcessId":"5624","Image":"C:\\Windows\\System32\\cmd.exe","CommandLine":"cmd /c \"echo\"","User":"CORP\\user","Hashes":"MD5=8A2122E8162DBEF04694B9C3E0B6CDEE,SHA256=B99D61D874728EDC0918CA0EB10EAB93D381E7367E377406E65963366C874450","ParentProcessGuid":"{5AA13A44-0000-0000-0000-000000000001}","ParentProcessId":700,"ParentImage":"C:\\Windows\\explorer.exe","TerminalSessionId":"1","RuleName":"-"}"#;

#[test]
fn process_creation_of_sysmon() {
    let event = check(
        SYSMON_1,
        (1007, 1),
        &[
            (Column::ProcessGuid, "5aa13a44-0d74-68fc-eb1d-000000004002"),
            (Column::ProcessPid, "5624"),
            (Column::ProcessImage, r"C:\Windows\System32\cmd.exe"),
            (Column::ProcessMd5, "8a2122e8162dbef04694b9c3e0b6cdee"),
            (Column::ParentPid, "700"),
            (Column::ProcessUser, r"CORP\user"),
        ],
    );
    assert_eq!(event.unmapped, [("TerminalSessionId".into(), "1".into())]);
    assert_eq!((event.host.as_ref(), event.record_id, event.severity), ("PC-1", Some(9), 1));
    assert!(!event.time_suspect);
}

#[test]
fn process_creation_of_the_security_log() {
    check(
        r#"{"Channel":"Security","EventID":4688,"Computer":"pc","SubjectUserName":"PC$","SubjectDomainName":"CORP","SubjectLogonId":"0x3e7","NewProcessId":"0x1a4","NewProcessName":"C:\\a.exe","CommandLine":"a","TargetUserName":"user","TargetDomainName":"CORP","TargetLogonId":"0x55","ProcessId":"0x2bc","ParentProcessName":"C:\\b.exe","MandatoryLabel":"S-1-16-12288"}"#,
        (1007, 1),
        &[
            (Column::ProcessPid, "420"),
            (Column::ParentPid, "700"),
            (Column::ParentImage, r"C:\b.exe"),
            (Column::ProcessUser, r"CORP\user"),
            (Column::ProcessLogonId, "0x55"),
            (Column::ProcessIntegrity, "High"),
        ],
    );
    check(
        r#"{"Channel":"Security","EventID":4688,"Computer":"pc","SubjectUserName":"user","SubjectDomainName":"CORP","NewProcessId":"0x1a4","TargetUserName":"-","TargetDomainName":"-"}"#,
        (1007, 1),
        &[(Column::ProcessUser, r"CORP\user")],
    );
}

#[test]
fn other_events_find_their_class() {
    check(
        r#"{"Channel":"Microsoft-Windows-Sysmon/Operational","EventID":12,"Computer":"p","EventType":"DeleteValue","TargetObject":"HKLM\\x"}"#,
        (201_002, 4),
        &[(Column::RegistryPath, r"HKLM\x")],
    );
    check(
        r#"{"Channel":"Microsoft-Windows-Sysmon/Operational","EventID":3,"Computer":"p","Protocol":"tcp","Initiated":"true","SourceIp":"10.0.0.1","SourcePort":"50000","DestinationIp":"1.2.3.4","DestinationPort":"443"}"#,
        (4001, 1),
        &[(Column::NetworkDirection, "outbound"), (Column::NetworkDstPort, "443")],
    );
    check(
        r#"{"Channel":"Security","EventID":4624,"Computer":"p","SubjectUserName":"-","TargetUserName":"user","TargetDomainName":"CORP","LogonType":10,"IpAddress":"::ffff:10.0.0.9","IpPort":"0","TargetLogonId":"0x9"}"#,
        (3002, 1),
        &[(Column::TargetUserName, r"CORP\user"), (Column::LogonType, "10"), (Column::NetworkSrcIp, "10.0.0.9"), (Column::LogonId, "0x9")],
    );
    check(
        r#"{"Channel":"System","EventID":7045,"Computer":"p","ServiceName":"s","ImagePath":"C:\\s.exe","AccountName":"LocalSystem"}"#,
        (201_004, 1),
        &[(Column::ServiceName, "s"), (Column::ServiceImage, r"C:\s.exe")],
    );
    check(
        r#"{"Channel":"Security","EventID":4657,"Computer":"p","ObjectName":"\\REGISTRY\\MACHINE\\Run","ObjectValueName":"x","OperationType":"%%1905","NewValue":"C:\\a.exe"}"#,
        (201_002, 3),
        &[(Column::RegistryPath, r"\REGISTRY\MACHINE\Run\x"), (Column::RegistryData, r"C:\a.exe")],
    );
    let defender = check(
        r#"{"Channel":"Microsoft-Windows-Windows Defender/Operational","EventID":1116,"Computer":"p","Threat Name":"Trojan:X","Severity ID":"5","Path":"file:_C:\\a.exe","Process Name":"C:\\b.exe"}"#,
        (2004, 1),
        &[(Column::DetectionName, "Trojan:X"), (Column::FilePath, r"C:\a.exe")],
    );
    assert_eq!(defender.severity, 5);
    let alert = check(
        r#"{"timestamp":"2024-05-06T07:08:09.000001+0000","event_type":"alert","src_ip":"10.0.0.1","src_port":1,"dest_ip":"1.2.3.4","proto":"TCP","alert":{"signature":"ET X","severity":1,"action":"allowed"}}"#,
        (2004, 1),
        &[(Column::DetectionName, "ET X"), (Column::NetworkProtocol, "tcp"), (Column::NetworkSrcIp, "10.0.0.1")],
    );
    assert_eq!((alert.severity, alert.channel.as_ref()), (4, "suricata/alert"));
}

#[test]
fn implausible_times_are_flagged() {
    let suspect = |time: &str| row(&format!("{{\"Channel\":\"c\",\"EventID\":1,\"TimeCreated\":\"{time}\"}}")).time_suspect;
    assert!(suspect("1999-12-31T23:59:59Z") && suspect("2024-05-08T00:00:01Z") && suspect("soon"));
    assert!(!suspect("2024-05-07T12:00:00Z") && !suspect("2001-01-01T00:00:00Z"));
}

#[test]
fn the_uid_names_the_record_and_not_its_arrival() {
    let event = row(SYSMON_1);
    let later = Event { received_at: "2025-01-01T00:00:00Z".parse().unwrap(), seq: 5, ..event.clone() };
    assert_eq!(Uid::of(&event), Uid::of(&later));
    for other in [
        Event { source: "forwarder".into(), ..event.clone() },
        Event { record_id: None, ..event.clone() },
        Event { channel: "c".into(), ..event.clone() },
        Event { raw: b"{}".as_slice().into(), ..event.clone() },
        Event { org: "018f0000-0000-7000-8000-000000000002".parse().unwrap(), ..event.clone() },
    ] {
        assert_ne!(Uid::of(&event), Uid::of(&other));
    }
    let mut assigner = UidAssigner::new();
    assert_ne!(assigner.assign(Uid::of(&event)), assigner.assign(Uid::of(&event)));
}

#[test]
fn ocsf_of_a_process_creation() {
    let mut event = row(SYSMON_1);
    event.uid = Uid::of(&event);
    let found = serde_json::to_string_pretty(&to_ocsf(&event)).unwrap() + "\n";
    let golden = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/ocsf.json");
    if std::env::var_os("HIKESHI_BLESS").is_some() {
        std::fs::write(&golden, &found).unwrap();
    }
    assert_eq!(found, std::fs::read_to_string(golden).unwrap());
}

#[test]
fn ocsf_reads_back_into_the_same_columns() {
    let event = row(SYSMON_1);
    let again = row(&to_ocsf(&event).to_string());
    assert_eq!((again.class_uid, again.activity_id, again.time, &again.host), (1007, 1, event.time, &event.host));
    assert_eq!(again.cells, event.cells);
}
