//! Reads frames in order from one file of the log, stepping over damage.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use bytes::Bytes;

use super::frame::{Frame, HEAD_BYTES, Head, MAGIC, decode_body, decode_head};

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
pub(crate) struct Cursor {
    file: File,
    position: u64,
}

impl Cursor {
    /// Opens a file at its beginning.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        Ok(Cursor { file: File::open(path)?, position: 0 })
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
        let Some(head) = self.head_at(self.position, limit)? else { return self.skip_to_head(limit) };
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
            Some(batch) => {
                self.position = end;
                Ok(Fetched::Frame(Frame { offset: head.offset, batch }))
            }
            None => self.skip_to_head(limit),
        }
    }

    fn head_at(&mut self, position: u64, limit: u64) -> io::Result<Option<Head>> {
        if position + HEAD_BYTES as u64 > limit {
            return Ok(None);
        }
        let mut bytes = [0; HEAD_BYTES];
        self.file.seek(SeekFrom::Start(position))?;
        self.file.read_exact(&mut bytes)?;
        Ok(decode_head(&bytes))
    }

    /// Moves to the next head whose sum is right, or to the limit. Looks at every byte, since a damaged length says nothing.
    fn skip_to_head(&mut self, limit: u64) -> io::Result<Fetched> {
        let from = self.position;
        let mut search = from + 1;
        let mut window = vec![0; 1 << 20];
        while search + HEAD_BYTES as u64 <= limit {
            let wanted = usize::try_from(limit - search).unwrap_or(usize::MAX).min(window.len());
            let Some(part) = window.get_mut(..wanted) else { break };
            self.file.seek(SeekFrom::Start(search))?;
            self.file.read_exact(part)?;
            let candidates: Vec<usize> =
                part.windows(MAGIC.len()).enumerate().filter(|(_, four)| *four == MAGIC).map(|(at, _)| at).collect();
            for at in candidates {
                let found = search + at as u64;
                if self.head_at(found, limit)?.is_some() {
                    self.position = found;
                    return Ok(Fetched::Damage { bytes: found - from });
                }
            }
            search += (wanted - (MAGIC.len() - 1)) as u64;
        }
        self.position = limit;
        Ok(Fetched::Damage { bytes: limit - from })
    }
}
