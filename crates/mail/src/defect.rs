//! What was wrong with a mail, and what was made of it.

use serde::{Deserialize, Serialize};

/// Something that could not be read as it stood.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Defect {
    /// What kind.
    pub kind: DefectKind,
    /// Where: a header's name, a part as `1.2`, or an item of the request; empty for the whole mail.
    pub place: String,
    /// What was found and what was made of it.
    pub detail: String,
}

/// Kinds of defects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DefectKind {
    /// A limit was reached: what lies beyond it was not read.
    Limit,
    /// There are no headers, or one of them is no header.
    Header,
    /// Parts are not separated as the mail says.
    Structure,
    /// Base64 or quoted-printable is damaged.
    TransferEncoding,
    /// The text is not in the charset that the mail names; another was taken, or letters are lost.
    Charset,
    /// An item of the request contradicts itself or cannot be understood.
    Item,
    /// The text is encrypted and was not read.
    Encrypted,
    /// The mail was not read to its end for another reason. Never to be shown as empty.
    Refused,
}

/// Defects, as many as may be listed.
#[derive(Debug)]
pub(crate) struct Defects {
    listed: Vec<Defect>,
    most: usize,
}

impl Defects {
    pub(crate) fn new(most: usize) -> Self {
        Defects { listed: Vec::new(), most }
    }

    pub(crate) fn add(&mut self, kind: DefectKind, place: &str, detail: impl Into<String>) {
        let defect = Defect { kind, place: place.to_owned(), detail: detail.into() };
        if self.listed.len() < self.most && !self.listed.contains(&defect) {
            self.listed.push(defect);
        }
    }

    pub(crate) fn into_list(self) -> Vec<Defect> {
        self.listed
    }
}
