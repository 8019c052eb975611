//! How far committed matches have been raised, kept across a crash: the lake tells of a commit only once.
//!
//! The cursor is an offset of the catalogue's streams: seconds since 1970 before which every commit has been looked at. What is
//! looked at twice is raised once, since an alert names its subject.

use hikeshi_lake::MatchRow;
use hikeshi_lake::catalogue::{Advance, Catalogue, Commit};
use hikeshi_triage::LOOK_BACK;
use jiff::{SignedDuration, Timestamp};

use crate::desk::Desk;
use crate::error::{Error, Result};
use crate::watch::{SAME_SUBJECT, raises};

/// The cursor's name among the streams of the catalogue.
const STREAM: &str = "raise";
/// A segment may be dated so long before its commit is told: it is written first.
const MARGIN: SignedDuration = SignedDuration::from_mins(10);
/// The cursor is moved in steps: each is a commit, and what it lags behind is only looked at twice.
const STEP_SECONDS: u64 = 300;
/// Most matches that a start looks at.
const MOST_MATCHES: usize = 100_000;

/// Matches that raise and were committed since the cursor, at most seven days ago.
pub(super) async fn missed(desk: &Desk) -> Result<Vec<MatchRow>> {
    let seen = desk.store.catalogue().offset(STREAM).await.map_err(Error::internal)?;
    let seen = i64::try_from(seen).ok().and_then(|seconds| Timestamp::from_second(seconds).ok()).unwrap_or(Timestamp::UNIX_EPOCH);
    let oldest = desk.now().saturating_sub(LOOK_BACK).map_err(Error::internal)?;
    // What a list found of a subject that was just handed on may have waited in memory.
    let margin = MARGIN.saturating_add(SAME_SUBJECT);
    let since = seen.saturating_sub(margin).map_err(Error::internal)?.max(oldest);
    let rows = desk.telemetry.lake.matches_committed_since(since, MOST_MATCHES).await.map_err(Error::internal)?;
    Ok(rows.into_iter().filter(|row| row.received_at >= oldest && raises(&desk.raising, row)).collect())
}

/// Everything committed before the instant has been looked at.
pub(super) async fn advance(desk: &Desk, to: Timestamp) -> Result<()> {
    let catalogue = desk.store.catalogue();
    let from = catalogue.offset(STREAM).await.map_err(Error::internal)?;
    let to = u64::try_from(to.as_second()).unwrap_or_default();
    if to < from.saturating_add(STEP_SECONDS) {
        return Ok(());
    }
    let advance = Some(Advance { stream: STREAM.to_owned(), from, to });
    let commit = Commit { add: Vec::new(), remove: Vec::new(), advance, sightings: Vec::new(), sources: Vec::new() };
    catalogue.commit(commit).await.map_err(Error::internal)
}
