//! Why a request stands where it stands in the queue.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Channel, ServiceKind};
use crate::id::{PersonId, RetainerId};

/// On what ground the desk works on a request (S0-44).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Basis {
    /// A retainer that covers the service.
    Retainer {
        /// Which.
        id: RetainerId,
        /// As both sides know it.
        reference: String,
        /// The service that it covers here; absent: none was named, and the retainer holds.
        service: Option<ServiceKind>,
    },
    /// 契約外: asked for on demand, by an organisation without a retainer or outside of what it covers. Best effort, no clock (S0-40).
    OnDemand,
}

/// The order in which people are assigned (S0-52 … S0-54); 1 comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rank {
    /// Emergency support of a retainer.
    RetainerEmergency,
    /// Anything else of a retainer.
    RetainerProactive,
    /// On demand.
    OnDemand,
}

impl Rank {
    /// 1 to 3.
    pub const fn number(self) -> u8 {
        match self {
            Rank::RetainerEmergency => 1,
            Rank::RetainerProactive => 2,
            Rank::OnDemand => 3,
        }
    }

    /// The word in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Rank::RetainerEmergency => "retainer_emergency",
            Rank::RetainerProactive => "retainer_proactive",
            Rank::OnDemand => "on_demand",
        }
    }
}

impl Basis {
    /// The rank on this ground.
    pub const fn rank(&self) -> Rank {
        match self {
            Basis::Retainer { service: Some(ServiceKind::Emergency), .. } => Rank::RetainerEmergency,
            Basis::Retainer { .. } => Rank::RetainerProactive,
            Basis::OnDemand => Rank::OnDemand,
        }
    }
}

/// How pressing a contact has declared a request to be (S0-55).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// 通常.
    Normal,
    /// URGENT.
    Urgent,
    /// EMERGENCY.
    Emergency,
}

impl Priority {
    /// The word in JSON, URL and index.
    pub const fn name(self) -> &'static str {
        match self {
            Priority::Normal => "normal",
            Priority::Urgent => "urgent",
            Priority::Emergency => "emergency",
        }
    }
}

/// Who declared a priority, when, and by which channel (S0-56).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Declaration {
    /// Which.
    pub priority: Priority,
    /// The contact who said so, by name.
    pub who: String,
    /// How they said it.
    pub channel: Channel,
    /// When they said it, UTC.
    pub at: Timestamp,
    /// Who wrote it down; absent: the desk read it.
    pub by: Option<PersonId>,
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    // covers: S0-52, S0-53, S0-54
    #[test]
    fn a_retainers_emergency_comes_before_its_other_requests_and_both_before_on_demand() {
        let retainer = |service| Basis::Retainer { id: RetainerId(Uuid::nil()), reference: "R-1".to_owned(), service };
        assert_eq!(retainer(Some(ServiceKind::Emergency)).rank().number(), 1);
        assert_eq!(retainer(Some(ServiceKind::Proactive)).rank().number(), 2);
        assert_eq!(retainer(None).rank().number(), 2);
        assert_eq!(Basis::OnDemand.rank().number(), 3);
    }
}
