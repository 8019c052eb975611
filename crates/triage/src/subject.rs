//! What to triage when no alert names it: each connected process tree of a host that holds a match of level medium or higher;
//! where no process is known, host, user and channel.
//!
//! Trees are not connected through hubs (`hubs` of the lists: desktop, service manager, …), which start what has nothing to do
//! with each other: else a whole session would be one subject. But what the same hub starts again in the same way, and what the
//! same rules match again, is one subject with its repetitions, not thirty.

use std::collections::{BTreeMap, BTreeSet};

use hikeshi_domain::level::Level;
use hikeshi_event::Column;
use jiff::Timestamp;

use crate::host::Host;
use crate::input::Match;
use crate::path::inside_volume;

/// A subject that rules found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Names it on its host: the tree's name of the process, or `user|channel`. The same events give the same key.
    pub key: String,
    /// Whether the key names a process.
    pub by_process: bool,
    /// Full path of the process's image.
    pub image: Option<String>,
    /// GUID of the process.
    pub process_guid: Option<String>,
    /// Its id.
    pub pid: Option<i64>,
    /// User.
    pub user: Option<String>,
    /// Channel, where no process is known.
    pub channel: Option<String>,
    /// The strongest level.
    pub level: Level,
    /// Time of the first match of level medium or higher.
    pub detected_at: Timestamp,
    /// Which matches (positions in the given list) belong to it.
    pub matches: Vec<usize>,
    /// A process of each tree that repeats it, by the tree's name of the process; the key's own tree is not among them.
    pub repeats: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Group {
    /// The tops of trees that repeat each other.
    Trees(Vec<usize>),
    Channel(String, String),
}

/// Trees of the same signature repeat each other: who started the top, its image and command line, its user, the rules that matched.
type Signature<'s> = (Option<&'s str>, String, &'s str, Option<&'s str>, BTreeSet<&'s str>);

impl Host<'_> {
    /// The subjects, by time of their first match.
    pub fn subjects(&self, matches: &[Match<'_>]) -> Vec<Found> {
        let mut groups: BTreeMap<Group, Vec<usize>> = BTreeMap::new();
        for (position, hit) in matches.iter().enumerate() {
            if let Some(group) = self.group(hit) {
                groups.entry(group).or_default().push(position);
            }
        }
        let groups = self.join_repeats(groups, matches);
        let mut found: Vec<Found> = groups.into_iter().filter_map(|(group, positions)| self.found(&group, positions, matches)).collect();
        found.sort_by(|a, b| (a.detected_at, &a.key).cmp(&(b.detected_at, &b.key)));
        found
    }

    fn group(&self, hit: &Match<'_>) -> Option<Group> {
        let event = self.event(hit.event)?;
        let tree = self.processes.acting(hit.event).map(|process| Group::Trees(vec![self.top(process)]));
        let user = || event.text(Column::UserName).or(event.text(Column::ProcessUser)).unwrap_or_default().to_lowercase();
        Some(tree.unwrap_or_else(|| Group::Channel(user(), event.channel.to_lowercase())))
    }

    /// The same groups, those of trees that repeat each other joined.
    fn join_repeats(&self, groups: BTreeMap<Group, Vec<usize>>, matches: &[Match<'_>]) -> BTreeMap<Group, Vec<usize>> {
        let mut joined: BTreeMap<Group, Vec<usize>> = BTreeMap::new();
        let mut alike: BTreeMap<Signature<'_>, (Vec<usize>, Vec<usize>)> = BTreeMap::new();
        for (group, positions) in groups {
            let signature = match &group {
                Group::Trees(tops) => tops.first().and_then(|top| self.signature(*top, &positions, matches)),
                Group::Channel(..) => None,
            };
            match (signature, group) {
                (Some(signature), Group::Trees(tops)) => {
                    let (trees, hits) = alike.entry(signature).or_default();
                    trees.extend(tops);
                    hits.extend(positions);
                }
                (_, group) => {
                    joined.insert(group, positions);
                }
            }
        }
        for (mut trees, mut hits) in alike.into_values() {
            trees.sort_unstable();
            hits.sort_unstable();
            joined.insert(Group::Trees(trees), hits);
        }
        joined
    }

    /// What makes a tree a repetition of another; `None` where its start is not known well enough to say.
    fn signature<'s>(&'s self, top: usize, positions: &[usize], matches: &'s [Match<'s>]) -> Option<Signature<'s>> {
        let known = self.processes.get(top)?;
        let parent = known.parent.and_then(|parent| self.processes.get(parent)).and_then(|parent| parent.image);
        let rules = positions.iter().filter_map(|position| matches.get(*position)).map(|hit| hit.rule.id.as_str()).collect();
        Some((parent, inside_volume(known.image?).to_lowercase(), known.command_line?, known.user, rules))
    }

    fn found(&self, group: &Group, positions: Vec<usize>, matches: &[Match<'_>]) -> Option<Found> {
        let hits = || positions.iter().filter_map(|position| matches.get(*position));
        let level = hits().map(|hit| hit.rule.level).max()?;
        if level < Level::Medium {
            return None;
        }
        let first = hits().filter(|hit| hit.rule.level >= Level::Medium).min_by_key(|hit| hit.event)?;
        let event = self.event(first.event)?;
        let mut found = Found {
            key: String::new(),
            by_process: false,
            image: None,
            process_guid: None,
            pid: None,
            user: None,
            channel: None,
            level,
            detected_at: event.time,
            matches: Vec::new(),
            repeats: Vec::new(),
        };
        match group {
            Group::Trees(tops) => {
                let process = self.strongest(hits())?;
                let own = self.top(process);
                found.repeats = tops.iter().filter(|top| **top != own).map(|top| self.processes.name(*top)).collect();
                let known = self.processes.get(process)?;
                found.key = self.processes.name(process);
                found.by_process = true;
                found.image = known.image.map(str::to_owned);
                found.process_guid = known.guid.map(str::to_owned);
                found.pid = known.pid;
                found.user = known.user.map(str::to_owned);
            }
            Group::Channel(user, channel) => {
                found.key = format!("{user}|{channel}");
                found.user = event.text(Column::UserName).map(str::to_owned);
                found.channel = Some(event.channel.to_string());
            }
        }
        found.matches = positions;
        Some(found)
    }

    /// The process with the strongest match, then with the most, then the first.
    fn strongest<'m>(&self, hits: impl Iterator<Item = &'m Match<'m>>) -> Option<usize> {
        let mut weights: BTreeMap<usize, (Level, usize)> = BTreeMap::new();
        for hit in hits {
            let weight = weights.entry(self.processes.acting(hit.event)?).or_default();
            *weight = (weight.0.max(hit.rule.level), weight.1 + 1);
        }
        weights.into_iter().max_by_key(|(process, weight)| (*weight, std::cmp::Reverse(*process))).map(|(process, _)| process)
    }
}
