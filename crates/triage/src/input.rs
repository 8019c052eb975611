//! What triage is given: the events of one host, the rules that matched on them, and what else is known.

use hikeshi_domain::alert::ProductAlert;
use hikeshi_domain::answer::Answer;
use hikeshi_domain::endpoint::BlockMode;
use hikeshi_domain::exception::Exception;
use hikeshi_domain::level::Level;
use hikeshi_event::Event;
use jiff::Timestamp;

use crate::coverage::Coverage;
use crate::lists::Lists;
use crate::subject::Found;

/// What triage needs to know of a rule.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rule {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Its title in Japanese, where its author wrote one.
    pub title_ja: Option<String>,
    /// Its level.
    pub level: Level,
    /// Its author, as the public rules' licence asks.
    pub author: String,
    /// ATT&CK and other tags.
    pub tags: Vec<String>,
}

/// A rule matched on an event.
#[derive(Debug, Clone, Copy)]
pub struct Match<'a> {
    /// Position in [`Input::events`].
    pub event: usize,
    /// The rule.
    pub rule: &'a Rule,
}

/// What the triage is about.
#[derive(Debug, Clone, Copy)]
pub enum Focus<'a> {
    /// An alert names a file or a process.
    Alert(&'a ProductAlert),
    /// Rules matched in a process tree, or on a channel.
    Found(&'a Found),
}

/// How wide and how long a value has been seen in the organisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// First time, UTC.
    pub first_at: Timestamp,
    /// On how many endpoints.
    pub hosts: u64,
}

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Counted {
    /// A file, by SHA-256, else SHA-1, else MD5.
    Hash,
    /// A domain name.
    Domain,
}

/// Prevalence in the organisation: the lake keeps it.
pub trait Prevalence {
    /// What is known of the value; `None` if nothing is.
    fn seen(&self, counted: Counted, value: &str) -> Option<Seen>;
}

/// What somebody said of the alert when asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// The answer.
    pub answer: Answer,
    /// Who wrote it down, by name.
    pub recorded_by: String,
}

/// Everything that one triage rests on.
#[derive(Clone, Copy)]
pub struct Input<'a> {
    /// The host, as it is to be shown.
    pub host: &'a str,
    /// What it is about.
    pub focus: Focus<'a>,
    /// Other alerts of this host: what another product says of the same file agrees with it.
    pub others: &'a [ProductAlert],
    /// Events of this host, ascending by time. Events outside the window may be among them: they are left out.
    pub events: &'a [Event<'a>],
    /// Rules that matched on these events.
    pub matches: &'a [Match<'a>],
    /// The organisation's exception list.
    pub exceptions: &'a [Exception],
    /// Prevalence; `None` where no lake keeps it: then it is listed as not known.
    pub prevalence: Option<&'a dyn Prevalence>,
    /// Reference lists; `None` where none was given.
    pub lists: Option<&'a Lists>,
    /// What people said when they were asked; the latest on each question counts.
    pub answers: &'a [Answered],
    /// Whether the endpoint's protection blocks.
    pub block_mode: BlockMode,
    /// Data of the host received up to here.
    pub received_to: Timestamp,
    /// When it is judged: what the exception list says now counts.
    pub now: Timestamp,
    /// Which sources the host sent over the window, where `events` is only a selection of them; else it is counted from `events`.
    pub coverage: Option<&'a Coverage>,
    /// The file that an event (by position) was read from; `None` in the lake.
    pub place: Option<&'a dyn Fn(usize) -> Option<String>>,
    /// Names the rule set in force.
    pub rules_version: &'a str,
}
