//! The process tree of a subject as people see it: parents before children, ghosts marked, readable in size.

use std::collections::{BTreeMap, BTreeSet};

use hikeshi_domain::triage::{Link, LinkKind, Node, NodeOrigin, Tree};
use hikeshi_event::Column;

use crate::kind::Kind;
use crate::path::{inside_volume, same_path};
use crate::scope::Scope;

/// The tree of the scope; `by_event` says which findings rest on which event.
pub(crate) fn tree(scope: &Scope<'_>, by_event: &BTreeMap<usize, Vec<String>>) -> Tree {
    let links = links(scope);
    let mut all: BTreeSet<usize> = scope.members.clone();
    if let Some(process) = scope.process {
        all.extend(scope.host.processes.ancestors(process));
    }
    let top = scope.members.first().map(|first| scope.host.top(*first));
    all.extend(top.map(|top| scope.host.processes.ancestors(top)).unwrap_or_default());
    all.extend(links.iter().flat_map(|(from, to, _)| [*from, *to]));
    let noted = noted(scope, by_event);
    let shown = choose(scope, &all, &noted, &links);
    let nodes = in_order(scope, &shown).into_iter().filter_map(|process| node(scope, process, &shown, &noted)).collect();
    let edge = |(from, to, (kind, event)): (usize, usize, (LinkKind, usize))| {
        let both = shown.contains(&from) && shown.contains(&to);
        let name = |process| scope.host.processes.name(process);
        both.then(|| Some(Link { from: name(from), to: name(to), kind, event: scope.reference(event)? })).flatten()
    };
    Tree { nodes, omitted: all.len() - shown.len(), links: links.into_iter().filter_map(edge).collect() }
}

/// What is known of a process from matches and findings.
#[derive(Default)]
struct Noted {
    rules: Vec<String>,
    findings: BTreeSet<String>,
}

fn noted(scope: &Scope<'_>, by_event: &BTreeMap<usize, Vec<String>>) -> BTreeMap<usize, Noted> {
    let mut noted: BTreeMap<usize, Noted> = BTreeMap::new();
    let mut hits = scope.matches.clone();
    hits.sort_by_key(|hit| (std::cmp::Reverse(hit.rule.level), hit.event));
    for hit in hits {
        let Some(process) = scope.host.processes.acting(hit.event) else { continue };
        let rules = &mut noted.entry(process).or_default().rules;
        if !rules.contains(&hit.rule.title) {
            rules.push(hit.rule.title.clone());
        }
    }
    for (event, findings) in by_event {
        let Some(process) = scope.host.processes.acting(*event) else { continue };
        noted.entry(process).or_default().findings.extend(findings.iter().cloned());
    }
    noted
}

/// All of them, or the path to the subject, what is noted and its paths, and then the first ones.
fn choose(scope: &Scope<'_>, all: &BTreeSet<usize>, noted: &BTreeMap<usize, Noted>, links: &[Edge]) -> BTreeSet<usize> {
    let limit = scope.book.shown.tree_nodes;
    if all.len() <= limit {
        return all.clone();
    }
    let mut shown: BTreeSet<usize> = BTreeSet::new();
    let linked = links.iter().flat_map(|(from, to, _)| [*from, *to]);
    let by_weight =
        |findings: bool| noted.iter().filter(move |(_, note)| note.findings.is_empty() != findings).map(|(process, _)| *process);
    let wanted = scope.process.into_iter().chain(by_weight(true)).chain(by_weight(false)).chain(linked).chain(all.iter().copied());
    for process in wanted.filter(|process| all.contains(process)) {
        let path: Vec<usize> =
            scope.host.processes.ancestors(process).into_iter().filter(|ancestor| all.contains(ancestor)).chain([process]).collect();
        let new = path.iter().filter(|process| !shown.contains(process)).count();
        if shown.len() + new <= limit || scope.process == Some(process) {
            shown.extend(path);
        }
    }
    shown
}

/// Parents before children, siblings by their first sign.
fn in_order(scope: &Scope<'_>, shown: &BTreeSet<usize>) -> Vec<usize> {
    let processes = &scope.host.processes;
    let began = |process: &usize| processes.get(*process).map(|known| known.started_at.unwrap_or(known.first_seen_at));
    let parent = |process: usize| processes.get(process).and_then(|known| known.parent).filter(|parent| shown.contains(parent));
    let mut children: BTreeMap<Option<usize>, Vec<usize>> = BTreeMap::new();
    for process in shown {
        children.entry(parent(*process)).or_default().push(*process);
    }
    for siblings in children.values_mut() {
        siblings.sort_by_key(|process| (began(process), *process));
    }
    let mut order = Vec::with_capacity(shown.len());
    let mut open: Vec<usize> = children.get(&None).cloned().unwrap_or_default();
    open.reverse();
    while let Some(process) = open.pop() {
        order.push(process);
        let next = children.get(&Some(process)).into_iter().flatten().rev();
        open.extend(next);
    }
    order
}

