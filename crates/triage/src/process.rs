//! The processes of one host, put together from whatever tells of them.
//!
//! A process is joined by its GUID, else by pid and life span: a pid is given to another process once the first has ended.
//! Its creation is often not recorded: then it is known from its child or from its own later events, and says so.

use std::collections::HashMap;

use hikeshi_domain::triage::NodeOrigin;
use hikeshi_event::{Column, Event};
use jiff::{SignedDuration, Timestamp};

use crate::identity::Pids;
use crate::kind::Kind;
use crate::path::same_name;

/// Two logs tell of the same creation within this span.
const SAME_START: SignedDuration = SignedDuration::from_secs(2);
/// A process may still be spoken of so long after its end was logged.
const AFTERLIFE: SignedDuration = SignedDuration::from_secs(5);

/// A process of the host.
#[derive(Debug, Clone)]
pub(crate) struct Process<'e> {
    pub(crate) guid: Option<&'e str>,
    pub(crate) pid: Option<i64>,
    pub(crate) image: Option<&'e str>,
    pub(crate) command_line: Option<&'e str>,
    pub(crate) user: Option<&'e str>,
    pub(crate) logon: Option<&'e str>,
    pub(crate) sha256: Option<&'e str>,
    pub(crate) sha1: Option<&'e str>,
    pub(crate) md5: Option<&'e str>,
    pub(crate) original_name: Option<&'e str>,
    pub(crate) company: Option<&'e str>,
    pub(crate) started_at: Option<Timestamp>,
    pub(crate) ended_at: Option<Timestamp>,
    pub(crate) first_seen_at: Timestamp,
    pub(crate) parent: Option<usize>,
    pub(crate) children: Vec<usize>,
    pub(crate) origin: NodeOrigin,
    /// The creation event.
    pub(crate) event: Option<usize>,
}

/// All processes of a host, and who acted in each event.
#[derive(Debug, Default)]
pub(crate) struct Processes<'e> {
    all: Vec<Process<'e>>,
    acting: Vec<Option<u32>>,
    by_guid: HashMap<&'e str, usize>,
    by_pid: HashMap<i64, Vec<usize>>,
    pids: Pids<'e>,
}

/// Columns by which an event names a process: GUID, pid, image.
type Columns = (Column, Column, Column);

const ACTING: Columns = (Column::ProcessGuid, Column::ProcessPid, Column::ProcessImage);
const PARENT: Columns = (Column::ParentGuid, Column::ParentPid, Column::ParentImage);
const TARGET: Columns = (Column::TargetGuid, Column::TargetPid, Column::TargetImage);

/// How an event names a process.
#[derive(Debug, Clone, Copy, Default)]
struct Named<'e> {
    guid: Option<&'e str>,
    pid: Option<i64>,
    image: Option<&'e str>,
}

