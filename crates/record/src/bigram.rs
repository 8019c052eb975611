//! Text as it is searched: NFKC, lower case, spaces single; cut into pairs of characters, so that a Japanese word of two is found.

use std::collections::BTreeSet;

use unicode_normalization::UnicodeNormalization;

/// Longest search text of an entity, in characters; what comes after is not searched.
pub(crate) const LONGEST_TEXT: usize = 32_768;

/// Width and case folded away, every run of spaces made one.
pub(crate) fn normalise(text: &str) -> String {
    let folded: String = text.nfkc().flat_map(char::to_lowercase).nfkc().take(LONGEST_TEXT).collect();
    let words: Vec<&str> = folded.split(|c: char| c.is_whitespace() || c == '\0').filter(|word| !word.is_empty()).collect();
    words.join(" ")
}

/// The pairs of neighbouring characters of a normalised text; none across a space.
pub(crate) fn bigrams(normalised: &str) -> BTreeSet<String> {
    let mut pairs = BTreeSet::new();
    for word in normalised.split(' ') {
        let next = word.chars().skip(1);
        pairs.extend(word.chars().zip(next).map(|(first, second)| String::from_iter([first, second])));
    }
    pairs
}

/// A pattern for LIKE … ESCAPE '\' that finds the word anywhere.
pub(crate) fn like(word: &str) -> String {
    let escaped = word.replace('\\', r"\\").replace('%', r"\%").replace('_', r"\_");
    format!("%{escaped}%")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn width_case_and_spaces_do_not_count() {
        assert_eq!(normalise("  ＰｏｗｅｒShell\u{3000}ﾏﾙｳｪｱ\n㈱火消し "), "powershell マルウェア (株)火消し");
    }

    #[test]
    fn two_characters_are_one_pair() {
        assert_eq!(bigrams("漏洩 a"), BTreeSet::from(["漏洩".to_owned()]));
    }

    proptest! {
        #[test]
        fn every_part_of_a_text_has_only_pairs_of_the_text(text in "\\PC{0,60}", from in 0_usize..60, length in 2_usize..20) {
            let whole = normalise(&text);
            let part: String = whole.chars().skip(from).take(length).collect();
            prop_assert!(bigrams(&part).is_subset(&bigrams(&whole)));
        }

        #[test]
        fn folding_twice_changes_nothing(text in "\\PC{0,60}") {
            let once = normalise(&text);
            prop_assert_eq!(normalise(&once), once);
        }
    }
}
