//! One of few: what was ticked, or the word that was written.

use super::book::Choices;
use super::fold::{find_word, folded};

const TICKED: &[&str] = &[
    "[x]", "[*]", "[v]", "[レ]", "[✓]", "[✔]", "[○]", "[●]", "(x)", "(*)", "(●)", "(○)", "☑", "☒", "✓", "✔", "✅", "🗹", "■", "●", "◉",
    "レ点",
];
const EMPTY: &[&str] = &["[ ]", "[]", "[　]", "( )", "()", "(　)", "☐", "□", "◯", "▢", "⬜"];
const CIRCLE: &str = "○";

/// The place of the choice that a value makes; none where it makes none, or several.
pub(crate) fn choose(value: &str, choices: &Choices) -> Option<usize> {
    let text = folded(&value.chars().take(2000).collect::<String>());
    let pieces = ticked(&text);
    if let Some(ticked) = pieces {
        return only(&ticked.join(" / "), choices);
    }
    let bare = without_brackets(&text);
    let first = bare.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    only(first, choices).or_else(|| only(&bare, choices)).or_else(|| only(&text, choices))
}

/// The texts behind ticks, where there is any mark of a box.
fn ticked(text: &str) -> Option<Vec<String>> {
    let mut marks: Vec<(usize, usize, bool)> = Vec::new();
    let mut add = |mark: &str, ticks: bool| marks.extend(text.match_indices(mark).map(|(at, mark)| (at, at + mark.len(), ticks)));
    TICKED.iter().for_each(|mark| add(mark, true));
    EMPTY.iter().for_each(|mark| add(mark, false));
    let filled = marks.iter().any(|(.., ticks)| *ticks);
    // A circle is a tick, unless it stands beside a better one, or everywhere.
    let circles: Vec<usize> = text.match_indices(CIRCLE).map(|(at, _)| at).collect();
    let circle_ticks = !filled && circles.len() == 1;
    marks.extend(circles.into_iter().map(|at| (at, at + CIRCLE.len(), circle_ticks)));
    marks.sort_unstable();
    let (first, ..) = marks.first()?;
    if circle_ticks {
        // A circle beside no other mark ticks the word behind it.
        let behind = text.get(*first..).unwrap_or_default().trim_start_matches([' ', '\u{25cb}']);
        return Some(vec![behind.split([' ', '/', '・', ',', '、', '|', '\n']).next().unwrap_or_default().to_owned()]);
    }
    if !marks.iter().any(|(.., ticks)| *ticks) {
        return Some(Vec::new());
    }
    let before = !text.get(..*first).unwrap_or_default().trim().is_empty();
    let piece = |place: usize, (start, end, _): &(usize, usize, bool)| {
        let text = match before {
            true => text.get(place.checked_sub(1).and_then(|last| marks.get(last)).map_or(0, |(_, end, _)| *end)..*start),
            false => text.get(*end..marks.get(place + 1).map_or(text.len(), |(next, ..)| *next)),
        };
        text.unwrap_or_default().to_owned()
    };
    Some(marks.iter().enumerate().filter(|(_, (.., ticks))| *ticks).map(|(place, mark)| piece(place, mark)).collect())
}

/// The one choice that a text names. Longer words are taken first and are gone then.
fn only(text: &str, choices: &Choices) -> Option<usize> {
    let mut left = text.to_owned();
    let mut chosen: Option<usize> = None;
    for (word, choice) in &choices.0 {
        while let Some(at) = find_word(&left, word) {
            left.replace_range(at..at + word.len(), &" ".repeat(word.len()));
            match (choice, chosen) {
                (Some(choice), None) => chosen = Some(*choice),
                (Some(choice), Some(other)) if other != *choice => return None,
                _ => {}
            }
        }
    }
    chosen
}

fn without_brackets(text: &str) -> String {
    let mut depth = 0_i32;
    let mut out = String::new();
    for letter in text.chars() {
        match letter {
            '(' | '[' | '【' => depth += 1,
            ')' | ']' | '】' => depth -= 1,
            letter if depth <= 0 => out.push(letter),
            _ => {}
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use hikeshi_domain::playbook::Files;

    use super::super::book::Book;
    use super::*;

    // covers: S0-79, S0-82, S0-84
    #[test]
    fn a_choice_is_what_was_ticked_or_written() {
        let book = Book::load(&Files::shipped()).unwrap();
        let service = |value: &str| choose(value, &book.service);
        let urgency = |value: &str| choose(value, &book.urgency);
        let state = |value: &str| choose(value, &book.state);
        for emergency in [
            "Emergency",
            "緊急",
            "緊急インシデント対応",
            "[x] Emergency [ ] Proactive",
            "☑緊急 □事前",
            "□事前対応\n■緊急対応",
            "ＥＭＥＲＧＥＮＣＹ",
            "Emergency (not proactive)",
            "事前 □ / 緊急 ☑",
            "○緊急 事前",
        ] {
            assert_eq!(service(emergency), Some(0), "{emergency}");
        }
        for proactive in ["proactive", "事前対応サービス", "緊急ではなく事前対応", "( ) emergency (x) proactive", "プロアクティブ"]
        {
            assert_eq!(service(proactive), Some(1), "{proactive}");
        }
        for open in ["Emergency / Proactive", "緊急・事前", "□緊急 □事前", "[ ] Emergency [ ] Proactive", "later", "○緊急 ○事前"]
        {
            assert_eq!(service(open), None, "{open}");
        }
        for urgent in ["Urgent", "緊急", "至急", "高", "Yes", "urgent!!"] {
            assert_eq!(urgency(urgent), Some(0), "{urgent}");
        }
        for calm in [
            "Non-urgent",
            "not urgent",
            "緊急ではない",
            "非緊急",
            "通常",
            "急ぎではありません",
            "緊急ではありません",
            "緊急性は高くない",
            "low",
            "No",
        ] {
            assert_eq!(urgency(calm), Some(1), "{calm}");
        }
        assert_eq!((urgency("緊急/緊急ではない"), urgency("urgent or not urgent")), (None, None));
        assert_eq!(
            (state("発生中"), state("Ongoing (partially contained)"), state("未封じ込め"), state("not contained yet")),
            (Some(0), Some(0), Some(0), Some(0))
        );
        assert_eq!((state("封じ込め済み"), state("Contained."), state("封じ込め済みです")), (Some(1), Some(1), Some(1)));
        assert_eq!((state("将来的な脅威"), state("future threat"), state("なにか")), (Some(2), Some(2), None));
    }
}
