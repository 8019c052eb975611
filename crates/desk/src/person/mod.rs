//! People: oneself, whom work can be given to, and (in `roster` and `invitation`) who may enter at all.

mod invitation;
mod roster;

use hikeshi_access::{self as access, Action, Caller, permit, permit_everywhere};
use hikeshi_domain::entity::Entity;
use hikeshi_domain::person::Person;
use hikeshi_domain::phrase::Language;
use hikeshi_domain::role::Grant;
use hikeshi_domain::{OrganizationId, PersonId};
use hikeshi_record::{Actor, Change, Context, Scope, Stored};
use jiff::tz::TimeZone;

use crate::desk::Desk;
use crate::error::{Error, Result};
use crate::session;

pub use invitation::{INVITATION_LIFETIME, Invitation, Invited, Mailed, fresh_link, invite};
pub use roster::{LEAVE, Member, disable, enable, list, reset_second_factor, set_role};
pub(crate) use roster::{everybody, runs_the_installation};

const LONGEST_NAME: usize = 200;

/// What a person may change about themselves.
#[derive(Debug, Clone)]
pub struct Profile {
    /// Name as the person writes it.
    pub name: String,
    /// Mail address; signs in by it.
    pub email: String,
    /// Language of console and mails.
    pub language: Language,
    /// IANA name of the zone.
    pub time_zone: String,
}

/// Somebody that work can be given to.
#[derive(Debug, Clone)]
pub struct Colleague {
    /// The person.
    pub id: PersonId,
    /// Name.
    pub name: String,
}

/// Whom work can be given to: everybody who can sign in and works where the caller does, by name. Only names are told.
///
/// # Errors
/// `Forbidden` where the caller sees no organisation.
pub async fn colleagues(desk: &Desk, caller: &Caller) -> Result<Vec<Colleague>> {
    let permit = permit_everywhere(caller, Action::ReadOrganization)?;
    let here = |grant: &Grant| match (permit.scope(), grant.org) {
        (access::Scope::Installation, _) | (_, None) => true,
        (access::Scope::Organizations(organizations), Some(org)) => organizations.contains(&org),
    };
    let people = everybody(desk, &Context::system("colleagues")).await?.into_iter();
    let active = people.filter(|person| person.disabled_at.is_none() && person.grants.iter().any(here));
    Ok(active.map(|person| Colleague { id: person.id, name: person.name.clone() }).collect())
}

/// Oneself.
///
/// # Errors
/// `Unauthenticated` where no person is signed in.
pub async fn me(desk: &Desk, caller: &Caller) -> Result<Stored<Person>> {
    let (context, id) = oneself(caller)?;
    Ok(desk.store.get(&context, id.0).await?)
}

/// Changes one's own profile.
///
/// # Errors
/// `Invalid` where a value cannot be; `Invalid` too where somebody else signs in by that address.
pub async fn change_me(desk: &Desk, caller: &Caller, profile: Profile) -> Result<Stored<Person>> {
    let (context, id) = oneself(caller)?;
    let person = desk.store.get::<Person>(&context, id.0).await?;
    let Profile { name, email, language, time_zone } = checked(profile)?;
    let mut change = Change::new("person.profile", "");
    if email != person.email.to_lowercase() {
        change = change.release_key("email", &person.email.to_lowercase()).claim_key("email", &email, id);
    }
    let changed = Person { name, email, language, time_zone, ..person.entity.clone() };
    keep(desk, &context, change.put(&changed, person.expect()), &changed).await
}

/// Sets one's own password; the current one is asked for where there is one. All other sessions and links of the person end: whoever knew
/// the old password is out. `session` is the secret of the one that stays.
///
/// # Errors
/// `Unauthenticated` where the current one is wrong, `Invalid` where the new one is too short.
pub async fn change_password(
    desk: &Desk,
    caller: &Caller,
    session: Option<&str>,
    current: Option<&str>,
    new: &str,
) -> Result<Stored<Person>> {
    let (context, id) = oneself(caller)?;
    let person = desk.store.get::<Person>(&context, id.0).await?;
    if person.password.is_some() {
        desk.passwords.check(&person.email, current.unwrap_or_default(), person.password.as_ref(), desk.now()).await?;
    }
    let changed = Person { password: Some(desk.passwords.hash(new).await?), ..person.entity.clone() };
    let change = Change::new("person.password", "").put(&changed, person.expect());
    let change = session::ended_sessions(desk, &context, id, session, change).await?;
    let change = session::spent_links(desk, &context, id, change).await?;
    let stored = keep(desk, &context, change, &changed).await?;
    desk.tell(LEAVE, id.0, None);
    Ok(stored)
}

/// The profile with its address in lower case, if it can be one.
fn checked(profile: Profile) -> Result<Profile> {
    let (name, email) = (profile.name.trim().to_owned(), profile.email.trim().to_lowercase());
    if name.is_empty() {
        return Err(Error::invalid("error.field_empty").with("field", "name"));
    }
    if name.chars().count() > LONGEST_NAME {
        return Err(Error::invalid("error.field_too_long").with("field", "name").with("most", LONGEST_NAME.to_string()));
    }
    if !email.contains('@') || email.chars().any(|letter| letter.is_whitespace() || letter.is_control()) {
        return Err(Error::invalid("error.email").with("value", email));
    }
    if TimeZone::get(&profile.time_zone).is_err() {
        return Err(Error::invalid("error.time_zone").with("value", profile.time_zone));
    }
    Ok(Profile { name, email, ..profile })
}

pub(crate) async fn keep(desk: &Desk, context: &Context, change: Change, person: &Person) -> Result<Stored<Person>> {
    commit(desk, context, change).await?;
    desk.tell(Person::KIND, person.id.0, None);
    Ok(desk.store.get(context, person.id.0).await?)
}

/// Commits a change that may take a mail address.
async fn commit(desk: &Desk, context: &Context, change: Change) -> Result<()> {
    match desk.store.change(context, change).await {
        Err(hikeshi_record::Error::Claimed { .. }) => Err(Error::invalid("error.email_taken")),
        other => other.map(drop).map_err(Error::from),
    }
}

/// A person may always see and change themselves: the context reaches people, and only this one is asked for.
pub(crate) fn oneself(caller: &Caller) -> Result<(Context, PersonId)> {
    let id = caller.person().ok_or_else(Error::unauthenticated)?;
    Ok((Context::new(Scope::Installation, Actor::Person(id), caller.request.clone()), id))
}

/// Whether a person may do something in an organisation: work is given to nobody who cannot do it.
///
/// # Errors
/// `NotFound` where there is no such person or they may not know of the organisation, `Forbidden` where their role does not reach.
pub(crate) async fn may(desk: &Desk, person: PersonId, action: Action, org: OrganizationId) -> Result<()> {
    let person = desk.store.get::<Person>(&Context::system("assign"), person.0).await?;
    let worker = Caller { actor: access::Actor::Person(person.id), grants: person.grants.clone(), request: String::new() };
    permit(&worker, action, org)?;
    Ok(())
}
