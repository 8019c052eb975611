//! What kind of mail it is.

use serde::{Deserialize, Serialize};

use super::book::Book;
use super::fold::{folded, has_word};
use super::subject::Subject;
use crate::mail::Mail;
use crate::marks::Automatic;

/// Kinds of mail to a desk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// It asks for a service: by the form, or in its own words.
    ServiceRequest,
    /// It answers in a thread.
    Reply,
    /// It asks a question.
    Inquiry,
    /// None of these; or a machine sent it.
    Other,
}

/// What was found in a mail.
pub(crate) struct Facts<'m> {
    pub(crate) subject: &'m Subject,
    /// It passes a mail on.
    pub(crate) forwards: bool,
    /// The form stands in a mail inside.
    pub(crate) nested: bool,
    /// Items of the form.
    pub(crate) items: usize,
    /// It reports an attack under way.
    pub(crate) attacked: bool,
    /// What it says, labels left out.
    pub(crate) text: &'m [String],
}

/// Items that make a form, without its subject.
const FORM: usize = 3;
/// Items that make a new request of a mail whose subject answers, but that names no thread.
const WHOLE_FORM: usize = 5;

/// Letters of the text that are looked at.
const LONGEST_TEXT: usize = 50_000;

/// Decides the kind.
pub(crate) fn kind(mail: &Mail, facts: &Facts<'_>, book: &Book) -> Kind {
    if matches!(mail.marks.automatic, Some(Automatic::Reply | Automatic::Bounce)) {
        return Kind::Other;
    }
    let subject = facts.subject;
    let passes_on = subject.passes_on || (facts.forwards && !subject.answers);
    let in_thread = !mail.in_reply_to.is_empty() || !mail.references.is_empty();
    let answers = subject.answers && (in_thread || facts.items < WHOLE_FORM) || in_thread && !passes_on && !subject.requests;
    if answers && !passes_on {
        return Kind::Reply;
    }
    if subject.requests || facts.nested || facts.items >= FORM {
        return Kind::ServiceRequest;
    }
    if mail.marks.bulk {
        return Kind::Other;
    }
    let text: String = facts.text.iter().flat_map(|line| line.chars().chain(['\n'])).take(LONGEST_TEXT).collect();
    let text = folded(&text);
    let from_people = !mail.marks.list && mail.marks.automatic.is_none();
    if facts.attacked || (from_people && has_word(&text, &book.asks.help)) {
        return Kind::ServiceRequest;
    }
    if from_people && has_word(&text, &book.asks.question) { Kind::Inquiry } else { Kind::Other }
}
