//! Who asks.

use hikeshi_domain::PersonId;
use hikeshi_domain::role::Grant;
use uuid::Uuid;

/// The one who acts, as audit and history name them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// A person who signed in.
    Person(PersonId),
    /// A key of a forwarder or a product.
    Key(Uuid),
    /// The desk itself: the name of the job.
    Desk(&'static str),
}

/// A caller whose proof has been checked, with what they were granted.
#[derive(Debug, Clone)]
pub struct Caller {
    /// Who.
    pub actor: Actor,
    /// What they may do where.
    pub grants: Vec<Grant>,
    /// The request that this happens in: on every log line, audit row and error.
    pub request: String,
}

impl Caller {
    /// The desk's own job: every right everywhere, under its own name.
    pub fn desk(job: &'static str, request: impl Into<String>) -> Self {
        let everywhere = |role| Grant { role, org: None };
        Caller { actor: Actor::Desk(job), grants: vec![everywhere(hikeshi_domain::role::Role::Operator)], request: request.into() }
    }

    /// The person, if it is one.
    pub fn person(&self) -> Option<PersonId> {
        match self.actor {
            Actor::Person(person) => Some(person),
            Actor::Key(_) | Actor::Desk(_) => None,
        }
    }
}
