//! The model of a mail: what arrived, in letters, within limits.

use jiff::Zoned;
use serde::{Deserialize, Serialize};

use crate::defect::Defect;
use crate::header::Address;
use crate::marks::Marks;

/// A mail that was read.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Mail {
    /// Of the whole, as it arrived.
    pub size_bytes: u64,
    /// SHA-256 of the whole, as it arrived, in hexadecimal.
    pub sha256: String,
    /// The headers, in order.
    pub headers: Vec<Header>,
    /// The subject, decoded; empty where there is none.
    pub subject: String,
    /// From whom.
    pub from: Vec<Address>,
    /// Where an answer goes; empty where `from` is meant.
    pub reply_to: Vec<Address>,
    /// To whom.
    pub to: Vec<Address>,
    /// To whom else.
    pub cc: Vec<Address>,
    /// When it was written, in the writer's offset; where that cannot be read, when the last server received it.
    pub date: Option<Zoned>,
    /// Its name, without angle brackets.
    pub message_id: Option<String>,
    /// Names of the mails that it answers.
    pub in_reply_to: Vec<String>,
    /// Names of the mails of its thread, oldest first.
    pub references: Vec<String>,
    /// All parts, each behind the part that holds it.
    pub parts: Vec<Part>,
    /// What its headers say of who or what sent it.
    pub marks: Marks,
    /// How the text is encrypted, if it is.
    pub encryption: Option<Encryption>,
    /// A charset of Japanese software was used.
    pub japanese_charset: bool,
    /// What could not be read as it stood.
    pub defects: Vec<Defect>,
}

/// A field of the head.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// Its name, as written.
    pub name: String,
    /// Its value, decoded.
    pub value: String,
    /// Its value as given, unfolded; bytes that are no UTF-8 are replaced.
    pub raw: String,
}

/// A part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Its place: `1.2` is the second part of the first. The mail's own body is `1` where it has no parts.
    pub place: String,
    /// What it is.
    pub kind: PartKind,
    /// `type/subtype`, lower case.
    pub content_type: String,
    /// The charset that was taken to read it.
    pub charset: Option<String>,
    /// The name that the sender gave it, decoded. Never a path to write to.
    pub filename: Option<String>,
    /// It is meant to be kept, not to be read in its place.
    pub attachment: bool,
    /// Index of the part `message/rfc822` in which it stands.
    pub message: Option<usize>,
    /// Index of the part `multipart/alternative` in which it stands.
    pub alternative: Option<usize>,
    /// Of a message inside: its subject.
    pub subject: Option<String>,
    /// Decoded.
    pub size_bytes: u64,
    /// SHA-256 of the decoded bytes, in hexadecimal; empty for parts that only hold parts.
    pub sha256: String,
    /// Of text and HTML: its text.
    pub text: Option<String>,
    /// The decoded bytes; empty for parts that only hold parts, and for a mail inside a mail that is inside itself.
    #[serde(skip)]
    pub content: Vec<u8>,
}

/// Kinds of parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PartKind {
    /// Holds parts.
    Multipart,
    /// Holds a mail.
    Message,
    /// Text to be read as it is.
    Text,
    /// HTML.
    Html,
    /// Anything else.
    Other,
}

/// Encryption that a mail can come under.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Encryption {
    /// RFC 3156, or a block in the text.
    OpenPgp,
    /// RFC 8551.
    Smime,
}

/// The text of a mail, or of a mail inside of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Body {
    /// Plain text; where there is none, the text of the HTML.
    pub text: String,
    /// The text of the HTML, where `text` is not made of it and both were sent.
    pub of_html: Option<String>,
}

impl Mail {
    /// The first header of that name, decoded.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name)).map(|header| header.value.as_str())
    }

    /// The text that the mail itself says.
    pub fn body(&self) -> Body {
        self.body_of(None)
    }

    /// The text of a mail inside: the index of its part.
    pub fn body_of(&self, message: Option<usize>) -> Body {
        let texts = || {
            let parts = self.parts.iter().filter(|part| part.message == message);
            parts.filter_map(|part| part.text.as_deref().filter(|text| !text.trim().is_empty()).map(|text| (part, text)))
        };
        let pick = |wanted: PartKind, only_inline: bool| {
            let chosen = texts().filter(|(part, _)| !(only_inline && part.attachment));
            let chosen = chosen.filter(|(part, _)| {
                let twin = |(other, _): (&Part, &str)| other.alternative == part.alternative && other.kind == wanted && !other.attachment;
                part.kind == wanted || part.alternative.is_none() || !texts().any(twin)
            });
            chosen.map(|(_, text)| text).collect::<Vec<_>>().join("\n\n")
        };
        let mut text = pick(PartKind::Text, true);
        if text.is_empty() {
            // Some gateways mark the body itself as an attachment.
            text = texts().next().map(|(_, text)| text.to_owned()).unwrap_or_default();
        }
        let of_html = pick(PartKind::Html, true);
        Body { of_html: (!of_html.is_empty() && of_html != text).then_some(of_html), text }
    }

    /// Indices of the mails inside that stand directly in this one.
    pub fn messages(&self) -> impl Iterator<Item = usize> {
        self.parts.iter().enumerate().filter(|(_, part)| part.kind == PartKind::Message && part.message.is_none()).map(|(index, _)| index)
    }

    /// What is to be kept beside the text.
    pub fn attachments(&self) -> impl Iterator<Item = &Part> {
        self.parts.iter().filter(|part| part.kind != PartKind::Multipart && (part.attachment || matches!(part.kind, PartKind::Other)))
    }
}
