//! Text made comparable: full-width and half-width, upper and lower case, with and without blanks are one.

use unicode_normalization::UnicodeNormalization as _;

/// NFKC, lower case, dashes and quotes as in ASCII.
pub(crate) fn folded(text: &str) -> String {
    let plain = text.nfkc().flat_map(char::to_lowercase);
    plain
        .map(|letter| match letter {
            '‐' | '‑' | '‒' | '–' | '—' | '―' | '−' | '─' => '-',
            '〜' | '∼' => '~',
            '’' | '‘' | '＇' => '\'',
            other => other,
        })
        .collect()
}

/// The same without blanks.
pub(crate) fn squeezed(text: &str) -> String {
    folded(text).chars().filter(|letter| !letter.is_whitespace()).collect()
}

/// Full-width digits and signs as ASCII, otherwise as written.
pub(crate) fn narrowed(text: &str) -> String {
    text.nfkc()
        .map(|letter| match letter {
            '‐' | '‑' | '‒' | '–' | '—' | '―' | '−' | '─' => '-',
            other => other,
        })
        .collect()
}

/// Whether a word stands in a folded text: as it is, and where it begins or ends in ASCII, not inside of another word.
pub(crate) fn find_word(text: &str, word: &str) -> Option<usize> {
    let mut from = 0;
    while let Some(found) = text.get(from..).and_then(|rest| rest.find(word)) {
        let (start, end) = (from + found, from + found + word.len());
        let before = text.get(..start).and_then(|before| before.chars().next_back());
        let after = text.get(end..).and_then(|after| after.chars().next());
        let joins = |inner: Option<char>, outer: Option<char>| {
            inner.is_some_and(|letter| letter.is_ascii_alphanumeric()) && outer.is_some_and(|letter| letter.is_ascii_alphanumeric())
        };
        if !joins(word.chars().next(), before) && !joins(word.chars().next_back(), after) {
            return Some(start);
        }
        from = end;
    }
    None
}

/// Whether any of the words stands in a folded text.
pub(crate) fn has_word(text: &str, words: &[String]) -> bool {
    words.iter().any(|word| find_word(text, word).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_whole() {
        assert_eq!(find_word("the latest est.", "est"), Some(11));
        assert_eq!(find_word("10時jstです", "jst"), Some(5));
        assert_eq!(find_word("urgently", "urgent"), None);
        assert_eq!(folded("ＪＳＴ　１０：００"), "jst 10:00");
        assert_eq!(squeezed(" Contact　Name "), "contactname");
        assert_eq!(narrowed("０３−１２３４"), "03-1234");
    }
}
