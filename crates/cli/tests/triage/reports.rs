//! `--out`: reports of every subject and a page that lists them.

use serde_json::Value;

use super::{EVENTS, Folder};

/// The same on a second host, an hour later.
fn second_host() -> String {
    EVENTS.replace("PC-1", "PC-2").replace("T01:", "T02:").replace("22 01:", "22 02:").replace("-00000000000", "-10000000000")
}

#[test]
fn every_subject_has_its_reports_and_the_index_names_them() {
    let folder = Folder::new();
    folder.write("second.ndjson", &second_host());
    let lines = folder.lines(&["--lang", "en", "--out", "out", "*.ndjson"]);
    assert_eq!(lines.iter().map(|line| line["host"].as_str().unwrap()).collect::<Vec<_>>(), ["PC-1", "PC-2"]);
    let names = ["001-black-PC-1-powershell.exe", "002-black-PC-2-powershell.exe"];
    for ending in ["pdf", "html", "json"] {
        assert_eq!(folder.files("out", &format!(".{ending}")).iter().filter(|name| *name != "index.html").count(), 2, "{ending}");
        for name in names {
            assert!(std::fs::metadata(folder.path(&format!("out/{name}.{ending}"))).unwrap().len() > 1000, "{name}.{ending}");
        }
    }
    let index = folder.read("out/index.html");
    for (name, host) in names.into_iter().zip(["PC-1", "PC-2"]) {
        assert!(index.contains(&format!("href=\"{name}.pdf\"")) && index.contains(host), "{index}");
    }
    assert!(!index.contains("<script"));
}

#[test]
fn a_report_says_what_the_line_says() {
    let folder = Folder::new();
    let line = folder.lines(&["--lang", "en", "--out", "out", "events.ndjson"]).remove(0);
    let name = "out/001-black-PC-1-powershell.exe";
    let report: Value = serde_json::from_str(&folder.read(format!("{name}.json"))).unwrap();
    assert_eq!(report["schema"], "hikeshi.flash-report/1");
    let triage = &report["report"]["triage"];
    for key in ["host", "subject", "tree", "window", "rules_version"] {
        assert_eq!(triage[key], line[key], "{key}");
    }
    assert_eq!(triage["judgement"]["score"], line["score"]);
    assert!(std::fs::read(folder.path(&format!("{name}.pdf"))).unwrap().starts_with(b"%PDF-"));
    let html = folder.read(format!("{name}.html"));
    assert!(html.contains("<html lang=\"en\"") && html.contains("default-src") && !html.contains("<script"), "{name}");
    assert!(html.contains("Clear threat"), "the verdict in words");
}

#[test]
fn reports_are_written_in_the_language_that_was_asked_for() {
    let folder = Folder::new();
    folder.lines(&["--out", "out/made/on the way", "events.ndjson"]);
    let name = "out/made/on the way/001-black-PC-1-powershell.exe.html";
    assert!(folder.read(name).contains("<html lang=\"ja\"") && folder.read(name).contains("明らかな脅威"));
    assert!(folder.read("out/made/on the way/index.html").contains("<html lang=\"ja\""));
}

#[test]
fn a_folder_that_cannot_be_made_stops_the_command() {
    let folder = Folder::new();
    let output = folder.triage(&["--out", "events.ndjson/out", "events.ndjson"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(super::said(&output).contains("cannot make `events.ndjson/out`"), "{}", super::said(&output));
}

#[test]
fn without_a_subject_there_is_an_index_that_says_so() {
    let folder = Folder::new();
    folder.write("quiet.ndjson", &EVENTS.lines().next().map(|line| format!("{line}\n")).unwrap());
    assert!(folder.lines(&["--rules", "rules", "--out", "out", "quiet.ndjson"]).is_empty());
    assert_eq!(folder.files("out", ""), ["index.html"]);
}
