//! Parts of a mail: multipart, mails inside of mails, text, and all else. Depth and count are bounded while reading.

use sha2::{Digest, Sha256};

use crate::charset;
use crate::defect::{DefectKind, Defects};
use crate::header::{self, Field, Parametrised, decoded, parametrised};
use crate::html;
use crate::limits::Limits;
use crate::mail::{Part, PartKind};
use crate::transfer;

/// Where a part stands.
#[derive(Debug, Clone, Default)]
pub(crate) struct Place {
    path: String,
    depth: usize,
    message: Option<usize>,
    alternative: Option<usize>,
    /// In a digest, parts are mails unless they say otherwise (RFC 2046 5.1.5).
    digest: bool,
}

/// The parts that were found.
pub(crate) struct Walk<'w> {
    pub(crate) limits: &'w Limits,
    pub(crate) defects: &'w mut Defects,
    pub(crate) parts: Vec<Part>,
    /// What texts may still hold.
    pub(crate) text_left: usize,
    /// The value of `report-type`, where the mail itself is a report.
    pub(crate) report: Option<String>,
}

impl Walk<'_> {
    /// Takes what stands behind the headers.
    pub(crate) fn entity(&mut self, fields: &[Field], body: &[u8], place: &Place) {
        if self.parts.len() >= self.limits.parts {
            self.defects.add(DefectKind::Limit, "", format!("parts beyond {} were left out", self.limits.parts));
            return;
        }
        let content_type = field(fields, "Content-Type").map(parametrised).unwrap_or_default();
        let kind = kind(&content_type.value, place.digest);
        if kind == PartKind::Multipart && place.depth == 0 {
            self.report = content_type.get("report-type").map(str::to_ascii_lowercase);
        }
        match kind {
            PartKind::Multipart if place.depth < self.limits.depth => self.multipart(&content_type, fields, body, place),
            PartKind::Multipart => {
                self.defects.add(
                    DefectKind::Limit,
                    &shown(place),
                    format!("parts deeper than {} were left as they are", self.limits.depth),
                );
                self.leaf(PartKind::Other, &content_type, fields, body, place);
            }
            other => self.leaf(other, &content_type, fields, body, place),
        }
    }

    fn multipart(&mut self, content_type: &Parametrised, fields: &[Field], body: &[u8], place: &Place) {
        let named = content_type.get("boundary").map(|boundary| boundary.as_bytes().to_vec()).filter(|boundary| !boundary.is_empty());
        let mut found = named.as_ref().map(|boundary| sections(body, boundary, self.limits.parts)).unwrap_or_default();
        if found.sections.is_empty()
            && let Some(boundary) = guessed(body)
        {
            self.defects.add(
                DefectKind::Structure,
                &shown(place),
                "the parts are not separated as the mail says; the separator was guessed",
            );
            found = sections(body, &boundary, self.limits.parts);
        }
        if found.sections.is_empty() {
            self.defects.add(
                DefectKind::Structure,
                &shown(place),
                "it says that it holds parts, but none was found; all of it was read as text",
            );
            let plain = if content_type.value == "multipart/html" { PartKind::Html } else { PartKind::Text };
            return self.leaf(plain, &Parametrised::default(), fields, body, place);
        }
        if !found.closed {
            self.defects.add(DefectKind::Structure, &shown(place), "the end of the last part is missing; the mail may be cut off");
        }
        let own = self.push(PartKind::Multipart, content_type, place, &[], false);
        let alternative = if content_type.value == "multipart/alternative" { Some(own) } else { place.alternative };
        let digest = content_type.value == "multipart/digest";
        for (index, section) in found.sections.into_iter().enumerate() {
            let path = if place.path.is_empty() { format!("{}", index + 1) } else { format!("{}.{}", place.path, index + 1) };
            let inner = Place { path, depth: place.depth + 1, message: place.message, alternative, digest };
            let (fields, body) = header::split(section, &inner.path, self.limits, self.defects);
            self.entity(&fields, body, &inner);
        }
    }

    fn leaf(&mut self, kind: PartKind, content_type: &Parametrised, fields: &[Field], body: &[u8], place: &Place) {
        let encoding = field(fields, "Content-Transfer-Encoding").map(|value| String::from_utf8_lossy(value).to_ascii_lowercase());
        let encoding = encoding.unwrap_or_default();
        let encoding = encoding.split([' ', ';', '(']).next().unwrap_or_default();
        let content = transfer::decode(body, encoding);
        if content.damaged {
            self.defects.add(
                DefectKind::TransferEncoding,
                &shown(place),
                format!("`{}` is damaged or unknown; what it holds was read", encoding.escape_debug()),
            );
        }
        // Of a mail inside a mail, the bytes are in the outer one already.
        let kept = kind != PartKind::Message || place.message.is_none();
        let index = self.push(kind, content_type, place, &content.bytes, kept);
        let disposition = field(fields, "Content-Disposition").map(parametrised).unwrap_or_default();
        let filename = disposition.get("filename").or(content_type.get("name")).map(str::to_owned).filter(|name| !name.trim().is_empty());
        if let Some(part) = self.parts.get_mut(index) {
            part.attachment = disposition.value == "attachment" || filename.is_some();
            part.filename = filename.map(|name| name.chars().take(self.limits.name_letters).collect());
        }
        match kind {
            PartKind::Text | PartKind::Html => self.text(index, content_type, kind),
            PartKind::Message if place.depth < self.limits.depth => self.message(index, &content.bytes, place),
            PartKind::Message => {
                self.defects.add(
                    DefectKind::Limit,
                    &shown(place),
                    format!("mails deeper than {} were left as they are", self.limits.depth),
                );
            }
            _ => {}
        }
    }

    fn text(&mut self, index: usize, content_type: &Parametrised, kind: PartKind) {
        let Some(part) = self.parts.get_mut(index) else { return };
        let most = self.limits.text_bytes.min(self.text_left);
        let cut = part.content.len() > most;
        let bytes = part.content.get(..most).unwrap_or(&part.content);
        let in_page = if kind == PartKind::Html { charset_of_page(bytes) } else { None };
        let read = charset::decode(bytes, content_type.get("charset").or(in_page.as_deref()));
        self.text_left -= bytes.len();
        part.charset = Some(read.charset.to_owned());
        let letters = read.text.replace("\r\n", "\n").replace('\r', "\n").replace('\0', "");
        part.text = Some(match kind {
            PartKind::Html => html::text(&letters, self.limits.text_bytes),
            _ if content_type.get("format").is_some_and(|format| format.eq_ignore_ascii_case("flowed")) => {
                flowed(&letters, content_type.get("delsp").is_some_and(|delsp| delsp.eq_ignore_ascii_case("yes")))
            }
            _ => letters,
        });
        let place = part.place.clone();
        if let Some(repair) = read.repair {
            self.defects.add(DefectKind::Charset, &place, repair);
        }
        if cut {
            self.defects.add(DefectKind::Limit, &place, format!("text beyond {most} bytes was left out"));
        }
    }

    fn message(&mut self, index: usize, content: &[u8], place: &Place) {
        let inner =
            Place { path: format!("{}.1", shown(place)), depth: place.depth + 1, message: Some(index), alternative: None, digest: false };
        let (fields, body) = header::split(content, &inner.path, self.limits, self.defects);
        if let Some(part) = self.parts.get_mut(index) {
            part.subject = field(&fields, "Subject").map(|value| decoded(value).text.chars().take(self.limits.name_letters).collect());
        }
        self.entity(&fields, body, &inner);
    }

    fn push(&mut self, kind: PartKind, content_type: &Parametrised, place: &Place, content: &[u8], kept: bool) -> usize {
        let sha256 = if kind == PartKind::Multipart { String::new() } else { hex::encode(Sha256::digest(content)) };
        let content_type =
            if content_type.value.is_empty() { "text/plain".to_owned() } else { content_type.value.chars().take(200).collect() };
        self.parts.push(Part {
            place: shown(place),
            kind,
            content_type,
            charset: None,
            filename: None,
            attachment: false,
            message: place.message,
            alternative: place.alternative,
            subject: None,
            size_bytes: content.len() as u64,
            sha256,
            text: None,
            content: if kept { content.to_vec() } else { Vec::new() },
        });
        self.parts.len() - 1
    }
}

