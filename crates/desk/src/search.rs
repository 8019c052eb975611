//! One field that finds things: alerts, cases, endpoints, and a hash over the whole lake.

use hikeshi_access::{Action, Caller, permit_everywhere};
use hikeshi_domain::OrganizationId;
use hikeshi_domain::alert::Alert;
use hikeshi_domain::case::Case;
use hikeshi_domain::endpoint::Endpoint;
use hikeshi_domain::entity::Entity;
use hikeshi_domain::phrase::Language;
use hikeshi_record::{Context, Order, Query, Stored};
use uuid::Uuid;

use crate::desk::{Desk, context};
use crate::error::Result;
use crate::names::names;

const MOST_OF_A_KIND: u32 = 8;
const SHORTEST: usize = 2;

/// Something found.
#[derive(Debug, Clone)]
pub struct Hit {
    /// Kind of entity.
    pub kind: &'static str,
    /// Its name in the desk.
    pub id: Uuid,
    /// The tenant.
    pub org: Option<OrganizationId>,
    /// What it is called.
    pub title: String,
    /// One line more.
    pub line: String,
}

/// Finds what the caller may see. Words of one letter find nothing.
///
/// # Errors
/// When the record cannot be read.
pub async fn search(desk: &Desk, caller: &Caller, words: &str, language: Language) -> Result<Vec<Hit>> {
    if words.trim().chars().count() < SHORTEST {
        return Ok(Vec::new());
    }
    let mut hits = Vec::new();
    if let Ok(permit) = permit_everywhere(caller, Action::ReadCases) {
        let cases = found::<Case>(desk, &context(&permit), words, "opened_at").await?;
        hits.extend(cases.into_iter().map(|case| hit(&case.entity, case.reference.clone(), case.titled(language).to_owned())));
    }
    if let Ok(permit) = permit_everywhere(caller, Action::ReadAlerts) {
        let alerts = found::<Alert>(desk, &context(&permit), words, "received_at").await?;
        let line = |alert: &Alert| alert.raised.file.as_ref().and_then(|file| file.path.clone()).unwrap_or_default();
        let names = names(desk, caller).await?;
        let title = |alert: &Alert| format!("{} {}", alert.raised.host, names.alert(&alert.raised, language));
        hits.extend(alerts.into_iter().map(|alert| hit(&alert.entity, title(&alert), line(&alert))));
    }
    if let Ok(permit) = permit_everywhere(caller, Action::ReadEndpoints) {
        let endpoints = found::<Endpoint>(desk, &context(&permit), words, "last_seen_at").await?;
        hits.extend(endpoints.into_iter().map(|endpoint| hit(&endpoint.entity, endpoint.host.clone(), endpoint.note.clone())));
    }
    Ok(hits)
}

async fn found<E: Entity>(desk: &Desk, context: &Context, words: &str, order: &str) -> Result<Vec<Stored<E>>> {
    let query = Query::new().text(words).order(order, Order::Desc).limit(MOST_OF_A_KIND);
    Ok(desk.store.list::<E>(context, query).await?.items)
}

fn hit<E: Entity>(entity: &E, title: String, line: String) -> Hit {
    Hit { kind: E::KIND, id: entity.id(), org: entity.org(), title, line }
}
