//! A key by which a program sends events or alerts. The organisation comes from the key, never from the body.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::entity::{Entity, Index, IndexValue};
use crate::id::{ApiKeyId, OrganizationId, PersonId};

/// For which hosts a key may speak.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum KeyScope {
    /// A forwarder: for any host of the organisation.
    Forwarder {
        /// Name of the forwarder, shown as the source.
        name: String,
    },
    /// Only for these hosts, compared without case.
    Hosts {
        /// Host names.
        hosts: Vec<String>,
    },
}

impl KeyScope {
    /// Whether the key may speak for a host.
    pub fn allows(&self, host: &str) -> bool {
        match self {
            KeyScope::Forwarder { .. } => true,
            KeyScope::Hosts { hosts } => hosts.iter().any(|allowed| allowed.to_lowercase() == host.to_lowercase()),
        }
    }
}

/// A key. Only its hash is kept; the key itself is shown once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ApiKey {
    /// Its name in the desk.
    pub id: ApiKeyId,
    /// The tenant that its senders belong to.
    pub org: OrganizationId,
    /// Name as shown.
    pub name: String,
    /// Hash of the key, hexadecimal.
    pub hash: String,
    /// For which hosts.
    pub scope: KeyScope,
    /// When it was made, UTC.
    pub created_at: Timestamp,
    /// Who made it; absent for a drill's own key.
    pub created_by: Option<PersonId>,
    /// Since when it is no longer taken.
    pub revoked_at: Option<Timestamp>,
}

impl Entity for ApiKey {
    const KIND: &'static str = "api_key";
    const ERASABLE: bool = false;

    fn id(&self) -> Uuid {
        self.id.0
    }

    fn org(&self) -> Option<OrganizationId> {
        Some(self.org)
    }

    fn index(&self) -> Vec<(&'static str, IndexValue)> {
        Index::new()
            .with("hash", self.hash.as_str())
            .with("name", self.name.as_str())
            .with("revoked", self.revoked_at.is_some())
            .with("created_at", self.created_at)
            .fields()
    }

    fn search_text(&self) -> String {
        self.name.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_for_hosts_speaks_for_no_other() {
        let scope = KeyScope::Hosts { hosts: vec!["PC-014".to_owned()] };
        assert!(scope.allows("pc-014"));
        assert!(!scope.allows("pc-015"));
        assert!(KeyScope::Forwarder { name: "wef".to_owned() }.allows("anything"));
    }
}
