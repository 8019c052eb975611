//! What must be seen before a rule can match: one set of literals, one of which occurs in every record that the rule matches.
//!
//! Among the conditions that a rule joins by *and*, the one whose literals are rarest is taken. Rarity is how much a literal says
//! and how many rules mention it: a condition that every rule shares is a poor index.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::expr::Expr;
use crate::pattern::{Part, Pattern};
use crate::predicate::{FieldId, Predicate, Test};
use crate::text::information;

/// Where in the text the literal must stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Place {
    Whole,
    Start,
    End,
    Within,
}

/// A literal to look for in one field. Empty and `Within`: the field has any value.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Witness {
    pub(crate) field: FieldId,
    pub(crate) place: Place,
    pub(crate) bytes: Box<[u8]>,
}

impl Witness {
    fn presence(field: FieldId) -> Witness {
        Witness { field, place: Place::Within, bytes: Box::default() }
    }
}

/// Texts so common in Windows logs that finding a part of them says little.
const COMMON: [&str; 10] = [
    r"c:\windows\system32\",
    r"c:\windows\syswow64\",
    r"c:\program files (x86)\",
    r"c:\users\",
    r"\appdata\local\temp\",
    r"hklm\software\microsoft\windows nt\currentversion\",
    r"hkcu\software\microsoft\windows\currentversion\",
    r"hklm\system\currentcontrolset\services\",
    r".exe .dll .ps1 http:// https:// -c /c ",
    r"microsoft corporation",
];
/// The chance given to a part of a common text, and to the mere presence of a field.
const COMMON_CHANCE: f64 = 0.3;
const PRESENCE_CHANCE: f64 = 0.5;
/// How much of the chance comes from the share of rules that mention the literal.
const SHARE_WEIGHT: f64 = 0.3;

/// A set of literals, one of which occurs in every match, and how often that is to be expected.
#[derive(Debug, Clone)]
pub(crate) struct Choice {
    pub(crate) chance: f64,
    pub(crate) witnesses: Vec<Witness>,
}

/// Chooses for each rule of a set.
pub(crate) struct Chooser<'p> {
    predicates: &'p [Predicate],
    regex_literals: &'p [Option<Vec<Vec<u8>>>],
    mentions: HashMap<Witness, u32>,
    rules: f64,
}

