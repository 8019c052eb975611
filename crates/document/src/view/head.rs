//! The first page: verdict, clock, what it is about; and the last: under which versions it was judged.

use hikeshi_domain::alert::{Action, SourceKind};
use hikeshi_domain::endpoint::BlockMode;
use hikeshi_domain::flash_report::{FlashReport, Target};
use hikeshi_domain::procedure::Execution;
use hikeshi_domain::tlp::Tlp;
use hikeshi_domain::triage::Triage;
use hikeshi_domain::verdict::{Family, Judgement};
use serde::Serialize;

use crate::clock::{Clock, span};
use crate::printable::one_line;
use crate::words::Words;

/// The label of the Traffic Light Protocol.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TlpView {
    /// `TLP:AMBER`.
    pub label: String,
    /// The standard's colour of the letters, on black.
    pub colour: String,
    /// Who may read it, in words.
    pub meaning: String,
}

/// The verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct VerdictView {
    /// `black`, `grey` or `white`.
    pub grade: String,
    /// ブラック.
    pub word: String,
    /// 明らかな脅威.
    pub meaning: String,
    /// Sum of points with its sign.
    pub score: String,
    /// Why this grade and no other.
    pub rule: String,
    /// Families of evidence that point the verdict's way.
    pub families: Vec<String>,
}

/// A label and its value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fact {
    /// Name of the field, stable over languages.
    pub name: String,
    /// Its label.
    pub label: String,
    /// Its value.
    pub value: String,
    /// A path, hash or command line: shown in a fixed-width face and broken at any character.
    pub code: bool,
}

/// One time of the report's clock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    /// `detected`, `received`, `issued`, `due`.
    pub name: String,
    /// Its label.
    pub label: String,
    /// The time with its offset.
    pub time: String,
    /// How it lies to the step before, or to the target.
    pub note: Option<String>,
    /// The target was missed: shown, never hidden (S3-33).
    pub missed: bool,
}

pub(super) fn tlp(tlp: Tlp, words: Words) -> TlpView {
    let word = match tlp {
        Tlp::Clear => "clear",
        Tlp::Green => "green",
        Tlp::Amber => "amber",
        Tlp::AmberStrict => "amber_strict",
        Tlp::Red => "red",
    };
    TlpView { label: tlp.label().to_owned(), colour: tlp.colour().to_owned(), meaning: words.label(&format!("tlp.{word}")) }
}

pub(super) fn verdict(judgement: &Judgement, words: Words) -> VerdictView {
    let grade = judgement.verdict.name();
    VerdictView {
        grade: grade.to_owned(),
        word: words.label(&format!("verdict.{grade}")),
        meaning: words.label(&format!("verdict.{grade}.meaning")),
        score: words.points(judgement.score),
        rule: words.phrase(&judgement.rule),
        families: judgement.families.iter().map(|family| self::family(*family, words)).collect(),
    }
}

pub(super) fn family(family: Family, words: Words) -> String {
    let name = match family {
        Family::Identity => "identity",
        Family::Signature => "signature",
        Family::Path => "path",
        Family::Prevalence => "prevalence",
        Family::Origin => "origin",
        Family::Parent => "parent",
        Family::LivingOffTheLand => "living_off_the_land",
        Family::Persistence => "persistence",
        Family::DefenceEvasion => "defence_evasion",
        Family::CredentialAccess => "credential_access",
        Family::Injection => "injection",
        Family::Network => "network",
        Family::Behaviour => "behaviour",
        Family::Detection => "detection",
        Family::User => "user",
    };
    words.label(&format!("family.{name}"))
}

