//! A lake in a folder of its own, with the record as its catalogue; and the shared data.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hikeshi_domain::OrganizationId;
use hikeshi_event::{Event, Limits, Record, Totals, Work, expand, process};
use hikeshi_lake::{Batch, Encoding, Lake, LakeConfig, Tap};
use hikeshi_record::{Settings, Store};
use jiff::Timestamp;
use uuid::Uuid;

pub(crate) const ORG: OrganizationId = OrganizationId(Uuid::from_u128(1));
pub(crate) const OTHER: OrganizationId = OrganizationId(Uuid::from_u128(2));

/// Small segments, so that a test sees many; written at once when asked, else never.
pub(crate) fn config() -> LakeConfig {
    let never = usize::MAX;
    LakeConfig {
        workers: 2,
        flush_rows: 20_000,
        flush_after: Duration::from_secs(3600),
        reserve_percent: 0,
        merge_segments_closed: never,
        ..LakeConfig::default()
    }
}

pub(crate) async fn open_with(folder: &Path, config: LakeConfig, tap: Option<Arc<dyn Tap>>) -> Lake {
    let store = Store::open(Settings::embedded(folder.join("record"))).await.unwrap();
    Lake::open(&folder.join("lake"), Arc::new(store.catalogue()), config, tap).await.unwrap()
}

pub(crate) async fn open(folder: &Path) -> Lake {
    open_with(folder, config(), None).await
}

pub(crate) fn batch(org: OrganizationId, key: &str, body: impl Into<Bytes>) -> Batch {
    let received_at: Timestamp = "2026-11-22T00:00:00Z".parse().unwrap();
    Batch { org, source: "test".into(), idempotency_key: Some(key.to_owned()), received_at, encoding: Encoding::Plain, body: body.into() }
}

/// A process creation as a forwarder sends it, flattened.
pub(crate) fn process_event(number: u64, host: &str, time: &str, sha256: &str) -> String {
    format!(
        "{{\"Channel\":\"Microsoft-Windows-Sysmon/Operational\",\"EventID\":1,\"Computer\":\"{host}\",\"EventRecordID\":{number},\
         \"UtcTime\":\"{time}\",\"TimeCreated\":\"{time}\",\"ProcessGuid\":\"{{00000000-0000-0000-0000-{number:012}}}\",\"ProcessId\":{number},\
         \"Image\":\"C:\\\\Windows\\\\System32\\\\cmd.exe\",\"CommandLine\":\"cmd /c echo {number}\",\"Hashes\":\"SHA256={sha256}\"}}\n"
    )
}

pub(crate) fn all_time() -> (Timestamp, Timestamp) {
    (Timestamp::MIN, Timestamp::MAX)
}

/// Everything a host ever sent, whole.
pub(crate) async fn everything(lake: &Lake, org: OrganizationId, host: &str) -> Vec<Event<'static>> {
    let (from, to) = all_time();
    let mut window = lake.host_window(org, host, from..to, to, usize::MAX).await.unwrap();
    let uids = window.events.iter().map(|event| event.uid).collect();
    let mut originals = lake.originals(&window.places, &uids).await.unwrap();
    for event in &mut window.events {
        if let Some(raw) = originals.remove(&event.uid) {
            event.raw = raw.into();
        }
    }
    window.events
}

/// A folder of the shared data, or a line that says that the test was skipped.
pub(crate) fn shared(part: &str, test: &str) -> Option<PathBuf> {
    let Some(folder) = std::env::var_os("HIKESHI_SHARED") else {
        println!("skipped: needs shared data ({test})");
        return None;
    };
    Some(PathBuf::from(folder).join(part))
}

struct Lines;

impl Work for Lines {
    type Scratch = ();
    type Out = Vec<u8>;

    fn scratch(&self) -> Self::Scratch {}

    fn see(&self, (): &mut (), _: &str, record: &Record<'_>, out: &mut Vec<u8>) {
        out.extend(record.raw.iter().filter(|byte| !matches!(byte, b'\n' | b'\r')));
        out.push(b'\n');
    }
}

/// The originals of all records below a folder, a line each, in blocks.
pub(crate) fn originals(folder: &Path) -> (Vec<Vec<u8>>, Totals) {
    let limits = Limits::default();
    let (inputs, _) = expand(&[folder.to_string_lossy().into_owned()]);
    let mut blocks = Vec::new();
    let totals = process(&inputs, &limits, 2, &Lines, |block| {
        // A block that held nothing but damage has no lines: no lake takes an empty batch.
        blocks.extend(Some(block.out).filter(|lines| !lines.is_empty()));
        std::ops::ControlFlow::Continue(())
    });
    (blocks, totals)
}
