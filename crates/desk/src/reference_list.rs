//! Reference lists: brought, replaced and taken away by people, asked by triage.
//!
//! The file is kept as it was uploaded; what triage looks up is made of it once and held, by the file's hash: a list of a million hashes is
//! not read again for each verdict.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use bytes::Bytes;
use hikeshi_access::{Action, Caller, permit, permit_everywhere, permit_installation};
use hikeshi_domain::entity::Entity;
use hikeshi_domain::phrase::Phrase;
use hikeshi_domain::reference_list::{ListKind, ReferenceList, Removal};
use hikeshi_domain::triage_run::ObjectRef;
use hikeshi_domain::verdict::Unknown;
use hikeshi_domain::{OrganizationId, PersonId, ReferenceListId};
use hikeshi_lake::ObjectId;
use hikeshi_record::{Change, Context, Expect, Order, Query, Stored};
use hikeshi_triage::lists::{Indicators, LineDefect, ListLimits, ReadList, read};
use hikeshi_triage::{List, ListOrigin, Lists};
use jiff::Timestamp;
use tokio::sync::Mutex;
use uuid::Uuid;

use crate::alert::required;
use crate::complaint::Complaint;
use crate::desk::{Desk, context};
use crate::error::{Error, ErrorKind, Result};
use crate::everything::everything;

const LONGEST_TEXT: usize = 200;
/// Lists of one organisation, or of the installation.
const MOST_LISTS: usize = 200;
/// Entries of all those together: they are held in memory, 36 bytes a SHA-256.
const MOST_ENTRIES: u64 = 4_000_000;
/// How often files that no list names any more are forgotten.
const FORGET_EVERY: Duration = Duration::from_secs(3_600);
/// Defects of a file that its uploader is told.
const TOLD_DEFECTS: usize = 100;

/// What somebody says of a list, and its file.
#[derive(Debug, Clone)]
pub struct Upload {
    /// Its name, as reasons show it.
    pub name: String,
    /// What it says of its entries.
    pub kind: ListKind,
    /// Where it comes from.
    pub source: String,
    /// From when on it is out of date.
    pub until: Option<Timestamp>,
    /// The file.
    pub bytes: Bytes,
}

/// A list that was taken, and which of its lines were not.
#[derive(Debug)]
pub struct Taken {
    /// The list as it stands.
    pub list: Stored<ReferenceList>,
    /// The first lines that could not be used.
    pub defects: Vec<LineDefect>,
}

/// What was made of files, by their hash. One file is read at a time: each may take hundreds of megabytes for a moment.
#[derive(Debug, Default)]
pub struct ListCache {
    made: RwLock<HashMap<String, Arc<Indicators>>>,
    reading: Mutex<()>,
}

impl ListCache {
    fn known(&self, sha256: &str) -> Option<Arc<Indicators>> {
        self.made.read().unwrap_or_else(PoisonError::into_inner).get(sha256).cloned()
    }

    fn keep(&self, sha256: &str, made: &Arc<Indicators>) {
        self.made.write().unwrap_or_else(PoisonError::into_inner).insert(sha256.to_owned(), Arc::clone(made));
    }

    fn keep_only(&self, wanted: &HashSet<String>) {
        self.made.write().unwrap_or_else(PoisonError::into_inner).retain(|sha256, _| wanted.contains(sha256));
    }
}

/// The lists that count where the caller may read them, latest first; those of the installation count for everybody.
///
/// # Errors
/// `Forbidden` where the caller may not see them.
pub async fn list(desk: &Desk, caller: &Caller) -> Result<Vec<Stored<ReferenceList>>> {
    let context = context(&permit_everywhere(caller, Action::ReadLists)?);
    let mut lists = standing(desk, &context).await?;
    if !context.scope.sees(None) {
        lists.extend(of_installation(desk).await?);
        lists.sort_by_key(|list| std::cmp::Reverse(list.uploaded_at));
    }
    Ok(lists)
}

/// Takes a new list, for one organisation or (`None`) for all.
///
/// # Errors
/// `Invalid` where a text is missing, the end has passed, the file cannot be read to its end, holds nothing that can be looked up, or more
/// than may be held beside the other lists.
pub async fn add(desk: &Desk, caller: &Caller, org: Option<OrganizationId>, upload: Upload) -> Result<Taken> {
    let context = match org {
        Some(org) => context(&permit(caller, Action::EditLists, org)?),
        None => context(&permit_installation(caller, Action::EditLists)?),
    };
    let by = caller.person().ok_or_else(Error::unauthenticated)?;
    let id = ReferenceListId(Uuid::now_v7());
    let beside = beside(desk, &context, org, id).await?;
    if beside.len() >= MOST_LISTS {
        return Err(Error::invalid("error.lists_many").with("most", MOST_LISTS.to_string()));
    }
    let (list, defects) = taken(desk, id, org, by, upload, &beside).await?;
    desk.store.change(&context, Change::new("reference_list.add", list.source.clone()).put(&list, Expect::New)).await?;
    desk.tell(ReferenceList::KIND, list.id.0, org);
    Ok(Taken { list: desk.store.get(&context, list.id.0).await?, defects })
}

