//! Which of a mail's texts is read: its own, what it passes on, the HTML beside a plain text that lost the form, a mail inside.

use super::book::Book;
use super::form::{Form, form};
use super::subject::{self, Subject};
use super::voices;
use crate::mail::Mail;
use crate::quote::{Letter, Line, Voice, letter};

/// The text of a mail, read for its items.
#[derive(Default)]
pub(crate) struct Reading {
    pub(crate) form: Form,
    /// Lines of the writer, or of what is passed on.
    pub(crate) lines: Vec<String>,
    pub(crate) forwards: bool,
    /// Of the subject of what is passed on.
    pub(crate) forwarded_organization: Option<String>,
    /// The form stands in a mail inside.
    pub(crate) nested: bool,
}

/// Reads a mail's own text first; a text with more items goes before one with fewer.
pub(crate) fn reading(mail: &Mail, subject: &Subject, book: &Book) -> Reading {
    let body = mail.body();
    let mut best = of(&body.text, subject.passes_on, book);
    if let Some(html) = body.of_html.filter(|_| best.form.count() < 3) {
        let other = of(&html, subject.passes_on, book);
        if other.form.count() > best.form.count() {
            best = other;
        }
    }
    if best.form.count() < 2 && mail.marks.automatic.is_none() {
        for inside in mail.messages().take(5) {
            let named = mail.parts.get(inside).and_then(|part| part.subject.as_deref()).map(|text| subject::read(text, book));
            let mut other = of(&mail.body_of(Some(inside)).text, false, book);
            let requests = named.as_ref().is_some_and(|subject| subject.requests);
            if other.form.count() > best.form.count() || (requests && best.form.count() == 0) {
                other.forwarded_organization = named.and_then(|subject| subject.organization);
                (other.nested, other.forwards) = (true, true);
                best = other;
            }
        }
    }
    best
}

fn of(text: &str, passed_on: bool, book: &Book) -> Reading {
    let letter = letter(text, passed_on);
    let own = form(&letter.lines, book, voices(false));
    let (form, heard) = match letter.forwards && own.count() < 2 {
        // What older programs pass on is marked as quoted.
        true => {
            let heard: &[Voice] =
                if letter.lines.iter().any(|line| line.voice == Voice::Forwarded) { voices(true) } else { &[Voice::Own, Voice::Quoted] };
            (form(&letter.lines, book, heard), heard)
        }
        false => (own, voices(false)),
    };
    Reading {
        lines: said(&letter, heard),
        form,
        forwards: letter.forwards,
        forwarded_organization: organization(&letter, book),
        nested: false,
    }
}

fn said(letter: &Letter, heard: &[Voice]) -> Vec<String> {
    let heard = |line: &&Line| heard.contains(&line.voice);
    letter.lines.iter().filter(heard).map(|line| line.text.clone()).collect()
}

fn organization(letter: &Letter, book: &Book) -> Option<String> {
    subject::read(letter.forwarded_subject.as_deref().filter(|_| letter.forwards)?, book).organization
}
