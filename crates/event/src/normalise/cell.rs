//! How a column writes what logs write in several ways: GUIDs, hashes, numbers, directions.

use std::borrow::Cow;

use crate::column::{Cell, CellKind, Column};

/// A text as a column holds it; `None` where the column cannot hold it.
pub(super) fn of(column: Column, text: Cow<'_, str>) -> Option<Cell<'_>> {
    if column.kind() == CellKind::Integer {
        return number(&text).map(Cell::Integer);
    }
    Some(Cell::Text(match column {
        Column::ProcessGuid | Column::ParentGuid | Column::TargetGuid | Column::ProcessLogonGuid => lower(unbraced(text)),
        Column::ProcessMd5 | Column::ProcessSha1 | Column::ProcessSha256 | Column::ProcessImphash => lower(text),
        Column::FileMd5 | Column::FileSha1 | Column::FileSha256 | Column::FileImphash => lower(text),
        Column::ProcessIntegrity => integrity(text),
        Column::NetworkDirection => direction(text),
        Column::NetworkProtocol => protocol(text),
        Column::NetworkSrcIp | Column::NetworkDstIp => unmapped_ip(text),
        Column::FilePath => resource(text),
        _ => text,
    }))
}

/// The hashes of a list `SHA256=…,MD5=…`, or of one bare hash told by its length. `columns`: MD5, SHA-1, SHA-256, imphash.
pub(super) fn hashes(columns: [Column; 4], text: &str) -> Vec<(Column, Cell<'static>)> {
    let [md5, sha1, sha256, imphash] = columns;
    text.split(',')
        .filter_map(|part| {
            let (algorithm, hash) = part.trim().split_once('=').unwrap_or(("", part.trim()));
            let column = match (algorithm.to_ascii_uppercase().as_str(), hash.len()) {
                ("MD5", 32) | ("", 32) => md5,
                ("SHA1" | "SHA-1" | "", 40) => sha1,
                ("SHA256" | "SHA-256" | "", 64) => sha256,
                ("IMPHASH", 32) => imphash,
                _ => return None,
            };
            let is_hash = hash.bytes().all(|byte| byte.is_ascii_hexdigit()) && hash.bytes().any(|byte| byte != b'0');
            is_hash.then(|| (column, Cell::Text(Cow::Owned(hash.to_ascii_lowercase()))))
        })
        .collect()
}

/// A number in decimal, or in hexadecimal with `0x` as the Security log writes process ids.
fn number(text: &str) -> Option<i64> {
    let text = text.trim();
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => i64::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}

fn unbraced(text: Cow<'_, str>) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.strip_prefix('{').and_then(|text| text.strip_suffix('}')).unwrap_or(text)),
        Cow::Owned(text) => Cow::Owned(text.trim_matches(['{', '}']).to_owned()),
    }
}

fn lower(text: Cow<'_, str>) -> Cow<'_, str> {
    if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Cow::Owned(text.to_ascii_lowercase());
    }
    text
}

/// Integrity levels by their well-known SIDs.
fn integrity(text: Cow<'_, str>) -> Cow<'_, str> {
    Cow::Borrowed(match text.as_ref() {
        "S-1-16-0" => "Untrusted",
        "S-1-16-4096" => "Low",
        "S-1-16-8192" | "S-1-16-8448" => "Medium",
        "S-1-16-12288" => "High",
        "S-1-16-16384" => "System",
        _ => return text,
    })
}

/// Sysmon's `Initiated`, the filtering platform's message ids, or words.
fn direction(text: Cow<'_, str>) -> Cow<'_, str> {
    Cow::Borrowed(match text.as_ref() {
        "true" | "True" | "%%14593" | "Outbound" => "outbound",
        "false" | "False" | "%%14592" | "Inbound" => "inbound",
        _ => return text,
    })
}

/// IANA protocol numbers of the usual protocols, or names in lower case.
fn protocol(text: Cow<'_, str>) -> Cow<'_, str> {
    Cow::Borrowed(match text.as_ref() {
        "1" => "icmp",
        "6" => "tcp",
        "17" => "udp",
        "58" => "ipv6-icmp",
        _ => return lower(text),
    })
}

/// An IPv4 address out of its IPv6 form.
fn unmapped_ip(text: Cow<'_, str>) -> Cow<'_, str> {
    match text.strip_prefix("::ffff:").filter(|rest| rest.contains('.')) {
        Some(rest) => Cow::Owned(rest.to_owned()),
        None => text,
    }
}

/// The first file of Defender's list of resources (`file:_C:\a.exe; process:_pid:1`); other texts as they are.
fn resource(text: Cow<'_, str>) -> Cow<'_, str> {
    let first = text.split("; ").find_map(|part| part.trim_start().strip_prefix("file:_"));
    let first = first.or_else(|| text.split("; ").find_map(|part| part.trim_start().strip_prefix("containerfile:_")));
    match first {
        Some(path) => Cow::Owned(path.to_owned()),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(column: Column, text: &str, expected: Option<&str>) {
        assert_eq!(of(column, Cow::Borrowed(text)).map(|cell| cell.to_string()).as_deref(), expected, "{text}");
    }

    #[test]
    fn columns_have_one_spelling() {
        check(Column::ProcessPid, "0x1a4", Some("420"));
        check(Column::ProcessPid, "420", Some("420"));
        check(Column::ProcessPid, "N/A", None);
        check(Column::ProcessGuid, "{5AA13A44-0D74-68FC-EB1D-000000004002}", Some("5aa13a44-0d74-68fc-eb1d-000000004002"));
        check(Column::ProcessIntegrity, "S-1-16-12288", Some("High"));
        check(Column::NetworkDirection, "%%14593", Some("outbound"));
        check(Column::NetworkProtocol, "TCP", Some("tcp"));
        check(Column::NetworkSrcIp, "::ffff:10.0.0.1", Some("10.0.0.1"));
        check(Column::FilePath, r"containerfile:_C:\a.zip; file:_C:\a.zip->b.exe", Some(r"C:\a.zip->b.exe"));
        check(Column::FilePath, r"C:\a.exe", Some(r"C:\a.exe"));
    }

    #[test]
    fn hash_lists_are_spread() {
        let columns = [Column::FileMd5, Column::FileSha1, Column::FileSha256, Column::FileImphash];
        let found = hashes(columns, "SHA1=A2718A03B8E1DFEC38E64743EA05AAE812BA7AB5,IMPHASH=00000000000000000000000000000000,MD5=x");
        let sha1 = Cell::Text("a2718a03b8e1dfec38e64743ea05aae812ba7ab5".into());
        assert_eq!(found, [(Column::FileSha1, sha1)]);
        assert_eq!(hashes(columns, "Unknown").len(), 0);
        assert_eq!(hashes(columns, &"ab".repeat(32)).len(), 1);
    }
}