impl<'p> Chooser<'p> {
    /// Counts how many rules mention each literal.
    pub(crate) fn new(predicates: &'p [Predicate], regex_literals: &'p [Option<Vec<Vec<u8>>>], rules: &[Expr]) -> Chooser<'p> {
        let mut chooser = Chooser { predicates, regex_literals, mentions: HashMap::new(), rules: rules.len().max(1) as f64 };
        for rule in rules {
            rule.tests(&mut |id| {
                for witness in chooser.of_test(id).unwrap_or_default() {
                    *chooser.mentions.entry(witness).or_insert(0) += 1;
                }
            });
        }
        chooser
    }

    /// The rarest set; `None` if the rule may match a record that holds nothing in particular.
    pub(crate) fn choose(&self, expr: &Expr) -> Option<Choice> {
        match expr {
            Expr::Const(false) => Some(Choice { chance: 0.0, witnesses: Vec::new() }),
            Expr::Const(true) | Expr::Not(_) => None,
            Expr::Test(id) => self.of_test(*id).map(|witnesses| {
                let chance = witnesses.iter().map(|witness| self.chance(witness)).sum();
                Choice { chance, witnesses }
            }),
            Expr::All(parts) => {
                let choices = parts.iter().filter_map(|part| self.choose(part));
                choices.min_by(|a, b| a.chance.total_cmp(&b.chance).then(a.witnesses.len().cmp(&b.witnesses.len())))
            }
            Expr::Any(parts) => self.union(parts, parts.len()),
            // Any n of m that hold include one of any m − n + 1 of them.
            Expr::AtLeast(wanted, parts) => match (parts.len() + 1).checked_sub(*wanted as usize) {
                Some(enough) if *wanted > 0 => self.union(parts, enough),
                Some(_) => None,
                None => Some(Choice { chance: 0.0, witnesses: Vec::new() }),
            },
        }
    }

    /// The union over the `enough` parts that are rarest.
    fn union(&self, parts: &[Expr], enough: usize) -> Option<Choice> {
        let mut choices: Vec<Choice> = parts.iter().filter_map(|part| self.choose(part)).collect();
        if choices.len() < enough {
            return None;
        }
        choices.sort_by(|a, b| a.chance.total_cmp(&b.chance));
        choices.truncate(enough);
        let chance = choices.iter().map(|choice| choice.chance).sum();
        let mut witnesses: Vec<Witness> = choices.into_iter().flat_map(|choice| choice.witnesses).collect();
        witnesses.sort_unstable();
        witnesses.dedup();
        Some(Choice { chance, witnesses })
    }

    fn chance(&self, witness: &Witness) -> f64 {
        if witness.bytes.is_empty() {
            return PRESENCE_CHANCE;
        }
        let share = f64::from(self.mentions.get(witness).copied().unwrap_or(1)) / self.rules * SHARE_WEIGHT;
        let within_common = COMMON.iter().any(|common| memchr::memmem::find(common.as_bytes(), &witness.bytes).is_some());
        if within_common && witness.place != Place::Whole {
            return COMMON_CHANCE + share;
        }
        let bits: u32 = witness.bytes.iter().map(|byte| information(*byte)).sum();
        (-f64::from(bits.min(60)) / 2.0).exp2() + share
    }

    /// The literals of one predicate; `None` if it can hold without any.
    fn of_test(&self, id: u32) -> Option<Vec<Witness>> {
        let predicate = self.predicates.get(id as usize)?;
        let field = predicate.field;
        match &predicate.test {
            Test::EventId(_) | Test::Null | Test::Exists(false) => None,
            Test::Text { set, .. } => Some(set.patterns().map(|pattern| of_pattern(field, &pattern)).collect()),
            Test::Regex(ids) => Some(ids.iter().flat_map(|id| self.of_regex(field, *id)).collect()),
            Test::Cidr(_) | Test::Exists(true) | Test::Number(..) | Test::TimePart(..) | Test::SameAs { .. } => {
                Some(vec![Witness::presence(field)])
            }
        }
    }

    fn of_regex(&self, field: FieldId, id: u32) -> Vec<Witness> {
        match self.regex_literals.get(id as usize) {
            Some(Some(literals)) => {
                literals.iter().map(|literal| Witness { field, place: Place::Within, bytes: literal.clone().into() }).collect()
            }
            _ => vec![Witness::presence(field)],
        }
    }
}

/// Bytes of a cased pattern are folded: what occurs in the text as it stands occurs folded in the folded text.
fn of_pattern(field: FieldId, pattern: &Pattern) -> Witness {
    let witness = |place, bytes: &[u8]| {
        let bytes = String::from_utf8_lossy(bytes);
        Witness { field, place, bytes: crate::text::fold(&bytes).into() }
    };
    match pattern {
        Pattern::Any => Witness::presence(field),
        Pattern::Exact(text) if text.is_empty() => Witness::presence(field),
        Pattern::Exact(text) => witness(Place::Whole, text),
        Pattern::Prefix(text) => witness(Place::Start, text),
        Pattern::Suffix(text) => witness(Place::End, text),
        Pattern::Contains(needle) => witness(Place::Within, needle.bytes()),
        Pattern::Glob(parts) => {
            let said = |part: &&Part| match part {
                Part::Literal(needle) => needle.bytes().iter().map(|byte| information(*byte)).sum(),
                _ => 0u32,
            };
            match parts.iter().max_by_key(said) {
                Some(Part::Literal(needle)) => witness(Place::Within, needle.bytes()),
                _ => Witness::presence(field),
            }
        }
    }
}
