//! The shapes in which forwarders write one and the same event.

use hikeshi_event::{Limits, LogFormat, Rereader, Value, read_lines};

use crate::collected::Kept;

fn read(text: &str) -> Kept {
    let mut kept = Vec::new();
    let defects = read_lines(text.as_bytes(), "test", &Limits::default(), |record| kept.push(Kept::of("test", record)));
    assert_eq!(defects, [], "{text}");
    assert_eq!(kept.len(), 1, "{text}");
    kept.remove(0)
}

fn check_sysmon(text: &str) {
    let kept = read(text);
    assert_eq!(kept.channel, "Microsoft-Windows-Sysmon/Operational", "{text}");
    assert_eq!((kept.provider.as_str(), kept.event_id, kept.computer.as_str()), ("Microsoft-Windows-Sysmon", 1, "pc-1"), "{text}");
    assert_eq!(kept.record_id, Some(7), "{text}");
    assert_eq!(kept.time.unwrap().to_string(), "2024-05-06T07:08:09.123Z", "{text}");
    for (name, value) in [
        ("Image", r"C:\a.exe"),
        ("ProcessId", "42"),
        ("RuleName", "null"),
        ("Channel", "Microsoft-Windows-Sysmon/Operational"),
        ("EventID", "1"),
        ("Computer", "pc-1"),
        ("Provider_Name", "Microsoft-Windows-Sysmon"),
    ] {
        let found = kept.fields.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str());
        assert_eq!(found, Some(value), "{name} in {text}");
    }
}

#[test]
fn one_event_in_every_windows_shape() {
    check_sysmon(
        r##"{"Event":{"#attributes":{"xmlns":"x"},"System":{"Provider":{"#attributes":{"Name":"Microsoft-Windows-Sysmon"}},"EventID":{"#attributes":{"Qualifiers":0},"#text":1},"TimeCreated":{"#attributes":{"SystemTime":"2024-05-06T07:08:09.123Z"}},"EventRecordID":7,"Channel":"Microsoft-Windows-Sysmon/Operational","Computer":"pc-1"},"EventData":{"Image":"C:\\a.exe","ProcessId":42,"RuleName":""}}}"##,
    );
    check_sysmon(
        r#"{"@timestamp":"2024-05-06T07:08:09.123Z","event":{"code":"1"},"host":{"name":"other"},"winlog":{"channel":"Microsoft-Windows-Sysmon/Operational","provider_name":"Microsoft-Windows-Sysmon","event_id":1,"record_id":7,"computer_name":"pc-1","event_data":{"Image":"C:\\a.exe","ProcessId":"42","RuleName":""}}}"#,
    );
    check_sysmon(
        r#"{"@timestamp":"2024-05-06T07:08:09.123Z","winlog.channel":"Microsoft-Windows-Sysmon/Operational","winlog.event_id":"1","winlog.record_id":"7","winlog.computer_name":"pc-1","winlog.event_data.Image":"C:\\a.exe","winlog.event_data.ProcessId":"42","winlog.event_data.RuleName":""}"#,
    );
    check_sysmon(
        r#"{"EventTime":"2024-05-06 03:08:09","@timestamp":"2024-05-06T07:08:11Z","UtcTime":"2024-05-06 07:08:09.123","EventReceivedTime":"2024-05-06 03:08:11","Hostname":"pc-1","host":"collector","Channel":"Microsoft-Windows-Sysmon/Operational","SourceName":"Microsoft-Windows-Sysmon","EventID":1,"RecordNumber":7,"Image":"C:\\a.exe","ProcessId":"42","RuleName":""}"#,
    );
    check_sysmon(
        r#"{"Channel":"Microsoft-Windows-Sysmon/Operational","EventID":1,"Computer":"pc-1","EventRecordID":7,"UtcTime":"2024-05-06 07:08:09.123","Image":"C:\\a.exe","ProcessId":42,"RuleName":null}"#,
    );
}

#[test]
fn a_local_time_takes_the_zone_of_its_collector() {
    let kept = read(
        r#"{"EventTime":"2020-09-21 03:15:25","EventReceivedTime":"2020-09-21 03:15:27","@timestamp":"2020-09-21T07:15:27.705Z","Hostname":"pc","Channel":"security","EventID":5158}"#,
    );
    assert_eq!(kept.time.unwrap().to_string(), "2020-09-21T07:15:25Z");
    assert_eq!(kept.channel, "Security");
    assert_eq!(kept.provider, "Microsoft-Windows-Security-Auditing");
}

