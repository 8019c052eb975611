//! The lake, the questions asked of it, and the rules that watch what comes in.

use std::sync::Arc;

use hikeshi_detect::{Refusal, RuleSet, RuleTexts};
use hikeshi_domain::OrganizationId;
use hikeshi_lake::Lake;
use hikeshi_lake::catalogue::OrgScope;
use hikeshi_record::{Context, Scope};

use crate::desk::Desk;
use crate::error::{Error, Result};

/// Telemetry and what reads it.
pub struct Telemetry {
    /// The lake.
    pub lake: Arc<Lake>,
    /// SQL over the lake.
    pub hunt: hikeshi_hunt::Hunt,
    /// Rules in force on the stream.
    pub rules: Arc<RuleSet>,
    /// The rules as they were written.
    pub texts: RuleTexts,
    /// Rules that could not be used, with the reason.
    pub refused: Vec<Refusal>,
}

/// The lake's scope of a context.
pub(crate) fn scope(context: &Context) -> OrgScope {
    match &context.scope {
        Scope::Installation => OrgScope::All,
        Scope::Organizations(organizations) => OrgScope::Only(organizations.clone()),
    }
}

/// The host's name as its events write it: the same name in any case, else the one host whose short name is the same (design 6).
pub(crate) async fn host_as_sent(desk: &Desk, org: OrganizationId, host: &str) -> Result<String> {
    let sources = desk.telemetry.lake.sources(&OrgScope::one(org)).await.map_err(Error::internal)?;
    let wanted = host.to_lowercase();
    if sources.iter().any(|source| source.host.to_lowercase() == wanted) {
        return Ok(host.to_owned());
    }
    let mut alike: Vec<&str> =
        sources.iter().map(|source| source.host.as_str()).filter(|name| short(&name.to_lowercase()) == short(&wanted)).collect();
    alike.sort_unstable_by_key(|name| name.to_lowercase());
    alike.dedup_by_key(|name| name.to_lowercase());
    Ok(match alike.as_slice() {
        [only] => (*only).to_owned(),
        _ => host.to_owned(),
    })
}

fn short(name: &str) -> &str {
    name.split('.').next().unwrap_or(name)
}
