//! PDF by Typst, in process: the view becomes data, a fixed template sets it, the pages are written as tagged PDF.

mod sheet;
pub(crate) mod typeset;
mod world;

use jiff::tz::TimeZone;
use typst::foundations::{Datetime, Smart};
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards, Timestamp};

use crate::DocumentError;
use crate::view::View;
use typeset::{Typeset, first_message, typeset};

/// The report as PDF: PDF/UA-1, so that a screen reader reads it in order; the same view gives the same bytes.
pub(crate) fn write(view: &View) -> Result<Vec<u8>, DocumentError> {
    let pages = typeset(view)?;
    export(view, &pages)
}

fn export(view: &View, pages: &Typeset) -> Result<Vec<u8>, DocumentError> {
    let standards = PdfStandards::new(&[PdfStandard::Ua_1]).map_err(|error| DocumentError::Export(error.message().to_string()))?;
    let options = PdfOptions {
        ident: Smart::Custom(format!("{} {} {:?}", view.reference, view.version, view.language)),
        creator: Smart::Custom(Some(format!("Hikeshi {}", env!("CARGO_PKG_VERSION")))),
        timestamp: issued_at(view),
        standards,
        ..PdfOptions::default()
    };
    typst_pdf::pdf(&pages.document, &options).map_err(|errors| DocumentError::Export(first_message(&errors)))
}

/// The time of issue, never the time of writing: a report that is written again is the same document.
fn issued_at(view: &View) -> Option<Timestamp> {
    let at = view.issued_at.to_zoned(TimeZone::UTC);
    let part = |number: i8| u8::try_from(number).ok();
    let (month, day) = (part(at.month())?, part(at.day())?);
    let (hour, minute, second) = (part(at.hour())?, part(at.minute())?, part(at.second())?);
    Datetime::from_ymd_hms(i32::from(at.year()), month, day, hour, minute, second).map(Timestamp::new_utc)
}
