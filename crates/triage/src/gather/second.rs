//! The second pass: the events of the processes that subjects are made of, and what tells how their files came.

use std::collections::{HashMap, HashSet};

use hikeshi_event::{Column, Event, Intake, Record, Uid, Work, normalise};
use jiff::Timestamp;

use super::slim;
use crate::clock::Shifts;
use crate::evidence::bytes;
use crate::kind::Kind;
use crate::path::{inside_volume, lower_name};
use crate::process::Process;

/// A flow of less is kept only where it names its process.
const HEAVY_BYTES: u64 = 1_000_000;

/// What to keep, by host.
#[derive(Debug, Default)]
pub(super) struct Wanted {
    pub(super) hosts: HashMap<String, WantedHost>,
    /// Names under which records speak of those hosts.
    aliases: HashMap<String, String>,
}

/// What to keep of one host.
#[derive(Debug, Default)]
pub(super) struct WantedHost {
    /// Everything from then on.
    whole_from: Option<Timestamp>,
    guids: HashSet<String>,
    pids: HashSet<i64>,
    images: HashSet<String>,
    logons: HashSet<String>,
    /// How its events are brought to one clock.
    shifts: Shifts,
}

impl Wanted {
    pub(super) fn host(&mut self, name: &str) -> &mut WantedHost {
        self.hosts.entry(name.to_owned()).or_default()
    }

    pub(super) fn whole(&mut self, name: &str, from: Timestamp) {
        self.host(name).whole_from = Some(from);
    }

    /// How the host's events are brought to one clock, if any of it are kept.
    pub(super) fn clock(&mut self, name: &str, shifts: Shifts) {
        if let Some(host) = self.hosts.get_mut(name) {
            host.shifts = shifts;
        }
    }

    pub(super) fn alias(&mut self, alias: &str, name: &str) {
        self.aliases.insert(alias.to_owned(), name.to_owned());
    }
}

impl WantedHost {
    pub(super) fn process(&mut self, process: &Process<'_>) {
        self.guids.extend(process.guid.map(str::to_owned));
        self.pids.extend(process.pid);
        self.images.extend(process.image.map(|image| inside_volume(image).to_lowercase()));
        self.logons.extend(process.logon.map(str::to_lowercase));
    }

    /// A file of which everything is kept that tells how it came.
    pub(super) fn file(&mut self, path: Option<&str>) {
        self.images.extend(path.map(|path| inside_volume(path).to_lowercase()));
    }

    fn wants(&self, event: &Event<'_>, kind: Kind) -> bool {
        if let Some(from) = self.whole_from {
            return event.time >= from && kind != Kind::Other && (kind != Kind::ProcessAccess || tells(event));
        }
        let by = |guid, pid| match event.text(guid) {
            Some(guid) => self.guids.contains(guid),
            None => event.integer(pid).is_some_and(|pid| self.pids.contains(&pid)),
        };
        let file = || {
            event
                .text(Column::FilePath)
                .is_some_and(|path| self.images.contains(&inside_volume(path.trim_end_matches(":Zone.Identifier")).to_lowercase()))
        };
        match kind {
            Kind::Other | Kind::ProcessStart | Kind::ProcessEnd => false,
            Kind::ServiceInstall | Kind::Task | Kind::WmiSubscription | Kind::Detection | Kind::Device => true,
            // A sensor's flow names no process: those that could make a large upload are held against the tree's calls.
            Kind::Network if bytes(event).is_some_and(|(out, _)| out >= HEAVY_BYTES) => true,
            Kind::Logon => event.text(Column::LogonId).is_some_and(|id| self.logons.contains(&id.to_lowercase())),
            Kind::ProcessAccess => tells(event) && by(Column::ProcessGuid, Column::ProcessPid),
            Kind::RemoteThread => by(Column::ProcessGuid, Column::ProcessPid) || by(Column::TargetGuid, Column::TargetPid),
            Kind::FileCreate | Kind::FileStream | Kind::FileExecutable | Kind::FileTime => {
                by(Column::ProcessGuid, Column::ProcessPid) || file()
            }
            _ => by(Column::ProcessGuid, Column::ProcessPid),
        }
    }
}

/// Processes open each other all day: it tells only with LSASS as target or with code that no file backs.
fn tells(event: &Event<'_>) -> bool {
    let lsass = event.text(Column::TargetImage).is_some_and(|image| lower_name(image) == "lsass.exe");
    lsass || event.text(Column::CallTrace).is_some_and(|trace| trace.contains("UNKNOWN"))
}

pub(super) struct Second<'a> {
    pub(super) wanted: &'a Wanted,
    pub(super) intake: Intake<'a>,
}

#[derive(Default)]
pub(super) struct Out {
    pub(super) hosts: Vec<(String, Vec<Event<'static>>)>,
}

impl Work for Second<'_> {
    type Scratch = ();
    type Out = Out;

    fn scratch(&self) {}

    fn see(&self, (): &mut (), _path: &str, record: &Record<'_>, out: &mut Out) {
        let Some(name) = self.wanted.aliases.get(record.computer.as_ref()) else { return };
        let Some(wanted) = self.wanted.hosts.get(name) else { return };
        let mut event = normalise(record, &self.intake);
        wanted.shifts.apply(&mut event);
        let kind = Kind::of(&event);
        if !wanted.wants(&event, kind) {
            return;
        }
        let uid = Uid::of(&event);
        let mut event = slim(event);
        event.uid = uid;
        match out.hosts.iter_mut().rfind(|(known, _)| known == name) {
            Some((_, events)) => events.push(event),
            None => out.hosts.push((name.clone(), vec![event])),
        }
    }
}
