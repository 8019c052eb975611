//! Loading: files, refusals, filters, the cache.

use std::path::Path;

use super::{load, matching, process, process_rule, text};
use crate::{LoadError, LoadOptions, RuleSet};

fn write(folder: &Path, name: &str, text: &str) {
    std::fs::write(folder.join(name), text).unwrap();
}

#[test]
fn every_unusable_file_is_named() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "good.yml", &process_rule("s:\n    Image: a\ncondition: s"));
    write(folder.path(), "broken.yml", "title: [");
    write(folder.path(), "empty.yaml", "");
    write(folder.path(), "other.txt", "not a rule");
    std::fs::write(folder.path().join("latin.yml"), [0xFF, 0xFE, 0x00]).unwrap();
    let loaded = RuleSet::load(&[folder.path().to_owned()], &LoadOptions::default()).unwrap();
    assert_eq!((loaded.files, loaded.rules.len()), (4, 1));
    let named: Vec<String> =
        loaded.refused.iter().map(|refusal| refusal.path.file_name().unwrap().to_string_lossy().into_owned()).collect();
    assert_eq!(named, ["broken.yml", "empty.yaml", "latin.yml"]);
}

#[test]
fn nothing_to_load_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    assert!(matches!(RuleSet::load(&[folder.path().to_owned()], &LoadOptions::default()), Err(LoadError::Nothing(_))));
    assert!(matches!(RuleSet::load(&[folder.path().join("gone")], &LoadOptions::default()), Err(LoadError::Io { .. })));
}

#[test]
fn a_filter_narrows_the_rules_it_names() {
    let rule = process_rule("s:\n    Image: a\ncondition: s");
    let filter = "title: no-bob\nlogsource: {product: windows, category: process_creation}\nfilter:\n    rules: [one]\n    f:\n        User: bob\n    condition: not f\n";
    let rules = load(&[&rule, filter]).rules;
    assert_eq!(matching(&rules, &process(&[("Image", text("a")), ("User", text("eve"))])), ["one"]);
    assert_eq!(matching(&rules, &process(&[("Image", text("a")), ("User", text("Bob"))])), Vec::<String>::new());
}

#[test]
fn several_documents_share_a_global_part() {
    let text = "action: global\ntitle: t\nlogsource: {product: windows, service: system}\n---\nid: a\ndetection:\n    s: {EventID: 1}\n    condition: s\n---\nid: b\ndetection:\n    s: {EventID: 2}\n    condition: s\n";
    let loaded = load(&[text]);
    assert_eq!(loaded.refused, []);
    assert_eq!(loaded.rules.iter().map(|(_, rule)| rule.id.as_str()).collect::<Vec<_>>(), ["a", "b"]);
}

#[test]
fn the_cache_is_used_checked_and_renewed() {
    let rules = tempfile::tempdir().unwrap();
    let cache = tempfile::tempdir().unwrap();
    let options = LoadOptions { cache: Some(cache.path().to_owned()), ..LoadOptions::default() };
    let load = || RuleSet::load(&[rules.path().to_owned()], &options).unwrap();
    let files = || std::fs::read_dir(cache.path()).unwrap().map(|entry| entry.unwrap().path()).collect::<Vec<_>>();
    write(rules.path(), "one.yml", &process_rule("s:\n    Image|re: 'a+b'\ncondition: s"));
    let first = load();
    assert_eq!(files().len(), 1);
    let again = load();
    assert_eq!(first.rules.version(), again.rules.version());
    assert_eq!(matching(&again.rules, &process(&[("Image", text("xaab"))])), ["one"]);

    let kept = files().pop().unwrap();
    let mut bytes = std::fs::read(&kept).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(&kept, bytes).unwrap();
    assert_eq!(matching(&load().rules, &process(&[("Image", text("xaab"))])), ["one"], "an altered cache is ignored");

    write(rules.path(), "one.yml", &process_rule("s:\n    Image: other\ncondition: s"));
    let changed = load();
    assert_ne!(changed.rules.version(), first.rules.version());
    assert_eq!(matching(&changed.rules, &process(&[("Image", text("other"))])), ["one"]);
    assert_eq!(files().len(), 2);
}
