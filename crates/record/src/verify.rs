//! Reads the whole chain again and says where it first does not hold.
//!
//! `verify/` holds a program that does the same from an export and shares no code with this.

use std::collections::HashMap;

use jiff::Timestamp;
use serde::Serialize;
use uuid::Uuid;

use crate::backend::{Row, Session, values};
use crate::chain::{self, Checkpoint, Form, GENESIS, Hash, Link};
use crate::context::Scope;
use crate::error::Result;
use crate::progress::{Stage, Stretch};
use crate::standing::Standing;
use crate::store::Store;
use crate::transaction::Head;

/// Versions read at once.
const CHUNK: i64 = 1_000;

pub(crate) const VERSION_COLUMNS: &str =
    "v.seq, v.at, t.id, v.kind, v.id, v.version, v.actor, v.action, v.request, v.form, v.salt, v.reason, v.body,
     v.commitment, v.hash, v.no FROM version v JOIN tenant t ON t.no = v.org";

/// What a look through the whole record has shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verification {
    /// Versions that hold, from the first.
    pub versions: u64,
    /// Checkpoints that hold, those brought from outside included.
    pub checkpoints: u64,
    /// The last version that a checkpoint covers.
    pub signed_seq: u64,
    /// Hash of the last version that holds, hexadecimal.
    pub hash: String,
    /// The first thing that does not hold.
    pub first_bad: Option<Bad>,
}

/// A place where the chain does not hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Bad {
    /// The place in the record.
    pub seq: u64,
    /// Why.
    pub why: String,
}

impl Store {
    /// Verifies the chain from its beginning, and that it still agrees with its checkpoints and with those kept outside.
    ///
    /// # Errors
    /// Only when the record cannot be read at all; what does not hold is in the answer.
    pub async fn verify(&self, outside: &[Checkpoint]) -> Result<Verification> {
        let (mut session, _) = self.reading(&Scope::Installation).await?;
        let head = Head::read(session.as_mut()).await?;
        let mut notes: HashMap<u64, Vec<Checkpoint>> = HashMap::new();
        for note in self.checkpoints(session.as_mut(), head.installation).await?.into_iter().chain(outside.iter().cloned()) {
            notes.entry(note.seq).or_default().push(note);
        }
        let key = hex::encode(self.keyring().signing().verifying_key().as_bytes());
        let mut walk = Walk { installation: head.installation, key, notes, ..Walk::default() };
        let outcome = walk.through(session.as_mut(), &head, self.progress().stage(Stage::Verifying, head.seq)).await?;
        session.commit().await?;
        Ok(Verification {
            versions: walk.seq,
            checkpoints: walk.checkpoints,
            signed_seq: walk.signed_seq,
            hash: hex::encode(walk.hash),
            first_bad: outcome.err(),
        })
    }

    pub(crate) async fn checkpoints(&self, session: &mut dyn Session, installation: Uuid) -> Result<Vec<Checkpoint>> {
        let rows = session.query("SELECT seq, at, hash, key, signature FROM checkpoint ORDER BY seq", &[]).await?;
        let note = |row: &Row| -> Result<Checkpoint> {
            Ok(Checkpoint {
                installation,
                seq: row.int(0)?.unsigned_abs(),
                at: row.time(1)?,
                hash: hex::encode(row.bytes(2)?),
                key: hex::encode(row.bytes(3)?),
                signature: hex::encode(row.bytes(4)?),
            })
        };
        rows.iter().map(note).collect()
    }
}

/// How far the walk has come.
#[derive(Default)]
struct Walk {
    installation: Uuid,
    key: String,
    notes: HashMap<u64, Vec<Checkpoint>>,
    seq: u64,
    at: Timestamp,
    hash: Hash,
    checkpoints: u64,
    signed_seq: u64,
    entities: Standing,
}

