//! The lead's judgement of a case: type, severity and flows, and what a change of mind means for the flows that are decided.

use std::collections::BTreeSet;

use hikeshi_access::{Action, Caller, permit_everywhere};
use hikeshi_domain::CaseId;
use hikeshi_domain::case::Case;
use hikeshi_domain::incident::{IncidentType, ResponseFlow, Severity};
use hikeshi_domain::procedure::{Choice, ChoiceError, Reclassification};
use hikeshi_record::Change;

use super::{CaseLine, alike, keep, load, words};
use crate::desk::{Desk, context};
use crate::error::{Error, Result};
use crate::upon;

/// What the lead picks.
#[derive(Debug, Clone)]
pub struct Classification {
    /// Type.
    pub incident_type: IncidentType,
    /// Severity.
    pub severity: Severity,
    /// One or more flows.
    pub flows: BTreeSet<ResponseFlow>,
    /// Flows decided before that end with this.
    pub ended: BTreeSet<ResponseFlow>,
    /// Why; needed for a flow outside the matrix cell, and to change a decision.
    pub reason: String,
    /// The version of the case that the lead looked at.
    pub version: u64,
}

/// Decides type, severity and flows (S4-7). An earlier decision stays in the history with its reason (S4-90), and none of its flows ends
/// unless it is named (S4-92).
///
/// # Errors
/// `Invalid` where no flow is picked, a reason is needed and missing, or nothing is said of a flow decided before; `Conflict` where somebody
/// has acted on the case meanwhile, or the proposal is another one.
pub async fn classify(desk: &Desk, caller: &Caller, case: CaseId, picked: Classification) -> Result<CaseLine> {
    upon::retried(|| classify_once(desk, caller, case, picked.clone())).await
}

async fn classify_once(desk: &Desk, caller: &Caller, case: CaseId, picked: Classification) -> Result<CaseLine> {
    let (context, stored) = load(desk, caller, case, Action::JudgeCases, Some(picked.version), alike).await?;
    let by = caller.person().ok_or_else(Error::unauthenticated)?;
    if stored.decided.is_some() && picked.reason.trim().is_empty() {
        return Err(Error::invalid("error.reclassification_reason"));
    }
    let Classification { incident_type, severity, flows, ended, reason, .. } = picked;
    let reason = reason.trim().to_owned();
    let choice = Choice { incident_type, severity, flows, ended, reason: reason.clone() };
    let decision = desk.procedure.choose_flow(stored.decided.as_ref(), choice, by, desk.now()).map_err(refused)?;
    let judged = Case { decided: Some(decision), assignee: stored.assignee.or(Some(by)), ..stored.entity.clone() };
    keep(desk, &context, Change::new("case.classify", reason).put(&judged, stored.expect()), &judged).await
}

/// What another type or severity would mean for the flows of a case: what goes on, what is proposed anew, what stands beyond the new cell.
/// Decides nothing. Where nobody has judged yet, all that the cell offers is new.
///
/// # Errors
/// `NotFound` where the caller does not see the case.
pub async fn reclassification(
    desk: &Desk,
    caller: &Caller,
    case: CaseId,
    incident_type: IncidentType,
    severity: Severity,
) -> Result<Reclassification> {
    let context = context(&permit_everywhere(caller, Action::ReadCases)?);
    let case = desk.store.get::<Case>(&context, case.0).await?;
    Ok(match &case.decided {
        Some(decided) => desk.procedure.reclassify(decided, incident_type, severity),
        None => {
            let proposed = desk.procedure.matrix().cell(incident_type, severity).to_vec();
            Reclassification { proposed, kept: BTreeSet::new(), beyond: BTreeSet::new() }
        }
    })
}

fn refused(error: ChoiceError) -> Error {
    match error {
        ChoiceError::NoFlow => Error::invalid("error.no_flow"),
        ChoiceError::ReasonNeeded { outside, .. } => Error::invalid("error.flow_reason").with("flows", words(&outside)),
        ChoiceError::Unsaid { unsaid } => Error::invalid("error.flow_unsaid").with("flows", words(&unsaid)),
    }
}
