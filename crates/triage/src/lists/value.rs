//! One indicator as people write it: a hash, a domain, an address or a network, defanged or not.

use std::net::{IpAddr, SocketAddr};

/// Longest name that the domain name system knows.
const LONGEST_NAME: usize = 253;
const LONGEST_LABEL: usize = 63;
/// Networks wider than this name half the world; what they would accuse or clear says nothing.
const WIDEST_V4: u8 = 8;
const WIDEST_V6: u8 = 16;

/// What lists hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    Md5([u8; 16]),
    Sha1([u8; 20]),
    Sha256([u8; 32]),
    /// A domain in lower case; `below`: everything under it too.
    Name {
        name: String,
        below: bool,
    },
    /// An address is a network of its full length. IPv4 stands mapped into IPv6.
    Network {
        network: u128,
        length: u8,
    },
}

/// Why a text is no indicator: the end of a phrase's key, `list.defect.…`.
pub(super) type Reason = &'static str;

/// Hashes of the empty file, which stand in many lists by mistake: every empty file would be accused.
const EMPTY: [&str; 3] = [
    "d41d8cd98f00b204e9800998ecf8427e",
    "da39a3ee5e6b4b0d3255bfef95601890afd80709",
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
];

/// The indicator that a text names.
pub(super) fn value(text: &str) -> Result<Value, Reason> {
    let text = text.trim().trim_matches(['"', '\'']).trim();
    if text.is_empty() {
        return Err("empty");
    }
    if let Some(hash) = hash(text)? {
        return Ok(hash);
    }
    let text = refanged(text);
    let text = host_of_url(&text)?;
    match network(text)? {
        Some(network) => Ok(network),
        None => name(text),
    }
}

fn hash(text: &str) -> Result<Option<Value>, Reason> {
    let prefixed = text.split_once(':').filter(|(kind, _)| ["md5", "sha1", "sha256"].contains(&kind.to_ascii_lowercase().as_str()));
    let digits = prefixed.map_or(text, |(_, digits)| digits.trim());
    if digits.len() < 16 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return if prefixed.is_some() { Err("hash_length") } else { Ok(None) };
    }
    if EMPTY.iter().any(|empty| empty.eq_ignore_ascii_case(digits)) {
        return Err("empty_file");
    }
    let hash = match digits.len() {
        32 => bytes(digits).map(Value::Md5),
        40 => bytes(digits).map(Value::Sha1),
        64 => bytes(digits).map(Value::Sha256),
        _ => None,
    };
    hash.map(Some).ok_or("hash_length")
}

/// The bytes of exactly `2 N` hexadecimal digits.
pub(super) fn bytes<const N: usize>(digits: &str) -> Option<[u8; N]> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    };
    let mut bytes = [0; N];
    if digits.len() != 2 * N {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(digits.as_bytes().chunks_exact(2)) {
        let [high, low] = pair else { return None };
        *byte = digit(*high)? << 4 | digit(*low)?;
    }
    Some(bytes)
}

/// Undoes what keeps an indicator from being clicked: `hxxp`, `[.]`, `(dot)`, `[:]`, a full stop of full width.
fn refanged(text: &str) -> String {
    const MARKS: [(&str, &str); 12] = [
        ("[://]", "://"),
        ("[:]", ":"),
        ("[.]", "."),
        ("(.)", "."),
        ("{.}", "."),
        ("[dot]", "."),
        ("(dot)", "."),
        ("{dot}", "."),
        ("[/]", "/"),
        ("。", "."),
        ("．", "."),
        ("\\.", "."),
    ];
    let mut text = text.to_lowercase();
    for (mark, meant) in MARKS {
        if text.contains(mark) {
            text = text.replace(mark, meant);
        }
    }
    match text.strip_prefix("hxxp") {
        Some(rest) => format!("http{rest}"),
        None => text,
    }
}

/// The host of an address that names nothing but the host. A page of a host must not stand for the host: half the web shares hosts.
fn host_of_url(text: &str) -> Result<&str, Reason> {
    let Some((scheme, rest)) = text.split_once("://") else { return Ok(text) };
    if scheme.is_empty() || !scheme.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err("unknown");
    }
    let (host, page) = rest.split_once(['/', '?', '#']).unwrap_or((rest, ""));
    if !page.is_empty() {
        return Err("page");
    }
    Ok(host.rsplit_once('@').map_or(host, |(_, host)| host))
}

/// An address, one with a port, or a network; `None` where the text looks like neither.
fn network(text: &str) -> Result<Option<Value>, Reason> {
    if let Some((address, length)) = text.split_once('/') {
        let (Ok(address), Ok(length)) = (address.parse::<IpAddr>(), length.parse::<u8>()) else { return Err("unknown") };
        let (own, widest) = if address.is_ipv4() { (32, WIDEST_V4) } else { (128, WIDEST_V6) };
        if length > own {
            return Err("unknown");
        }
        if length < widest {
            return Err("too_wide");
        }
        return Ok(Some(masked(address, length)));
    }
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let address = bare.parse::<IpAddr>().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|socket| socket.ip()));
    match address {
        None => Ok(None),
        Some(address) if address.is_loopback() || address.is_unspecified() => Err("own_address"),
        Some(address) => Ok(Some(masked(address, if address.is_ipv4() { 32 } else { 128 }))),
    }
}

