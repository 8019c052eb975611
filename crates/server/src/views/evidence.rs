//! What a verdict rests on, as the API tells it: the subject, its process tree, rules, indicators, and events by name.

use hikeshi_domain::triage;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::word;

/// Names an event so that it is found again.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EventView {
    /// 32 hexadecimal digits.
    uid: String,
    /// Channel of the log.
    channel: String,
    /// The log's own number.
    record_id: Option<u64>,
    #[schema(value_type = String, format = DateTime)]
    time: Timestamp,
}

/// What the alert or the matches are about.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SubjectView {
    /// Node of the tree that stands for it.
    node: Option<String>,
    /// Full path of the executable or file.
    image: Option<String>,
    sha256: Option<String>,
    sha1: Option<String>,
    md5: Option<String>,
    process_guid: Option<String>,
    pid: Option<i64>,
    command_line: Option<String>,
    user: Option<String>,
    /// Channel, where nothing else names the subject.
    channel: Option<String>,
}

/// The span that was looked at. What lies after `detected_at` is shown apart.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WindowView {
    /// At most seven days before `detected_at`.
    #[schema(value_type = String, format = DateTime)]
    from: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    detected_at: Timestamp,
    /// Data received up to here.
    #[schema(value_type = String, format = DateTime)]
    to: Timestamp,
}

/// The process tree, parents before children.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TreeView {
    nodes: Vec<NodeView>,
    /// Processes left out because the tree would be unreadable.
    omitted: usize,
    /// Other ways in which one process led to another.
    links: Vec<LinkView>,
}

/// A process of the tree.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NodeView {
    /// Unique in the tree.
    id: String,
    parent: Option<String>,
    /// Its creation was not recorded.
    ghost: bool,
    #[schema(value_type = word::NodeOrigin)]
    origin: triage::NodeOrigin,
    /// It is what the triage is about.
    subject: bool,
    pid: Option<i64>,
    image: Option<String>,
    command_line: Option<String>,
    user: Option<String>,
    sha256: Option<String>,
    #[schema(value_type = Option<String>, format = DateTime)]
    started_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    ended_at: Option<Timestamp>,
    after_detection: bool,
    /// Titles of rules that matched here, strongest first.
    matches: Vec<String>,
    /// Ids of the findings whose events belong to it.
    findings: Vec<String>,
    /// The creation event.
    event: Option<EventView>,
}

/// An edge of the tree that is no parentage.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LinkView {
    from: String,
    to: String,
    #[schema(value_type = word::LinkKind)]
    kind: triage::LinkKind,
    /// The event that shows it.
    event: EventView,
}

/// A rule that matched events of the subject.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RuleHitView {
    rule_id: String,
    title: String,
    level: String,
    author: String,
    tags: Vec<String>,
    /// How many events it matched.
    count: usize,
    /// The first of them.
    events: Vec<EventView>,
}

/// A thing to search for elsewhere, as it is: whoever shows it defangs.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct IndicatorView {
    /// `sha256`, `ip`, `domain`, `url`, `path`, `registry`.
    kind: String,
    value: String,
}

/// Events by name.
pub(crate) fn events(events: &[triage::EventRef]) -> Vec<EventView> {
    events.iter().map(EventView::from).collect()
}

impl From<&triage::EventRef> for EventView {
    fn from(event: &triage::EventRef) -> Self {
        EventView { uid: event.uid.clone(), channel: event.channel.clone(), record_id: event.record_id, time: event.time }
    }
}

impl From<&triage::Subject> for SubjectView {
    fn from(subject: &triage::Subject) -> Self {
        let triage::Subject { node, image, sha256, sha1, md5, process_guid, pid, command_line, user, channel } = subject.clone();
        SubjectView { node, image, sha256, sha1, md5, process_guid, pid, command_line, user, channel }
    }
}

impl From<triage::Window> for WindowView {
    fn from(window: triage::Window) -> Self {
        WindowView { from: window.from, detected_at: window.detected_at, to: window.to }
    }
}

impl From<&triage::Tree> for TreeView {
    fn from(tree: &triage::Tree) -> Self {
        TreeView {
            nodes: tree.nodes.iter().map(NodeView::from).collect(),
            omitted: tree.omitted,
            links: tree.links.iter().map(LinkView::from).collect(),
        }
    }
}

impl From<&triage::Node> for NodeView {
    fn from(node: &triage::Node) -> Self {
        let event = node.event.as_ref().map(EventView::from);
        let triage::Node { id, parent, ghost, origin, subject, pid, image, command_line, user, sha256, .. } = node.clone();
        let triage::Node { started_at, ended_at, after_detection, matches, findings, .. } = node.clone();
        NodeView {
            id,
            parent,
            ghost,
            origin,
            subject,
            pid,
            image,
            command_line,
            user,
            sha256,
            started_at,
            ended_at,
            after_detection,
            matches,
            findings,
            event,
        }
    }
}

impl From<&triage::Link> for LinkView {
    fn from(link: &triage::Link) -> Self {
        LinkView { from: link.from.clone(), to: link.to.clone(), kind: link.kind, event: EventView::from(&link.event) }
    }
}

impl From<&triage::RuleHit> for RuleHitView {
    fn from(hit: &triage::RuleHit) -> Self {
        let triage::RuleHit { rule_id, title, level, author, tags, count, .. } = hit.clone();
        RuleHitView { rule_id, title, level, author, tags, count, events: events(&hit.events) }
    }
}

impl From<&triage::Indicator> for IndicatorView {
    fn from(indicator: &triage::Indicator) -> Self {
        IndicatorView { kind: indicator.kind.clone(), value: indicator.value.clone() }
    }
}
