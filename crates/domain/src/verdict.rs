//! The verdict: a rule on evidence, not an opinion.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::phrase::Phrase;
use crate::triage::EventRef;

/// Exactly three grades (S3-26).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// 過検知・誤検知: over-detection or false detection (S3-30).
    White,
    /// 要調査: investigation needed (S3-29).
    Grey,
    /// 明らかな脅威: a clear threat (S3-28).
    Black,
}

impl Verdict {
    /// The word in JSON, URL and log.
    pub const fn name(self) -> &'static str {
        match self {
            Verdict::White => "white",
            Verdict::Grey => "grey",
            Verdict::Black => "black",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Evidence of one family is one kind of reason; a verdict needs two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Family {
    /// What the file is known as: hash lists, exception list.
    Identity,
    /// Signature and publisher.
    Signature,
    /// Where it lies and what it is called.
    Path,
    /// How many machines have it, since when.
    Prevalence,
    /// How it came.
    Origin,
    /// Who started it.
    Parent,
    /// Tools of the system turned against it, hidden commands.
    LivingOffTheLand,
    /// Ways to stay.
    Persistence,
    /// Blinding of defences.
    DefenceEvasion,
    /// Theft of credentials.
    CredentialAccess,
    /// Injection into other processes.
    Injection,
    /// Communication.
    Network,
    /// Behaviour in bulk: encryption, spreading.
    Behaviour,
    /// What products and rules said.
    Detection,
    /// What the user said.
    User,
}

/// One item of evidence, weighed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// The item's id in `playbook/verdict`, e.g. `E19`.
    pub id: String,
    /// Its family.
    pub family: Family,
    /// Points: positive toward malicious.
    pub points: i32,
    /// Why, in words.
    pub reason: Phrase,
    /// The events that show it, most telling first.
    pub events: Vec<EventRef>,
}

/// Something that would have been weighed, had it been known.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Unknown {
    /// The item's id in `playbook/verdict`.
    pub id: String,
    /// What is not known and why.
    pub reason: Phrase,
}

/// The grade with what it rests on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Judgement {
    /// The grade.
    pub verdict: Verdict,
    /// Sum of points.
    pub score: i32,
    /// Families that point the verdict's way (for grey: all with points), ascending.
    pub families: Vec<Family>,
    /// Which rule of `playbook/verdict` gave the grade, in words: the band, or what forbade a clearer grade.
    pub rule: Phrase,
}
