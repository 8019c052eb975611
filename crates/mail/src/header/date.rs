//! The date of a mail, with the offset in which it was written.

use jiff::Zoned;
use jiff::fmt::rfc2822::DateTimeParser;

static PARSER: DateTimeParser = DateTimeParser::new().relaxed_weekday(true);

/// Reads a date (RFC 5322), or what some programs write instead.
pub(crate) fn date(value: &[u8]) -> Option<Zoned> {
    let text = String::from_utf8_lossy(value.get(..value.len().min(200))?).into_owned();
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.is_empty() {
        return None;
    }
    let without_comment = text.split('(').next().unwrap_or_default().trim();
    let written = [text.as_str(), without_comment];
    let standard = written.iter().find_map(|text| PARSER.parse_zoned(text).ok());
    standard.or_else(|| {
        ["%Y-%m-%d %H:%M:%S %z", "%Y-%m-%dT%H:%M:%S%:z", "%d %b %Y %H:%M:%S %z", "%a, %d %b %y %H:%M:%S %z"]
            .iter()
            .find_map(|form| Zoned::strptime(form, without_comment).ok())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_as_they_come() {
        for (text, expected) in [
            ("Thu, 14 Mar 2024 10:00:00 +0900 (JST)", "2024-03-14T10:00:00+09:00[+09:00]"),
            ("Mon, 14 Mar 2024 10:00:00 +0900", "2024-03-14T10:00:00+09:00[+09:00]"),
            ("14 Mar 2024 10:00 +0000", "2024-03-14T10:00:00+00:00[UTC]"),
            ("2024-03-14 10:00:00 +0900", "2024-03-14T10:00:00+09:00[+09:00]"),
        ] {
            assert_eq!(date(text.as_bytes()).map(|date| date.to_string()).as_deref(), Some(expected), "{text}");
        }
        for text in ["", "Wed ", "yesterday", "Thu, 99 Mar 2024 10:00:00 +0900"] {
            assert_eq!(date(text.as_bytes()), None, "{text}");
        }
    }
}
