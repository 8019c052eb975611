//! The process tree as rows: each process one row under its parent, with the rails that join them.
//!
//! A tree of thousands is cut to what matters: the subject, processes that findings or rules point at, their ancestors, then the
//! nearest others. What is left out stands as a counted row where it was.

use std::collections::{HashMap, HashSet};

use hikeshi_domain::triage::{LinkKind, Node, NodeOrigin, Tree, Triage};
use serde::Serialize;

use super::evidence::{self, Reasons, called};
use super::head::file_name;
use super::sections::{Actors, shown_rows};
use crate::clock::Clock;
use crate::printable::one_line;
use crate::words::Words;

/// Most processes shown.
const SHOWN: usize = 48;
/// Most processes listed that the tree leaves out and rows of the sections name.
const CITED: usize = 60;

/// The tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TreeView {
    /// Rows from top to bottom.
    pub rows: Vec<TreeRow>,
    /// Processes that rows of the sections name and the picture does not show, for the list of processes.
    pub cited: Vec<TreeRow>,
    /// How many of these are not listed, in words.
    pub cited_note: Option<String>,
    /// How many processes are not shown, in words.
    pub note: Option<String>,
    /// The picture in a sentence, for those who do not see it.
    pub alt: String,
}

/// A row: a process, or a count of processes left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TreeRow {
    /// `P3`; empty in a row that only counts.
    pub number: String,
    /// How deep: 0 for a root.
    pub depth: usize,
    /// For each depth above, whether the line there goes on to a row below.
    pub rails: Vec<bool>,
    /// Last child of its parent.
    pub last: bool,
    /// Has children shown below.
    pub parent: bool,
    /// File name of the executable, or the count in words.
    pub name: String,
    /// Full path.
    pub image: String,
    /// Command line.
    pub command_line: String,
    /// `pid 4211 · 2026-11-21 03:08:12 +09:00 · user`.
    pub about: String,
    /// Creation not recorded: drawn dashed.
    pub ghost: bool,
    /// From what it is known, where its creation was not recorded.
    pub origin: Option<String>,
    /// What the triage is about.
    pub subject: bool,
    /// Started after the detection.
    pub after_detection: bool,
    /// Titles of rules that matched here.
    pub matches: Vec<String>,
    /// Ids of findings that point here; not shown.
    pub findings: Vec<String>,
    /// What the report calls those of them that it shows: 根拠 1.
    pub reasons: Vec<String>,
    /// What led here beside being started: `P3 サービスの登録`.
    pub led_by: Vec<String>,
    /// SHA-256.
    pub sha256: String,
}

impl TreeView {
    /// Every process that the report names, by its number, for the list of processes.
    pub(crate) fn listed(&self) -> Vec<&TreeRow> {
        let number = |row: &&TreeRow| row.number.trim_start_matches('P').parse::<usize>().ok();
        let mut listed: Vec<&TreeRow> = self.rows.iter().chain(&self.cited).filter(|row| number(row).is_some()).collect();
        listed.sort_by_key(number);
        listed
    }
}

/// The rows, and how rows of sections name a node.
pub(super) struct Built {
    pub(super) view: TreeView,
    actors: Actors,
}

impl Built {
    pub(super) fn numbers(&self) -> Actors {
        self.actors.clone()
    }
}

pub(super) fn view(triage: &Triage, words: Words, clock: &Clock, reasons: &Reasons) -> Built {
    let shape = Shape::of(&triage.tree);
    let order = shape.order();
    let numbers = numbered(&order);
    let chosen = shape.chosen(&order);
    let links = links(&triage.tree, &numbers, words);
    let mut draft = Draft { shape: &shape, chosen: &chosen, numbers: &numbers, links: &links, reasons, words, clock, rows: Vec::new() };
    draft.rows();
    let (cited, cited_note) = draft.cited(&order, triage);
    let rows = draft.rows;
    let total = triage.tree.nodes.len() + triage.tree.omitted;
    let note = (total > chosen.len()).then(|| {
        let values = [("shown", words.number(chosen.len())), ("total", words.number(total))];
        words.say("tree.shown_of", &values)
    });
    let actors = named(&triage.tree, &numbers, words);
    let alt = alt(triage, &rows, total, words);
    Built { view: TreeView { rows, cited, cited_note, note, alt }, actors }
}

/// How rows of sections name a node.
pub(super) fn actors(triage: &Triage, words: Words) -> Actors {
    named(&triage.tree, &numbered(&Shape::of(&triage.tree).order()), words)
}

