//! What shows that the bytes of a segment are those that were written: a sum of each block, and one of these sums and the footer. The
//! library that reads Parquet trusts lengths that it finds in a file: damaged, they panic, or ask for more memory than there is. A
//! block is therefore looked at before it is given to the library, and a segment whose footer is damaged is not opened.
//!
//! They stand before the footer, where nothing in the file points and no reader of Parquet looks:
//!
//! `a sum a block (4 bytes each) | "HKS1" | how many (4) | sum of all of it but this (4) | footer | its length (4) | "PAR1"`
//!
//! All numbers little-endian, all sums CRC-32C. Segments of older versions have no seal, and are opened as they are; a merge seals them.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use crate::damage::Damage;

/// How much one sum covers: about as far apart as pages may lie that are read as one.
const BLOCK_BYTES: u64 = 16 << 10;
/// Behind the sums of the blocks.
const MAGIC: &[u8; 4] = b"HKS1";
/// Magic, count and sum.
const HEAD_BYTES: u64 = 12;
/// The length of the footer, and `PAR1`.
const END_BYTES: u64 = 8;
/// The footer of the largest segment is about a tenth of it.
const LARGEST_FOOTER: u64 = 64 << 20;
/// Stands in the footer of each segment that was sealed: where the seal is gone, so are other bytes.
pub(crate) const SEALED: &str = "hikeshi.sealed";

/// The sums of a file's blocks.
#[derive(Debug)]
pub(crate) struct Seal {
    sums: Vec<u32>,
    /// Where the sums begin: bytes before it are covered.
    end: u64,
}

impl Seal {
    /// The seal of a file, `None` if it was written without one.
    ///
    /// # Errors
    /// When the footer is damaged, or the seal is.
    pub(crate) fn of(file: &File) -> Result<Option<Self>, Damage> {
        let size = file.metadata()?.len();
        let tail = tail(file, size)?;
        let begin = size.saturating_sub(tail.len() as u64);
        let Some(head) = begin.checked_sub(HEAD_BYTES) else { return Ok(None) };
        let fixed: [u8; 12] = array(file, head)?;
        let [m0, m1, m2, m3, c0, c1, c2, c3, s0, s1, s2, s3] = fixed;
        let (magic, count, sum) = ([m0, m1, m2, m3], u32::from_le_bytes([c0, c1, c2, c3]), u32::from_le_bytes([s0, s1, s2, s3]));
        if magic != *MAGIC {
            let sealed = memchr::memmem::find(&tail, SEALED.as_bytes()).is_some();
            return if sealed { Err(Damage::Footer("its seal is damaged")) } else { Ok(None) };
        }
        let Some(end) = head.checked_sub(u64::from(count) * 4).filter(|end| end.div_ceil(BLOCK_BYTES) == u64::from(count)) else {
            return Err(Damage::Footer("its seal is damaged"));
        };
        let sums = bytes(file, end, head - end)?;
        if sum_of(&sums, count, &tail) != sum {
            return Err(Damage::Footer("its footer or its seal is damaged"));
        }
        let sums = sums.as_chunks::<4>().0.iter().map(|sum| u32::from_le_bytes(*sum)).collect();
        Ok(Some(Seal { sums, end }))
    }

    /// Memory in use.
    pub(crate) fn size_bytes(&self) -> usize {
        self.sums.len() * 4
    }

    /// Reads bytes; those that the seal covers are looked at, whole blocks of them. What comes back begins `.1` bytes before `start`.
    ///
    /// # Errors
    /// When a block is damaged, or the file ends before.
    pub(crate) fn read(&self, file: &File, start: u64, length: u64) -> io::Result<(Vec<u8>, usize)> {
        if start >= self.end {
            return Ok((bytes(file, start, length)?, 0));
        }
        let first = start / BLOCK_BYTES;
        let from = first * BLOCK_BYTES;
        let wanted = start.saturating_add(length);
        let until = wanted.div_ceil(BLOCK_BYTES).saturating_mul(BLOCK_BYTES).min(self.end).max(wanted);
        let read = bytes(file, from, until - from)?;
        let covered = usize::try_from(self.end.min(until) - from).unwrap_or(usize::MAX).min(read.len());
        let blocks = read.get(..covered).unwrap_or_default().chunks(BLOCK_BYTES as usize);
        let sums = self.sums.iter().skip(usize::try_from(first).unwrap_or(usize::MAX));
        if blocks.zip(sums).any(|(block, sum)| crc32c::crc32c(block) != *sum) {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "a block of the segment is damaged"));
        }
        Ok((read, usize::try_from(start - from).unwrap_or(0)))
    }
}

