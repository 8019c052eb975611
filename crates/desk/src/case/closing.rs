//! How cases end: judged, with a reason, one or several at once.

use hikeshi_access::{Action, Caller, permit_everywhere};
use hikeshi_domain::case::{Case, CaseClosed};
use hikeshi_domain::entity::Entity;
use hikeshi_domain::{CaseId, PersonId};
use hikeshi_record::Change;

use super::{CaseLine, alike, keep, load};
use crate::alert::{MOST_AT_ONCE, required};
use crate::desk::{Desk, context};
use crate::error::{Error, Result};
use crate::upon;

/// Ends a case.
///
/// # Errors
/// `Invalid` without a reason, or where nobody has judged it yet; `Conflict` where somebody has acted on it since `version` (if one is
/// named), or an alert has come into it.
pub async fn close(desk: &Desk, caller: &Caller, case: CaseId, reason: &str, version: Option<u64>) -> Result<CaseLine> {
    upon::retried(|| close_once(desk, caller, case, reason, version)).await
}

async fn close_once(desk: &Desk, caller: &Caller, case: CaseId, reason: &str, version: Option<u64>) -> Result<CaseLine> {
    let (context, stored) = load(desk, caller, case, Action::JudgeCases, version, all_alike).await?;
    let reason = required(reason)?;
    if stored.decided.is_none() {
        return Err(Error::invalid("error.case_not_judged"));
    }
    let by = caller.person().ok_or_else(Error::unauthenticated)?;
    let closed = closed(&stored, by, desk, &reason);
    keep(desk, &context, Change::new("case.close", reason).put(&closed, stored.expect()), &closed).await
}

/// Ends several cases with one reason: all of them, or none.
///
/// # Errors
/// As [`close`]; `Invalid` with the references of those that nobody has judged, or where they are too many.
pub async fn close_together(desk: &Desk, caller: &Caller, cases: &[(CaseId, Option<u64>)], reason: &str) -> Result<usize> {
    upon::retried(|| close_together_once(desk, caller, cases, reason)).await
}

async fn close_together_once(desk: &Desk, caller: &Caller, cases: &[(CaseId, Option<u64>)], reason: &str) -> Result<usize> {
    let context = context(&permit_everywhere(caller, Action::JudgeCases)?);
    let reason = required(reason)?;
    if cases.len() > MOST_AT_ONCE {
        return Err(Error::invalid("error.too_many_at_once").with("most", MOST_AT_ONCE.to_string()));
    }
    let by = caller.person().ok_or_else(Error::unauthenticated)?;
    let mut change = Change::new("case.close", reason.clone());
    let (mut ended, mut unjudged): (Vec<Case>, Vec<String>) = (Vec::new(), Vec::new());
    for &(id, version) in cases {
        if ended.iter().any(|case| case.id == id) {
            continue;
        }
        let (_, stored) = load(desk, caller, id, Action::JudgeCases, version, all_alike).await?;
        if stored.decided.is_none() {
            unjudged.push(stored.reference.clone());
        }
        let closed = closed(&stored, by, desk, &reason);
        change = change.put(&closed, stored.expect());
        ended.push(closed);
    }
    if !unjudged.is_empty() {
        return Err(Error::invalid("error.cases_not_judged").with("cases", unjudged.join(", ")));
    }
    if !ended.is_empty() {
        desk.store.change(&context, change).await?;
    }
    ended.iter().for_each(|case| desk.tell(Case::KIND, case.id.0, Some(case.org)));
    Ok(ended.len())
}

/// As [`alike`], with the same alerts: a case does not end over one that its lead has not seen.
fn all_alike(one: &Case, other: &Case) -> bool {
    alike(one, other) && one.alerts == other.alerts
}

fn closed(case: &Case, by: PersonId, desk: &Desk, reason: &str) -> Case {
    Case { closed: Some(CaseClosed { by, at: desk.now(), reason: reason.to_owned() }), ..case.clone() }
}
