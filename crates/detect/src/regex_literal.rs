//! The literal that every text matched by a regular expression must hold, folded: what lets an expression be indexed.

use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Class, Hir, HirKind};

use crate::regexes::Expression;
use crate::text::{fold, information};

/// More alternatives than this are no help.
const MAX_ALTERNATIVES: usize = 64;

/// Alternatives, one of which occurs in every match; `None` if nothing certain can be said.
pub(crate) fn required(expression: &Expression) -> Option<Vec<Vec<u8>>> {
    let mut builder = ParserBuilder::new();
    builder.case_insensitive(expression.ignore_case).multi_line(expression.multi_line).dot_matches_new_line(expression.dot_all);
    let hir = builder.build().parse(&expression.source).ok()?;
    best(&hir)
}

fn best(hir: &Hir) -> Option<Vec<Vec<u8>>> {
    match hir.kind() {
        HirKind::Capture(capture) => best(&capture.sub),
        HirKind::Repetition(repetition) if repetition.min > 0 => best(&repetition.sub),
        HirKind::Alternation(parts) => {
            let mut all = Vec::new();
            for part in parts {
                all.extend(best(part)?);
            }
            (all.len() <= MAX_ALTERNATIVES).then_some(all)
        }
        HirKind::Concat(parts) => concat(parts),
        _ => folded_literal(hir).filter(|text| !text.is_empty()).map(|text| vec![text]),
    }
}

/// The best of the runs of literals and of the other parts.
fn concat(parts: &[Hir]) -> Option<Vec<Vec<u8>>> {
    let mut choices: Vec<Vec<Vec<u8>>> = Vec::new();
    let mut run = Vec::new();
    for part in parts {
        match folded_literal(part) {
            Some(text) => run.extend(text),
            None => {
                choices.push(vec![std::mem::take(&mut run)]);
                choices.extend(best(part));
            }
        }
    }
    choices.push(vec![run]);
    choices.retain(|choice| choice.iter().all(|text| !text.is_empty()));
    choices.into_iter().max_by_key(|choice| weakest(choice))
}

fn weakest(choice: &[Vec<u8>]) -> u32 {
    let bits = |text: &Vec<u8>| text.iter().map(|byte| information(*byte)).sum::<u32>();
    choice.iter().map(bits).min().unwrap_or(0)
}

/// The folded text, if this part matches one text only but for case.
fn folded_literal(hir: &Hir) -> Option<Vec<u8>> {
    match hir.kind() {
        HirKind::Empty => Some(Vec::new()),
        HirKind::Literal(literal) => std::str::from_utf8(&literal.0).ok().map(fold),
        HirKind::Capture(capture) => folded_literal(&capture.sub),
        HirKind::Class(Class::Unicode(class)) => {
            let mut characters = class.ranges().iter().flat_map(|range| range.start()..=range.end());
            let first = fold(&characters.next()?.to_string());
            let few = class.ranges().iter().all(|range| u32::from(range.end()) - u32::from(range.start()) < 4);
            (few && characters.all(|character| fold(&character.to_string()) == first)).then_some(first)
        }
        HirKind::Concat(parts) => parts.iter().map(folded_literal).collect::<Option<Vec<_>>>().map(|parts| parts.concat()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(source: &str, ignore_case: bool, expected: Option<&[&str]>) {
        let expression = Expression { source: source.to_owned(), ignore_case, multi_line: false, dot_all: false };
        let found = required(&expression);
        let found = found.as_ref().map(|texts| texts.iter().map(|text| std::str::from_utf8(text).unwrap()).collect::<Vec<_>>());
        assert_eq!(found.as_deref(), expected, "{source}");
    }

    #[test]
    fn literals_that_must_be_there() {
        check(r"net1?\s+user", false, Some(&["user"]));
        check(r"(Foo|Bar)baz", false, Some(&["baz"]));
        check(r"(Fooo|Barr)\d", false, Some(&["fooo", "barr"]));
        check(r"Invoke-\w+", true, Some(&["invoke-"]));
        check(r"a*b*", false, None);
        check(r"(?:abc)+", false, Some(&["abc"]));
        check(r"[a-z]{3}", false, None);
        check(r"x|.*", false, None);
    }
}
