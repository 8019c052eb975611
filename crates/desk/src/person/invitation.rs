//! Invites people: a link that is shown once, and mailed where a mail server is set. With it the person sets a password and signs in.
//!
//! The mail goes out at once and is not kept in the outbox: whoever reads the outbox would hold the link.

use hikeshi_access::Caller;
use hikeshi_domain::organization::Organization;
use hikeshi_domain::person::Person;
use hikeshi_domain::phrase::{Language, Phrase};
use hikeshi_domain::phrases::render;
use hikeshi_domain::role::{Grant, Role};
use hikeshi_domain::session::LinkPurpose;
use hikeshi_domain::{MessageId, OrganizationId, PersonId};
use hikeshi_notify::mail::{self, Letter};
use hikeshi_record::{Change, Context, Expect, Query};
use jiff::SignedDuration;
use uuid::Uuid;

use super::roster::{self, Member};
use super::{Profile, checked};
use crate::desk::Desk;
use crate::error::{Error, Result};
use crate::session::{self, LINK_LIFETIME};
use crate::settings;

/// How long somebody has to take up a first invitation. A link for a person who has a password already holds [`LINK_LIFETIME`].
pub const INVITATION_LIFETIME: SignedDuration = SignedDuration::from_hours(24);

/// Who is invited to do what where.
#[derive(Debug, Clone)]
pub struct Invitation {
    /// Name.
    pub name: String,
    /// Mail address; signs in by it.
    pub email: String,
    /// Language of console and mails.
    pub language: Language,
    /// The role.
    pub role: Role,
    /// Where; none: everywhere.
    pub org: Option<OrganizationId>,
}

/// What became of the mail with the link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mailed {
    /// No mail server is set: the link has to be handed over.
    NoServer,
    /// The mail server took it.
    Sent,
    /// It did not leave: what the server said.
    Failed(String),
}

/// A link that can be read this once.
#[derive(Debug, Clone)]
pub struct Invited {
    /// Whom it is for.
    pub member: Member,
    /// The address to open.
    pub link: String,
    /// How long it holds.
    pub lifetime: SignedDuration,
    /// Whether it was mailed.
    pub mailed: Mailed,
}

/// Invites a person.
///
/// # Errors
/// `NotFound` for an organisation that is not the caller's; `Invalid` where a value cannot be, or somebody signs in by that address already.
pub async fn invite(desk: &Desk, caller: &Caller, invitation: Invitation) -> Result<Invited> {
    let Invitation { name, email, language, role, org } = invitation;
    let place = roster::place(desk, caller, org, Some(role)).await?;
    let context = Context::system("invitation");
    let time_zone = time_zone(desk, caller, &context, org).await?;
    let profile = checked(Profile { name, email, language, time_zone })?;
    let known = desk.store.list::<Person>(&context, Query::new().eq("email", profile.email.as_str()).limit(1)).await?;
    if !known.items.is_empty() {
        return Err(Error::invalid("error.email_taken"));
    }
    let person = Person {
        id: PersonId(Uuid::now_v7()),
        name: profile.name,
        email: profile.email,
        language,
        time_zone: profile.time_zone,
        password: None,
        second_factor: None,
        enrolling: None,
        grants: vec![Grant { role, org }],
        created_at: desk.now(),
        disabled_at: None,
    };
    let reach = roster::reach(caller)?;
    let change = Change::new("person.invite", format!("{} @ {place}", role.name())).put(&person, Expect::New);
    hand_out(desk, reach, change.claim_key("email", &person.email, person.id), &person).await
}

/// Makes a fresh link for a person whose invitation has run out or who has forgotten the password. Earlier links end.
///
/// # Errors
/// `Forbidden` where the person works for others too, `Invalid` where they may not sign in.
pub async fn fresh_link(desk: &Desk, caller: &Caller, person: PersonId) -> Result<Invited> {
    let (reach, stored) = roster::wholly(desk, caller, person).await?;
    if stored.disabled_at.is_some() {
        return Err(Error::invalid("error.person_disabled"));
    }
    let change = session::spent_links(desk, &reach.context, person, Change::new("person.link", "")).await?;
    hand_out(desk, reach, change, &stored).await
}

async fn hand_out(desk: &Desk, reach: roster::Reach, change: Change, person: &Person) -> Result<Invited> {
    let lifetime = if person.password.is_some() { LINK_LIFETIME } else { INVITATION_LIFETIME };
    let (link, secret) = session::new_link(desk.now(), person.id, LinkPurpose::SetPassword, lifetime)?;
    let member = roster::keep(desk, &reach, change.put(&link, Expect::New), person.id).await?;
    let (settings, _) = settings::read(desk, &Context::system("invitation")).await?;
    let link = format!("{}/sign-in#invitation={secret}", settings.public_url.as_deref().unwrap_or(&desk.address));
    let mailed = match &settings.mail_server {
        None => Mailed::NoServer,
        Some(server) => {
            let (to, subject, body) = text(person, &link, lifetime);
            let letter = Letter { id: MessageId(Uuid::now_v7()), to: &[to], subject: &subject, body: &body };
            mail::send(server, letter, desk.now()).await.map_or_else(|error| Mailed::Failed(error.to_string()), |()| Mailed::Sent)
        }
    };
    Ok(Invited { member, link, lifetime, mailed })
}

/// The organisation's zone; for somebody who works everywhere, the zone of whoever invites.
async fn time_zone(desk: &Desk, caller: &Caller, context: &Context, org: Option<OrganizationId>) -> Result<String> {
    match (org, caller.person()) {
        (Some(org), _) => Ok(desk.store.get::<Organization>(context, org.0).await?.time_zone.clone()),
        (None, Some(person)) => Ok(desk.store.get::<Person>(context, person.0).await?.time_zone.clone()),
        (None, None) => Ok("UTC".to_owned()),
    }
}

fn text(person: &Person, link: &str, lifetime: SignedDuration) -> (String, String, String) {
    let hours = lifetime.as_hours();
    let holds = if hours > 0 {
        Phrase::new("mail.hours").with("count", hours.to_string())
    } else {
        Phrase::new("mail.minutes").with("count", lifetime.as_mins().to_string())
    };
    let body = Phrase::new("mail.invitation.body")
        .with("name", &person.name)
        .with("link", link)
        .with("email", &person.email)
        .with("holds", render(&holds, person.language));
    (person.email.clone(), render(&Phrase::new("mail.invitation.subject"), person.language), render(&body, person.language))
}
