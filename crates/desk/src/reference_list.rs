//! Reference lists: brought, replaced and taken away by people, asked by triage.
//!
//! The file is kept as it was uploaded; what triage looks up is made of it once and held ([`held`]). Changes are made one at a time, on all
//! nodes: what the bounds allow ([`room`]) is what stands when the change is saved.

mod found;
mod held;
mod past;
mod room;
mod stream;

use bytes::Bytes;
use hikeshi_access::{Action, Caller, permit, permit_everywhere, permit_installation};
use hikeshi_domain::entity::Entity;
use hikeshi_domain::phrase::Phrase;
use hikeshi_domain::reference_list::{ListKind, ReferenceList, Removal};
use hikeshi_domain::triage_run::ObjectRef;
use hikeshi_domain::verdict::Unknown;
use hikeshi_domain::{OrganizationId, PersonId, ReferenceListId};
use hikeshi_record::{Change, Context, Expect, Order, Query, Stored};
use hikeshi_triage::lists::{LineDefect, ReadList};
use hikeshi_triage::{List, ListOrigin, Lists};
use jiff::Timestamp;
use tokio::sync::OwnedMutexGuard;
use uuid::Uuid;

pub(crate) use self::held::keep;
pub use self::held::{ListCache, Turn};
use self::held::{indicators, understood};
pub(crate) use self::past::{PAST_QUEUE, PastJob, given_up, search};
pub use self::past::{Searched, searches};
pub(crate) use self::stream::{InForce, follow, open_stream};
use crate::alert::required;
use crate::desk::{Desk, context};
use crate::error::{Error, ErrorKind, Result};
use crate::everything::everything;
use crate::triage;

const LONGEST_TEXT: usize = 200;
/// Lists of one organisation, or of the installation.
const MOST_LISTS: usize = 200;
/// How often a change is decided again because another node made one first.
const CONFLICTS: u32 = 5;
/// Numbers the changes of an owner's lists: what the bounds allow is what stands when the change is saved, on any node.
const SERIES: &str = "reference-lists";

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

/// Whether the caller may add a list: asked before the file is taken off the wire.
///
/// # Errors
/// `Forbidden`, or `NotFound` for an organisation that is not the caller's.
pub fn may_add(caller: &Caller, org: Option<OrganizationId>) -> Result<()> {
    addable(caller, org).map(drop)
}

/// Whether the caller may put a new file in the place of this version of the list: asked before the file is taken off the wire. Whose it is.
///
/// # Errors
/// As [`replace`].
pub async fn may_replace(desk: &Desk, caller: &Caller, id: ReferenceListId, version: u64) -> Result<Option<OrganizationId>> {
    Ok(replaceable(desk, caller, id, version).await?.1.org)
}

/// Waits until no other file is on its way from its sender to a list: asked before the file is taken off the wire, for a list of that
/// organisation or of the installation.
///
/// # Errors
/// `Busy` where that takes too long.
pub async fn turn(desk: &Desk, owner: Option<OrganizationId>) -> Result<Turn> {
    desk.lists.turn(owner).await
}

/// Takes a new list, for one organisation or (`None`) for all.
///
/// # Errors
/// `Invalid` where a text is missing, the end has passed, the file cannot be read to its end, holds nothing that can be looked up, or more
/// than may be held beside the other lists.
pub async fn add(desk: &Desk, caller: &Caller, org: Option<OrganizationId>, upload: Upload, turn: Turn) -> Result<Taken> {
    let context = addable(caller, org)?;
    let by = caller.person().ok_or_else(Error::unauthenticated)?;
    let Read { list, read, alone } = taken(desk, ReferenceListId(Uuid::now_v7()), org, by, upload, turn).await?;
    let mut tries = CONFLICTS;
    let beside = loop {
        let number = desk.store.next_number(&context, org, SERIES).await?;
        let beside = beside(desk, list.id).await?;
        if beside.iter().filter(|list| list.org == org).count() >= MOST_LISTS {
            return Err(Error::invalid("error.lists_many").with("most", MOST_LISTS.to_string()));
        }
        room::bounded(&list, 0, &beside)?;
        let change = Change::new("reference_list.add", list.source.clone()).put(&list, Expect::New);
        match saved(desk, &context, change.take_number(SERIES, number), &list).await {
            Err(error) if error.kind() == ErrorKind::Conflict && tries > 0 => tries -= 1,
            saved => break saved.map(|()| beside)?,
        }
    };
    let taken = held(desk, &context, list, read, &beside).await?;
    drop(alone);
    stream::changed(desk).await;
    Ok(taken)
}

/// Puts a new file in the place of a list's old one.
///
/// # Errors
/// As [`add`]; `Conflict` where the list has changed since `version`, `NotFound` where it is not the caller's.
pub async fn replace(desk: &Desk, caller: &Caller, id: ReferenceListId, upload: Upload, version: u64, turn: Turn) -> Result<Taken> {
    let by = caller.person().ok_or_else(Error::unauthenticated)?;
    let (_, stored) = replaceable(desk, caller, id, version).await?;
    let Read { list, read, alone } = taken(desk, id, stored.org, by, upload, turn).await?;
    let mut tries = CONFLICTS;
    let (context, beside) = loop {
        let (context, stored) = replaceable(desk, caller, id, version).await?;
        let number = desk.store.next_number(&context, list.org, SERIES).await?;
        let beside = beside(desk, id).await?;
        room::bounded(&list, stored.memory(), &beside)?;
        let change = Change::new("reference_list.replace", list.source.clone()).put(&list, stored.expect());
        match saved(desk, &context, change.take_number(SERIES, number), &list).await {
            Err(error) if error.kind() == ErrorKind::Conflict && tries > 0 => tries -= 1,
            saved => break saved.map(|()| (context, beside))?,
        }
    };
    let taken = held(desk, &context, list, read, &beside).await?;
    drop(alone);
    stream::changed(desk).await;
    Ok(taken)
}

