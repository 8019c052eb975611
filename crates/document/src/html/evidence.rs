//! Tables of what the verdict rests on.

use super::writer::Markup;
use super::{heading, note, value};
use crate::view::{ReasonView, TreeRow, View};

pub(super) fn reasons(page: &mut Markup, view: &View) {
    heading(page, view, "reasons");
    if !view.verdict.families.is_empty() {
        page.element("p", &[("class", "small")], &format!("{}: {}", view.label("families"), view.verdict.families.join(" · ")));
    }
    files_note(page, view);
    table_of(page, view, ("supports", "supports.none"), &view.evidence.supports, "bar");
    note(page, view.evidence.supports_note.as_deref());
    table_of(page, view, ("against", "against.none"), &view.evidence.against, "bar hollow");
    note(page, view.evidence.against_note.as_deref());
    page.element("h3", &[], view.label("unknown"));
    if view.evidence.unknown.is_empty() {
        page.element("p", &[("class", "empty")], view.label("unknown.none"));
    } else {
        page.within("ul", &[], |page| {
            for unknown in &view.evidence.unknown {
                page.element("li", &[], &unknown.reason);
            }
        });
    }
    note(page, view.evidence.unknown_note.as_deref());
    page.close();
}

fn table_of(page: &mut Markup, view: &View, labels: (&'static str, &'static str), reasons: &[ReasonView], bar: &str) {
    page.element("h3", &[], view.label(labels.0));
    if reasons.is_empty() {
        page.element("p", &[("class", "empty")], view.label(labels.1));
        return;
    }
    table(page, &[view.label("column.points"), view.label("families"), view.label("column.reason")], |page| {
        for reason in reasons {
            page.within("tr", &[], |page| {
                page.within("td", &[("class", "num")], |page| {
                    page.element("strong", &[], &reason.points);
                    let width = reason.weight.min(60).to_string();
                    page.within("svg", &[("class", bar), ("width", "60"), ("height", "6"), ("aria-hidden", "true")], |page| {
                        page.element("rect", &[("x", "0.5"), ("y", "0.5"), ("width", &width), ("height", "5")], "");
                    });
                });
                page.element("td", &[], &format!("{} {}", reason.number, reason.family));
                page.within("td", &[], |page| {
                    page.element("div", &[], &reason.reason);
                    if let Some(events) = &reason.events {
                        page.element("div", &[("class", "small")], events);
                    }
                });
            });
        }
    });
}

pub(super) fn indicators(page: &mut Markup, view: &View) {
    heading(page, view, "indicators");
    if view.evidence.indicators.is_empty() {
        page.element("p", &[("class", "empty")], view.label("indicators.none"));
    } else {
        page.element("p", &[("class", "small")], view.label("indicators.note"));
        page.within("dl", &[("class", "facts")], |page| {
            for group in &view.evidence.indicators {
                page.element("dt", &[], &group.label);
                page.within("dd", &[], |page| {
                    for indicator in &group.values {
                        page.within("div", &[], |page| value(page, indicator, true));
                    }
                });
            }
        });
    }
    note(page, view.evidence.indicators_note.as_deref());
    page.close();
}

pub(super) fn rules(page: &mut Markup, view: &View) {
    heading(page, view, "rules");
    if view.evidence.rules.is_empty() {
        page.element("p", &[("class", "empty")], view.label("rules.none"));
    } else {
        table(page, &[view.label("column.rule"), view.label("level"), view.label("events")], |page| {
            for rule in &view.evidence.rules {
                page.within("tr", &[], |page| {
                    page.within("td", &[], |page| {
                        page.element("div", &[], &rule.title);
                        page.element(
                            "div",
                            &[("class", "small")],
                            &format!("{} · {}: {}", rule.id, view.label("rule_author"), rule.author),
                        );
                        page.element("div", &[("class", "small")], &rule.tags);
                    });
                    page.element("td", &[], &rule.level);
                    page.element("td", &[], &rule.events);
                });
            }
        });
    }
    note(page, view.evidence.rules_note.as_deref());
    page.close();
}

/// The tree in words: what the picture shows, for those who read or copy it, and what rows name besides.
pub(super) fn processes(page: &mut Markup, view: &View) {
    let listed = view.tree.listed();
    if listed.is_empty() {
        return;
    }
    heading(page, view, "processes");
    table(page, &[view.label("column.process"), view.label("column.what")], |page| {
        for row in listed {
            page.within("tr", &[], |page| {
                page.within("td", &[("class", "mark")], |page| page.element("strong", &[], &row.number));
                page.within("td", &[], |page| process(page, view, row));
            });
        }
    });
    note(page, view.tree.cited_note.as_deref());
    page.close();
}

fn process(page: &mut Markup, view: &View, row: &TreeRow) {
    page.element("strong", &[], &row.name);
    page.literal(" ");
    let origin = row.origin.as_ref().map(|origin| format!(" · {origin}")).unwrap_or_default();
    page.element("span", &[("class", "small")], &format!("{}{origin}", row.about));
    for told in [&row.led_by, &row.matches].into_iter().filter(|told| !told.is_empty()) {
        page.element("div", &[("class", "small")], &told.join(" · "));
    }
    let values = [("detail.image", &row.image), ("detail.command_line", &row.command_line), ("detail.sha256", &row.sha256)];
    page.within("dl", &[("class", "details")], |page| {
        for (label, text) in values.into_iter().filter(|(_, text)| !text.is_empty()) {
            page.element("dt", &[], view.label(label));
            page.within("dd", &[], |page| value(page, text, true));
        }
    });
}

/// Where the events stand: said at once where it is one file, else the marks are explained.
pub(super) fn files_note(page: &mut Markup, view: &View) {
    match view.files.as_slice() {
        [] => {}
        [only] if only.number.is_empty() => page.within("p", &[("class", "small")], |page| {
            page.text(view.label("files.one"));
            page.literal(" ");
            value(page, &only.path, true);
        }),
        _ => note(page, Some(view.label("files.many"))),
    }
}

/// The key of the log files, where rows use its marks.
pub(super) fn files(page: &mut Markup, view: &View) {
    if view.files.iter().all(|file| file.number.is_empty()) {
        return;
    }
    heading(page, view, "files");
    page.within("dl", &[("class", "facts key")], |page| {
        for file in &view.files {
            page.element("dt", &[], &file.number);
            page.within("dd", &[], |page| value(page, &file.path, true));
        }
    });
    page.close();
}

/// A table with heads; `rows` writes its body.
pub(super) fn table(page: &mut Markup, heads: &[&str], rows: impl FnOnce(&mut Markup)) {
    page.within("table", &[], |page| {
        page.within("thead", &[], |page| {
            page.within("tr", &[], |page| heads.iter().for_each(|head| page.element("th", &[("scope", "col")], head)));
        });
        page.within("tbody", &[], rows);
    });
}
