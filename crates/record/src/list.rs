//! Pages of entities: filters and words narrow, an index field orders, a cursor goes on.
//!
//! With an order, a page is read along the index of that field; entities without a value come after all others.

use hikeshi_domain::entity::Entity;

use crate::backend::{Session, Tenants};
use crate::bigram;
use crate::context::Context;
use crate::error::Result;
use crate::query::{Cursor, Filter, Key, Order, Page, Query};
use crate::select::Select;
use crate::store::Store;
use crate::version::Stored;

/// Most pairs of a word that narrow the search; the rest of the word is compared anyway.
const MOST_GRAMS: usize = 8;

impl Store {
    /// A page of the entities of a kind in scope, erased ones left out.
    ///
    /// # Errors
    /// `Invalid` when the cursor is none of ours.
    pub async fn list<E: Entity>(&self, context: &Context, query: Query) -> Result<Page<Stored<E>>> {
        let (mut session, tenants) = self.reading(&context.scope).await?;
        let search = Search { kind: E::KIND, query: &query, tenants: &tenants, keys: session.keys() };
        let total = search.count(session.as_mut()).await?;
        let wanted = query.items() as usize;
        let mut places = search.page(session.as_mut(), wanted + 1).await?;
        let more = places.len() > wanted;
        places.truncate(wanted);
        let numbers: Vec<i64> = places.iter().map(|place| place.no).collect();
        let mut bodies: std::collections::HashMap<i64, _> = self.bodies(session.as_mut(), &tenants, &numbers).await?.into_iter().collect();
        session.commit().await?;
        let rows = numbers.iter().filter_map(|no| bodies.remove(no));
        let items = rows.map(|row| self.stored(&row)).collect::<Result<_>>()?;
        let next_cursor = places.last().filter(|_| more).map(Cursor::format);
        Ok(Page { items, next_cursor, total })
    }

    /// How many entities of a kind in scope the query finds; order, cursor and limit do not count.
    pub async fn count<E: Entity>(&self, context: &Context, query: Query) -> Result<u64> {
        let (mut session, tenants) = self.reading(&context.scope).await?;
        let search = Search { kind: E::KIND, query: &query, tenants: &tenants, keys: session.keys() };
        let total = search.count(session.as_mut()).await?;
        session.commit().await?;
        Ok(total)
    }
}

struct Search<'a> {
    kind: &'static str,
    query: &'a Query,
    tenants: &'a Tenants,
    /// As this database reads many keys.
    keys: &'static str,
}

