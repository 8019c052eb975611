//! `--rules DIR...` and `PATH...` told apart: a flag takes one folder, so in `--rules a b logs/` the second folder stands among the paths.
//!
//! What holds rule files and nothing else is no log, whatever it is called: after `--rules` it counts as one more folder of rules, and
//! without it the command stops and says what to write. Reading rules as logs would find nothing and look like success.

use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use hikeshi_detect::Loaded;
use hikeshi_event::expand;

/// So much of a file is looked at.
const LOOKED_AT_BYTES: u64 = 4096;

/// What a command was given.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Given {
    /// Folders and files of rules; none: the shipped ones.
    pub(crate) rules: Vec<PathBuf>,
    /// What is to be read.
    pub(crate) paths: Vec<String>,
}

/// Tells rules from logs.
pub(crate) fn tell_apart(rules: &[PathBuf], paths: &[String]) -> Result<Given> {
    let mut given = Given { rules: rules.to_vec(), paths: Vec::new() };
    for path in paths {
        let found = only_rules(path);
        match found.is_empty() {
            true => given.paths.push(path.clone()),
            false if rules.is_empty() => bail!("`{path}` holds Sigma rules and no log: write --rules {path}, and name the logs after it"),
            false => given.rules.extend(found),
        }
    }
    if given.paths.is_empty() {
        let named = paths.join("`, `");
        bail!("nothing to read: `{named}` holds Sigma rules only; name files or folders of logs beside the rules");
    }
    Ok(given)
}

/// Without a rule nothing is found in anything: that must not look like success.
pub(crate) fn some_usable(loaded: &Loaded) -> Result<()> {
    if loaded.rules.is_empty() {
        bail!("none of the {} rule files can be used; the reasons stand above", loaded.files);
    }
    Ok(())
}

/// The rules that a path names, if it names nothing else.
fn only_rules(name: &str) -> Vec<PathBuf> {
    let path = Path::new(name);
    if path.is_dir() {
        return if holds_only_rules(path) == Some(true) { vec![path.to_owned()] } else { Vec::new() };
    }
    let (files, defects) = expand(&[name.to_owned()]);
    let rules = defects.is_empty() && files.iter().all(|file| file.member().is_none() && is_rule(file.path()));
    if rules { files.iter().map(|file| file.path().to_owned()).collect() } else { Vec::new() }
}

/// `None`: there is nothing in it. Ends at the first file that is no rule.
fn holds_only_rules(folder: &Path) -> Option<bool> {
    let mut folders = vec![folder.to_owned()];
    let mut rules = None;
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).ok()?.flatten() {
            let path = entry.path();
            match entry.file_type() {
                // `.git`, `.github`: what a repository keeps for itself.
                Ok(kind) if kind.is_dir() && entry.file_name().to_string_lossy().starts_with('.') => {}
                Ok(kind) if kind.is_dir() => folders.push(path),
                _ if is_rule(&path) => rules = Some(true),
                _ if goes_with_rules(&path) => {}
                _ => return Some(false),
            }
        }
    }
    rules
}

/// YAML by its name, and no JSON under a wrong one.
fn is_rule(path: &Path) -> bool {
    let yaml = ["yml", "yaml"].iter().any(|ending| path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case(ending)));
    let first = || {
        let mut head = Vec::new();
        File::open(path).ok()?.take(LOOKED_AT_BYTES).read_to_end(&mut head).ok()?;
        head.into_iter().find(|byte| !byte.is_ascii_whitespace())
    };
    yaml && path.is_file() && !matches!(first(), Some(b'{' | b'['))
}

/// What lies beside rules in a repository of them.
fn goes_with_rules(path: &Path) -> bool {
    const PAPERS: [&str; 8] = ["license", "licence", "copying", "notice", "readme", "changelog", "authors", "contributing"];
    const ENDINGS: [&str; 9] = ["md", "rst", "png", "jpg", "jpeg", "gif", "svg", "ico", "webp"];
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    let ending = Path::new(&name).extension().unwrap_or_default();
    // `LICENSE`, `LICENSE.Detection.md`, `license.txt`; a log called `notice.evtx` stays a log.
    let is_log = ["evtx", "xml", "json", "jsonl", "ndjson", "csv", "log", "gz", "zst", "zip"].iter().any(|known| ending == *known);
    let paper = PAPERS.iter().any(|paper| name.starts_with(paper)) && !is_log;
    name.starts_with('.') || paper || ENDINGS.iter().any(|known| ending == *known)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(rules: &[&str], paths: &[String]) -> Result<Given> {
        tell_apart(&rules.iter().map(PathBuf::from).collect::<Vec<_>>(), paths)
    }

    #[test]
    fn what_holds_only_rules_is_no_log() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).display().to_string();
        for (name, text) in [
            ("rules/windows/a.yml", "title: A\n"),
            ("rules/README.md", "# Rules\n"),
            ("rules/LICENSE.Detection", "DRL 1.1\n"),
            ("rules/COPYING", "GPL\n"),
            ("rules/images/logo.png", "\u{89}PNG"),
            ("rules/.git/HEAD", "ref: refs/heads/main\n"),
            ("rules/.github/workflows/check.sh", "true\n"),
            ("case/a.yml", "title: A\n"),
            ("case/a.ndjson", "{}\n"),
            ("events.yml", "{\"EventID\": 1}\n"),
            ("logs/events.ndjson", "{}\n"),
        ] {
            fs::create_dir_all(Path::new(&path(name)).parent().unwrap()).unwrap();
            fs::write(path(name), text).unwrap();
        }
        fs::create_dir(path("empty")).unwrap();
        let logs = ["case", "events.yml", "logs", "empty", "absent", "logs/*.ndjson"].map(path).to_vec();
        assert_eq!(told(&["x"], &logs).unwrap(), Given { rules: vec!["x".into()], paths: logs.clone() }, "logs stay logs");
        let mixed = [vec![path("rules"), path("case/*.yml")], logs.clone()].concat();
        let rules = vec!["x".into(), path("rules").into(), path("case/a.yml").into()];
        assert_eq!(told(&["x"], &mixed).unwrap(), Given { rules, paths: logs });
        let said = told(&[], &mixed).unwrap_err().to_string();
        assert!(said.contains(&format!("write --rules {}", path("rules"))), "{said}");
        let said = told(&["x"], &[path("rules")]).unwrap_err().to_string();
        assert!(said.starts_with("nothing to read: "), "{said}");
    }
}
