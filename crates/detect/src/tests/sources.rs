//! Log sources: which rule applies to which record, and under which names.

use std::borrow::Cow;

use hikeshi_event::{LogFormat, Record, Value};

use super::{load, matching, text, windows};

fn rule(id: &str, source: &str, selection: &str) -> String {
    format!("title: {id}\nid: {id}\nlogsource: {{{source}}}\ndetection:\n    s:\n        {selection}\n    condition: s\n")
}

fn json<'a>(fields: &[(&'a str, Value<'a>)]) -> Record<'a> {
    Record { format: LogFormat::Json, provider: Cow::Borrowed(""), ..windows("", 0, fields) }
}

#[test]
fn process_creation_from_sysmon_and_from_the_audit() {
    let rules = load(&[
        &rule("image", "product: windows, category: process_creation", r"Image|endswith: '\cmd.exe'"),
        &rule("parent", "product: windows, category: process_creation", r"ParentImage|endswith: '\winword.exe'"),
        &rule("user", "product: windows, category: process_creation", r"User|contains: 'AUTHORI'"),
        &rule("integrity", "product: windows, category: process_creation", "IntegrityLevel: System"),
        &rule("audit", "product: windows, service: security", "EventID: 4688"),
        &rule("new-name", "product: windows, category: process_creation", r"NewProcessName|endswith: '\cmd.exe'"),
    ]);
    assert_eq!(rules.refused, []);
    let sysmon = [("Image", text(r"C:\Windows\cmd.exe")), ("ParentImage", text(r"C:\WINWORD.EXE")), ("User", text(r"NT AUTHORITY\SYSTEM"))];
    assert_eq!(matching(&rules.rules, &windows("Microsoft-Windows-Sysmon/Operational", 1, &sysmon)), ["image", "parent", "user"]);
    let audit = [
        ("NewProcessName", text(r"C:\Windows\cmd.exe")),
        ("ParentProcessName", text(r"C:\WINWORD.EXE")),
        ("SubjectUserSid", text("S-1-5-18")),
        ("SubjectUserName", text("HOST-1$")),
        ("MandatoryLabel", text("S-1-16-16384")),
    ];
    let found = matching(&rules.rules, &windows("Security", 4688, &audit));
    assert_eq!(found, ["image", "parent", "user", "integrity", "audit", "new-name"]);
    assert_eq!(matching(&rules.rules, &windows("Security", 4689, &audit)), Vec::<String>::new());
    assert_eq!(matching(&rules.rules, &windows("System", 1, &sysmon)), Vec::<String>::new());
}

#[test]
fn a_registry_event_is_several_categories_at_once() {
    let selection = r"TargetObject|endswith: '\Run\evil'";
    let of = |category: &str| rule(category, &format!("product: windows, category: {category}"), selection);
    let rules = load(&[&of("registry_event"), &of("registry_set"), &of("registry_add"), &of("registry_delete")]).rules;
    let registry = |id, kind| {
        let fields = [("TargetObject", text(r"HKLM\Software\Run\evil")), ("EventType", text(kind))];
        matching(&rules, &windows("Microsoft-Windows-Sysmon/Operational", id, &fields))
    };
    assert_eq!(registry(13, "SetValue"), ["registry_event", "registry_set"]);
    assert_eq!(registry(12, "CreateKey"), ["registry_event", "registry_add"]);
    assert_eq!(registry(12, "DeleteValue"), ["registry_event", "registry_delete"]);
    assert_eq!(registry(14, "RenameKey"), ["registry_event"]);
    let audit =
        [("ObjectName", text(r"\REGISTRY\MACHINE\Software\Run")), ("ObjectValueName", text("evil")), ("OperationType", text("%%1905"))];
    assert_eq!(matching(&rules, &windows("security", 4657, &audit)), ["registry_event", "registry_set"]);
}

#[test]
fn other_windows_sources() {
    let rules = load(&[
        &rule("script", "product: windows, category: ps_script", "ScriptBlockText|contains: evil"),
        &rule("service", "product: windows, service: system", "EventID: 7045"),
        &rule("any-service", "product: windows, service: system", "Provider_Name: P"),
        &rule("virus", "category: antivirus", "Signature|contains: Trojan"),
        &rule("anywhere", "product: windows", "Channel: Weird"),
        &rule("net", "product: windows, category: network_connection", "{Initiated: 'true', DestinationPort: 4444}"),
        &rule("hash", "product: windows, category: driver_load", "sha256: ABCD"),
    ])
    .rules;
    assert_eq!(matching(&rules, &windows("PowerShellCore/Operational", 4104, &[("ScriptBlockText", text("an EVIL"))])), ["script"]);
    assert_eq!(matching(&rules, &windows("System", 7045, &[])), ["service", "any-service"]);
    let virus = [("ThreatName", text("Trojan:Win32/X"))];
    assert_eq!(matching(&rules, &windows("Microsoft-Windows-Windows Defender/Operational", 1116, &virus)), ["virus"]);
    assert_eq!(matching(&rules, &windows("Weird", 1, &[])), ["anywhere"]);
    let connection = [("DestPort", text("4444")), ("Direction", text("%%14593"))];
    assert_eq!(matching(&rules, &windows("Security", 5156, &connection)), ["net"]);
    let driver = [("Hashes", text("MD5=11,SHA256=abcd"))];
    assert_eq!(matching(&rules, &windows("Microsoft-Windows-Sysmon/Operational", 6, &driver)), ["hash"]);
    let mut record = windows("", 4104, &[("ScriptBlockText", text("evil"))]);
    record.provider = Cow::Borrowed("Microsoft-Windows-PowerShell");
    assert_eq!(matching(&rules, &record), ["script"]);
}

#[test]
fn json_is_recognised_by_its_fields() {
    let rules = load(&[
        &rule("trail", "product: aws, service: cloudtrail", "eventName: StopLogging"),
        &rule("okta", "product: okta, service: okta", "eventType: policy.lifecycle.delete"),
        &rule("dns", "category: dns", "query|endswith: .onion"),
        &rule("linux", "product: linux, category: process_creation", r"Image|endswith: /nc"),
        &rule("audit", "product: linux, service: auditd", "type: EXECVE"),
        &rule("unknown", "product: bitbucket, service: audit", "custom: x"),
    ]);
    assert_eq!(rules.refused, []);
    let rules = rules.rules;
    let trail = [("eventSource", text("s")), ("eventName", text("StopLogging")), ("awsRegion", text("eu"))];
    assert_eq!(matching(&rules, &json(&trail)), ["trail"]);
    assert_eq!(matching(&rules, &json(&[("eventType", text("policy.lifecycle.delete")), ("displayMessage", text("m"))])), ["okta"]);
    let eve = Record { format: LogFormat::SuricataEve, ..windows("suricata/dns", 0, &[("dns.rrname", text("abc.onion"))]) };
    assert_eq!(matching(&rules, &eve), ["dns"]);
    assert_eq!(matching(&rules, &json(&[("Image", text("/bin/nc")), ("CommandLine", text("nc -e"))])), ["linux"]);
    assert_eq!(matching(&rules, &json(&[("type", text("EXECVE"))])), ["audit"]);
    assert_eq!(matching(&rules, &json(&[("custom", text("x"))])), ["unknown"], "unrecognised JSON is not skipped in silence");
}

#[test]
fn an_unknown_log_source_is_refused() {
    let loaded = load(&[&rule("x", "product: mainframe, service: racf", "a: b")]);
    assert_eq!(loaded.refused.len(), 1);
    assert!(loaded.refused.iter().all(|refusal| refusal.reason.contains("mainframe//racf")));
}
