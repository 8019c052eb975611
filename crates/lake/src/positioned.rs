//! A file read by position. A cloned file handle shares its place with the one it was cloned from, so that two readers that seek and
//! read at once would read each other's bytes; whoever names the place in each read cannot be disturbed.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use bytes::Bytes;
use parquet::errors::{ParquetError, Result};
use parquet::file::reader::{ChunkReader, Length};

use crate::damage::Damage;
use crate::seal::Seal;

/// What is read at once where it is not known how much is wanted: a page's head.
const STEP_BYTES: u64 = 8 << 10;

/// A file that many readers share. What its seal covers is looked at whenever it is read.
#[derive(Debug, Clone)]
pub(crate) struct PositionedFile {
    file: Arc<File>,
    seal: Option<Arc<Seal>>,
    size_bytes: u64,
}

impl PositionedFile {
    /// # Errors
    /// When the file's footer or seal is damaged.
    pub(crate) fn new(file: File) -> Result<Self, Damage> {
        let seal = Seal::of(&file)?.map(Arc::new);
        Ok(PositionedFile { size_bytes: file.metadata()?.len(), seal, file: Arc::new(file) })
    }

    /// Bytes of the file.
    pub(crate) fn size_bytes(&self) -> u64 {
        self.size_bytes
    }

    /// Whether its bytes are looked at.
    pub(crate) fn is_sealed(&self) -> bool {
        self.seal.is_some()
    }

    /// Memory in use.
    pub(crate) fn held_bytes(&self) -> usize {
        self.seal.as_ref().map_or(0, |seal| seal.size_bytes())
    }

    fn read(&self, start: u64, length: u64) -> io::Result<Bytes> {
        if let Some(seal) = &self.seal {
            let (read, before) = seal.read(&self.file, start, length)?;
            let length = usize::try_from(length).unwrap_or(usize::MAX);
            return Ok(Bytes::from(read).slice(before..before + length));
        }
        let mut bytes = vec![0; usize::try_from(length).map_err(io::Error::other)?];
        self.file.read_exact_at(&mut bytes, start)?;
        Ok(bytes.into())
    }

    /// Tells the system that these bytes will be read soon.
    pub(crate) fn will_need(&self, bytes: Range<u64>) {
        let length = std::num::NonZeroU64::new(bytes.end.saturating_sub(bytes.start));
        let _ = rustix::fs::fadvise(&self.file, bytes.start, length, rustix::fs::Advice::WillNeed);
    }
}

impl Length for PositionedFile {
    fn len(&self) -> u64 {
        self.size_bytes
    }
}

impl ChunkReader for PositionedFile {
    type T = BufReader<From>;

    fn get_read(&self, start: u64) -> Result<Self::T> {
        Ok(BufReader::new(From { file: self.clone(), at: start }))
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes> {
        let within = u64::try_from(length).ok().and_then(|length| start.checked_add(length)).is_some_and(|end| end <= self.size_bytes);
        if !within {
            return Err(ParquetError::EOF(format!("{length} bytes at {start} of a file of {}", self.size_bytes)));
        }
        Ok(self.read(start, length as u64)?)
    }
}

/// Reads on from a place of its own.
#[derive(Debug)]
pub(crate) struct From {
    file: PositionedFile,
    at: u64,
}

impl Read for From {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.file.size_bytes.saturating_sub(self.at);
        let length = left.min(STEP_BYTES).min(buffer.len() as u64);
        let read = self.file.read(self.at, length)?;
        let copied = buffer.iter_mut().zip(&read).map(|(to, from)| *to = *from).count();
        self.at = self.at.saturating_add(copied as u64);
        Ok(copied)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn readers_of_one_file_do_not_disturb_each_other() {
        let mut file = tempfile::tempfile().unwrap();
        let content: Vec<u8> = (0..=255_u8).cycle().take(1 << 20).collect();
        file.write_all(&content).unwrap();
        file.write_all(b"\0\0\0\0PAR1").unwrap();
        crate::seal::seal(&file).unwrap();
        let shared = PositionedFile::new(file).unwrap();
        std::thread::scope(|scope| {
            for thread in 0..8_usize {
                let (shared, content) = (shared.clone(), &content);
                scope.spawn(move || {
                    for round in 0..2_000_usize {
                        let start = (thread * 7_919 + round * 104_729) % (content.len() - 512);
                        let place = u64::try_from(start).unwrap();
                        assert_eq!(shared.get_bytes(place, 512).unwrap(), content[start..start + 512]);
                        let mut read = [0; 64];
                        shared.get_read(place).unwrap().read_exact(&mut read).unwrap();
                        assert_eq!(read, content[start..start + 64]);
                    }
                });
            }
        });
        assert!(shared.get_bytes(shared.size_bytes() - 1, 2).is_err());
    }
}
