//! The list of alerts: what stands in a line, in which order, and why.

use std::collections::{HashMap, HashSet};

use hikeshi_access::{Action, Caller, permit, permit_everywhere};
use hikeshi_domain::alert::Alert;
use hikeshi_domain::endpoint::{BlockMode, Endpoint};
use hikeshi_domain::urgency::{Urgency, is_pressed, urgency};
use hikeshi_domain::verdict::Verdict;
use hikeshi_domain::{AlertId, CaseId, OrganizationId, PersonId};
use hikeshi_record::PAGE_LIMIT;
use hikeshi_record::{Context, Order, Page, Query, Stored};

use crate::desk::{Desk, context};
use crate::error::{Error, Result};
use crate::names::{self, CaseTitle};

/// Whose alerts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Assigned {
    /// This person's.
    To(PersonId),
    /// Nobody's.
    Nobody,
}

/// The order of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AlertSort {
    /// What needs an answer first, with the reason (S1-19).
    #[default]
    Urgency,
    /// Latest received first.
    Newest,
    /// Earliest received first.
    Oldest,
    /// Highest score first.
    Score,
    /// Earliest deadline first.
    Due,
}

/// Which alerts, in which order.
#[derive(Debug, Clone, Default)]
pub struct AlertQuery {
    /// Of one organisation only.
    pub org: Option<OrganizationId>,
    /// In one of these states; empty: in any. `open` is every state but closed.
    pub states: Vec<String>,
    /// With this verdict.
    pub verdict: Option<Verdict>,
    /// Worked on by.
    pub assigned: Option<Assigned>,
    /// Of this host.
    pub host: Option<String>,
    /// Of this case.
    pub case: Option<CaseId>,
    /// Holding these words.
    pub text: Option<String>,
    /// In this order.
    pub sort: AlertSort,
    /// After this place.
    pub cursor: Option<String>,
    /// At most so many.
    pub limit: u32,
}

/// What a line of the list shows.
#[derive(Debug, Clone)]
pub struct AlertLine {
    /// The alert.
    pub alert: Stored<Alert>,
    /// How urgent it is now, and why.
    pub urgency: Urgency,
    /// Title of its case.
    pub case_title: Option<CaseTitle>,
    /// Whether the endpoint's protection blocks.
    pub block_mode: BlockMode,
}

/// A page of lines.
#[derive(Debug)]
pub struct AlertPage {
    /// The lines.
    pub lines: Vec<AlertLine>,
    /// Where the next page begins.
    pub next_cursor: Option<String>,
    /// How many there are on all pages.
    pub total: u64,
}

/// Lists alerts.
///
/// # Errors
/// `NotFound` for an organisation that is not the caller's.
pub async fn list(desk: &Desk, caller: &Caller, query: AlertQuery) -> Result<AlertPage> {
    let permit = match query.org {
        Some(org) => permit(caller, Action::ReadAlerts, org)?,
        None => permit_everywhere(caller, Action::ReadAlerts)?,
    };
    let context = context(&permit);
    let page =
        if query.sort == AlertSort::Urgency { by_urgency(desk, &context, &query).await? } else { sorted(desk, &context, &query).await? };
    let lines = lines(desk, &context, page.items, desk.now()).await?;
    Ok(AlertPage { lines, next_cursor: page.next_cursor, total: page.total })
}

/// One alert with what a line shows of it.
///
/// # Errors
/// `NotFound` where the caller does not see it.
pub async fn line(desk: &Desk, caller: &Caller, alert: AlertId) -> Result<AlertLine> {
    let permit = permit_everywhere(caller, Action::ReadAlerts)?;
    let context = context(&permit);
    let alert = desk.store.get::<Alert>(&context, alert.0).await?;
    lines(desk, &context, vec![alert], desk.now()).await?.into_iter().next().ok_or_else(Error::not_found)
}

async fn sorted(desk: &Desk, context: &Context, query: &AlertQuery) -> Result<Page<Stored<Alert>>> {
    let (field, order) = match query.sort {
        AlertSort::Urgency | AlertSort::Due => ("due_at", Order::Asc),
        AlertSort::Newest => ("received_at", Order::Desc),
        AlertSort::Oldest => ("received_at", Order::Asc),
        AlertSort::Score => ("score", Order::Desc),
    };
    let asked = filtered(query).order(field, order).after(query.cursor.clone()).limit(query.limit);
    Ok(desk.store.list(context, asked).await?)
}

