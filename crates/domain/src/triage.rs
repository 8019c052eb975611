//! What triage found out about one subject: the verdict with its evidence, the process tree, the eight sections.

use std::borrow::Cow;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::phrase::{Language, Phrase};
use crate::verdict::{Finding, Judgement, Unknown};

/// Names an event so that a reader finds it again.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct EventRef {
    /// The event's uid: 32 hexadecimal digits.
    pub uid: String,
    /// The file that it was read from; absent in the lake.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Channel of the log.
    pub channel: String,
    /// The log's own number.
    pub record_id: Option<u64>,
    /// When it happened, UTC.
    pub time: Timestamp,
}

/// What the alert or the matches are about.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Subject {
    /// Node of the tree that stands for it.
    pub node: Option<String>,
    /// Full path of the executable or file.
    pub image: Option<String>,
    /// SHA-256, lower-case hexadecimal.
    pub sha256: Option<String>,
    /// SHA-1.
    pub sha1: Option<String>,
    /// MD5.
    pub md5: Option<String>,
    /// Process GUID of the log, if the subject is a process.
    pub process_guid: Option<String>,
    /// Process id.
    pub pid: Option<i64>,
    /// Command line.
    pub command_line: Option<String>,
    /// User.
    pub user: Option<String>,
    /// Channel, where nothing else names the subject.
    pub channel: Option<String>,
}

/// The span that was looked at. What lies after `detected_at` is shown apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// At most seven days before `detected_at` (S3-45).
    pub from: Timestamp,
    /// When the alert or the first match happened.
    pub detected_at: Timestamp,
    /// Data received up to here.
    pub to: Timestamp,
}

/// What a node of the tree rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NodeOrigin {
    /// Its creation was recorded.
    Recorded,
    /// Known only from its child's record.
    FromChild,
    /// Known only from its own later events.
    FromActivity,
}

/// A process of the tree.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Node {
    /// Unique in the tree: the process GUID, else `pid@start`.
    pub id: String,
    /// The parent's id, if one is in the tree.
    pub parent: Option<String>,
    /// True where the creation was not recorded (`origin` says from what it is known).
    pub ghost: bool,
    /// From what it is known.
    pub origin: NodeOrigin,
    /// It is what the triage is about.
    pub subject: bool,
    /// Process id.
    pub pid: Option<i64>,
    /// Full path.
    pub image: Option<String>,
    /// Command line.
    pub command_line: Option<String>,
    /// User.
    pub user: Option<String>,
    /// SHA-256.
    pub sha256: Option<String>,
    /// Start, UTC.
    pub started_at: Option<Timestamp>,
    /// End, UTC.
    pub ended_at: Option<Timestamp>,
    /// Started after the detection.
    pub after_detection: bool,
    /// Titles of rules that matched here, strongest first.
    pub matches: Vec<String>,
    /// Ids of the findings whose events belong to this process.
    pub findings: Vec<String>,
    /// The creation event.
    pub event: Option<EventRef>,
}

/// The process tree, parents before children.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Tree {
    /// The processes.
    pub nodes: Vec<Node>,
    /// Processes left out because the tree would be unreadable; 0 if all are there.
    pub omitted: usize,
    /// Other ways in which one process led to another.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<Link>,
}

/// How one process led to another beside starting it as its child.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkKind {
    /// It ran a thread inside the other.
    RemoteThread,
    /// It wrote the file that the other runs.
    WroteImage,
    /// It registered the service that the other is.
    Service,
    /// It registered the task that started the other.
    Task,
    /// It asked WMI to start the other.
    Wmi,
}

/// An edge of the tree that is no parentage.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Link {
    /// Node that acted.
    pub from: String,
    /// Node that it led to.
    pub to: String,
    /// In which way.
    pub kind: LinkKind,
    /// The event that shows it.
    pub event: EventRef,
}

/// The eight sections of the flash report, in their fixed order (S3-36 … S3-44).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SectionKind {
    /// ① ファイルの生成経緯.
    Origin,
    /// ② 検知ファイルが実行されるまでのプロセス.
    ProcessChain,
    /// ③ 検知ファイルが実行したプロセス.
    ProcessesStarted,
    /// ④ 書き込まれたファイル.
    FilesWritten,
    /// ⑤ 編集されたレジストリ.
    RegistryEdited,
    /// ⑥ 読み込まれたファイル.
    FilesRead,
    /// ⑦ 通信.
    Network,
    /// ⑧ ファイル属性.
    FileAttributes,
}

impl SectionKind {
    /// All eight, in order.
    pub const ALL: [SectionKind; 8] = [
        SectionKind::Origin,
        SectionKind::ProcessChain,
        SectionKind::ProcessesStarted,
        SectionKind::FilesWritten,
        SectionKind::RegistryEdited,
        SectionKind::FilesRead,
        SectionKind::Network,
        SectionKind::FileAttributes,
    ];

