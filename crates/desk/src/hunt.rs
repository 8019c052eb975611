//! Questions of analysts to the lake, in SQL, within their organisations.

use std::time::{Duration, Instant};

use hikeshi_access::{Action, Caller, permit, permit_everywhere};
use hikeshi_domain::OrganizationId;
use hikeshi_hunt::{Found, HuntError, HuntLimits, TableInfo};

use crate::desk::{Desk, context};
use crate::error::{Error, ErrorKind, Result};
use crate::telemetry::scope;

/// Most rows that one answer holds.
pub const MOST_ROWS: usize = 10_000;

/// An answer and how long it took.
#[derive(Debug)]
pub struct Answer {
    /// Columns and rows.
    pub found: Found,
    /// How long it took.
    pub elapsed: Duration,
}

/// Runs one SELECT over the events and matches of the caller's organisations, or of one of them.
///
/// # Errors
/// `Invalid` with the place and what may have been meant, or which limit stopped it.
pub async fn query(desk: &Desk, caller: &Caller, org: Option<OrganizationId>, sql: &str, rows: usize) -> Result<Answer> {
    let permit = match org {
        Some(org) => permit(caller, Action::Hunt, org)?,
        None => permit_everywhere(caller, Action::Hunt)?,
    };
    let limits = HuntLimits { rows: rows.clamp(1, MOST_ROWS), ..HuntLimits::default() };
    let started = Instant::now();
    tracing::info!(request_id = permit.request(), actor = ?permit.actor(), sql, "hunt");
    let found = desk.telemetry.hunt.query(&scope(&context(&permit)), sql, &limits).await.map_err(mended)?;
    Ok(Answer { found, elapsed: started.elapsed() })
}

/// The tables that a query may name.
///
/// # Errors
/// `Forbidden` where the caller may not hunt.
pub async fn tables(desk: &Desk, caller: &Caller) -> Result<Vec<TableInfo>> {
    permit_everywhere(caller, Action::Hunt)?;
    desk.telemetry.hunt.tables().await.map_err(mended)
}

fn mended(error: HuntError) -> Error {
    match error {
        HuntError::Failed { .. } => Error::internal(error),
        HuntError::NoColumn { name, close } if close.is_empty() => Error::invalid("error.sql_column").with("column", name),
        HuntError::NoColumn { name, close } => {
            Error::invalid("error.sql_column_close").with("column", name).with("close", close.join(", "))
        }
        HuntError::Invalid { ref suggestions, .. } if !suggestions.is_empty() => {
            let detail = format!("{error} ({})", suggestions.join(", "));
            Error::new(ErrorKind::Invalid, hikeshi_domain::phrase::Phrase::new("error.sql").with("detail", detail))
        }
        _ => Error::invalid("error.sql").with("detail", error.to_string()),
    }
}
