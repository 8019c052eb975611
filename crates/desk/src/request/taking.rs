//! A request is written down: whatever way it came, it becomes the same record (S0-86).

use hikeshi_access::{Action, Caller, permit};
use hikeshi_domain::organization::Organization;
use hikeshi_domain::phrase::Language;
use hikeshi_domain::request::{Basis, Channel, RequestForm, ServiceKind, ServiceRequest, Sign};
use hikeshi_domain::retainer::Retainer;
use hikeshi_domain::tlp::Tlp;
use hikeshi_domain::{OrganizationId, ServiceRequestId};
use hikeshi_record::{Change, Context, Expect, Stored};
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::timing;
use super::work::{keep, load};
use crate::desk::{Desk, context};
use crate::error::{Error, Result};
use crate::{number, retainer, upon};

/// Longest text of a form, in characters.
const LONGEST_TEXT: usize = 20_000;
const MOST_SITES: usize = 100;
/// A call may have begun before it is written down, a clock beside the telephone may be wrong: so much may lie in the future.
const CLOCKS_DIFFER: SignedDuration = SignedDuration::from_mins(5);

/// What is written down of a request.
#[derive(Debug, Clone)]
pub struct Written {
    /// What is asked, item by item; any may be missing.
    pub form: RequestForm,
    /// Signs that the caller tells of; absent: as they stand.
    pub signs: Option<Vec<Sign>>,
    /// The language to answer in; absent: as it stands, of a new one the organisation's.
    pub language: Option<Language>,
    /// Marked as sensitive by whoever asked; absent: as it stands.
    pub sensitive: Option<bool>,
    /// Who may read it; absent: as it stands, of a new one restricted.
    pub tlp: Option<Tlp>,
}

/// Takes a request in. Its clocks start when it reached the desk, not when somebody had time to write it down.
///
/// # Errors
/// `NotFound` for an organisation that is not the caller's, `Invalid` for a text that is too long, a sign that is not in the playbook or a
/// time that has not come yet.
pub async fn receive(
    desk: &Desk,
    caller: &Caller,
    org: OrganizationId,
    channel: Channel,
    received_at: Option<Timestamp>,
    written: Written,
) -> Result<Stored<ServiceRequest>> {
    let context = context(&permit(caller, Action::WorkRequests, org)?).within(org);
    let written = checked(desk, written)?;
    let received_at = passed(desk, received_at)?;
    upon::retried(|| receive_once(desk, caller, &context, org, (channel, received_at), &written)).await
}

async fn receive_once(
    desk: &Desk,
    caller: &Caller,
    context: &Context,
    org: OrganizationId,
    (channel, received_at): (Channel, Timestamp),
    written: &Written,
) -> Result<Stored<ServiceRequest>> {
    let organization = desk.store.get::<Organization>(context, org.0).await?;
    let number = number::next(desk, context, org, "SR").await?;
    let request = ServiceRequest {
        id: ServiceRequestId(Uuid::now_v7()),
        org,
        reference: number.reference.clone(),
        drill: organization.drill.is_some(),
        received_at,
        channel,
        written_by: caller.person(),
        form: written.form.clone(),
        signs: written.signs.clone().unwrap_or_default(),
        language: written.language.unwrap_or(organization.language),
        sensitive: written.sensitive.unwrap_or(false),
        tlp: written.tlp.unwrap_or_default(),
        basis: Basis::OnDemand,
        declared: Vec::new(),
        verified: None,
        assignee: None,
        clocks: Vec::new(),
        due_at: None,
        comments: 0,
        case: None,
        ended: None,
    };
    let request = weighed(desk, context, request).await?;
    let change = number.taken_by(Change::new("request.receive", "")).put(&request, Expect::New);
    keep(desk, context, change, &request).await
}

/// Writes the items anew; the ones before are earlier versions.
///
/// # Errors
/// As [`receive`]; `Invalid` once it has ended, `Conflict` where somebody has acted on it since `version`.
pub async fn write(
    desk: &Desk,
    caller: &Caller,
    request: ServiceRequestId,
    written: Written,
    version: u64,
) -> Result<Stored<ServiceRequest>> {
    let written = checked(desk, written)?;
    upon::retried(|| async {
        let (context, stored) = load(desk, caller, request, Some(version)).await?;
        let changed = ServiceRequest {
            form: written.form.clone(),
            signs: written.signs.clone().unwrap_or_else(|| stored.signs.clone()),
            language: written.language.unwrap_or(stored.language),
            sensitive: written.sensitive.unwrap_or(stored.sensitive),
            tlp: written.tlp.unwrap_or(stored.tlp),
            ..stored.entity.clone()
        };
        if changed == stored.entity {
            return Ok(stored);
        }
        let changed = weighed(desk, &context, changed).await?;
        keep(desk, &context, Change::new("request.write", "").put(&changed, stored.expect()), &changed).await
    })
    .await
}

/// The request with the ground on which the desk works on it, and the clocks that follow from it. An emergency that no retainer covers
/// keeps the ground of what the form asks for: to say EMERGENCY never puts a request further back.
pub(super) async fn weighed(desk: &Desk, context: &Context, mut request: ServiceRequest) -> Result<ServiceRequest> {
    let retainers = retainer::holding(desk, context, request.org, request.received_at).await?;
    let covering = |service: Option<ServiceKind>| {
        let covers = |retainer: &&Stored<Retainer>| service.is_none_or(|service| retainer.services.contains(&service));
        retainers.iter().find(covers).map(|retainer| (retainer, service))
    };
    let ground = covering(request.service()).or_else(|| covering(request.form.service));
    request.basis = match ground {
        Some((retainer, service)) => Basis::Retainer { id: retainer.id, reference: retainer.reference.clone(), service },
        None => Basis::OnDemand,
    };
    if let Some((retainer, service)) = ground {
        timing::started(desk, &mut request, retainer, service);
    }
    request.due_at = timing::first_due(desk, &request);
    Ok(request)
}

/// A time that has come; now, where none is named or a clock elsewhere is a little ahead.
pub(super) fn passed(desk: &Desk, at: Option<Timestamp>) -> Result<Timestamp> {
    let now = desk.now();
    match at {
        Some(at) if at > now.saturating_add(CLOCKS_DIFFER).unwrap_or(now) => Err(Error::invalid("error.time_to_come")),
        Some(at) => Ok(at.min(now)),
        None => Ok(now),
    }
}

fn checked(desk: &Desk, mut written: Written) -> Result<Written> {
    written.form = written.form.trimmed();
    if written.form.longest_text() > LONGEST_TEXT {
        return Err(Error::invalid("error.field_too_long").with("field", "form").with("most", LONGEST_TEXT.to_string()));
    }
    if written.form.sites.len() > MOST_SITES {
        return Err(Error::invalid("error.too_many_at_once").with("most", MOST_SITES.to_string()));
    }
    if let Some(signs) = &mut written.signs {
        signs.sort();
        signs.dedup();
    }
    match written.signs.iter().flatten().find(|sign| desk.signs.advice(sign).is_none()) {
        Some(unknown) => Err(Error::invalid("error.sign_unknown").with("sign", unknown.0.clone())),
        None => Ok(written),
    }
}