/// Numbers from 1, in the order of the rows, by the node's place in the tree.
fn numbered(order: &[usize]) -> HashMap<usize, usize> {
    order.iter().enumerate().map(|(place, node)| (*node, place + 1)).collect()
}

fn named(tree: &Tree, numbers: &HashMap<usize, usize>, words: Words) -> Actors {
    let name = |(index, node): (usize, &Node)| {
        let number = numbers.get(&index).copied().unwrap_or_default();
        (node.id.clone(), format!("P{number} {}", name(node, words)))
    };
    tree.nodes.iter().enumerate().map(name).collect()
}

/// What led to each node beside being started as a child: by its id, at most eight each.
fn links<'a>(tree: &'a Tree, numbers: &HashMap<usize, usize>, words: Words) -> HashMap<&'a str, Vec<String>> {
    let places: HashMap<&str, usize> = tree.nodes.iter().enumerate().map(|(index, node)| (node.id.as_str(), index)).collect();
    let mut links: HashMap<&str, Vec<String>> = HashMap::new();
    for link in &tree.links {
        let number = places.get(link.from.as_str()).and_then(|index| numbers.get(index));
        let kind = match link.kind {
            LinkKind::RemoteThread => "remote_thread",
            LinkKind::WroteImage => "wrote_image",
            LinkKind::Service => "service",
            LinkKind::Task => "task",
            LinkKind::Wmi => "wmi",
        };
        let from = number.map_or_else(|| "?".to_owned(), |number| format!("P{number}"));
        let text = words.say(&format!("tree.link.{kind}"), &[("from", from)]);
        let led_by = links.entry(link.to.as_str()).or_default();
        if led_by.len() < 8 && !led_by.contains(&text) {
            led_by.push(text);
        }
    }
    links
}

/// Parents and children by index, whatever the model says: a missing parent makes a root, a circle is cut.
struct Shape<'a> {
    nodes: &'a [Node],
    parents: Vec<Option<usize>>,
    children: Vec<Vec<usize>>,
}

impl<'a> Shape<'a> {
    fn of(tree: &'a Tree) -> Self {
        let nodes = tree.nodes.as_slice();
        let by_id: HashMap<&str, usize> = nodes.iter().enumerate().map(|(index, node)| (node.id.as_str(), index)).collect();
        let parents: Vec<Option<usize>> = nodes.iter().map(|node| node.parent.as_deref().and_then(|id| by_id.get(id)).copied()).collect();
        let parents = without_circles(parents);
        let mut children = vec![Vec::new(); nodes.len()];
        for (index, parent) in parents.iter().enumerate() {
            if let Some(list) = parent.and_then(|parent| children.get_mut(parent)) {
                list.push(index);
            }
        }
        Shape { nodes, parents, children }
    }

    fn children(&self, node: usize) -> &[usize] {
        self.children.get(node).map_or(&[], Vec::as_slice)
    }

    fn parent(&self, node: usize) -> Option<usize> {
        self.parents.get(node).copied().flatten()
    }

    fn roots(&self) -> impl DoubleEndedIterator<Item = usize> + '_ {
        (0..self.nodes.len()).filter(|node| self.parent(*node).is_none())
    }

    /// All nodes as a reader meets them: each under its parent.
    fn order(&self) -> Vec<usize> {
        let mut order = Vec::with_capacity(self.nodes.len());
        let mut waiting: Vec<usize> = self.roots().rev().collect();
        while let Some(node) = waiting.pop() {
            order.push(node);
            waiting.extend(self.children(node).iter().rev());
        }
        order
    }

    /// The nodes that are shown: by weight, each with its ancestors, as long as there is room.
    fn chosen(&self, order: &[usize]) -> HashSet<usize> {
        let mut by_weight: Vec<(usize, usize)> = order.iter().filter_map(|node| Some((self.weight(*node)?, *node))).collect();
        by_weight.sort_by_key(|(weight, _)| std::cmp::Reverse(*weight));
        let mut chosen = HashSet::new();
        for (_, node) in by_weight {
            let line: Vec<usize> = self.line(node).take_while(|ancestor| !chosen.contains(ancestor)).take(SHOWN).collect();
            let fits = chosen.len() + line.len() <= SHOWN;
            if fits {
                chosen.extend(line);
            }
            if chosen.len() == SHOWN {
                break;
            }
        }
        chosen
    }

    /// The node and its ancestors, upwards.
    fn line(&self, node: usize) -> impl Iterator<Item = usize> + '_ {
        std::iter::successors(Some(node), |node| self.parent(*node))
    }

    fn weight(&self, index: usize) -> Option<usize> {
        let node = self.nodes.get(index)?;
        let child_of_subject = self.parent(index).and_then(|parent| self.nodes.get(parent)).is_some_and(|parent| parent.subject);
        Some(match () {
            () if node.subject => 4,
            () if !node.findings.is_empty() => 3,
            () if !node.matches.is_empty() => 2,
            () if child_of_subject => 1,
            () => 0,
        })
    }

    /// Processes below a node, itself included.
    fn size(&self, node: usize) -> usize {
        let mut count = 0;
        let mut waiting = vec![node];
        while let Some(node) = waiting.pop() {
            count += 1;
            waiting.extend(self.children(node));
        }
        count
    }
}

