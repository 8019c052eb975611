//! Who may enter and do what: people of the organisations that the caller runs, their roles, and the end of their leave.
//!
//! A person can work for several organisations. Whoever runs one of them sees of a person only what they may do there, and can
//! take that away; what reaches the person as a whole (no more signing in, a new link) needs leave wherever the person works.

use hikeshi_access::{Action, Caller, Refusal, Scope, permit, permit_everywhere, permit_installation};
use hikeshi_domain::entity::Entity;
use hikeshi_domain::organization::Organization;
use hikeshi_domain::person::Person;
use hikeshi_domain::role::{Grant, Role};
use hikeshi_domain::{OrganizationId, PersonId};
use hikeshi_record::{Change, Context, Expect, Order, PAGE_LIMIT, Query, Stored};

use crate::alert::required;
use crate::desk::{Desk, context};
use crate::error::{Error, Result};
use crate::session;

/// Told beside a person's change where it touches what they may do: open streams were made from what they might do before.
pub const LEAVE: &str = "leave";

/// A person as the caller may see them.
#[derive(Debug, Clone)]
pub struct Member {
    /// The person.
    pub person: Stored<Person>,
    /// What they may do where the caller may know of it.
    pub grants: Vec<Grant>,
    /// The caller may end the person's leave altogether and hand out links.
    pub whole: bool,
}

/// The people whom the caller may manage, by name, those who may no longer enter too.
///
/// # Errors
/// `Forbidden` where the caller runs nothing.
pub async fn list(desk: &Desk, caller: &Caller) -> Result<Vec<Member>> {
    let reach = Reach::of(caller, Action::ReadPeople)?;
    let people = everybody(desk, &reach.context).await?;
    Ok(people.into_iter().filter(|person| reach.sees(person)).map(|person| reach.member(person)).collect())
}

/// Gives a person a role in one organisation (or everywhere) in place of the one held there; without a role, takes it away.
///
/// # Errors
/// `NotFound` where the caller does not see the person or the organisation, `Invalid` where nobody would be left to run the
/// installation, `Conflict` where the person has changed since `version`.
pub async fn set_role(
    desk: &Desk,
    caller: &Caller,
    person: PersonId,
    org: Option<OrganizationId>,
    role: Option<Role>,
    version: u64,
) -> Result<Member> {
    let (reach, stored) = seen(desk, caller, person).await?;
    let place = place(desk, caller, org, role).await?;
    let mut grants: Vec<Grant> = stored.grants.iter().copied().filter(|grant| grant.org != org).collect();
    grants.extend(role.map(|role| Grant { role, org }));
    let changed = Person { grants, ..stored.entity.clone() };
    somebody_runs_it(desk, &reach.context, &stored, &changed).await?;
    let word = role.map_or("none", Role::name);
    let change = Change::new("person.role", format!("{word} @ {place}")).put(&changed, Expect::Version(version));
    keep(desk, &reach, change, person).await
}

/// Lets nobody in under this name any more: sessions and links end at once. What the person did stays.
///
/// # Errors
/// `Invalid` without a reason, for oneself, or where nobody would be left to run the installation; `Forbidden` where the person
/// works for others too.
pub async fn disable(desk: &Desk, caller: &Caller, person: PersonId, reason: &str) -> Result<Member> {
    let (reach, stored) = wholly(desk, caller, person).await?;
    let reason = required(reason)?;
    if caller.person() == Some(person) {
        return Err(Error::invalid("error.oneself"));
    }
    if stored.disabled_at.is_some() {
        return Ok(reach.member(stored));
    }
    let disabled = Person { disabled_at: Some(desk.now()), ..stored.entity.clone() };
    somebody_runs_it(desk, &reach.context, &stored, &disabled).await?;
    let change = Change::new("person.disable", reason).put(&disabled, stored.expect());
    let change = session::ended_sessions(desk, &reach.context, person, None, change).await?;
    let change = session::spent_links(desk, &reach.context, person, change).await?;
    keep(desk, &reach, change, person).await
}

/// Lets a person in again.
///
/// # Errors
/// As [`disable`].
pub async fn enable(desk: &Desk, caller: &Caller, person: PersonId) -> Result<Member> {
    let (reach, stored) = wholly(desk, caller, person).await?;
    if stored.disabled_at.is_none() {
        return Ok(reach.member(stored));
    }
    let enabled = Person { disabled_at: None, ..stored.entity.clone() };
    keep(desk, &reach, Change::new("person.enable", "").put(&enabled, stored.expect()), person).await
}

/// Takes the second factor of somebody away who has lost it, and ends all their sessions.
///
/// # Errors
/// As [`disable`].
pub async fn reset_second_factor(desk: &Desk, caller: &Caller, person: PersonId, reason: &str) -> Result<Member> {
    let (reach, stored) = wholly(desk, caller, person).await?;
    let reason = required(reason)?;
    if caller.person() == Some(person) {
        return Err(Error::invalid("error.oneself"));
    }
    let without = Person { second_factor: None, enrolling: None, ..stored.entity.clone() };
    let change = Change::new("person.second_factor.reset", reason).put(&without, stored.expect());
    let change = session::ended_sessions(desk, &reach.context, person, None, change).await?;
    keep(desk, &reach, change, person).await
}

