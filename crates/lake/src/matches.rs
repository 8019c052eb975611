//! A match: one rule on one event, kept as telemetry beside the events; and the plug for whoever matches rules on the stream.

use hikeshi_domain::OrganizationId;
use hikeshi_event::{Column, Event, Record, Uid};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What a rule says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct MatchedRule {
    /// Its id.
    pub rule_id: String,
    /// Its title.
    pub title: String,
    /// Its level: informational, low, medium, high, critical.
    pub level: String,
    /// Its author, as the public rules' licence asks.
    pub author: String,
    /// ATT&CK and other tags.
    pub tags: Vec<String>,
}

/// A rule on an event, or on several (a correlation; the row's head is the last of them).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MatchRow {
    /// The event.
    pub uid: Uid,
    /// The tenant.
    pub org: OrganizationId,
    /// The event's host.
    pub host: String,
    /// The event's time, UTC.
    pub time: Timestamp,
    /// When the event was received, UTC.
    pub received_at: Timestamp,
    /// The event's time is missing or implausible.
    pub time_suspect: bool,
    /// The event's channel.
    pub channel: String,
    /// The event's id.
    pub event_id: u32,
    /// The log's own number of the record.
    pub record_id: Option<u64>,
    /// The rule.
    pub rule: MatchedRule,
    /// The process that the event belongs to.
    pub process_guid: Option<String>,
    /// Its id.
    pub process_pid: Option<i64>,
    /// Its image.
    pub process_image: Option<String>,
    /// Its user, or the event's.
    pub user: Option<String>,
    /// All events of a correlation; empty for a single event.
    pub events: Vec<Uid>,
}

impl MatchRow {
    /// The match of a rule on an event.
    pub fn of(event: &Event<'_>, rule: MatchedRule) -> Self {
        let text = |column| event.text(column).map(str::to_owned);
        MatchRow {
            uid: event.uid,
            org: event.org,
            host: event.host.as_ref().to_owned(),
            time: event.time,
            received_at: event.received_at,
            time_suspect: event.time_suspect,
            channel: event.channel.as_ref().to_owned(),
            event_id: event.event_id,
            record_id: event.record_id,
            rule,
            process_guid: text(Column::ProcessGuid),
            process_pid: event.integer(Column::ProcessPid),
            process_image: text(Column::ProcessImage),
            user: text(Column::ProcessUser).or_else(|| text(Column::UserName)),
            events: Vec::new(),
        }
    }

    /// The time that places it: the event's, or the receipt where the event's is implausible.
    pub fn placed_at(&self) -> Timestamp {
        if self.time_suspect { self.received_at } else { self.time }
    }
}

/// The plug for rules on the stream.
pub trait Tap: Send + Sync + 'static {
    /// The state of one worker; each reads other batches.
    fn worker(&self) -> Box<dyn TapWorker>;

    /// These matches are committed and can be read. In the order of the stream; called again after a crash only for what was
    /// not committed before it, so whoever acts on matches asks once at start for what was committed since it last looked
    /// (`Lake::matches_committed_since`).
    fn committed(&self, matches: &[MatchRow]);
}

/// One worker's state of a [`Tap`].
pub trait TapWorker: Send {
    /// Looks at one event. A match of an event that turns out to be a repetition is dropped by the lake.
    fn see(&mut self, record: &Record<'_>, event: &Event<'_>, matches: &mut Vec<MatchRow>);

    /// The batch has been seen to its end: what is left to be done with it in the order of the stream.
    fn end_batch(&mut self) -> Option<InOrder> {
        None
    }
}

/// Work on a batch that waits for its turn in the stream, when it is known which of its events are new. Called once a batch that holds
/// anything new; the matches that it adds are committed with the batch.
pub struct InOrder(Box<Work>);

type Work = dyn FnOnce(&IsNew<'_>, &mut Vec<MatchRow>) + Send;

/// Whether an event of the batch is new.
pub type IsNew<'a> = dyn Fn(&Uid) -> bool + 'a;

impl InOrder {
    /// The work, as a function of what is new.
    pub fn new(work: impl FnOnce(&IsNew<'_>, &mut Vec<MatchRow>) + Send + 'static) -> Self {
        InOrder(Box::new(work))
    }

    /// Does it.
    pub(crate) fn run(self, is_new: &IsNew<'_>, matches: &mut Vec<MatchRow>) {
        (self.0)(is_new, matches);
    }
}

impl std::fmt::Debug for InOrder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("InOrder")
    }
}
