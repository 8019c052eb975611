//! The PDF: what stands on its pages, read back by `pdftotext`; glyphs; determinism; bounds.

use std::io::Write;
use std::process::Command;

use hikeshi_document::{Format, render, typeset};
use hikeshi_domain::flash_report::FlashReport;
use hikeshi_domain::phrase::Language;
use hikeshi_domain::triage::SectionKind;

use crate::fixture;

/// The pages' texts without any white space, so that a line break in a title does not hide it. `None` where the reader is missing.
pub(crate) fn pages(pdf: &[u8], test: &str) -> Option<Vec<String>> {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(pdf).unwrap();
    let Ok(output) = Command::new("pdftotext").arg(file.path()).arg("-").output() else {
        eprintln!("skipped: needs pdftotext ({test})");
        return None;
    };
    let text = String::from_utf8(output.stdout).unwrap();
    let pages = text.split('\u{c}').map(|page| page.chars().filter(|letter| !letter.is_whitespace()).collect());
    let mut pages: Vec<String> = pages.collect();
    pages.retain(|page: &String| !page.is_empty());
    Some(pages)
}

fn close(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_whitespace()).collect()
}

fn label(key: &str, language: Language) -> String {
    close(&hikeshi_domain::phrases::render(&hikeshi_domain::phrase::Phrase::new(format!("document.{key}")), language))
}

fn hashes(report: &FlashReport) -> Vec<String> {
    let items = report.triage.sections.iter().flat_map(|section| &section.items);
    let details = items.flat_map(|item| &item.details).filter(|(name, _)| name == "sha256" || name == "md5");
    let indicators = report.triage.indicators.iter().filter(|indicator| indicator.kind == "sha256");
    let subject = report.triage.subject.sha256.clone();
    details.map(|(_, value)| value.clone()).chain(indicators.map(|indicator| indicator.value.clone())).chain(subject).collect()
}

// covers: S3-36 S3-37 S3-38 S3-39 S3-40 S3-41 S3-42 S3-43 S3-44
#[test]
fn the_japanese_report_tells_everything() {
    let report = fixture::black();
    let pdf = render(&report, Language::Ja, Format::Pdf).unwrap();
    let Some(pages) = pages(&pdf, "the_japanese_report_tells_everything") else { return };
    let all = pages.concat();
    let mut from = 0;
    for (kind, number) in SectionKind::ALL.into_iter().zip(["①", "②", "③", "④", "⑤", "⑥", "⑦", "⑧"]) {
        let title = format!("{number}{}", label(&format!("section.{}", kind.name()), Language::Ja));
        let at = all[from..].find(&title);
        from += at.unwrap_or_else(|| panic!("`{title}` is missing or out of order"));
    }
    for hash in hashes(&report) {
        assert!(all.contains(&hash), "{hash} is not whole in the text");
    }
    for (number, page) in pages.iter().enumerate() {
        assert!(page.matches("TLP:AMBER").count() >= 2, "page {} lacks TLP in header or footer", number + 1);
        assert!(page.contains(&format!("{}/{}", number + 1, pages.len())), "page {} is not numbered", number + 1);
    }
    assert!(all.contains("203[.]0[.]113[.]77") && !all.contains("203.0.113.77"), "an address is not defanged");
    assert!(all.contains("~髙﨑𠮷野_ｼｽﾃﾑ情報.zip"), "rare kanji or half-width kana are lost");
    assert!(all.contains("FlorianRoth(NextronSystems)"), "the rules' authors are missing");
    assert!(!all.contains('\u{200b}') && !all.contains('\u{e000}'), "marks for breaking lines leak into the text");
}

