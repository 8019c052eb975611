//! Hosts that should be sending and do not.
//!
//! Whoever is expected to send holds a key. Events read from files (`hikeshi ingest`) and those of a drill come from sources without one:
//! nobody waits for their hosts. What an operator has retired is not waited for either.

use std::collections::{HashMap, HashSet};

use hikeshi_domain::OrganizationId;
use hikeshi_domain::api_key::{ApiKey, KeyScope};
use hikeshi_domain::endpoint::Endpoint;
use hikeshi_domain::organization::Organization;
use hikeshi_lake::catalogue::SourceRow;
use hikeshi_record::{Context, Query};
use jiff::SignedDuration;

use crate::desk::Desk;
use crate::error::Result;
use crate::everything::everything;

/// A host of which nothing has come for this long is silent.
pub(crate) const SILENT_AFTER: SignedDuration = SignedDuration::from_hours(24);

/// A host of an organisation, in lower case.
pub(crate) type Host = (OrganizationId, String);

/// What is silent among the sources of an organisation's hosts.
#[derive(Debug, Default)]
pub(crate) struct Silence {
    /// Hosts that a source has fallen silent of.
    pub(crate) rows: Vec<SourceRow>,
    /// Those of which nothing comes at all any more.
    pub(crate) hosts: HashSet<Host>,
}

impl Silence {
    /// Whether nothing comes of the host any more.
    pub(crate) fn holds(&self, org: OrganizationId, host: &str) -> bool {
        self.hosts.contains(&(org, host.to_lowercase()))
    }

    /// How many hosts at least one source has fallen silent of.
    pub(crate) fn count(&self) -> usize {
        self.rows.iter().map(host).collect::<HashSet<_>>().len()
    }
}

/// Finds the silent among the sources that a context sees.
pub(crate) async fn silence(desk: &Desk, context: &Context, sources: &[SourceRow]) -> Result<Silence> {
    let now = desk.now();
    let late = |row: &SourceRow| now.duration_since(row.last_received_at) > SILENT_AFTER;
    if !sources.iter().any(late) {
        return Ok(Silence::default());
    }
    let expected = Expected::load(desk, context).await?;
    let lively: HashSet<Host> = sources.iter().filter(|row| !late(row)).map(host).collect();
    let rows: Vec<SourceRow> = sources.iter().filter(|row| late(row) && expected.is(row, lively.contains(&host(row)))).cloned().collect();
    let hosts = rows.iter().map(host).filter(|host| !lively.contains(host)).collect();
    Ok(Silence { rows, hosts })
}

/// Who is expected to send.
struct Expected {
    /// Forwarders that hold a key, and whether one of their keys is still taken.
    forwarders: HashMap<(OrganizationId, String), bool>,
    drills: HashSet<OrganizationId>,
    retired: HashMap<Host, Endpoint>,
}

impl Expected {
    async fn load(desk: &Desk, context: &Context) -> Result<Self> {
        let mut forwarders = HashMap::new();
        for key in everything::<ApiKey>(desk, context, Query::new()).await? {
            if let KeyScope::Forwarder { name } = &key.scope {
                *forwarders.entry((key.org, name.clone())).or_default() |= key.revoked_at.is_none();
            }
        }
        let organizations = everything::<Organization>(desk, context, Query::new()).await?;
        let retired = everything::<Endpoint>(desk, context, Query::new().eq("retired", true)).await?;
        Ok(Expected {
            forwarders,
            drills: organizations.into_iter().filter(|organization| organization.drill.is_some()).map(|drill| drill.id).collect(),
            retired: retired.into_iter().map(|endpoint| ((endpoint.org, endpoint.host.to_lowercase()), endpoint.entity)).collect(),
        })
    }

    /// Whether the source should be sending of this host. A forwarder whose keys are all revoked has a successor where the host is
    /// `lively` by another one.
    fn is(&self, row: &SourceRow, lively: bool) -> bool {
        let sends = self.forwarders.get(&(row.org, row.source.clone())).is_some_and(|taken| *taken || !lively);
        let rests = self.retired.get(&host(row)).is_some_and(|endpoint| endpoint.is_at_rest(row.last_received_at));
        sends && !rests && !self.drills.contains(&row.org)
    }
}

fn host(row: &SourceRow) -> Host {
    (row.org, row.host.to_lowercase())
}
