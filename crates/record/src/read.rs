//! Reading entities and their versions: as they stand, as they stood, and how they came there.

use hikeshi_domain::OrganizationId;
use hikeshi_domain::entity::Entity;
use jiff::Timestamp;
use uuid::Uuid;

use crate::apply::{belongs_to, purpose};
use crate::backend::{Row, Tenants};
use crate::chain::Form;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::select::Select;
use crate::store::Store;
use crate::version::{Content, Stored, Version};

/// Most versions of one answer.
pub const VERSIONS_LIMIT: u32 = 10_000;

/// A statement takes only so many values.
const IDS_OF_ONE_STATEMENT: usize = 500;

/// What a version is read with: the keys that may open it stand beside it.
const COLUMNS: &str =
    "v.seq, v.at, v.kind, v.id, v.version, v.actor, v.action, v.request, v.form, v.reason, v.body, e.erased_at, e.key, t.id, t.key
     FROM version v JOIN entity e ON e.no = v.no JOIN tenant t ON t.no = v.org";

impl Store {
    /// The entity as it stands.
    ///
    /// # Errors
    /// `NotFound` where the scope does not hold it, `Erased` when its key was destroyed.
    pub async fn get<E: Entity>(&self, context: &Context, id: impl Into<Uuid>) -> Result<Stored<E>> {
        let id = id.into();
        let row = self.one(context, E::KIND, id, |select| {
            select.push(" AND v.seq = e.seq");
        });
        let row = row.await?;
        self.stored(&row)
    }

    /// The entity as it was recorded at that instant: its last version with `at` not later.
    ///
    /// # Errors
    /// `NotFound` if it was not recorded yet; `Erased` if its key has been destroyed since.
    pub async fn get_as_of<E: Entity>(&self, context: &Context, id: impl Into<Uuid>, instant: Timestamp) -> Result<Stored<E>> {
        let id = id.into();
        let row = self.one(context, E::KIND, id, |select| {
            select.push(" AND v.at <= ").bind(instant);
        });
        let row = row.await?;
        self.stored(&row)
    }

    /// Of these entities what was recorded by that instant, in any order: one question, however many. What was not recorded yet, what the scope
    /// does not hold and what has been erased since is left out.
    pub async fn all_as_of<E: Entity>(&self, context: &Context, ids: &[Uuid], instant: Timestamp) -> Result<Vec<Stored<E>>> {
        let (mut session, tenants) = self.reading(&context.scope).await?;
        let mut found = Vec::with_capacity(ids.len());
        for some in ids.chunks(IDS_OF_ONE_STATEMENT) {
            let mut select = versions();
            select.push(" AND e.kind = ").bind(E::KIND).push(" AND e.id IN ").listed(some);
            select.push(" AND e.erased_at IS NULL AND ").tenants("e.org", &tenants);
            select.push(" AND v.seq = (SELECT max(w.seq) FROM version w WHERE w.no = e.no AND w.at <= ").bind(instant).push(")");
            found.extend(select.rows(session.as_mut()).await?);
        }
        session.commit().await?;
        found.iter().map(|row| self.stored(row)).collect()
    }

    /// One earlier version of the entity.
    pub async fn get_version<E: Entity>(&self, context: &Context, id: impl Into<Uuid>, version: u64) -> Result<Stored<E>> {
        let id = id.into();
        let row = self.one(context, E::KIND, id, |select| {
            select.push(" AND v.version = ").bind(i64::try_from(version).unwrap_or(i64::MAX));
        });
        let row = row.await?;
        self.stored(&row)
    }

    /// All versions of an entity, oldest first (at most [`VERSIONS_LIMIT`]): who, when, what, why, and what it became.
    pub async fn history(&self, context: &Context, kind: &str, id: impl Into<Uuid>) -> Result<Vec<Version>> {
        let id = id.into();
        let (mut session, tenants) = self.reading(&context.scope).await?;
        let mut select = versions();
        select.push(" AND e.kind = ").bind(kind).push(" AND e.id = ").bind(id).push(" AND ").tenants("e.org", &tenants);
        select.push(" ORDER BY v.seq LIMIT ").bind(i64::from(VERSIONS_LIMIT));
        let rows = select.rows(session.as_mut()).await?;
        session.commit().await?;
        if rows.is_empty() {
            return Err(Error::NotFound { kind: kind.to_owned(), id });
        }
        rows.iter().map(|row| self.version(row)).collect()
    }

    /// The versions of the whole scope after a place in the record, in order: what has happened since.
    pub async fn journal(&self, context: &Context, after: u64, limit: u32) -> Result<Vec<Version>> {
        let (mut session, tenants) = self.reading(&context.scope).await?;
        let mut select = versions();
        select.push(" AND v.seq > ").bind(i64::try_from(after).unwrap_or(i64::MAX)).push(" AND ").tenants("v.org", &tenants);
        select.push(" ORDER BY v.seq LIMIT ").bind(i64::from(limit.min(VERSIONS_LIMIT)));
        let rows = select.rows(session.as_mut()).await?;
        session.commit().await?;
        rows.iter().map(|row| self.version(row)).collect()
    }