/// The same arrows without those that lead back into their own line: log data can claim that a process is its own ancestor.
fn without_circles(mut parents: Vec<Option<usize>>) -> Vec<Option<usize>> {
    let mut walk_of: Vec<usize> = vec![usize::MAX; parents.len()];
    for start in 0..parents.len() {
        let mut at = start;
        while walk_of.get(at) == Some(&usize::MAX) {
            if let Some(walk) = walk_of.get_mut(at) {
                *walk = start;
            }
            let Some(parent) = parents.get(at).copied().flatten() else { break };
            if walk_of.get(parent) == Some(&start) {
                if let Some(arrow) = parents.get_mut(at) {
                    *arrow = None;
                }
                break;
            }
            at = parent;
        }
    }
    parents
}

/// Rows being drawn.
struct Draft<'a> {
    shape: &'a Shape<'a>,
    chosen: &'a HashSet<usize>,
    numbers: &'a HashMap<usize, usize>,
    links: &'a HashMap<&'a str, Vec<String>>,
    reasons: &'a Reasons,
    words: Words,
    clock: &'a Clock,
    rows: Vec<TreeRow>,
}

/// A row to come: a node, or a count of what is left out at its place.
enum Coming {
    Node { node: usize, rails: Vec<bool>, last: bool },
    LeftOut { count: usize, rails: Vec<bool> },
}

