//! The weighed evidence list: each module looks for some items and says what it saw, in words with the values, and in which events.
//!
//! An item counts once, however often it is seen. What would have been weighed but is not known is listed, never guessed.

mod answers;
mod bulk;
mod command;
mod credential;
mod detection;
mod identity;
mod injection;
mod lateral;
mod network;
mod origin;
mod parent;
mod persistence;
mod place;
mod removable;
mod signature;
mod unknown;
mod volume;

use std::collections::{BTreeMap, HashSet};

use hikeshi_domain::phrase::Phrase;
use hikeshi_domain::verdict::{Finding, Unknown};

use crate::process::Process;
use crate::scope::{Scope, image_name, shown_image};

pub(crate) use removable::{DEVICE_FIELDS, names_store};
pub(crate) use signature::{Signature, signatures};
pub(crate) use volume::bytes;

/// Items that the program can find or names as unknown; the book must hold each.
pub(crate) const ITEMS: &[&str] = &[
    "E1",
    "E2",
    "E3",
    "E4",
    "E5",
    "E6",
    "E7",
    "E8",
    "E9",
    "E10",
    "E11",
    "E12",
    "E13",
    "E14",
    "E15",
    "E16",
    "E17",
    "E18",
    "E19",
    "E20",
    "E21",
    "E22",
    "E23",
    "E24",
    "E25",
    "E26",
    "E27",
    "E28",
    "E29",
    "E30",
    "E31",
    "E32",
    "E33",
    "E34",
    "E35",
    "E36",
    "E37",
    "E38",
    "E39",
    "E40",
    "E41",
    "E42",
    "R-critical",
    "R-high",
    "R-medium",
];

/// Lists that the program asks; the playbook must hold each.
pub(crate) const LISTS: &[&str] = &[
    "hubs",
    "hosts_of_foreign_code",
    "shells",
    "documents",
    "browsers",
    "script_hosts",
    "servers",
    "childless",
    "system_parents",
    "system_children",
    "service_starters",
    "developer_tools",
    "suspicious_use",
    "hidden_command",
    "autostart_registry",
    "autostart_data",
    "autostart_files",
    "quiet_autostarters",
    "persistence_command",
    "defence_command",
    "defence_registry",
    "defence_removed",
    "credential_command",
    "credential_files",
    "lsass_readers",
    "injectors",
    "user_writable",
    "ordinary_in_user_places",
    "program_places",
    "system_names",
    "system_places",
    "lookalikes",
    "deceptive_names",
    "program_extensions",
    "system_tools_original",
    "mail_and_archives",
    "shares",
    "distribution_agents",
    "publishers",
    "big_vendors",
    "update_domains",
    "talks_rarely",
    "ordinary_ports",
    "own_addresses",
    "ransom_notes",
    "user_documents",
    "lateral_command",
    "attack_tools",
    "attack_pipes",
    "remote_pipes",
    "generic_detections",
    "test_files",
    "reconnaissance",
];

/// An item that was seen.
#[derive(Debug)]
struct Seen {
    reason: Phrase,
    points: Option<i32>,
    /// In the order in which they were seen.
    events: Vec<usize>,
    known: HashSet<usize>,
}

/// What was seen of one subject, and what is not known.
#[derive(Debug, Default)]
pub(crate) struct Evidence {
    seen: BTreeMap<&'static str, Seen>,
    pub(crate) unknown: Vec<Unknown>,
    /// Too little was collected to call anything harmless (E40).
    pub(crate) blind: bool,
}

impl Evidence {
    /// Looks for every item.
    pub(crate) fn of(scope: &Scope<'_>) -> Evidence {
        let mut evidence = Evidence::default();
        let signatures = signatures(scope);
        identity::weigh(scope, &mut evidence);
        signature::weigh(scope, &signatures, &mut evidence);
        place::weigh(scope, &signatures, &mut evidence);
        origin::weigh(scope, &signatures, &mut evidence);
        removable::weigh(scope, &mut evidence);
        parent::weigh(scope, &mut evidence);
        command::weigh(scope, &mut evidence);
        persistence::weigh(scope, &mut evidence);
        credential::weigh(scope, &mut evidence);
        injection::weigh(scope, &mut evidence);
        lateral::weigh(scope, &mut evidence);
        network::weigh(scope, &signatures, &mut evidence);
        bulk::weigh(scope, &mut evidence);
        detection::weigh(scope, &mut evidence);
        answers::weigh(scope, &signatures, &mut evidence);
        identity::weigh_prevalence(scope, &mut evidence);
        unknown::list(scope, &signatures, &mut evidence);
        evidence
    }

