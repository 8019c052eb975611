//! The writer's transaction: where the record stands, what time it is, and the statements of the work that runs in it.

use hikeshi_domain::OrganizationId;
use jiff::Timestamp;
use uuid::Uuid;

use crate::backend::{Fault, Row, Session, Tenants, Value, values};
use crate::chain::{Checkpoint, Hash};
use crate::context::Scope;
use crate::error::{Error, Result};
use crate::keyring::{Keyring, Tenant};
use crate::seal::Key;
use crate::writer::Submitted;

/// Versions after which a checkpoint is signed, however short the time.
const SIGN_EVERY: u64 = 1_000;
/// Microseconds after which a checkpoint is signed with the next change.
const SIGN_AFTER_US: i64 = 60_000_000;

/// Where the record stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) installation: Uuid,
    pub(crate) seq: u64,
    pub(crate) at: Timestamp,
    pub(crate) hash: Hash,
    pub(crate) entities: i64,
    pub(crate) tenants: i64,
    pub(crate) signed_seq: u64,
    pub(crate) signed_at: Timestamp,
}

impl Head {
    const COLUMNS: &str = "installation, seq, at, hash, entities, tenants, signed_seq, signed_at";

    /// Reads the head and keeps every other writer out until the transaction ends.
    pub(crate) async fn lock(session: &mut dyn Session) -> Result<Self, Fault> {
        let sql = format!("UPDATE head SET seq = seq WHERE one = 1 RETURNING {}", Self::COLUMNS);
        Self::of(session.query(&sql, &[]).await?)
    }

    /// Reads the head.
    pub(crate) async fn read(session: &mut dyn Session) -> Result<Self, Fault> {
        Self::of(session.query(&format!("SELECT {} FROM head WHERE one = 1", Self::COLUMNS), &[]).await?)
    }

    fn of(rows: Vec<Row>) -> Result<Self, Fault> {
        let row = rows.first().ok_or_else(|| Fault::Wrong("the record has no head".to_owned()))?;
        Ok(Head {
            installation: row.uuid(0)?,
            seq: row.int(1)?.unsigned_abs(),
            at: row.time(2)?,
            hash: row.hash(3)?,
            entities: row.int(4)?,
            tenants: row.int(5)?,
            signed_seq: row.int(6)?.unsigned_abs(),
            signed_at: row.time(7)?,
        })
    }
}

/// A transaction of the writer.
pub(crate) struct Transaction<'a> {
    session: &'a mut dyn Session,
    pub(crate) head: Head,
    /// When everything in this transaction is recorded; never before what was recorded already.
    pub(crate) at: Timestamp,
    pub(crate) keyring: &'a Keyring,
    /// A job was put into a queue.
    pub(crate) enqueued: bool,
    before: Head,
    fault: Option<Fault>,
}

