//! Bodies of requests as they come: plain, gzip or zstd, looked at before they are acknowledged and read after it.

use std::path::Path;
use std::sync::Arc;

use hikeshi_lake::{Encoding, MOST_BATCH_LINES};

use super::lake::{RUNTIME, Shortlived, batch, fresh, open};

/// How a body is packed: its first byte says so here, the head of the request there.
fn encoding(code: u8) -> Encoding {
    [Encoding::Plain, Encoding::Gzip, Encoding::Zstd][usize::from(code % 3)]
}

/// Appends a body. What was acknowledged is durable, whole, and can be read within a batch's bounds; what was refused left nothing.
pub(crate) fn body(bytes: &[u8], path: &Path) -> u64 {
    let Some((code, body)) = bytes.split_first() else { return 0 };
    let folder = fresh(path);
    RUNTIME.block_on(async {
        let (lake, _) = open(&folder, Arc::default()).await;
        let appended = lake.append(batch(encoding(*code), body.to_vec())).await;
        drop(lake);
        let (lake, unread) = open(&folder, Arc::new(Shortlived::default())).await;
        let (found, events) = (lake.recovery(), lake.lag().tail_events);
        assert_eq!((unread, found.damaged, found.torn_bytes, found.frames), (0, 0, 0, u64::from(appended.is_ok())), "{appended:?}");
        assert!(events <= if appended.is_ok() { MOST_BATCH_LINES } else { 0 }, "{events} events of {appended:?}");
        events
    })
}
