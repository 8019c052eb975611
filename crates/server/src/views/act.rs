//! What is sent to act on an alert or a case: the same bodies for both.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// Who works on it from now on.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Assignment {
    /// Absent or null: nobody.
    pub(crate) person: Option<Uuid>,
    /// The version that the caller looked at: 409 where somebody has acted on it since. Absent: whatever stands now.
    pub(crate) expected_version: Option<u64>,
}

/// A remark.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Remark {
    pub(crate) text: String,
}

/// Several at once, with one reason.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Bulk {
    ids: Vec<Uuid>,
    /// The versions that the caller looked at, by id: 409 where somebody has acted on one since. One that is not named is taken as it stands.
    #[serde(default)]
    expected_versions: BTreeMap<Uuid, u64>,
    pub(crate) reason: String,
}

impl Bulk {
    /// Each with the version that was looked at.
    pub(crate) fn chosen<Id>(&self, named: impl Fn(Uuid) -> Id) -> Vec<(Id, Option<u64>)> {
        self.ids.iter().map(|id| (named(*id), self.expected_versions.get(id).copied())).collect()
    }
}

/// What became of several.
#[derive(Serialize, ToSchema)]
pub(crate) struct Changed {
    /// How many were changed.
    pub(crate) changed: usize,
}
