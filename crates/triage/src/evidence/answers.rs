//! What people said when they were asked (E36 … E38). The latest answer to a question counts; it names who said it and who wrote it down.

use std::collections::BTreeMap;

use hikeshi_domain::answer::{Question, Said};
use hikeshi_domain::phrase::Phrase;

use super::{Evidence, Signature, snip};
use crate::input::Answered;
use crate::path::inside_volume;
use crate::scope::Scope;

pub(super) fn weigh(scope: &Scope<'_>, signatures: &BTreeMap<String, Signature>, evidence: &mut Evidence) {
    match standing(scope, Question::OnPurpose) {
        Some(told) if told.answer.said == Said::Yes => evidence.see("E37", said(told, "finding.E37"), []),
        Some(told) if told.answer.said == Said::No => evidence.see("E38", said(told, "finding.E38"), []),
        Some(told) => {
            evidence.miss("E37", said(told, "unknown.asked.on_purpose"));
            evidence.miss("E38", said(told, "unknown.asked.on_purpose"));
        }
        None => {
            evidence.miss("E37", Phrase::new("unknown.E37"));
            evidence.miss("E38", Phrase::new("unknown.E37"));
        }
    }
    match standing(scope, Question::Announced) {
        Some(told) if told.answer.said == Said::Yes && vouched(scope, signatures) => evidence.see("E36", said(told, "finding.E36"), []),
        Some(told) if told.answer.said == Said::Yes => evidence.see_weighing("E36", 0, said(told, "finding.E36.unsigned"), Vec::new()),
        Some(told) if told.answer.said == Said::No => evidence.see_weighing("E36", 0, said(told, "finding.E36.no"), Vec::new()),
        Some(told) => evidence.miss("E36", said(told, "unknown.asked.announced")),
        None => evidence.miss("E36", Phrase::new("unknown.E36")),
    }
}

/// The latest answer to the question.
fn standing<'s>(scope: &Scope<'s>, question: Question) -> Option<&'s Answered> {
    let answers: &'s [Answered] = scope.input.answers;
    answers.iter().filter(|told| told.answer.question == question).max_by_key(|told| told.answer.at)
}

/// What the customer announced is an application with a publisher: without a valid signature of the subject's file, or where it lies where
/// anybody writes, words alone clear nothing (the list's own caution on E36). With it no answer can clear by itself: one family is not enough.
fn vouched(scope: &Scope<'_>, signatures: &BTreeMap<String, Signature>) -> bool {
    let Some(image) = scope.subject.image.as_deref() else { return false };
    let inside = inside_volume(image);
    let signed = signatures.get(&inside.to_lowercase()).is_some_and(Signature::valid);
    signed && !scope.book.fits("user_writable", inside) && !scope.runs_foreign_code()
}

fn said(told: &Answered, key: &str) -> Phrase {
    let note = if told.answer.note.trim().is_empty() { "-".to_owned() } else { snip(&told.answer.note) };
    let phrase = Phrase::new(key).with("from", snip(&told.answer.from)).with("note", note);
    phrase.with("by", told.recorded_by.as_str()).with("at", told.answer.at.to_string())
}
