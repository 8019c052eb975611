//! Reads frames in order from one file of the log, stepping over damage.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use bytes::Bytes;

use super::frame::{Frame, HEAD_BYTES, Head, Mark, OPENING_BYTES, decode_body, decode_head, decode_opening, mark_of_head, search_word};

/// One step of a cursor.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Fetched {
    /// A whole frame.
    Frame(Frame),
    /// Bytes that hold no whole frame; the next step goes on behind them.
    Damage {
        /// How many.
        bytes: u64,
    },
    /// Nothing more before the limit.
    End,
}

/// A place in one file of the log.
///
/// Invariant: only what this program framed is taken for a frame, whatever a client wrote into its batch: a head bears the file's mark,
/// and its offset is the next one, or as many further as frames can have been lost between.
pub(crate) struct Cursor {
    file: File,
    mark: Option<Mark>,
    position: u64,
    /// The offset of the next frame, if none is lost.
    expected: u64,
    /// Bytes since the last frame that was taken.
    lost: u64,
}

impl Cursor {
    /// Opens a file, whose first frame has the offset `first`, at its beginning.
    pub(crate) fn open(path: &Path, first: u64) -> io::Result<Self> {
        Ok(Cursor { file: File::open(path)?, mark: None, position: OPENING_BYTES as u64, expected: first, lost: 0 })
    }

    /// The mark stands in the opening and in each head: either copy will do. A file that is just begun has none yet.
    fn read_mark(&mut self, limit: u64) -> io::Result<Option<Mark>> {
        let opening = self.bytes_at::<OPENING_BYTES>(0, limit)?;
        let head = self.bytes_at::<HEAD_BYTES>(OPENING_BYTES as u64, limit)?;
        Ok(opening.as_ref().and_then(decode_opening).or_else(|| head.as_ref().and_then(mark_of_head)))
    }

    /// Where the next step begins.
    pub(crate) fn position(&self) -> u64 {
        self.position
    }

    /// Reads on, never beyond `limit` bytes from the file's beginning.
    pub(crate) fn next(&mut self, limit: u64) -> io::Result<Fetched> {
        if self.position >= limit {
            return Ok(Fetched::End);
        }
        if self.mark.is_none() {
            self.mark = self.read_mark(limit)?;
        }
        let Some(head) = self.head_at(self.position, self.lost, limit)? else { return self.skip_to_head(limit) };
        let begin = self.position + HEAD_BYTES as u64;
        let end = begin + head.body_bytes as u64;
        if end > limit {
            return self.skip_to_head(limit);
        }
        let mut body = vec![0; head.body_bytes];
        self.file.seek(SeekFrom::Start(begin))?;
        self.file.read_exact(&mut body)?;
        let whole = crc32c::crc32c(&body) == head.body_crc;
        match decode_body(&Bytes::from(body)).filter(|_| whole) {
            Some((batch, plain_bytes)) => {
                (self.position, self.expected, self.lost) = (end, head.offset.saturating_add(1), 0);
                Ok(Fetched::Frame(Frame { offset: head.offset, batch, plain_bytes }))
            }
            None => self.skip_to_head(limit),
        }
    }

    /// A head that stands there after so many lost bytes.
    fn head_at(&mut self, position: u64, lost: u64, limit: u64) -> io::Result<Option<Head>> {
        let (Some(mark), Some(bytes)) = (self.mark, self.bytes_at::<HEAD_BYTES>(position, limit)?) else { return Ok(None) };
        let most_lost = lost / HEAD_BYTES as u64;
        let is_next = |head: &Head| head.offset.checked_sub(self.expected).is_some_and(|gap| gap <= most_lost);
        Ok(decode_head(&bytes, &mark).filter(is_next))
    }

    fn bytes_at<const N: usize>(&mut self, position: u64, limit: u64) -> io::Result<Option<[u8; N]>> {
        if position.checked_add(N as u64).is_none_or(|end| end > limit) {
            return Ok(None);
        }
        let mut bytes = [0; N];
        self.file.seek(SeekFrom::Start(position))?;
        self.file.read_exact(&mut bytes)?;
        Ok(Some(bytes))
    }

    /// Moves to the next head that is ours, or to the limit. Looks at every byte, since a damaged length says nothing.
    fn skip_to_head(&mut self, limit: u64) -> io::Result<Fetched> {
        let from = self.position;
        let found = match self.mark {
            Some(mark) => self.search(&mark, limit)?,
            None => None,
        };
        self.position = found.unwrap_or(limit);
        let bytes = self.position - from;
        self.lost += bytes;
        Ok(Fetched::Damage { bytes })
    }

    fn search(&mut self, mark: &Mark, limit: u64) -> io::Result<Option<u64>> {
        let word = search_word(mark);
        let mut search = self.position + 1;
        let mut window = vec![0; 1 << 20];
        while search + HEAD_BYTES as u64 <= limit {
            let wanted = usize::try_from(limit - search).unwrap_or(usize::MAX).min(window.len());
            let Some(part) = window.get_mut(..wanted) else { break };
            self.file.seek(SeekFrom::Start(search))?;
            self.file.read_exact(part)?;
            for at in memchr::memmem::find_iter(part, &word).collect::<Vec<_>>() {
                let found = search + at as u64;
                if self.head_at(found, self.lost + (found - self.position), limit)?.is_some() {
                    return Ok(Some(found));
                }
            }
            search += (wanted - (word.len() - 1).min(wanted - 1)) as u64;
        }
        Ok(None)
    }
}
