//! Organisations: made, named, and their standing choices.

use hikeshi_access::{Action, Caller, permit, permit_installation};
use hikeshi_domain::OrganizationId;
use hikeshi_domain::entity::Entity;
use hikeshi_domain::organization::Organization;
use hikeshi_domain::phrase::Language;
use hikeshi_record::{Change, Expect, Stored};
use jiff::tz::TimeZone;
use uuid::Uuid;

use crate::desk::{Desk, context};
use crate::error::{Error, Result};

/// Days that telemetry is kept unless the organisation chooses otherwise.
pub const DEFAULT_RETENTION_DAYS: u32 = 90;
const LONGEST_NAME: usize = 200;
const MOST_CONTACTS: usize = 50;
const MOST_RETENTION_DAYS: u32 = 3_660;

/// What an organisation may choose about itself.
#[derive(Debug, Clone)]
pub struct Choices {
    /// Name as shown.
    pub name: String,
    /// IANA name of its zone.
    pub time_zone: String,
    /// Language of its mails and reports.
    pub language: Language,
    /// Days that its telemetry is kept.
    pub retention_days: u32,
    /// Addresses that receive its mail.
    pub contacts: Vec<String>,
}

/// Makes an organisation; `drill` names the scenario that it is made for.
///
/// # Errors
/// `Invalid` where a choice cannot be.
pub async fn add(desk: &Desk, caller: &Caller, choices: Choices, drill: Option<String>) -> Result<Stored<Organization>> {
    let context = context(&permit_installation(caller, Action::EditInstallation)?);
    let Choices { name, time_zone, language, retention_days, contacts } = checked(choices)?;
    let (id, created_at) = (OrganizationId(Uuid::now_v7()), desk.now());
    let organization = Organization { id, name, drill, time_zone, retention_days, language, contacts, created_at };
    desk.store.change(&context, Change::new("organization.add", "").put(&organization, Expect::New)).await?;
    desk.tell(Organization::KIND, organization.id.0, Some(organization.id));
    Ok(desk.store.get(&context, organization.id.0).await?)
}

/// One organisation.
///
/// # Errors
/// `NotFound` where it is not the caller's.
pub async fn get(desk: &Desk, caller: &Caller, org: OrganizationId) -> Result<Stored<Organization>> {
    let context = context(&permit(caller, Action::ReadOrganization, org)?);
    Ok(desk.store.get(&context, org.0).await?)
}

/// Changes an organisation's choices.
///
/// # Errors
/// `Invalid` where a choice cannot be, `Conflict` where it has changed since `version`.
pub async fn change(desk: &Desk, caller: &Caller, org: OrganizationId, choices: Choices, version: u64) -> Result<Stored<Organization>> {
    let context = context(&permit(caller, Action::EditOrganization, org)?);
    let stored = desk.store.get::<Organization>(&context, org.0).await?;
    let Choices { name, time_zone, language, retention_days, contacts } = checked(choices)?;
    let changed = Organization { name, time_zone, language, retention_days, contacts, ..stored.entity.clone() };
    desk.store.change(&context, Change::new("organization.change", "").put(&changed, Expect::Version(version))).await?;
    desk.tell(Organization::KIND, org.0, Some(org));
    Ok(desk.store.get(&context, org.0).await?)
}

fn checked(mut choices: Choices) -> Result<Choices> {
    choices.name = choices.name.trim().to_owned();
    if choices.name.is_empty() {
        return Err(Error::invalid("error.field_empty").with("field", "name"));
    }
    if choices.name.chars().count() > LONGEST_NAME {
        return Err(Error::invalid("error.field_too_long").with("field", "name").with("most", LONGEST_NAME.to_string()));
    }
    if TimeZone::get(&choices.time_zone).is_err() {
        return Err(Error::invalid("error.time_zone").with("value", choices.time_zone));
    }
    if !(1..=MOST_RETENTION_DAYS).contains(&choices.retention_days) {
        return Err(Error::invalid("error.retention_days").with("most", MOST_RETENTION_DAYS.to_string()));
    }
    if choices.contacts.len() > MOST_CONTACTS {
        return Err(Error::invalid("error.too_many_at_once").with("most", MOST_CONTACTS.to_string()));
    }
    for contact in &mut choices.contacts {
        *contact = contact.trim().to_owned();
        if !contact.contains('@') || contact.chars().any(|letter| letter.is_whitespace() || letter.is_control()) {
            return Err(Error::invalid("error.email").with("value", contact.clone()));
        }
    }
    Ok(choices)
}
