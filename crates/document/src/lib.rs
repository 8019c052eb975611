//! Reports as PDF, self-contained HTML and JSON, in Japanese and English, from one model.
//!
//! The model (`hikeshi_domain::flash_report`) becomes a [`View`]: every sentence in one language, every time in the report's zone,
//! every indicator defanged, long lists cut with their counts. The three formats show that one view, so they cannot disagree.
//! Text that came from outside is data everywhere: it is escaped in HTML, and never Typst markup. This room decides nothing about
//! an incident, reads no file and knows no clock.

mod clock;
mod defang;
mod fonts;
mod full_list;
mod html;
mod json;
pub mod notice;
mod pdf;
mod picture;
mod printable;
pub mod view;
mod words;

use std::fmt;
use std::str::FromStr;

use hikeshi_domain::flash_report::FlashReport;
use hikeshi_domain::phrase::Language;
use hikeshi_domain::playbook::PlaybookError;
use serde::{Deserialize, Serialize};

pub use full_list::FullListCsv;
pub use json::SCHEMA;
pub use pdf::typeset::Typeset;
pub use view::View;

/// What a report is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// A4, tagged (PDF/UA-1), fonts embedded.
    Pdf,
    /// One file: no script, nothing loaded from elsewhere.
    Html,
    /// The model and its rendered texts ([`SCHEMA`]).
    Json,
}

/// Why a report could not be written.
#[derive(Debug, thiserror::Error)]
pub enum DocumentError {
    /// The shipped sentences are wrong.
    #[error("the shipped phrases cannot be read")]
    Phrases(#[source] PlaybookError),
    /// A font that the program carries cannot be read.
    #[error("the embedded font `{0}` cannot be read")]
    Font(&'static str),
    /// Typst refused the template or the data.
    #[error("the report could not be laid out: {0}")]
    Layout(String),
    /// The laid-out pages could not be written as PDF.
    #[error("the pages could not be written as PDF: {0}")]
    Export(String),
    /// The report could not be serialised.
    #[error("the report could not be written as JSON")]
    Json(#[from] serde_json::Error),
    /// The link of a mail is no web address.
    #[error("`{0}` is no http or https address")]
    Link(String),
    /// The text names no format.
    #[error("`{0}` is no report format; use pdf, html or json")]
    Format(String),
}

/// Writes the report. The same report gives the same bytes.
///
/// # Errors
/// When the program's own template, fonts or sentences are broken; no content of a report makes it fail.
pub fn render(report: &FlashReport, language: Language, format: Format) -> Result<Vec<u8>, DocumentError> {
    hikeshi_domain::phrases::in_force().map_err(DocumentError::Phrases)?;
    let view = View::of(report, language);
    match format {
        Format::Pdf => pdf::write(&view),
        Format::Html => Ok(html::write(&view)?.into_bytes()),
        Format::Json => json::write(report, &view),
    }
}

/// Lays the report out as pages without writing them, for those who want to count pages or look at glyphs.
///
/// # Errors
/// As [`render`].
pub fn typeset(report: &FlashReport, language: Language) -> Result<Typeset, DocumentError> {
    pdf::typeset::typeset(&View::of(report, language))
}

impl Format {
    /// All, in the order in which they are offered.
    pub const ALL: [Format; 3] = [Format::Pdf, Format::Html, Format::Json];

    /// Ending of a file's name.
    pub const fn extension(self) -> &'static str {
        match self {
            Format::Pdf => "pdf",
            Format::Html => "html",
            Format::Json => "json",
        }
    }

    /// Media type for HTTP and mail.
    pub const fn media_type(self) -> &'static str {
        match self {
            Format::Pdf => "application/pdf",
            Format::Html => "text/html; charset=utf-8",
            Format::Json => "application/json",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.extension())
    }
}

impl FromStr for Format {
    type Err = DocumentError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Format::ALL
            .into_iter()
            .find(|format| text.eq_ignore_ascii_case(format.extension()))
            .ok_or_else(|| DocumentError::Format(text.to_owned()))
    }
}
