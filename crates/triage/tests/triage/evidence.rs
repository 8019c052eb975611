//! Each item of the evidence list fires on what it is for, and not on its harmless neighbour.

use hikeshi_domain::verdict::Verdict;
use hikeshi_event::Event;
use hikeshi_triage::{Focus, Input, Level, triage};

use crate::stage::{EXPLORER, SYSMON, alert_on, alert_on_file, at, book, by_alert, by_rules, event, input, points, start};

const POWERSHELL: &str = r"C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe";

fn one(image: &str, line: &str, parent: (&str, &str)) -> Vec<Event<'static>> {
    vec![start(10, "p1", image, line, parent)]
}

fn with(event: Event<'static>) -> Vec<Event<'static>> {
    vec![start(10, "p1", r"C:\Apps\tool.exe", "tool.exe", EXPLORER), event]
}

/// Item, what fires it, what does not.
fn vectors() -> Vec<(&'static str, Vec<Event<'static>>, Vec<Event<'static>>)> {
    let cmd = r"C:\Windows\System32\cmd.exe";
    let word = ("w1", r"C:\Program Files\Microsoft Office\root\Office16\WINWORD.EXE");
    let module = |signed: &str, status: &str, signer: &str| {
        let cells = [
            ("process_guid", "p1"),
            ("file_path", r"C:\Apps\tool.exe"),
            ("file_signed", signed),
            ("file_signature_status", status),
            ("file_signer", signer),
            ("file_company", "Microsoft Corporation"),
        ];
        with(event(11, SYSMON, 7, &cells))
    };
    let registry =
        |path: &str, data: &str| with(event(11, SYSMON, 13, &[("process_guid", "p1"), ("registry_path", path), ("registry_data", data)]));
    let access = |target: &str, granted: &str| {
        let cells = [
            ("process_guid", "p1"),
            ("target_image", target),
            ("granted_access", granted),
            ("call_trace", r"C:\Windows\SYSTEM32\ntdll.dll+1"),
        ];
        with(event(11, SYSMON, 10, &cells))
    };
    let call = |image: &str, ip: &str, port: &str| {
        let cells = [("process_guid", "p1"), ("network_dst_ip", ip), ("network_dst_port", port), ("network_direction", "outbound")];
        vec![start(10, "p1", image, "x", EXPLORER), event(11, SYSMON, 3, &cells)]
    };
    vec![
        ("E5", module("true", "Revoked", "Evil Ltd"), module("true", "Valid", "Evil Ltd")),
        ("E6", module("false", "Unavailable", ""), module("true", "Valid", "Microsoft Corporation")),
        ("E7", module("true", "Valid", "Evil Ltd"), module("true", "Valid", "Microsoft Corporation")),
        ("E9", one(r"C:\Users\taro\AppData\Roaming\x\a.exe", "a", EXPLORER), one(r"C:\Program Files\X\a.exe", "a", EXPLORER)),
        ("E10", one(r"C:\ProgramData\svchost.exe", "svchost", EXPLORER), one(r"C:\Windows\System32\notepad.exe", "n", EXPLORER)),
        ("E11", one("C:\\Users\\taro\\Downloads\\見積書.pdf.exe", "x", EXPLORER), one(r"C:\Users\taro\Downloads\setup.exe", "x", EXPLORER)),
        ("E41", one(r"C:\tools\rubeus.exe", "rubeus.exe klist", EXPLORER), one(r"C:\tools\ruby.exe", "ruby.exe", EXPLORER)),
        ("E12", one(r"C:\Users\taro\photo.jpg", "x", EXPLORER), one(r"C:\Users\taro\photo.exe", "x", EXPLORER)),
        ("E17", one(r"C:\Users\taro\AppData\Local\Temp\Rar$EXa1.2\a.exe", "x", EXPLORER), one(r"C:\Users\taro\a.exe", "x", EXPLORER)),
        ("E18", one(r"\\server\share\a.exe", "x", EXPLORER), one(r"C:\share\a.exe", "x", EXPLORER)),
        ("E19", one(POWERSHELL, "powershell", word), one(POWERSHELL, "powershell", EXPLORER)),
        (
            "E20",
            one(cmd, "cmd", ("s1", r"C:\Windows\System32\services.exe")),
            one(r"C:\Windows\System32\sppsvc.exe", "x", ("s1", r"C:\Windows\System32\services.exe")),
        ),
        ("E21", one(r"C:\src\out\app.exe", "app", ("d1", r"C:\Program Files\VS\devenv.exe")), one(r"C:\src\out\app.exe", "app", EXPLORER)),
        (
            "E22",
            one(r"C:\Windows\System32\regsvr32.exe", "regsvr32 /s /u /i:http://x/a.sct scrobj.dll", EXPLORER),
            one(r"C:\Windows\System32\regsvr32.exe", r"regsvr32 C:\Windows\System32\a.ocx", EXPLORER),
        ),
        (
            "E23",
            one(POWERSHELL, "powershell -nop -w hidden -enc SQBFAFgAIAAoAE4AZQB3AC0A", EXPLORER),
            one(POWERSHELL, "powershell -File C:\\jobs\\backup.ps1", EXPLORER),
        ),
        (
            "E24",
            registry(r"HKU\S-1-5-21\Software\Microsoft\Windows\CurrentVersion\Run\upd", r"C:\Users\a.exe"),
            registry(r"HKU\S-1-5-21\Software\Vendor\Run2\x", "1"),
        ),
        (
            "E25",
            one(r"C:\Windows\System32\schtasks.exe", "schtasks /create /tn a /tr b", EXPLORER),
            one(r"C:\Windows\System32\schtasks.exe", "schtasks /query", EXPLORER),
        ),
        (
            "E26",
            one(r"C:\Windows\System32\vssadmin.exe", "vssadmin delete shadows /all /quiet", EXPLORER),
            one(r"C:\Windows\System32\vssadmin.exe", "vssadmin list shadows", EXPLORER),
        ),
        ("E27", access(r"C:\Windows\System32\lsass.exe", "0x1010"), access(r"C:\Windows\System32\lsass.exe", "0x1000")),
        (
            "E28",
            with(event(11, SYSMON, 8, &[("process_guid", "p1"), ("target_image", r"C:\Windows\explorer.exe")])),
            with(event(11, SYSMON, 7, &[("process_guid", "p1"), ("file_path", r"C:\Apps\a.dll"), ("file_signed", "false")])),
        ),
        ("E29", call(r"C:\Windows\System32\regsvr32.exe", "198.51.100.7", "443"), call(r"C:\Program Files\X\x.exe", "198.51.100.7", "443")),
        ("E33", one(cmd, r"net use \\srv\admin$ /user:x", EXPLORER), one(cmd, r"net use Z: \\srv\docs", EXPLORER)),
    ]
}

#[test]
fn every_item_fires_and_stays_silent() {
    for (id, fires, silent) in vectors() {
        let alert = alert_on(20, "p1");
        assert!(points(&by_alert(&fires, &alert), id).is_some(), "{id} should fire");
        assert!(points(&by_alert(&silent, &alert), id).is_none(), "{id} should be silent");
    }
}

#[test]
fn a_beacon_and_a_mass_rename_are_seen() {
    let mut events = with(event(11, SYSMON, 22, &[("process_guid", "p1"), ("dns_query", "a.example")]));
    for n in 0..8 {
        events.push(event(
            20 + n * 60,
            SYSMON,
            3,
            &[("process_guid", "p1"), ("network_dst_ip", "198.51.100.7"), ("network_dst_port", "443")],
        ));
    }
    for n in 0..60 {
        let path = format!(r"C:\Users\taro\Documents\{n}.docx.locked");
        events.push(event(600 + n, SYSMON, 11, &[("process_guid", "p1"), ("file_path", &path)]));
    }
    let triage = by_alert(&events, &alert_on(700, "p1"));
    assert_eq!((points(&triage, "E30"), points(&triage, "E32")), (Some(30), Some(60)));
    assert_eq!(triage.judgement.verdict, Verdict::Black);
}

#[test]
fn ten_noisy_rules_are_no_black_by_themselves() {
    let events = one(r"C:\Program Files\X\x.exe", "x", EXPLORER);
    for level in [Level::Medium, Level::High, Level::Critical] {
        let ids: Vec<String> = (0..10).map(|n| format!("r{n}")).collect();
        let hits: Vec<(usize, Level, &str)> = ids.iter().map(|id| (0, level, id.as_str())).collect();
        let (_, triage) = by_rules(&events, &hits).remove(0);
        assert_eq!(triage.judgement.verdict, Verdict::Grey, "{level}: {}", triage.judgement.score);
        assert!(triage.judgement.score <= 45);
        assert_eq!(triage.rules.len(), 10);
    }
}

// covers: S3-30
#[test]
fn a_signed_updater_in_program_files_is_white_and_an_interpreter_never() {
    let signed = |image: &str| {
        let cells = [
            ("process_guid", "p1"),
            ("file_path", image),
            ("file_signed", "true"),
            ("file_signature_status", "Valid"),
            ("file_signer", "Google LLC"),
        ];
        let dns = event(12, SYSMON, 22, &[("process_guid", "p1"), ("dns_query", "update.googleapis.com")]);
        vec![start(10, "p1", image, "x", EXPLORER), event(11, SYSMON, 7, &cells), dns]
    };
    let updater = by_alert(&signed(r"C:\Program Files\Google\Update\GoogleUpdate.exe"), &alert_on(20, "p1"));
    assert_eq!((updater.judgement.verdict, updater.judgement.score), (Verdict::White, -65), "E3, E8 and E31");
    let interpreter = by_alert(&signed(POWERSHELL), &alert_on(20, "p1"));
    assert_eq!(interpreter.judgement.verdict, Verdict::Grey, "its signature says nothing about what it was told");
}

#[test]
fn an_exception_in_effect_makes_harmless_by_file_alone() {
    use hikeshi_domain::exception::{Exception, Excused};
    use hikeshi_domain::{ExceptionId, OrganizationId, PersonId};
    let nil = uuid::Uuid::nil();
    let entry = Exception {
        list: None,
        id: ExceptionId(nil),
        org: OrganizationId(nil),
        excused: Excused::Hash { hash: "aa".into() },
        by: PersonId(nil),
        reason: "in-house tool".into(),
        registered_at: at(0),
        effective_from: Some(at(1)),
        until: None,
    };
    let events = vec![event(5, SYSMON, 11, &[("process_guid", "p1"), ("file_path", r"C:\Apps\a.exe")])];
    let alert = alert_on_file(10, r"C:\Apps\a.exe", Some("AA"));
    let triage = |exceptions: &[Exception]| {
        let input = hikeshi_triage::Input { exceptions, ..input(&events, &[], hikeshi_triage::Focus::Alert(&alert)) };
        hikeshi_triage::triage(&input, &crate::stage::book())
    };
    let known = triage(std::slice::from_ref(&entry));
    assert_eq!(points(&known, "E2"), Some(-60));
    assert!(hikeshi_triage::harmless_by_file_alone(&known));
    let only_registered = Exception { effective_from: None, ..entry.clone() };
    assert!(!hikeshi_triage::harmless_by_file_alone(&triage(&[only_registered])));
    let judged = |entry: Exception, now| {
        let exceptions = [entry];
        let input = hikeshi_triage::Input { exceptions: &exceptions, now, ..input(&events, &[], hikeshi_triage::Focus::Alert(&alert)) };
        hikeshi_triage::harmless_by_file_alone(&hikeshi_triage::triage(&input, &crate::stage::book()))
    };
    let (later, ended) = (Exception { effective_from: Some(at(50)), ..entry.clone() }, Exception { until: Some(at(50)), ..entry });
    assert!(judged(later, at(60)), "in effect now, although not when the last event came");
    assert!(!judged(ended, at(60)), "ended now, although not when the last event came");
}

/// Security 5145, matched by a rule.
fn shared(from: &str, share: &str, file: &str, mask: &str) -> hikeshi_domain::triage::Triage {
    let cells = [("user_name", r"CORP\taro"), ("network_src_ip", from), ("share_name", share), ("file_path", file), ("access_mask", mask)];
    by_rules(&[event(10, "Security", 5145, &cells)], &[(0, Level::Medium, "a")]).remove(0).1
}

#[test]
fn programs_on_administrative_shares_and_pipes_of_remote_execution_act_on_this_machine() {
    let fires = |from, share, file, mask| points(&shared(from, share, file, mask), "E33").is_some();
    assert!(fires("10.0.0.5", r"\\*\ADMIN$", r"Temp\svc.exe", "0x2"));
    assert!(fires("10.0.0.5", r"\\*\IPC$", "renamed-PC7-1234-stdin", "0x12019f"));
    assert!(!fires("10.0.0.5", r"\\*\ADMIN$", r"Temp\svc.exe", "0x1"), "read");
    assert!(!fires("10.0.0.5", r"\\*\data", r"svc.exe", "0x2"), "a share for everybody");
    assert!(!fires("::1", r"\\*\ADMIN$", r"Temp\svc.exe", "0x2"), "the machine itself");
    assert!(!fires("10.0.0.5", r"\\*\IPC$", "srvsvc", "0x12019f"));
}

#[test]
fn pipes_of_attack_tools_and_of_remote_execution_are_told_apart() {
    let made = |pipe: &str| by_alert(&with(event(11, SYSMON, 17, &[("process_guid", "p1"), ("pipe_name", pipe)])), &alert_on(20, "p1"));
    assert!(points(&made(r"\postex_ab12"), "E41").is_some() && points(&made(r"\x\pipe\spoolss"), "E41").is_some());
    assert!(points(&made(r"\PSEXESVC-PC7-99-stdout"), "E33").is_some());
    let ordinary = made(r"\lsass");
    assert_eq!((points(&ordinary, "E41"), points(&ordinary, "E33")), (None, None));
}

#[test]
fn strong_rules_are_a_second_family_only_where_they_see_different_steps() {
    let events = vec![
        start(10, "p1", r"C:\Apps\tool.exe", "tool.exe", EXPLORER),
        start(11, "p2", r"C:\Apps\tool.exe", "tool.exe 2", ("p1", r"C:\Apps\tool.exe")),
    ];
    let seen = |hits: &[(usize, Level, &str)]| points(&by_rules(&events, hits)[0].1, "E42").is_some();
    let (persistence, evasion) = ("attack.persistence", "attack.defense-evasion");
    assert!(seen(&[(0, Level::High, persistence), (1, Level::Critical, evasion)]));
    assert!(!seen(&[(0, Level::High, persistence), (0, Level::High, evasion)]), "one event");
    assert!(!seen(&[(0, Level::High, persistence), (1, Level::High, persistence)]), "one tactic");
    assert!(!seen(&[(0, Level::High, persistence), (1, Level::Medium, evasion)]), "a weak rule");
    assert!(!seen(&[(0, Level::High, "attack.t1059"), (1, Level::High, evasion)]), "a rule that names no tactic");
}

#[test]
fn audit_switched_off_and_accounts_with_hidden_rights_are_told() {
    let mut audit = event(10, "Security", 4719, &[("user_name", r"CORP\taro")]);
    audit.unmapped.push(("AuditPolicyChanges".into(), "%%8448, %%8450".into()));
    let told = |event: Event<'static>, id| points(&by_rules(&[event], &[(0, Level::Medium, "a")]).remove(0).1, id);
    assert_eq!(told(audit, "E26"), Some(50));
    assert_eq!(told(event(10, "Security", 4719, &[("user_name", r"CORP\taro")]), "E26"), None, "more is audited, not less");
    assert_eq!(told(event(10, "Security", 4794, &[("user_name", r"CORP\taro")]), "E25"), Some(25));
}

#[test]
fn what_is_not_known_is_listed_with_its_reason() {
    let triage = by_alert(&one(POWERSHELL, "powershell", EXPLORER), &alert_on(20, "p1"));
    for id in ["E1", "E3", "E13", "E15", "E29", "E37", "E40"] {
        assert!(triage.unknown.iter().any(|unknown| unknown.id == id), "{id}");
    }
}

#[test]
fn every_phrase_that_triage_says_exists() {
    let phrases = hikeshi_domain::phrases::in_force().unwrap();
    for (_, fires, _) in vectors() {
        let alert = alert_on(20, "p1");
        let triage = by_alert(&fires, &alert);
        let items = triage.sections.iter().flat_map(|section| section.items.iter().map(|item| item.what.clone()));
        let said =
            triage.findings.iter().map(|finding| finding.reason.clone()).chain(triage.unknown.iter().map(|unknown| unknown.reason.clone()));
        let told = hikeshi_triage::advise(&triage, Some(&alert), hikeshi_domain::endpoint::BlockMode::Unknown);
        let all = said.chain(items).chain(told).chain(hikeshi_triage::limits(&triage)).chain([triage.judgement.rule.clone()]);
        for phrase in all {
            let text = phrases.render(&phrase, hikeshi_domain::phrase::Language::En);
            assert!(!text.starts_with(&phrase.key), "no sentence for `{}`", phrase.key);
        }
    }
}

/// By the path two products agree for minutes, by the hash for a week: over files and on the desk alike.
#[test]
fn a_second_product_agrees_by_path_for_minutes_and_by_hash_for_a_week() {
    let path = r"C:\Users\y\Downloads\setup.exe";
    let events = one(path, "setup.exe", EXPLORER);
    let agrees = |apart_s: i64, ours: Option<&str>, theirs: Option<&str>| {
        let alert = alert_on_file(20, path, ours);
        let mut other = alert_on_file(20 + apart_s, path, theirs);
        other.product = "EDR".to_owned();
        let others = [other];
        let given = Input { others: &others, ..input(&events, &[], Focus::Alert(&alert)) };
        triage(&given, &book()).findings.iter().any(|finding| finding.id == "E35")
    };
    let (hash, another) = ("ab".repeat(32), "cd".repeat(32));
    assert!(agrees(15 * 60, None, None) && agrees(-15 * 60, None, Some(&hash)));
    assert!(!agrees(15 * 60 + 1, None, None), "a week later the path is another download's");
    assert!(agrees(7 * 24 * 3_600, Some(&hash), Some(&hash)));
    assert!(!agrees(7 * 24 * 3_600 + 1, Some(&hash), Some(&hash)));
    assert!(!agrees(60, Some(&hash), Some(&another)), "the hash says that it is another file");
}