impl Draft<'_> {
    fn rows(&mut self) {
        let (shown, hidden): (Vec<usize>, Vec<usize>) = self.shape.roots().partition(|node| self.chosen.contains(node));
        // A line too long to be shown begins at the nearest ancestor that is shown.
        let cut_off =
            self.chosen.iter().copied().filter(|node| self.shape.parent(*node).is_some_and(|parent| !self.chosen.contains(&parent)));
        let mut tops: Vec<usize> = shown.into_iter().chain(cut_off).collect();
        tops.sort_unstable();
        let below_hidden: usize = hidden.iter().map(|node| self.shape.size(*node)).sum();
        let left_out = below_hidden.saturating_sub(self.chosen_below(&hidden));
        let mut waiting: Vec<Coming> = Vec::new();
        if left_out > 0 {
            waiting.push(Coming::LeftOut { count: left_out, rails: Vec::new() });
        }
        waiting.extend(tops.into_iter().rev().map(|node| Coming::Node { node, rails: Vec::new(), last: true }));
        while let Some(coming) = waiting.pop() {
            match coming {
                Coming::Node { node, rails, last } => self.node(node, rails, last, &mut waiting),
                Coming::LeftOut { count, rails } => self.left_out(count, rails),
            }
        }
    }

    /// Processes that rows of the sections name and the tree leaves out, in the order of their numbers, and how many are not listed.
    fn cited(&self, order: &[usize], triage: &Triage) -> (Vec<TreeRow>, Option<String>) {
        let named: HashSet<&str> = shown_rows(triage).filter_map(|row| row.node.as_deref()).collect();
        let left_out = order.iter().filter(|index| !self.chosen.contains(index));
        let nodes = left_out.filter_map(|index| Some((*index, self.shape.nodes.get(*index)?)));
        let cited: Vec<(usize, &Node)> = nodes.filter(|(_, node)| named.contains(node.id.as_str())).collect();
        let number = |index| self.numbers.get(index).copied().unwrap_or_default();
        let rows = cited.iter().take(CITED).map(|(index, node)| self.row(node, number(index), Vec::new(), true, false));
        (rows.collect(), evidence::note(cited.len(), CITED, self.words))
    }

    /// How many chosen nodes stand below roots that are not chosen themselves.
    fn chosen_below(&self, roots: &[usize]) -> usize {
        let mut count = 0;
        let mut waiting = roots.to_vec();
        while let Some(node) = waiting.pop() {
            count += usize::from(self.chosen.contains(&node));
            waiting.extend(self.shape.children(node));
        }
        count
    }

    fn node(&mut self, index: usize, rails: Vec<bool>, last: bool, waiting: &mut Vec<Coming>) {
        let Some(node) = self.shape.nodes.get(index) else { return };
        let (shown, hidden): (Vec<usize>, Vec<usize>) = self.shape.children(index).iter().partition(|child| self.chosen.contains(child));
        let left_out: usize = hidden.iter().map(|child| self.shape.size(*child)).sum();
        let mut below = rails.clone();
        below.push(!last);
        if left_out > 0 {
            waiting.push(Coming::LeftOut { count: left_out, rails: below.clone() });
        }
        let final_child = shown.last().copied().filter(|_| left_out == 0);
        let parent = !shown.is_empty() || left_out > 0;
        waiting.extend(shown.iter().rev().map(|child| {
            let last = Some(*child) == final_child;
            Coming::Node { node: *child, rails: below.clone(), last }
        }));
        let number = self.numbers.get(&index).copied().unwrap_or_default();
        let row = self.row(node, number, rails, last, parent);
        self.rows.push(row);
    }

    fn left_out(&mut self, count: usize, rails: Vec<bool>) {
        let name = self.words.say("tree.left_out", &[("count", self.words.number(count))]);
        self.rows.push(TreeRow { name, depth: rails.len(), rails, last: true, ..TreeRow::empty() });
    }

    /// Whole where the verdict rests on the process, and here only; clipped where it is one of many.
    fn command_line(&self, node: &Node, line: &str) -> String {
        if node.subject || !node.findings.is_empty() { self.words.whole(line) } else { self.words.foreign(line) }
    }

    fn row(&self, node: &Node, number: usize, rails: Vec<bool>, last: bool, parent: bool) -> TreeRow {
        let words = self.words;
        let text = |text: &Option<String>| text.as_deref().map(|text| words.foreign(text)).unwrap_or_default();
        let pid = node.pid.map(|pid| format!("pid {pid}"));
        let user = node.user.as_deref().map(|user| one_line(&words.foreign(user)).into_owned());
        let about = [pid, node.started_at.map(|time| self.clock.full(time)), user];
        TreeRow {
            number: format!("P{number}"),
            depth: rails.len(),
            rails,
            last,
            parent,
            name: name(node, words),
            image: text(&node.image),
            command_line: node.command_line.as_deref().map(|line| self.command_line(node, line)).unwrap_or_default(),
            about: about.into_iter().flatten().collect::<Vec<_>>().join(" · "),
            ghost: node.ghost,
            origin: match node.origin {
                NodeOrigin::Recorded => None,
                NodeOrigin::FromChild => Some(words.label("tree.from_child")),
                NodeOrigin::FromActivity => Some(words.label("tree.from_activity")),
            },
            subject: node.subject,
            after_detection: node.after_detection,
            matches: node.matches.iter().take(8).map(|title| one_line(&words.foreign(title)).into_owned()).collect(),
            findings: node.findings.iter().map(|finding| words.foreign(finding)).collect(),
            reasons: called(&node.findings, self.reasons),
            led_by: self.links.get(node.id.as_str()).cloned().unwrap_or_default(),
            sha256: text(&node.sha256),
        }
    }
}

impl TreeRow {
    fn empty() -> Self {
        TreeRow {
            number: String::new(),
            depth: 0,
            rails: Vec::new(),
            last: false,
            parent: false,
            name: String::new(),
            image: String::new(),
            command_line: String::new(),
            about: String::new(),
            ghost: false,
            origin: None,
            subject: false,
            after_detection: false,
            matches: Vec::new(),
            findings: Vec::new(),
            reasons: Vec::new(),
            led_by: Vec::new(),
            sha256: String::new(),
        }
    }
}

fn name(node: &Node, words: Words) -> String {
    let known = node.image.as_deref().map(|image| one_line(&words.foreign(file_name(image))).into_owned());
    known.unwrap_or_else(|| words.label("tree.unnamed"))
}

fn alt(triage: &Triage, rows: &[TreeRow], total: usize, words: Words) -> String {
    let subject =
        rows.iter().find(|row| row.subject).map_or_else(|| words.foreign(&triage.host), |row| format!("{} {}", row.number, row.name));
    let ghosts = triage.tree.nodes.iter().filter(|node| node.ghost).count();
    words.say("tree.alt", &[("total", words.number(total)), ("subject", subject), ("ghosts", words.number(ghosts))])
}
