//! From a file to the streams inside it: compression and archives are told by their first bytes, never by name.

use std::fs::File;
use std::io::{self, BufReader, Cursor, Read, Seek, SeekFrom};

use crate::defect::{Defect, DefectKind};
use crate::limits::Limits;

use super::expand::Input;
use super::meter::{Account, Packed, Refusal, Unpacked};

/// How many bytes a stream shows before it is read.
pub(crate) const PEEK_BYTES: usize = 64 * 1024;

/// Largest window that a zstd frame may ask for, as a power of two: 64 MiB.
const ZSTD_WINDOW_LOG: u32 = 26;

/// Whoever takes the streams. Stops the walk by answering `false`.
pub(crate) trait Streams {
    /// A stream that is no archive and not compressed.
    fn stream(&mut self, path: &str, stream: &mut Peeked<'_>, account: &Account) -> bool;
    /// Something that could not be opened.
    fn defect(&mut self, defect: Defect) -> bool;
}

/// A stream whose first bytes can be looked at.
pub(crate) struct Peeked<'r> {
    head: Vec<u8>,
    taken: usize,
    inner: Box<dyn Read + 'r>,
    /// The fault that ended the look ahead; given out once the bytes before it are.
    fault: Option<io::Error>,
}

impl<'r> Peeked<'r> {
    pub(crate) fn new(mut inner: Box<dyn Read + 'r>) -> Self {
        let mut head = vec![0; PEEK_BYTES];
        let mut length = 0;
        let mut fault = None;
        while let Some(room) = head.get_mut(length..).filter(|room| !room.is_empty()) {
            match inner.read(room) {
                Ok(0) => break,
                Ok(count) => length += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    fault = Some(error);
                    break;
                }
            }
        }
        head.truncate(length);
        Peeked { head, taken: 0, inner, fault }
    }

    /// The first bytes, as long as nothing was read.
    pub(crate) fn head(&self) -> &[u8] {
        &self.head
    }
}

impl Read for Peeked<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let rest = self.head.get(self.taken..).unwrap_or_default();
        if rest.is_empty() {
            return match self.fault.take() {
                Some(fault) => Err(fault),
                None => self.inner.read(out),
            };
        }
        let count = rest.len().min(out.len());
        if let (Some(target), Some(source)) = (out.get_mut(..count), rest.get(..count)) {
            target.copy_from_slice(source);
        }
        self.taken += count;
        Ok(count)
    }
}

/// What kind of fault ended a stream, for a defect.
pub(crate) fn fault_of(error: &io::Error) -> (DefectKind, String) {
    if let Some(refusal) = error.get_ref().and_then(|inner| inner.downcast_ref::<Refusal>()) {
        return (DefectKind::Refused, refusal.to_string());
    }
    let kind = match error.kind() {
        io::ErrorKind::UnexpectedEof => DefectKind::Truncated,
        io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput | io::ErrorKind::Other => DefectKind::Malformed,
        _ => DefectKind::Io,
    };
    (kind, error.to_string())
}

/// Opens an input and hands out every stream inside it, in a stable order.
pub(crate) fn open(input: &Input, limits: &Limits, streams: &mut dyn Streams) -> bool {
    let path = input.path().display().to_string();
    let opened;
    let (file, size) = match &input.opened {
        Some(file) => (file.0.as_ref(), input.size_bytes()),
        None => {
            opened = match File::open(input.path()) {
                Ok(file) => file,
                Err(error) => return streams.defect(Defect::new(path, None, DefectKind::Io, error.to_string())),
            };
            (&opened, opened.metadata().map_or(0, |metadata| metadata.len()))
        }
    };
    let account = Account::new(limits, size);
    let mut walk = Walk { account, streams, wanted: input.member.as_deref(), found: false };
    let going = walk.file(&path, file);
    if going
        && !walk.found
        && let Some(member) = &input.member
    {
        return streams.defect(Defect::new(format!("{path}!{member}"), None, DefectKind::Missing, "no such member"));
    }
    going
}

struct Walk<'w> {
    account: Account,
    streams: &'w mut dyn Streams,
    /// The member that was asked for, below the outermost file.
    wanted: Option<&'w str>,
    found: bool,
}

