//! Signing in and out: a one-time link, then a password; a session that lives on the server and ends there.

use hikeshi_access::{Action, Actor, Caller, permit_installation};
use hikeshi_domain::api_key::ApiKey;
use hikeshi_domain::person::Person;
use hikeshi_domain::phrase::Phrase;
use hikeshi_domain::role::{Grant, Role};
use hikeshi_domain::session::{LinkPurpose, OneTimeLink, Session};
use hikeshi_domain::{OneTimeLinkId, PersonId, SessionId};
use hikeshi_record::{Change, Context, Expect, PAGE_LIMIT, Query, Store, Stored};
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::desk::Desk;
use crate::error::{Error, ErrorKind, Result};
use crate::{person, second_factor, secret};

/// How long a one-time link holds (design 9).
pub const LINK_LIFETIME: SignedDuration = SignedDuration::from_mins(15);
/// How long a session holds: one shift.
pub const SESSION_LIFETIME: SignedDuration = SignedDuration::from_hours(12);

/// A new session: its secret goes into the cookie and nowhere else.
pub struct SignedIn {
    /// The cookie's value.
    pub secret: String,
    /// Who signed in.
    pub person: Stored<Person>,
}

/// Makes a link that signs a person in once. For the terminal of whoever runs the installation.
///
/// # Errors
/// When the person is not known or the record cannot be written.
pub async fn issue_link(desk: &Desk, person: PersonId) -> Result<String> {
    let context = Context::system("sign-in link");
    desk.store.get::<Person>(&context, person.0).await?;
    let (link, secret) = new_link(desk.now(), person, LinkPurpose::SignIn, LINK_LIFETIME)?;
    desk.store.change(&context, Change::new("session.link", "").put(&link, Expect::New)).await?;
    Ok(secret)
}

/// Makes a link for somebody who runs the installation, while the desk works or not; `None` where there is nobody yet. For the terminal of
/// whoever holds its data.
///
/// # Errors
/// When the record cannot be read or written.
pub async fn operator_link(store: &Store, now: Timestamp) -> Result<Option<String>> {
    let context = Context::system("sign-in link");
    let mut cursor = None;
    loop {
        let page = store.list::<Person>(&context, Query::new().eq("disabled", false).after(cursor).limit(PAGE_LIMIT)).await?;
        if let Some(operator) = page.items.iter().find(|person| person::runs_the_installation(person)) {
            let (link, secret) = new_link(now, operator.id, LinkPurpose::SignIn, LINK_LIFETIME)?;
            store.change(&context, Change::new("session.link", "").put(&link, Expect::New)).await?;
            return Ok(Some(secret));
        }
        cursor = page.next_cursor;
        if cursor.is_none() {
            return Ok(None);
        }
    }
}

/// Whether somebody can sign in by password.
///
/// # Errors
/// When the record cannot be read.
pub async fn a_password_is_set(desk: &Desk) -> Result<bool> {
    let people = person::everybody(desk, &Context::system("sign-in link")).await?;
    Ok(people.iter().any(|person| person.disabled_at.is_none() && person.password.is_some()))
}

/// A link that is not kept yet, and its secret.
pub(crate) fn new_link(
    created_at: Timestamp,
    person: PersonId,
    purpose: LinkPurpose,
    lifetime: SignedDuration,
) -> Result<(OneTimeLink, String)> {
    let secret = secret::fresh()?;
    let expires_at = created_at.checked_add(lifetime).map_err(Error::internal)?;
    let (id, hash) = (OneTimeLinkId(Uuid::now_v7()), secret::hash(&secret));
    Ok((OneTimeLink { id, hash, person, purpose, created_at, expires_at, spent_at: None }, secret))
}

/// Spends a link. Of two who try at once, one is let in.
///
/// # Errors
/// `Unauthenticated` where the link is unknown, spent or too old.
pub async fn sign_in_by_link(desk: &Desk, secret: &str, request: &str) -> Result<SignedIn> {
    let context = Context { request: request.to_owned(), ..Context::system("sign-in") };
    let (link, person) = usable_link(desk, &context, secret, LinkPurpose::SignIn).await?;
    let change = Change::new("session.begin", "").put(&spent(&link, desk), link.expect());
    begin(desk, &context, change, person).await.map_err(refused_if_spent)
}

