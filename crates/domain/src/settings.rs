//! Choices of the installation. There is one such entity.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::entity::{Entity, IndexValue};
use crate::id::OrganizationId;

/// A secret that is never printed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(pub String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// How the connection to the mail server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailSecurity {
    /// TLS from the first byte (port 465).
    Tls,
    /// STARTTLS, refused if the server does not offer it (port 587).
    Starttls,
    /// None: for a relay on the same machine.
    Plain,
}

/// The mail server that takes outgoing mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailServer {
    /// Host name.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Protection.
    pub security: MailSecurity,
    /// User and password, where the server asks.
    pub user: Option<String>,
    /// Password.
    pub password: Option<Secret>,
    /// Address that mail comes from.
    pub from: String,
}

/// Choices of the installation.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Settings {
    /// Absent: mail is held in the outbox.
    pub mail_server: Option<MailServer>,
    /// Address under which people reach the console, for links in mails.
    pub public_url: Option<String>,
}

impl Settings {
    /// The id of the one entity.
    pub const ID: Uuid = Uuid::from_u128(0x6869_6b65_7368_6920_7365_7474_696e_6773);
}

impl Entity for Settings {
    const KIND: &'static str = "settings";
    const ERASABLE: bool = true;

    fn id(&self) -> Uuid {
        Settings::ID
    }

    fn org(&self) -> Option<OrganizationId> {
        None
    }

    fn index(&self) -> Vec<(&'static str, IndexValue)> {
        Vec::new()
    }

    fn search_text(&self) -> String {
        String::new()
    }
}
