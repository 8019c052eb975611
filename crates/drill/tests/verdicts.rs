//! The three alerts of the week come out black, white and grey by the rules of triage themselves.

use std::collections::{BTreeMap, BTreeSet};

use hikeshi_domain::OrganizationId;
use hikeshi_domain::alert::ProductAlert;
use hikeshi_domain::endpoint::BlockMode;
use hikeshi_domain::triage::{SectionState, Triage};
use hikeshi_domain::verdict::Verdict;
use hikeshi_drill::{DrillAlert, Item, Options};
use hikeshi_event::{Event, Intake, Limits, normalise, read_lines};
use hikeshi_triage::{Counted, Focus, Input, Prevalence, Seen, VerdictBook, triage};
use jiff::Timestamp;

use crate::stream::{options, scenario};

/// Hash → first seen, hosts: what the lake would keep.
struct Known(BTreeMap<String, (Timestamp, BTreeSet<String>)>);

impl Prevalence for Known {
    fn seen(&self, counted: Counted, value: &str) -> Option<Seen> {
        let (first_at, hosts) = self.0.get(value).filter(|_| counted == Counted::Hash)?;
        Some(Seen { first_at: *first_at, hosts: hosts.len() as u64 })
    }
}

struct Lines {
    by_host: BTreeMap<String, String>,
    known: Known,
    alerts: Vec<DrillAlert>,
}

fn lines(name: &str, options: Options) -> Lines {
    let scenario = scenario(name);
    let mut lines = Lines { by_host: BTreeMap::new(), known: Known(BTreeMap::new()), alerts: Vec::new() };
    for item in scenario.generate(options).unwrap() {
        match item {
            Item::Alert(alert) => lines.alerts.push(alert),
            Item::Mail(_) => {}
            Item::Event(event) => {
                let fields: serde_json::Value = serde_json::from_str(&event.ndjson).unwrap();
                let host = fields["Computer"].as_str().unwrap().to_owned();
                if let Some(hash) = fields["Hashes"].as_str().and_then(|hashes| hashes.strip_prefix("SHA256=")) {
                    let (_, hosts) = lines.known.0.entry(hash.to_owned()).or_insert_with(|| (event.at, BTreeSet::new()));
                    hosts.insert(host.clone());
                }
                let text = lines.by_host.entry(host).or_default();
                text.push_str(&event.ndjson);
                text.push('\n');
            }
        }
    }
    lines
}

fn judge(lines: &Lines, alert: &ProductAlert) -> Triage {
    let intake = Intake { org: OrganizationId(uuid::Uuid::nil()), source: "drill", received_at: alert.detected_at };
    let mut events: Vec<Event<'static>> = Vec::new();
    let text = lines.by_host[&alert.host].as_bytes();
    let defects = read_lines(text, "drill", &Limits::default(), |record| events.push(normalise(record, &intake).into_owned()));
    assert!(defects.is_empty(), "{defects:?}");
    events.sort_by_key(|event| event.time);
    let input = Input {
        host: &alert.host,
        focus: Focus::Alert(alert),
        others: &[],
        events: &events,
        matches: &[],
        exceptions: &[],
        prevalence: Some(&lines.known),
        lists: None,
        answers: &[],
        block_mode: BlockMode::NonBlock,
        received_to: alert.detected_at.saturating_add(jiff::SignedDuration::from_mins(30)).unwrap(),
        now: alert.detected_at.saturating_add(jiff::SignedDuration::from_mins(30)).unwrap(),
        coverage: None,
        place: None,
        rules_version: "none",
    };
    triage(&input, &VerdictBook::shipped().unwrap())
}

fn told(triage: &Triage) -> String {
    let findings: Vec<String> = triage.findings.iter().map(|finding| format!("{} {:+}", finding.id, finding.points)).collect();
    format!("{} {:+}: {}", triage.judgement.verdict, triage.judgement.score, findings.join(", "))
}

// covers: S3-26, S3-28, S3-29, S3-30
#[test]
fn the_week_has_one_alert_of_each_colour() {
    for seed in [1, 2] {
        let lines = lines("company-week", options(seed));
        let verdicts: Vec<Triage> = lines.alerts.iter().map(|alert| judge(&lines, &alert.alert)).collect();
        let colours: Vec<Verdict> = verdicts.iter().map(|triage| triage.judgement.verdict).collect();
        let all: Vec<String> = verdicts.iter().map(told).collect();
        assert_eq!(colours, [Verdict::White, Verdict::Grey, Verdict::Black], "seed {seed}:\n{}", all.join("\n"));
    }
}

// covers: S3-27, S3-36, S3-37, S3-44
#[test]
fn the_intrusion_fills_the_sections() {
    let lines = lines("company-week", options(1));
    let black = judge(&lines, &lines.alerts[2].alert);
    let states: Vec<SectionState> = black.sections.iter().map(|section| section.state).collect();
    assert_eq!(states.len(), 8);
    for (place, name) in [(0, "origin"), (1, "process chain"), (2, "processes started"), (4, "registry"), (6, "network"), (7, "attributes")]
    {
        assert_eq!(states[place], SectionState::Found, "{name}");
    }
    let families = black.judgement.families.len();
    assert!(families >= 4 && black.judgement.score >= 100, "{}", told(&black));
}
