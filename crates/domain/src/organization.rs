//! A tenant: a customer of a provider, or the one company.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::entity::{Entity, Index, IndexValue};
use crate::id::OrganizationId;
use crate::phrase::Language;

/// A tenant (組織). What it owns carries its id, and every query names it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Organization {
    /// Its name in the desk.
    pub id: OrganizationId,
    /// Name as shown.
    pub name: String,
    /// The scenario that it was made for, if it is a drill: marked everywhere, sends nothing outside, counts in no metric.
    pub drill: Option<String>,
    /// IANA name of the zone that its times are shown in, e.g. `Asia/Tokyo`.
    pub time_zone: String,
    /// How many days its telemetry is kept.
    pub retention_days: u32,
    /// The language of its mails and reports.
    pub language: Language,
    /// Addresses of the contacts (担当者) who receive its mail; empty: the people of the desk who may read its alerts.
    #[serde(default)]
    pub contacts: Vec<String>,
    /// When it was made, UTC.
    pub created_at: Timestamp,
}

impl Entity for Organization {
    const KIND: &'static str = "organization";
    const ERASABLE: bool = false;

    fn id(&self) -> Uuid {
        self.id.0
    }

    fn org(&self) -> Option<OrganizationId> {
        Some(self.id)
    }

    fn index(&self) -> Vec<(&'static str, IndexValue)> {
        Index::new().with("name", self.name.as_str()).with_each("drill", self.drill.as_deref()).with("created_at", self.created_at).fields()
    }

    fn search_text(&self) -> String {
        self.name.clone()
    }
}
