//! What people said of an alert when they were asked: whether it was meant, and whether it was announced, stands in no log (S3-61, S3-63).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::id::PersonId;

/// Most answers that an alert keeps, the latest.
pub const MOST_ANSWERS: usize = 100;

/// What was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Question {
    /// Did the user of the endpoint keep or run it on purpose? (E37, E38)
    OnPurpose,
    /// Is it a new version of a business application, or work, that was announced beforehand? (E36)
    Announced,
}

impl Question {
    /// Every question, in the order in which it is asked.
    pub const ALL: [Question; 2] = [Question::OnPurpose, Question::Announced];

    /// The word in JSON and URL.
    pub const fn name(self) -> &'static str {
        match self {
            Question::OnPurpose => "on_purpose",
            Question::Announced => "announced",
        }
    }
}

/// What was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Said {
    /// It is so.
    Yes,
    /// It is not so.
    No,
    /// Asked, and does not know; also takes an earlier answer back.
    DoesNotKnow,
}

impl Said {
    /// Every answer.
    pub const ALL: [Said; 3] = [Said::Yes, Said::No, Said::DoesNotKnow];

    /// The word in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Said::Yes => "yes",
            Said::No => "no",
            Said::DoesNotKnow => "does_not_know",
        }
    }
}

/// One answer. A later one on the same question counts instead of it; both stay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// What was asked.
    pub question: Question,
    /// What was said.
    pub said: Said,
    /// Who said it, as the desk knows them: a name, a department.
    pub from: String,
    /// Whom the desk holds answerable: who wrote it down.
    pub by: PersonId,
    /// When it was written down.
    pub at: Timestamp,
    /// In their words: what for, since when.
    pub note: String,
}

/// The answer to the question that counts: the latest.
pub fn standing(answers: &[Answer], question: Question) -> Option<&Answer> {
    answers.iter().filter(|answer| answer.question == question).max_by_key(|answer| answer.at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_answer_counts_and_the_words_are_those_of_json() {
        let answer = |question, said, second| Answer {
            question,
            said,
            from: "A".into(),
            by: PersonId(uuid::Uuid::nil()),
            at: Timestamp::from_second(second).unwrap(),
            note: String::new(),
        };
        let answers = [
            answer(Question::OnPurpose, Said::No, 2),
            answer(Question::OnPurpose, Said::Yes, 1),
            answer(Question::Announced, Said::DoesNotKnow, 3),
        ];
        assert_eq!(standing(&answers, Question::OnPurpose).map(|answer| answer.said), Some(Said::No));
        assert_eq!(standing(&answers[..2], Question::Announced), None);
        for question in Question::ALL {
            assert_eq!(serde_json::to_value(question).unwrap(), question.name());
        }
        for said in Said::ALL {
            assert_eq!(serde_json::to_value(said).unwrap(), said.name());
        }
    }
}
