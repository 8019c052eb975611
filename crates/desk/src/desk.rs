//! What every use case holds in its hand: the stores, the rules in force, the clock, the channel of changes.

use std::fmt::Debug;
use std::ops::Deref;
use std::sync::Arc;

use hikeshi_access::{Actor, Permit, Scope};
use hikeshi_domain::OrganizationId;
use hikeshi_domain::clock::Clocks;
use hikeshi_domain::playbook::Files;
use hikeshi_domain::procedure::Procedure;
use hikeshi_domain::raise::Raising;
use hikeshi_domain::request::Signs;
use hikeshi_lake::Objects;
use hikeshi_record::{self as record, Context, Store};
use hikeshi_triage::VerdictBook;
use jiff::Timestamp;
use serde::Serialize;
use tokio::sync::broadcast;
use uuid::Uuid;

use crate::download::Downloads;
use crate::metrics::Metrics;
use crate::password::Passwords;
use crate::reference_list::ListCache;
use crate::telemetry::Telemetry;

/// Where the time comes from; a test brings its own.
pub trait Clock: Debug + Send + Sync {
    /// The instant, UTC.
    fn now(&self) -> Timestamp;
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// Something changed: open pages ask again for what they show of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Changed {
    /// Kind of entity.
    pub kind: &'static str,
    /// Its name.
    pub id: Uuid,
    /// The tenant; `None` for the installation. Not told to the client.
    #[serde(skip)]
    pub org: Option<OrganizationId>,
}

/// Everything that the use cases work on. Cheap to clone.
#[derive(Clone)]
pub struct Desk(Arc<Parts>);

/// The parts of a desk, joined by whoever starts it.
pub struct Parts {
    /// The record.
    pub store: Store,
    /// The lake, its queries and the rules that watch it.
    pub telemetry: Telemetry,
    /// Objects: cited events, reports.
    pub objects: Arc<dyn Objects>,
    /// The files that the procedure in force is read from.
    pub playbook: Files,
    /// The procedure in force: matrix, flows, proposals.
    pub procedure: Procedure,
    /// Clocks in force.
    pub clocks: Clocks,
    /// Signs that callers tell of, with what each suggests.
    pub signs: Signs,
    /// Points and bands of the verdict in force.
    pub verdicts: Arc<VerdictBook>,
    /// Reference lists, ready to be asked.
    pub lists: ListCache,
    /// Room for long downloads.
    pub downloads: Downloads,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Passwords: hashing under a bound, and patience with wrong ones.
    pub passwords: Passwords,
    /// Tells open pages what changed.
    pub live: broadcast::Sender<Changed>,
    /// What the desk counts about itself.
    pub metrics: Metrics,
    /// Which matches and events of products raise alerts.
    pub raising: Arc<Raising>,
    /// The address under which this desk listens, for links where no public one is set.
    pub address: String,
}

impl Desk {
    /// Joins the parts.
    pub fn new(parts: Parts) -> Self {
        Desk(Arc::new(parts))
    }

    /// The instant, UTC.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Tells open pages that something changed.
    pub fn tell(&self, kind: &'static str, id: Uuid, org: Option<OrganizationId>) {
        // Nobody listening is no failure.
        let _ = self.live.send(Changed { kind, id, org });
    }
}

impl Deref for Desk {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

/// The record's context of a permit.
pub(crate) fn context(permit: &Permit) -> Context {
    let scope = match permit.scope() {
        Scope::Installation => record::Scope::Installation,
        Scope::Organizations(organizations) => record::Scope::Organizations(organizations.clone()),
    };
    let actor = match permit.actor() {
        Actor::Person(person) => record::Actor::Person(*person),
        Actor::Key(key) => record::Actor::ApiKey(*key),
        Actor::Desk(job) => record::Actor::System((*job).to_owned()),
    };
    Context::new(scope, actor, permit.request())
}
