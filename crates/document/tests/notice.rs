//! The mail that tells of a report.

use hikeshi_document::notice::{Told, write};
use hikeshi_domain::phrase::Language;
use hikeshi_domain::tlp::Tlp;

use crate::fixture;

fn told<'a>(reference: &'a str, link: &'a str, drill: bool) -> Told<'a> {
    Told { reference, issued_at: fixture::at(63_000), time_zone: "Asia/Tokyo", link, tlp: Tlp::Amber, drill }
}

#[test]
fn it_carries_reference_time_and_link_only() {
    let link = "https://desk.example/reports/0193?lang=ja&v=1";
    for language in [Language::Ja, Language::En] {
        let mail = write(&told("FR-20261121-0007", link, false), language).unwrap();
        assert!(mail.subject.contains("TLP:AMBER") && mail.subject.contains("FR-20261121-0007"));
        assert!(mail.text.contains("2026-11-21 03:09:15 +09:00") && mail.text.contains(link));
        assert!(mail.html.contains("href=\"https://desk.example/reports/0193?lang=ja&amp;v=1\""));
    }
}

#[test]
fn a_drill_says_so_first() {
    let mail = write(&told("FR-1", "https://desk.example/", true), Language::Ja).unwrap();
    assert!(mail.subject.starts_with("【演習】") && mail.text.starts_with("【演習】") && mail.html.contains("【演習】"));
}

#[test]
fn no_header_or_link_can_be_smuggled_in() {
    let mail = write(&told("FR-1\r\nBcc: a@b.example <b>", "https://desk.example/", false), Language::En).unwrap();
    assert!(!mail.subject.contains(['\r', '\n']));
    assert!(mail.html.contains("&lt;b&gt;"));
    for link in ["javascript:alert(1)", "https://a.example/\"onclick=x", "https://a b", "ftp://a.example"] {
        assert!(write(&told("FR-1", link, false), Language::En).is_err(), "{link}");
    }
}
