//! On whose behalf something is read or changed. No context, no query.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use hikeshi_domain::{OrganizationId, PersonId};
use uuid::Uuid;

/// The part of the record that a caller may see and change. What lies outside is not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// Everything, and what belongs to no organisation (people, settings).
    Installation,
    /// These organisations; empty sees nothing.
    Organizations(BTreeSet<OrganizationId>),
}

impl Scope {
    /// One organisation.
    pub fn one(org: OrganizationId) -> Self {
        Scope::Organizations(BTreeSet::from([org]))
    }

    /// Whether an entity of that owner lies inside; `None` is the installation itself.
    pub fn sees(&self, org: Option<OrganizationId>) -> bool {
        match self {
            Scope::Installation => true,
            Scope::Organizations(orgs) => org.is_some_and(|org| orgs.contains(&org)),
        }
    }

    /// The owner of what a change makes beside entities (jobs, keys, numbers): the one organisation, else the installation.
    pub(crate) fn owner(&self) -> Option<OrganizationId> {
        match self {
            Scope::Installation => None,
            Scope::Organizations(orgs) => orgs.first().copied().filter(|_| orgs.len() == 1),
        }
    }
}

/// Who acts.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Actor {
    /// A person who signed in.
    Person(PersonId),
    /// A program that holds this key.
    ApiKey(Uuid),
    /// The desk itself: name of the job or command.
    System(String),
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Actor::Person(person) => write!(f, "person:{person}"),
            Actor::ApiKey(key) => write!(f, "key:{key}"),
            Actor::System(name) => write!(f, "system:{name}"),
        }
    }
}

impl FromStr for Actor {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let unknown = || format!("`{text}` names no actor");
        let (sort, name) = text.split_once(':').ok_or_else(unknown)?;
        match sort {
            "person" => name.parse().map(Actor::Person).map_err(|_| unknown()),
            "key" => name.parse().map(Actor::ApiKey).map_err(|_| unknown()),
            "system" => Ok(Actor::System(name.to_owned())),
            _ => Err(unknown()),
        }
    }
}

/// The caller of a read or a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Context {
    /// What may be seen and changed.
    pub scope: Scope,
    /// Who acts.
    pub actor: Actor,
    /// The request that this belongs to: the same id stands in the log.
    pub request: String,
}

impl Context {
    /// A caller.
    pub fn new(scope: Scope, actor: Actor, request: impl Into<String>) -> Self {
        Context { scope, actor, request: request.into() }
    }

    /// A job or command of the desk itself, over the whole installation; the request is its name.
    pub fn system(name: impl Into<String>) -> Self {
        let name = name.into();
        Context { scope: Scope::Installation, actor: Actor::System(name.clone()), request: name }
    }

    /// The same caller, seeing one organisation only.
    pub fn within(&self, org: OrganizationId) -> Self {
        Context { scope: Scope::one(org), ..self.clone() }
    }
}
