//! The decision.

use std::collections::BTreeSet;

use hikeshi_domain::OrganizationId;
use hikeshi_domain::role::Grant;

use crate::action::Action;
use crate::caller::{Actor, Caller};

/// The organisations that a permit reaches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// Everything, what belongs to the installation included.
    Installation,
    /// These organisations; never empty.
    Organizations(BTreeSet<OrganizationId>),
}

/// Leave to do one action: who, what, where. Made by [`permit`] and its two siblings only.
#[derive(Debug, Clone)]
pub struct Permit {
    actor: Actor,
    action: Action,
    scope: Scope,
    request: String,
}

impl Permit {
    /// Who acts.
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// What they may do.
    pub fn action(&self) -> Action {
        self.action
    }

    /// Where.
    pub fn scope(&self) -> &Scope {
        &self.scope
    }

    /// In which request.
    pub fn request(&self) -> &str {
        &self.request
    }
}

/// Why not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The caller may not even know of the organisation: answered as not found.
    #[error("nothing of that name is known here")]
    Unknown,
    /// The caller is known there, but not for this.
    #[error("your role does not allow `{}`; ask an operator of the installation", .0.name())]
    Forbidden(Action),
}

/// May the caller do this in that organisation?
///
/// # Errors
/// [`Refusal::Unknown`] where the caller holds no role in the organisation, [`Refusal::Forbidden`] where the role does not allow it.
pub fn permit(caller: &Caller, action: Action, org: OrganizationId) -> Result<Permit, Refusal> {
    let here = |grant: &&Grant| grant.org.is_none_or(|granted| granted == org);
    if !caller.grants.iter().any(|grant| here(&grant)) {
        return Err(Refusal::Unknown);
    }
    if !caller.grants.iter().filter(here).any(|grant| action.roles().contains(&grant.role)) {
        return Err(Refusal::Forbidden(action));
    }
    Ok(granted(caller, action, Scope::Organizations(BTreeSet::from([org]))))
}

/// May the caller do this anywhere? The permit reaches exactly the organisations where they may.
///
/// # Errors
/// [`Refusal::Forbidden`] where no role allows it.
pub fn permit_everywhere(caller: &Caller, action: Action) -> Result<Permit, Refusal> {
    let allowed = || caller.grants.iter().filter(|grant| action.roles().contains(&grant.role));
    if allowed().any(|grant| grant.org.is_none()) {
        return Ok(granted(caller, action, Scope::Installation));
    }
    let organizations: BTreeSet<OrganizationId> = allowed().filter_map(|grant| grant.org).collect();
    if organizations.is_empty() {
        return Err(Refusal::Forbidden(action));
    }
    Ok(granted(caller, action, Scope::Organizations(organizations)))
}

/// May the caller do this to the installation itself?
///
/// # Errors
/// [`Refusal::Forbidden`] where no role that reaches everywhere allows it.
pub fn permit_installation(caller: &Caller, action: Action) -> Result<Permit, Refusal> {
    match permit_everywhere(caller, action)? {
        allowed if allowed.scope == Scope::Installation => Ok(allowed),
        _ => Err(Refusal::Forbidden(action)),
    }
}

fn granted(caller: &Caller, action: Action, scope: Scope) -> Permit {
    Permit { actor: caller.actor.clone(), action, scope, request: caller.request.clone() }
}

#[cfg(test)]
mod tests {
    use hikeshi_domain::PersonId;
    use hikeshi_domain::role::Role;
    use uuid::Uuid;

    use super::*;

    const HERE: OrganizationId = OrganizationId(Uuid::from_u128(1));
    const ELSEWHERE: OrganizationId = OrganizationId(Uuid::from_u128(2));

    fn caller(grants: &[(Role, Option<OrganizationId>)]) -> Caller {
        let grants = grants.iter().map(|&(role, org)| Grant { role, org }).collect();
        Caller { actor: Actor::Person(PersonId(Uuid::from_u128(7))), grants, request: "r-1".to_owned() }
    }

    /// Roles × actions, as a table to be read and argued about.
    #[test]
    fn the_table_of_roles_and_actions_is_the_one_agreed() {
        let table: String = Action::ALL
            .iter()
            .map(|action| {
                let marks = Role::ALL.map(|role| if action.roles().contains(&role) { 'x' } else { '.' });
                format!("{:<18} {}\n", action.name(), marks.iter().collect::<String>())
            })
            .collect();
        assert_eq!(table, include_str!("../tests/roles.txt"), "if this is meant, put the new table into tests/roles.txt");
    }

    #[test]
    fn a_caller_without_a_role_there_learns_nothing() {
        let stranger = caller(&[(Role::IncidentLead, Some(ELSEWHERE))]);
        for action in Action::ALL {
            assert_eq!(permit(&stranger, *action, HERE).unwrap_err(), Refusal::Unknown);
        }
    }

    #[test]
    fn a_role_elsewhere_does_not_count_here() {
        let mixed = caller(&[(Role::Reader, Some(HERE)), (Role::IncidentLead, Some(ELSEWHERE))]);
        assert_eq!(permit(&mixed, Action::JudgeCases, HERE).unwrap_err(), Refusal::Forbidden(Action::JudgeCases));
        assert!(permit(&mixed, Action::JudgeCases, ELSEWHERE).is_ok());
    }

    #[test]
    fn everywhere_means_where_the_role_allows() {
        let mixed = caller(&[(Role::Reader, Some(HERE)), (Role::Analyst, Some(ELSEWHERE))]);
        let reads = permit_everywhere(&mixed, Action::ReadAlerts).unwrap();
        assert_eq!(reads.scope(), &Scope::Organizations(BTreeSet::from([HERE, ELSEWHERE])));
        let works = permit_everywhere(&mixed, Action::WorkAlerts).unwrap();
        assert_eq!(works.scope(), &Scope::Organizations(BTreeSet::from([ELSEWHERE])));
    }

    #[test]
    fn the_installation_needs_a_role_that_reaches_everywhere() {
        let local = caller(&[(Role::Operator, Some(HERE))]);
        assert!(permit_installation(&local, Action::EditInstallation).is_err());
        let operator = caller(&[(Role::Operator, None)]);
        assert!(permit_installation(&operator, Action::EditInstallation).is_ok());
    }

    #[test]
    fn a_sensor_brings_and_reads_nothing() {
        let sensor = caller(&[(Role::Sensor, Some(HERE))]);
        let allowed: Vec<_> = Action::ALL.iter().filter(|action| permit(&sensor, **action, HERE).is_ok()).collect();
        assert_eq!(allowed, [&Action::ReceiveAlerts, &Action::ReceiveEvents]);
    }
}