fn masked(address: IpAddr, length: u8) -> Value {
    let length = if address.is_ipv4() { length.saturating_add(96) } else { length };
    Value::Network { network: mask(mapped(address), length), length }
}

/// The address as a number, IPv4 mapped into IPv6.
pub(super) fn mapped(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped().to_bits(),
        IpAddr::V6(address) => address.to_bits(),
    }
}

/// The first `length` bits.
pub(super) fn mask(address: u128, length: u8) -> u128 {
    let rest = 128_u32.saturating_sub(u32::from(length));
    u128::MAX.checked_shl(rest).unwrap_or(0) & address
}

fn name(text: &str) -> Result<Value, Reason> {
    let below = text.starts_with("*.") || text.starts_with('.');
    let name = text.trim_start_matches("*.").trim_start_matches('.').trim_end_matches('.');
    let name = match name.rsplit_once(':') {
        Some((name, port)) if !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => name,
    };
    if name.len() > LONGEST_NAME {
        return Err("unknown");
    }
    let letter = |letter: char| letter.is_alphanumeric() || letter == '-' || letter == '_';
    let fits = |label: &str| !label.is_empty() && label.len() <= LONGEST_LABEL && label.chars().all(letter);
    if !name.split('.').all(fits) {
        return Err("unknown");
    }
    let Some((_, top)) = name.rsplit_once('.') else { return Err("top_level") };
    if !top.chars().any(char::is_alphabetic) {
        return Err("unknown");
    }
    Ok(Value::Name { name: name.to_owned(), below })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str, below: bool) -> Result<Value, Reason> {
        Ok(Value::Name { name: name.to_owned(), below })
    }

    fn address(text: &str, length: u8) -> Result<Value, Reason> {
        Ok(masked(text.parse().unwrap(), length))
    }

    #[test]
    fn indicators_are_understood_defanged_or_not() {
        let vectors = [
            ("evil.example", named("evil.example", false)),
            (" EVIL[.]Example. ", named("evil.example", false)),
            ("evil(dot)example", named("evil.example", false)),
            ("*.evil.example", named("evil.example", true)),
            (".evil.example", named("evil.example", true)),
            ("hxxps://evil[.]example/", named("evil.example", false)),
            ("hxxp[:]//user@evil.example:8443", named("evil.example", false)),
            ("_dmarc.xn--eckwd4c7cu47r2wf.jp", named("_dmarc.xn--eckwd4c7cu47r2wf.jp", false)),
            ("日本語。jp", named("日本語.jp", false)),
            ("203.0.113[.]9", address("203.0.113.9", 32)),
            ("203.0.113.9:8080", address("203.0.113.9", 32)),
            ("198.51.100.7/24", address("198.51.100.0", 24)),
            ("2001:DB8::1", address("2001:db8::1", 128)),
            ("[2001:db8::1]:443", address("2001:db8::1", 128)),
            ("SHA256:275A021BBFB6489E54D471899F7DB9D1663FC695EC2FE2A2C4538AABF651FD0F", {
                Ok(Value::Sha256(bytes("275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f").unwrap()))
            }),
            ("\"44d88612fea8a8f36de82e1278abb02f\"", Ok(Value::Md5(bytes("44d88612fea8a8f36de82e1278abb02f").unwrap()))),
        ];
        for (text, expected) in vectors {
            assert_eq!(value(text), expected, "{text}");
        }
    }

    #[test]
    fn what_would_accuse_too_much_or_means_nothing_is_refused_with_the_reason() {
        let vectors = [
            ("", "empty"),
            ("com", "top_level"),
            ("localhost", "top_level"),
            ("https://github.com/somebody/file.exe", "page"),
            ("D41D8CD98F00B204E9800998ECF8427E", "empty_file"),
            ("0123456789abcdef0123456789abcdef0", "hash_length"),
            ("md5:xyz", "hash_length"),
            ("127.0.0.1", "own_address"),
            ("0.0.0.0/0", "too_wide"),
            ("::/0", "too_wide"),
            ("1.2.3", "unknown"),
            ("1.2.3.4/33", "unknown"),
            ("a b.example", "unknown"),
            ("user@evil.example", "unknown"),
            ("..", "unknown"),
        ];
        for (text, expected) in vectors {
            assert_eq!(value(text), Err(expected), "{text}");
        }
        assert_eq!(value(&"a.".repeat(200)), Err("unknown"));
    }
}
