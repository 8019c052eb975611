//! Reads the tree and `cargo metadata` for the tidiness tests: files, functions, arrows between rooms, licences.
//!
//! Holds no rule itself: the rules and their few exceptions stand in `tests/main.rs`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs, io};

/// The root of the project.
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_path_buf()
}

/// A tracked text file: path from the root, and its text.
pub struct SourceFile {
    /// Path from the root, with slashes.
    pub path: String,
    /// The whole text.
    pub text: String,
}

/// All files that version control knows, with the given endings, in order of path.
///
/// # Errors
/// When `git` cannot be run or a file cannot be read.
pub fn tracked(endings: &[&str]) -> io::Result<Vec<SourceFile>> {
    let output = Command::new("git").args(["ls-files", "--cached", "--others", "--exclude-standard"]).current_dir(root()).output()?;
    let listing = String::from_utf8_lossy(&output.stdout).into_owned();
    let wanted = listing.lines().filter(|path| endings.iter().any(|ending| path.ends_with(ending)));
    wanted
        .filter(|path| root().join(path).is_file())
        .map(|path| Ok(SourceFile { path: path.to_owned(), text: fs::read_to_string(root().join(path))? }))
        .collect()
}

/// A function found in formatted source: where it starts and how many lines it has.
pub struct Function {
    /// First line, from 1.
    pub line: usize,
    /// Its name.
    pub name: String,
    /// Lines from the signature to the closing brace.
    pub lines: usize,
}

/// The functions of a file that the formatter has laid out: the closing brace stands under the first letter of the signature.
pub fn functions(text: &str) -> Vec<Function> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        let Some(name) = function_name(line) else { continue };
        let indent = line.len() - line.trim_start().len();
        let closing = format!("{}}}", " ".repeat(indent));
        let body = lines.iter().skip(index);
        if let Some(length) = body.clone().position(|candidate| *candidate == closing) {
            found.push(Function { line: index + 1, name, lines: length + 1 });
        }
    }
    found
}

fn function_name(line: &str) -> Option<String> {
    let mut words = line.split_whitespace().peekable();
    while let Some(word) = words.next() {
        match word {
            "fn" => return words.next().map(|name| name.split(['(', '<']).next().unwrap_or(name).to_owned()),
            "pub" | "async" | "const" | "unsafe" | "extern" => {}
            visibility if visibility.starts_with("pub(") => {}
            _ => return None,
        }
    }
    None
}

/// What `cargo metadata` says of one package.
pub struct Package {
    /// Its name.
    pub name: String,
    /// Its licence expression.
    pub license: String,
    /// Names of its normal dependencies inside the workspace; empty for packages from outside.
    pub rooms: Vec<String>,
    /// Part of the workspace.
    pub ours: bool,
}

/// All packages that the lock file names, by name and version.
///
/// # Errors
/// When `cargo metadata` fails or prints something unexpected.
pub fn packages() -> io::Result<BTreeMap<String, Package>> {
    let cargo = env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let output = Command::new(cargo).args(["metadata", "--format-version=1", "--locked"]).current_dir(root()).output()?;
    if !output.status.success() {
        return Err(io::Error::other(String::from_utf8_lossy(&output.stderr).into_owned()));
    }
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout)?;
    let listed = metadata.get("packages").and_then(|packages| packages.as_array()).cloned().unwrap_or_default();
    Ok(listed.iter().map(package).collect())
}

fn package(entry: &serde_json::Value) -> (String, Package) {
    let field = |value: &serde_json::Value, key: &str| value.get(key).cloned().unwrap_or_default();
    let text = |key: &str| field(entry, key).as_str().unwrap_or_default().to_owned();
    let ours = field(entry, "source").is_null();
    let dependencies = field(entry, "dependencies").as_array().cloned().unwrap_or_default();
    let normal = dependencies.iter().filter(|dependency| field(dependency, "kind").is_null());
    let names = normal.map(|dependency| field(dependency, "name").as_str().unwrap_or_default().to_owned());
    let rooms = names.filter_map(|name| name.strip_prefix("hikeshi-").map(str::to_owned));
    let rooms = if ours { rooms.collect() } else { Vec::new() };
    (format!("{} {}", text("name"), text("version")), Package { name: text("name"), license: text("license"), rooms, ours })
}
