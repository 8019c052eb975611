//! The chain as lines of JSON, for somebody else's verifier: with the bodies, or with their commitments only.

use std::io::Write;

use serde_json::{Value, json};

use crate::backend::{Row, Session, values};
use crate::context::Scope;
use crate::error::{Error, Result};
use crate::store::Store;
use crate::transaction::Head;
use crate::verify::{VERSION_COLUMNS, link};

const CHUNK: i64 = 1_000;

/// How much of each version an export shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// Who, when, what, and the commitment to the rest.
    Chain,
    /// The salt, the reason and the body too, as they are stored (sealed ones as ciphertext).
    Bodies,
}

impl Store {
    /// Writes the whole chain: a first line that names the installation and its key, a line a version, a line an
    /// entity as the table of entities has it, a line a checkpoint, a last line with the count. How many versions were written.
    pub async fn export(&self, out: &mut (dyn Write + Send), shown: Shown) -> Result<u64> {
        let (mut session, _) = self.reading(&Scope::Installation).await?;
        let head = Head::read(session.as_mut()).await?;
        let key = hex::encode(self.keyring().signing().verifying_key().as_bytes());
        let hash = hex::encode(head.hash);
        line(
            out,
            &json!({ "export": "hikeshi.record.export.1", "installation": head.installation, "key": key, "seq": head.seq, "hash": hash }),
        )?;
        let sql = format!("SELECT {VERSION_COLUMNS} WHERE v.seq > $1 ORDER BY v.seq LIMIT $2");
        let mut seq = 0_i64;
        let mut versions = 0_u64;
        loop {
            let rows = session.query(&sql, values![seq, CHUNK]).await?;
            let Some(last) = rows.last() else { break };
            seq = last.int(0)?;
            versions += rows.len() as u64;
            for row in &rows {
                line(out, &json!({ "version": version(row, shown)? }))?;
            }
        }
        entities(session.as_mut(), out).await?;
        for note in self.checkpoints(session.as_mut(), head.installation).await? {
            line(out, &json!({ "checkpoint": note }))?;
        }
        line(out, &json!({ "end": versions }))?;
        session.commit().await?;
        Ok(versions)
    }
}

async fn entities(session: &mut dyn Session, out: &mut (dyn Write + Send)) -> Result<()> {
    let sql = "SELECT e.no, t.id, e.kind, e.id, e.version, e.seq, e.erased_at FROM entity e LEFT JOIN tenant t ON t.no = e.org
         WHERE e.no > $1 ORDER BY e.no LIMIT $2";
    let mut last = i64::MIN;
    loop {
        let rows = session.query(sql, values![last, CHUNK]).await?;
        let Some(end) = rows.last() else { return Ok(()) };
        last = end.int(0)?;
        for row in &rows {
            let org = if row.is_null(1) { None } else { Some(row.uuid(1)?).filter(|org| !org.is_nil()) };
            let erased_at_us = if row.is_null(6) { None } else { Some(row.int(6)?) };
            let (version, seq) = (row.int(4)?, row.int(5)?);
            let entity = json!({
                "org": org, "kind": row.text(2)?, "id": row.uuid(3)?, "version": version, "seq": seq, "erased_at_us": erased_at_us,
            });
            line(out, &json!({ "entity": entity }))?;
        }
    }
}

fn version(row: &Row, shown: Shown) -> Result<Value> {
    let (link, hash) = link(row)?.map_err(Error::Corrupt)?;
    let mut version = json!({
        "seq": link.seq, "at_us": link.at.as_microsecond(), "org": link.org, "kind": link.kind, "id": link.id, "version": link.version,
        "actor": link.actor, "action": link.action, "request": link.request, "form": link.form.name(),
        "commitment": hex::encode(link.commitment), "hash": hex::encode(hash),
    });
    if let (Shown::Bodies, Some(fields)) = (shown, version.as_object_mut()) {
        for (name, column) in [("salt", 10), ("reason", 11), ("body", 12)] {
            fields.insert(name.to_owned(), hex::encode(row.bytes(column)?).into());
        }
    }
    Ok(version)
}

fn line(out: &mut (dyn Write + Send), value: &Value) -> Result<()> {
    writeln!(out, "{value}").map_err(|error| Error::File { path: "the export".to_owned(), why: error.to_string() })
}
