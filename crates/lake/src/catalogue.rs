//! The seam between the lake and the record: which segments exist, how far the stream has been written, what has been seen where.
//!
//! The lake owns the trait; `record` implements it, so that segments and offset are committed in one transaction of the same
//! database that holds everything else. Catalogue rows are no entities: they stand outside the hash chain and have no history.

use std::collections::BTreeSet;

use async_trait::async_trait;
use hikeshi_domain::OrganizationId;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What a segment holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SegmentKind {
    /// Rows of the table `events`.
    Events,
    /// Rows of the table `matches`.
    Matches,
}

impl SegmentKind {
    /// The word in the catalogue and in file names.
    pub const fn name(self) -> &'static str {
        match self {
            SegmentKind::Events => "events",
            SegmentKind::Matches => "matches",
        }
    }

    /// The kind of that word.
    pub fn by_name(name: &str) -> Option<Self> {
        [SegmentKind::Events, SegmentKind::Matches].into_iter().find(|kind| kind.name() == name)
    }
}

/// One committed file of the lake: one organisation, one UTC day, one kind. Hosts are compared in lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SegmentRow {
    /// The segment's name; also the stem of its files.
    pub id: Uuid,
    /// The tenant.
    pub org: OrganizationId,
    /// The UTC day that all its rows belong to (the day of receipt where the time is implausible).
    pub day: Date,
    /// What it holds.
    pub kind: SegmentKind,
    /// How often its rows have been merged: 0 as written from the stream.
    pub level: u8,
    /// Rows.
    pub rows: u64,
    /// Size of its files.
    pub size_bytes: u64,
    /// Earliest `time` of a row.
    pub time_min: Timestamp,
    /// Latest `time` of a row.
    pub time_max: Timestamp,
    /// First host in byte order.
    pub host_min: String,
    /// Last host in byte order.
    pub host_max: String,
    /// When it was committed.
    pub created_at: Timestamp,
}

/// How far a stream has been written into segments. The commit is refused unless the catalogue stands at `from`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advance {
    /// Name of the stream: `local`, or a consumer's name at scale.
    pub stream: String,
    /// Where the catalogue must stand now (0 for a stream it has never seen).
    pub from: u64,
    /// The first offset not covered by committed segments.
    pub to: u64,
}

/// What kind of value prevalence is kept of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PrevalenceKind {
    /// SHA-256 of a file or image, lower-case hexadecimal.
    Sha256,
    /// SHA-1, lower-case hexadecimal.
    Sha1,
    /// MD5, lower-case hexadecimal.
    Md5,
    /// A domain name that was resolved or contacted, lower case.
    Domain,
}

impl PrevalenceKind {
    /// Every kind.
    pub const ALL: [PrevalenceKind; 4] = [PrevalenceKind::Sha256, PrevalenceKind::Sha1, PrevalenceKind::Md5, PrevalenceKind::Domain];

    /// The word in the catalogue.
    pub const fn name(self) -> &'static str {
        match self {
            PrevalenceKind::Sha256 => "sha256",
            PrevalenceKind::Sha1 => "sha1",
            PrevalenceKind::Md5 => "md5",
            PrevalenceKind::Domain => "domain",
        }
    }

    /// The kind of that word.
    pub fn by_name(name: &str) -> Option<Self> {
        PrevalenceKind::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// A value was seen on a host. Adding it again changes nothing but an earlier `first_seen_at`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sighting {
    /// The tenant.
    pub org: OrganizationId,
    /// What kind of value.
    pub kind: PrevalenceKind,
    /// The value, normalised as its kind says.
    pub value: String,
    /// Stands for the host: 64 bits of a hash of its lower-case name.
    pub host_key: i64,
    /// Earliest time of an event that showed it there.
    pub first_seen_at: Timestamp,
}

/// Where and since when a value is known. Outlives retention.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prevalence {
    /// Earliest sighting on any host.
    pub first_seen_at: Timestamp,
    /// On how many hosts it was seen.
    pub hosts: u64,
}

