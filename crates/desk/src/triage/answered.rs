//! What people said of an alert, with the names of those who wrote it down.

use hikeshi_domain::alert::Alert;
use hikeshi_domain::answer::{Question, standing};
use hikeshi_domain::person::Person;
use hikeshi_record::Context;
use hikeshi_triage::Answered;

use crate::desk::Desk;
use crate::error::Result;

/// The answers that count, one a question.
pub(super) async fn answered(desk: &Desk, alert: &Alert) -> Result<Vec<Answered>> {
    let mut answered = Vec::new();
    for answer in Question::ALL.into_iter().filter_map(|question| standing(&alert.answers, question)) {
        let person = desk.store.get::<Person>(&Context::system("triage"), answer.by.0).await?;
        answered.push(Answered { answer: answer.clone(), recorded_by: person.name.clone() });
    }
    Ok(answered)
}
