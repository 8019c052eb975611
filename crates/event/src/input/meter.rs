//! Counting what an input costs while it streams.

use std::cell::Cell;
use std::io::{self, Read};
use std::rc::Rc;

use crate::limits::Limits;

/// A limit stopped a stream. Travels as the source of an [`io::Error`] through the decoders.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Refusal(pub(crate) String);

/// What one outermost input has cost so far.
#[derive(Clone)]
pub(crate) struct Account(Rc<Costs>);

struct Costs {
    limits: Limits,
    size_bytes: u64,
    packed_bytes: Cell<u64>,
    unpacked_bytes: Cell<u64>,
    members: Cell<u64>,
}

impl Account {
    pub(crate) fn new(limits: &Limits, size_bytes: u64) -> Self {
        Account(Rc::new(Costs {
            limits: limits.clone(),
            size_bytes,
            packed_bytes: Cell::new(0),
            unpacked_bytes: Cell::new(0),
            members: Cell::new(0),
        }))
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.0.limits
    }

    /// Bytes read from the file, at most its size.
    pub(crate) fn packed_bytes(&self) -> u64 {
        self.0.packed_bytes.get().min(self.0.size_bytes)
    }

    /// Counts a member of an archive.
    pub(crate) fn member(&self) -> Result<(), Refusal> {
        let members = self.0.members.get() + 1;
        self.0.members.set(members);
        if members > self.0.limits.archive_members {
            return Err(Refusal(format!("archive_members: more than {} members", self.0.limits.archive_members)));
        }
        Ok(())
    }

    fn unpacked(&self, bytes: usize) -> Result<(), Refusal> {
        let limits = &self.0.limits;
        let unpacked = self.0.unpacked_bytes.get().saturating_add(bytes as u64);
        self.0.unpacked_bytes.set(unpacked);
        if unpacked > limits.unpacked_bytes {
            return Err(Refusal(format!("unpacked_bytes: unpacks to more than {} bytes", limits.unpacked_bytes)));
        }
        let judged = unpacked.saturating_sub(limits.ratio_free_bytes);
        if judged > self.packed_bytes().max(1).saturating_mul(limits.unpacked_ratio) {
            return Err(Refusal(format!("unpacked_ratio: unpacks to more than {} times its size", limits.unpacked_ratio)));
        }
        Ok(())
    }
}

/// Counts the bytes that come from the file.
pub(crate) struct Packed<R> {
    pub(crate) inner: R,
    pub(crate) account: Account,
}

impl<R: Read> Read for Packed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        let packed = &self.account.0.packed_bytes;
        packed.set(packed.get().saturating_add(count as u64));
        Ok(count)
    }
}

impl<R: io::Seek> io::Seek for Packed<R> {
    fn seek(&mut self, position: io::SeekFrom) -> io::Result<u64> {
        self.inner.seek(position)
    }
}

/// Counts, and judges, the bytes that come out of a decoder.
pub(crate) struct Unpacked<R> {
    pub(crate) inner: R,
    pub(crate) account: Account,
}

impl<R: Read> Read for Unpacked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.account.unpacked(count).map_err(io::Error::other)?;
        Ok(count)
    }
}