fn node(scope: &Scope<'_>, process: usize, shown: &BTreeSet<usize>, noted: &BTreeMap<usize, Noted>) -> Option<Node> {
    let known = scope.host.processes.get(process)?;
    let own = |text: Option<&str>| text.map(str::to_owned);
    let note = noted.get(&process);
    Some(Node {
        id: scope.host.processes.name(process),
        parent: known.parent.filter(|parent| shown.contains(parent)).map(|parent| scope.host.processes.name(parent)),
        ghost: known.origin != NodeOrigin::Recorded,
        origin: known.origin,
        subject: scope.process == Some(process),
        pid: known.pid,
        image: own(known.image),
        command_line: own(known.command_line),
        user: own(known.user),
        sha256: own(known.sha256).map(|hash| hash.to_lowercase()),
        started_at: known.started_at,
        ended_at: known.ended_at,
        after_detection: known.started_at.is_some_and(|start| start > scope.window.detected_at),
        matches: note.map(|note| note.rules.clone()).unwrap_or_default(),
        findings: note.map(|note| note.findings.iter().cloned().collect()).unwrap_or_default(),
        event: known.event.and_then(|event| scope.reference(event)),
    })
}

type Edge = (usize, usize, (LinkKind, usize));

/// Threads in other processes, and files written that others run.
fn links(scope: &Scope<'_>) -> Vec<Edge> {
    let mut links: Vec<Edge> = Vec::new();
    let mut add = |from: usize, to: usize, kind: LinkKind, event: usize| {
        let known = links.iter().any(|(a, b, (same, _))| (*a, *b, *same) == (from, to, kind));
        if !known && from != to && links.len() < scope.book.shown.tree_nodes {
            links.push((from, to, (kind, event)));
        }
    };
    for (index, event) in scope.host_events(&[Kind::RemoteThread]) {
        let (Some(from), Some(to)) = (scope.host.processes.acting(index), scope.host.processes.target(event)) else { continue };
        if scope.members.contains(&from) || scope.process == Some(to) {
            add(from, to, LinkKind::RemoteThread, index);
        }
    }
    for (index, event) in scope.host_events(&[Kind::FileCreate, Kind::FileExecutable]) {
        let (Some(path), Some(from)) = (event.text(Column::FilePath), scope.host.processes.acting(index)) else { continue };
        let runs = scope.processes().filter(|(_, process)| process.image.is_some_and(|image| same_path(image, path)));
        for (to, _) in runs.filter(|(_, process)| process.started_at.is_none_or(|start| start >= event.time)) {
            add(from, to, LinkKind::WroteImage, index);
        }
    }
    started_by_order(scope, &mut add);
    links
}

/// A member that registered the service or task under which another process of the host then ran.
fn started_by_order(scope: &Scope<'_>, add: &mut impl FnMut(usize, usize, LinkKind, usize)) {
    for (index, event) in scope.host_events(&[Kind::ServiceInstall, Kind::Task]) {
        let service = scope.host.kind(index) == Kind::ServiceInstall;
        let name =
            event.text(Column::ServiceName).or(event.text(Column::TaskName)).unwrap_or_default().trim_start_matches('\\').to_lowercase();
        let what = event.text(Column::ServiceImage).or(event.text(Column::TaskContent)).unwrap_or_default().to_lowercase();
        if name.len() < 3 || what.is_empty() {
            continue;
        }
        let speaks = |line: Option<&str>| line.is_some_and(|line| line.to_lowercase().contains(&name));
        let from = scope.processes().find(|(_, process)| speaks(process.command_line)).map(|(process, _)| process);
        let runs = scope.host.processes.iter().find(|(_, process)| {
            let image = process.image.map(|image| inside_volume(image).to_lowercase());
            image.is_some_and(|image| image.len() > 4 && what.contains(&image))
                && process.started_at.is_some_and(|start| start >= event.time)
        });
        if let (Some(from), Some((to, _))) = (from, runs) {
            add(from, to, if service { LinkKind::Service } else { LinkKind::Task }, index);
        }
    }
}