/// The record keeps how urgent an alert is while no clock presses; those that a clock presses are the untriaged ones, earliest deadline
/// first. Both are ranked together. The cursor is the place in that ranking.
async fn by_urgency(desk: &Desk, context: &Context, query: &AlertQuery) -> Result<Page<Stored<Alert>>> {
    let from: usize = match &query.cursor {
        Some(cursor) => cursor.parse().map_err(|_| Error::invalid("error.cursor"))?,
        None => 0,
    };
    let size = usize::try_from(query.limit).unwrap_or(usize::MAX).max(1);
    let end = from.saturating_add(size);
    let (mut ranked, total) = most_urgent(desk, context, query, end).await?;
    let now = desk.now();
    let pressed = filtered(query).eq("state", "received").order("due_at", Order::Asc).limit(PAGE_LIMIT);
    let known: HashSet<AlertId> = ranked.iter().map(|alert| alert.id).collect();
    let untriaged = desk.store.list::<Alert>(context, pressed).await?.items;
    ranked.extend(untriaged.into_iter().filter(|alert| !known.contains(&alert.id) && is_pressed(alert, now)));
    ranked.sort_by_cached_key(|alert| (urgency(alert, now).rank, alert.due_at, alert.received_at, alert.id));
    let items: Vec<_> = ranked.into_iter().skip(from).take(size).collect();
    let end = from.saturating_add(items.len());
    let more = !items.is_empty() && u64::try_from(end).is_ok_and(|end| end < total);
    Ok(Page { next_cursor: more.then(|| end.to_string()), items, total })
}

/// At least so many alerts, those first that are most urgent while no clock presses, and how many there are in all.
async fn most_urgent(desk: &Desk, context: &Context, query: &AlertQuery, least: usize) -> Result<(Vec<Stored<Alert>>, u64)> {
    let mut found = Vec::new();
    let mut cursor = None;
    loop {
        let asked = filtered(query).order("urgency", Order::Asc).after(cursor).limit(PAGE_LIMIT);
        let page = desk.store.list::<Alert>(context, asked).await?;
        found.extend(page.items);
        cursor = page.next_cursor;
        if cursor.is_none() || found.len() >= least {
            return Ok((found, page.total));
        }
    }
}

fn filtered(query: &AlertQuery) -> Query {
    let mut asked = Query::new();
    if query.states.iter().any(|state| state == "open") {
        asked = asked.eq("open", true);
    } else if !query.states.is_empty() {
        asked = asked.any_of("state", query.states.iter().cloned());
    }
    if let Some(verdict) = query.verdict {
        asked = asked.eq("verdict", verdict.name());
    }
    match query.assigned {
        Some(Assigned::To(person)) => asked = asked.eq("assignee", person.to_string()),
        Some(Assigned::Nobody) => asked = asked.missing("assignee"),
        None => {}
    }
    if let Some(host) = &query.host {
        asked = asked.eq("host", host.to_lowercase());
    }
    if let Some(case) = query.case {
        asked = asked.eq("case", case.to_string());
    }
    if let Some(text) = &query.text {
        asked = asked.text(text);
    }
    asked
}

/// Lines of alerts, with how urgent they are at `now`.
pub(crate) async fn lines(desk: &Desk, context: &Context, alerts: Vec<Stored<Alert>>, now: jiff::Timestamp) -> Result<Vec<AlertLine>> {
    let titles = names::case_titles(desk, context, alerts.iter().filter_map(|alert| alert.case)).await?;
    let endpoints = names::endpoints(desk, context, alerts.iter().map(|alert| alert.raised.host.clone())).await?;
    Ok(alerts.into_iter().map(|alert| one_line(alert, now, &titles, &endpoints)).collect())
}

fn one_line(
    alert: Stored<Alert>,
    now: jiff::Timestamp,
    titles: &HashMap<CaseId, CaseTitle>,
    endpoints: &HashMap<(OrganizationId, String), Stored<Endpoint>>,
) -> AlertLine {
    let key = (alert.org, alert.raised.host.to_lowercase());
    AlertLine {
        urgency: urgency(&alert, now),
        case_title: alert.case.and_then(|case| titles.get(&case).cloned()),
        block_mode: endpoints.get(&key).map_or(BlockMode::Unknown, |endpoint| endpoint.block_mode),
        alert,
    }
}

/// How the alert's deadline was counted, step by step, with times in a person's zone.
pub fn due_steps(desk: &Desk, alert: &Alert, time_zone: &str) -> Vec<hikeshi_domain::phrase::Phrase> {
    let zone = jiff::tz::TimeZone::get(time_zone).unwrap_or(jiff::tz::TimeZone::UTC);
    desk.clocks.due(hikeshi_domain::clock::Duty::FlashReport, alert.received_at, &zone).steps
}
