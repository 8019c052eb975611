//! The language of an answer: what the client asks for, Japanese where it asks for neither.

use axum::http::HeaderMap;
use axum::http::header::ACCEPT_LANGUAGE;
use hikeshi_domain::phrase::Language;

/// The language that the client prefers, else Japanese.
pub(crate) fn accepted_language(headers: &HeaderMap) -> Language {
    asked_language(headers).unwrap_or(Language::Ja)
}

/// The language that the client asks for (`Accept-Language`, first of `ja` and `en` by its order; weights are rarely sent out of order).
pub(crate) fn asked_language(headers: &HeaderMap) -> Option<Language> {
    let wanted = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let first =
        wanted.split(',').map(|part| part.trim().to_ascii_lowercase()).find(|part| part.starts_with("ja") || part.starts_with("en"));
    first.map(|part| if part.starts_with("en") { Language::En } else { Language::Ja })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(header: &str, expected: Language) {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT_LANGUAGE, header.parse().unwrap());
        assert_eq!(accepted_language(&headers), expected, "{header}");
    }

    #[test]
    fn the_first_known_language_wins() {
        check("ja", Language::Ja);
        check("en-US,en;q=0.9,ja;q=0.8", Language::En);
        check("fr,ja;q=0.8,en;q=0.7", Language::Ja);
        check("de", Language::Ja);
    }
}