#[test]
fn user_data_and_unnamed_data_are_flattened() {
    let kept = read(
        r##"{"Event":{"System":{"Provider":{"#attributes":{"Name":"Microsoft-Windows-WMI-Activity"}},"EventID":5858,"Channel":"Microsoft-Windows-WMI-Activity/Operational","Computer":"pc"},"UserData":{"Operation_ClientFailure":{"#attributes":{"xmlns":"x"},"Operation":"Start","ResultCode":"0x80041032"}}}}"##,
    );
    assert!(kept.fields.contains(&("ResultCode".into(), "0x80041032".into())));
    let kept = read(
        r##"{"Event":{"System":{"EventID":800,"Channel":"Windows PowerShell","Computer":"pc"},"EventData":{"Data":{"#text":["a","b"]},"Threat Name":"x"}}}"##,
    );
    assert!(kept.fields.contains(&("Data".into(), "[a, b]".into())));
    assert!(kept.fields.contains(&("ThreatName".into(), "x".into())));
    let kept = read(
        r##"{"Event":{"System":{"EventID":104,"Channel":"System","Computer":"pc"},"EventData":{"Data":[{"#attributes":{"Name":"Channel"},"#text":"Security"},{"@Name":"Path","#text":"p"}]}}}"##,
    );
    assert_eq!(kept.channel, "System");
    assert!(kept.fields.contains(&("Channel".into(), "Security".into())) && kept.fields.contains(&("Path".into(), "p".into())));
}

#[test]
fn the_classic_powershell_log_has_its_data_in_the_message() {
    let kept = read(r#"{"Channel":"Windows PowerShell","EventID":400,"Hostname":"pc","Message":"HostApplication=powershell"}"#);
    assert!(kept.fields.contains(&("Data".into(), "HostApplication=powershell".into())));
}

#[test]
fn other_json_keeps_its_names() {
    let mut formats = Vec::new();
    let body = concat!(
        r#"{"timestamp":"2024-05-06T07:08:09.000001+0000","flow_id":9,"event_type":"dns","host":"ids","src_ip":"10.0.0.1","dns":{"type":"answer","answers":[{"rdata":"1.1.1.1"},{"rdata":"2.2.2.2"}]}}"#,
        "\n",
        r#"{"class_uid":1007,"activity_id":1,"time":1714979289000,"device":{"hostname":"pc"},"process":{"pid":5}}"#,
        "\n",
        r#"{"Hostname":"h","a":{"b":[1,[2,{"c":true}]]},"big":123456789012345678901234567890,"max":18446744073709551615}"#,
    );
    let defects = read_lines(body.as_bytes(), "test", &Limits::default(), |record| {
        formats.push((record.format, record.channel.to_string(), Kept::of("test", record)));
    });
    assert_eq!(defects, []);
    let (format, channel, kept) = &formats[0];
    assert_eq!((*format, channel.as_str(), kept.computer.as_str()), (LogFormat::SuricataEve, "suricata/dns", "ids"));
    assert!(kept.fields.contains(&("dns.answers.rdata".into(), "[1.1.1.1, 2.2.2.2]".into())), "{kept:?}");
    let (format, channel, kept) = &formats[1];
    assert_eq!((*format, channel.as_str(), kept.computer.as_str()), (LogFormat::Ocsf, "ocsf/1007", "pc"));
    assert_eq!(kept.time.unwrap().to_string(), "2024-05-06T07:08:09Z");
    let (format, _, kept) = &formats[2];
    assert_eq!((*format, kept.computer.as_str()), (LogFormat::Json, "h"));
    assert!(kept.fields.contains(&("a.b".into(), "[1, 2]".into())) && kept.fields.contains(&("a.b.c".into(), "true".into())), "{kept:?}");
    assert!(kept.fields.contains(&("max".into(), u64::MAX.to_string())));
}

#[test]
fn formats_are_told_for_each_record() {
    let body = "{\"Channel\":\"Security\",\"EventID\":1}\n\n{\"event_type\":\"flow\",\"src_ip\":\"1.1.1.1\"}\r\n{\"a\":1}\n";
    let mut formats = Vec::new();
    let defects = read_lines(body.as_bytes(), "test", &Limits::default(), |record| formats.push(record.format));
    assert_eq!((defects, formats), (vec![], vec![LogFormat::WindowsJson, LogFormat::SuricataEve, LogFormat::Json]));
}

#[test]
fn a_stored_original_reads_again() {
    let text = br#"{"Channel":"Security","EventID":4688,"Computer":"pc","NewProcessId":"0x1a4"}"#;
    let mut events = Vec::new();
    let intake = crate::rows::intake();
    read_lines(text, "test", &Limits::default(), |record| events.push(hikeshi_event::normalise(record, &intake).into_owned()));
    assert_eq!(events[0].raw.as_ref(), text);
    let mut reader = Rereader::new(&Limits::default());
    let record = reader.record_of(&events[0]).unwrap();
    assert_eq!(record.get("NewProcessId"), Some(&Value::Text("0x1a4".into())));
}
