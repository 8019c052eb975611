//! Changes that people make upon what they saw, while the machine goes on saving.
//!
//! The record refuses a change to any version but the last. Most saves that come between say nothing that the person acted on: triage ran
//! again, a remark was counted. Such a change is made anew upon what stands then; what another person did, or what would have made the
//! person act otherwise, is a conflict for them to see.

use hikeshi_domain::entity::Entity;
use hikeshi_record::{Context, Stored};

use crate::desk::Desk;
use crate::error::{Error, ErrorKind, Result};

/// How often a change is made anew. Each time one of those who met gets on.
const TRIES: u32 = 32;

/// Does what ends in one change; where another save came between, does it again from the start.
///
/// # Errors
/// What the act says; `Conflict` where others are always faster.
pub(crate) async fn retried<T, F: Future<Output = Result<T>>>(act: impl Fn() -> F) -> Result<T> {
    for _ in 1..TRIES {
        match act().await {
            Err(error) if error.is_of_record(ErrorKind::Conflict) => {}
            outcome => return outcome,
        }
    }
    act().await
}

/// Checks that what the person looked at, if they named a version, still stands as far as it matters.
///
/// # Errors
/// `Conflict` where it does not, or there is no such version.
pub(crate) async fn unchanged<E: Entity>(
    desk: &Desk,
    context: &Context,
    stored: &Stored<E>,
    seen: Option<u64>,
    alike: impl Fn(&E, &E) -> bool,
) -> Result<()> {
    let Some(version) = seen.filter(|version| *version != stored.version) else { return Ok(()) };
    match desk.store.get_version::<E>(context, stored.entity.id(), version).await {
        Ok(seen) if alike(&seen, stored) => Ok(()),
        Ok(_) | Err(hikeshi_record::Error::NotFound { .. }) => Err(Error::conflict()),
        Err(error) => Err(error.into()),
    }
}