/// What a source has sent of a host: added up by (org, source, host).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceRow {
    /// The tenant.
    pub org: OrganizationId,
    /// The forwarder or format.
    pub source: String,
    /// The host, as most recently written.
    pub host: String,
    /// Latest receipt.
    pub last_received_at: Timestamp,
    /// Latest time of an event, by its own words.
    pub last_event_at: Timestamp,
    /// Events. In a commit: how many to add.
    pub events: u64,
}

/// One step of the catalogue: all of it or nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Commit {
    /// Segments that exist from now on. Their files are already durable.
    pub add: Vec<SegmentRow>,
    /// Segments that exist no more. Their files are deleted afterwards. A commit is refused if one of them is not there.
    pub remove: Vec<Uuid>,
    /// How far the stream is written.
    pub advance: Option<Advance>,
    /// Values seen on hosts.
    pub sightings: Vec<Sighting>,
    /// What sources sent; (org, source, lower-case host) is unique within one commit.
    pub sources: Vec<SourceRow>,
}

/// Why the catalogue did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum CatalogueError {
    /// Somebody else moved the offset or removed a segment: reload, then decide again.
    #[error("the catalogue has moved on: {0}")]
    Conflict(String),
    /// The database cannot be reached, written or trusted now.
    #[error("the catalogue is not available")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// The organisations whose telemetry a caller may see. No scope, no read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OrgScope {
    /// Every organisation of the installation.
    All,
    /// These only; empty sees nothing.
    Only(BTreeSet<OrganizationId>),
}

impl OrgScope {
    /// One organisation.
    pub fn one(org: OrganizationId) -> Self {
        OrgScope::Only(BTreeSet::from([org]))
    }

    /// Whether rows of that organisation may be seen.
    pub fn sees(&self, org: OrganizationId) -> bool {
        match self {
            OrgScope::All => true,
            OrgScope::Only(orgs) => orgs.contains(&org),
        }
    }
}

/// The catalogue of segments, implemented by the record. Every method is one transaction.
#[async_trait]
pub trait Catalogue: Send + Sync + 'static {
    /// Whether a copy is being made of what the catalogue names: files that it no longer names must stay until that is done.
    fn keeps_files(&self) -> bool {
        false
    }

    /// All committed segments.
    async fn segments(&self) -> Result<Vec<SegmentRow>, CatalogueError>;

    /// The first offset of the stream that is not covered by committed segments; 0 for an unknown stream.
    async fn offset(&self, stream: &str) -> Result<u64, CatalogueError>;

    /// Makes one step, durably, before it returns.
    ///
    /// # Errors
    /// `Conflict` when `advance.from` is not where the stream stands or a removed segment is not there; nothing changed then.
    async fn commit(&self, commit: Commit) -> Result<(), CatalogueError>;

    /// Prevalence of several values in one organisation, in the order asked; `None` for what was never seen.
    async fn prevalence(&self, org: OrganizationId, values: &[(PrevalenceKind, String)])
    -> Result<Vec<Option<Prevalence>>, CatalogueError>;

    /// What each source sent of each host, for the organisations in scope.
    async fn sources(&self, scope: &OrgScope) -> Result<Vec<SourceRow>, CatalogueError>;

    /// The same of the hosts of one organisation that begin with the same name, in any case: `pc-1` and `pc-1.corp.example`.
    async fn sources_of(&self, org: OrganizationId, host: &str) -> Result<Vec<SourceRow>, CatalogueError> {
        let wanted = first_label(host).to_lowercase();
        let mut rows = self.sources(&OrgScope::one(org)).await?;
        rows.retain(|row| first_label(&row.host).to_lowercase() == wanted);
        Ok(rows)
    }
}

/// A host's name up to the first dot: all of it where there is none.
pub fn first_label(host: &str) -> &str {
    host.split('.').next().unwrap_or(host)
}
