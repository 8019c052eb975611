//! HTML: one file, no script, nothing loaded from anywhere. A strict policy in the page itself forbids both.

mod evidence;
mod first_page;
mod sections;
mod svg;
pub(crate) mod writer;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use crate::DocumentError;
use crate::fonts::fonts;
use crate::picture;
use crate::view::{Fact, View};
use writer::Markup;

const STYLE: &str = include_str!("../../../../templates/flash_report.css");

/// The report as a page.
pub(crate) fn write(view: &View) -> Result<String, DocumentError> {
    let mut page = Markup::default();
    page.literal("<!DOCTYPE html>\n");
    let language = if view.language == hikeshi_domain::phrase::Language::Ja { "ja" } else { "en" };
    page.open("html", &[("lang", language)]);
    head(&mut page, view);
    page.open("body", &[]);
    bar(&mut page, view, "header");
    page.open("main", &[]);
    first_page::write(&mut page, view);
    contents(&mut page, view);
    evidence::reasons(&mut page, view);
    pictures(&mut page, view)?;
    sections::write(&mut page, view);
    evidence::indicators(&mut page, view);
    evidence::rules(&mut page, view);
    evidence::processes(&mut page, view);
    evidence::files(&mut page, view);
    last(&mut page, view);
    page.close();
    bar(&mut page, view, "footer");
    Ok(page.finish())
}

fn head(page: &mut Markup, view: &View) {
    let style = format!("{STYLE}{}", margins(view));
    let hash = STANDARD.encode(Sha256::digest(style.as_bytes()));
    let policy = format!("default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'");
    page.within("head", &[], |page| {
        page.open("meta", &[("charset", "utf-8")]);
        page.open("meta", &[("http-equiv", "Content-Security-Policy"), ("content", &policy)]);
        page.open("meta", &[("name", "viewport"), ("content", "width=device-width, initial-scale=1")]);
        page.open("meta", &[("name", "referrer"), ("content", "no-referrer")]);
        page.open("meta", &[("name", "robots"), ("content", "noindex")]);
        page.open("meta", &[("name", "color-scheme"), ("content", "light dark")]);
        page.element("title", &[], &format!("{} {}", view.tlp.label, view.title));
        page.style(&style);
    });
}

/// What a printer puts on each sheet: TLP, drill, number. Nothing of it is foreign text.
fn margins(view: &View) -> String {
    let safe = |text: &str| text.chars().filter(|letter| !"\"\\<>\n".contains(*letter)).collect::<String>();
    let (label, colour, drill) = (safe(&view.tlp.label), safe(&view.tlp.colour), safe(view.drill.as_deref().unwrap_or_default()));
    format!(
        "@page {{ @top-right {{ content: \"{label}\"; color: {colour}; background: #000; font: 700 12pt sans-serif; text-align: center; width: 46mm; height: 7mm; margin-top: 6mm; }}\
         @top-left {{ content: \"{drill}\"; color: #6b1fa8; font: 700 10pt sans-serif; }}\
         @bottom-center {{ content: counter(page) \" / \" counter(pages); font: 9pt sans-serif; }} }}\n"
    )
}

/// Drill, title and TLP: the first and the last thing on the page.
fn bar(page: &mut Markup, view: &View, element: &'static str) {
    page.within(element, &[("class", "bar")], |page| {
        if let Some(drill) = &view.drill {
            page.element("p", &[("class", "drill")], drill);
        }
        page.within("p", &[("class", "line")], |page| {
            let parts = [&view.title, &view.version, &view.organization];
            let told = parts.into_iter().filter(|part| !part.is_empty()).map(String::as_str).collect::<Vec<_>>().join(" · ");
            page.element("span", &[], &told);
            let class = format!("tlp tlp-{}", view.tlp.colour.trim_start_matches('#').to_ascii_lowercase());
            page.element("strong", &[("class", &class), ("title", &view.tlp.meaning)], &view.tlp.label);
        });
    });
}

