//! Bytes as they arrived → [`Mail`].

use jiff::Zoned;
use sha2::{Digest, Sha256};

use crate::charset;
use crate::defect::{DefectKind, Defects};
use crate::header::{self, Field, addresses, decoded};
use crate::limits::Limits;
use crate::mail::{Encryption, Header, Mail, PartKind};
use crate::marks::marks;
use crate::part::{Place, Walk, field};

/// Names of mails that are kept of one header.
const MOST_NAMES: usize = 100;

/// Reads a mail. Whatever the bytes are, there is a mail: what cannot be read is named in its defects.
pub fn read(bytes: &[u8], limits: &Limits) -> Mail {
    let mut defects = Defects::new(limits.defects);
    let whole = bytes.get(..limits.bytes).unwrap_or(bytes);
    if whole.len() < bytes.len() {
        defects.add(DefectKind::Limit, "", format!("{} of {} bytes were read", whole.len(), bytes.len()));
    }
    let text = settled(whole, &mut defects);
    let (fields, body) = header::split(&text, "", limits, &mut defects);
    let (headers, japanese) = headers(&fields, &mut defects);
    let mut walk = Walk { limits, defects: &mut defects, parts: Vec::new(), text_left: limits.all_text_bytes, report: None };
    walk.entity(&fields, body, &Place::default());
    let (parts, report) = (walk.parts, walk.report);
    let subject =
        headers.iter().find(|header| header.name.eq_ignore_ascii_case("Subject")).map(|header| header.value.clone()).unwrap_or_default();
    let list = |name: &str| field(&fields, name).map(|value| addresses(value, limits.addresses)).unwrap_or_default();
    let mut mail = Mail {
        size_bytes: bytes.len() as u64,
        sha256: hex::encode(Sha256::digest(bytes)),
        from: list("From"),
        reply_to: list("Reply-To"),
        to: list("To"),
        cc: list("Cc"),
        date: date(&fields),
        message_id: names(&fields, "Message-ID").into_iter().next(),
        in_reply_to: names(&fields, "In-Reply-To"),
        references: names(&fields, "References"),
        marks: marks(&headers, &subject, &parts, report.as_deref()),
        encryption: None,
        japanese_charset: japanese || parts.iter().any(|part| part.charset.as_deref().is_some_and(charset::is_japanese)),
        headers,
        subject,
        parts,
        defects: Vec::new(),
    };
    mail.encryption = encryption(&mail);
    if mail.encryption.is_some() {
        defects.add(DefectKind::Encrypted, "", "the text is encrypted and was not read");
    }
    mail.defects = defects.into_list();
    mail
}

/// The bytes with line ends that can be told: old and foreign ways of writing a file are undone.
fn settled<'b>(bytes: &'b [u8], defects: &mut Defects) -> std::borrow::Cow<'b, [u8]> {
    if let Some(encoding) = [encoding_rs::UTF_16LE, encoding_rs::UTF_16BE].into_iter().find(|encoding| {
        let mark: &[u8] = if *encoding == encoding_rs::UTF_16LE { &[0xff, 0xfe] } else { &[0xfe, 0xff] };
        bytes.starts_with(mark)
    }) {
        defects.add(DefectKind::Charset, "", "the whole file is UTF-16");
        return encoding.decode(bytes).0.into_owned().into_bytes().into();
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let bytes = bytes.get(bytes.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count()..).unwrap_or_default();
    if !bytes.contains(&b'\n') && bytes.contains(&b'\r') {
        return bytes.iter().map(|byte| if *byte == b'\r' { b'\n' } else { *byte }).collect::<Vec<_>>().into();
    }
    bytes.into()
}

fn headers(fields: &[Field], defects: &mut Defects) -> (Vec<Header>, bool) {
    let mut japanese = false;
    let headers = fields.iter().map(|field| {
        let value = decoded(&field.value);
        japanese |= value.japanese;
        if let Some(repair) = value.repair {
            defects.add(DefectKind::Charset, &field.name, repair);
        }
        Header { name: field.name.clone(), value: value.text, raw: String::from_utf8_lossy(&field.value).into_owned() }
    });
    (headers.collect(), japanese)
}

fn date(fields: &[Field]) -> Option<Zoned> {
    let received = || field(fields, "Received").and_then(|value| value.rsplit(|byte| *byte == b';').next());
    field(fields, "Date").and_then(header::date).or_else(|| received().and_then(header::date))
}

/// Names of mails: what stands in angle brackets, or, without them, words that could.
fn names(fields: &[Field], name: &str) -> Vec<String> {
    let Some(value) = field(fields, name) else { return Vec::new() };
    let text = String::from_utf8_lossy(value);
    let bracketed: Vec<String> = text.split('<').skip(1).filter_map(|rest| rest.split_once('>')).map(|(name, _)| squeezed(name)).collect();
    let found = if bracketed.is_empty() {
        text.split_whitespace().filter(|word| word.contains('@')).map(|word| word.trim_matches(['"', ';', ',']).to_owned()).collect()
    } else {
        bracketed
    };
    found.into_iter().filter(|name| !name.is_empty()).take(MOST_NAMES).collect()
}

fn squeezed(name: &str) -> String {
    name.chars().filter(|letter| !letter.is_whitespace()).collect()
}

fn encryption(mail: &Mail) -> Option<Encryption> {
    let own = || mail.parts.iter().filter(|part| part.message.is_none());
    let pgp = own().any(|part| part.content_type == "application/pgp-encrypted")
        || own().any(|part| {
            part.kind == PartKind::Text
                && part.text.as_deref().is_some_and(|text| text.trim_start().starts_with("-----BEGIN PGP MESSAGE-----"))
        });
    let smime = own().next().is_some_and(|part| {
        part.content_type.ends_with("pkcs7-mime")
            && mail.header("Content-Type").is_none_or(|value| !value.to_ascii_lowercase().contains("signed-data"))
    });
    if pgp { Some(Encryption::OpenPgp) } else { smime.then_some(Encryption::Smime) }
}
