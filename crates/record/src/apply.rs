//! A change, step by step, inside the writer's transaction.

use std::collections::BTreeSet;

use async_trait::async_trait;
use hikeshi_domain::OrganizationId;
use uuid::Uuid;

use crate::backend::{Value, values};
use crate::change::{Change, Committed, Expect, Field, NewVersion, Put, Step};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::keyring::Tenant;
use crate::seal::{Key, random};
use crate::transaction::Transaction;
use crate::writer::Work;
use crate::{bigram, chain};

/// A caller's change.
pub(crate) struct Apply {
    pub(crate) context: Context,
    pub(crate) change: Change,
}

#[async_trait]
impl Work for Apply {
    type Output = Committed;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Committed> {
        let mut versions = Vec::new();
        let owner = self.owner()?;
        let mut tenant = None;
        if self.change.steps.iter().any(Step::is_beside) {
            tenant = Some(transaction.tenant(owner).await?.no);
        }
        for step in &self.change.steps {
            if let Step::Put(put) = step {
                transaction.tenant(put.org).await?;
            }
        }
        transaction.see(&self.context.scope).await?;
        for step in &self.change.steps {
            match step {
                Step::Put(put) => versions.push(self.put(transaction, put).await?),
                Step::Erase { kind, id, expect } => versions.push(self.erase(transaction, kind, *id, *expect).await?),
                Step::Finish(job) => crate::beside::finish(transaction, &self.context.scope, job).await?,
                beside => crate::beside::apply(transaction, tenant.unwrap_or_default(), beside).await?,
            }
        }
        Ok(Committed { at: transaction.at, versions })
    }
}

/// The row of an entity.
struct Standing {
    no: i64,
    version: u64,
    key: Option<Vec<u8>>,
    erased: bool,
}

impl Apply {
    /// Whose the keys, numbers and jobs are.
    fn owner(&self) -> Result<Option<OrganizationId>> {
        let owner = self.change.owner.unwrap_or_else(|| self.context.scope.owner());
        if self.change.steps.iter().any(Step::is_beside) && !self.context.scope.sees(owner) {
            return Err(Error::Invalid("whose the jobs, keys or numbers are lies outside the caller's scope; name the owner".to_owned()));
        }
        Ok(owner)
    }

    async fn put(&self, transaction: &mut Transaction<'_>, put: &Put) -> Result<NewVersion> {
        if !self.context.scope.sees(put.org) {
            return Err(Error::NotFound { kind: put.kind.to_owned(), id: put.id });
        }
        let tenant = transaction.tenant(put.org).await?;
        let found = standing(transaction, put.kind, put.id, Some(tenant.no)).await?;
        let current = found.as_ref().map_or(0, |row| row.version);
        let (no, version, key) = match (found, put.expect) {
            (None, Expect::New) => {
                let (no, key) = self.create(transaction, put, &tenant).await?;
                (no, 1, key)
            }
            (Some(row), _) if row.erased => return Err(erased(transaction, put.kind, put.id, row.no).await?),
            (Some(row), Expect::Version(expected)) if row.version == expected => (row.no, expected + 1, row.key),
            (None, Expect::Version(_)) => return Err(Error::NotFound { kind: put.kind.to_owned(), id: put.id }),
            (Some(_), _) => return Err(Error::Conflict { kind: put.kind.to_owned(), id: put.id, current }),
        };
        let key = key.map(|wrapped| tenant.key.unwrap_key(&wrapped, purpose(put.kind, put.id).as_bytes())).transpose()?;
        let new = NewVersion { kind: put.kind.to_owned(), id: put.id, version, seq: transaction.head.seq + 1 };
        let content = Stored::of(key.as_ref(), &new, &self.change.reason, &put.body)?;
        self.append(transaction, (tenant.no, put.org.map(|org| org.0)), no, &new, content).await?;
        refind(transaction, put, tenant.no, no).await?;
        Ok(new)
    }

    async fn create(&self, transaction: &mut Transaction<'_>, put: &Put, tenant: &Tenant) -> Result<(i64, Option<Vec<u8>>)> {
        let purpose = purpose(put.kind, put.id);
        let key = match put.erasable {
            true => Some(tenant.key.wrap(&Key::generate()?, purpose.as_bytes())?),
            false => None,
        };
        transaction.head.entities += 1;
        let no = transaction.head.entities;
        let sql = "INSERT INTO entity (no, org, kind, id, version, seq, key) VALUES ($1, $2, $3, $4, 0, 0, $5) ON CONFLICT DO NOTHING";
        let made = transaction.execute(sql, values![no, tenant.no, put.kind, put.id, key.clone()]).await?;
        if made == 0 {
            // The name is taken where this caller may not look: say no more than that.
            return Err(Error::Conflict { kind: put.kind.to_owned(), id: put.id, current: 0 });
        }
        Ok((no, key))
    }