impl Walk<'_> {
    fn file(&mut self, path: &str, mut file: &File) -> bool {
        let mut magic = [0; 4];
        let is_zip = file.read_exact(&mut magic).is_ok() && is_zip(&magic);
        if let Err(error) = file.seek(SeekFrom::Start(0)) {
            return self.refuse(path, &error);
        }
        let packed = Packed { inner: file, account: self.account.clone() };
        if is_zip {
            return self.zip(path, "", BufReader::with_capacity(128 * 1024, packed), 1);
        }
        self.stream(path, "", Peeked::new(Box::new(packed)), 1)
    }

    /// `inside` is the path below the outermost file.
    fn stream(&mut self, path: &str, inside: &str, mut stream: Peeked<'_>, depth: usize) -> bool {
        let head = stream.head();
        let compressed = head.starts_with(&[0x1f, 0x8b]) || head.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]);
        if (compressed || is_zip(head)) && depth > self.account.limits().archive_depth {
            let detail = format!("archive_depth: archives nested deeper than {}", self.account.limits().archive_depth);
            return self.streams.defect(Defect::new(path, None, DefectKind::Refused, detail));
        }
        if head.starts_with(&[0x1f, 0x8b]) {
            let decoder = flate2::read::MultiGzDecoder::new(stream);
            return self.unpacked(path, inside, Box::new(decoder), depth);
        }
        if head.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
            let decoder = zstd::Decoder::new(stream).and_then(|mut decoder| decoder.window_log_max(ZSTD_WINDOW_LOG).map(|()| decoder));
            return match decoder {
                Ok(decoder) => self.unpacked(path, inside, Box::new(decoder), depth),
                Err(error) => self.refuse(path, &error),
            };
        }
        if is_zip(head) {
            return self.inner_zip(path, inside, stream, depth);
        }
        if !self.wants(inside) {
            return true;
        }
        self.found = true;
        self.streams.stream(path, &mut stream, &self.account)
    }

    fn unpacked(&mut self, path: &str, inside: &str, decoder: Box<dyn Read + '_>, depth: usize) -> bool {
        let counted = Unpacked { inner: decoder, account: self.account.clone() };
        self.stream(path, inside, Peeked::new(Box::new(counted)), depth + 1)
    }

    /// A zip needs to be read at random: one inside another archive is held in memory.
    fn inner_zip(&mut self, path: &str, inside: &str, stream: Peeked<'_>, depth: usize) -> bool {
        let most = self.account.limits().inner_archive_bytes;
        let mut bytes = Vec::new();
        if let Err(error) = stream.take(most + 1).read_to_end(&mut bytes) {
            return self.refuse(path, &error);
        }
        if bytes.len() as u64 > most {
            let detail = format!("inner_archive_bytes: a zip inside an archive is larger than {most} bytes");
            return self.streams.defect(Defect::new(path, None, DefectKind::Refused, detail));
        }
        self.zip(path, inside, Cursor::new(bytes), depth)
    }

    fn zip<R: Read + Seek>(&mut self, path: &str, inside: &str, mut reader: R, depth: usize) -> bool {
        match has_too_many_members(&mut reader) {
            Ok(false) => {}
            Ok(true) => {
                let detail = "archive_members: the archive lists 65,535 members or more";
                return self.streams.defect(Defect::new(path, None, DefectKind::Refused, detail));
            }
            Err(error) => return self.refuse(path, &error),
        }
        let mut archive = match zip::ZipArchive::new(reader) {
            Ok(archive) => archive,
            Err(error) => return self.streams.defect(Defect::new(path, None, DefectKind::Malformed, error.to_string())),
        };
        let mut members: Vec<(String, usize)> = (0..archive.len())
            .filter_map(|index| {
                let name = archive.name_for_index(index)?;
                Some((name.map_or_else(|_| format!("member-{index}"), |name| name.into_owned()), index))
            })
            .collect();
        members.sort();
        for (name, index) in members {
            let inside = if inside.is_empty() { name.clone() } else { format!("{inside}!{name}") };
            if name.ends_with('/') || !self.may_hold_wanted(&inside) {
                continue;
            }
            let member_path = format!("{path}!{name}");
            if let Err(refusal) = self.account.member() {
                return self.streams.defect(Defect::new(path, None, DefectKind::Refused, refusal.to_string()));
            }
            if !self.member(&mut archive, index, &member_path, &inside, name.len(), depth) {
                return false;
            }
        }
        true
    }

    fn member<R: Read + Seek>(
        &mut self,
        archive: &mut zip::ZipArchive<R>,
        index: usize,
        path: &str,
        inside: &str,
        name_bytes: usize,
        depth: usize,
    ) -> bool {
        let most = self.account.limits().name_bytes;
        if name_bytes > most {
            let detail = format!("name_bytes: a member's name of {name_bytes} bytes, at most {most} are read");
            return self.streams.defect(Defect::new(path, None, DefectKind::Refused, detail));
        }
        match archive.by_index(index) {
            Ok(member) => self.unpacked(path, inside, Box::new(member), depth),
            Err(error) => self.streams.defect(Defect::new(path, None, DefectKind::Malformed, error.to_string())),
        }
    }

    fn wants(&self, inside: &str) -> bool {
        self.wanted.is_none_or(|wanted| inside == wanted || inside.strip_prefix(wanted).is_some_and(|rest| rest.starts_with(['!', '/'])))
    }

    fn may_hold_wanted(&self, inside: &str) -> bool {
        self.wants(inside) || self.wanted.is_some_and(|wanted| wanted.strip_prefix(inside).is_some_and(|rest| rest.starts_with('!')))
    }

    fn refuse(&mut self, path: &str, error: &io::Error) -> bool {
        let (kind, detail) = fault_of(error);
        self.streams.defect(Defect::new(path, None, kind, detail))
    }
}

fn is_zip(head: &[u8]) -> bool {
    head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06")
}

/// Whether the end of the archive says that it has as many members as a classic zip can have, or more: the list alone
/// could fill the memory then.
fn has_too_many_members<R: Read + Seek>(reader: &mut R) -> io::Result<bool> {
    const END_BYTES: u64 = 22 + 65_535;
    let size = reader.seek(SeekFrom::End(0))?;
    reader.seek(SeekFrom::Start(size.saturating_sub(END_BYTES)))?;
    let mut end = Vec::new();
    reader.take(END_BYTES).read_to_end(&mut end)?;
    reader.seek(SeekFrom::Start(0))?;
    let found = memchr::memmem::rfind(&end, b"PK\x05\x06");
    let count = found.and_then(|at| end.get(at + 10..at + 12)).and_then(|bytes| bytes.try_into().ok()).map(u16::from_le_bytes);
    Ok(count == Some(u16::MAX))
}