/// Puts a new file in the place of a list's old one.
///
/// # Errors
/// As [`add`]; `Conflict` where the list has changed since `version`, `NotFound` where it is not the caller's.
pub async fn replace(desk: &Desk, caller: &Caller, id: ReferenceListId, upload: Upload, version: u64) -> Result<Taken> {
    let (context, stored) = editable(desk, caller, id).await?;
    let by = caller.person().ok_or_else(Error::unauthenticated)?;
    let beside = beside(desk, &context, stored.org, id).await?;
    let (list, defects) = taken(desk, id, stored.org, by, upload, &beside).await?;
    desk.store.change(&context, Change::new("reference_list.replace", list.source.clone()).put(&list, Expect::Version(version))).await?;
    desk.tell(ReferenceList::KIND, id.0, list.org);
    Ok(Taken { list: desk.store.get(&context, id.0).await?, defects })
}

/// Takes a list away: no verdict asks it any more. Earlier verdicts keep what they said, and the record keeps the list.
///
/// # Errors
/// `Invalid` without a reason, `NotFound` where it is not the caller's.
pub async fn remove(desk: &Desk, caller: &Caller, id: ReferenceListId, reason: &str) -> Result<()> {
    let (context, stored) = editable(desk, caller, id).await?;
    let by = caller.person().ok_or_else(Error::unauthenticated)?;
    let reason = required(reason)?;
    let removed = Some(Removal { by, at: desk.now(), reason: reason.clone() });
    let list = ReferenceList { removed, ..stored.entity.clone() };
    desk.store.change(&context, Change::new("reference_list.remove", reason).put(&list, stored.expect())).await?;
    desk.tell(ReferenceList::KIND, id.0, list.org);
    Ok(())
}

/// The list, and leave to change it. One of the installation is known to everybody and changed by those who run all organisations.
async fn editable(desk: &Desk, caller: &Caller, id: ReferenceListId) -> Result<(Context, Stored<ReferenceList>)> {
    let stored = list(desk, caller).await?.into_iter().find(|list| list.id == id).ok_or_else(Error::not_found)?;
    let permit = match stored.org {
        Some(org) => permit(caller, Action::EditLists, org)?,
        None => permit_installation(caller, Action::EditLists)?,
    };
    Ok((context(&permit), stored))
}

/// The other lists of the organisation, or of the installation.
async fn beside(desk: &Desk, context: &Context, org: Option<OrganizationId>, id: ReferenceListId) -> Result<Vec<Stored<ReferenceList>>> {
    let mut lists = standing(desk, context).await?;
    lists.retain(|list| list.org == org && list.id != id);
    Ok(lists)
}

/// Whether so many entries may be held beside the other lists.
fn bounded(count: u64, beside: &[Stored<ReferenceList>]) -> Result<()> {
    let others: u64 = beside.iter().map(|other| other.count).sum();
    if others.saturating_add(count) > MOST_ENTRIES {
        let error = Error::invalid("error.lists_entries").with("most", MOST_ENTRIES.to_string());
        return Err(error.with("others", others.to_string()).with("count", count.to_string()));
    }
    Ok(())
}

/// Reads the file, keeps it, and says what it is.
async fn taken(
    desk: &Desk,
    id: ReferenceListId,
    org: Option<OrganizationId>,
    by: PersonId,
    upload: Upload,
    beside: &[Stored<ReferenceList>],
) -> Result<(ReferenceList, Vec<LineDefect>)> {
    let Upload { name, kind, source, until, bytes } = upload;
    let (name, source) = (named("name", &name)?, named("source", &source)?);
    let uploaded_at = desk.now();
    if until.is_some_and(|until| until <= uploaded_at) {
        return Err(Error::invalid("error.exception_until"));
    }
    let one_at_a_time = desk.lists.reading.lock().await;
    let held = understood(bytes.clone()).await?;
    if let Some(refused) = held.refused {
        return Err(Error::new(ErrorKind::Invalid, refused));
    }
    let count = held.count();
    if count == 0 {
        let first = held.defects.first().map_or_else(|| "–".to_owned(), |defect| defect.line.to_string());
        return Err(Error::invalid("error.list_empty").with("rejected", held.rejected.to_string()).with("line", first));
    }
    let count = u64::try_from(count).unwrap_or(u64::MAX);
    bounded(count, beside)?;
    let size_bytes = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    let sha256 = desk.objects.put(bytes).await.map_err(Error::internal)?.to_string();
    desk.lists.keep(&sha256, &Arc::new(held.indicators));
    drop(one_at_a_time);
    let entries = ObjectRef { sha256, size_bytes };
    let rejected = held.rejected;
    let list = ReferenceList { id, org, name, kind, source, entries, count, rejected, by, uploaded_at, until, removed: None };
    Ok((list, held.defects))
}