/// Takes up an invitation: sets the password, spends the link, ends the person's other sessions, and signs in, all in one. Whoever has a
/// second factor is not signed in by the link alone.
///
/// # Errors
/// `Invalid` where the password is too short (the link stays good); `Unauthenticated` where the link is unknown, spent or too old;
/// `SecondFactor` where the password is set and a code is still to be shown.
pub async fn accept_invitation(desk: &Desk, secret: &str, password: &str, request: &str) -> Result<SignedIn> {
    let context = Context { request: request.to_owned(), ..Context::system("sign-in") };
    let (link, person) = usable_link(desk, &context, secret, LinkPurpose::SetPassword).await?;
    let accepted = Person { password: Some(desk.passwords.hash(password).await?), ..person.entity.clone() };
    let change = Change::new("person.accept", "").put(&accepted, person.expect()).put(&spent(&link, desk), link.expect());
    let change = ended_sessions(desk, &context, person.id, None, change).await?;
    if accepted.second_factor.is_some() {
        desk.store.change(&context, change).await.map_err(|error| refused_if_spent(error.into()))?;
        return Err(Error::new(ErrorKind::SecondFactor, Phrase::new("error.password_set")));
    }
    begin(desk, &context, change, Stored { entity: accepted, ..person }).await.map_err(refused_if_spent)
}

/// Signs in by mail address and password, and by a code where the person has a second factor.
///
/// # Errors
/// `Unauthenticated` where one of them is wrong (of address and password without saying which); `SecondFactor` where both hold and no code
/// was shown; `Busy` after too many wrong ones.
pub async fn sign_in_by_password(desk: &Desk, email: &str, password: &str, code: Option<&str>, request: &str) -> Result<SignedIn> {
    let context = Context { request: request.to_owned(), ..Context::system("sign-in") };
    let query = Query::new().eq("email", email.trim().to_lowercase()).limit(1);
    let person = desk.store.list::<Person>(&context, query).await?.items.into_iter().next();
    let active = person.filter(|person| person.disabled_at.is_none());
    let known = active.as_ref().and_then(|person| person.password.as_ref());
    desk.passwords.check(email.trim(), password, known, desk.now()).await?;
    let person = active.ok_or_else(Error::unauthenticated)?;
    let change = Change::new("session.begin", "");
    let Some(factor) = &person.second_factor else { return begin(desk, &context, change, person).await };
    let code = code.map(str::trim).filter(|code| !code.is_empty());
    let code = code.ok_or_else(|| Error::new(ErrorKind::SecondFactor, Phrase::new("error.code_missing")))?;
    let factor = second_factor::shown(desk, person.id, factor, code)?;
    // Of two who show the same code at once, the second finds the person changed under its hands.
    let used = Person { second_factor: Some(factor), ..person.entity.clone() };
    let change = change.put(&used, person.expect());
    begin(desk, &context, change, person).await.map_err(|error| match error.kind() {
        ErrorKind::Conflict => second_factor::wrong(),
        _ => error,
    })
}

/// The caller of a session's secret.
///
/// # Errors
/// `Unauthenticated` where it is unknown, ended or too old, or the person may no longer sign in.
pub async fn caller_of_session(desk: &Desk, secret: &str, request: &str) -> Result<(Caller, Stored<Person>)> {
    let context = Context { request: request.to_owned(), ..Context::system("session") };
    let session = find_session(desk, &context, secret).await?;
    if !session.holds_at(desk.now()) {
        return Err(Error::unauthenticated());
    }
    let person = active_person(desk, &context, session.person).await?;
    let caller = Caller { actor: Actor::Person(person.id), grants: person.grants.clone(), request: request.to_owned() };
    Ok((caller, person))
}

/// Ends a session.
///
/// # Errors
/// `Unauthenticated` where there is none.
pub async fn sign_out(desk: &Desk, secret: &str, request: &str) -> Result<()> {
    let context = Context { request: request.to_owned(), ..Context::system("session") };
    let session = find_session(desk, &context, secret).await?;
    let ended = Session { ended_at: Some(desk.now()), ..session.entity.clone() };
    desk.store.change(&context, Change::new("session.end", "").put(&ended, session.expect())).await?;
    desk.tell(person::LEAVE, session.person.0, None);
    Ok(())
}

/// The caller of a key.
///
/// # Errors
/// `Unauthenticated` where the key is unknown or revoked.
pub async fn caller_of_key(desk: &Desk, key: &str, request: &str) -> Result<(Caller, Stored<ApiKey>)> {
    let context = Context { request: request.to_owned(), ..Context::system("key") };
    let query = Query::new().eq("hash", secret::hash(key)).limit(1);
    let found = desk.store.list::<ApiKey>(&context, query).await?.items.into_iter().next();
    let key = found.filter(|key| key.revoked_at.is_none()).ok_or_else(Error::key_unknown)?;
    let grants = vec![Grant { role: Role::Sensor, org: Some(key.org) }];
    Ok((Caller { actor: Actor::Key(key.id.0), grants, request: request.to_owned() }, key))
}

