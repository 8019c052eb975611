//! What Typst may see: one template, one data file, the embedded fonts. No disk, no network, no clock, no packages.

use std::sync::OnceLock;

use typst::diag::{FileError, FileResult};
use typst::foundations::{Bytes, Datetime, Duration};
use typst::syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Library, LibraryExt, World};

use crate::DocumentError;
use crate::fonts::{Fonts, fonts};

const TEMPLATE: &str = include_str!("../../../../templates/flash_report.typ");

static STAGE: OnceLock<Option<Stage>> = OnceLock::new();

/// What every report shares.
struct Stage {
    library: LazyHash<Library>,
    template: Source,
    data: FileId,
}

/// The world of one report.
pub(super) struct ReportWorld {
    stage: &'static Stage,
    fonts: &'static Fonts,
    data: Bytes,
}

impl ReportWorld {
    /// A world whose `/report.json` is `data`.
    pub(super) fn new(data: Vec<u8>) -> Result<Self, DocumentError> {
        let stage = STAGE.get_or_init(Stage::new).as_ref();
        let stage = stage.ok_or_else(|| DocumentError::Layout("the template's name is no path".to_owned()))?;
        Ok(ReportWorld { stage, fonts: fonts()?, data: Bytes::new(data) })
    }
}

impl Stage {
    fn new() -> Option<Self> {
        let file = |name: &str| VirtualPath::new(name).ok().map(|path| FileId::new(RootedPath::new(VirtualRoot::Project, path)));
        let template = Source::new(file("flash_report.typ")?, TEMPLATE.to_owned());
        Some(Stage { library: LazyHash::new(Library::default()), template, data: file("report.json")? })
    }
}

impl World for ReportWorld {
    fn library(&self) -> &LazyHash<Library> {
        &self.stage.library
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &self.fonts.book
    }

    fn main(&self) -> FileId {
        self.stage.template.id()
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        if id == self.stage.template.id() { Ok(self.stage.template.clone()) } else { Err(FileError::AccessDenied) }
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        if id == self.stage.data { Ok(self.data.clone()) } else { Err(FileError::AccessDenied) }
    }

    fn font(&self, index: usize) -> Option<Font> {
        self.fonts.all.get(index).cloned()
    }

    fn today(&self, _offset: Option<Duration>) -> Option<Datetime> {
        None
    }
}