impl Walk {
    async fn through(&mut self, session: &mut dyn Session, head: &Head, mut stretch: Stretch<'_>) -> Result<Result<(), Bad>> {
        self.hash = GENESIS;
        self.at = Timestamp::MIN;
        if let Err(why) = self.notes_here() {
            return Ok(Err(Bad { seq: 0, why }));
        }
        let sql = format!("SELECT {VERSION_COLUMNS} WHERE v.seq > $1 ORDER BY v.seq LIMIT $2");
        loop {
            let rows = session.query(&sql, values![self.seq as i64, CHUNK]).await?;
            if rows.is_empty() {
                return self.at_the_end(session, head).await;
            }
            for row in &rows {
                if let Err(why) = self.step(row) {
                    return Ok(Err(Bad { seq: self.seq + 1, why }));
                }
            }
            stretch.on(rows.len() as u64);
        }
    }

    fn step(&mut self, row: &Row) -> Result<(), String> {
        let read = |fault: crate::backend::Fault| format!("the version cannot be read: {fault:?}");
        let (link, hash) = link(row).map_err(read)??;
        let expected = self.seq + 1;
        if link.seq != expected {
            return Err(format!("version {expected} is missing; the next one is {}", link.seq));
        }
        if link.at < self.at {
            return Err(format!("its time {} is before that of the version before it, {}", link.at, self.at));
        }
        let parts = (row.bytes(10).map_err(read)?, row.bytes(11).map_err(read)?, row.bytes(12).map_err(read)?);
        if chain::commitment(&parts.0, &parts.1, &parts.2) != link.commitment {
            return Err("its reason or body is not the one that was committed to".to_owned());
        }
        if link.hash(&self.hash) != hash {
            return Err("its hash does not follow from the version before it and its own content".to_owned());
        }
        self.entities.step(row.int(15).map_err(read)?, &link)?;
        (self.seq, self.at, self.hash) = (link.seq, link.at, hash);
        self.notes_here().inspect_err(|_| self.seq -= 1)
    }

    /// Checks the notes that pin the place where the walk stands.
    fn notes_here(&mut self) -> Result<(), String> {
        for note in self.notes.remove(&self.seq).unwrap_or_default() {
            if note.installation != self.installation {
                return Err(format!("a checkpoint brought from outside is of another installation, {}", note.installation));
            }
            if note.key != self.key {
                return Err(format!("the checkpoint is signed by a key that is not ours: {}", note.key));
            }
            if !note.is_genuine() {
                return Err("the signature of the checkpoint is false".to_owned());
            }
            if note.hash != hex::encode(self.hash) {
                return Err(format!("the checkpoint of {} saw another history: hash {}", note.at, note.hash));
            }
            self.checkpoints += 1;
            self.signed_seq = self.signed_seq.max(note.seq);
        }
        Ok(())
    }

    async fn at_the_end(&self, session: &mut dyn Session, head: &Head) -> Result<Result<(), Bad>> {
        let bad = |seq: u64, why: String| Ok(Err(Bad { seq, why }));
        if (head.seq, head.hash) != (self.seq, self.hash) {
            return bad(self.seq + 1, format!("the record says that it ends at {}, but its versions end here", head.seq));
        }
        if let Some(seq) = self.notes.keys().min() {
            return bad(self.seq + 1, format!("a checkpoint covers {seq} versions, but the record ends before"));
        }
        Ok(self.entities.compare(session).await?)
    }
}

/// The link of a row of [`VERSION_COLUMNS`], and the hash that stands beside it.
pub(crate) fn link(row: &Row) -> Result<Result<(Link, Hash), String>, crate::backend::Fault> {
    let form = row.text(9)?;
    let Some(form) = Form::by_name(&form) else { return Ok(Err(format!("it is stored as `{form}`, which is unknown"))) };
    let link = Link {
        seq: row.int(0)?.unsigned_abs(),
        at: row.time(1)?,
        org: Some(row.uuid(2)?).filter(|org| !org.is_nil()),
        kind: row.text(3)?,
        id: row.uuid(4)?,
        version: row.int(5)?.unsigned_abs(),
        actor: row.text(6)?,
        action: row.text(7)?,
        request: row.text(8)?,
        form,
        commitment: row.hash(13)?,
    };
    Ok(Ok((link, row.hash(14)?)))
}
