//! Endpoints: known from what they send, described by people.

use std::collections::HashMap;

use hikeshi_access::{Action, Caller, permit, permit_everywhere};
use hikeshi_domain::alert::Alert;
use hikeshi_domain::endpoint::{BlockMode, Endpoint};
use hikeshi_domain::entity::Entity;
use hikeshi_domain::{EndpointId, OrganizationId};
use hikeshi_lake::catalogue::SourceRow;
use hikeshi_record::{Change, Context, Expect, Order, Page, Query, Stored};
use jiff::Timestamp;
use uuid::Uuid;

use crate::desk::{Desk, context};
use crate::error::{Error, Result};
use crate::names;
use crate::telemetry::scope;

const LONGEST_NOTE: usize = 4_096;

/// Which endpoints.
#[derive(Debug, Clone, Default)]
pub struct EndpointQuery {
    /// Of one organisation only.
    pub org: Option<OrganizationId>,
    /// Holding these words in name or note.
    pub text: Option<String>,
    /// After this place.
    pub cursor: Option<String>,
    /// At most so many.
    pub limit: u32,
}

/// An endpoint and how many of its alerts are open.
#[derive(Debug, Clone)]
pub struct EndpointLine {
    /// The endpoint.
    pub endpoint: Stored<Endpoint>,
    /// Its open alerts.
    pub alerts_open: u64,
    /// When something was last heard of it.
    pub last_seen_at: Timestamp,
}

/// Lists endpoints by name.
///
/// # Errors
/// `NotFound` for an organisation that is not the caller's.
pub async fn list(desk: &Desk, caller: &Caller, query: EndpointQuery) -> Result<Page<EndpointLine>> {
    let permit = match query.org {
        Some(org) => permit(caller, Action::ReadEndpoints, org)?,
        None => permit_everywhere(caller, Action::ReadEndpoints)?,
    };
    let context = context(&permit);
    let mut asked = Query::new().order("host", Order::Asc).after(query.cursor).limit(query.limit);
    if let Some(text) = &query.text {
        asked = asked.text(text);
    }
    let page = desk.store.list::<Endpoint>(&context, asked).await?;
    let heard = last_heard(desk, &context).await?;
    let mut items = Vec::with_capacity(page.items.len());
    for endpoint in page.items {
        items.push(line(desk, &context, endpoint, &heard).await?);
    }
    Ok(Page { items, next_cursor: page.next_cursor, total: page.total })
}

/// One endpoint.
///
/// # Errors
/// `NotFound` where the caller does not see it.
pub async fn get(desk: &Desk, caller: &Caller, endpoint: EndpointId) -> Result<EndpointLine> {
    let context = context(&permit_everywhere(caller, Action::ReadEndpoints)?);
    let endpoint = desk.store.get::<Endpoint>(&context, endpoint.0).await?;
    line(desk, &context, endpoint, &last_heard(desk, &context).await?).await
}

/// Says whether the endpoint's protection blocks, and what it is for.
///
/// # Errors
/// `Conflict` where it has changed since `version`.
pub async fn describe(
    desk: &Desk,
    caller: &Caller,
    endpoint: EndpointId,
    block_mode: BlockMode,
    note: &str,
    version: u64,
) -> Result<EndpointLine> {
    let reading = context(&permit_everywhere(caller, Action::ReadEndpoints)?);
    let endpoint = desk.store.get::<Endpoint>(&reading, endpoint.0).await?;
    let context = context(&permit(caller, Action::EditEndpoints, endpoint.org)?);
    if note.chars().count() > LONGEST_NOTE {
        return Err(Error::invalid("error.field_too_long").with("field", "note").with("most", LONGEST_NOTE.to_string()));
    }
    let described = Endpoint { block_mode, note: note.trim().to_owned(), ..endpoint.entity.clone() };
    desk.store.change(&context, Change::new("endpoint.describe", "").put(&described, Expect::Version(version))).await?;
    desk.tell(Endpoint::KIND, described.id.0, Some(described.org));
    let stored = desk.store.get(&context, described.id.0).await?;
    line(desk, &context, stored, &last_heard(desk, &context).await?).await
}

/// Makes endpoints of hosts that have begun to send.
///
/// # Errors
/// When catalogue or record do not answer.
pub async fn follow_sources(desk: &Desk) -> Result<()> {
    let context = Context::system("endpoints");
    let heard = last_heard(desk, &context).await?;
    let known = names::endpoints(desk, &context, heard.keys().map(|(_, host)| host.clone())).await?;
    for ((org, host), source) in heard.iter().filter(|(key, _)| !known.contains_key(key)) {
        let endpoint = Endpoint {
            id: EndpointId(Uuid::now_v7()),
            org: *org,
            host: source.host.clone(),
            first_seen_at: source.last_received_at,
            last_seen_at: source.last_received_at,
            block_mode: BlockMode::Unknown,
            note: String::new(),
        };
        let change = Change::new("endpoint.seen", "").claim_key("endpoint", host, endpoint.id).put(&endpoint, Expect::New);
        match desk.store.change(&context.within(*org), change).await {
            Ok(_) => desk.tell(Endpoint::KIND, endpoint.id.0, Some(*org)),
            Err(hikeshi_record::Error::Claimed { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

async fn last_heard(desk: &Desk, context: &Context) -> Result<HashMap<(OrganizationId, String), SourceRow>> {
    let sources = desk.telemetry.lake.sources(&scope(context)).await.map_err(Error::internal)?;
    let mut heard: HashMap<(OrganizationId, String), SourceRow> = HashMap::new();
    for source in sources {
        let key = (source.org, source.host.to_lowercase());
        let latest = heard.get(&key).is_none_or(|known| known.last_received_at < source.last_received_at);
        if latest {
            heard.insert(key, source);
        }
    }
    Ok(heard)
}

async fn line(
    desk: &Desk,
    context: &Context,
    endpoint: Stored<Endpoint>,
    heard: &HashMap<(OrganizationId, String), SourceRow>,
) -> Result<EndpointLine> {
    let within = context.within(endpoint.org);
    let query = Query::new().eq("host", endpoint.host.to_lowercase()).eq("open", true).limit(1);
    let alerts_open = desk.store.list::<Alert>(&within, query).await?.total;
    let heard = heard.get(&(endpoint.org, endpoint.host.to_lowercase())).map(|source| source.last_received_at);
    Ok(EndpointLine { last_seen_at: heard.unwrap_or(endpoint.last_seen_at).max(endpoint.last_seen_at), endpoint, alerts_open })
}
