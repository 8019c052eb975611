//! What a person or a key may do where. The finer policies (need to know, duties, second persons) build on this.

use serde::{Deserialize, Serialize};

use crate::id::OrganizationId;

/// A set of duties. Ordered by name only: no role contains another by its place here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Runs the installation: settings, keys, people, and all that the others do.
    Operator,
    /// 情報セキュリティ責任者: judges cases and all that an analyst does.
    IncidentLead,
    /// Works on alerts, endpoints and hunts; comments on cases.
    Analyst,
    /// Reads.
    Reader,
    /// A key of a forwarder or a product: brings events and alerts, reads nothing.
    Sensor,
}

impl Role {
    /// Every role.
    pub const ALL: [Role; 5] = [Role::Operator, Role::IncidentLead, Role::Analyst, Role::Reader, Role::Sensor];

    /// The word in JSON and log.
    pub const fn name(self) -> &'static str {
        match self {
            Role::Operator => "operator",
            Role::IncidentLead => "incident_lead",
            Role::Analyst => "analyst",
            Role::Reader => "reader",
            Role::Sensor => "sensor",
        }
    }
}

/// A role in one organisation, or in all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// The role.
    pub role: Role,
    /// Where; `None` is everywhere, in organisations to come too.
    pub org: Option<OrganizationId>,
}
