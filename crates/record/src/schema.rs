//! The schema's version: made when the database is empty, brought up to date after a backup, refused when it is newer than we are.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use uuid::Uuid;

use crate::backend::{Backend, Fault, Purpose, Session, Tenants, values};
use crate::backup::{self, Keys, Part};
use crate::chain::GENESIS;
use crate::error::{Error, Result};
use crate::keyring::Keyring;
use crate::progress::Progress;
use crate::seal::{Key, KeyFiles};

/// Folder of the backups that were made before migrations.
pub(crate) const BACKUPS: &str = "backups";

/// Makes the schema or brings it up to date. Tells where the backup lies if one was made.
pub(crate) async fn prepare(backend: &Arc<dyn Backend>, data: &Path, keys: &KeyFiles, now: Timestamp) -> Result<Option<PathBuf>> {
    let known = i64::try_from(backend.migrations().len()).unwrap_or(i64::MAX);
    if backend.is_empty().await? {
        match create(backend, keys, now).await {
            Ok(()) => return Ok(None),
            // Another process may have been faster.
            Err(error) if backend.is_empty().await? => return Err(error),
            Err(_) => {}
        }
    }
    let mut session = backend.writer().await?;
    let found = version(session.as_mut()).await?;
    if found > known {
        return Err(Error::SchemaNewer { found, known });
    }
    if found == known {
        return Ok(None);
    }
    let folder = data.join(BACKUPS).join(format!("schema-{found}-{}", now.strftime("%Y%m%dT%H%M%SZ")));
    backup::make(backend, data, &folder, Part::Database, Keys::LeftOut, None, &Progress::silent()).await?;
    tracing::info!(from = found, to = known, backup = %folder.display(), "bringing the record's schema up to date");
    for (number, script) in (1..).zip(backend.migrations()).filter(|(number, _)| *number > found) {
        session.begin(Purpose::Write, &Tenants::All).await?;
        session.script(script).await?;
        session.execute("UPDATE schema_version SET version = $1 WHERE one = 1", values![number]).await?;
        session.commit().await?;
    }
    backend.count_anew().await?;
    Ok(Some(folder))
}

async fn version(session: &mut dyn Session) -> Result<i64> {
    let foreign = |_| Error::Invalid("the database is not empty, and not a record of Hikeshi: give it one of its own".to_owned());
    let rows = session.query("SELECT version FROM schema_version WHERE one = 1", &[]).await.map_err(foreign)?;
    let row = rows.first().ok_or_else(|| Error::Corrupt("the record's schema has no version".to_owned()))?;
    Ok(row.int(0)?)
}

async fn create(backend: &Arc<dyn Backend>, keys: &KeyFiles, now: Timestamp) -> Result<()> {
    let mut session = backend.writer().await?;
    session.begin(Purpose::Write, &Tenants::All).await?;
    session.script("CREATE TABLE schema_version (one BIGINT PRIMARY KEY, version BIGINT NOT NULL)").await?;
    for script in backend.migrations() {
        session.script(script).await?;
    }
    first_rows(session.as_mut(), keys, backend.migrations().len(), now).await?;
    session.commit().await?;
    Ok(())
}

/// The head before the first version, and the installation as tenant 0.
async fn first_rows(session: &mut dyn Session, keys: &KeyFiles, version: usize, now: Timestamp) -> Result<()> {
    let version = i64::try_from(version).unwrap_or(i64::MAX);
    session.execute("INSERT INTO schema_version (one, version) VALUES (1, $1)", values![version]).await?;
    let sql = "INSERT INTO head (one, installation, seq, at, hash, entities, tenants, signed_seq, signed_at) VALUES (1, $1, 0, $2, $3, 0, 0, 0, $4)";
    session.execute(sql, values![Uuid::now_v7(), now, GENESIS.to_vec(), now]).await?;
    let nobody = Uuid::nil();
    let wrapped = keys.installation.wrap(&Key::generate()?, Keyring::tenant_purpose(nobody).as_bytes())?;
    session.execute("INSERT INTO tenant (no, id, key) VALUES (0, $1, $2)", values![nobody, wrapped]).await?;
    Ok(())
}

/// Checks that the key files are those of this record: the installation's own key must open.
pub(crate) async fn check_keys(backend: &Arc<dyn Backend>, keyring: &Keyring) -> Result<()> {
    let mut session = backend.reader().await?;
    session.begin(Purpose::Read, &Tenants::All).await?;
    let rows = session.query("SELECT key FROM tenant WHERE no = 0", &[]).await?;
    session.commit().await?;
    let row = rows.first().ok_or_else(|| Fault::Wrong("the record has no tenant 0".to_owned()))?;
    let foreign = |_| Error::Invalid("the key files are not those of this record: put the right ones back".to_owned());
    keyring.unwrap_tenant(Uuid::nil(), &row.bytes(0)?).map(|_| ()).map_err(foreign)
}
