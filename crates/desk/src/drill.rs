//! A drill in the desk: an organisation of its own, marked everywhere, with the scenario's telemetry and alerts. Loaded once.

use std::time::Duration;

use bytes::Bytes;
use hikeshi_access::Caller;
use hikeshi_domain::OrganizationId;
use hikeshi_domain::alert::Alert;
use hikeshi_domain::organization::Organization;
use hikeshi_domain::phrase::Language;
use hikeshi_drill::{Item, Options, Scenario};
use hikeshi_lake::Encoding;
use hikeshi_record::{Change, Context, PAGE_LIMIT, Query, Stored};
use jiff::{Timestamp, ToSpan};

use crate::desk::Desk;
use crate::error::{Error, Result};
use crate::event::Sent;
use crate::organization::{Choices, DEFAULT_RETENTION_DAYS};
use crate::{alert, endpoint, event, organization};

/// Bytes of events that are sent at once.
const BATCH_BYTES: usize = 2 << 20;
/// A drill's week lies behind us: it begins so many days ago, so that its last day is over.
const DAYS_AGO: i64 = 8;
/// The same drill is the same drill.
const SEED: u64 = 20_261_122;
const DONE: &str = "drill";
const SETTLING_STEP: Duration = Duration::from_millis(200);
const SETTLING_STEPS: u32 = 300;

/// What loading a drill did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loaded {
    /// It is there now.
    New {
        /// Its organisation.
        org: OrganizationId,
        /// Events generated.
        events: u64,
        /// Alerts sent.
        alerts: usize,
    },
    /// It had been loaded before.
    Before,
}

/// How far loading has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Events up to this part of the drill's time are in, in thousandths.
    Events(u64),
    /// So many of its alerts are triaged.
    Triaged {
        /// Triaged.
        done: u64,
        /// All.
        of: u64,
    },
}

/// Loads a drill, and tells how far it has come; one that was interrupted is taken up where it stopped.
///
/// # Errors
/// `Invalid` where there is no such drill.
pub async fn load(desk: &Desk, name: &str, told: impl Fn(Step)) -> Result<Loaded> {
    let context = Context::system("drill");
    if desk.store.key_holder(&context, None, DONE, name).await?.is_some() {
        return Ok(Loaded::Before);
    }
    let scenario = hikeshi_drill::load(name, &desk.playbook)
        .map_err(|error| Error::invalid("error.drill_unknown").with("name", name).caused_by(error))?;
    let organization = drill_organization(desk, &scenario, name).await?;
    let loaded = fill(desk, &scenario, name, &organization, &told).await;
    let (events, alerts) = loaded?;
    endpoint::follow_sources(desk).await?;
    settled(desk, organization.id, alerts, &told).await?;
    desk.store.change(&context, Change::new("drill.load", "").claim_key(DONE, name, organization.id)).await?;
    Ok(Loaded::New { org: organization.id, events, alerts })
}

/// Waits until the drill's alerts are triaged, so that whoever is let in finds reports; after a while it lets in anyway.
async fn settled(desk: &Desk, org: OrganizationId, alerts: usize, told: &impl Fn(Step)) -> Result<()> {
    let context = Context::system("drill").within(org);
    for _ in 0..SETTLING_STEPS {
        let waiting = desk.store.list::<Alert>(&context, Query::new().eq("state", "received").limit(1)).await?;
        let of = u64::try_from(alerts).unwrap_or(u64::MAX).max(waiting.total);
        told(Step::Triaged { done: of - waiting.total, of });
        if waiting.total == 0 {
            return Ok(());
        }
        tokio::time::sleep(SETTLING_STEP).await;
    }
    Ok(())
}

async fn drill_organization(desk: &Desk, scenario: &Scenario, name: &str) -> Result<Stored<Organization>> {
    let caller = Caller::desk("drill", "drill");
    let known = desk.store.list::<Organization>(&Context::system("drill"), Query::new().eq("drill", name).limit(PAGE_LIMIT)).await?;
    if let Some(organization) = known.items.into_iter().next() {
        return Ok(organization);
    }
    let choices = Choices {
        name: scenario.organization.ja.clone(),
        time_zone: scenario.time_zone.clone(),
        language: Language::Ja,
        retention_days: DEFAULT_RETENTION_DAYS,
        contacts: Vec::new(),
    };
    organization::add(desk, &caller, choices, Some(name.to_owned())).await
}

/// Sends the scenario's events and alerts. The start follows from the organisation, so that a second try sends the same bytes.
async fn fill(desk: &Desk, scenario: &Scenario, name: &str, organization: &Organization, told: &impl Fn(Step)) -> Result<(u64, usize)> {
    let caller = Caller::desk("drill", "drill");
    let now = desk.now();
    let start = organization.created_at.to_zoned(jiff::tz::TimeZone::UTC).saturating_sub(DAYS_AGO.days()).timestamp();
    let options = Options { start, endpoints: None, days: None, events_per_day: None, seed: SEED };
    let generator = scenario.generate(options).map_err(Error::internal)?;
    let span = generator.span();
    let (mut batch, mut part, mut events, mut alerts, mut latest) = (Vec::with_capacity(BATCH_BYTES), 0_u32, 0_u64, Vec::new(), start);
    for item in generator {
        match item {
            Item::Event(line) if line.at <= now => {
                latest = line.at;
                batch.extend_from_slice(line.ndjson.as_bytes());
                batch.push(b'\n');
                events = events.saturating_add(1);
            }
            Item::Alert(raised) if raised.received_at <= now => alerts.push(raised.alert),
            Item::Event(_) | Item::Alert(_) | Item::Mail(_) => {}
        }
        if batch.len() >= BATCH_BYTES {
            send(desk, &caller, organization.id, name, &mut part, &mut batch).await?;
            told(Step::Events(thousandths(span, latest)));
        }
    }
    send(desk, &caller, organization.id, name, &mut part, &mut batch).await?;
    desk.telemetry.lake.flush().await;
    // Before the alerts: reports say whether what was found could run there.
    endpoint::follow_sources(desk).await?;
    endpoint::say_modes(desk, organization.id, |host| scenario.block_mode(host)).await?;
    let count = alerts.len();
    for raised in alerts {
        alert::receive(desk, &caller, organization.id, raised).await?;
    }
    Ok((events, count))
}

/// How far an instant lies in a span.
fn thousandths((from, to): (Timestamp, Timestamp), at: Timestamp) -> u64 {
    let (past, all) = (at.as_second() - from.as_second(), to.as_second() - from.as_second());
    u64::try_from(past.saturating_mul(1000) / all.max(1)).unwrap_or(0).min(1000)
}

async fn send(desk: &Desk, caller: &Caller, org: OrganizationId, name: &str, part: &mut u32, batch: &mut Vec<u8>) -> Result<()> {
    if batch.is_empty() {
        return Ok(());
    }
    let body = Bytes::from(std::mem::take(batch));
    let sent = Sent { source: "drill".to_owned(), idempotency_key: Some(format!("drill-{name}-{part}")), encoding: Encoding::Plain, body };
    event::receive(desk, caller, org, sent).await?;
    *part = part.saturating_add(1);
    Ok(())
}
