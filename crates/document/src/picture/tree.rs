//! The process tree as strips, one a row: pages break between strips and the rails go on.

use super::{Anchor, Pen, Picture, Shape, Style, Tone, WIDTH};
use crate::fonts::{Face, Fonts};
use crate::view::{TreeRow, View};

const ROW: f64 = 31.0;
const LEFT_OUT_ROW: f64 = 15.0;
const BOX: f64 = 26.0;
/// Deepest indentation as a part of the width: names stay readable in the deepest row.
const DEEPEST: f64 = 0.42;

/// One strip a row.
pub(crate) fn draw(view: &View, fonts: &Fonts) -> Vec<Picture> {
    let deepest = view.tree.rows.iter().map(|row| row.depth).max().unwrap_or_default();
    let step = if deepest == 0 { 0.0 } else { (WIDTH * DEEPEST / places(deepest)).min(17.0) };
    view.tree.rows.iter().map(|row| strip(row, view, step, fonts)).collect()
}

/// A small count as a number to reckon with.
fn places(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::MAX, f64::from)
}

fn strip(row: &TreeRow, view: &View, step: f64, fonts: &Fonts) -> Picture {
    let mut pen = Pen { fonts, shapes: Vec::new() };
    let left_out = row.number.is_empty();
    let height = if left_out { LEFT_OUT_ROW } else { ROW };
    let middle = if left_out { height / 2.0 } else { BOX / 2.0 };
    rails(&mut pen, row, step, height, middle);
    let left = step * places(row.depth);
    if left_out {
        let style = Style { face: Face::Sans, size: 7.0, tone: Tone::Mid };
        pen.text(&row.name, (left + 4.0, middle + 2.5), Anchor::Left, style, WIDTH - left);
    } else {
        node(&mut pen, row, view, left);
    }
    Picture { height, shapes: pen.shapes }
}

/// Lines from the parents: down the left side of each open branch, and the elbow into this row.
fn rails(pen: &mut Pen<'_>, row: &TreeRow, step: f64, height: f64, middle: f64) {
    let column = |depth: usize| step * places(depth) + step / 2.0;
    for (depth, open) in row.rails.iter().enumerate().skip(1) {
        if *open {
            pen.line((column(depth - 1), 0.0), (column(depth - 1), height), Tone::Mid, 0.7, false);
        }
    }
    if row.depth > 0 {
        let x = column(row.depth - 1);
        pen.line((x, 0.0), (x, if row.last { middle } else { height }), Tone::Mid, 0.7, false);
        pen.line((x, middle), (step * places(row.depth), middle), Tone::Mid, 0.7, false);
    }
    if row.parent {
        pen.line((column(row.depth), BOX), (column(row.depth), height), Tone::Mid, 0.7, false);
    }
}

fn node(pen: &mut Pen<'_>, row: &TreeRow, view: &View, left: f64) {
    let strong = row.subject || !row.findings.is_empty();
    pen.shapes.push(Shape::Box {
        x: left,
        y: 0.4,
        width: WIDTH - left - 0.4,
        height: BOX - 0.8,
        radius: 3.0,
        fill: Some(if row.subject { Tone::Shade } else { Tone::Paper }),
        stroke: Some(if strong { Tone::Ink } else { Tone::Mid }),
        weight: if row.subject { 1.5 } else { 0.7 },
        dashed: row.ghost,
    });
    let right = badges(pen, row, view);
    let inner = left + 5.0;
    let small = Style { face: Face::Sans, size: 7.0, tone: Tone::Mid };
    let x = inner + pen.text(&row.number, (inner, 10.5), Anchor::Left, small, 40.0) + 4.0;
    let bold = Style { face: Face::Bold, size: 8.5, tone: Tone::Ink };
    let x = x + pen.text(&row.name, (x, 10.5), Anchor::Left, bold, (right - x) * 0.6) + 7.0;
    if right - x > 40.0 {
        pen.text(&about(pen.fonts, row, right - x - 4.0), (x, 10.5), Anchor::Left, small, right - x - 4.0);
    }
    let line = if row.command_line.is_empty() { &row.image } else { &row.command_line };
    let mono = Style { face: Face::Mono, size: 6.4, tone: Tone::Ink };
    pen.text(line, (inner, 20.8), Anchor::Left, mono, WIDTH - inner - 6.0);
}

/// As much of pid, start and user as fits; a time is left out rather than cut in two.
fn about(fonts: &Fonts, row: &TreeRow, room: f64) -> String {
    let parts: Vec<&str> = row.about.split(" · ").collect();
    let shorter = (1..=parts.len()).rev().map(|count| parts.iter().take(count).copied().collect::<Vec<_>>().join(" · "));
    let mut fitting = shorter.filter(|text| fonts.width(text, Face::Sans, 7.0) <= room);
    fitting.next().unwrap_or_default()
}

/// Marks at the right end of the first line; gives where they begin.
fn badges(pen: &mut Pen<'_>, row: &TreeRow, view: &View) -> f64 {
    let mut right = WIDTH - 5.0;
    if row.subject {
        right = badge(pen, view.label("subject"), right, true);
    }
    if row.after_detection {
        right = badge(pen, view.label("after_detection"), right, false);
    }
    if let Some(origin) = &row.origin {
        right = badge(pen, origin, right, false);
    }
    if let Some(led_by) = row.led_by.first() {
        right = badge(pen, led_by, right, false);
    }
    if !row.reasons.is_empty() {
        let shown = row.reasons.iter().take(4).map(String::as_str).collect::<Vec<_>>().join(" · ");
        let more = if row.reasons.len() > 4 { " …" } else { "" };
        right = badge(pen, &format!("{shown}{more}"), right, false);
    }
    right
}

fn badge(pen: &mut Pen<'_>, text: &str, right: f64, filled: bool) -> f64 {
    let width = pen.fonts.width(&pen.fonts.printable(text), Face::Sans, 6.5).min(150.0) + 7.0;
    pen.shapes.push(Shape::Box {
        x: right - width,
        y: 3.2,
        width,
        height: 9.6,
        radius: 2.0,
        fill: Some(if filled { Tone::Ink } else { Tone::Paper }),
        stroke: Some(if filled { Tone::Ink } else { Tone::Mid }),
        weight: 0.5,
        dashed: false,
    });
    let style = Style { face: Face::Sans, size: 6.5, tone: if filled { Tone::Paper } else { Tone::Ink } };
    pen.text(text, (right - width / 2.0, 10.4), Anchor::Middle, style, width - 6.0);
    right - width - 3.0
}
