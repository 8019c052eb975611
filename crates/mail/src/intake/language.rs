//! In which of the desk's languages somebody wrote.

use hikeshi_domain::phrase::Language;

/// The language of a text: Japanese where enough of its letters are, since Japanese text holds addresses, names and hashes in Latin letters.
pub(crate) fn language<'t>(lines: impl Iterator<Item = &'t str>, japanese_charset: bool) -> Language {
    let (mut kana, mut han, mut latin) = (0_usize, 0_usize, 0_usize);
    for line in lines {
        for word in line.split_whitespace().filter(|word| !is_technical(word)) {
            for letter in word.chars() {
                match letter {
                    'ぁ'..='ん' | 'ァ'..='ヶ' | 'ｦ'..='ﾟ' => kana += 1,
                    '\u{4e00}'..='\u{9fff}' | '々' => han += 1,
                    letter if letter.is_alphabetic() => latin += 1,
                    _ => {}
                }
            }
        }
    }
    // A Japanese letter says about as much as three Latin ones; a name alone in an English letter does not make it Japanese.
    let japanese = kana + han;
    let most_is = japanese * 3 >= latin && japanese > 0;
    match (most_is, japanese + latin) {
        (_, 0) if !japanese_charset => Language::En,
        (_, 0) | (true, _) => Language::Ja,
        _ if kana >= 40 => Language::Ja,
        _ => Language::En,
    }
}

/// Addresses, links, hashes, paths.
fn is_technical(word: &str) -> bool {
    let signs = word.contains(['@', '/', '\\', '_']) && word.is_ascii();
    let hash = word.len() >= 16 && word.chars().all(|letter| letter.is_ascii_alphanumeric());
    signs || hash
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_is_that_of_most_letters() {
        let of = |text: &str| language(text.lines(), false);
        assert_eq!(of("組織名: Example Holdings International\n内容: 調査をお願いします。"), Language::Ja);
        assert_eq!(of("Organization: 株式会社ひけし\nPlease call us about the incident in our Tokyo office."), Language::En);
        assert_eq!(of("至急"), Language::Ja);
        assert_eq!((of(""), language("".lines(), true)), (Language::En, Language::Ja));
    }
}
