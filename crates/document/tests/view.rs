//! What every format shows: names in narrow places, whole values once, nothing left out without a word.

use hikeshi_document::{Format, View, render};
use hikeshi_domain::flash_report::FlashReport;
use hikeshi_domain::phrase::{Language, Phrase};
use hikeshi_domain::triage::EventRef;

use crate::fixture;

/// A path as long as Windows allows by default, ending in that name.
pub(crate) fn long_path(name: &str) -> String {
    let folders = r"C:\Users\山田 太郎\AppData\Local\".to_owned() + &"a folder of a rather long name\\".repeat(8);
    let room = 260 - name.chars().count();
    folders.chars().take(room - 1).collect::<String>() + "\\" + name
}

/// Every event of the report, to give it a file.
pub(crate) fn events(report: &mut FlashReport) -> impl Iterator<Item = &mut EventRef> {
    let triage = &mut report.triage;
    let rows = triage.sections.iter_mut().flat_map(|section| &mut section.items).flat_map(|item| &mut item.events);
    let findings = triage.findings.iter_mut().flat_map(|finding| &mut finding.events);
    rows.chain(findings).chain(triage.rules.iter_mut().flat_map(|rule| &mut rule.events))
}

fn sources(view: &View) -> Vec<String> {
    let rows = view.sections.iter().flat_map(|section| &section.items).filter_map(|item| item.events.clone());
    let reasons = view.evidence.supports.iter().chain(&view.evidence.against).filter_map(|reason| reason.events.clone());
    rows.chain(reasons).chain(view.evidence.rules.iter().map(|rule| rule.events.clone())).collect()
}

/// A column that named the file in each row broke its name into ten lines.
#[test]
fn the_file_of_the_events_is_named_once() {
    let mut report = fixture::black();
    let path = format!("{}!{}", long_path("evidence.zip"), "inner.evtx");
    events(&mut report).for_each(|event| event.path = Some(path.clone()));
    let view = View::of(&report, Language::Ja);
    assert_eq!(view.files.iter().map(|file| (file.number.as_str(), file.path.as_str())).collect::<Vec<_>>(), [("", path.as_str())]);
    assert!(sources(&view).iter().all(|source| !source.contains("evtx") && !source.contains("F1")), "{:?}", sources(&view));
    let html = String::from_utf8(render(&report, Language::Ja, Format::Html).unwrap()).unwrap();
    assert_eq!(html.matches("inner.evtx").count(), 1);
}

#[test]
fn several_files_have_marks_and_a_key() {
    let mut report = fixture::black();
    for (number, event) in events(&mut report).enumerate() {
        event.path = (number % 3 > 0).then(|| long_path(&format!("log{}.evtx", number % 3)));
    }
    let view = View::of(&report, Language::En);
    let key: Vec<&str> = view.files.iter().map(|file| file.number.as_str()).collect();
    assert_eq!(key, ["F1", "F2"]);
    assert!(sources(&view).iter().any(|source| source.contains(" · F1")) && sources(&view).iter().any(|source| source.contains(" · F2")));
    assert!(sources(&view).iter().any(|source| !source.contains(" · F")), "an event without a file has no mark");
    let html = String::from_utf8(render(&report, Language::En, Format::Html).unwrap()).unwrap();
    view.files.iter().for_each(|file| assert_eq!(html.matches(&file.path).count(), 1, "{}", file.path));
}

#[test]
fn long_names_are_short_in_rows_and_whole_in_the_list_of_processes() {
    let mut report = fixture::black();
    let name = format!("{}.exe", "n".repeat(250));
    let image = format!(r"C:\Temp\{name}");
    let subject = report.triage.tree.nodes.iter_mut().find(|node| node.subject).unwrap();
    subject.image = Some(image.clone());
    subject.command_line = Some(format!("{image} -enc {}", "QUJD".repeat(1000)));
    let view = View::of(&report, Language::En);
    let actors: Vec<&String> = view.sections.iter().flat_map(|section| &section.items).filter_map(|item| item.actor.as_ref()).collect();
    assert!(actors.iter().any(|actor| actor.contains("nnn…nnn") && actor.ends_with(".exe")), "{actors:?}");
    assert!(actors.iter().all(|actor| actor.chars().count() <= 44));
    assert!(view.headline.chars().count() < 200, "{}", view.headline);
    let row = view.tree.rows.iter().find(|row| row.subject).unwrap();
    assert_eq!(row.image, image);
    assert!(row.command_line.ends_with(&"QUJD".repeat(1000)), "the subject's command line is clipped");
}

#[test]
fn a_process_that_a_row_names_stands_in_the_list() {
    let mut report = fixture::huge();
    let rows = report.triage.sections.iter_mut().flat_map(|section| section.items.iter_mut().take(6));
    rows.enumerate().for_each(|(number, row)| row.node = Some(format!("m{}", 100 + number)));
    let view = View::of(&report, Language::Ja);
    assert!(view.tree.cited.len() > 10, "{}", view.tree.cited.len());
    let listed: Vec<&str> = view.tree.rows.iter().chain(&view.tree.cited).map(|row| row.number.as_str()).collect();
    for item in view.sections.iter().flat_map(|section| &section.items) {
        let Some(actor) = &item.actor else { continue };
        let number = actor.split(' ').next().unwrap();
        assert!(listed.contains(&number), "{actor} is named and not listed");
    }
}

#[test]
fn findings_that_are_not_shown_are_counted() {
    let mut report = fixture::black();
    let finding = report.triage.findings[0].clone();
    for number in 0..200 {
        let mut other = finding.clone();
        other.id = format!("X{number}");
        report.triage.findings.push(other);
    }
    let view = View::of(&report, Language::En);
    assert_eq!(view.evidence.supports.len(), 60);
    let total = report.triage.findings.iter().filter(|finding| finding.points > 0).count();
    assert!(view.evidence.supports_note.as_ref().unwrap().starts_with(&format!("60 of {total} ")), "{:?}", view.evidence.supports_note);
    assert!(view.evidence.against_note.is_none() && view.evidence.unknown_note.is_none());
}

#[test]
fn tactics_and_techniques_are_told_in_the_readers_language() {
    let mut report = fixture::black();
    report.triage.rules[0].tags =
        ["attack.lateral-movement", "attack.t1021.006", "attack.s0111", "car.2013-08-001", "attack.<b>"].map(str::to_owned).to_vec();
    report.triage.findings[0].reason = Phrase::new("finding.E42").with("tactics", "initial-access, discovery, something-new");
    let tags = |language| View::of(&report, language).evidence.rules[0].tags.clone();
    assert_eq!(tags(Language::Ja), "横展開 · T1021.006 · S0111 · car.2013-08-001 · <b>");
    assert_eq!(tags(Language::En), "Lateral movement · T1021.006 · S0111 · car.2013-08-001 · <b>");
    let view = View::of(&report, Language::Ja);
    let told = view.evidence.supports.iter().any(|reason| reason.reason.ends_with("初期アクセス、探索、something-new"));
    assert!(told, "{:?}", view.evidence.supports);
}
