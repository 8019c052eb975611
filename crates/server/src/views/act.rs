//! What is sent to act on an alert or a case: the same bodies for both.

use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// Who works on it from now on.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Assignment {
    /// Absent or null: nobody.
    pub(crate) person: Option<Uuid>,
    /// The version that the caller looked at: 409 where it has changed since. Absent: whatever stands now.
    pub(crate) expected_version: Option<u64>,
}

/// A remark.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Remark {
    pub(crate) text: String,
}
