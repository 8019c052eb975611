//! All entities that a question finds, page after page: what stops at one page works until the thousandth and then is silently wrong.

use hikeshi_domain::entity::Entity;
use hikeshi_record::{Context, PAGE_LIMIT, Query, Stored};

use crate::desk::Desk;
use crate::error::Result;

/// Everything that the query finds, in its order. For what an organisation has some of, not for telemetry.
pub(crate) async fn everything<E: Entity>(desk: &Desk, context: &Context, query: Query) -> Result<Vec<Stored<E>>> {
    let mut found = Vec::new();
    let mut cursor = None;
    loop {
        let page = desk.store.list::<E>(context, query.clone().after(cursor).limit(PAGE_LIMIT)).await?;
        found.extend(page.items);
        cursor = page.next_cursor;
        if cursor.is_none() {
            return Ok(found);
        }
    }
}
