//! What people said of an alert when they were asked: written down with who said it, kept beside earlier answers, weighed at once.

use hikeshi_access::Caller;
use hikeshi_domain::AlertId;
use hikeshi_domain::alert::Alert;
use hikeshi_domain::answer::{Answer, Question, Said, standing};
use hikeshi_record::{Change, Stored};

use super::work::{keep, load};
use crate::desk::Desk;
use crate::error::{Error, Result};
use crate::{triage, upon};

/// Longest name of who said it, in characters.
const LONGEST_FROM: usize = 100;
/// Longest note.
const LONGEST_NOTE: usize = 2_000;

/// An answer as it is written down.
#[derive(Debug, Clone)]
pub struct Told {
    /// What was asked.
    pub question: Question,
    /// What was said.
    pub said: Said,
    /// Who said it.
    pub from: String,
    /// In their words; may be empty.
    pub note: String,
}

/// Writes an answer down and has the alert looked at again. An earlier answer to the question stays, and counts no more.
///
/// # Errors
/// `Invalid` where nobody is named or a text is too long, and for a closed alert (reopen it first: its verdict is settled), `NotFound` and
/// `Forbidden` as for the alert, `Conflict` where somebody has acted on it or answered the same
/// question since `version`, or the machine's verdict is another one.
pub async fn answer(desk: &Desk, caller: &Caller, alert: AlertId, told: Told, version: u64) -> Result<Stored<Alert>> {
    upon::retried(|| answer_once(desk, caller, alert, &told, version)).await
}

async fn answer_once(desk: &Desk, caller: &Caller, alert: AlertId, told: &Told, version: u64) -> Result<Stored<Alert>> {
    let (context, alert) = load(desk, caller, alert, Some(version)).await?;
    // An answer that the writer did not see is not to be replaced unread.
    let answered = |one: &Alert, other: &Alert| standing(&one.answers, told.question) == standing(&other.answers, told.question);
    upon::unchanged(desk, &context, &alert, Some(version), answered).await?;
    let by = caller.person().ok_or_else(Error::unauthenticated)?;
    if alert.state.is_closed() {
        return Err(Error::invalid("error.alert_closed"));
    }
    let from = bounded(&told.from, "from", LONGEST_FROM)?;
    let note = bounded(&told.note, "note", LONGEST_NOTE)?;
    if from.is_empty() {
        return Err(Error::invalid("error.field_empty").with("field", "from"));
    }
    let reason = if note.is_empty() { from.clone() } else { format!("{from}: {note}") };
    let mut answered = alert.entity.clone();
    answered.note_answer(Answer { question: told.question, said: told.said, from, by, at: desk.now(), note });
    let action = format!("alert.answer.{}.{}", told.question.name(), told.said.name());
    let change = Change::new(action, reason).put(&answered, alert.expect()).enqueue(triage::job(alert.id));
    keep(desk, &context.within(alert.org), change, answered).await
}

fn bounded(text: &str, field: &str, most: usize) -> Result<String> {
    let text = text.trim();
    if text.chars().count() > most {
        return Err(Error::invalid("error.field_too_long").with("field", field).with("most", most.to_string()));
    }
    Ok(text.to_owned())
}
