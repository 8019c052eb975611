//! The retainer (リテイナー契約): what an organisation is entitled to, from when until when, and in which time.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::clock::{Duty, Rule};
use crate::entity::{Entity, Index, IndexValue};
use crate::id::{OrganizationId, RetainerId};
use crate::request::ServiceKind;

/// A contract with a customer (S0-2, S0-38).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Retainer {
    /// Its name.
    pub id: RetainerId,
    /// The customer.
    pub org: OrganizationId,
    /// Reference of the signed contract, as both sides know it.
    pub reference: String,
    /// First day.
    pub from: Date,
    /// Last day.
    pub until: Date,
    /// IANA name of the zone in which its days begin and end.
    pub time_zone: String,
    /// The services that it covers (S0-2); what lies outside is best effort.
    pub services: BTreeSet<ServiceKind>,
    /// Hours of work that it includes.
    pub hours: u32,
    /// Terms in which something is due; what is not named here has the desk's own.
    pub terms: BTreeMap<Duty, Rule>,
    /// What the desk has to know of it: channels, limits, how it is extended.
    pub note: String,
    /// When it was written down, UTC.
    pub created_at: Timestamp,
}

impl Retainer {
    /// Whether it holds at an instant: from the beginning of the first day to the end of the last.
    pub fn holds(&self, at: Timestamp) -> bool {
        let zone = TimeZone::get(&self.time_zone).unwrap_or(TimeZone::UTC);
        (self.from..=self.until).contains(&at.to_zoned(zone).date())
    }

    /// Whether it covers a service at an instant.
    pub fn covers(&self, service: ServiceKind, at: Timestamp) -> bool {
        self.holds(at) && self.services.contains(&service)
    }
}

impl Entity for Retainer {
    const KIND: &'static str = "retainer";
    const ERASABLE: bool = false;

    fn id(&self) -> Uuid {
        self.id.0
    }

    fn org(&self) -> Option<OrganizationId> {
        Some(self.org)
    }

    fn index(&self) -> Vec<(&'static str, IndexValue)> {
        Index::new().with("from", self.from.to_string()).with("until", self.until.to_string()).fields()
    }

    fn search_text(&self) -> String {
        format!("{} {}", self.reference, self.note)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // covers: S0-2
    #[test]
    fn a_retainer_holds_through_its_last_day_where_the_customer_is() {
        let retainer = Retainer {
            id: RetainerId(Uuid::nil()),
            org: OrganizationId(Uuid::nil()),
            reference: "R-1".to_owned(),
            from: "2026-04-01".parse().unwrap(),
            until: "2027-03-31".parse().unwrap(),
            time_zone: "Asia/Tokyo".to_owned(),
            services: [ServiceKind::Emergency].into(),
            hours: 40,
            terms: BTreeMap::new(),
            note: String::new(),
            created_at: Timestamp::UNIX_EPOCH,
        };
        for (instant, holds) in [
            ("2026-03-31T14:59:59Z", false),
            ("2026-03-31T15:00:00Z", true),
            ("2027-03-31T14:59:59Z", true),
            ("2027-03-31T15:00:00Z", false),
        ] {
            let at = instant.parse().unwrap();
            assert_eq!(retainer.holds(at), holds, "{instant}");
            assert_eq!(retainer.covers(ServiceKind::Emergency, at), holds, "{instant}");
            assert!(!retainer.covers(ServiceKind::Proactive, at), "{instant}");
        }
    }
}
