//! File name patterns: `*`, `?`, `[a-z]`, `[!a]` inside a component, `**` for any number of folders.

use std::path::{Path, PathBuf};

/// Whether the text holds anything that a pattern would.
pub(super) fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?', '['])
}

/// The files that match a pattern, sorted. Folders below a symbolic link are not walked by `**`.
pub(super) fn files(pattern: &str) -> Vec<PathBuf> {
    let root = if pattern.starts_with('/') { PathBuf::from("/") } else { PathBuf::new() };
    let components: Vec<&str> = pattern.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    let mut found = Vec::new();
    walk(&root, &components, &mut found);
    found.sort();
    found.dedup();
    found
}

fn walk(folder: &Path, components: &[&str], found: &mut Vec<PathBuf>) {
    let Some((first, rest)) = components.split_first() else {
        found.push(folder.to_owned());
        return;
    };
    if *first == "**" {
        walk(folder, rest, found);
        for entry in entries(folder) {
            if entry.is_dir() && !entry.is_symlink() {
                walk(&entry, components, found);
            }
        }
        return;
    }
    if !is_pattern(first) {
        let next = folder.join(first);
        if next.exists() {
            walk(&next, rest, found);
        }
        return;
    }
    for entry in entries(folder) {
        let name = entry.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let hidden = name.starts_with('.') && !first.starts_with('.');
        if !hidden && matches(first.as_bytes(), name.as_bytes()) && (rest.is_empty() || entry.is_dir()) {
            walk(&entry, rest, found);
        }
    }
}

/// A folder's entries, sorted; none where it cannot be read.
fn entries(folder: &Path) -> Vec<PathBuf> {
    let here = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let Ok(read) = std::fs::read_dir(here) else { return Vec::new() };
    let mut entries: Vec<PathBuf> = read.flatten().map(|entry| folder.join(entry.file_name())).collect();
    entries.sort();
    entries
}

/// Whether a name matches one component of a pattern. Iterative, with one place to fall back to: linear for one star, at
/// worst pattern × name.
fn matches(pattern: &[u8], name: &[u8]) -> bool {
    let (mut p, mut n) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while n < name.len() {
        let step = match (pattern.get(p), name.get(n)) {
            (Some(b'*'), _) => {
                star = Some((p + 1, n));
                p += 1;
                continue;
            }
            (Some(b'?'), Some(_)) => Some(1),
            (Some(b'['), Some(byte)) => class(pattern.get(p..).unwrap_or_default(), *byte),
            (Some(literal), Some(byte)) if literal == byte => Some(1),
            _ => None,
        };
        match (step, star) {
            (Some(width), _) => {
                p += width;
                n += 1;
            }
            (None, Some((after, from))) => {
                star = Some((after, from + 1));
                p = after;
                n = from + 1;
            }
            (None, None) => return false,
        }
    }
    pattern.get(p..).unwrap_or_default().iter().all(|byte| *byte == b'*')
}

/// The length of the class at the head of `pattern` if `byte` is in it.
fn class(pattern: &[u8], byte: u8) -> Option<usize> {
    let negated = matches!(pattern.get(1), Some(b'!' | b'^'));
    let start = if negated { 2 } else { 1 };
    let close = pattern.iter().skip(start + 1).position(|byte| *byte == b']')? + start + 1;
    let members = pattern.get(start..close)?;
    let mut inside = false;
    let mut at = 0;
    while let Some(from) = members.get(at) {
        match (members.get(at + 1), members.get(at + 2)) {
            (Some(b'-'), Some(to)) => {
                inside |= (*from..=*to).contains(&byte);
                at += 3;
            }
            _ => {
                inside |= *from == byte;
                at += 1;
            }
        }
    }
    (inside != negated).then_some(close + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pattern: &str, name: &str, expected: bool) {
        assert_eq!(matches(pattern.as_bytes(), name.as_bytes()), expected, "{pattern} {name}");
    }

    #[test]
    fn one_component() {
        check("*.evtx", "a.evtx", true);
        check("*.evtx", "a.evtx.gz", false);
        check("*a*b*", "xxaxxbxx", true);
        check("*a*b", "xxaxxbxx", false);
        check("?.json", "1.json", true);
        check("?.json", ".json", false);
        check("[a-c]1", "b1", true);
        check("[!a-c]1", "b1", false);
        check("[]]1", "]1", true);
        check("", "", true);
        check("*", "", true);
    }

    #[test]
    fn many_stars_stay_quick() {
        let name = "a".repeat(255);
        assert!(!matches("*a".repeat(60).as_bytes(), format!("{name}b").as_bytes()));
    }

    #[test]
    fn two_stars_walk_folders_in_order() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["b/c/2.evtx", "a/1.evtx", "3.evtx", "b/x.txt"] {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        let found = files(&format!("{}/**/*.evtx", folder.path().display()));
        let names: Vec<_> = found.iter().map(|path| path.strip_prefix(folder.path()).unwrap().display().to_string()).collect();
        assert_eq!(names, ["3.evtx", "a/1.evtx", "b/c/2.evtx"]);
    }
}