    async fn erase(&self, transaction: &mut Transaction<'_>, kind: &str, id: Uuid, expect: u64) -> Result<NewVersion> {
        let not_found = || Error::NotFound { kind: kind.to_owned(), id };
        let sql = "SELECT t.no, t.id FROM entity e JOIN tenant t ON t.no = e.org WHERE e.kind = $1 AND e.id = $2";
        let rows = transaction.query(sql, values![kind, id]).await?;
        let row = rows.first().ok_or_else(not_found)?;
        let (tenant, org) = (row.int(0)?, Some(row.uuid(1)?).filter(|org| !org.is_nil()));
        if !self.context.scope.sees(org.map(OrganizationId)) {
            return Err(not_found());
        }
        let row = standing(transaction, kind, id, Some(tenant)).await?.ok_or_else(not_found)?;
        if row.erased {
            return Err(erased(transaction, kind, id, row.no).await?);
        }
        if row.version != expect {
            return Err(Error::Conflict { kind: kind.to_owned(), id, current: row.version });
        }
        let new = NewVersion { kind: kind.to_owned(), id, version: expect + 1, seq: transaction.head.seq + 1 };
        let content = Stored::new(chain::Form::Tombstone, self.change.reason.as_bytes().to_vec(), Vec::new())?;
        self.append(transaction, (tenant, org), row.no, &new, content).await?;
        let at = transaction.at;
        transaction.execute("UPDATE entity SET key = NULL, erased_at = $1 WHERE no = $2", values![at, row.no]).await?;
        unfind(transaction, kind, tenant, row.no).await?;
        Ok(new)
    }

    /// Writes the version, links it into the chain, and points the entity at it.
    async fn append(
        &self,
        transaction: &mut Transaction<'_>,
        (tenant, org): (i64, Option<Uuid>),
        no: i64,
        new: &NewVersion,
        content: Stored,
    ) -> Result<()> {
        let commitment = chain::commitment(&content.salt, &content.reason, &content.body);
        let link = chain::Link {
            seq: new.seq,
            at: transaction.at,
            org,
            kind: new.kind.clone(),
            id: new.id,
            version: new.version,
            actor: self.context.actor.to_string(),
            action: self.change.action.clone(),
            request: self.context.request.clone(),
            form: content.form,
            commitment,
        };
        let hash = link.hash(&transaction.head.hash);
        let sql =
            "INSERT INTO version (seq, org, no, version, at, kind, id, actor, action, request, form, salt, reason, body, commitment, hash)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)";
        let (seq, version) = (new.seq as i64, new.version as i64);
        let who = (link.actor, link.action, link.request);
        let form = content.form.name();
        let values = values![
            seq,
            tenant,
            no,
            version,
            link.at,
            link.kind,
            link.id,
            who.0,
            who.1,
            who.2,
            form,
            content.salt.to_vec(),
            content.reason,
            content.body,
            commitment.to_vec(),
            hash.to_vec(),
        ];
        transaction.execute(sql, values).await?;
        transaction.execute("UPDATE entity SET version = $1, seq = $2 WHERE no = $3", values![version, seq, no]).await?;
        (transaction.head.seq, transaction.head.at, transaction.head.hash) = (new.seq, transaction.at, hash);
        Ok(())
    }
}

/// Reason and body as they are stored.
struct Stored {
    form: chain::Form,
    salt: [u8; 32],
    reason: Vec<u8>,
    body: Vec<u8>,
}

impl Stored {
    fn new(form: chain::Form, reason: Vec<u8>, body: Vec<u8>) -> Result<Self> {
        Ok(Stored { form, salt: random()?, reason, body })
    }

    fn of(key: Option<&Key>, new: &NewVersion, reason: &str, body: &[u8]) -> Result<Self> {
        let Some(key) = key else { return Self::new(chain::Form::Plain, reason.as_bytes().to_vec(), body.to_vec()) };
        let reason = key.seal(reason.as_bytes(), belongs_to(&new.kind, new.id, new.version, "reason").as_bytes())?;
        let body = key.seal(body, belongs_to(&new.kind, new.id, new.version, "body").as_bytes())?;
        Self::new(chain::Form::Sealed, reason, body)
    }
}

/// What the wrapping of an entity's key is bound to.
pub(crate) fn purpose(kind: &str, id: Uuid) -> String {
    format!("entity {kind} {id}")
}

/// What a sealed part of a version is bound to.
pub(crate) fn belongs_to(kind: &str, id: Uuid, version: u64, part: &str) -> String {
    format!("{part} {kind} {id} {version}")
}

