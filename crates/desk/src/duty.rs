//! The duty officer's page: what needs me now, the week's trend, how the desk itself is doing.

use std::collections::{BTreeMap, HashMap};

use hikeshi_access::{Action, Caller, permit, permit_everywhere};
use hikeshi_domain::alert::{Alert, AlertState};
use hikeshi_domain::case::Case;
use hikeshi_domain::phrase::Phrase;
use hikeshi_domain::verdict::Verdict;
use hikeshi_domain::{CaseId, OrganizationId};
use hikeshi_lake::catalogue::SourceRow;
use hikeshi_record::{Context, Order, Query, Stored};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};

use crate::desk::{Desk, context};
use crate::error::{Error, Result};
use crate::job;
use crate::silence::{SILENT_AFTER, silence};
use crate::telemetry::scope;

/// A stream that failed and was taken up again is told for this long: a disk that failed once fails again.
const FAILURE_SHOWN_FOR: SignedDuration = SignedDuration::from_hours(24);
const TREND_DAYS: i32 = 7;
/// Cards of a kind that a page is sent; the lists show all.
const MOST_CARDS: u32 = 200;
const SOON: SignedDuration = SignedDuration::from_hours(2);

/// Something that waits for a person.
#[derive(Debug, Clone)]
pub enum Card {
    /// An alert.
    Alert(Box<Stored<Alert>>),
    /// A case, and when the first clock of its alerts ends; none where no clock runs.
    Case(Box<Stored<Case>>, Option<Timestamp>),
}

impl Card {
    /// Cases before alerts, so that no flood of alerts hides what waits for a decision; among them the nearest clock, then the oldest.
    fn place(&self) -> (bool, Timestamp, Timestamp) {
        match self {
            Card::Case(case, due_at) => (false, due_at.unwrap_or(Timestamp::MAX), case.opened_at),
            Card::Alert(alert) => (true, alert.due_at, alert.received_at),
        }
    }
}

/// The lanes.
#[derive(Debug, Default)]
pub struct Lanes {
    /// Past their deadline. In this lane and the next, cases come first.
    pub overdue: Vec<Card>,
    /// Due within two hours, or waiting to be judged.
    pub within_two_hours: Vec<Card>,
    /// Grey: waiting for an answer of the customer or for more data.
    pub waiting: Vec<Card>,
    /// Cases that run.
    pub watch: Vec<Card>,
}

/// Verdicts of one day, in the person's zone.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Day {
    /// Black.
    pub black: u64,
    /// Grey.
    pub grey: u64,
    /// White.
    pub white: u64,
}

/// One source of events.
#[derive(Debug, Clone)]
pub struct Source {
    /// The forwarder or format.
    pub source: String,
    /// Hosts that it sent for.
    pub hosts: usize,
    /// Hosts that have fallen silent.
    pub silent: Vec<String>,
    /// Latest receipt.
    pub last_event_at: Timestamp,
}

/// The page.
#[derive(Debug)]
pub struct Duty {
    /// What needs a person.
    pub lanes: Lanes,
    /// The last seven days, oldest first.
    pub trend: Vec<(Date, Day)>,
    /// Time by which writing is behind receiving.
    pub ingest_lag: SignedDuration,
    /// Sources.
    pub sources: Vec<Source>,
    /// What an operator must look at.
    pub warnings: Vec<Phrase>,
}

/// Gathers the page, in a person's zone.
///
/// # Errors
/// `NotFound` for an organisation that is not the caller's.
pub async fn duty(desk: &Desk, caller: &Caller, org: Option<OrganizationId>, zone: &TimeZone) -> Result<Duty> {
    let permit = match org {
        Some(org) => permit(caller, Action::ReadAlerts, org)?,
        None => permit_everywhere(caller, Action::ReadAlerts)?,
    };
    let context = context(&permit);
    let sources = desk.telemetry.lake.sources(&scope(&context)).await.map_err(Error::internal)?;
    let silent = silence(desk, &context, &sources).await?.rows;
    let sources = by_source(sources, silent);
    let mut warnings = warnings(desk, &sources);
    let given_up = job::failed_within(desk, &context).await?.len();
    if given_up > 0 {
        warnings.push(Phrase::new("warning.jobs_given_up").with("count", given_up.to_string()));
    }
    Ok(Duty {
        lanes: lanes(desk, &context).await?,
        trend: trend(desk, &context, zone).await?,
        ingest_lag: ingest_lag(desk),
        warnings,
        sources,
    })
}

