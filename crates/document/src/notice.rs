//! The mail that tells of a flash report: reference, time and link.
//!
//! It leaves before any encryption is arranged with the reader, so it names no customer, endpoint, user, file or verdict: whoever may
//! know more follows the link and signs in. The arguments make sure of it: there is no place for anything else.

use hikeshi_domain::phrase::Language;
use hikeshi_domain::tlp::Tlp;
use jiff::Timestamp;

use crate::DocumentError;
use crate::clock::Clock;
use crate::html::writer::Markup;
use crate::printable::{one_line, visible};
use crate::words::Words;

/// What the mail tells.
#[derive(Debug, Clone, Copy)]
pub struct Told<'a> {
    /// Reference of the report, e.g. `FR-20261121-0007`.
    pub reference: &'a str,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// IANA name of the reader's zone.
    pub time_zone: &'a str,
    /// Where it is read after signing in.
    pub link: &'a str,
    /// Who may read the report.
    pub tlp: Tlp,
    /// It belongs to a drill.
    pub drill: bool,
}

/// The mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Subject, in one line.
    pub subject: String,
    /// Body as plain text, lines ended by `\n`.
    pub text: String,
    /// Body as HTML: no script, no picture, nothing loaded.
    pub html: String,
}

/// Writes the mail.
///
/// # Errors
/// When the link is no `http` or `https` address, or the shipped sentences are wrong.
pub fn write(told: &Told<'_>, language: Language) -> Result<Notice, DocumentError> {
    hikeshi_domain::phrases::in_force().map_err(DocumentError::Phrases)?;
    let link = checked(told.link)?;
    let words = Words { language };
    let reference = one_line(&visible(told.reference)).into_owned();
    let drill = if told.drill { format!("{} ", words.label("notice.drill")) } else { String::new() };
    let time = Clock::new(told.time_zone).seconds(told.issued_at);
    let subject = words.say("notice.subject", &[("reference", reference.clone()), ("tlp", told.tlp.label().to_owned())]);
    let lines = [
        told.tlp.label().to_owned(),
        words.say("notice.issued", &[("reference", reference), ("time", time)]),
        words.label("notice.sign_in"),
    ];
    let closing = words.label("notice.closing");
    let text = format!("{drill}{}\n\n{link}\n\n{closing}\n", lines.join("\n\n"));
    Ok(Notice { subject: format!("{drill}{subject}"), text, html: html(&drill, &lines, link, &closing, words) })
}

fn html(drill: &str, lines: &[String], link: &str, closing: &str, words: Words) -> String {
    let mut page = Markup::default();
    let language = if words.language == Language::Ja { "ja" } else { "en" };
    page.literal("<!DOCTYPE html>\n");
    page.open("html", &[("lang", language)]);
    page.within("head", &[], |page| page.open("meta", &[("charset", "utf-8")]));
    page.open("body", &[]);
    if !drill.is_empty() {
        page.within("p", &[], |page| page.element("strong", &[], drill.trim()));
    }
    for line in lines {
        page.element("p", &[], line);
    }
    page.within("p", &[], |page| page.element("a", &[("href", link)], link));
    page.element("p", &[], closing);
    page.finish()
}

/// Whether a mail may carry the link: `http` or `https`, in ASCII, with nothing that a mail program reads as its end.
pub fn may_carry(link: &str) -> bool {
    let host = link.strip_prefix("https://").or(link.strip_prefix("http://"));
    let clean = link.chars().all(|letter| letter.is_ascii_graphic() && !"\"'<>\\^`{|}".contains(letter));
    host.is_some_and(|host| !host.is_empty() && !host.starts_with('/')) && clean
}

fn checked(link: &str) -> Result<&str, DocumentError> {
    if may_carry(link) { Ok(link) } else { Err(DocumentError::Link(link.to_owned())) }
}
