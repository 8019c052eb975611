//! Pictures as inline SVG. Colours come from the style sheet, so that they follow light, dark and print.

use super::writer::Markup;
use crate::picture::{Picture, Shape, Tone, WIDTH};

/// Room left around the picture, so that no line at its edge is cut.
const MARGIN: f64 = 1.5;

/// Strips of one drawing: printed pages break between drawings, never through a row.
const STRIPS: usize = 8;

/// Draws strips below one another as one picture with a text alternative.
pub(super) fn draw(page: &mut Markup, strips: &[Picture], alt: &str) {
    page.open("div", &[("role", "img"), ("aria-label", alt)]);
    let last = strips.chunks(STRIPS).count().saturating_sub(1);
    for (place, strips) in strips.chunks(STRIPS).enumerate() {
        let above = if place == 0 { MARGIN } else { 0.0 };
        let below = if place == last { MARGIN } else { 0.0 };
        let height: f64 = strips.iter().map(|strip| strip.height).sum();
        let view = format!("{:.1} {:.1} {:.1} {:.1}", -MARGIN, -above, WIDTH + 2.0 * MARGIN, height + above + below);
        page.open("svg", &[("xmlns", "http://www.w3.org/2000/svg"), ("viewBox", &view), ("aria-hidden", "true")]);
        let mut top = 0.0;
        for strip in strips {
            strip.shapes.iter().for_each(|shape| self::shape(page, shape, top));
            top += strip.height;
        }
        page.close();
    }
    page.close();
}

fn shape(page: &mut Markup, shape: &Shape, top: f64) {
    match shape {
        Shape::Line { x1, y1, x2, y2, tone, width, dashed } => {
            let class = format!("s-{}{}", tone_name(*tone), dash(*dashed));
            let numbers = [number(*x1), number(y1 + top), number(*x2), number(y2 + top), number(*width)];
            let [x1, y1, x2, y2, width] = &numbers;
            page.element("line", &[("x1", x1), ("y1", y1), ("x2", x2), ("y2", y2), ("stroke-width", width), ("class", &class)], "");
        }
        Shape::Box { x, y, width, height, radius, fill, stroke, weight, dashed } => {
            let fill = fill.map_or("f-none".to_owned(), |tone| format!("f-{}", tone_name(tone)));
            let stroke = stroke.map(|tone| format!(" s-{}", tone_name(tone))).unwrap_or_default();
            let class = format!("{fill}{stroke}{}", dash(*dashed));
            let numbers = [number(*x), number(y + top), number(*width), number(*height), number(*radius), number(*weight)];
            let [x, y, width, height, radius, weight] = &numbers;
            let place: [(&'static str, &str); 7] =
                [("x", x), ("y", y), ("width", width), ("height", height), ("rx", radius), ("stroke-width", weight), ("class", &class)];
            page.element("rect", &place, "");
        }
        Shape::Dot { x, y, radius, filled } => {
            let (x, y, radius) = (number(*x), number(y + top), number(*radius));
            let class = if *filled { "s-ink f-ink" } else { "s-ink f-paper" };
            page.element("circle", &[("cx", &x), ("cy", &y), ("r", &radius), ("stroke-width", "0.8"), ("class", class)], "");
        }
        Shape::Text { x, y, size, face, tone, text, width } => {
            let (x, y, size, width) = (number(*x), number(y + top), number(*size), number(*width));
            let class = format!("t-{face} f-{}", tone_name(*tone));
            let place: [(&'static str, &str); 6] = [
                ("x", &x),
                ("y", &y),
                ("font-size", &size),
                ("textLength", &width),
                ("lengthAdjust", "spacingAndGlyphs"),
                ("class", &class),
            ];
            page.element("text", &place, text);
        }
    }
}

fn number(value: f64) -> String {
    format!("{value:.1}")
}

const fn dash(dashed: bool) -> &'static str {
    if dashed { " dashed" } else { "" }
}

const fn tone_name(tone: Tone) -> &'static str {
    match tone {
        Tone::Ink => "ink",
        Tone::Mid => "mid",
        Tone::Faint => "faint",
        Tone::Shade => "shade",
        Tone::Paper => "paper",
    }
}