/// The names of the subject's ancestors and itself, `WINWORD.EXE → powershell.exe → svch0st.exe`; else what names the subject.
pub(super) fn headline(report: &FlashReport, words: Words) -> String {
    let chain = chain(&report.triage);
    let subject = &report.triage.subject;
    let alert = report.alert.as_ref();
    let file = alert.and_then(|alert| alert.raised.file.as_ref()).and_then(|file| file.path.as_deref());
    let single = subject.image.as_deref().or(file).map(file_name);
    let chain: Vec<String> = chain.into_iter().map(short_name).collect();
    let text = match chain.as_slice() {
        [] | [_] => short_name(single.or(chain.first().map(String::as_str)).or(subject.channel.as_deref()).unwrap_or(&report.triage.host)),
        [.., a, b, c, d] if chain.len() > 4 => format!("… → {a} → {b} → {c} → {d}"),
        _ => chain.join(" → "),
    };
    one_line(&words.foreign(&text)).into_owned()
}

/// Names from the oldest known ancestor to the subject; at most 16, the nearest ones.
fn chain(triage: &Triage) -> Vec<&str> {
    let nodes = &triage.tree.nodes;
    let named = triage.subject.node.as_deref();
    let mut at = nodes.iter().find(|node| Some(node.id.as_str()) == named).or_else(|| nodes.iter().find(|node| node.subject));
    let mut names = Vec::new();
    while let Some(node) = at {
        if names.len() == 16 {
            break;
        }
        names.push(node.image.as_deref().map_or("?", file_name));
        at = node.parent.as_deref().and_then(|parent| nodes.iter().find(|node| node.id == parent));
    }
    names.reverse();
    names
}

/// The last part of a path of either kind.
pub(super) fn file_name(path: &str) -> &str {
    path.rsplit(['\\', '/']).next().filter(|name| !name.is_empty()).unwrap_or(path)
}

/// Longest name of a file that stands in a narrow place; its process or path is written out elsewhere.
const NAME_SHOWN: usize = 44;

/// A long name without its middle: both how it begins and what it ends in are seen.
pub(super) fn short_name(name: &str) -> String {
    let length = name.chars().count();
    if length <= NAME_SHOWN {
        return name.to_owned();
    }
    let tail = NAME_SHOWN / 3;
    let head: String = name.chars().take(NAME_SHOWN - tail - 1).collect();
    let end: String = name.chars().skip(length - tail).collect();
    format!("{head}…{end}")
}

/// Detection, receipt, issue, due: both times that the target needs are always there where they exist (S3-32).
pub(super) fn clock(report: &FlashReport, words: Words, clock: &Clock) -> Vec<Step> {
    let alert = report.alert.as_ref();
    let step = |name: &str, time, note: Option<String>, missed| Step {
        name: name.to_owned(),
        label: words.label(&format!("clock.{name}")),
        time: clock.seconds(time),
        note,
        missed,
    };
    let detected = alert.map_or(report.triage.window.detected_at, |alert| alert.raised.detected_at);
    let mut steps = vec![step("detected", detected, None, false)];
    if let Some(alert) = alert {
        steps.push(step("received", alert.received_at, None, false));
    }
    let after = alert.map(|alert| {
        let length = span(words, report.issued_at.duration_since(alert.received_at));
        words.say("clock.after_receipt", &[("span", length)])
    });
    steps.push(step("issued", report.issued_at, after, false));
    if let Some(due) = report.due_at {
        let late = span(words, report.issued_at.duration_since(due));
        let (note, missed) = match report.target {
            Target::Met => (Some(words.label("target.met")), false),
            Target::Missed => (Some(words.say("target.missed", &[("span", late)])), true),
            Target::None => (None, false),
        };
        steps.push(step("due", due, note, missed));
    }
    steps
}

