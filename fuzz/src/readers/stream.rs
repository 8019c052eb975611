//! The file of the stream, as a disk may give it back: damage costs what it hit, and nothing that comes after.

use std::path::Path;
use std::sync::Arc;

use hikeshi_lake::Encoding;

use super::lake::{RUNTIME, batch, fresh, open};
use crate::seeds::later_line;

/// Opens a lake over the file, appends a batch, and opens it again: what the first opening found is there with what was added.
pub(crate) fn file(bytes: &[u8], path: &Path) -> u64 {
    let folder = fresh(path);
    std::fs::write(folder.join("log/00000000000000000000.log"), bytes).expect("the folder is ours");
    RUNTIME.block_on(async {
        let (lake, _) = open(&folder, Arc::default()).await;
        let (before, shown) = (lake.recovery(), lake.lag().tail_events);
        let appended = lake.append(batch(Encoding::Plain, later_line())).await;
        assert!(appended.is_ok(), "{appended:?}");
        drop(lake);
        let (lake, unread) = open(&folder, Arc::default()).await;
        let after = lake.recovery();
        assert_eq!((after.frames, after.torn_bytes), (before.frames + 1, 0), "{before:?}, then {after:?}");
        // A batch that is marked as larger than the memory for reading leaves those behind it unread.
        assert!(unread > 0 || lake.lag().tail_events == shown + 1, "{shown} events, then {}", lake.lag().tail_events);
        after.frames
    })
}
