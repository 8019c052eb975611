//! After a start, correlations take up what the stream had told before it: the lake's recent events that they join are matched again.
//! What the lake holds as a match already is not found a second time.

use std::collections::HashSet;
use std::ops::ControlFlow;
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use hikeshi_detect::Observation;
use hikeshi_domain::OrganizationId;
use hikeshi_event::{Event, Limits, Rereader, Uid};
use hikeshi_lake::catalogue::OrgScope;
use hikeshi_lake::{Lake, LookBack, ReadError};
use hikeshi_triage::LOOK_BACK;
use jiff::{SignedDuration, Timestamp};

use super::joins::{Joins, Opener, Seen};
use super::observed;

/// However short the timespans: late senders and windows under way.
const LEAST: SignedDuration = SignedDuration::from_mins(10);
/// Most matches that are taken up, and most events that are looked at for them.
const MOST_JOINED: usize = 100_000;
const MOST_SEEN: usize = 2_000_000;
/// The stream waits meanwhile: not longer than this.
const LONGEST: Duration = Duration::from_secs(20);
/// Most correlations of the lake that are asked whether they tell of it already.
const MOST_TOLD: usize = 100_000;

type Observed = (OrganizationId, Observation<Seen>);

/// Takes up what was told before `now`, then opens the joins.
pub(crate) async fn take_up(lake: Arc<Lake>, joins: Arc<Joins>, now: Timestamp, opener: Opener) {
    if !joins.rules().has_correlations() {
        return;
    }
    if let Err(error) = fill(&lake, &joins, now).await {
        tracing::error!(%error, "correlations begin anew: what came before the start cannot be read");
    }
    drop(opener);
}

async fn fill(lake: &Lake, joins: &Arc<Joins>, now: Timestamp) -> Result<(), ReadError> {
    let sources = lake.sources(&OrgScope::All).await?;
    let Some(last) = sources.iter().map(|source| source.last_received_at).max() else { return Ok(()) };
    let kept = joins.rules().longest_timespan().saturating_mul(2).clamp(LEAST, LOOK_BACK);
    let from = last.saturating_sub(kept).unwrap_or(Timestamp::MIN);
    let mut before = recent(lake, joins, from).await?;
    let Some(earliest) = before.iter().map(|(_, observation)| observation.time).min() else { return Ok(()) };
    let rows = lake.joined_matches(earliest, MOST_TOLD).await?;
    let told: HashSet<(String, Uid)> = rows.iter().flat_map(|row| row.events.iter().map(|uid| (row.rule.rule_id.clone(), *uid))).collect();
    // While nothing could come in, nothing grew old.
    let pause = now.duration_since(last).max(SignedDuration::ZERO);
    for (_, observation) in &mut before {
        observation.arrived = observation.arrived.saturating_add(pause).unwrap_or(now);
    }
    before.sort_by_key(|(org, observation)| (*org, observation.time, observation.event.uid()));
    tracing::info!(matches = before.len(), %from, "correlations take up what came before the start");
    let joins = joins.clone();
    let work = move || joins.take_up(before, now, &|rule, uid| told.contains(&(rule.to_owned(), *uid)));
    tokio::task::spawn_blocking(work).await.map_err(std::io::Error::other)?;
    Ok(())
}

/// The matches that correlations join among the events received since.
async fn recent(lake: &Lake, joins: &Joins, from: Timestamp) -> Result<Vec<Observed>, ReadError> {
    let rules = joins.rules().clone();
    let (mut matcher, mut reader, mut found) = (rules.matcher(), Rereader::new(&Limits::default()), Vec::new());
    let (hand_on, taken) = mpsc::channel();
    let (begun, mut seen, mut joined) = (Instant::now(), 0_usize, 0_usize);
    let wanted = LookBack { from, event_ids: rules.joined_event_ids().cloned() };
    let visit = move |event: &Event<'_>| {
        seen += 1;
        let Some(record) = reader.record_of(event) else { return ControlFlow::Continue(()) };
        matcher.matches(&record, &mut found);
        for rule in &found {
            if let Some(observation) = observed(&rules, *rule, &record, event) {
                joined += 1;
                // The other end stands below.
                let _ = hand_on.send((event.org, observation));
            }
        }
        let enough = joined >= MOST_JOINED || seen >= MOST_SEEN || (seen.is_multiple_of(4_096) && begun.elapsed() > LONGEST);
        if enough { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    if !lake.look_back(wanted, visit).await? {
        tracing::warn!("correlations take up the latest of what came before the start: there is more than can be looked at");
    }
    Ok(taken.into_iter().collect())
}
