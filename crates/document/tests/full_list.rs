//! The full list as a spreadsheet gets it.

use hikeshi_document::FullListCsv;
use hikeshi_domain::flash_report::FlashReport;
use hikeshi_domain::phrase::Language;
use hikeshi_domain::triage::SectionKind;

use crate::fixture;

fn csv(report: &FlashReport, language: Language, left_out: usize) -> String {
    let mut out = Vec::new();
    let mut list = FullListCsv::begin(&mut out, &report.triage, "Asia/Tokyo", language).unwrap();
    for section in &report.triage.sections {
        section.items.iter().for_each(|row| list.row(section.kind, row).unwrap());
    }
    list.end(left_out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn every_row_stands_in_it_in_both_languages() {
    let report = fixture::huge();
    let rows: usize = report.triage.sections.iter().map(|section| section.items.len()).sum();
    let (japanese, english) = (csv(&report, Language::Ja, 0), csv(&report, Language::En, 7));
    assert!(japanese.starts_with("\u{feff}項目,時刻,検知の前後,プロセス,内容,詳細,回数,判定の根拠,イベント\r\n"), "{}", &japanese[..200]);
    assert!(english.starts_with("\u{feff}Section,Time,Before or after,Process,What,Details,Count,Grounds,Events\r\n"));
    assert_eq!(japanese.matches("\r\n").count(), rows + 1);
    assert_eq!(english.matches("\r\n").count(), rows + 2);
    assert!(english.ends_with(",,,,7 more rows are left out because there are too many.,,,,\r\n"));
    assert!(japanese.contains("根拠 1") && english.contains("Ground 1"), "rows say what rests on them");
    assert!(japanese.contains(" +09:00,検知後,"), "times with their offset, what came after is marked");
}

#[test]
fn what_an_attacker_wrote_is_no_formula_and_breaks_no_line() {
    let mut report = fixture::black();
    let section = report.triage.sections.iter_mut().find(|section| section.kind == SectionKind::Network).unwrap();
    let mut row = section.items.remove(0);
    row.details = vec![("path".to_owned(), "a\"b,\u{202e}c".to_owned()), ("data".to_owned(), "one\r\ntwo".to_owned())];
    row.node = Some("=HYPERLINK(1)".to_owned());
    section.items = vec![row];
    report.triage.sections.retain(|section| section.kind == SectionKind::Network);
    let text = csv(&report, Language::En, 0);
    assert!(text.contains("\"'=HYPERLINK(1)\""), "{text}");
    assert!(text.contains("Path: a\"\"b,‹U+202E›c\nData: one\ntwo"), "{text}");
    assert_eq!(text.matches("\r\n").count(), 2, "{text}");
}