impl Search<'_> {
    async fn count(&self, session: &mut dyn Session) -> Result<u64> {
        let mut select = Select::new("SELECT count(*) FROM entity e WHERE ");
        self.conditions(&mut select);
        let rows = select.rows(session).await?;
        Ok(rows.first().map_or(Ok(0), |row| row.int(0))?.unsigned_abs())
    }

    async fn page(&self, session: &mut dyn Session, items: usize) -> Result<Vec<Cursor>> {
        let after = self.query.cursor()?;
        let mut places = Vec::new();
        if let Some((field, order)) = &self.query.order {
            if after.as_ref().is_none_or(|cursor| cursor.key.is_some()) {
                places = self.ordered(session, (field, *order), after.as_ref(), items).await?;
            }
            if places.len() < items {
                let after = after.as_ref().filter(|cursor| cursor.key.is_none());
                places.extend(self.unordered(session, Some(field), after, items - places.len()).await?);
            }
            return Ok(places);
        }
        self.unordered(session, None, after.as_ref(), items).await
    }

    /// Entities that have the field, along its index.
    async fn ordered(
        &self,
        session: &mut dyn Session,
        (field, order): (&str, Order),
        after: Option<&Cursor>,
        items: usize,
    ) -> Result<Vec<Cursor>> {
        let (direction, beyond) = match order {
            Order::Asc => ("ASC", ">"),
            Order::Desc => ("DESC", "<"),
        };
        let mut select =
            Select::new("SELECT s.no, s.text, s.number FROM field s JOIN entity e ON e.no = s.no WHERE s.first = 1 AND s.kind = ");
        select.bind(self.kind).push(" AND s.name = ").bind(field).push(" AND ").tenants("s.org", self.tenants).push(" AND ");
        self.conditions(&mut select);
        if let Some(Cursor { key: Some(key), no }) = after {
            select.push(" AND (s.text, s.number, s.no) ").push(beyond).push(" (");
            select.bind(key.text.as_str()).push(", ").bind(key.number).push(", ").bind(*no).push(")");
        }
        select.push(&format!(" ORDER BY s.text {direction}, s.number {direction}, s.no {direction} LIMIT ")).bind(items as i64);
        let rows = select.rows(session).await?;
        rows.iter().map(|row| Ok(Cursor { key: Some(Key { text: row.text(1)?, number: row.int(2)? }), no: row.int(0)? })).collect()
    }

    /// Entities in order of creation; only those that lack the field, if one is named.
    async fn unordered(
        &self,
        session: &mut dyn Session,
        lacking: Option<&str>,
        after: Option<&Cursor>,
        items: usize,
    ) -> Result<Vec<Cursor>> {
        let mut select = Select::new("SELECT e.no FROM entity e WHERE ");
        self.conditions(&mut select);
        if let Some(field) = lacking {
            select.push(" AND e.no NOT IN (");
            self.of_field(&mut select, field);
            select.push(")");
        }
        if let Some(cursor) = after {
            select.push(" AND e.no > ").bind(cursor.no);
        }
        select.push(" ORDER BY e.no LIMIT ").bind(items as i64);
        let rows = select.rows(session).await?;
        rows.iter().map(|row| Ok(Cursor { key: None, no: row.int(0)? })).collect()
    }

    fn conditions(&self, select: &mut Select) {
        select.push("e.kind = ").bind(self.kind).push(" AND e.erased_at IS NULL AND ").tenants("e.org", self.tenants);
        for filter in &self.query.filters {
            self.filter(select, filter);
        }
        for word in &self.query.words {
            self.word(select, word);
        }
    }

    fn filter(&self, select: &mut Select, filter: &Filter) {
        match filter {
            Filter::Missing { field } => {
                select.push(" AND e.no NOT IN (");
                self.of_field(select, field);
            }
            Filter::AnyOf { field, values } => {
                select.push(" AND e.no IN (");
                self.of_field(select, field);
                match values.as_slice() {
                    [one] => select.push(" AND f.text = ").bind(one.text.as_str()).push(" AND f.number = ").bind(one.number),
                    many => select.push(" AND (f.text, f.number) IN (").keys(self.keys, many).push(")"),
                };
            }
            Filter::Range { field, from, to } => {
                select.push(" AND e.no IN (");
                self.of_field(select, field);
                bound(select, from.as_ref(), ">=");
                bound(select, to.as_ref(), "<");
            }
        }
        select.push(")");
    }

    fn of_field(&self, select: &mut Select, field: &str) {
        select.push("SELECT f.no FROM field f WHERE f.kind = ").bind(self.kind).push(" AND f.name = ").bind(field).push(" AND ");
        select.tenants("f.org", self.tenants);
    }

    fn word(&self, select: &mut Select, word: &str) {
        for gram in bigram::bigrams(word).iter().take(MOST_GRAMS) {
            select.push(" AND e.no IN (SELECT g.no FROM gram g WHERE g.kind = ").bind(self.kind);
            select.push(" AND g.gram = ").bind(gram.as_str()).push(" AND ").tenants("g.org", self.tenants).push(")");
        }
        select.push(" AND EXISTS (SELECT 1 FROM found d WHERE d.no = e.no AND d.text LIKE ").bind(bigram::like(word)).push(r" ESCAPE '\')");
    }
}

/// One end of a range: among numbers and instants, or among texts.
fn bound(select: &mut Select, key: Option<&Key>, than: &str) {
    let Some(key) = key else { return };
    if key.text.is_empty() {
        select.push(" AND f.text = '' AND f.number ").push(than).push(" ").bind(key.number);
    } else {
        select.push(" AND f.text <> '' AND f.text ").push(than).push(" ").bind(key.text.as_str());
    }
}
