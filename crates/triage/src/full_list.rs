//! Every row of the sections, packed while triage tells them: a hundred thousand rows of a busy host are tens of megabytes of text, and
//! a few packed.

use std::io::{self, BufRead, BufReader, Write};

use hikeshi_domain::full_list::ListedRow;
use hikeshi_domain::triage::{SectionItem, SectionKind};

/// Favours speed: the text repeats itself, each level above gains little.
const LEVEL: i32 = 1;

/// Rows on their way into a full list.
pub struct Packing {
    lines: io::Result<zstd::Encoder<'static, Vec<u8>>>,
    most: usize,
    rows: usize,
    total: usize,
}

/// A full list as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packed {
    /// One [`ListedRow`] a line of JSON, Zstandard.
    pub bytes: Vec<u8>,
    /// Rows in it.
    pub rows: usize,
    /// Rows that were told.
    pub total: usize,
}

impl Packing {
    /// Takes that many rows and counts the rest.
    pub fn new(most: usize) -> Packing {
        Packing { lines: zstd::Encoder::new(Vec::new(), LEVEL), most, rows: 0, total: 0 }
    }

    /// One row more.
    pub fn take(&mut self, section: SectionKind, row: &SectionItem) {
        self.total += 1;
        if self.rows >= self.most {
            return;
        }
        self.rows += 1;
        if let Ok(lines) = &mut self.lines
            && let Err(error) = write(lines, &ListedRow { section, row })
        {
            self.lines = Err(error);
        }
    }

    /// The list.
    ///
    /// # Errors
    /// When a row could not be packed.
    pub fn finish(self) -> io::Result<Packed> {
        Ok(Packed { bytes: self.lines?.finish()?, rows: self.rows, total: self.total })
    }
}

fn write(lines: &mut impl Write, row: &ListedRow<&SectionItem>) -> io::Result<()> {
    serde_json::to_writer(&mut *lines, row)?;
    lines.write_all(b"\n")
}

/// The rows of packed lines, one after the other.
///
/// # Errors
/// When the lines are not those that were packed; each row may say so, too.
pub fn rows(packed: &[u8]) -> io::Result<impl Iterator<Item = io::Result<ListedRow>> + '_> {
    let lines = BufReader::new(zstd::Decoder::new(packed)?).lines();
    Ok(lines.map(|line| Ok(serde_json::from_str(&line?)?)))
}
