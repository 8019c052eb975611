//! Bytes of a list → entries, and what could not be used. Bounded in size, line, count and depth; damaged input never panics.
//!
//! Formats are told by their first bytes: gzip, UTF-16, JSON (`{`), else lines. What is cut short says so: half a list is no list.

use std::borrow::Cow;
use std::io::Read;

use encoding_rs::{SHIFT_JIS, UTF_16BE, UTF_16LE};
use flate2::read::MultiGzDecoder;
use hikeshi_domain::phrase::Phrase;

use super::lookup::{Gathering, Indicators};
use super::value::{Reason, Value, value};
use super::{json, table};

/// Longest piece of a bad line that a defect shows.
const SHOWN: usize = 80;

/// What reading one list may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListLimits {
    /// Bytes, unpacked.
    pub bytes: usize,
    /// Bytes of one line.
    pub line_bytes: usize,
    /// Entries.
    pub entries: usize,
    /// Defects that are listed; the rest is counted.
    pub listed_defects: usize,
}

impl Default for ListLimits {
    fn default() -> Self {
        ListLimits { bytes: 192 << 20, line_bytes: 16 << 10, entries: 2_000_000, listed_defects: 1_000 }
    }
}

/// A line that could not be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineDefect {
    /// Its number, from 1; in JSON the number of the entry.
    pub line: u64,
    /// Why, with the text.
    pub reason: Phrase,
}

/// What a file held.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReadList {
    /// What can be looked up.
    pub indicators: Indicators,
    /// Lines that could not be used.
    pub rejected: u64,
    /// The first of them.
    pub defects: Vec<LineDefect>,
    /// Why reading ended before the file did; what came before is in `indicators`.
    pub refused: Option<Phrase>,
}

impl ReadList {
    /// Entries, each counted once.
    pub fn count(&self) -> usize {
        self.indicators.hashes() + self.indicators.names()
    }
}

/// Reads a list: one indicator a line, CSV with a header, a MISP warning list or a STIX 2.1 bundle, plain or as gzip.
pub fn read(bytes: &[u8], limits: &ListLimits) -> ReadList {
    let mut reading = Reading::new(*limits);
    let bytes = reading.unpacked(bytes);
    let bytes = reading.within(bytes);
    let text = in_utf8(&bytes);
    match text.iter().find(|byte| !byte.is_ascii_whitespace()) {
        Some(b'{') => json::read(&text, &mut reading),
        _ => table::read(&text, &mut reading),
    }
    reading.finish()
}

/// A file under way.
pub(super) struct Reading {
    pub(super) limits: ListLimits,
    gathering: Gathering,
    rejected: u64,
    defects: Vec<LineDefect>,
    refused: Option<Phrase>,
}

impl Reading {
    fn new(limits: ListLimits) -> Reading {
        Reading { limits, gathering: Gathering::default(), rejected: 0, defects: Vec::new(), refused: None }
    }

    /// One entry more. `false` where no more are taken.
    pub(super) fn add(&mut self, value: Value, label: &str) -> bool {
        if self.gathering.count() >= self.limits.entries {
            self.refuse(Phrase::new("list.refused.entries").with("most", self.limits.entries.to_string()));
            return false;
        }
        self.gathering.add(value, label);
        true
    }

    /// Reads one text as an indicator.
    pub(super) fn take(&mut self, line: u64, text: &str, label: &str) -> bool {
        match value(text) {
            Ok(value) => self.add(value, label),
            Err(reason) => self.reject(line, reason, text),
        }
    }

    /// A line that is not used; reading goes on.
    pub(super) fn reject(&mut self, line: u64, reason: Reason, text: &str) -> bool {
        self.rejected = self.rejected.saturating_add(1);
        if self.defects.len() < self.limits.listed_defects {
            let shown: String =
                text.trim().chars().map(|letter| if letter.is_control() { '\u{fffd}' } else { letter }).take(SHOWN).collect();
            self.defects.push(LineDefect { line, reason: Phrase::new(format!("list.defect.{reason}")).with("text", shown) });
        }
        true
    }

    /// Reading ends here.
    pub(super) fn refuse(&mut self, reason: Phrase) {
        self.refused.get_or_insert(reason);
    }

    fn unpacked<'a>(&mut self, bytes: &'a [u8]) -> Cow<'a, [u8]> {
        if !bytes.starts_with(&[0x1f, 0x8b]) {
            return Cow::Borrowed(bytes);
        }
        let most = u64::try_from(self.limits.bytes).unwrap_or(u64::MAX).saturating_add(1);
        let mut unpacked = Vec::new();
        if MultiGzDecoder::new(bytes).take(most).read_to_end(&mut unpacked).is_err() {
            self.refuse(Phrase::new("list.refused.gzip"));
        }
        Cow::Owned(unpacked)
    }

    /// As much as may be read; a cut line at the end is left out.
    fn within<'a>(&mut self, bytes: Cow<'a, [u8]>) -> Cow<'a, [u8]> {
        if bytes.len() <= self.limits.bytes {
            return bytes;
        }
        self.refuse(Phrase::new("list.refused.bytes").with("most", self.limits.bytes.to_string()));
        let within = bytes.get(..self.limits.bytes).unwrap_or_default();
        let whole = within.iter().rposition(|byte| *byte == b'\n').unwrap_or(0);
        Cow::Owned(within.get(..whole).unwrap_or_default().to_vec())
    }

    fn finish(self) -> ReadList {
        ReadList { indicators: self.gathering.finish(), rejected: self.rejected, defects: self.defects, refused: self.refused }
    }
}

/// Without the mark at the beginning; UTF-16, as spreadsheets save "Unicode text", made UTF-8.
fn in_utf8(bytes: &[u8]) -> Cow<'_, [u8]> {
    let other = match bytes {
        [0xff, 0xfe, rest @ ..] => Some((UTF_16LE, rest)),
        [0xfe, 0xff, rest @ ..] => Some((UTF_16BE, rest)),
        _ => None,
    };
    match other {
        Some((encoding, rest)) => Cow::Owned(encoding.decode_without_bom_handling(rest).0.into_owned().into_bytes()),
        None => Cow::Borrowed(bytes.strip_prefix(&[0xef, 0xbb, 0xbf]).unwrap_or(bytes)),
    }
}

/// A line's text: UTF-8, else Shift_JIS, as Japanese spreadsheets save CSV.
pub(super) fn decoded(line: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(line) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => SHIFT_JIS.decode_without_bom_handling(line).0,
    }
}
