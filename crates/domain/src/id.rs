//! Typed names of entities: UUIDs (version 7 where we make them, so that they sort by age).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
            #[serde(transparent)]
            pub struct $name(pub Uuid);

            impl fmt::Display for $name {
                fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    self.0.hyphenated().fmt(f)
                }
            }

            impl FromStr for $name {
                type Err = uuid::Error;

                fn from_str(text: &str) -> Result<Self, Self::Err> {
                    text.parse().map($name)
                }
            }
        )*
    };
}

ids! {
    /// A tenant: a customer of a provider, or the one company.
    OrganizationId,
    /// An alert.
    AlertId,
    /// A case.
    CaseId,
    /// A managed computer.
    EndpointId,
    /// A person who signs in.
    PersonId,
    /// A flash report.
    FlashReportId,
    /// One run of triage on one subject.
    TriageId,
    /// The full list of one run of triage.
    FullListId,
    /// A service request.
    ServiceRequestId,
    /// A retainer.
    RetainerId,
    /// A mail of the outbox.
    MessageId,
    /// An entry of the exception list.
    ExceptionId,
    /// A reference list.
    ReferenceListId,
    /// A comment.
    CommentId,
    /// A saved search.
    SavedSearchId,
    /// A key by which a program sends events or alerts.
    ApiKeyId,
    /// A signed-in browser.
    SessionId,
    /// A link that signs in once.
    OneTimeLinkId,
}