/// What the report is about.
pub(super) fn facts(report: &FlashReport, words: Words) -> Vec<Fact> {
    let mut facts = Facts { words, list: Vec::new() };
    let subject = &report.triage.subject;
    let raised = report.alert.as_ref().map(|alert| &alert.raised);
    let file = raised.and_then(|raised| raised.file.as_ref());
    facts.text("organization", Some(&report.organization));
    facts.text("host", Some(&report.triage.host));
    facts.text("user", subject.user.as_deref());
    if let Some(raised) = raised {
        let threat = [raised.name.as_str(), raised.product.as_str()].join(" / ");
        facts.text("threat", Some(&threat));
        facts.own("source_kind", words.label(&format!("source_kind.{}", source_kind(raised.source_kind))));
        facts.own("action", words.label(&format!("action.{}", action(raised.action))));
    }
    let mode = words.label(&format!("block_mode.{}", block_mode(report.block_mode)));
    let ran = Execution::of(Some(&report.triage), None, report.block_mode) == Execution::Ran;
    facts.own("block_mode", if ran { format!("{}{mode}", words.label("block_mode.ran")) } else { mode });
    facts.code("file", file.and_then(|file| file.path.as_deref()));
    facts.code("image", subject.image.as_deref().filter(|image| Some(*image) != file.and_then(|file| file.path.as_deref())));
    facts.code("command_line", subject.command_line.as_deref());
    let sha256 = subject.sha256.as_deref().or(file.and_then(|file| file.sha256.as_deref()));
    let sha1 = subject.sha1.as_deref().or(file.and_then(|file| file.sha1.as_deref()));
    let md5 = subject.md5.as_deref().or(file.and_then(|file| file.md5.as_deref()));
    facts.code("sha256", sha256);
    facts.code("sha1", sha1.filter(|_| sha256.is_none()));
    facts.code("md5", md5.filter(|_| sha256.is_none()));
    facts.code("channel", subject.channel.as_deref());
    facts.list
}

/// Under what the verdict was made.
pub(super) fn colophon(report: &FlashReport, words: Words, clock: &Clock) -> Vec<Fact> {
    let mut facts = Facts { words, list: Vec::new() };
    let window = &report.triage.window;
    facts.text("reference", Some(&report.reference));
    facts.own("version", words.say("version", &[("version", report.version.to_string())]));
    facts.code("report_id", report.id.map(|id| id.to_string()).as_deref());
    let alert = report.alert.as_ref();
    facts.code("alert_id", alert.and_then(|alert| alert.id).map(|id| id.to_string()).as_deref());
    facts.code("product_alert_id", alert.map(|alert| alert.raised.id.as_str()));
    facts.code("case_id", report.case.map(|id| id.to_string()).as_deref());
    facts.own("window", words.say("window", &[("from", clock.seconds(window.from)), ("to", clock.seconds(window.to))]));
    facts.own("events_seen", words.number(report.triage.events_seen));
    facts.code("rules_version", Some(&report.triage.rules_version));
    facts.own("program", format!("Hikeshi {}", env!("CARGO_PKG_VERSION")));
    facts.text("time_zone", Some(&report.time_zone));
    facts.list
}

struct Facts {
    words: Words,
    list: Vec<Fact>,
}

impl Facts {
    fn add(&mut self, name: &str, value: String, code: bool) {
        let label = self.words.label(&format!("fact.{name}"));
        self.list.push(Fact { name: name.to_owned(), label, value, code });
    }

    fn own(&mut self, name: &str, value: String) {
        self.add(name, value, false);
    }

    fn text(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            self.add(name, one_line(&self.words.foreign(value)).into_owned(), false);
        }
    }

    fn code(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            self.add(name, self.words.glance(value), true);
        }
    }
}

fn source_kind(kind: SourceKind) -> &'static str {
    match kind {
        SourceKind::Network => "network",
        SourceKind::Endpoint => "endpoint",
        SourceKind::Device => "device",
    }
}

fn action(action: Action) -> &'static str {
    match action {
        Action::Blocked => "blocked",
        Action::Detected => "detected",
        Action::Quarantined => "quarantined",
        Action::Deleted => "deleted",
    }
}

fn block_mode(mode: BlockMode) -> &'static str {
    match mode {
        BlockMode::Block => "block",
        BlockMode::NonBlock => "non_block",
        BlockMode::Unknown => "unknown",
    }
}
