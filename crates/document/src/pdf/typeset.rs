//! Laying out: from view to pages.

use typst::diag::SourceDiagnostic;
use typst::ecow::EcoVec;
use typst::layout::{Frame, FrameItem};
use typst_layout::PagedDocument;

use super::sheet;
use super::world::ReportWorld;
use crate::DocumentError;
use crate::view::View;

/// Compilations that Typst's memory of results outlives: enough for ja and en of one report, bounded for a server that runs for months.
const KEPT_COMPILATIONS: usize = 2;

/// A report laid out as pages.
pub struct Typeset {
    pub(crate) document: PagedDocument,
    /// What Typst warned of; empty if all is well.
    pub warnings: Vec<String>,
}

/// Lays the view out.
pub(crate) fn typeset(view: &View) -> Result<Typeset, DocumentError> {
    let world = ReportWorld::new(serde_json::to_vec(&sheet::of(view)?)?)?;
    let compiled = typst::compile::<PagedDocument>(&world);
    typst::comemo::evict(KEPT_COMPILATIONS);
    let document = compiled.output.map_err(|errors| DocumentError::Layout(first_message(&errors)))?;
    let warnings = compiled.warnings.iter().map(|warning| warning.message.to_string()).collect();
    Ok(Typeset { document, warnings })
}

/// The first thing that Typst complains of.
pub(super) fn first_message(errors: &EcoVec<SourceDiagnostic>) -> String {
    errors.first().map(|error| error.message.to_string()).unwrap_or_default()
}

impl Typeset {
    /// How many pages.
    pub fn pages(&self) -> usize {
        self.document.pages().len()
    }

    /// Texts of which a character was set as the empty box of its font: there should be none.
    pub fn missing_glyphs(&self) -> Vec<String> {
        let mut missing = Vec::new();
        for page in self.document.pages() {
            collect_missing(&page.frame, &mut missing);
        }
        missing
    }
}

fn collect_missing(frame: &Frame, missing: &mut Vec<String>) {
    for (_, item) in frame.items() {
        match item {
            FrameItem::Group(group) => collect_missing(&group.frame, missing),
            FrameItem::Text(text) if text.glyphs.iter().any(|glyph| glyph.id == 0) => missing.push(text.text.to_string()),
            _ => {}
        }
    }
}
