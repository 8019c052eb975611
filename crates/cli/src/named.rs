//! What was named on the command line and could not be read. The rest is read all the same; the exit code says it at the end, so that
//! a disk that cannot be read does not look like a clean one.

use anyhow::{Result, bail};
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
        match self.0 {
            0 => Ok(()),
            1 => bail!("one path that was named could not be read; the reason stands above"),
            several => bail!("{several} paths that were named could not be read; the reasons stand above"),
        }
    }
}
