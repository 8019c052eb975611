//! How much of a mail is read.

/// Bounds of the reader. What lies beyond one is left out and named in a [`crate::Defect`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Of the whole mail.
    pub bytes: usize,
    /// Of one block of headers.
    pub header_bytes: usize,
    /// Headers in one block.
    pub headers: usize,
    /// Parts inside parts.
    pub depth: usize,
    /// Parts in all.
    pub parts: usize,
    /// Of the text of one part, decoded.
    pub text_bytes: usize,
    /// Of the texts of all parts.
    pub all_text_bytes: usize,
    /// Letters of a file's name, and of the subject of a mail inside.
    pub name_letters: usize,
    /// Addresses in one header.
    pub addresses: usize,
    /// Defects that are listed.
    pub defects: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            bytes: 25 << 20,
            header_bytes: 64 << 10,
            headers: 500,
            depth: 20,
            parts: 500,
            text_bytes: 1 << 20,
            all_text_bytes: 8 << 20,
            name_letters: 1000,
            addresses: 200,
            defects: 100,
        }
    }
}