/// Everybody, by name.
pub(crate) async fn everybody(desk: &Desk, context: &Context) -> Result<Vec<Stored<Person>>> {
    let (mut people, mut cursor) = (Vec::new(), None);
    loop {
        let query = Query::new().order("name", Order::Asc).after(cursor).limit(PAGE_LIMIT);
        let page = desk.store.list::<Person>(context, query).await?;
        people.extend(page.items);
        cursor = page.next_cursor;
        if cursor.is_none() {
            return Ok(people);
        }
    }
}

/// Whether a person can enter and run the installation.
pub(crate) fn runs_the_installation(person: &Person) -> bool {
    let everything = Grant { role: Role::Operator, org: None };
    person.disabled_at.is_none() && person.grants.contains(&everything)
}

/// How far the caller's leave to manage people goes.
pub(crate) struct Reach {
    scope: Scope,
    /// People belong to no organisation: the context reaches them all, and only whom [`Reach::sees`] lets through is told.
    pub(crate) context: Context,
}

impl Reach {
    fn of(caller: &Caller, action: Action) -> Result<Self> {
        let permit = permit_everywhere(caller, action)?;
        let context = Context { scope: hikeshi_record::Scope::Installation, ..context(&permit) };
        Ok(Reach { scope: permit.scope().clone(), context })
    }

    fn covers(&self, org: Option<OrganizationId>) -> bool {
        match (&self.scope, org) {
            (Scope::Installation, _) => true,
            (Scope::Organizations(organizations), Some(org)) => organizations.contains(&org),
            (Scope::Organizations(_), None) => false,
        }
    }

    fn sees(&self, person: &Person) -> bool {
        self.scope == Scope::Installation || person.grants.iter().any(|grant| self.covers(grant.org))
    }

    fn whole(&self, person: &Person) -> bool {
        self.sees(person) && person.grants.iter().all(|grant| self.covers(grant.org))
    }

    pub(crate) fn member(&self, person: Stored<Person>) -> Member {
        let grants = person.grants.iter().copied().filter(|grant| self.covers(grant.org)).collect();
        Member { whole: self.whole(&person), grants, person }
    }
}

/// The organisation's name (`everywhere` without one), if the caller may give that role there.
pub(super) async fn place(desk: &Desk, caller: &Caller, org: Option<OrganizationId>, role: Option<Role>) -> Result<String> {
    if role == Some(Role::Sensor) {
        return Err(Error::invalid("error.role"));
    }
    let Some(org) = org else {
        permit_installation(caller, Action::EditPeople)?;
        return Ok("everywhere".to_owned());
    };
    let permit = permit(caller, Action::EditPeople, org)?;
    Ok(desk.store.get::<Organization>(&context(&permit), org.0).await?.name.clone())
}

/// How far the caller may invite.
pub(super) fn reach(caller: &Caller) -> Result<Reach> {
    Reach::of(caller, Action::EditPeople)
}

async fn seen(desk: &Desk, caller: &Caller, person: PersonId) -> Result<(Reach, Stored<Person>)> {
    // Who sees nobody learns that their role does not reach; whom the caller does not see is not there.
    let reach = reach(caller)?;
    let stored = desk.store.get::<Person>(&reach.context, person.0).await?;
    if reach.sees(&stored) { Ok((reach, stored)) } else { Err(Error::not_found()) }
}

/// A person whose every role the caller may take.
pub(super) async fn wholly(desk: &Desk, caller: &Caller, person: PersonId) -> Result<(Reach, Stored<Person>)> {
    let (reach, stored) = seen(desk, caller, person).await?;
    if reach.whole(&stored) { Ok((reach, stored)) } else { Err(Refusal::Forbidden(Action::EditPeople).into()) }
}

pub(super) async fn keep(desk: &Desk, reach: &Reach, change: Change, person: PersonId) -> Result<Member> {
    super::commit(desk, &reach.context, change).await?;
    desk.tell(Person::KIND, person.0, None);
    desk.tell(LEAVE, person.0, None);
    Ok(reach.member(desk.store.get(&reach.context, person.0).await?))
}

/// Refuses what would leave nobody to run the installation.
async fn somebody_runs_it(desk: &Desk, context: &Context, before: &Person, after: &Person) -> Result<()> {
    if !runs_the_installation(before) || runs_the_installation(after) {
        return Ok(());
    }
    let people = everybody(desk, context).await?;
    let another = people.iter().any(|person| person.id != before.id && runs_the_installation(person));
    if another { Ok(()) } else { Err(Error::invalid("error.last_operator")) }
}