// covers: S3-27 S3-31 S3-32 S3-33 S1-20
#[test]
fn the_first_page_answers_what_how_bad_and_what_next() {
    let Some(pages) = pages(&render(&fixture::grey(), Language::Ja, Format::Pdf).unwrap(), "first_page") else { return };
    let first = &pages[0];
    for expected in
        ["グレー", "要調査", "+22", "03:08:12+09:00", "03:08:41+09:00", "05:08:41+09:00", "目標超過（21分遅れ）", "いま行うこと", "第2版"]
    {
        assert!(first.contains(expected), "page 1 lacks `{expected}`: {first}");
    }
    assert!(first.contains(&label("block_mode.block", Language::Ja)));
    assert!(first.contains(&fixture::sha256(7)));
    assert!(pages.iter().all(|page| page.contains("TLP:AMBER+STRICT")));
}

// covers: S3-30
#[test]
fn a_drill_is_marked_on_every_page() {
    let Some(pages) = pages(&render(&fixture::white(), Language::En, Format::Pdf).unwrap(), "drill") else { return };
    assert!(pages.iter().all(|page| page.contains("DRILL演習") && page.contains("TLP:CLEAR")));
    assert!(pages[0].contains("Over-detectionorfalsedetection"));
}

// covers: S3-44
#[test]
fn what_was_not_collected_is_told_apart_from_nothing_found() {
    let report = fixture::poor();
    let pdf = render(&report, Language::En, Format::Pdf).unwrap();
    assert_eq!(pdf, render(&report, Language::En, Format::Pdf).unwrap(), "the same report gave other bytes");
    let Some(pages) = pages(&pdf, "poor") else { return };
    let all = pages.concat();
    assert!(all.contains("Notcollected:Sysmon11,Sysmon15"));
    assert!(all.contains("NothingfoundinSecurity4688"));
    assert!(all.contains("-05:00"), "times are not in the report's zone");
    for kind in SectionKind::ALL {
        assert!(all.contains(&label(&format!("section.{}", kind.name()), Language::En)));
    }
}

#[test]
fn thousands_are_summarised_with_counts() {
    let report = fixture::huge();
    let pages = typeset(&report, Language::Ja).unwrap();
    assert!(pages.pages() <= 40, "{} pages", pages.pages());
    assert_eq!(pages.missing_glyphs(), Vec::<String>::new());
    assert_eq!(pages.warnings, Vec::<String>::new());
    let view = hikeshi_document::View::of(&report, Language::Ja);
    assert!(view.tree.rows.len() < 120 && view.tree.note.as_ref().unwrap().contains("5,009"));
    assert!(view.tree.rows.iter().any(|row| row.subject));
    assert!(view.sections.iter().all(|section| section.items.len() <= 30 && section.note.is_some()));
    assert!(view.evidence.indicators_note.is_some() && view.evidence.rules_note.is_some());
}

/// Rows of five lines and more, of which ten were one name in a narrow column, filled a page with five rows.
#[test]
fn rows_stay_low_where_paths_are_long() {
    let mut report = fixture::black();
    report.triage.sections.retain(|section| section.kind == SectionKind::FilesWritten);
    let items = &mut report.triage.sections[0].items;
    *items = items.iter().cycle().take(30).cloned().collect();
    crate::view::events(&mut report).for_each(|event| event.path = Some(crate::view::long_path("evidence.evtx")));
    report.triage.tree.nodes.iter_mut().for_each(|node| node.image = Some(crate::view::long_path(&format!("{}.exe", "n".repeat(60)))));
    for item in &mut report.triage.sections[0].items {
        item.details = vec![("path".to_owned(), crate::view::long_path("written.tmp")), ("sha256".to_owned(), fixture::sha256(9))];
    }
    report.triage.rules.clear();
    report.triage.indicators.clear();
    let Some(pages) = pages(&render(&report, Language::Ja, Format::Pdf).unwrap(), "rows_stay_low") else { return };
    let rows = |page: &String| page.matches(&fixture::sha256(9)).count();
    let most = pages.iter().map(rows).max().unwrap();
    assert!(most >= 9, "{most} rows on the fullest page");
    assert!(pages.iter().map(rows).sum::<usize>() >= 30);
}