/// Takes a list away: no verdict asks it any more. Earlier verdicts keep what they said, and the record keeps the list.
///
/// # Errors
/// `Invalid` without a reason, `NotFound` where it is not the caller's.
pub async fn remove(desk: &Desk, caller: &Caller, id: ReferenceListId, reason: &str) -> Result<()> {
    let by = caller.person().ok_or_else(Error::unauthenticated)?;
    let reason = required(reason)?;
    let alone = desk.lists.alone().await;
    let (context, stored) = editable(desk, caller, id).await?;
    let beside = beside(desk, id).await?;
    let removed = Some(Removal { by, at: desk.now(), reason: reason.clone() });
    let list = ReferenceList { removed, ..stored.entity.clone() };
    desk.store.change(&context, Change::new("reference_list.remove", reason).put(&list, stored.expect())).await?;
    desk.lists.keep_only(&beside);
    drop(alone);
    stream::changed(desk).await;
    desk.tell(ReferenceList::KIND, id.0, list.org);
    Ok(())
}

/// Saves a list. What was judged without it is judged again, and what came in before it is searched.
async fn saved(desk: &Desk, context: &Context, change: Change, list: &ReferenceList) -> Result<()> {
    let change = past::begun(desk, triage::judged_again(change.owner(list.org), list), list).await?;
    desk.store.change(context, change).await?;
    Ok(())
}

/// Holds what was read of a saved list: only now do verdicts ask it.
async fn held(desk: &Desk, context: &Context, list: ReferenceList, read: ReadList, beside: &[Stored<ReferenceList>]) -> Result<Taken> {
    desk.lists.keep_only(beside);
    desk.lists.keep(&list.entries.sha256, read.indicators, list.count);
    desk.tell(ReferenceList::KIND, list.id.0, list.org);
    Ok(Taken { list: desk.store.get(context, list.id.0).await?, defects: read.defects })
}

/// Leave to add a list.
fn addable(caller: &Caller, org: Option<OrganizationId>) -> Result<Context> {
    Ok(match org {
        Some(org) => context(&permit(caller, Action::EditLists, org)?),
        None => context(&permit_installation(caller, Action::EditLists)?),
    })
}

/// This version of the list, and leave to replace it.
async fn replaceable(desk: &Desk, caller: &Caller, id: ReferenceListId, version: u64) -> Result<(Context, Stored<ReferenceList>)> {
    let (context, stored) = editable(desk, caller, id).await?;
    if stored.version == version { Ok((context, stored)) } else { Err(Error::conflict()) }
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

/// All other lists, whoever they belong to.
async fn beside(desk: &Desk, id: ReferenceListId) -> Result<Vec<Stored<ReferenceList>>> {
    let mut lists = standing(desk, &Context::system("reference lists")).await?;
    lists.retain(|list| list.id != id);
    Ok(lists)
}

/// A file that was read, and what its list will be.
struct Read {
    list: ReferenceList,
    read: ReadList,
    /// No other file is read, and no list changed, until this is dropped.
    alone: (Turn, OwnedMutexGuard<()>),
}

/// Reads the file, keeps it as an object, and says what it is.
async fn taken(desk: &Desk, id: ReferenceListId, org: Option<OrganizationId>, by: PersonId, upload: Upload, turn: Turn) -> Result<Read> {
    let Upload { name, kind, source, until, bytes } = upload;
    let (name, source) = (named("name", &name)?, named("source", &source)?);
    let uploaded_at = desk.now();
    if until.is_some_and(|until| until <= uploaded_at) {
        return Err(Error::invalid("error.exception_until"));
    }
    let alone = desk.lists.alone().await;
    let (read, alone) = understood(bytes.clone(), (turn, alone)).await?;
    if let Some(refused) = &read.refused {
        return Err(Error::new(ErrorKind::Invalid, refused.clone()));
    }
    let count = u64::try_from(read.count()).unwrap_or(u64::MAX);
    if count == 0 {
        let first = read.defects.first().map_or_else(|| "–".to_owned(), |defect| defect.line.to_string());
        return Err(Error::invalid("error.list_empty").with("rejected", read.rejected.to_string()).with("line", first));
    }
    let memory_bytes = u64::try_from(read.indicators.size_bytes()).ok();
    let size_bytes = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    let sha256 = desk.objects.put(bytes).await.map_err(Error::internal)?.to_string();
    let (entries, rejected) = (ObjectRef { sha256, size_bytes }, read.rejected);
    let list = ReferenceList { id, org, name, kind, source, entries, count, memory_bytes, rejected, by, uploaded_at, until, removed: None };
    Ok(Read { list, read, alone })
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

/// The list of known good in date that knows the hash, of several the latest.
pub(crate) async fn vouching(desk: &Desk, context: &Context, org: OrganizationId, hash: &str) -> Result<Option<Stored<ReferenceList>>> {
    let mut all = standing(desk, &context.within(org)).await?;
    all.extend(of_installation(desk).await?);
    all.retain(|list| list.kind == ListKind::Good && !list.expired(desk.now()));
    all.sort_by_key(|list| std::cmp::Reverse(list.uploaded_at));
    for list in all {
        if indicators(desk, &list).await.is_ok_and(|indicators| indicators.knows_hash(hash)) {
            return Ok(Some(list));
        }
    }
    Ok(None)
}