async fn standing(transaction: &mut Transaction<'_>, kind: &str, id: Uuid, tenant: Option<i64>) -> Result<Option<Standing>> {
    let sql = "SELECT no, version, key, erased_at FROM entity WHERE kind = $1 AND id = $2 AND org = $3";
    let rows = transaction.query(sql, values![kind, id, tenant]).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    let key = if row.is_null(2) { None } else { Some(row.bytes(2)?) };
    Ok(Some(Standing { no: row.int(0)?, version: row.int(1)?.unsigned_abs(), key, erased: !row.is_null(3) }))
}

async fn erased(transaction: &mut Transaction<'_>, kind: &str, id: Uuid, no: i64) -> Result<Error> {
    let rows = transaction.query("SELECT erased_at FROM entity WHERE no = $1", values![no]).await?;
    let at = rows.first().map_or(Ok(transaction.at), |row| row.time(0))?;
    Ok(Error::Erased { kind: kind.to_owned(), id, at })
}

/// Brings what the entity is found by up to its new version: only the difference is written.
async fn refind(transaction: &mut Transaction<'_>, put: &Put, tenant: i64, no: i64) -> Result<()> {
    let (old_text, old_fields) = found(transaction, no).await?.unwrap_or_default();
    let old: BTreeSet<Field> = old_fields.into_iter().collect();
    let new: BTreeSet<Field> = put.fields.iter().cloned().collect();
    for gone in old.difference(&new) {
        unfind_field(transaction, put.kind, tenant, no, gone).await?;
    }
    let row = |field: &Field| {
        let first = i64::from(field.first);
        values![put.kind, field.name.clone(), tenant, field.key.text.clone(), field.key.number, no, first].to_vec()
    };
    let rows: Vec<Vec<Value>> = new.difference(&old).map(row).collect();
    transaction.insert_many("field (kind, name, org, text, number, no, first)", &rows).await?;
    let (old_grams, new_grams) = (bigram::bigrams(&old_text), bigram::bigrams(&put.text));
    for gone in old_grams.difference(&new_grams) {
        unfind_gram(transaction, put.kind, tenant, no, gone).await?;
    }
    let rows: Vec<Vec<Value>> =
        new_grams.difference(&old_grams).map(|gram| values![put.kind, gram.as_str(), tenant, no].to_vec()).collect();
    transaction.insert_many("gram (kind, gram, org, no)", &rows).await?;
    let fields = serde_json::to_string(&put.fields).map_err(|error| Error::Internal(error.to_string()))?;
    let sql = "INSERT INTO found (no, org, text, fields) VALUES ($1, $2, $3, $4)
         ON CONFLICT (no) DO UPDATE SET text = excluded.text, fields = excluded.fields";
    transaction.execute(sql, values![no, tenant, put.text.as_str(), fields]).await?;
    Ok(())
}

async fn unfind(transaction: &mut Transaction<'_>, kind: &str, tenant: i64, no: i64) -> Result<()> {
    let Some((text, fields)) = found(transaction, no).await? else { return Ok(()) };
    for field in &fields {
        unfind_field(transaction, kind, tenant, no, field).await?;
    }
    for gram in &bigram::bigrams(&text) {
        unfind_gram(transaction, kind, tenant, no, gram).await?;
    }
    transaction.execute("DELETE FROM found WHERE no = $1", values![no]).await?;
    Ok(())
}

async fn unfind_field(transaction: &mut Transaction<'_>, kind: &str, tenant: i64, no: i64, field: &Field) -> Result<()> {
    let sql = "DELETE FROM field WHERE kind = $1 AND name = $2 AND org = $3 AND text = $4 AND number = $5 AND no = $6";
    let values = values![kind, field.name.as_str(), tenant, field.key.text.as_str(), field.key.number, no];
    transaction.execute(sql, values).await.map(|_| ())
}

async fn unfind_gram(transaction: &mut Transaction<'_>, kind: &str, tenant: i64, no: i64, gram: &str) -> Result<()> {
    let sql = "DELETE FROM gram WHERE kind = $1 AND gram = $2 AND org = $3 AND no = $4";
    transaction.execute(sql, values![kind, gram, tenant, no]).await.map(|_| ())
}

/// Text and fields that an entity is found by.
async fn found(transaction: &mut Transaction<'_>, no: i64) -> Result<Option<(String, Vec<Field>)>> {
    let rows = transaction.query("SELECT text, fields FROM found WHERE no = $1", values![no]).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    let fields = serde_json::from_str(&row.text(1)?).map_err(|error| Error::Corrupt(format!("fields of entity {no}: {error}")))?;
    Ok(Some((row.text(0)?, fields)))
}