fn contents(page: &mut Markup, view: &View) {
    const PLACES: [&str; 10] =
        ["reasons", "tree", "timeline", "sections", "indicators", "rules", "processes", "files", "limits", "colophon"];
    let absent = |name: &str| match name {
        "processes" => view.tree.rows.is_empty(),
        "files" => view.files.iter().all(|file| file.number.is_empty()),
        _ => false,
    };
    page.within("nav", &[("aria-label", view.label("contents"))], |page| {
        for name in PLACES.into_iter().filter(|name| !absent(name)) {
            page.element("a", &[("href", &format!("#{name}"))], view.label(name));
        }
    });
}

fn pictures(page: &mut Markup, view: &View) -> Result<(), DocumentError> {
    let fonts = fonts()?;
    heading(page, view, "tree");
    if view.tree.rows.is_empty() {
        page.element("p", &[("class", "empty")], view.label("tree.none"));
    } else {
        page.within("p", &[("class", "legend")], |page| {
            for (class, label) in [("plain", "tree.legend_plain"), ("ghost", "tree.legend_ghost"), ("subject", "tree.legend_subject")] {
                legend(page, class, view.label(label));
            }
        });
        let strips = picture::tree::draw(view, fonts);
        page.within("div", &[("class", "picture"), ("tabindex", "0")], |page| svg::draw(page, &strips, &view.tree.alt));
    }
    note(page, view.tree.note.as_deref());
    page.close();
    heading(page, view, "timeline");
    page.within("p", &[("class", "legend")], |page| {
        page.element("span", &[], &format!("{} {}", view.label("detected"), view.timeline.detected));
        for (class, label) in [("dot full", "timeline.legend_finding"), ("dot", "timeline.legend_plain")] {
            legend(page, class, view.label(label));
        }
    });
    let timeline = picture::timeline::draw(view, fonts);
    page.within("div", &[("class", "picture"), ("tabindex", "0")], |page| {
        svg::draw(page, std::slice::from_ref(&timeline), &view.timeline.alt);
    });
    note(page, Some(&view.timeline.note));
    page.close();
    Ok(())
}

/// A sign and what it means, kept together.
fn legend(page: &mut Markup, class: &str, meaning: &str) {
    page.within("span", &[], |page| {
        page.element("i", &[("class", class)], "");
        page.text(meaning);
    });
}

fn last(page: &mut Markup, view: &View) {
    heading(page, view, "limits");
    if view.limits.is_empty() {
        page.element("p", &[("class", "empty")], view.label("limits.none"));
    } else {
        page.within("ul", &[], |page| view.limits.iter().for_each(|limit| page.element("li", &[], limit)));
    }
    page.close();
    heading(page, view, "colophon");
    facts(page, &view.colophon);
    page.element("p", &[("class", "small")], view.label("machine"));
    page.element("p", &[("class", "small")], &format!("{}: {}", view.tlp.label, view.tlp.meaning));
    page.close();
}

/// Begins a section with its heading; the caller closes it.
fn heading(page: &mut Markup, view: &View, name: &'static str) {
    page.open("section", &[("id", name)]);
    page.element("h2", &[], view.label(name));
}

fn note(page: &mut Markup, note: Option<&str>) {
    if let Some(note) = note {
        page.element("p", &[("class", "small")], note);
    }
}

fn facts(page: &mut Markup, facts: &[Fact]) {
    page.within("dl", &[("class", "facts")], |page| {
        for fact in facts {
            page.element("dt", &[], &fact.label);
            page.within("dd", &[], |page| value(page, &fact.value, fact.code));
        }
    });
}

/// A value: code is selected whole by one click, so that a hash is copied whole.
fn value(page: &mut Markup, text: &str, code: bool) {
    if code {
        page.element("code", &[], text);
    } else {
        page.text(text);
    }
}
