//! Reading little-endian numbers from a chunk, never past its end.

/// A place in a chunk. Offsets in binary XML count from the chunk's first byte.
#[derive(Clone, Copy)]
pub(super) struct Cursor<'c> {
    pub(super) chunk: &'c [u8],
    pub(super) at: usize,
    /// Where the stream that is being read ends.
    pub(super) end: usize,
}

impl<'c> Cursor<'c> {
    /// A cursor on `chunk[at..end]`.
    pub(super) fn new(chunk: &'c [u8], at: usize, end: usize) -> Option<Self> {
        (at <= end && end <= chunk.len()).then_some(Cursor { chunk, at, end })
    }

    pub(super) fn take(&mut self, count: usize) -> Option<&'c [u8]> {
        let next = self.at.checked_add(count).filter(|next| *next <= self.end)?;
        let taken = self.chunk.get(self.at..next)?;
        self.at = next;
        Some(taken)
    }

    pub(super) fn u8(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    pub(super) fn u16(&mut self) -> Option<u16> {
        self.take(2)?.try_into().ok().map(u16::from_le_bytes)
    }

    pub(super) fn u32(&mut self) -> Option<u32> {
        self.take(4)?.try_into().ok().map(u32::from_le_bytes)
    }

    pub(super) fn rest(&self) -> &'c [u8] {
        self.chunk.get(self.at..self.end).unwrap_or_default()
    }
}