/// Makes sure that somebody can sign in: the first person, who operates the installation.
///
/// # Errors
/// When the record cannot be read or written.
pub async fn first_operator(desk: &Desk, caller: &Caller) -> Result<PersonId> {
    permit_installation(caller, Action::EditInstallation)?;
    let context = Context::system("first start");
    if let Some(person) = person::everybody(desk, &context).await?.iter().find(|person| person::runs_the_installation(person)) {
        return Ok(person.id);
    }
    let person = Person {
        id: PersonId(Uuid::now_v7()),
        name: "Operator".to_owned(),
        email: "operator@localhost".to_owned(),
        language: hikeshi_domain::phrase::Language::Ja,
        time_zone: "Asia/Tokyo".to_owned(),
        password: None,
        second_factor: None,
        enrolling: None,
        grants: vec![Grant { role: Role::Operator, org: None }],
        created_at: desk.now(),
        disabled_at: None,
    };
    desk.store.change(&context, Change::new("person.add", "").put(&person, Expect::New)).await?;
    Ok(person.id)
}

/// The link of a secret and whom it is for, if it can be used for that now.
async fn usable_link(desk: &Desk, context: &Context, secret: &str, purpose: LinkPurpose) -> Result<(Stored<OneTimeLink>, Stored<Person>)> {
    let query = Query::new().eq("hash", secret::hash(secret)).limit(1);
    let link = desk.store.list::<OneTimeLink>(context, query).await?.items.into_iter().next().ok_or_else(link_refused)?;
    if link.purpose != purpose || !link.holds_at(desk.now()) {
        return Err(link_refused());
    }
    let person = active_person(desk, context, link.person).await?;
    Ok((link, person))
}

fn spent(link: &OneTimeLink, desk: &Desk) -> OneTimeLink {
    OneTimeLink { spent_at: Some(desk.now()), ..link.clone() }
}

fn link_refused() -> Error {
    Error::new(ErrorKind::Unauthenticated, Phrase::new("error.link_spent"))
}

/// Of two who try at once, the second finds the link changed under its hands.
fn refused_if_spent(error: Error) -> Error {
    if error.kind() == ErrorKind::Conflict { link_refused() } else { error }
}

/// The change with the end of every session of a person, but for the one of this secret.
pub(crate) async fn ended_sessions(
    desk: &Desk,
    context: &Context,
    person: PersonId,
    but: Option<&str>,
    mut change: Change,
) -> Result<Change> {
    let but = but.map(secret::hash);
    let query = Query::new().eq("person", person.to_string()).eq("ended", false).at_least("expires_at", desk.now()).limit(PAGE_LIMIT);
    let sessions = desk.store.list::<Session>(context, query).await?.items;
    for session in sessions.into_iter().filter(|session| but.as_ref() != Some(&session.hash)) {
        change = change.put(&Session { ended_at: Some(desk.now()), ..session.entity.clone() }, session.expect());
    }
    Ok(change)
}

/// The change with the end of every link of a person that could still be used.
pub(crate) async fn spent_links(desk: &Desk, context: &Context, person: PersonId, mut change: Change) -> Result<Change> {
    let query = Query::new().eq("person", person.to_string()).eq("spent", false).at_least("expires_at", desk.now()).limit(PAGE_LIMIT);
    for link in desk.store.list::<OneTimeLink>(context, query).await?.items {
        change = change.put(&spent(&link, desk), link.expect());
    }
    Ok(change)
}

async fn begin(desk: &Desk, context: &Context, change: Change, person: Stored<Person>) -> Result<SignedIn> {
    let (secret, now) = (secret::fresh()?, desk.now());
    let session = Session {
        id: SessionId(Uuid::now_v7()),
        hash: secret::hash(&secret),
        person: person.id,
        created_at: now,
        expires_at: now.checked_add(SESSION_LIFETIME).map_err(Error::internal)?,
        ended_at: None,
    };
    desk.store.change(context, change.put(&session, Expect::New)).await?;
    Ok(SignedIn { secret, person })
}

async fn find_session(desk: &Desk, context: &Context, secret: &str) -> Result<Stored<Session>> {
    let query = Query::new().eq("hash", secret::hash(secret)).limit(1);
    desk.store.list::<Session>(context, query).await?.items.into_iter().next().ok_or_else(Error::unauthenticated)
}

async fn active_person(desk: &Desk, context: &Context, person: PersonId) -> Result<Stored<Person>> {
    let person = desk.store.get::<Person>(context, person.0).await?;
    if person.disabled_at.is_some() { Err(Error::unauthenticated()) } else { Ok(person) }
}