async fn lanes(desk: &Desk, context: &Context) -> Result<Lanes> {
    let now = desk.now();
    let mut lanes = Lanes::default();
    let mut clocks: HashMap<CaseId, Timestamp> = HashMap::new();
    for alert in waiting_alerts(desk, context).await? {
        if let (AlertState::Received, Some(case)) = (&alert.state, alert.case) {
            clocks.entry(case).and_modify(|first| *first = alert.due_at.min(*first)).or_insert(alert.due_at);
        }
        let lane = match (&alert.state, alert.effective_verdict()) {
            (AlertState::Received, _) if now > alert.due_at => &mut lanes.overdue,
            (AlertState::Received, _) if alert.due_at.duration_since(now) <= SOON => &mut lanes.within_two_hours,
            // What a case holds is shown by its case.
            (AlertState::Reported { .. }, Some(Verdict::Black)) if alert.case.is_none() => &mut lanes.within_two_hours,
            (AlertState::Reported { .. }, Some(Verdict::Grey)) => &mut lanes.waiting,
            _ => continue,
        };
        lane.push(Card::Alert(Box::new(alert)));
    }
    let query = Query::new().eq("open", true).order("opened_at", Order::Asc).limit(MOST_CARDS);
    for case in desk.store.list::<Case>(context, query).await?.items {
        let due_at = clocks.get(&case.id).copied();
        let lane = match due_at {
            Some(due_at) if now > due_at => &mut lanes.overdue,
            Some(due_at) if due_at.duration_since(now) <= SOON => &mut lanes.within_two_hours,
            _ if case.decided.is_none() => &mut lanes.within_two_hours,
            _ => &mut lanes.watch,
        };
        lane.push(Card::Case(Box::new(case), due_at));
    }
    for lane in [&mut lanes.overdue, &mut lanes.within_two_hours, &mut lanes.watch] {
        lane.sort_by_key(Card::place);
    }
    Ok(lanes)
}

/// Open alerts that may stand in a lane: untriaged ones, earliest deadline first; black ones in no case; the latest grey ones. Each is asked
/// for by itself, so that what nobody waits for (white, repeats) never fills the page.
async fn waiting_alerts(desk: &Desk, context: &Context) -> Result<Vec<Stored<Alert>>> {
    let reported = |verdict: Verdict| Query::new().eq("state", "reported").eq("verdict", verdict.name());
    let queries = [
        Query::new().eq("state", "received").order("due_at", Order::Asc),
        reported(Verdict::Black).missing("case").order("due_at", Order::Asc),
        reported(Verdict::Grey).order("due_at", Order::Desc),
    ];
    let mut alerts = Vec::new();
    for query in queries {
        alerts.extend(desk.store.list::<Alert>(context, query.limit(MOST_CARDS)).await?.items);
    }
    alerts.sort_by_key(|alert| (alert.due_at, alert.id));
    Ok(alerts)
}

async fn trend(desk: &Desk, context: &Context, zone: &TimeZone) -> Result<Vec<(Date, Day)>> {
    let today = desk.now().to_zoned(zone.clone()).date();
    let midnight = |date: Date| date.to_zoned(zone.clone()).map(|midnight| midnight.timestamp()).map_err(Error::internal);
    let mut days = Vec::new();
    for back in (0..TREND_DAYS).rev() {
        let date = today.saturating_sub(back.days());
        let (from, until) = (midnight(date)?, midnight(date.saturating_add(1.days()))?);
        let count = async |verdict: Verdict| {
            let query = Query::new().eq("verdict", verdict.name()).between("received_at", from, until);
            desk.store.count::<Alert>(context, query).await
        };
        let day = Day { black: count(Verdict::Black).await?, grey: count(Verdict::Grey).await?, white: count(Verdict::White).await? };
        days.push((date, day));
    }
    Ok(days)
}

