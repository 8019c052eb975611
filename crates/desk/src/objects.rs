//! Objects as entities name them.

use bytes::Bytes;
use hikeshi_domain::triage_run::ObjectRef;
use hikeshi_lake::ObjectId;

use crate::desk::Desk;
use crate::error::{Error, Result};

/// Keeps an object; durable when this returns.
pub(crate) async fn put(desk: &Desk, bytes: Bytes) -> Result<ObjectRef> {
    let size_bytes = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    let sha256 = desk.objects.put(bytes).await.map_err(Error::internal)?;
    Ok(ObjectRef { sha256: sha256.to_string(), size_bytes })
}

/// The bytes of an object, checked against its name.
pub(crate) async fn get(desk: &Desk, object: &ObjectRef) -> Result<Bytes> {
    let id: ObjectId = object.sha256.parse().map_err(Error::internal)?;
    desk.objects.get(id).await.map_err(Error::internal)
}
