//! The eight sections.

use super::evidence::table;
use super::writer::Markup;
use super::{heading, note, value};
use crate::view::{ItemView, SectionView, View};

pub(super) fn write(page: &mut Markup, view: &View) {
    heading(page, view, "sections");
    if !view.tree.rows.is_empty() {
        note(page, Some(view.label("sections.key")));
    }
    for section in &view.sections {
        self::section(page, view, section);
    }
    page.close();
}

fn section(page: &mut Markup, view: &View, section: &SectionView) {
    page.open("article", &[("id", &section.name)]);
    page.element("h3", &[], &format!("{} {}", section.number, section.title));
    page.element("p", &[("class", &format!("state {}", section.state))], &section.sentence);
    note(page, section.missing.as_deref());
    if !section.items.is_empty() {
        table(page, &[view.label("column.time"), view.label("column.what"), view.label("column.marks")], |page| {
            for item in &section.items {
                row(page, view, item);
            }
        });
    }
    note(page, section.note.as_deref());
    page.close();
}

fn row(page: &mut Markup, view: &View, item: &ItemView) {
    page.within("tr", &[("class", if item.after_detection { "after" } else { "before" })], |page| {
        page.within("td", &[("class", "time")], |page| {
            page.element("span", &[], &item.date);
            page.literal(" ");
            page.element("strong", &[], &item.time);
            page.literal(" ");
            page.element("span", &[], &item.offset);
            if item.after_detection {
                page.literal(" ");
                page.element("span", &[("class", "tag")], view.label("after_detection"));
            }
        });
        page.within("td", &[], |page| {
            page.element("span", &[], &item.what);
            if let Some(count) = &item.count {
                page.literal(" ");
                page.element("span", &[("class", "tag")], count);
            }
            page.within("dl", &[("class", "details")], |page| {
                for detail in &item.details {
                    page.element("dt", &[], &detail.label);
                    page.within("dd", &[], |page| value(page, &detail.value, true));
                }
            });
        });
        page.within("td", &[("class", "marks")], |page| {
            if !item.reasons.is_empty() {
                page.element("strong", &[], &item.reasons.join(" · "));
            }
            for text in [&item.actor, &item.events].into_iter().flatten() {
                page.element("div", &[], text);
            }
        });
    });
}
