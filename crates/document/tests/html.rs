//! The HTML: one file, no script, nothing loaded; the same content as the PDF.

use base64::Engine;
use hikeshi_document::{Format, render};
use hikeshi_domain::flash_report::FlashReport;
use hikeshi_domain::phrase::{Language, Phrase};
use hikeshi_domain::triage::SectionKind;
use sha2::{Digest, Sha256};

use crate::fixture;

fn html(report: &FlashReport, language: Language) -> String {
    String::from_utf8(render(report, language, Format::Html).unwrap()).unwrap()
}

#[test]
fn nothing_runs_and_nothing_is_loaded() {
    let page = html(&fixture::black(), Language::Ja);
    for forbidden in ["<script", "<link", "<iframe", "<img", " src=", "url(", "@import", " style=", "javascript:", "href=\"http"] {
        assert!(!page.contains(forbidden), "`{forbidden}` is on the page");
    }
    let style = page.split_once("<style>").unwrap().1.split_once("</style>").unwrap().0;
    let hash = base64::engine::general_purpose::STANDARD.encode(Sha256::digest(style.as_bytes()));
    let policy =
        format!("default-src &#39;none&#39;; style-src &#39;sha256-{hash}&#39;; base-uri &#39;none&#39;; form-action &#39;none&#39;");
    assert!(page.contains(&policy), "the policy does not allow the page's own style and nothing else");
    assert!(!page.contains("203.0.113.77"), "an address is not defanged");
}

#[test]
fn every_printed_sheet_carries_the_tlp_and_that_it_is_a_drill() {
    let page = html(&fixture::black(), Language::Ja);
    assert!(page.contains("@top-right { content: \"TLP:AMBER\"; color: #"), "no TLP in the margin");
    let mut drill = fixture::black();
    drill.drill = true;
    assert!(html(&drill, Language::Ja).contains("@top-left { content: \"演習"), "no drill in the margin");
}

// covers: S3-36 S3-37 S3-38 S3-39 S3-40 S3-41 S3-42 S3-43 S3-44
#[test]
fn the_eight_sections_stand_in_order_in_both_languages() {
    for language in [Language::Ja, Language::En] {
        for report in [fixture::black(), fixture::poor()] {
            let page = html(&report, language);
            let mut from = 0;
            for (kind, number) in SectionKind::ALL.into_iter().zip(["①", "②", "③", "④", "⑤", "⑥", "⑦", "⑧"]) {
                let title = hikeshi_domain::phrases::render(&Phrase::new(format!("document.section.{}", kind.name())), language);
                let heading = format!("<h3>{number} {}</h3>", title.replace('\'', "&#39;"));
                from += page[from..].find(&heading).unwrap_or_else(|| panic!("`{heading}` is missing or out of order"));
            }
        }
    }
}

/// Reports showed `E19` and `R-high`, and English titles to Japanese readers.
#[test]
fn reasons_have_numbers_and_rules_their_titles_in_the_readers_language() {
    let mut report = fixture::black();
    report.triage.rules[0].title_ja = Some("システムファイルの実行場所の異常".to_owned());
    let reason = Phrase::new("finding.R").with("level", "high").with("count", "1").with("titles", "Log cleared");
    report.triage.findings[0].reason = reason.with_ja("titles", "ログの消去");
    report.triage.tree.nodes[2].matches = vec![report.triage.rules[0].title.clone()];
    let (ja, en) = (html(&report, Language::Ja), html(&report, Language::En));
    assert!(ja.contains("ログの消去") && !ja.contains("Log cleared"), "the reason");
    assert!(en.contains("Log cleared") && !en.contains("ログの消去"), "the reason");
    assert_eq!(ja.matches("システムファイルの実行場所の異常").count(), 3, "the rule, and the processes that it matched");
    assert!(en.contains("System File Execution Location Anomaly") && !en.contains("システムファイルの実行場所の異常"));
    for page in [&ja, &en] {
        for finding in &report.triage.findings {
            let shown = ["<td>", "<dt>", "<strong>"].iter().any(|tag| page.contains(&format!("{tag}{} ", finding.id)));
            let drawn = page
                .split("</text>")
                .filter_map(|text| text.rsplit_once('>'))
                .any(|(_, text)| text.split([' ', '·']).any(|word| word == finding.id));
            assert!(!shown && !drawn, "{}", finding.id);
        }
    }
    assert!(ja.contains(">根拠 1 · 根拠 ") || ja.contains(">根拠 1<"), "on the processes of the tree");
    assert!(ja.contains("根拠 1 ") && ja.contains("<strong>根拠 "), "numbered, and named in the sections");
    assert!(en.contains("Ground 1 "));
}

#[test]
fn hashes_are_whole_and_selected_at_once() {
    let report = fixture::black();
    let page = html(&report, Language::En);
    for indicator in report.triage.indicators.iter().filter(|indicator| indicator.kind == "sha256") {
        assert!(page.contains(&format!("<code>{}</code>", indicator.value)));
    }
    assert!(page.contains("user-select: all"));
}

// covers: S3-22 S3-23 S3-26 S3-28 S3-29 S3-30
#[test]
fn grade_and_mode_are_told_in_words() {
    let check = |report: &FlashReport, expected: &[&str]| {
        let page = html(report, Language::En);
        expected.iter().for_each(|text| assert!(page.contains(text), "the page lacks `{text}`"));
    };
    check(&fixture::black(), &["chip black", "Clear threat", "Non-block mode: a detected file could run", "Target met", "TLP:AMBER"]);
    check(&fixture::grey(), &["chip grey", "Investigation needed", "Block mode: a detected file could not run", "class=\"missed\""]);
    check(&fixture::white(), &["chip white", "Over-detection or false detection", "DRILL"]);
}

#[test]
fn pictures_have_a_text_alternative() {
    let page = html(&fixture::black(), Language::En);
    assert_eq!(page.matches("role=\"img\" aria-label=\"").count(), 2);
    assert!(page.contains("file written by P3") && page.contains("thread injected by P4"));
    assert!(page.contains("Process tree of 9 processes; the subject is P4 svch0st.exe; 1 without a record of their start."));
}
