//! Remarks on alerts and cases, and the history of who did what to them.

use hikeshi_access::{Action, Caller, permit, permit_everywhere};
use hikeshi_domain::alert::Alert;
use hikeshi_domain::case::{Case, Decision};
use hikeshi_domain::comment::{Comment, Reference};
use hikeshi_domain::entity::Entity;
use hikeshi_domain::request::ServiceRequest;
use hikeshi_domain::{AlertId, CaseId, CommentId, OrganizationId, ServiceRequestId};
use hikeshi_record::PAGE_LIMIT;
use hikeshi_record::{Actor, Change, Content, Context, Expect, Order, Query, Stored};
use jiff::Timestamp;
use serde::Deserialize;
use uuid::Uuid;

use crate::desk::{Desk, context};
use crate::error::{Error, Result};
use crate::upon;

/// Longest remark, in characters.
const LONGEST_COMMENT: usize = 20_000;

/// What a remark is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    /// An alert.
    Alert(AlertId),
    /// A case.
    Case(CaseId),
    /// A service request.
    Request(ServiceRequestId),
}

/// One line of a history.
#[derive(Debug, Clone)]
pub struct Step {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub who: Actor,
    /// What: `alert.close`. Of a case, what happened to it: that triage of an alert opened it is `case.open`.
    pub action: String,
    /// Why; empty if nobody was asked.
    pub reason: String,
    /// The version that it made.
    pub version: u64,
    /// The alert that came into the case by it.
    pub alert: Option<AlertId>,
    /// What was decided of the case by it.
    pub decided: Option<Decision>,
}

/// Adds a remark.
///
/// # Errors
/// `Invalid` where it is empty or too long, `NotFound` where the caller does not see what it is about.
pub async fn add(desk: &Desk, caller: &Caller, about: About, text: &str) -> Result<Stored<Comment>> {
    upon::retried(|| add_once(desk, caller, about, text)).await
}

async fn add_once(desk: &Desk, caller: &Caller, about: About, text: &str) -> Result<Stored<Comment>> {
    let (context, org, target) = subject(desk, caller, about, Purpose::Work).await?;
    let text = text.trim();
    if text.is_empty() {
        return Err(Error::invalid("error.comment_empty"));
    }
    if text.chars().count() > LONGEST_COMMENT {
        return Err(Error::invalid("error.field_too_long").with("field", "text").with("most", LONGEST_COMMENT.to_string()));
    }
    let by = caller.person().ok_or_else(Error::unauthenticated)?;
    let comment = Comment { id: CommentId(Uuid::now_v7()), org, target: target.clone(), by, at: desk.now(), text: text.to_owned() };
    let mut change = Change::new("comment.add", "").put(&comment, Expect::New);
    if let About::Case(case) = about {
        let case = desk.store.get::<Case>(&context, case.0).await?;
        change = change.put(&Case { comments: case.comments.saturating_add(1), ..case.entity.clone() }, case.expect());
    }
    if let About::Request(request) = about {
        let request = desk.store.get::<ServiceRequest>(&context, request.0).await?;
        let comments = request.comments.saturating_add(1);
        change = change.put(&ServiceRequest { comments, ..request.entity.clone() }, request.expect());
    }
    desk.store.change(&context, change).await?;
    match about {
        About::Alert(alert) => desk.tell(Alert::KIND, alert.0, Some(org)),
        About::Case(case) => desk.tell(Case::KIND, case.0, Some(org)),
        About::Request(request) => desk.tell(ServiceRequest::KIND, request.0, Some(org)),
    }
    Ok(desk.store.get(&context, comment.id.0).await?)
}

/// The remarks, oldest first.
///
/// # Errors
/// `NotFound` where the caller does not see what they are about.
pub async fn list(desk: &Desk, caller: &Caller, about: About) -> Result<Vec<Stored<Comment>>> {
    let (context, _, target) = subject(desk, caller, about, Purpose::Read).await?;
    let query = Query::new().eq("target", target.word()).order("at", Order::Asc).limit(PAGE_LIMIT);
    Ok(desk.store.list::<Comment>(&context, query).await?.items)
}

/// Who did what, when and why, latest first.
///
/// # Errors
/// `NotFound` where the caller does not see it.
pub async fn history(desk: &Desk, caller: &Caller, about: About) -> Result<Vec<Step>> {
    let (context, _, target) = subject(desk, caller, about, Purpose::Read).await?;
    let versions = desk.store.history(&context, &target.kind, target.id).await?;
    let mut steps: Vec<Step> = Vec::with_capacity(versions.len());
    let mut before = 0;
    for version in versions {
        let joined = matches!(about, About::Case(_)).then(|| joined(&version, &mut before)).flatten();
        let decided = decided(&version);
        let action = match joined {
            Some(_) if version.version == 1 => "case.open".to_owned(),
            Some(_) => "case.join".to_owned(),
            None => version.action,
        };
        let reason = match version.content {
            Content::Kept { reason, .. } | Content::Tombstone { reason } => reason,
            Content::Erased => String::new(),
        };
        steps.push(Step { at: version.at, who: version.actor, action, reason, version: version.version, alert: joined, decided });
    }
    steps.reverse();
    Ok(steps)
}

/// The alert that a version of a case holds and the version before it, with so many, did not.
fn joined(version: &hikeshi_record::Version, before: &mut usize) -> Option<AlertId> {
    let Content::Kept { body, .. } = &version.content else { return None };
    let alerts: Vec<AlertId> = body.get("alerts").and_then(|alerts| Vec::deserialize(alerts).ok())?;
    let known = std::mem::replace(before, alerts.len());
    alerts.get(known).copied()
}

/// What a version of a case decided.
fn decided(version: &hikeshi_record::Version) -> Option<Decision> {
    let Content::Kept { body, .. } = &version.content else { return None };
    let decided = body.get("decided").filter(|_| version.action == "case.classify")?;
    Decision::deserialize(decided).ok()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Purpose {
    Read,
    Work,
}

async fn subject(desk: &Desk, caller: &Caller, about: About, purpose: Purpose) -> Result<(Context, OrganizationId, Reference)> {
    let (reading, working) = match about {
        About::Alert(_) => (Action::ReadAlerts, Action::WorkAlerts),
        About::Case(_) => (Action::ReadCases, Action::WorkCases),
        About::Request(_) => (Action::ReadRequests, Action::WorkRequests),
    };
    let seen = context(&permit_everywhere(caller, reading)?);
    let (org, target) = match about {
        About::Alert(id) => {
            let alert = desk.store.get::<Alert>(&seen, id.0).await?;
            (alert.org, Reference::to(&alert.entity))
        }
        About::Case(id) => {
            let case = desk.store.get::<Case>(&seen, id.0).await?;
            (case.org, Reference::to(&case.entity))
        }
        About::Request(id) => {
            let request = desk.store.get::<ServiceRequest>(&seen, id.0).await?;
            (request.org, Reference::to(&request.entity))
        }
    };
    let action = if purpose == Purpose::Work { working } else { reading };
    Ok((context(&permit(caller, action, org)?), org, target))
}
