//! A host made by hand: events by short lines, an alert or rules on them, and the triage of it.

use hikeshi_domain::OrganizationId;
use hikeshi_domain::alert::{Action, AlertFile, AlertProcess, ProductAlert, SourceKind};
use hikeshi_domain::endpoint::BlockMode;
use hikeshi_domain::triage::Triage;
use hikeshi_event::{Cell, Column, Event, Uid};
use hikeshi_triage::{Focus, Found, Host, Input, Level, Match, Rule, VerdictBook, triage};
use jiff::{SignedDuration, Timestamp};

pub(crate) const SYSMON: &str = "Microsoft-Windows-Sysmon/Operational";

/// Day 0 of every stage.
pub(crate) fn at(seconds: i64) -> Timestamp {
    "2026-11-20T00:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_secs(seconds)
}

/// An event at a second, with cells by column name; numbers become numbers.
pub(crate) fn event(seconds: i64, channel: &'static str, id: u32, cells: &[(&str, &str)]) -> Event<'static> {
    let mut cells: Vec<(Column, Cell<'static>)> = cells
        .iter()
        .map(|(name, value)| {
            let column = Column::by_name(name).unwrap_or_else(|| panic!("no column `{name}`"));
            let number =
                matches!(*name, "process_pid" | "parent_pid" | "target_pid" | "network_dst_port" | "network_src_port" | "logon_type");
            let cell = if number { Cell::Integer(value.parse().unwrap()) } else { Cell::Text(value.to_string().into()) };
            (column, cell)
        })
        .collect();
    cells.sort_by_key(|(column, _)| *column);
    Event {
        uid: Uid(blake(seconds, id, cells.len())),
        seq: 0,
        org: OrganizationId(uuid::Uuid::nil()),
        host: "PC-1".into(),
        time: at(seconds),
        received_at: at(seconds),
        time_suspect: false,
        source: "test".into(),
        channel: channel.into(),
        provider: "".into(),
        event_id: id,
        record_id: Some(seconds.unsigned_abs()),
        class_uid: 0,
        activity_id: 0,
        severity: 0,
        cells,
        unmapped: Vec::new(),
        raw: Vec::new().into(),
    }
}

fn blake(seconds: i64, id: u32, cells: usize) -> [u8; 16] {
    let mut uid = [0; 16];
    uid[..8].copy_from_slice(&seconds.to_be_bytes());
    uid[8..12].copy_from_slice(&id.to_be_bytes());
    uid[12..16].copy_from_slice(&u32::try_from(cells).unwrap().to_be_bytes());
    uid
}

/// Sysmon 1: `guid` is the process, `parent` its parent's GUID and image.
pub(crate) fn start(seconds: i64, guid: &str, image: &str, line: &str, parent: (&str, &str)) -> Event<'static> {
    let cells = [
        ("process_guid", guid),
        ("process_image", image),
        ("process_command_line", line),
        ("parent_guid", parent.0),
        ("parent_image", parent.1),
        ("process_user", r"CORP\taro"),
    ];
    event(seconds, SYSMON, 1, &cells)
}

pub(crate) const EXPLORER: (&str, &str) = ("e1", r"C:\Windows\explorer.exe");

/// The process with that GUID, detected at the second.
pub(crate) fn alert_on(seconds: i64, guid: &str) -> ProductAlert {
    ProductAlert {
        id: "a-1".into(),
        host: "PC-1".into(),
        detected_at: at(seconds),
        source_kind: SourceKind::Endpoint,
        product: "AV".into(),
        name: "Trojan.Sample".into(),
        action: Action::Detected,
        file: None,
        process: Some(AlertProcess { guid: Some(guid.into()), pid: None }),
    }
}

pub(crate) fn alert_on_file(seconds: i64, path: &str, sha256: Option<&str>) -> ProductAlert {
    let file = AlertFile { path: Some(path.into()), sha256: sha256.map(str::to_owned), ..AlertFile::default() };
    ProductAlert { file: Some(file), process: None, ..alert_on(seconds, "") }
}

pub(crate) fn input<'a>(events: &'a [Event<'static>], matches: &'a [Match<'a>], focus: Focus<'a>) -> Input<'a> {
    Input {
        host: "PC-1",
        focus,
        others: &[],
        events,
        matches,
        exceptions: &[],
        prevalence: None,
        lists: None,
        answers: &[],
        block_mode: BlockMode::Unknown,
        received_to: events.last().map_or(at(0), |event| event.time),
        now: events.last().map_or(at(0), |event| event.time),
        coverage: None,
        place: None,
        rules_version: "test",
    }
}

/// Triage of an alert, without rules.
pub(crate) fn by_alert(events: &[Event<'static>], alert: &ProductAlert) -> Triage {
    triage(&input(events, &[], Focus::Alert(alert)), &book())
}

/// The subjects of a host whose events (by position) matched rules of these levels, and their triages. The rule's id is its tag too.
pub(crate) fn by_rules(events: &[Event<'static>], hits: &[(usize, Level, &str)]) -> Vec<(Found, Triage)> {
    let rule = |(_, level, id): &(usize, Level, &str)| Rule {
        id: (*id).into(),
        title: (*id).into(),
        level: *level,
        tags: vec![(*id).into()],
        ..Rule::default()
    };
    let rules: Vec<Rule> = hits.iter().map(rule).collect();
    let matches: Vec<Match<'_>> = hits.iter().zip(&rules).map(|((event, ..), rule)| Match { event: *event, rule }).collect();
    let book = book();
    let host = Host::read(events, &book);
    let found = host.subjects(&matches);
    found.into_iter().map(|found| (found.clone(), host.triage(&input(events, &matches, Focus::Found(&found)), &book))).collect()
}

pub(crate) fn book() -> VerdictBook {
    VerdictBook::shipped().unwrap()
}

pub(crate) fn points(triage: &Triage, id: &str) -> Option<i32> {
    triage.findings.iter().find(|finding| finding.id == id).map(|finding| finding.points)
}
