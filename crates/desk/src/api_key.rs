//! Keys of forwarders and products. A key is shown once; its organisation is decided here, never by what it sends.

use hikeshi_access::{Action, Caller, permit, permit_everywhere};
use hikeshi_domain::api_key::{ApiKey, KeyScope};
use hikeshi_domain::{ApiKeyId, OrganizationId};
use hikeshi_event::LogFormat;
use hikeshi_record::PAGE_LIMIT;
use hikeshi_record::{Change, Expect, Order, Query, Stored};
use uuid::Uuid;

use crate::desk::{Desk, context};
use crate::error::{Error, Result};
use crate::secret;

/// What every key begins with, so that a scanner finds one that leaked.
pub const KEY_PREFIX: &str = "hikeshi_";
const LONGEST_NAME: usize = 200;
const MOST_HOSTS: usize = 1_000;

/// A key just made: the only time that it can be read.
pub struct NewKey {
    /// The key.
    pub secret: String,
    /// What is kept of it.
    pub key: Stored<ApiKey>,
}

/// Keys of the caller's organisations, latest first, revoked ones too.
///
/// # Errors
/// `Forbidden` where the caller may not see keys.
pub async fn list(desk: &Desk, caller: &Caller) -> Result<Vec<Stored<ApiKey>>> {
    let context = context(&permit_everywhere(caller, Action::ReadKeys)?);
    Ok(desk.store.list::<ApiKey>(&context, Query::new().order("created_at", Order::Desc).limit(PAGE_LIMIT)).await?.items)
}

/// Makes a key.
///
/// # Errors
/// `Invalid` where the name is empty, a list of hosts is empty or too long, or a forwarder is named like a format.
pub async fn add(desk: &Desk, caller: &Caller, org: OrganizationId, name: &str, scope: KeyScope) -> Result<NewKey> {
    let context = context(&permit(caller, Action::EditKeys, org)?);
    let name = name.trim();
    if name.is_empty() {
        return Err(Error::invalid("error.field_empty").with("field", "name"));
    }
    if name.chars().count() > LONGEST_NAME {
        return Err(Error::invalid("error.field_too_long").with("field", "name").with("most", LONGEST_NAME.to_string()));
    }
    if let KeyScope::Hosts { hosts } = &scope
        && (hosts.is_empty() || hosts.len() > MOST_HOSTS)
    {
        return Err(Error::invalid("error.key_hosts").with("most", MOST_HOSTS.to_string()));
    }
    // Files that `hikeshi ingest` reads stand under their format's name: whose silence counts is told by the source.
    if let KeyScope::Forwarder { name } = &scope
        && LogFormat::named(name).is_some()
    {
        return Err(Error::invalid("error.forwarder_is_format").with("name", name));
    }
    let secret = format!("{KEY_PREFIX}{}", secret::fresh()?);
    let key = ApiKey {
        id: ApiKeyId(Uuid::now_v7()),
        org,
        name: name.to_owned(),
        hash: secret::hash(&secret),
        scope,
        created_at: desk.now(),
        created_by: caller.person(),
        revoked_at: None,
    };
    desk.store.change(&context, Change::new("key.add", "").put(&key, Expect::New)).await?;
    Ok(NewKey { secret, key: desk.store.get(&context, key.id.0).await? })
}

/// Revokes a key at once.
///
/// # Errors
/// `NotFound` where it is not the caller's.
pub async fn revoke(desk: &Desk, caller: &Caller, key: ApiKeyId) -> Result<()> {
    let reading = context(&permit_everywhere(caller, Action::ReadKeys)?);
    let stored = desk.store.get::<ApiKey>(&reading, key.0).await?;
    let context = context(&permit(caller, Action::EditKeys, stored.org)?);
    if stored.revoked_at.is_none() {
        let revoked = ApiKey { revoked_at: Some(desk.now()), ..stored.entity.clone() };
        desk.store.change(&context, Change::new("key.revoke", "").put(&revoked, stored.expect())).await?;
    }
    Ok(())
}
