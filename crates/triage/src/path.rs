//! Names inside Windows paths. Comparison never minds case; nothing here touches a disk.

/// The last part of a path.
pub(crate) fn name_of(path: &str) -> &str {
    path.rsplit(['\\', '/']).next().unwrap_or(path)
}

/// The last part in lower case.
pub(crate) fn lower_name(path: &str) -> String {
    name_of(path).to_lowercase()
}

/// The extension in lower case, without the dot; empty if there is none.
pub(crate) fn extension(path: &str) -> String {
    let name = name_of(path);
    name.rsplit_once('.').map(|(_, extension)| extension.trim_end().to_lowercase()).unwrap_or_default()
}

/// Whether two images may be the same program: the same last name, or one of them unknown.
pub(crate) fn same_name(first: Option<&str>, second: Option<&str>) -> bool {
    match (first, second) {
        (Some(first), Some(second)) => name_of(first).eq_ignore_ascii_case(name_of(second)),
        _ => true,
    }
}

/// Whether two paths name the same file; a device path is compared from behind its volume.
pub(crate) fn same_path(first: &str, second: &str) -> bool {
    inside_volume(first).eq_ignore_ascii_case(inside_volume(second))
}

/// The path behind `C:`, `\\?\C:` or `\Device\HarddiskVolume3`.
pub(crate) fn inside_volume(path: &str) -> &str {
    let path = path.trim().trim_matches('"');
    let bare = path.strip_prefix(r"\\?\").or_else(|| path.strip_prefix(r"\??\")).unwrap_or(path);
    if bare.as_bytes().get(1) == Some(&b':') {
        return bare.get(2..).unwrap_or(bare);
    }
    const DEVICE: &str = r"\device\harddiskvolume";
    match bare.get(..DEVICE.len()) {
        Some(head) if head.eq_ignore_ascii_case(DEVICE) => {
            let rest = bare.get(DEVICE.len()..).unwrap_or_default();
            rest.find('\\').and_then(|at| rest.get(at..)).unwrap_or(rest)
        }
        _ => bare,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_extensions() {
        assert_eq!(lower_name(r"C:\Windows\System32\CMD.exe"), "cmd.exe");
        assert_eq!(extension(r"C:\a\b.tar.GZ "), "gz");
        assert_eq!(extension(r"C:\a.b\noext"), "");
        assert!(same_name(Some(r"C:\A.exe"), Some("a.EXE")) && same_name(None, Some("b")) && !same_name(Some("a"), Some("b")));
    }

    #[test]
    fn paths_are_the_same_behind_their_volume() {
        assert!(same_path(r"C:\Temp\a.exe", r"\device\harddiskvolume3\temp\A.EXE"));
        assert!(same_path(r"\\?\C:\x", r"c:\X"));
        assert!(!same_path(r"C:\Temp\a.exe", r"C:\Temp\b.exe"));
        assert_eq!(inside_volume(r"\Device\HarddiskVolume3"), "3");
    }
}
