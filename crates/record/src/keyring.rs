//! The keys in use and the numbers of the tenants: caches over the table `tenant` and the key files.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError, RwLock};

use ed25519_dalek::SigningKey;
use hikeshi_domain::OrganizationId;
use uuid::Uuid;

use crate::backend::{Session, Tenants, values};
use crate::context::Scope;
use crate::error::Result;
use crate::seal::{Key, KeyFiles};

/// A tenant's number and unwrapped key.
#[derive(Clone)]
pub(crate) struct Tenant {
    pub(crate) no: i64,
    pub(crate) key: Key,
}

/// The keys of the installation and what is known of its tenants.
pub(crate) struct Keyring {
    pub(crate) files: KeyFiles,
    /// Known to be committed: what readers rely on.
    committed: RwLock<HashMap<Uuid, i64>>,
    /// Seen inside the writer's transaction: forgotten when it fails.
    writing: Mutex<HashMap<Uuid, Tenant>>,
}

impl Keyring {
    pub(crate) fn new(files: KeyFiles) -> Self {
        Keyring { files, committed: RwLock::default(), writing: Mutex::default() }
    }

    pub(crate) fn signing(&self) -> &SigningKey {
        &self.files.signing
    }

    /// What the wrapping of a tenant's key is bound to.
    pub(crate) fn tenant_purpose(id: Uuid) -> String {
        format!("tenant {id}")
    }

    pub(crate) fn unwrap_tenant(&self, id: Uuid, wrapped: &[u8]) -> Result<Key> {
        self.files.installation.unwrap_key(wrapped, Self::tenant_purpose(id).as_bytes())
    }

    pub(crate) fn writing_tenant(&self, id: Uuid) -> Option<Tenant> {
        self.writing.lock().unwrap_or_else(PoisonError::into_inner).get(&id).cloned()
    }

    pub(crate) fn remember_writing(&self, id: Uuid, tenant: Tenant) {
        self.writing.lock().unwrap_or_else(PoisonError::into_inner).insert(id, tenant);
    }

    pub(crate) fn forget_uncommitted(&self) {
        self.writing.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// The numbers that a scope stands for. An organisation that the record has never heard of stands for nothing,
    /// nor does the nil id: in the table it is the installation.
    pub(crate) async fn tenants(&self, session: &mut dyn Session, scope: &Scope) -> Result<Tenants> {
        let Scope::Organizations(orgs) = scope else { return Ok(Tenants::All) };
        let mut numbers = Vec::with_capacity(orgs.len());
        for org in orgs.iter().filter(|org| !org.0.is_nil()) {
            numbers.extend(self.number(session, *org).await?);
        }
        Ok(Tenants::Only(numbers))
    }

    async fn number(&self, session: &mut dyn Session, org: OrganizationId) -> Result<Option<i64>> {
        if let Some(known) = self.committed.read().unwrap_or_else(PoisonError::into_inner).get(&org.0) {
            return Ok(Some(*known));
        }
        let rows = session.query("SELECT no FROM tenant WHERE id = $1", values![org.0]).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        let number = row.int(0)?;
        self.committed.write().unwrap_or_else(PoisonError::into_inner).insert(org.0, number);
        Ok(Some(number))
    }
}
