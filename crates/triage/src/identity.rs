//! Which process id a GUID had. Some forwarders send Sysmon's records without the acting process's id, so that no other log's record of the
//! same process can be joined to them; but the same records name both of a parent, of the source of a thread, of its target.

use std::collections::{HashMap, HashSet};

use hikeshi_event::{Column, Event};

use crate::process::real_guid;

/// Process ids by GUID, collected before processes are put together.
#[derive(Debug, Default)]
pub(crate) struct Pids<'e> {
    by_guid: HashMap<&'e str, i64>,
    named: HashSet<i64>,
}

impl<'e> Pids<'e> {
    /// Collects what the events tell.
    pub(crate) fn of(events: &'e [Event<'e>]) -> Pids<'e> {
        const PAIRS: [(Column, Column); 3] =
            [(Column::ProcessGuid, Column::ProcessPid), (Column::ParentGuid, Column::ParentPid), (Column::TargetGuid, Column::TargetPid)];
        let mut pids = Pids::default();
        for event in events {
            for (guid, pid) in PAIRS {
                if let (Some(guid), Some(pid)) = (event.text(guid).and_then(real_guid), event.integer(pid).filter(|pid| *pid > 0)) {
                    pids.by_guid.entry(guid).or_insert(pid);
                    pids.named.insert(pid);
                }
            }
        }
        pids
    }

    /// The id of that process.
    pub(crate) fn of_guid(&self, guid: Option<&str>) -> Option<i64> {
        self.by_guid.get(guid?).copied()
    }

    /// Whether any GUID is known to have had the id.
    pub(crate) fn is_named(&self, pid: Option<i64>) -> bool {
        pid.is_some_and(|pid| self.named.contains(&pid))
    }
}
