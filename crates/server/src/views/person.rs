//! A person as they stand beside what they did; a history; remarks.

use hikeshi_desk::Names;
use hikeshi_desk::comment::Step;
use hikeshi_domain::comment::Comment;
use hikeshi_domain::{AlertId, ApiKeyId, PersonId};
use hikeshi_record::Actor;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::case::words;
use super::word;

/// A person by name.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Named {
    /// The person.
    pub(crate) id: Uuid,
    /// Name.
    pub(crate) name: String,
}

/// One line of a history.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StepView {
    /// When.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// Who: a person's name, a key's name, or Hikeshi itself.
    who: String,
    /// What: `alert.close`.
    action: String,
    /// Why; empty if nobody was asked.
    reason: String,
    /// The version that it made.
    version: u64,
    /// The alert that came into the case by it.
    alert: Option<StepAlert>,
    /// What was decided of the case by it.
    decided: Option<StepDecision>,
}

/// A decision in a history.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StepDecision {
    #[serde(rename = "type")]
    #[schema(value_type = word::IncidentType)]
    incident_type: String,
    #[schema(value_type = word::Severity)]
    severity: u8,
    #[schema(value_type = Vec<word::Flow>)]
    flows: Vec<String>,
    /// Flows of the decision before that it ended.
    #[schema(value_type = Vec<word::Flow>)]
    ended: Vec<String>,
}

/// An alert in a history.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StepAlert {
    id: Uuid,
    /// Host and name.
    title: String,
}

/// A remark.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CommentView {
    id: Uuid,
    by: Named,
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    text: String,
}

pub(crate) fn named(person: PersonId, names: &Names) -> Named {
    Named { id: person.0, name: names.person(person) }
}

/// One line of a history; `title` names an alert.
pub(crate) fn step(step: Step, names: &Names, title: impl Fn(AlertId) -> Option<String>) -> StepView {
    let who = match step.who {
        Actor::Person(person) => names.person(person),
        Actor::ApiKey(key) => names.key(ApiKeyId(key)),
        Actor::System(_) => "Hikeshi".to_owned(),
    };
    let alert = step.alert.map(|alert| StepAlert { id: alert.0, title: title(alert).unwrap_or_else(|| alert.to_string()) });
    let decided = step.decided.map(|decision| StepDecision {
        incident_type: decision.incident_type.name().to_owned(),
        severity: decision.severity.level(),
        flows: words(&decision.flows),
        ended: words(&decision.ended),
    });
    StepView { at: step.at, who, action: step.action, reason: step.reason, version: step.version, alert, decided }
}

pub(crate) fn comment(comment: &Comment, names: &Names) -> CommentView {
    CommentView { id: comment.id.0, by: named(comment.by, names), at: comment.at, text: comment.text.clone() }
}
