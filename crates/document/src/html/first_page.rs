//! What a reader sees first: verdict, clock, what it is about, what to do, why, and the eight sections at a glance.

use super::facts;
use super::writer::Markup;
use crate::view::{ReasonView, View};

/// Most reasons of a kind on the first screen; the grounds hold the rest.
const BRIEF: usize = 10;

pub(super) fn write(page: &mut Markup, view: &View) {
    page.within("div", &[("class", "verdict")], |page| {
        page.within("p", &[("class", &format!("chip {}", view.verdict.grade))], |page| {
            page.element("strong", &[], &view.verdict.word);
            page.element("span", &[], &view.verdict.meaning);
        });
        page.within("div", &[], |page| {
            page.element("h1", &[], &view.headline);
            page.within("p", &[], |page| {
                page.text(view.label("score"));
                page.literal(" ");
                page.element("strong", &[], &view.verdict.score);
                page.literal(" ");
                page.text(&view.verdict.rule);
            });
        });
    });
    clock(page, view);
    facts(page, &view.facts);
    page.within("section", &[("class", "advice"), ("id", "advice")], |page| {
        page.element("h2", &[], view.label("advice"));
        if view.advice.is_empty() {
            page.element("p", &[("class", "empty")], view.label("advice.none"));
        } else {
            page.within("ol", &[], |page| view.advice.iter().for_each(|advice| page.element("li", &[], advice)));
        }
    });
    page.within("div", &[("class", "brief")], |page| {
        brief(page, view, ("supports", "supports.none"), &view.evidence.supports, view.evidence.supports_note.as_deref());
        page.within("div", &[], |page| {
            brief(page, view, ("against", "against.none"), &view.evidence.against, view.evidence.against_note.as_deref());
            page.element("h3", &[], view.label("unknown"));
            if view.evidence.unknown.is_empty() {
                page.element("p", &[("class", "empty")], view.label("unknown.none"));
            } else {
                page.within("ul", &[("class", "unknown")], |page| {
                    view.evidence.unknown.iter().take(BRIEF).for_each(|unknown| page.element("li", &[], &unknown.reason));
                });
                rest(page, view.evidence.unknown.len(), view.evidence.unknown_note.as_deref());
            }
        });
    });
    glance(page, view);
}

fn clock(page: &mut Markup, view: &View) {
    page.within("ol", &[("class", "clock")], |page| {
        for step in &view.clock {
            page.within("li", &[], |page| {
                page.element("span", &[], &step.label);
                page.element("strong", &[], &step.time);
                if let Some(note) = &step.note {
                    page.element("em", &[("class", if step.missed { "missed" } else { "kept" })], note);
                }
            });
        }
    });
}

fn brief(page: &mut Markup, view: &View, (label, none): (&'static str, &'static str), reasons: &[ReasonView], left_out: Option<&str>) {
    page.within("div", &[], |page| {
        page.element("h3", &[], view.label(label));
        if reasons.is_empty() {
            page.element("p", &[("class", "empty")], view.label(none));
        } else {
            page.within("ul", &[("class", "points")], |page| {
                for reason in reasons.iter().take(BRIEF) {
                    page.within("li", &[], |page| {
                        page.element("strong", &[], &reason.points);
                        page.element("span", &[], &reason.reason);
                    });
                }
            });
            rest(page, reasons.len(), left_out);
        }
    });
}

/// The way to those that stand only in the grounds.
fn rest(page: &mut Markup, listed: usize, left_out: Option<&str>) {
    if listed > BRIEF {
        let more = left_out.map_or_else(|| format!("… +{}", listed - BRIEF), str::to_owned);
        page.within("p", &[("class", "small")], |page| page.element("a", &[("href", "#reasons")], &more));
    }
}

fn glance(page: &mut Markup, view: &View) {
    page.within("ol", &[("class", "glance")], |page| {
        for section in &view.sections {
            page.within("li", &[("class", &section.state)], |page| {
                page.within("a", &[("href", &format!("#{}", section.name))], |page| {
                    page.element("span", &[], &format!("{} {}", section.number, section.short));
                    page.element("strong", &[], &section.summary);
                });
            });
        }
    });
}