    /// The last version of one entity that meets the condition.
    async fn one(&self, context: &Context, kind: &str, id: Uuid, condition: impl FnOnce(&mut Select)) -> Result<Row> {
        let (mut session, tenants) = self.reading(&context.scope).await?;
        let mut select = versions();
        select.push(" AND e.kind = ").bind(kind).push(" AND e.id = ").bind(id).push(" AND ").tenants("e.org", &tenants);
        condition(&mut select);
        select.push(" ORDER BY v.seq DESC LIMIT 1");
        let rows = select.rows(session.as_mut()).await?;
        session.commit().await?;
        rows.into_iter().next().ok_or_else(|| Error::NotFound { kind: kind.to_owned(), id })
    }

    /// The bodies of entities as they stand, by row number, in any order.
    pub(crate) async fn bodies(
        &self,
        session: &mut dyn crate::backend::Session,
        tenants: &Tenants,
        numbers: &[i64],
    ) -> Result<Vec<(i64, Row)>> {
        if numbers.is_empty() {
            return Ok(Vec::new());
        }
        let mut select = Select::new(&format!("SELECT {}", COLUMNS.replacen(" FROM", ", e.no FROM", 1)));
        select.push(" WHERE v.seq = e.seq AND ").among("e.no", numbers).push(" AND ").tenants("e.org", tenants);
        let rows = select.rows(session).await?;
        rows.into_iter().map(|row| Ok((row.int(15)?, row))).collect()
    }

    /// The entity of a row.
    pub(crate) fn stored<E: Entity>(&self, row: &Row) -> Result<Stored<E>> {
        let (kind, id) = (row.text(2)?, row.uuid(3)?);
        if !row.is_null(11) {
            return Err(Error::Erased { kind, id, at: row.time(11)? });
        }
        let (_, body) = self.opened(row)?;
        let unreadable = |error| Error::Corrupt(format!("body of {kind} `{id}`: {error}"));
        let entity = serde_json::from_slice(&body).map_err(unreadable)?;
        Ok(Stored { entity, version: row.int(4)?.unsigned_abs(), at: row.time(1)?, seq: row.int(0)?.unsigned_abs() })
    }

    fn version(&self, row: &Row) -> Result<Version> {
        let (kind, id) = (row.text(2)?, row.uuid(3)?);
        let content = match form(row)? {
            Form::Tombstone => Content::Tombstone { reason: text(row.bytes(9)?) },
            Form::Sealed if !row.is_null(11) => Content::Erased,
            Form::Plain | Form::Sealed => {
                let (reason, body) = self.opened(row)?;
                let unreadable = |error| Error::Corrupt(format!("body of {kind} `{id}`: {error}"));
                Content::Kept { reason: text(reason), body: serde_json::from_slice(&body).map_err(unreadable)? }
            }
        };
        Ok(Version {
            seq: row.int(0)?.unsigned_abs(),
            at: row.time(1)?,
            org: Some(OrganizationId(row.uuid(13)?)).filter(|org| !org.0.is_nil()),
            kind,
            id,
            version: row.int(4)?.unsigned_abs(),
            actor: row.text(5)?.parse().map_err(Error::Corrupt)?,
            action: row.text(6)?,
            request: row.text(7)?,
            content,
        })
    }

    /// Reason and body of a row in the clear.
    fn opened(&self, row: &Row) -> Result<(Vec<u8>, Vec<u8>)> {
        let (reason, body) = (row.bytes(9)?, row.bytes(10)?);
        if form(row)? != Form::Sealed {
            return Ok((reason, body));
        }
        let (kind, id, version) = (row.text(2)?, row.uuid(3)?, row.int(4)?.unsigned_abs());
        let tenant = self.keyring().unwrap_tenant(row.uuid(13)?, &row.bytes(14)?)?;
        let key = tenant.unwrap_key(&row.bytes(12)?, purpose(&kind, id).as_bytes())?;
        let open = |part: &str, sealed: &[u8]| key.open(sealed, belongs_to(&kind, id, version, part).as_bytes());
        Ok((open("reason", &reason)?, open("body", &body)?))
    }
}

fn versions() -> Select {
    Select::new(&format!("SELECT {COLUMNS} WHERE TRUE"))
}

fn form(row: &Row) -> Result<Form> {
    let name = row.text(8)?;
    Form::by_name(&name).ok_or_else(|| Error::Corrupt(format!("a version is stored as `{name}`, which is unknown")))
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8_lossy(&bytes).into_owned()
}
