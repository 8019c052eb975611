//! Endpoints: known from what they send, described by people.

use std::collections::HashMap;

use hikeshi_access::{Action, Caller, permit, permit_everywhere};
use hikeshi_domain::alert::Alert;
use hikeshi_domain::endpoint::{BlockMode, Endpoint, Retired};
use hikeshi_domain::entity::Entity;
use hikeshi_domain::{EndpointId, OrganizationId};
use hikeshi_lake::catalogue::SourceRow;
use hikeshi_record::{Change, Context, Expect, Order, PAGE_LIMIT, Page, Query, Stored};
use jiff::Timestamp;
use uuid::Uuid;

use crate::alert::required;
use crate::desk::{Desk, context};
use crate::error::{Error, Result};
use crate::silence::{Host, Silence, silence};
use crate::telemetry::scope;
use crate::{case, names};

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
    /// Nothing comes of it any more, although it should.
    pub silent: bool,
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
    let heard = Heard::load(desk, &context).await?;
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
    line(desk, &context, endpoint, &Heard::load(desk, &context).await?).await
}

/// What people say of an endpoint.
#[derive(Debug, Clone)]
pub struct Description {
    /// Whether its protection blocks.
    pub block_mode: BlockMode,
    /// Whether it is part of a service for customers; `None`: as it stands.
    pub serves: Option<bool>,
    /// What it is for, who uses it.
    pub note: String,
}

/// Says whether the endpoint's protection blocks, whether it serves customers, and what it is for. What is proposed for its open cases
/// follows.
///
/// # Errors
/// `Conflict` where it has changed since `version`.
pub async fn describe(desk: &Desk, caller: &Caller, endpoint: EndpointId, said: Description, version: u64) -> Result<EndpointLine> {
    let (context, endpoint) = load(desk, caller, endpoint, Action::EditEndpoints).await?;
    if said.note.chars().count() > LONGEST_NOTE {
        return Err(Error::invalid("error.field_too_long").with("field", "note").with("most", LONGEST_NOTE.to_string()));
    }
    let serves = said.serves.unwrap_or(endpoint.serves);
    let described = Endpoint { block_mode: said.block_mode, serves, note: said.note.trim().to_owned(), ..endpoint.entity.clone() };
    let mut change = Change::new("endpoint.describe", "").owner(Some(described.org));
    if (described.serves, described.block_mode) != (endpoint.serves, endpoint.block_mode) {
        change = case::proposed_again(change, described.id);
    }
    keep(desk, &context, change, &described, version).await
}

/// Takes an endpoint out of service: nobody is warned of its silence from now on.
///
/// # Errors
/// `Invalid` without a reason or where it is out of service already, `Conflict` where it has changed since `version`.
pub async fn retire(desk: &Desk, caller: &Caller, endpoint: EndpointId, reason: &str, version: u64) -> Result<EndpointLine> {
    let (context, endpoint) = load(desk, caller, endpoint, Action::RetireEndpoints).await?;
    let reason = required(reason)?;
    if endpoint.retired.is_some() {
        return Err(Error::invalid("error.endpoint_retired"));
    }
    let by = caller.person().ok_or_else(Error::unauthenticated)?;
    let retired = Endpoint { retired: Some(Retired { by, at: desk.now(), reason: reason.clone() }), ..endpoint.entity.clone() };
    keep(desk, &context, Change::new("endpoint.retire", reason), &retired, version).await
}

/// Takes an endpoint back into service: its silence counts again.
///
/// # Errors
/// `Invalid` where it is in service, `Conflict` where it has changed since `version`.
pub async fn restore(desk: &Desk, caller: &Caller, endpoint: EndpointId, version: u64) -> Result<EndpointLine> {
    let (context, endpoint) = load(desk, caller, endpoint, Action::RetireEndpoints).await?;
    if endpoint.retired.is_none() {
        return Err(Error::invalid("error.endpoint_in_service"));
    }
    let restored = Endpoint { retired: None, ..endpoint.entity.clone() };
    keep(desk, &context, Change::new("endpoint.restore", ""), &restored, version).await
}

