//! The lead's choice of type, severity and flows, and what a later change of mind does to it (S4-7, S4-18, S4-90, S4-92).

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::Procedure;
use crate::case::Decision;
use crate::id::PersonId;
use crate::incident::{IncidentType, ResponseFlow, Severity};

/// What the lead picked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// Type.
    pub incident_type: IncidentType,
    /// Severity.
    pub severity: Severity,
    /// One or more flows.
    pub flows: BTreeSet<ResponseFlow>,
    /// Decided flows that end with this choice: each that the choice neither picks nor brings has to be named.
    pub ended: BTreeSet<ResponseFlow>,
    /// Why; may be empty while the flows lie in the matrix cell.
    pub reason: String,
}

/// A choice that cannot be taken as it is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChoiceError {
    /// No flow was picked.
    #[error("no flow is picked; pick one or more")]
    NoFlow,
    /// A flow outside the matrix cell needs a reason (S4-18).
    #[error("{} lies outside the cell {incident_type} × {severity} ({}); say why", listed(outside), listed(cell))]
    ReasonNeeded {
        /// The picked flows that the cell does not offer.
        outside: Vec<ResponseFlow>,
        /// What the cell offers.
        cell: Vec<ResponseFlow>,
        /// Type.
        incident_type: IncidentType,
        /// Severity.
        severity: Severity,
    },
    /// Decided flows are neither picked nor said to end, or are both (S4-92).
    #[error("{} is decided already; pick it again, or say that it ends", listed(unsaid))]
    Unsaid {
        /// The flows about which the choice is not clear.
        unsaid: Vec<ResponseFlow>,
    },
}

/// What a change of type or severity means for the flows: nothing that runs is taken away without a person's word (S4-92).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reclassification {
    /// The alternatives that the new cell offers and that are not decided already.
    pub proposed: Vec<ResponseFlow>,
    /// Decided flows that stay in place under the new cell.
    pub kept: BTreeSet<ResponseFlow>,
    /// Decided flows that the new cell would not have brought: their work stays, the lead says whether they go on.
    pub beyond: BTreeSet<ResponseFlow>,
}

impl Procedure {
    /// Turns the lead's choice into a decision, with the flows closed over what they bring. What was decided `before` goes on, or ends by name.
    ///
    /// # Errors
    /// When no flow is picked, or one lies outside the matrix cell and no reason is given, or nothing is said of a flow decided before.
    pub fn choose_flow(&self, before: Option<&Decision>, choice: Choice, by: PersonId, at: Timestamp) -> Result<Decision, ChoiceError> {
        let Choice { incident_type, severity, flows, ended, reason } = choice;
        if flows.is_empty() {
            return Err(ChoiceError::NoFlow);
        }
        let outside = self.outside(incident_type, severity, &flows);
        if !outside.is_empty() && reason.trim().is_empty() {
            let cell = self.matrix().cell(incident_type, severity).to_vec();
            return Err(ChoiceError::ReasonNeeded { outside, cell, incident_type, severity });
        }
        let flows = self.matrix().with_what_they_bring(&flows);
        let left: BTreeSet<ResponseFlow> = before.iter().flat_map(|before| before.flows.difference(&flows)).copied().collect();
        let unsaid: Vec<ResponseFlow> = left.symmetric_difference(&ended).copied().collect();
        if !unsaid.is_empty() {
            return Err(ChoiceError::Unsaid { unsaid });
        }
        let (reason, playbook) = (reason.trim().to_owned(), self.version().to_owned());
        Ok(Decision { incident_type, severity, flows, ended, by, at, reason, playbook })
    }

    /// The picked flows that the cell does not offer. What another picked flow brings anyway is no choice of its own.
    pub fn outside(&self, incident_type: IncidentType, severity: Severity, flows: &BTreeSet<ResponseFlow>) -> Vec<ResponseFlow> {
        let cell = self.matrix().cell(incident_type, severity);
        let chosen = flows.iter().copied().filter(|flow| {
            let others: BTreeSet<ResponseFlow> = flows.iter().copied().filter(|other| other != flow).collect();
            others.is_empty() || !self.matrix().with_what_they_bring(&others).contains(flow)
        });
        chosen.filter(|flow| !cell.contains(flow)).collect()
    }

    /// What changing type or severity of a decided case proposes, without losing what runs.
    pub fn reclassify(&self, decided: &Decision, incident_type: IncidentType, severity: Severity) -> Reclassification {
        let cell = self.matrix().cell(incident_type, severity);
        let possible = self.matrix().with_what_they_bring(&cell.iter().copied().collect());
        let (kept, beyond) = decided.flows.iter().partition(|flow| possible.contains(flow));
        let proposed = cell.iter().copied().filter(|flow| !decided.flows.contains(flow)).collect();
        Reclassification { proposed, kept, beyond }
    }
}

fn listed(flows: &[ResponseFlow]) -> String {
    flows.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
