//! The limits on foreign bytes. Every reader counts while it streams and names the limit that stopped it.

/// What a reader may spend on one input. Over a limit is a [`crate::DefectKind::Refused`] defect that names the limit by
/// the field's name here; what was read before it stays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Archives within archives that are opened, the outermost being 1.
    pub archive_depth: usize,
    /// Members of one outermost archive, those of its inner archives included.
    pub archive_members: u64,
    /// Bytes that one outermost input may unpack to.
    pub unpacked_bytes: u64,
    /// Unpacked bytes for each packed byte, beyond the first [`Limits::ratio_free_bytes`].
    pub unpacked_ratio: u64,
    /// Unpacked bytes that [`Limits::unpacked_ratio`] does not judge.
    pub ratio_free_bytes: u64,
    /// A zip inside an archive is held in memory; larger ones are refused.
    pub inner_archive_bytes: u64,
    /// Length of the name of an archive member, in bytes.
    pub name_bytes: usize,
    /// Length of one record: a line, one JSON value, or one XML element.
    pub record_bytes: usize,
    /// Nesting of one record, JSON or XML.
    pub json_depth: usize,
    /// Fields of one record; the rest is dropped with a defect.
    pub record_fields: usize,
    /// Length of a field's name, nested names joined; longer ones are dropped with a defect.
    pub field_name_bytes: usize,
    /// Defects listed for one input; the rest is counted in one last defect.
    pub listed_defects: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            archive_depth: 5,
            archive_members: 10_000,
            unpacked_bytes: 1 << 30,
            unpacked_ratio: 200,
            ratio_free_bytes: 10 << 20,
            inner_archive_bytes: 64 << 20,
            name_bytes: 255,
            record_bytes: 1 << 20,
            json_depth: 64,
            record_fields: 4096,
            field_name_bytes: 1024,
            listed_defects: 1000,
        }
    }
}