/// Makes endpoints of hosts that have begun to send.
///
/// # Errors
/// When catalogue or record do not answer.
pub async fn follow_sources(desk: &Desk) -> Result<()> {
    let context = Context::system("endpoints");
    let heard = latest(desk.telemetry.lake.sources(&scope(&context)).await.map_err(Error::internal)?);
    let known = names::endpoints(desk, &context, heard.keys().map(|(_, host)| host.clone())).await?;
    for ((org, host), source) in heard.iter().filter(|(key, _)| !known.contains_key(key)) {
        let endpoint = Endpoint {
            id: EndpointId(Uuid::now_v7()),
            org: *org,
            host: source.host.clone(),
            first_seen_at: source.last_received_at,
            last_seen_at: source.last_received_at,
            block_mode: BlockMode::Unknown,
            serves: false,
            note: String::new(),
            retired: None,
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

/// Says of a drill's endpoints whether their protection blocks, where nobody has said it.
///
/// # Errors
/// When the record does not answer.
pub(crate) async fn say_modes(desk: &Desk, org: OrganizationId, mode_of: impl Fn(&str) -> BlockMode) -> Result<()> {
    let context = Context::system("drill").within(org);
    let mut place = None;
    loop {
        let asked = Query::new().order("host", Order::Asc).after(place).limit(PAGE_LIMIT);
        let page = desk.store.list::<Endpoint>(&context, asked).await?;
        for endpoint in page.items.iter().filter(|endpoint| endpoint.block_mode == BlockMode::Unknown) {
            let said = Endpoint { block_mode: mode_of(&endpoint.host), ..endpoint.entity.clone() };
            let change = Change::new("endpoint.describe", "").put(&said, Expect::Version(endpoint.version));
            match desk.store.change(&context, change).await {
                Ok(_) => desk.tell(Endpoint::KIND, said.id.0, Some(org)),
                // Somebody says something of it at this moment.
                Err(hikeshi_record::Error::Conflict { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        match page.next_cursor {
            Some(next) => place = Some(next),
            None => return Ok(()),
        }
    }
}

/// The endpoint to be changed, and leave to do it.
async fn load(desk: &Desk, caller: &Caller, endpoint: EndpointId, action: Action) -> Result<(Context, Stored<Endpoint>)> {
    let reading = context(&permit_everywhere(caller, Action::ReadEndpoints)?);
    let endpoint = desk.store.get::<Endpoint>(&reading, endpoint.0).await?;
    Ok((context(&permit(caller, action, endpoint.org)?), endpoint))
}

async fn keep(desk: &Desk, context: &Context, change: Change, endpoint: &Endpoint, version: u64) -> Result<EndpointLine> {
    desk.store.change(context, change.put(endpoint, Expect::Version(version))).await?;
    desk.tell(Endpoint::KIND, endpoint.id.0, Some(endpoint.org));
    let stored = desk.store.get(context, endpoint.id.0).await?;
    line(desk, context, stored, &Heard::load(desk, context).await?).await
}

/// What was heard of the hosts that a context sees.
struct Heard {
    latest: HashMap<Host, SourceRow>,
    silence: Silence,
}

impl Heard {
    async fn load(desk: &Desk, context: &Context) -> Result<Self> {
        let sources = desk.telemetry.lake.sources(&scope(context)).await.map_err(Error::internal)?;
        let silence = silence(desk, context, &sources).await?;
        Ok(Heard { latest: latest(sources), silence })
    }
}

/// Of each host the source that was heard last.
fn latest(sources: Vec<SourceRow>) -> HashMap<Host, SourceRow> {
    let mut heard: HashMap<Host, SourceRow> = HashMap::new();
    for source in sources {
        let key = (source.org, source.host.to_lowercase());
        let latest = heard.get(&key).is_none_or(|known| known.last_received_at < source.last_received_at);
        if latest {
            heard.insert(key, source);
        }
    }
    heard
}

async fn line(desk: &Desk, context: &Context, endpoint: Stored<Endpoint>, heard: &Heard) -> Result<EndpointLine> {
    let within = context.within(endpoint.org);
    let query = Query::new().eq("host", endpoint.host.to_lowercase()).eq("open", true).limit(1);
    let alerts_open = desk.store.list::<Alert>(&within, query).await?.total;
    let last = heard.latest.get(&(endpoint.org, endpoint.host.to_lowercase())).map(|source| source.last_received_at);
    let silent = heard.silence.holds(endpoint.org, &endpoint.host);
    Ok(EndpointLine { last_seen_at: last.unwrap_or(endpoint.last_seen_at).max(endpoint.last_seen_at), endpoint, alerts_open, silent })
}