impl<'a> Transaction<'a> {
    pub(crate) fn new(session: &'a mut dyn Session, head: Head, keyring: &'a Keyring, now: Timestamp) -> Self {
        let now = Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now);
        let at = now.max(head.at);
        Transaction { session, before: head.clone(), head, at, keyring, enqueued: false, fault: None }
    }

    /// Runs one item so that its failure leaves the others alone; a fault of the database ends the whole transaction.
    pub(crate) async fn apart(&mut self, item: &mut dyn Submitted) -> Result<Result<()>, Fault> {
        self.session.script("SAVEPOINT item").await?;
        let before = self.head.clone();
        let outcome = item.attempt(self).await;
        if let Some(fault) = self.fault.take() {
            return Err(fault);
        }
        if outcome.is_err() {
            self.head = before;
            self.keyring.forget_uncommitted();
            self.session.script("ROLLBACK TO item").await?;
        }
        self.session.script("RELEASE item").await?;
        self.session.see(&Tenants::All).await?;
        Ok(outcome)
    }

    /// Writes where the record stands now, signed if it is time or `sign` is asked.
    pub(crate) async fn close(mut self, sign: bool) -> Result<Head, Fault> {
        let waited = self.at.as_microsecond().saturating_sub(self.head.signed_at.as_microsecond());
        // A head that was tampered with may say that more was signed than there is; the verifier tells.
        let new = self.head.seq.saturating_sub(self.head.signed_seq);
        if new > 0 && (sign || new >= SIGN_EVERY || waited >= SIGN_AFTER_US) {
            if self.ends_here().await? {
                self.sign().await?;
            } else {
                tracing::error!(
                    seq = self.head.seq,
                    "the record does not end where its head says: it is not signed; run `hikeshi record verify`"
                );
            }
        }
        if self.head != self.before {
            let Head { seq, at, hash, entities, tenants, signed_seq, signed_at, .. } = self.head.clone();
            let sql =
                "UPDATE head SET seq = $1, at = $2, hash = $3, entities = $4, tenants = $5, signed_seq = $6, signed_at = $7 WHERE one = 1";
            let values = values![seq as i64, at, hash.to_vec(), entities, tenants, signed_seq as i64, signed_at];
            self.session.execute(sql, values).await?;
        }
        Ok(self.head)
    }

    /// Whether the last version is the one that the head names: what was tampered with is not vouched for.
    async fn ends_here(&mut self) -> Result<bool, Fault> {
        let rows = self.session.query("SELECT seq, hash FROM version ORDER BY seq DESC LIMIT 1", &[]).await?;
        let Some(last) = rows.first() else { return Ok(false) };
        Ok(last.int(0)?.unsigned_abs() == self.head.seq && last.bytes(1)? == self.head.hash)
    }

    async fn sign(&mut self) -> Result<(), Fault> {
        let note = Checkpoint::sign(self.keyring.signing(), self.head.installation, self.head.seq, &self.head.hash, self.at);
        let bytes = |text: &str| hex::decode(text).unwrap_or_default();
        let sql = "INSERT INTO checkpoint (seq, at, hash, key, signature) VALUES ($1, $2, $3, $4, $5)";
        let values = values![note.seq as i64, note.at, bytes(&note.hash), bytes(&note.key), bytes(&note.signature)];
        self.session.execute(sql, values).await?;
        (self.head.signed_seq, self.head.signed_at) = (self.head.seq, self.at);
        Ok(())
    }

    /// Runs a statement; how many rows it changed.
    pub(crate) async fn execute(&mut self, sql: &str, values: &[Value]) -> Result<u64> {
        let outcome = self.session.execute(sql, values).await;
        self.noted(outcome)
    }

    /// Runs a statement; its rows.
    pub(crate) async fn query(&mut self, sql: &str, values: &[Value]) -> Result<Vec<Row>> {
        let outcome = self.session.query(sql, values).await;
        self.noted(outcome)
    }

    /// Inserts many rows with as few statements as the sizes 64, 16, 4 and 1 allow.
    pub(crate) async fn insert_many(&mut self, into: &str, rows: &[Vec<Value>]) -> Result<()> {
        let mut rest = rows;
        while let Some(first) = rest.first() {
            let size = [64, 16, 4, 1].into_iter().find(|&size| size <= rest.len()).unwrap_or(1);
            let (now, later) = rest.split_at(size);
            let places = places(size, first.len());
            let values: Vec<Value> = now.iter().flatten().cloned().collect();
            self.execute(&format!("INSERT INTO {into} VALUES {places}"), &values).await?;
            rest = later;
        }
        Ok(())
    }

    /// From here to the end of the work the database shows rows of the scope only. The scope as numbers.
    pub(crate) async fn see(&mut self, scope: &Scope) -> Result<Tenants> {
        let tenants = match scope {
            Scope::Installation => Tenants::All,
            Scope::Organizations(orgs) => {
                let mut numbers = Vec::with_capacity(orgs.len());
                for org in orgs.iter().filter(|org| !org.0.is_nil()) {
                    numbers.extend(self.known_tenant(org.0).await?.map(|tenant| tenant.no));
                }
                Tenants::Only(numbers)
            }
        };
        let outcome = self.session.see(&tenants).await;
        self.noted(outcome)?;
        Ok(tenants)
    }

    /// The tenant of an owner, made if it is new here.
    ///
    /// The nil id names the installation in the table of tenants, and nothing else: an organisation of that name would be hashed into
    /// the chain as one and read back as the other.
    pub(crate) async fn tenant(&mut self, owner: Option<OrganizationId>) -> Result<Tenant> {
        if owner.is_some_and(|org| org.0.is_nil()) {
            return Err(Error::Invalid("the nil id names no organisation: name a real one".to_owned()));
        }
        let id = owner.map_or(Uuid::nil(), |org| org.0);
        if let Some(known) = self.known_tenant(id).await? {
            return Ok(known);
        }
        let key = Key::generate()?;
        let wrapped = self.keyring.files.installation.wrap(&key, Keyring::tenant_purpose(id).as_bytes())?;
        self.head.tenants += 1;
        let no = self.head.tenants;
        self.execute("INSERT INTO tenant (no, id, key) VALUES ($1, $2, $3)", values![no, id, wrapped]).await?;
        Ok(Tenant { no, key })
    }

    async fn known_tenant(&mut self, id: Uuid) -> Result<Option<Tenant>> {
        if let Some(known) = self.keyring.writing_tenant(id) {
            return Ok(Some(known));
        }
        let rows = self.query("SELECT no, key FROM tenant WHERE id = $1", values![id]).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        let tenant = Tenant { no: row.int(0)?, key: self.keyring.unwrap_tenant(id, &row.bytes(1)?)? };
        self.keyring.remember_writing(id, tenant.clone());
        Ok(Some(tenant))
    }

    /// A fault of the database is kept apart from what the work makes of it: it ends the transaction.
    fn noted<T>(&mut self, outcome: Result<T, Fault>) -> Result<T> {
        outcome.map_err(|fault| {
            if !matches!(fault, Fault::Wrong(_)) {
                self.fault = Some(fault.clone());
            }
            Error::from(fault)
        })
    }
}

/// `($1, $2), ($3, $4)`
fn places(rows: usize, columns: usize) -> String {
    let row = |row: usize| {
        let places: Vec<String> = (1..=columns).map(|column| format!("${}", row * columns + column)).collect();
        format!("({})", places.join(", "))
    };
    (0..rows).map(row).collect::<Vec<_>>().join(", ")
}