fn shown(place: &Place) -> String {
    if place.path.is_empty() { "1".to_owned() } else { place.path.clone() }
}

/// The first field of that name.
pub(crate) fn field<'f>(fields: &'f [Field], name: &str) -> Option<&'f [u8]> {
    fields.iter().find(|field| field.name.eq_ignore_ascii_case(name)).map(|field| field.value.as_slice())
}

fn kind(content_type: &str, digest: bool) -> PartKind {
    match content_type {
        "" if digest => PartKind::Message,
        "" | "text" | "text/plain" | "plain/text" => PartKind::Text,
        "text/html" | "application/xhtml+xml" | "multipart/html" => PartKind::Html,
        "message/rfc822" | "message/global" | "message/news" => PartKind::Message,
        other if other.starts_with("multipart/") => PartKind::Multipart,
        // No type at all, only a word.
        other if !other.contains('/') => PartKind::Text,
        _ => PartKind::Other,
    }
}

/// The parts between separators.
#[derive(Default)]
struct Sections<'b> {
    sections: Vec<&'b [u8]>,
    closed: bool,
}

fn sections<'b>(body: &'b [u8], boundary: &[u8], most: usize) -> Sections<'b> {
    let mut found = Sections::default();
    let (mut rest, mut start) = (body, None);
    while !rest.is_empty() && found.sections.len() <= most {
        let (line, after) = header::line(rest);
        let mark = line.strip_prefix(b"--").and_then(|line| line.strip_prefix(boundary)).map(<[u8]>::trim_ascii_end);
        if let Some(mark @ (b"" | b"--")) = mark {
            if let Some(start) = start.replace(after) {
                found.sections.push(between(start, rest));
            }
            if mark == b"--" {
                found.closed = true;
                return found;
            }
        }
        rest = after;
    }
    if let Some(start) = start.filter(|_| found.sections.len() <= most) {
        found.sections.push(start);
    }
    found
}

