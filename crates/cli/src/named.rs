//! What was named on the command line and could not be read. The rest is read all the same; the exit code says it at the end, so that
//! a disk that cannot be read does not look like a clean one.

use std::fmt;

use anyhow::{Result, anyhow};
use hikeshi_event::{Defect, DefectKind};

/// The count of what could not be read.
#[derive(Debug, Default)]
pub(crate) struct Unread(usize);

impl Unread {
    /// Takes note of those defects that are about a name.
    pub(crate) fn note(&mut self, defects: &[Defect]) {
        self.0 += defects.iter().filter(|defect| defect.kind == DefectKind::Missing).count();
    }

    /// Ends a command whose results are out.
    pub(crate) fn end(&self) -> Result<()> {
        self.sentence().map_or(Ok(()), |sentence| Err(anyhow!(sentence)))
    }

    /// Ends a command whose last line is another one: the sentence stands before it.
    pub(crate) fn end_before(&self, last: impl FnOnce()) -> Result<()> {
        let sentence = self.sentence();
        if let Some(sentence) = &sentence {
            eprintln!("error: {sentence}");
        }
        last();
        sentence.map_or(Ok(()), |_| Err(Told.into()))
    }

    fn sentence(&self) -> Option<String> {
        match self.0 {
            0 => None,
            1 => Some("one path that was named could not be read; the reason stands above".to_owned()),
            several => Some(format!("{several} paths that were named could not be read; the reasons stand above")),
        }
    }
}

/// A failure that has been told: only the exit code is left to say it.
#[derive(Debug)]
pub(crate) struct Told;

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("told above")
    }
}

impl std::error::Error for Told {}
