//! Addresses. They are split before anything is decoded: a name that holds `<a@b>` in an encoded word is a name.

use serde::{Deserialize, Serialize};

use super::word;

/// Somebody's address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    /// The name, decoded; empty where there is none.
    pub name: String,
    /// The address as written.
    pub email: String,
}

/// Reads a list of addresses; groups are opened.
pub(crate) fn addresses(value: &[u8], most: usize) -> Vec<Address> {
    entries(value).iter().filter_map(address).take(most).collect()
}

/// An entry: what stands outside and inside of the angle brackets, and in comments.
#[derive(Debug, Default)]
struct Entry {
    outside: Vec<u8>,
    inside: Option<Vec<u8>>,
    comment: Vec<u8>,
}

fn entries(value: &[u8]) -> Vec<Entry> {
    let mut entries = vec![Entry::default()];
    let (mut quoted, mut escaped, mut depth, mut angle) = (false, false, 0_u32, false);
    let (mut shifted, mut kept) = (false, 0);
    for (at, byte) in value.iter().enumerate() {
        let Some(entry) = entries.last_mut() else { break };
        // Raw ISO-2022-JP: brackets and quotes may be halves of letters.
        if let Some([0x1b, first @ (b'$' | b'('), _]) = value.get(at..at + 3) {
            (shifted, kept) = (*first == b'$', 3);
        }
        if shifted || kept > 0 {
            kept = usize::saturating_sub(kept, 1);
            if angle {
                entry.inside.get_or_insert_default().push(*byte)
            } else {
                entry.outside.push(*byte)
            }
            continue;
        }
        if escaped {
            escaped = false;
            entry.outside.push(*byte);
            continue;
        }
        match byte {
            b'\\' if quoted || depth > 0 => escaped = true,
            b'"' if depth == 0 && !angle => quoted = !quoted,
            _ if quoted => entry.outside.push(*byte),
            b'(' if !angle => depth += 1,
            b')' if depth > 0 => depth -= 1,
            _ if depth > 0 => entry.comment.push(*byte),
            b'<' if !angle => {
                angle = true;
                entry.inside = Some(Vec::new());
            }
            b'>' if angle => angle = false,
            b',' | b';' if !angle => entries.push(Entry::default()),
            // The name of a group.
            b':' if !angle && !entry.outside.contains(&b'@') => entry.outside.clear(),
            other if angle => entry.inside.get_or_insert_default().push(*other),
            other => entry.outside.push(*other),
        }
    }
    entries
}

fn address(entry: &Entry) -> Option<Address> {
    let outside = word::decoded(entry.outside.trim_ascii()).text;
    let (name, email) = match &entry.inside {
        Some(inside) => (outside, plain(inside)),
        None => (word::decoded(entry.comment.trim_ascii()).text, plain(&entry.outside)),
    };
    (!name.is_empty() || !email.is_empty()).then_some(Address { name, email })
}

fn plain(bytes: &[u8]) -> String {
    let text = word::decoded(bytes.trim_ascii()).text;
    text.chars().filter(|letter| !letter.is_whitespace()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(value: &str, expected: &[(&str, &str)]) {
        let read = addresses(value.as_bytes(), 10);
        let read: Vec<(&str, &str)> = read.iter().map(|one| (one.name.as_str(), one.email.as_str())).collect();
        assert_eq!(read, expected, "{value}");
    }

    #[test]
    fn addresses_are_read_as_they_come() {
        check("a@example.jp", &[("", "a@example.jp")]);
        check("\"Sato, Taro\" <t@example.jp>, b@example.jp (B)", &[("Sato, Taro", "t@example.jp"), ("B", "b@example.jp")]);
        check("team: a@example.jp, <b@example.jp>;", &[("", "a@example.jp"), ("", "b@example.jp")]);
        check("=?utf-8?B?5L2Q6Jek?= <t@example.jp>", &[("佐藤", "t@example.jp")]);
        check("=?utf-8?Q?x_=3Ceve=40example=2Ejp=3E?= <real@example.com>", &[("x <eve@example.jp>", "real@example.com")]);
        check("<>", &[]);
        check("\"open <a@b", &[("", "open<a@b")]);
    }
}
