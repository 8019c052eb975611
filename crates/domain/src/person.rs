//! A person who signs in, and what the person may do where.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::entity::{Entity, Index, IndexValue};
use crate::id::{OrganizationId, PersonId};
use crate::phrase::Language;
use crate::role::Grant;

/// A hash in PHC notation (`$argon2id$…`). It is never printed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PasswordHash(pub String);

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}

/// The shared secret of an authenticator app (RFC 6238), base32 (RFC 4648). It is never printed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TotpSecret(pub String);

impl fmt::Debug for TotpSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TotpSecret(…)")
    }
}

/// What a person shows beside the password: a code of an authenticator app, or one of the recovery codes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecondFactor {
    /// The app's secret.
    pub secret: TotpSecret,
    /// The step of the last code that was accepted: no code counts twice (RFC 6238, 5.2).
    pub last_step: u64,
    /// Hashes of the recovery codes that have not been used.
    pub recovery: Vec<String>,
    /// Since when, UTC.
    pub since: Timestamp,
}

/// A person of the installation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Person {
    /// Name in the desk.
    pub id: PersonId,
    /// Name as the person writes it.
    pub name: String,
    /// Mail address; signs in by it.
    pub email: String,
    /// Language of console and mails.
    pub language: Language,
    /// IANA name of the zone, e.g. `Asia/Tokyo`.
    pub time_zone: String,
    /// Absent until the person has chosen one after a one-time link.
    pub password: Option<PasswordHash>,
    /// Asked for beside the password, once it is set up.
    #[serde(default)]
    pub second_factor: Option<SecondFactor>,
    /// The secret of a second factor that is being set up: nothing is asked for until a code of it has been shown.
    #[serde(default)]
    pub enrolling: Option<TotpSecret>,
    /// What the person may do, where.
    pub grants: Vec<Grant>,
    /// When added, UTC.
    pub created_at: Timestamp,
    /// Since when the person may no longer sign in.
    pub disabled_at: Option<Timestamp>,
}

impl Entity for Person {
    const KIND: &'static str = "person";
    const ERASABLE: bool = true;

    fn id(&self) -> Uuid {
        self.id.0
    }

    fn org(&self) -> Option<OrganizationId> {
        None
    }

    fn index(&self) -> Vec<(&'static str, IndexValue)> {
        Index::new()
            .with("email", self.email.to_lowercase())
            .with("name", self.name.as_str())
            .with("disabled", self.disabled_at.is_some())
            .fields()
    }

    fn search_text(&self) -> String {
        format!("{} {}", self.name, self.email)
    }
}
