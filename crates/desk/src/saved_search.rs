//! Saved searches over the lake.

use hikeshi_access::{Action, Caller, permit, permit_everywhere};
use hikeshi_domain::saved_search::SavedSearch;
use hikeshi_domain::{OrganizationId, SavedSearchId};
use hikeshi_record::PAGE_LIMIT;
use hikeshi_record::{Change, Expect, Order, Query, Stored};
use uuid::Uuid;

use crate::desk::{Desk, context};
use crate::error::{Error, Result};

const LONGEST_NAME: usize = 200;
const LONGEST_SQL: usize = 20_000;

/// The searches of the caller's organisations, by name.
///
/// # Errors
/// `Forbidden` where the caller may not hunt.
pub async fn list(desk: &Desk, caller: &Caller) -> Result<Vec<Stored<SavedSearch>>> {
    let context = context(&permit_everywhere(caller, Action::Hunt)?);
    let query = Query::new().eq("removed", false).order("name", Order::Asc).limit(PAGE_LIMIT);
    Ok(desk.store.list::<SavedSearch>(&context, query).await?.items)
}

/// Saves a search.
///
/// # Errors
/// `Invalid` where name or query is empty or too long.
pub async fn add(desk: &Desk, caller: &Caller, org: OrganizationId, name: &str, sql: &str) -> Result<Stored<SavedSearch>> {
    let context = context(&permit(caller, Action::EditSearches, org)?);
    let (name, sql) = checked(name, sql)?;
    let by = caller.person().ok_or_else(Error::unauthenticated)?;
    let search = SavedSearch { id: SavedSearchId(Uuid::now_v7()), org, name, sql, by, at: desk.now(), removed: false };
    desk.store.change(&context, Change::new("search.save", "").put(&search, Expect::New)).await?;
    Ok(desk.store.get(&context, search.id.0).await?)
}

/// Changes a search.
///
/// # Errors
/// As [`add`]; `NotFound` where it is not the caller's.
pub async fn change(desk: &Desk, caller: &Caller, search: SavedSearchId, name: &str, sql: &str) -> Result<Stored<SavedSearch>> {
    let (name, sql) = checked(name, sql)?;
    edit(desk, caller, search, "search.change", |search| SavedSearch { name, sql, ..search }).await
}

/// Throws a search away; it stays in the history.
///
/// # Errors
/// `NotFound` where it is not the caller's.
pub async fn remove(desk: &Desk, caller: &Caller, search: SavedSearchId) -> Result<()> {
    edit(desk, caller, search, "search.remove", |search| SavedSearch { removed: true, ..search }).await.map(drop)
}

async fn edit(
    desk: &Desk,
    caller: &Caller,
    search: SavedSearchId,
    action: &str,
    edited: impl FnOnce(SavedSearch) -> SavedSearch,
) -> Result<Stored<SavedSearch>> {
    let reading = context(&permit_everywhere(caller, Action::Hunt)?);
    let stored = desk.store.get::<SavedSearch>(&reading, search.0).await?;
    let context = context(&permit(caller, Action::EditSearches, stored.org)?);
    let (expect, edited) = (stored.expect(), edited(stored.entity));
    desk.store.change(&context, Change::new(action, "").put(&edited, expect)).await?;
    Ok(desk.store.get(&context, search.0).await?)
}

fn checked(name: &str, sql: &str) -> Result<(String, String)> {
    for (field, text, most) in [("name", name, LONGEST_NAME), ("sql", sql, LONGEST_SQL)] {
        if text.trim().is_empty() {
            return Err(Error::invalid("error.field_empty").with("field", field));
        }
        if text.chars().count() > most {
            return Err(Error::invalid("error.field_too_long").with("field", field).with("most", most.to_string()));
        }
    }
    Ok((name.trim().to_owned(), sql.trim().to_owned()))
}
