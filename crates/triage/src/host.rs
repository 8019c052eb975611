//! One host as its events tell it: kinds, processes, and which processes belong together.

use std::collections::BTreeSet;

use hikeshi_domain::alert::ProductAlert;
use hikeshi_event::Event;

use crate::book::VerdictBook;
use crate::kind::Kind;
use crate::path::inside_volume;
use crate::process::Processes;
use crate::scope::process_of;
use crate::subject::Found;

/// The events of one host, read once and triaged as often as there are subjects.
pub struct Host<'e> {
    pub(crate) events: &'e [Event<'e>],
    pub(crate) kinds: Vec<Kind>,
    pub(crate) processes: Processes<'e>,
    hubs: Vec<bool>,
    tops: Vec<usize>,
}

impl<'e> Host<'e> {
    /// Reads the events, which ascend by time.
    pub fn read(events: &'e [Event<'e>], book: &VerdictBook) -> Host<'e> {
        let kinds: Vec<Kind> = events.iter().map(Kind::of).collect();
        let processes = Processes::read(events, &kinds);
        let hubs = hubs(&processes, book);
        let tops = (0..processes.len()).map(|process| top(&processes, &hubs, process)).collect();
        Host { events, kinds, processes, hubs, tops }
    }

    /// How many processes are known.
    pub fn process_count(&self) -> usize {
        self.processes.len()
    }

    pub(crate) fn event(&self, index: usize) -> Option<&'e Event<'e>> {
        self.events.get(index)
    }

    pub(crate) fn kind(&self, index: usize) -> Kind {
        self.kinds.get(index).copied().unwrap_or(Kind::Other)
    }

    /// A process of the system that starts things which have nothing to do with each other: the desktop, the service manager.
    pub(crate) fn is_hub(&self, process: usize) -> bool {
        self.hubs.get(process).copied().unwrap_or_default()
    }

    /// The topmost process of the tree that the process belongs to.
    pub(crate) fn top(&self, process: usize) -> usize {
        self.tops.get(process).copied().unwrap_or(process)
    }

    /// The tree of a top: itself, and its descendants unless it is a hub.
    pub(crate) fn tree_of(&self, top: usize) -> Vec<usize> {
        if self.is_hub(top) {
            return vec![top];
        }
        let members = self.processes.iter().map(|(process, _)| process).filter(|process| self.top(*process) == top);
        members.collect()
    }

    /// The tree of the process that the alert speaks of; empty where no process of the host is meant.
    pub(crate) fn tree_of_alert(&self, alert: &ProductAlert) -> Vec<usize> {
        process_of(self, alert).map(|process| self.tree_of(self.top(process))).unwrap_or_default()
    }

    /// Whether the process that the alert speaks of belongs to one of the subjects: then it is told there.
    pub fn covers(&self, subjects: &[Found], alert: &ProductAlert) -> bool {
        process_of(self, alert).is_some_and(|process| subjects.iter().any(|found| self.members(found).contains(&process)))
    }

    /// The processes of the trees that a subject is made of, ascending.
    pub(crate) fn members(&self, found: &Found) -> BTreeSet<usize> {
        let names = std::iter::once(&found.key).chain(&found.repeats).filter(|_| found.by_process);
        let tops: BTreeSet<usize> = names.filter_map(|name| self.processes.with_name(name)).map(|process| self.top(process)).collect();
        tops.into_iter().flat_map(|top| self.tree_of(top)).collect()
    }

    /// Positions of events of the kinds, in order.
    pub(crate) fn of_kinds<'h>(&'h self, kinds: &'h [Kind]) -> impl Iterator<Item = (usize, &'e Event<'e>)> + 'h {
        let events = self.kinds.iter().zip(self.events).enumerate();
        events.filter(|(_, (kind, _))| kinds.contains(kind)).map(|(index, (_, event))| (index, event))
    }
}

/// A hub has a hub's path, and was not started by an ordinary program.
fn hubs(processes: &Processes<'_>, book: &VerdictBook) -> Vec<bool> {
    let named: Vec<bool> =
        processes.iter().map(|(_, process)| process.image.is_some_and(|image| book.fits("hubs", inside_volume(image)))).collect();
    let is_named = |process: usize| named.get(process).copied().unwrap_or_default();
    let is_hub = |(process, _)| {
        let parent = processes.ancestors(process).first().copied();
        is_named(process) && parent.is_none_or(is_named)
    };
    processes.iter().map(is_hub).collect()
}

fn top(processes: &Processes<'_>, hubs: &[bool], process: usize) -> usize {
    let is_hub = |process: usize| hubs.get(process).copied().unwrap_or_default();
    if is_hub(process) {
        return process;
    }
    let chain = processes.ancestors(process);
    chain.into_iter().take_while(|ancestor| !is_hub(*ancestor)).last().unwrap_or(process)
}
