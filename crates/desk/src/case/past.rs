//! A case as it stood at an instant: what was known and decided then, and nothing that came after.

use hikeshi_access::{Action, Caller, permit_everywhere};
use hikeshi_domain::CaseId;
use hikeshi_domain::alert::Alert;
use hikeshi_domain::case::Case;
use jiff::Timestamp;

use super::{CaseLine, line_of};
use crate::alert::{AlertLine, lines};
use crate::desk::{Desk, context};
use crate::error::Result;

/// The case and its alerts, most urgent first, by the versions that stood at `instant`. Names of people and organisations are today's;
/// an alert that was erased since is left out.
///
/// # Errors
/// `NotFound` where the caller does not see it, or where it had not been opened yet.
pub async fn get_as_of(desk: &Desk, caller: &Caller, case: CaseId, instant: Timestamp) -> Result<(CaseLine, Vec<AlertLine>)> {
    let context = context(&permit_everywhere(caller, Action::ReadCases)?);
    let case = desk.store.get_as_of::<Case>(&context, case.0, instant).await?;
    let ids: Vec<_> = case.alerts.iter().map(|alert| alert.0).collect();
    let alerts = desk.store.all_as_of::<Alert>(&context, &ids, instant).await?;
    let line = line_of(case, &alerts);
    let mut alerts = lines(desk, &context, alerts, instant).await?;
    alerts.sort_by_key(|line| (line.urgency.rank, line.alert.due_at));
    Ok((line, alerts))
}
