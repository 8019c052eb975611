//! Reading bytes that are in memory already: the body of a request, a stored original.

use crate::defect::{Defect, DefectKind};
use crate::event::Event;
use crate::limits::Limits;
use crate::record::Record;
use crate::text::{self, Sink, TextReader};

/// Reads a body of lines (one record a line, any mixture of the known shapes of JSON and XML): each record goes to `sink` in order, what
/// could not be read comes back as defects, their position the line from 1. `path` names the batch in defects.
pub fn read_lines(bytes: &[u8], path: &str, limits: &Limits, mut sink: impl FnMut(&Record<'_>)) -> Vec<Defect> {
    let mut reader = TextReader::new(limits);
    let mut defects = Vec::new();
    let mut unlisted = 0_u64;
    let mut fault = |line: u64, fault: crate::json::Fault| {
        if defects.len() < limits.listed_defects {
            defects.push(Defect::new(path, Some(line + 1), fault.kind, fault.detail));
        } else {
            unlisted += 1;
        }
    };
    text::lines(bytes, &mut reader, &mut Sink { record: &mut sink, fault: &mut fault });
    if unlisted > 0 {
        defects.push(Defect::new(path, None, DefectKind::Malformed, format!("{unlisted} more defects are not listed")));
    }
    defects
}

/// Reads the original of stored events again, so that rules run on them.
pub struct Rereader(TextReader);

impl Rereader {
    /// A reader with its working memory: one a thread.
    pub fn new(limits: &Limits) -> Self {
        Rereader(TextReader::new(limits))
    }

    /// The record that the event was made of; `None` if its original is no longer readable.
    pub fn record_of<'a>(&'a mut self, event: &'a Event<'_>) -> Option<Record<'a>> {
        self.0.read(&event.raw).record
    }
}
