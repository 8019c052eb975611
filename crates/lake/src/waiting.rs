//! What was acknowledged and is not yet in a segment, read for whoever opens the lake only to read it.

use std::sync::Arc;

use hikeshi_event::Limits;

use crate::intake::read_frame;
use crate::lake::Inner;
use crate::repeats::Repeats;
use crate::stream::Fetched;
use crate::view::TailBlock;

/// Most bytes of batches, unpacked, that are held in memory.
const MOST_BYTES: u64 = 512 << 20;

/// Puts the batches behind `committed` into the view, repetitions left out. How many were left unread: beyond the memory, or for a
/// fault of the disk.
pub(crate) fn show_waiting(inner: &Inner, committed: u64) -> u64 {
    let mut reader = inner.stream.reader(committed);
    let mut repeats = Repeats::new(inner.shelf.clone(), &inner.views.now());
    let (mut reached, mut bytes) = (committed, 0_u64);
    while bytes < MOST_BYTES {
        let frame = match reader.next() {
            Ok(Fetched::Frame(frame)) => frame,
            Ok(Fetched::Damage { .. }) => continue,
            Ok(Fetched::End) => return 0,
            Err(error) => {
                tracing::error!(%error, "the stream cannot be read to its end");
                break;
            }
        };
        let parsed = read_frame(&frame, &Limits::default(), None);
        (reached, bytes) = (parsed.offset + 1, bytes.saturating_add(parsed.plain_bytes));
        let is_new = |row: &u32| parsed.rows.place(*row as usize).is_some_and(|place| repeats.admit(&place).unwrap_or(true));
        let live: Vec<u32> = (0..u32::try_from(parsed.rows.len()).unwrap_or(u32::MAX)).filter(is_new).collect();
        if !live.is_empty() {
            inner.views.change(|view| view.tail.push(Arc::new(TailBlock { rows: parsed.rows, live, matches: Vec::new() })));
        }
    }
    inner.stream.next_offset().saturating_sub(reached)
}
