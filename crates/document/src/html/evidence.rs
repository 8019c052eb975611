//! Tables of what the verdict rests on.

use super::writer::Markup;
use super::{heading, note, value};
use crate::view::{ReasonView, View};

pub(super) fn reasons(page: &mut Markup, view: &View) {
    heading(page, view, "reasons");
    if !view.verdict.families.is_empty() {
        page.element("p", &[("class", "small")], &format!("{}: {}", view.label("families"), view.verdict.families.join(" · ")));
    }
    table_of(page, view, ("supports", "supports.none"), &view.evidence.supports, "bar");
    table_of(page, view, ("against", "against.none"), &view.evidence.against, "bar hollow");
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

/// The tree in words: what the picture shows, for those who read or copy it.
pub(super) fn processes(page: &mut Markup, view: &View) {
    if view.tree.rows.is_empty() {
        return;
    }
    heading(page, view, "processes");
    table(page, &[view.label("column.process"), view.label("column.what")], |page| {
        for row in view.tree.rows.iter().filter(|row| !row.number.is_empty()) {
            page.within("tr", &[], |page| {
                page.within("td", &[], |page| {
                    page.element("strong", &[], &row.number);
                    page.literal(" ");
                    page.text(&row.name);
                });
                page.within("td", &[], |page| {
                    let origin = row.origin.as_ref().map(|origin| format!(" · {origin}")).unwrap_or_default();
                    page.element("div", &[("class", "small")], &format!("{}{origin}", row.about));
                    if !row.led_by.is_empty() {
                        page.element("div", &[("class", "small")], &row.led_by.join(" · "));
                    }
                    if !row.matches.is_empty() {
                        page.element("div", &[("class", "small")], &row.matches.join(" · "));
                    }
                    for text in [&row.image, &row.command_line, &row.sha256].into_iter().filter(|text| !text.is_empty()) {
                        page.within("div", &[], |page| value(page, text, true));
                    }
                });
            });
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