/// Puts the seal before the footer of a Parquet file. Not synced: that is for whoever makes the file durable.
///
/// # Errors
/// When the file cannot be read or written.
pub(crate) fn seal(file: &File) -> io::Result<()> {
    let size = file.metadata()?.len();
    let tail = tail(file, size).map_err(io::Error::other)?;
    let end = size.saturating_sub(tail.len() as u64);
    let (mut sums, mut count, mut at) = (Vec::new(), 0_u32, 0);
    while at < end {
        let block = bytes(file, at, BLOCK_BYTES.min(end - at))?;
        sums.extend(crc32c::crc32c(&block).to_le_bytes());
        count = count.saturating_add(1);
        at += BLOCK_BYTES;
    }
    let sum = sum_of(&sums, count, &tail);
    let sealed = [&sums, MAGIC.as_slice(), &count.to_le_bytes(), &sum.to_le_bytes(), &tail].concat();
    file.write_all_at(&sealed, end)
}

/// Of the sums, how many there are, and the tail.
fn sum_of(sums: &[u8], count: u32, tail: &[u8]) -> u32 {
    let counted = crc32c::crc32c_append(crc32c::crc32c(sums), &count.to_le_bytes());
    crc32c::crc32c_append(counted, tail)
}

/// The footer with its length and the mark of the format.
fn tail(file: &File, size: u64) -> Result<Vec<u8>, Damage> {
    let end: [u8; 8] = array(file, size.checked_sub(END_BYTES).ok_or(Damage::Footer("it is too short"))?)?;
    let [l0, l1, l2, l3, mark @ ..] = end;
    let length = u64::from(u32::from_le_bytes([l0, l1, l2, l3]));
    if mark != *b"PAR1" || length > LARGEST_FOOTER {
        return Err(Damage::Footer("it has no footer"));
    }
    let begin = size.checked_sub(END_BYTES + length).ok_or(Damage::Footer("its footer is longer than the file"))?;
    Ok(bytes(file, begin, END_BYTES + length)?)
}

fn array<const N: usize>(file: &File, at: u64) -> io::Result<[u8; N]> {
    let mut array = [0; N];
    file.read_exact_at(&mut array, at)?;
    Ok(array)
}

fn bytes(file: &File, at: u64, length: u64) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; usize::try_from(length).map_err(io::Error::other)?];
    file.read_exact_at(&mut bytes, at)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealed(data: usize) -> (File, Vec<u8>) {
        let file = tempfile::tempfile().unwrap();
        let mut whole: Vec<u8> = (0..data).map(|at| (at % 251) as u8).collect();
        whole.extend(format!("a footer that says {SEALED}").as_bytes());
        whole.extend(33_u32.to_le_bytes());
        whole.extend(b"PAR1");
        file.write_all_at(&whole, 0).unwrap();
        seal(&file).unwrap();
        (file, whole)
    }

    #[test]
    fn whatever_is_read_is_what_was_written() {
        for data in [0_usize, 1, 16 << 10, 40_000] {
            let (file, whole) = sealed(data);
            let seal = Seal::of(&file).unwrap().unwrap();
            for (start, length) in [(0, data), (data / 2, 1.min(data)), (data / 3, data / 2), (data.saturating_sub(1), 1.min(data))] {
                let (read, before) = seal.read(&file, start as u64, length as u64).unwrap();
                assert_eq!(read[before..before + length], whole[start..start + length], "{start} {length}");
            }
            assert!(file.metadata().unwrap().len() <= whole.len() as u64 + 12 + 4 * (data as u64 / 16_384 + 1));
        }
    }

    /// Every single byte of the file is covered by the seal, and by that part of it which is read.
    #[test]
    fn no_byte_can_be_changed_unseen() {
        let (file, _) = sealed(20_000);
        let (size, step) = (file.metadata().unwrap().len(), 97);
        for at in (0..20_000).step_by(step).chain(20_000..size) {
            let [whole]: [u8; 1] = array(&file, at).unwrap();
            file.write_all_at(&[whole ^ 0x10], at).unwrap();
            let seen = match Seal::of(&file) {
                Ok(Some(seal)) => seal.read(&file, at.min(19_999), 1).is_err(),
                Ok(None) => false,
                Err(_) => true,
            };
            assert!(seen, "byte {at} of {size}");
            file.write_all_at(&[whole], at).unwrap();
        }
        for cut in [0, 7, 8, 30, 20_000, size - 1] {
            let (file, _) = sealed(20_000);
            file.set_len(cut).unwrap();
            assert!(Seal::of(&file).is_err(), "{cut}");
        }
    }

    #[test]
    fn a_file_of_an_older_version_has_no_seal() {
        let file = tempfile::tempfile().unwrap();
        file.write_all_at(b"data that is long enough to be one, a footer\x08\0\0\0PAR1", 0).unwrap();
        assert!(Seal::of(&file).unwrap().is_none());
    }
}
