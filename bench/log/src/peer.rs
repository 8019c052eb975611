//! The peer: fjall, an LSM engine, in three shapes. One thread takes what waits, writes it as one atomic batch with one `fdatasync`, then
//! acknowledges it all: the same group commit as ours, since a sync for each of eight writers alone would only be slower.

use std::path::Path;

use bytes::Bytes;
use fjall::{Database, Keyspace, KeyspaceCreateOptions, KvSeparationOptions, PersistMode};
use tokio::sync::{mpsc, oneshot};

use crate::engine::{Engine, Fault, Replayed};

const GROUP_BYTES: usize = 16 << 20;

/// How batches become keys and values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// One value a batch.
    Batches,
    /// One value a batch, kept in files of their own (key-value separation).
    Blobs,
    /// One key an event.
    Events,
}

struct Request {
    key: String,
    body: Bytes,
    reply: oneshot::Sender<Result<(), String>>,
}

/// The engine and the thread that commits groups.
pub struct Peer {
    database: Database,
    stream: Keyspace,
    requests: mpsc::Sender<Request>,
    shape: Shape,
}

impl Engine for Peer {
    fn open(folder: &Path, name: &str) -> Result<Self, Fault> {
        let shape = match name {
            "fjall-blobs" => Shape::Blobs,
            "fjall-events" => Shape::Events,
            _ => Shape::Batches,
        };
        let database = Database::builder(folder).open()?;
        let separation = (shape == Shape::Blobs).then(KvSeparationOptions::default);
        let stream = database.keyspace("stream", || KeyspaceCreateOptions::default().with_kv_separation(separation))?;
        let keys = database.keyspace("keys", KeyspaceCreateOptions::default)?;
        let last = stream.last_key_value().map(|last| last.key()).transpose()?;
        let next = last.and_then(|key| key.get(..8)?.try_into().ok()).map_or(0, |key| u64::from_be_bytes(key) + 1);
        let (requests, receiver) = mpsc::channel(1024);
        let writer = Writer { database: database.clone(), stream: stream.clone(), keys, next, shape };
        std::thread::Builder::new().name("peer-log".into()).spawn(move || writer.run(receiver))?;
        Ok(Peer { database, stream, requests, shape })
    }

    async fn append(&self, key: String, body: Bytes) -> Result<(), Fault> {
        let (reply, answer) = oneshot::channel();
        self.requests.send(Request { key, body, reply }).await?;
        answer.await??;
        Ok(())
    }

    fn replay(&self) -> Result<Replayed, Fault> {
        let (mut found, mut before) = (Replayed::default(), None);
        for pair in self.stream.iter() {
            let (key, value) = pair.into_inner()?;
            found.count(&value);
            let offset = key.get(..8).map(<[u8]>::to_vec);
            if self.shape == Shape::Events && before == offset {
                found.batches -= 1;
            }
            before = offset;
        }
        Ok(found)
    }

    fn is_busy(&self) -> bool {
        self.database.outstanding_flushes() > 0 || self.database.active_compactions() > 0
    }
}

struct Writer {
    database: Database,
    stream: Keyspace,
    keys: Keyspace,
    next: u64,
    shape: Shape,
}

impl Writer {
    fn run(mut self, mut requests: mpsc::Receiver<Request>) {
        while let Some(request) = requests.blocking_recv() {
            let (mut bytes, mut group) = (0, Vec::new());
            let mut waiting = Some(request);
            while let Some(request) = waiting.take() {
                bytes += request.body.len();
                group.push(request);
                if bytes < GROUP_BYTES {
                    waiting = requests.try_recv().ok();
                }
            }
            let outcome = self.commit(&group).map_err(|fault| fault.to_string());
            for request in group {
                // Whoever asked may have gone.
                let _ = request.reply.send(outcome.clone());
            }
        }
    }

    fn commit(&mut self, group: &[Request]) -> Result<(), Fault> {
        let mut batch = self.database.batch().durability(Some(PersistMode::SyncData));
        for request in group {
            if self.keys.get(&request.key)?.is_some() {
                continue;
            }
            let offset = self.next.to_be_bytes();
            self.next += 1;
            batch.insert(&self.keys, request.key.as_str(), offset);
            if self.shape == Shape::Events {
                for (line, event) in (0_u32..).zip(request.body.split_inclusive(|byte| *byte == b'\n')) {
                    batch.insert(&self.stream, [offset.as_slice(), &line.to_be_bytes()].concat(), event);
                }
            } else {
                batch.insert(&self.stream, offset, request.body.as_ref());
            }
        }
        batch.commit()?;
        Ok(())
    }
}