/// Time by which writing is behind receiving.
pub(crate) fn ingest_lag(desk: &Desk) -> SignedDuration {
    let lag = desk.telemetry.lake.lag();
    match lag.committed_received_at {
        Some(committed) if lag.appended > lag.committed => desk.now().duration_since(committed).max(SignedDuration::ZERO),
        _ => SignedDuration::ZERO,
    }
}

fn by_source(rows: Vec<SourceRow>, silent: Vec<SourceRow>) -> Vec<Source> {
    let mut sources: BTreeMap<String, Source> = BTreeMap::new();
    for row in rows {
        let source = sources.entry(row.source.clone()).or_insert_with(|| Source {
            source: row.source,
            hosts: 0,
            silent: Vec::new(),
            last_event_at: row.last_received_at,
        });
        source.hosts += 1;
        source.last_event_at = source.last_event_at.max(row.last_received_at);
    }
    for row in silent {
        if let Some(source) = sources.get_mut(&row.source) {
            source.silent.push(row.host);
        }
    }
    sources.into_values().collect()
}

/// What an operator must look at: silent hosts, a disk that fails or is full, a stream or a record that stands still.
fn warnings(desk: &Desk, sources: &[Source]) -> Vec<Phrase> {
    const NAMED: usize = 5;
    let mut warnings = Vec::new();
    for source in sources.iter().filter(|source| !source.silent.is_empty()) {
        let named: Vec<&str> = source.silent.iter().take(NAMED).map(String::as_str).collect();
        let phrase = Phrase::new("warning.silent").with("source", &source.source).with("count", source.silent.len().to_string());
        warnings.push(phrase.with("hosts", named.join(", ")).with("hours", SILENT_AFTER.as_hours().to_string()));
    }
    let lag = desk.telemetry.lake.lag();
    match lag.stream_failed_at {
        _ if lag.stream_failed => warnings.push(Phrase::new("warning.stream_failed")),
        Some(at) if desk.now().duration_since(at) < FAILURE_SHOWN_FOR => {
            let phrase = Phrase::new("warning.stream_recovered").with("count", lag.stream_failures.to_string());
            warnings.push(phrase.with("at", at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()));
        }
        _ => {}
    }
    if lag.disk_full {
        warnings.push(Phrase::new("warning.disk_full"));
    }
    if let Some(fault) = lag.writer_fault {
        warnings.push(Phrase::new("warning.writer_fault").with("fault", fault));
    }
    for (count, key) in [(lag.aside_events, "warning.set_aside"), (lag.totals.damaged, "warning.damaged")] {
        if count > 0 {
            warnings.push(Phrase::new(key).with("count", count.to_string()));
        }
    }
    if let Some(fault) = desk.store.fault() {
        warnings.push(Phrase::new("warning.record_fault").with("fault", fault));
    }
    warnings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::open::{Opening, open_still};

    /// The warning was gone after a restart, and the events were not there.
    #[tokio::test(flavor = "multi_thread")]
    async fn events_that_lie_aside_from_earlier_are_warned_of() {
        let folder = tempfile::tempdir().unwrap();
        let aside = folder.path().join("lake/aside/org=00000000-0000-0000-0000-000000000001");
        std::fs::create_dir_all(&aside).unwrap();
        std::fs::write(aside.join("00000000000000000007.ndjson"), "{}\n{}\n").unwrap();
        let opening = Opening::of(folder.path());
        let desk = open_still(&opening).await.unwrap().desk;
        let set_aside = |warnings: Vec<Phrase>| warnings.into_iter().find(|warning| warning.key == "warning.set_aside");
        assert_eq!(set_aside(warnings(&desk, &[])), Some(Phrase::new("warning.set_aside").with("count", "2")));
        std::fs::remove_dir_all(&aside).unwrap();
        assert_eq!(set_aside(warnings(&desk, &[])), None);
    }
}
