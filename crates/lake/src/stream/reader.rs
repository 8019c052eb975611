//! Reads the durable frames of the log in order, over the borders of its files.

use std::io;
use std::sync::Arc;

use super::cursor::{Cursor, Fetched};
use super::log::Shared;
use super::recovery::LogPart;

/// Reads the durable frames in order.
pub(crate) struct LogReader {
    shared: Arc<Shared>,
    offset: u64,
    /// The file that is open, by its serial: a file that was begun again bears the same name and is another one.
    open: Option<(u64, Cursor)>,
}

impl LogReader {
    /// A reader of everything from `offset` on.
    pub(super) fn new(shared: Arc<Shared>, offset: u64) -> Self {
        LogReader { shared, offset, open: None }
    }

    /// The next durable frame from the wanted offset on; `Damage` where one was lost; `End` when nothing more is durable now.
    pub(crate) fn next(&mut self) -> io::Result<Fetched> {
        loop {
            let Some((part, following)) = self.current_part() else { return Ok(Fetched::End) };
            if self.open.as_ref().is_none_or(|(serial, _)| *serial != part.serial) {
                self.open = Some((part.serial, Cursor::open(&part.path, part.first)?));
            }
            let Some((_, cursor)) = &mut self.open else { return Ok(Fetched::End) };
            match (cursor.next(part.bytes)?, following) {
                // What a failed sync left behind: it was never acknowledged, and its offsets were given again in the file behind.
                (Fetched::Frame(frame), Some(following)) if frame.offset >= following => self.offset = self.offset.max(following),
                (Fetched::Frame(frame), _) if frame.offset < self.offset => {}
                (Fetched::Frame(frame), _) => {
                    self.offset = frame.offset.saturating_add(1);
                    return Ok(Fetched::Frame(frame));
                }
                (damage @ Fetched::Damage { .. }, _) => return Ok(damage),
                (Fetched::End, Some(following)) => self.offset = self.offset.max(following),
                (Fetched::End, None) => return Ok(Fetched::End),
            }
        }
    }

    /// The file that holds the wanted offset, and the first offset of the file behind it.
    fn current_part(&self) -> Option<(LogPart, Option<u64>)> {
        let durable = self.shared.lock();
        let index = durable.parts.iter().rposition(|part| part.first <= self.offset).unwrap_or(0);
        let part = durable.parts.get(index)?.clone();
        Some((part, durable.parts.get(index + 1).map(|part| part.first)))
    }
}