    /// Notes an item. Seen again, it keeps its first reason and gains the events.
    fn see(&mut self, id: &'static str, reason: Phrase, events: impl IntoIterator<Item = usize>) {
        let seen = self.seen.entry(id).or_insert_with(|| Seen { reason, points: None, events: Vec::new(), known: HashSet::new() });
        for event in events {
            if seen.known.insert(event) {
                seen.events.push(event);
            }
        }
    }

    /// Notes an item whose points depend on what was seen.
    fn see_weighing(&mut self, id: &'static str, points: i32, reason: Phrase, events: Vec<usize>) {
        let known = events.iter().copied().collect();
        self.seen.insert(id, Seen { reason, points: Some(points), events, known });
    }

    fn saw(&self, id: &str) -> bool {
        self.seen.contains_key(id)
    }

    fn miss(&mut self, id: &str, reason: Phrase) {
        self.unknown.push(Unknown { id: id.to_owned(), reason });
    }

    /// The findings by weight, largest first, and which findings rest on which event.
    pub(crate) fn findings(&self, scope: &Scope<'_>) -> (Vec<Finding>, BTreeMap<usize, Vec<String>>) {
        let mut findings = Vec::new();
        let mut by_event: BTreeMap<usize, Vec<String>> = BTreeMap::new();
        for (id, seen) in &self.seen {
            let Some(item) = scope.book.item(id) else { continue };
            for event in &seen.events {
                by_event.entry(*event).or_default().push((*id).to_owned());
            }
            findings.push(Finding {
                id: (*id).to_owned(),
                family: item.family,
                points: seen.points.unwrap_or(item.points),
                reason: seen.reason.clone(),
                events: scope.references(&seen.events),
            });
        }
        findings.sort_by_key(|finding| (std::cmp::Reverse(finding.points.abs()), finding.id.clone()));
        (findings, by_event)
    }

    /// Whether anything seen so far points toward harm, rules aside.
    fn accuses(&self, scope: &Scope<'_>) -> bool {
        self.seen.keys().any(|id| scope.book.item(id).is_some_and(|item| item.points > 0))
    }
}

/// The processes whose doings are evidence: the tree without hubs, unless the subject is a hub itself.
fn actors<'a, 's>(scope: &'a Scope<'s>) -> impl Iterator<Item = (usize, &'a Process<'s>)> {
    scope.processes().filter(|(index, _)| !scope.host.is_hub(*index) || scope.process == Some(*index))
}

/// What a command pattern is held against: the tool's real name and the whole command line, else its path.
fn spoken(process: &Process<'_>) -> Option<String> {
    let line = process.command_line.or(process.image)?;
    let name = process.original_name.filter(|name| !name.is_empty() && *name != "-" && *name != "?").map(str::to_owned);
    Some(format!("{} {line}", name.unwrap_or_else(|| image_name(process))))
}

/// The event that shows the process best: its creation, else the creation of a child of it.
fn shown_in(scope: &Scope<'_>, process: &Process<'_>) -> Vec<usize> {
    let by_child = || process.children.iter().filter_map(|child| scope.host.processes.get(*child)).find_map(|child| child.event);
    process.event.or_else(by_child).into_iter().collect()
}

/// The reason with the image that it speaks of.
fn about(key: &str, process: &Process<'_>) -> Phrase {
    Phrase::new(key).with("image", shown_image(process))
}

/// A text cut to a length that a report can show.
pub(crate) fn snip(text: &str) -> String {
    const LENGTH: usize = 200;
    let one_line: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if one_line.chars().count() <= LENGTH { one_line } else { one_line.chars().take(LENGTH).chain(['…']).collect() }
}
