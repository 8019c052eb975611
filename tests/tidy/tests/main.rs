//! Tidiness: the arrows between rooms, sizes of files and functions, headers, licences, words that do not belong.

use hikeshi_tidy::{functions, packages, tracked};

/// Which rooms a room may know (`docs/architecture.md`). A room that is missing here may know none.
const ARROWS: &[(&str, &[&str])] = &[
    ("event", &["domain"]),
    ("sandbox", &["event"]),
    ("lake", &["domain", "event"]),
    ("hunt", &["domain", "event", "lake"]),
    ("detect", &["event", "domain"]),
    ("triage", &["domain", "event", "detect"]),
    ("record", &["domain", "lake"]),
    ("access", &["domain"]),
    ("document", &["domain"]),
    ("notify", &["domain"]),
    ("mail", &["domain"]),
    ("drill", &["domain", "event"]),
    ("desk", &["domain", "event", "lake", "hunt", "detect", "triage", "record", "access", "document", "notify", "drill"]),
    ("server", &["domain", "access", "desk", "document", "hunt", "lake", "record"]),
    (
        "cli",
        &[
            "domain", "event", "lake", "hunt", "detect", "triage", "record", "document", "drill", "desk", "mail", "sandbox", "server",
            "access",
        ],
    ),
    ("fuzz", &["domain", "event", "detect", "lake", "mail", "sandbox", "triage"]),
];

/// Files longer than the bar, each with the reason. This list may only shrink.
const LONG_FILES: &[&str] = &[];
/// Functions longer than the bar. This list may only shrink.
const LONG_FUNCTIONS: &[&str] = &[];
const FILE_LINES: usize = 500;
const FUNCTION_LINES: usize = 100;

#[test]
fn rooms_know_only_whom_they_may() {
    let mut wrong = Vec::new();
    for package in packages().unwrap().values().filter(|package| package.ours) {
        let Some(room) = package.name.strip_prefix("hikeshi-") else { continue };
        let allowed = ARROWS.iter().find(|(name, _)| *name == room).map_or(&[][..], |(_, rooms)| rooms);
        let forbidden = package.rooms.iter().filter(|known| !allowed.contains(&known.as_str()));
        wrong.extend(forbidden.map(|known| format!("{room} → {known}")));
    }
    assert!(wrong.is_empty(), "arrows that docs/architecture.md does not draw: {}", wrong.join(", "));
}

#[test]
fn files_and_functions_are_short() {
    let mut wrong = Vec::new();
    for file in tracked(&[".rs", ".ts", ".tsx"]).unwrap() {
        let lines = file.text.lines().count();
        if lines > FILE_LINES && !LONG_FILES.contains(&file.path.as_str()) {
            wrong.push(format!("{} has {lines} lines; split it by its jobs", file.path));
        }
        if file.path.ends_with(".rs") {
            let long = functions(&file.text).into_iter().filter(|function| function.lines > FUNCTION_LINES);
            let new = long.filter(|function| !LONG_FUNCTIONS.contains(&format!("{}:{}", file.path, function.name).as_str()));
            wrong.extend(new.map(|function| format!("{}:{} `{}` has {} lines", file.path, function.line, function.name, function.lines)));
        }
    }
    assert!(wrong.is_empty(), "too long (files {FILE_LINES}, functions {FUNCTION_LINES}):\n{}", wrong.join("\n"));
}

#[test]
fn every_rust_file_says_what_it_is() {
    let silent = tracked(&[".rs"]).unwrap().into_iter().filter(|file| !file.text.starts_with("//!"));
    let silent: Vec<String> = silent.map(|file| file.path).collect();
    assert!(silent.is_empty(), "files without a `//!` header:\n{}", silent.join("\n"));
}

#[test]
fn licences_fit_ours() {
    let refused = ["GPL", "AGPL", "LGPL", "SSPL", "BUSL"];
    let mut wrong = Vec::new();
    for (name, package) in packages().unwrap().iter().filter(|(_, package)| !package.ours) {
        let alternatives = package.license.replace('/', " OR ");
        let fits = alternatives.split(" OR ").any(|choice| !choice.is_empty() && !refused.iter().any(|word| choice.contains(word)));
        if !fits {
            wrong.push(format!("{name}: `{}`", package.license));
        }
    }
    assert!(wrong.is_empty(), "licences that cannot be linked into an Apache-2.0 program:\n{}", wrong.join("\n"));
}

#[test]
fn no_registry_host_or_machine_path_in_the_tree() {
    let hosts =
        [concat!("registry.npm", "js.org"), concat!("index.crates", ".io"), concat!("static.crates", ".io"), concat!("/work", "/shared")];
    let endings = [".rs", ".ts", ".tsx", ".md", ".json", ".toml", ".yaml", ".yml", ".lock", ".sh", ".py", ".typ"];
    let mut wrong = Vec::new();
    for file in tracked(&endings).unwrap() {
        wrong.extend(hosts.iter().filter(|host| file.text.contains(**host)).map(|host| format!("{}: {host}", file.path)));
    }
    assert!(wrong.is_empty(), "words that do not belong into the project:\n{}", wrong.join("\n"));
}

#[test]
fn the_long_function_finder_bites() {
    let text = format!("//! x\npub(crate) async fn long<T>(\n    a: u8,\n) {{\n{}}}\n", "    a;\n".repeat(120));
    let found = functions(&text);
    assert_eq!((found[0].name.as_str(), found[0].lines), ("long", 124));
}