    /// The word in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            SectionKind::Origin => "origin",
            SectionKind::ProcessChain => "process_chain",
            SectionKind::ProcessesStarted => "processes_started",
            SectionKind::FilesWritten => "files_written",
            SectionKind::RegistryEdited => "registry_edited",
            SectionKind::FilesRead => "files_read",
            SectionKind::Network => "network",
            SectionKind::FileAttributes => "file_attributes",
        }
    }
}

/// An empty section says why it is empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SectionState {
    /// There are items.
    Found,
    /// The sources were there and held nothing.
    Nothing,
    /// No source that could tell was collected over the window.
    NotCollected,
}

/// One of the eight sections.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Section {
    /// Which one.
    pub kind: SectionKind,
    /// Found, nothing, or not collected.
    pub state: SectionState,
    /// The sources that were searched, e.g. `Sysmon 11`.
    pub searched: Vec<String>,
    /// The audit settings that would have told more, e.g. `Sysmon 15`, `Security 4663 (SACL)`.
    pub missing_audit: Vec<String>,
    /// How many items there are in all.
    pub total: usize,
    /// The most relevant items, at most `section_items` of the playbook; all of them stand in the full list ([`crate::full_list`]).
    pub items: Vec<SectionItem>,
}

/// One row of a section.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SectionItem {
    /// When (first, if it repeats), UTC.
    pub time: Timestamp,
    /// After the detection.
    pub after_detection: bool,
    /// The node of the tree that did it.
    pub node: Option<String>,
    /// What happened, in words.
    pub what: Phrase,
    /// Named values of the row in display order: `path`, `sha256`, `destination`, …
    pub details: Vec<(String, String)>,
    /// How often the same thing happened.
    pub count: usize,
    /// Ids of findings that rest on it.
    pub findings: Vec<String>,
    /// The events, first ones first, at most 20.
    pub events: Vec<EventRef>,
}

/// A thing to search for elsewhere. Values are kept as they are; whoever shows them defangs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Indicator {
    /// What kind: `sha256`, `ip`, `domain`, `url`, `path`, `registry`.
    pub kind: String,
    /// The value.
    pub value: String,
}

/// A rule that matched events of the subject.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RuleHit {
    /// The rule's id.
    pub rule_id: String,
    /// Its title.
    pub title: String,
    /// Its title in Japanese, where its author wrote one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title_ja: Option<String>,
    /// Its level: informational … critical.
    pub level: String,
    /// Its author, as the rules' licence asks.
    pub author: String,
    /// ATT&CK and other tags.
    pub tags: Vec<String>,
    /// How many events it matched.
    pub count: usize,
    /// The events, first ones first, at most 20.
    pub events: Vec<EventRef>,
}

/// The outcome of triage on one subject: one version each time it runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Triage {
    /// Host as the events name it.
    pub host: String,
    /// What it is about.
    pub subject: Subject,
    /// The verdict and what it rests on.
    pub judgement: Judgement,
    /// Evidence, by absolute points, largest first. What contradicts stands beside what supports.
    pub findings: Vec<Finding>,
    /// What was not known.
    pub unknown: Vec<Unknown>,
    /// The eight sections, always eight, in order.
    pub sections: Vec<Section>,
    /// The process tree.
    pub tree: Tree,
    /// Rules that matched.
    pub rules: Vec<RuleHit>,
    /// Things to search for elsewhere.
    pub indicators: Vec<Indicator>,
    /// The span looked at.
    pub window: Window,
    /// Events of the host in the window.
    pub events_seen: usize,
    /// Names the rule set, the playbook and the program that gave this verdict.
    pub rules_version: String,
}

impl Triage {
    /// Rows of all sections together.
    pub fn rows(&self) -> usize {
        self.sections.iter().map(|section| section.total).sum()
    }

    /// Whether a section has more rows than stand in it.
    pub fn is_cut(&self) -> bool {
        self.sections.iter().any(|section| section.total > section.items.len())
    }

    /// The title of one of its rules as a reader of the language is told it; any other text as it is.
    pub fn title<'a>(&'a self, title: &'a str, language: Language) -> &'a str {
        let japanese = || self.rules.iter().find(|hit| hit.title == title)?.title_ja.as_deref();
        match language {
            Language::Ja => japanese().unwrap_or(title),
            Language::En => title,
        }
    }

    /// The same with its rules' titles in the reader's language, where their authors wrote them in it.
    pub fn told_in(&self, language: Language) -> Cow<'_, Triage> {
        if language == Language::En || self.rules.iter().all(|hit| hit.title_ja.is_none()) {
            return Cow::Borrowed(self);
        }
        let mut told = self.clone();
        for title in told.tree.nodes.iter_mut().flat_map(|node| &mut node.matches) {
            *title = self.title(title, language).to_owned();
        }
        for hit in &mut told.rules {
            hit.title = self.title(&hit.title, language).to_owned();
        }
        Cow::Owned(told)
    }
}
