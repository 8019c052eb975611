//! People: oneself, and whom work can be given to.

use hikeshi_access::{Action, Caller, permit_everywhere};
use hikeshi_domain::PersonId;
use hikeshi_domain::entity::Entity;
use hikeshi_domain::person::Person;
use hikeshi_domain::phrase::Language;
use hikeshi_record::PAGE_LIMIT;
use hikeshi_record::{Actor, Change, Context, Order, Query, Scope, Stored};
use jiff::tz::TimeZone;

use crate::desk::Desk;
use crate::error::{Error, Result};

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

/// Whom work can be given to: everybody who can sign in, by name. Only names are told.
///
/// # Errors
/// `Forbidden` where the caller sees no organisation.
pub async fn colleagues(desk: &Desk, caller: &Caller) -> Result<Vec<Colleague>> {
    permit_everywhere(caller, Action::ReadOrganization)?;
    let query = Query::new().eq("disabled", false).order("name", Order::Asc).limit(PAGE_LIMIT);
    let people = desk.store.list::<Person>(&Context::system("colleagues"), query).await?;
    Ok(people.items.into_iter().map(|person| Colleague { id: person.id, name: person.name.clone() }).collect())
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
    let (name, email) = (profile.name.trim(), profile.email.trim().to_lowercase());
    if name.is_empty() {
        return Err(Error::invalid("error.field_empty").with("field", "name"));
    }
    if name.chars().count() > LONGEST_NAME {
        return Err(Error::invalid("error.field_too_long").with("field", "name").with("most", LONGEST_NAME.to_string()));
    }
    if !email.contains('@') || email.chars().any(char::is_whitespace) {
        return Err(Error::invalid("error.email").with("value", email));
    }
    if TimeZone::get(&profile.time_zone).is_err() {
        return Err(Error::invalid("error.time_zone").with("value", profile.time_zone));
    }
    let mut change = Change::new("person.profile", "");
    if email != person.email.to_lowercase() {
        change = change.release_key("email", &person.email.to_lowercase()).claim_key("email", &email, id);
    }
    let changed =
        Person { name: name.to_owned(), email, language: profile.language, time_zone: profile.time_zone, ..person.entity.clone() };
    keep(desk, &context, change.put(&changed, person.expect()), &changed).await
}

/// Sets one's own password; the current one is asked for where there is one.
///
/// # Errors
/// `Unauthenticated` where the current one is wrong, `Invalid` where the new one is too short.
pub async fn change_password(desk: &Desk, caller: &Caller, current: Option<&str>, new: &str) -> Result<Stored<Person>> {
    let (context, id) = oneself(caller)?;
    let person = desk.store.get::<Person>(&context, id.0).await?;
    if person.password.is_some() {
        desk.passwords.check(&person.email, current.unwrap_or_default(), person.password.as_ref(), desk.now()).await?;
    }
    let changed = Person { password: Some(desk.passwords.hash(new).await?), ..person.entity.clone() };
    keep(desk, &context, Change::new("person.password", "").put(&changed, person.expect()), &changed).await
}

async fn keep(desk: &Desk, context: &Context, change: Change, person: &Person) -> Result<Stored<Person>> {
    match desk.store.change(context, change).await {
        Err(hikeshi_record::Error::Claimed { .. }) => return Err(Error::invalid("error.email_taken")),
        other => other?,
    };
    desk.tell(Person::KIND, person.id.0, None);
    Ok(desk.store.get(context, person.id.0).await?)
}

/// A person may always see and change themselves: the context reaches people, and only this one is asked for.
fn oneself(caller: &Caller) -> Result<(Context, PersonId)> {
    let id = caller.person().ok_or_else(Error::unauthenticated)?;
    Ok((Context::new(Scope::Installation, Actor::Person(id), caller.request.clone()), id))
}