/// From a start to where another rest of the same bytes begins, without the line end before it.
fn between<'b>(start: &'b [u8], rest: &[u8]) -> &'b [u8] {
    let section = start.get(..start.len().saturating_sub(rest.len())).unwrap_or_default();
    let section = section.strip_suffix(b"\n").unwrap_or(section);
    section.strip_suffix(b"\r").unwrap_or(section)
}

/// A separator that stands at the start of at least two lines, or is followed by a header.
fn guessed(body: &[u8]) -> Option<Vec<u8>> {
    let mut rest = body;
    while !rest.is_empty() {
        let (line, after) = header::line(rest);
        if let Some(boundary) = line.strip_prefix(b"--").map(<[u8]>::trim_ascii_end)
            && (4..=200).contains(&boundary.len())
            && header::line(after).0.to_ascii_lowercase().starts_with(b"content-")
        {
            return Some(boundary.to_vec());
        }
        rest = after;
    }
    None
}

/// What a page says of its charset, in its first two thousand bytes.
fn charset_of_page(bytes: &[u8]) -> Option<String> {
    let head = bytes.get(..bytes.len().min(2048)).unwrap_or_default().to_ascii_lowercase();
    let at = memchr::memmem::find(&head, b"charset=")?;
    let name = head.get(at + 8..)?.iter().copied().skip_while(|byte| matches!(byte, b'"' | b'\'' | b' '));
    let name: Vec<u8> = name.take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')).take(40).collect();
    String::from_utf8(name).ok().filter(|name| !name.is_empty())
}

/// Lines that were only broken to be sent (RFC 3676) are one again.
fn flowed(text: &str, delete_blank: bool) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.split('\n') {
        let line = if line.starts_with('>') { line } else { line.strip_prefix(' ').unwrap_or(line) };
        let flows = line.ends_with(' ') && line != "-- " && !line.starts_with('>');
        if flows {
            out.push_str(if delete_blank { line.strip_suffix(' ').unwrap_or(line) } else { line });
        } else {
            out.push_str(line);
            out.push('\n');
        }
    }
    out
}