impl<'e> Processes<'e> {
    /// Reads the events, which ascend by time.
    pub(crate) fn read(events: &'e [Event<'e>], kinds: &[Kind]) -> Self {
        let mut processes = Processes { acting: Vec::with_capacity(events.len()), pids: Pids::of(events), ..Processes::default() };
        for (index, (event, kind)) in events.iter().zip(kinds).enumerate() {
            let acting = match kind {
                Kind::ProcessStart => processes.start(index, event),
                Kind::ProcessEnd => processes.end(event),
                _ => processes.act(event),
            };
            processes.acting.push(acting.and_then(|process| u32::try_from(process).ok()));
        }
        processes.join_children();
        processes
    }

    /// The process at that place.
    pub(crate) fn get(&self, process: usize) -> Option<&Process<'e>> {
        self.all.get(process)
    }

    /// All processes with their places.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (usize, &Process<'e>)> {
        self.all.iter().enumerate()
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.all.len()
    }

    /// Who acted in the event at that place.
    pub(crate) fn acting(&self, event: usize) -> Option<usize> {
        self.acting.get(event).copied().flatten().map(|process| process as usize)
    }

    /// The process that the event acted upon: the target of a thread or of an access.
    pub(crate) fn target(&self, event: &Event<'e>) -> Option<usize> {
        self.find(self.named(event, TARGET), event.time)
    }

    /// The process of that GUID.
    pub(crate) fn with_guid(&self, guid: &str) -> Option<usize> {
        let guid = real_guid(guid)?;
        let exact = self.by_guid.get(guid).copied();
        exact.or_else(|| self.all.iter().position(|process| process.guid.is_some_and(|known| known.eq_ignore_ascii_case(guid))))
    }

    /// The process that had the pid at that time.
    pub(crate) fn with_pid(&self, pid: i64, at: Timestamp) -> Option<usize> {
        self.alive(pid, at, None)
    }

    /// The name that the process carries in the tree: its GUID, else `pid@start`, unique on the host.
    pub(crate) fn name(&self, process: usize) -> String {
        let Some(known) = self.get(process) else { return String::new() };
        match (known.guid, known.pid, known.started_at) {
            (Some(guid), ..) => guid.to_owned(),
            (None, Some(pid), Some(start)) => format!("{pid}@{start}"),
            (None, Some(pid), None) => format!("{pid}@before {}", known.first_seen_at),
            (None, None, _) => format!("?@{}#{process}", known.first_seen_at),
        }
    }

    /// The process of that name.
    pub(crate) fn with_name(&self, name: &str) -> Option<usize> {
        let by_pid = || {
            let pid: i64 = name.split_once('@')?.0.parse().ok()?;
            self.by_pid.get(&pid)?.iter().copied().find(|process| self.name(*process) == name)
        };
        let by_place = || name.rsplit_once('#').and_then(|(_, place)| place.parse().ok()).filter(|place| self.name(*place) == name);
        self.by_guid.get(name).copied().or_else(by_pid).or_else(by_place)
    }

    /// The parents, nearest first.
    pub(crate) fn ancestors(&self, process: usize) -> Vec<usize> {
        let mut chain = Vec::new();
        let mut at = process;
        while let Some(parent) = self.get(at).and_then(|known| known.parent) {
            if parent == process || chain.contains(&parent) {
                break;
            }
            chain.push(parent);
            at = parent;
        }
        chain
    }

    fn start(&mut self, index: usize, event: &'e Event<'e>) -> Option<usize> {
        let named = self.named(event, ACTING);
        if named.guid.is_none() && named.pid.is_none() {
            return None;
        }
        let known = self.same_start(named, event.time).or_else(|| self.same_but_for_pid(named, event));
        let process = known.unwrap_or_else(|| self.add(named, event.time, NodeOrigin::Recorded));
        self.describe(process, index, event);
        if self.get(process).is_some_and(|known| known.parent.is_none() || known.guid.is_some()) {
            let parent = self.parent_of(event).filter(|parent| *parent != process && !self.ancestors(*parent).contains(&process));
            if let Some(known) = self.all.get_mut(process) {
                known.parent = known.parent.or(parent);
            }
        }
        Some(process)
    }

    /// Already known under its GUID, or told of by another log a moment ago.
    fn same_start(&mut self, named: Named<'e>, at: Timestamp) -> Option<usize> {
        if let Some(known) = named.guid.and_then(|guid| self.by_guid.get(guid)) {
            return Some(*known);
        }
        let same = self.by_pid.get(&named.pid?)?.iter().rev().copied().find(|process| {
            self.all.get(*process).is_some_and(|known| {
                let started = known.started_at.unwrap_or(known.first_seen_at);
                let near = at.duration_since(started).abs() <= SAME_START;
                near && (known.guid.is_none() || named.guid.is_none()) && same_name(known.image, named.image)
            })
        })?;
        self.learn_guid(same, named.guid);
        Some(same)
    }

    /// Told of by another log a moment ago, where one of the two names no pid and nothing else does: the same program, started by the same
    /// process or with the same command line. Of several, the nearest whose pid is no other GUID's.
    fn same_but_for_pid(&mut self, named: Named<'e>, event: &'e Event<'e>) -> Option<usize> {
        let parent = self.find(self.named(event, PARENT), event.time);
        let line = event.text(Column::ProcessCommandLine).map(str::trim);
        let halves = |known: &Process<'_>| {
            let one_names_pid = known.pid.is_some() != named.pid.is_some();
            let other_names_guid = known.guid.is_some() != named.guid.is_some();
            known.origin == NodeOrigin::Recorded && one_names_pid && other_names_guid
        };
        let alike = |known: &Process<'_>| {
            let parents = known.parent.zip(parent).map(|(known, parent)| known == parent);
            let lines = known.command_line.zip(line).map(|(known, line)| known.trim() == line);
            let agree = matches!((parents, lines), (Some(true), Some(true) | None) | (None, Some(true)));
            known.image.is_some() && named.image.is_some() && same_name(known.image, named.image) && agree
        };
        let recent =
            self.all.iter().enumerate().rev().take_while(|(_, known)| event.time.duration_since(known.first_seen_at) <= SAME_START);
        let fitting = recent.filter(|(_, known)| halves(known) && alike(known));
        let nearest = fitting.min_by_key(|(process, known)| {
            let distance = event.time.duration_since(known.started_at.unwrap_or(known.first_seen_at)).abs();
            (named.pid.is_none() && self.pids.is_named(known.pid), distance, *process)
        });
        let (same, _) = nearest?;
        self.learn_guid(same, named.guid);
        self.learn_pid(same, named.pid);
        Some(same)
    }

    fn learn_pid(&mut self, process: usize, pid: Option<i64>) {
        if let (Some(pid), Some(known)) = (pid, self.all.get_mut(process))
            && known.pid.is_none()
        {
            known.pid = Some(pid);
            self.by_pid.entry(pid).or_default().push(process);
        }
    }

    fn learn_guid(&mut self, process: usize, guid: Option<&'e str>) {
        if let (Some(guid), Some(known)) = (guid, self.all.get_mut(process))
            && known.guid.is_none()
        {
            known.guid = Some(guid);
            self.by_guid.insert(guid, process);
        }
    }

    fn describe(&mut self, process: usize, index: usize, event: &'e Event<'e>) {
        let Some(known) = self.all.get_mut(process) else { return };
        let first_telling = known.origin != NodeOrigin::Recorded || known.event.is_none();
        known.origin = NodeOrigin::Recorded;
        known.started_at = Some(known.started_at.map_or(event.time, |start| start.min(event.time)));
        let richer = |old: Option<&'e str>, column| if first_telling { event.text(column).or(old) } else { old.or(event.text(column)) };
        known.image = richer(known.image, Column::ProcessImage);
        known.command_line = richer(known.command_line, Column::ProcessCommandLine);
        known.user = richer(known.user, Column::ProcessUser).or(event.text(Column::UserName));
        known.logon = richer(known.logon, Column::ProcessLogonId);
        known.sha256 = richer(known.sha256, Column::ProcessSha256);
        known.sha1 = richer(known.sha1, Column::ProcessSha1);
        known.md5 = richer(known.md5, Column::ProcessMd5);
        known.original_name = richer(known.original_name, Column::ProcessOriginalFileName);
        known.company = richer(known.company, Column::ProcessCompany);
        if known.event.is_none() || event.text(Column::ProcessGuid).is_some() {
            known.event = Some(index);
        }
    }

    fn parent_of(&mut self, event: &'e Event<'e>) -> Option<usize> {
        let named = self.named(event, PARENT);
        if named.guid.is_none() && named.pid.is_none_or(|pid| pid == 0) {
            return None;
        }
        let parent = match self.find(named, event.time) {
            Some(parent) => parent,
            None => self.add(named, event.time, NodeOrigin::FromChild),
        };
        self.learn_guid(parent, named.guid);
        let known = self.all.get_mut(parent)?;
        known.image = known.image.or(named.image);
        known.command_line = known.command_line.or(event.text(Column::ParentCommandLine));
        known.user = known.user.or(event.text(Column::ParentUser));
        Some(parent)
    }

    fn end(&mut self, event: &'e Event<'e>) -> Option<usize> {
        let process = self.act(event)?;
        let known = self.all.get_mut(process)?;
        known.ended_at = Some(known.ended_at.map_or(event.time, |end| end.min(event.time)));
        Some(process)
    }

    fn act(&mut self, event: &'e Event<'e>) -> Option<usize> {
        let named = self.named(event, ACTING);
        if let Some(process) = self.find(named, event.time) {
            self.learn_guid(process, named.guid);
            if let Some(known) = self.all.get_mut(process) {
                known.image = known.image.or(named.image);
                known.user = known.user.or(event.text(Column::ProcessUser));
            }
            return Some(process);
        }
        let tells = named.guid.is_some() || named.pid.is_some_and(|pid| pid > 0);
        tells.then(|| {
            let process = self.add(named, event.time, NodeOrigin::FromActivity);
            if let Some(known) = self.all.get_mut(process) {
                known.user = event.text(Column::ProcessUser);
            }
            process
        })
    }

    /// How the event names a process in these columns: GUID, pid, image.
    fn named(&self, event: &'e Event<'e>, (guid, pid, image): Columns) -> Named<'e> {
        let guid = event.text(guid).and_then(real_guid);
        let image = event.text(image).filter(|image| !image.is_empty() && *image != "-" && *image != "<unknown process>");
        Named { guid, pid: event.integer(pid).or_else(|| self.pids.of_guid(guid)), image }
    }

    fn find(&self, named: Named<'_>, at: Timestamp) -> Option<usize> {
        let by_guid = named.guid.and_then(|guid| self.by_guid.get(guid)).copied();
        by_guid.or_else(|| {
            let alive = self.alive(named.pid?, at, named.image)?;
            let other_guid = named.guid.is_some() && self.get(alive).is_some_and(|known| known.guid.is_some());
            (!other_guid).then_some(alive)
        })
    }

    /// The latest process that had the pid and had not ended; a differing image name means that the pid was given away.
    fn alive(&self, pid: i64, at: Timestamp, image: Option<&str>) -> Option<usize> {
        let latest = self.by_pid.get(&pid)?.iter().rev().copied().find(|process| {
            self.get(*process).is_some_and(|known| known.started_at.is_none_or(|start| start.duration_since(at) <= SAME_START))
        })?;
        let known = self.get(latest)?;
        let over = known.ended_at.is_some_and(|end| at.duration_since(end) > AFTERLIFE);
        (!over && same_name(known.image, image)).then_some(latest)
    }

    fn add(&mut self, named: Named<'e>, at: Timestamp, origin: NodeOrigin) -> usize {
        let process = self.all.len();
        if let Some(guid) = named.guid {
            self.by_guid.insert(guid, process);
        }
        if let Some(pid) = named.pid {
            self.by_pid.entry(pid).or_default().push(process);
        }
        self.all.push(Process {
            guid: named.guid,
            pid: named.pid,
            image: named.image,
            command_line: None,
            user: None,
            logon: None,
            sha256: None,
            sha1: None,
            md5: None,
            original_name: None,
            company: None,
            started_at: None,
            ended_at: None,
            first_seen_at: at,
            parent: None,
            children: Vec::new(),
            origin,
            event: None,
        });
        process
    }

    fn join_children(&mut self) {
        let pairs: Vec<(usize, usize)> = self.iter().filter_map(|(process, known)| Some((known.parent?, process))).collect();
        for (parent, child) in pairs {
            if let Some(known) = self.all.get_mut(parent) {
                known.children.push(child);
            }
        }
    }
}

/// The GUID without braces; the all-zero GUID names nobody.
pub(crate) fn real_guid(guid: &str) -> Option<&str> {
    let bare = guid.trim().trim_start_matches('{').trim_end_matches('}');
    bare.bytes().any(|byte| !matches!(byte, b'0' | b'-')).then_some(bare)
}
