//! Text from outside that would like to be markup, to hide, or to break the page.

use hikeshi_document::{Format, View, render, typeset};
use hikeshi_domain::flash_report::FlashReport;
use hikeshi_domain::phrase::{Language, Phrase};
use serde_json::Value;

use crate::fixture;

const HOSTILE: &str = "#import \"/etc/passwd\": *; $x^2$ @ref [a](b) `raw` _u_ \\ // <script>alert(1)</script> </style><img src=x onerror=y> \
{{braces}} {value} ${7*7} \u{202e}fdp.exe\u{202c} \u{0}\u{7}\u{1b}[31m \u{feff}\u{200b} 🔥👩‍💻 한국어 العربية 𠮷髙﨑 ﾊﾝｶｸ ～∥－ <!-- & &amp; ' \" =cmd|' /C calc'!A0";

/// The report with the hostile text in every place where foreign text may stand.
fn poisoned() -> FlashReport {
    let mut report = fixture::black();
    let long = format!("{HOSTILE}{}", "x".repeat(3000));
    report.organization = HOSTILE.to_owned();
    report.reference = HOSTILE.to_owned();
    report.advice = vec![Phrase::new("advice.black.isolate").with("host", long.clone()), Phrase::new(HOSTILE).with(HOSTILE, HOSTILE)];
    report.limits = report.advice.clone();
    let raised = &mut report.alert.as_mut().unwrap().raised;
    raised.name = HOSTILE.to_owned();
    raised.product = HOSTILE.to_owned();
    raised.id = long.clone();
    let triage = &mut report.triage;
    triage.host = HOSTILE.to_owned();
    triage.rules_version = HOSTILE.to_owned();
    triage.subject.image = Some(long.clone());
    triage.subject.command_line = Some(long.clone());
    triage.subject.user = Some(HOSTILE.to_owned());
    triage.subject.sha256 = Some(HOSTILE.to_owned());
    for finding in &mut triage.findings {
        finding.id = HOSTILE.to_owned();
        finding.reason.values.values_mut().for_each(|value| value.clone_from(&long));
        finding.events.iter_mut().for_each(|event| event.channel = HOSTILE.to_owned());
    }
    for node in &mut triage.tree.nodes {
        node.image = Some(long.clone());
        node.command_line = Some(long.clone());
        node.user = Some(HOSTILE.to_owned());
        node.matches = vec![HOSTILE.to_owned()];
    }
    for item in triage.sections.iter_mut().flat_map(|section| &mut section.items) {
        item.details.push((HOSTILE.to_owned(), long.clone()));
        item.findings.push(HOSTILE.to_owned());
    }
    for rule in &mut triage.rules {
        rule.title = HOSTILE.to_owned();
        rule.author = long.clone();
        rule.tags = vec![HOSTILE.to_owned()];
        rule.level = HOSTILE.to_owned();
    }
    for indicator in &mut triage.indicators {
        indicator.value = long.clone();
    }
    report
}

#[test]
fn in_the_pdf_it_is_text_with_every_glyph() {
    let report = poisoned();
    let pages = typeset(&report, Language::Ja).unwrap();
    assert_eq!(pages.missing_glyphs(), Vec::<String>::new());
    assert_eq!(pages.warnings, Vec::<String>::new());
    let pdf = render(&report, Language::Ja, Format::Pdf).unwrap();
    let Some(pages) = crate::pdf::pages(&pdf, "in_the_pdf_it_is_text") else { return };
    for (number, page) in pages.iter().enumerate() {
        assert!(page.matches("TLP:AMBER").count() >= 2, "page {} lacks TLP in header or footer", number + 1);
        assert!(page.contains(&format!("{}/{}", number + 1, pages.len())), "page {} is not numbered", number + 1);
    }
    let all = pages.concat();
    for expected in ["#import\"/etc/passwd\"", "$x^2$", "‹U+202E›fdp.exe", "‹U+0000›", "‹U+1F525›", "‹U+D55C›", "<script>alert(1)</script>"]
    {
        assert!(all.contains(expected), "`{expected}` is not shown as text");
    }
}

#[test]
fn in_the_html_it_is_text() {
    let html = String::from_utf8(render(&poisoned(), Language::En, Format::Html).unwrap()).unwrap();
    assert!(html.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
    for forbidden in ["<script", "<img", "onerror=y>", "\u{202e}", "\u{0}", "\u{1b}", "<!-- &"] {
        assert!(!html.contains(forbidden), "`{}` came through", forbidden.escape_debug());
    }
    assert_eq!(html.matches("</style>").count(), 1);
}

#[test]
fn in_the_json_the_model_is_unchanged() {
    let report = poisoned();
    let json: Value = serde_json::from_slice(&render(&report, Language::Ja, Format::Json).unwrap()).unwrap();
    let kept: FlashReport = serde_json::from_value(json["report"].clone()).unwrap();
    assert_eq!(kept, report);
}

#[test]
fn trees_that_lie_about_themselves_are_drawn() {
    let mut report = fixture::black();
    let nodes = &mut report.triage.tree.nodes;
    nodes[0].parent = Some("n4".to_owned());
    nodes[5].parent = Some("n6".to_owned());
    nodes[7].parent = Some("no such process".to_owned());
    nodes.reverse();
    let view = View::of(&report, Language::En);
    let mut drawn: Vec<&str> = view.tree.rows.iter().map(|row| row.number.as_str()).collect();
    drawn.sort_unstable();
    assert_eq!(drawn, ["P1", "P2", "P3", "P4", "P5", "P6", "P7", "P8", "P9"]);
}
