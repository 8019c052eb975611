//! The entities as the walk through the chain leaves them, held against the table that answers for them: what is read by name comes
//! from that table, so that an edit there lies as well as one in the chain.

use std::collections::HashMap;

use jiff::Timestamp;
use uuid::Uuid;

use crate::backend::{Fault, Row, Session, values};
use crate::chain::{Form, Link};
use crate::verify::Bad;

/// Rows read at once.
const CHUNK: i64 = 1_000;

/// Every entity that the chain has named so far.
#[derive(Default)]
pub(crate) struct Standing {
    by_no: HashMap<i64, Walked>,
    by_name: HashMap<(String, Uuid), i64>,
}

/// An entity after its last version.
struct Walked {
    kind: String,
    id: Uuid,
    org: Option<Uuid>,
    version: u64,
    seq: u64,
    /// A version of it is sealed: its key must be there until it is erased.
    sealed: bool,
    erased_at: Option<Timestamp>,
}

impl Standing {
    /// Takes a version that holds by itself, kept under the number `no`.
    pub(crate) fn step(&mut self, no: i64, link: &Link) -> Result<(), String> {
        let name = (link.kind.clone(), link.id);
        let named = *self.by_name.entry(name).or_insert(no);
        if named != no {
            return Err(format!("it is kept under number {no}; its entity has number {named}"));
        }
        let entity = self.by_no.entry(no).or_insert_with(|| Walked {
            kind: link.kind.clone(),
            id: link.id,
            org: link.org,
            version: 0,
            seq: 0,
            sealed: false,
            erased_at: None,
        });
        if (entity.kind.as_str(), entity.id) != (link.kind.as_str(), link.id) {
            return Err(format!("it is kept under number {no}, which is that of {} `{}`", entity.kind, entity.id));
        }
        if entity.org != link.org {
            return Err("its entity belongs to another organisation".to_owned());
        }
        if entity.erased_at.is_some() {
            return Err("its entity was erased before".to_owned());
        }
        if link.version != entity.version + 1 {
            return Err(format!("it is version {} of its entity, after version {}", link.version, entity.version));
        }
        (entity.version, entity.seq) = (link.version, link.seq);
        entity.sealed |= link.form == Form::Sealed;
        entity.erased_at = (link.form == Form::Tombstone).then_some(link.at);
        Ok(())
    }

    /// Compares with the table of entities: the same ones, each where the chain left it.
    pub(crate) async fn compare(&self, session: &mut dyn Session) -> Result<Result<(), Bad>, Fault> {
        let sql = "SELECT e.no, e.kind, e.id, t.id, e.version, e.seq, e.erased_at, e.key
             FROM entity e LEFT JOIN tenant t ON t.no = e.org WHERE e.no > $1 ORDER BY e.no LIMIT $2";
        let (mut last, mut seen) = (i64::MIN, 0);
        loop {
            let rows = session.query(sql, values![last, CHUNK]).await?;
            let Some(end) = rows.last() else { break };
            last = end.int(0)?;
            seen += rows.len();
            for row in &rows {
                let no = row.int(0)?;
                let Some(walked) = self.by_no.get(&no) else {
                    return Ok(Err(Bad { seq: row.int(5)?.unsigned_abs(), why: format!("entity {no} is not in the chain") }));
                };
                if let Some(why) = walked.differs(row)? {
                    return Ok(Err(Bad { seq: walked.seq, why: format!("entity {no}, {} `{}`: {why}", walked.kind, walked.id) }));
                }
            }
        }
        if seen == self.by_no.len() {
            return Ok(Ok(()));
        }
        let mut expected: Vec<(&i64, &Walked)> = self.by_no.iter().collect();
        expected.sort_by_key(|(no, _)| **no);
        for (no, walked) in expected {
            if session.query("SELECT no FROM entity WHERE no = $1", values![*no]).await?.is_empty() {
                let why = format!("entity {no}, {} `{}`, is missing", walked.kind, walked.id);
                return Ok(Err(Bad { seq: walked.seq, why }));
            }
        }
        Ok(Ok(()))
    }
}

impl Walked {
    fn differs(&self, row: &Row) -> Result<Option<&'static str>, Fault> {
        let org = if row.is_null(3) { return Ok(Some("its organisation is unknown")) } else { row.uuid(3)? };
        let erased_at = if row.is_null(6) { None } else { Some(row.time(6)?) };
        let keyed = !row.is_null(7);
        Ok(if (row.text(1)?, row.uuid(2)?) != (self.kind.clone(), self.id) {
            Some("it stands under another name")
        } else if Some(org).filter(|org| !org.is_nil()) != self.org {
            Some("it stands in another organisation")
        } else if (row.int(4)?.unsigned_abs(), row.int(5)?.unsigned_abs()) != (self.version, self.seq) {
            Some("it does not stand at its last version")
        } else if erased_at != self.erased_at {
            Some("the table and the chain disagree on whether and when it was erased")
        } else if keyed != (self.sealed && self.erased_at.is_none()) {
            Some("its key is not what the chain tells")
        } else {
            None
        })
    }
}
