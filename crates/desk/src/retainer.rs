//! Retainers: what a customer has agreed with the desk.

use std::collections::{BTreeMap, BTreeSet};

use hikeshi_access::{Action, Caller, permit, permit_everywhere};
use hikeshi_domain::clock::{Duty, Rule, RuleError};
use hikeshi_domain::entity::Entity;
use hikeshi_domain::organization::Organization;
use hikeshi_domain::request::ServiceKind;
use hikeshi_domain::retainer::Retainer;
use hikeshi_domain::{OrganizationId, RetainerId};
use hikeshi_record::{Change, Context, Expect, Order, Query, Stored};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use uuid::Uuid;

use crate::desk::{Desk, context};
use crate::error::{Error, Result};
use crate::everything::everything;

/// What a retainer may set terms for: the clocks of requests. Others have no retainer yet.
const OF_REQUESTS: [Duty; 3] = [Duty::FirstAnswer, Duty::OnSite, Duty::InquiryAnswer];
const LONGEST_NOTE: usize = 20_000;
const LONGEST_REFERENCE: usize = 200;

/// What is agreed.
#[derive(Debug, Clone)]
pub struct Agreed {
    /// Reference of the signed contract.
    pub reference: String,
    /// First day.
    pub from: Date,
    /// Last day.
    pub until: Date,
    /// The services that it covers.
    pub services: BTreeSet<ServiceKind>,
    /// Hours of work that it includes.
    pub hours: u32,
    /// Terms in which something is due.
    pub terms: BTreeMap<Duty, Rule>,
    /// What else the desk has to know.
    pub note: String,
}

/// The retainers of an organisation, the latest term first.
///
/// # Errors
/// `NotFound` where it is not the caller's.
pub async fn list(desk: &Desk, caller: &Caller, org: OrganizationId) -> Result<Vec<Stored<Retainer>>> {
    let context = context(&permit(caller, Action::ReadRetainers, org)?).within(org);
    everything(desk, &context, Query::new().order("from", Order::Desc)).await
}

/// Writes a retainer down.
///
/// # Errors
/// `Invalid` where the term ends before it begins, no service is covered, or a term names a calendar that is not there.
pub async fn add(desk: &Desk, caller: &Caller, org: OrganizationId, agreed: Agreed) -> Result<Stored<Retainer>> {
    let context = context(&permit(caller, Action::EditRetainers, org)?).within(org);
    let organization = desk.store.get::<Organization>(&context, org.0).await?;
    let Agreed { reference, from, until, services, hours, terms, note } = checked(desk, agreed)?;
    let (id, time_zone) = (RetainerId(Uuid::now_v7()), organization.time_zone.clone());
    let retainer = Retainer { id, org, reference, from, until, time_zone, services, hours, terms, note, created_at: desk.now() };
    keep(desk, &context, Change::new("retainer.add", "").put(&retainer, Expect::New), &retainer).await
}

/// Changes a retainer; what was agreed before are earlier versions. Clocks that run keep the term that they were started by.
///
/// # Errors
/// As [`add`]; `NotFound` where it is not the caller's, `Conflict` where it has changed since `version`.
pub async fn change(desk: &Desk, caller: &Caller, retainer: RetainerId, agreed: Agreed, version: u64) -> Result<Stored<Retainer>> {
    let reading = context(&permit_everywhere(caller, Action::ReadRetainers)?);
    let stored = desk.store.get::<Retainer>(&reading, retainer.0).await?;
    let context = context(&permit(caller, Action::EditRetainers, stored.org)?).within(stored.org);
    let Agreed { reference, from, until, services, hours, terms, note } = checked(desk, agreed)?;
    let changed = Retainer { reference, from, until, services, hours, terms, note, ..stored.entity.clone() };
    keep(desk, &context, Change::new("retainer.change", "").put(&changed, Expect::Version(version)), &changed).await
}

/// The retainers of an organisation that hold at an instant, the latest term first.
pub(crate) async fn holding(desk: &Desk, context: &Context, org: OrganizationId, at: Timestamp) -> Result<Vec<Stored<Retainer>>> {
    let mut retainers = everything::<Retainer>(desk, &context.within(org), Query::new().order("from", Order::Desc)).await?;
    retainers.retain(|retainer| retainer.holds(at));
    Ok(retainers)
}

async fn keep(desk: &Desk, context: &Context, change: Change, retainer: &Retainer) -> Result<Stored<Retainer>> {
    desk.store.change(context, change).await?;
    desk.tell(Retainer::KIND, retainer.id.0, Some(retainer.org));
    Ok(desk.store.get(context, retainer.id.0).await?)
}

fn checked(desk: &Desk, mut agreed: Agreed) -> Result<Agreed> {
    for (field, text, most) in [("reference", &mut agreed.reference, LONGEST_REFERENCE), ("note", &mut agreed.note, LONGEST_NOTE)] {
        *text = text.trim().to_owned();
        if text.chars().count() > most {
            return Err(Error::invalid("error.field_too_long").with("field", field).with("most", most.to_string()));
        }
    }
    if agreed.reference.is_empty() {
        return Err(Error::invalid("error.field_empty").with("field", "reference"));
    }
    if agreed.until < agreed.from {
        return Err(Error::invalid("error.retainer_term"));
    }
    if agreed.services.is_empty() {
        return Err(Error::invalid("error.field_empty").with("field", "services"));
    }
    if let Some(duty) = agreed.terms.keys().find(|duty| !OF_REQUESTS.contains(duty)) {
        let known = OF_REQUESTS.map(Duty::name).join(", ");
        return Err(Error::invalid("error.retainer_duty").with("duty", duty.name()).with("known", known));
    }
    for rule in agreed.terms.values() {
        desk.clocks.count(rule, desk.now(), &TimeZone::UTC).map_err(|error| uncounted(rule, error))?;
    }
    Ok(agreed)
}

fn uncounted(rule: &Rule, error: RuleError) -> Error {
    match error {
        RuleError::Calendar { name, known } => Error::invalid("error.retainer_calendar").with("calendar", name).with("known", known),
        RuleError::Unknown(_) | RuleError::TooFar => Error::invalid("error.retainer_rule").with("rule", rule.to_string()),
    }
}