fn named(field: &str, text: &str) -> Result<String> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Error::invalid("error.field_empty").with("field", field));
    }
    if text.chars().count() > LONGEST_TEXT {
        return Err(Error::invalid("error.field_too_long").with("field", field).with("most", LONGEST_TEXT.to_string()));
    }
    Ok(text.to_owned())
}

async fn understood(bytes: Bytes) -> Result<ReadList> {
    let limits = ListLimits { listed_defects: TOLD_DEFECTS, ..ListLimits::default() };
    tokio::task::spawn_blocking(move || read(&bytes, &limits)).await.map_err(Error::internal)
}

async fn standing(desk: &Desk, context: &Context) -> Result<Vec<Stored<ReferenceList>>> {
    everything(desk, context, Query::new().eq("removed", false).order("uploaded_at", Order::Desc)).await
}

/// Lists that belong to no organisation: every verdict asks them, so whoever reads verdicts may know of them.
async fn of_installation(desk: &Desk) -> Result<Vec<Stored<ReferenceList>>> {
    let query = Query::new().eq("removed", false).eq("everywhere", true);
    everything(desk, &Context::system("reference lists"), query).await
}

/// The lists that a verdict in the organisation asks, and what is not known because a list could not be read.
pub(crate) async fn in_force(desk: &Desk, context: &Context, org: OrganizationId) -> Result<(Lists, Vec<Unknown>)> {
    let mut all = standing(desk, &context.within(org)).await?;
    all.extend(of_installation(desk).await?);
    let (mut lists, mut unknown) = (Vec::new(), Vec::new());
    for list in all {
        match indicators(desk, &list).await {
            Ok(indicators) => {
                let origin = ListOrigin { name: list.name.clone(), dated: Some(list.uploaded_at), until: list.until };
                lists.push(List { kind: list.kind, origin, indicators });
            }
            Err(error) => {
                tracing::error!(list = %list.id, %error, "a reference list cannot be read; verdicts go without it");
                let id = if list.kind == ListKind::Bad { "E1" } else { "E2" };
                unknown.push(Unknown { id: id.to_owned(), reason: Phrase::new("desk.unknown.list").with("list", &list.name) });
            }
        }
    }
    Ok((Lists::new(lists, desk.now()), unknown))
}

async fn indicators(desk: &Desk, list: &ReferenceList) -> Result<Arc<Indicators>> {
    let sha256 = &list.entries.sha256;
    if let Some(made) = desk.lists.known(sha256) {
        return Ok(made);
    }
    let _one_at_a_time = desk.lists.reading.lock().await;
    if let Some(made) = desk.lists.known(sha256) {
        return Ok(made);
    }
    let id = object_id(sha256).ok_or_else(Error::not_found)?;
    let bytes = desk.objects.get(id).await.map_err(Error::internal)?;
    let made = Arc::new(understood(bytes).await?.indicators);
    desk.lists.keep(sha256, &made);
    Ok(made)
}

fn object_id(sha256: &str) -> Option<ObjectId> {
    let mut id = [0; 32];
    if sha256.len() != 64 {
        return None;
    }
    for (place, byte) in id.iter_mut().enumerate() {
        *byte = u8::from_str_radix(sha256.get(place * 2..place * 2 + 2)?, 16).ok()?;
    }
    Some(ObjectId(id))
}

/// Keeps what verdicts ask ready: from the start on, so that the first verdict does not read files.
pub(crate) async fn keep(desk: Desk) {
    let mut looks = tokio::time::interval(FORGET_EVERY);
    let mut complaint = Complaint::about("making reference lists ready");
    loop {
        looks.tick().await;
        complaint.hear(&desk, &keep_ready(&desk).await);
    }
}

/// Reads the files of all lists, and forgets those that no list names any more.
async fn keep_ready(desk: &Desk) -> Result<()> {
    let all = standing(desk, &Context::system("reference lists")).await?;
    desk.lists.keep_only(&all.iter().map(|list| list.entries.sha256.clone()).collect());
    for list in &all {
        if let Err(error) = indicators(desk, list).await {
            tracing::error!(list = %list.id, %error, "a reference list cannot be read; verdicts go without it");
        }
    }
    Ok(())
}
