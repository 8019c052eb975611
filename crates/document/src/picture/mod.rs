//! Pictures as plain shapes on a plane of points: the PDF and the HTML draw the same ones.

pub(crate) mod timeline;
pub(crate) mod tree;

use serde::Serialize;

use crate::fonts::{Face, Fonts};

/// Width of every picture: the text width of an A4 page, in points.
pub(crate) const WIDTH: f64 = 495.0;

/// A picture, or a strip of one.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Picture {
    pub(crate) height: f64,
    pub(crate) shapes: Vec<Shape>,
}

/// How dark a shape is. The formats know the colours; a picture needs no others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Tone {
    /// As text.
    Ink,
    /// As secondary text.
    Mid,
    /// Lines that guide the eye.
    Faint,
    /// An area set apart.
    Shade,
    /// The page.
    Paper,
}

/// A shape. Coordinates from the upper left, in points.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Shape {
    /// A straight line.
    Line { x1: f64, y1: f64, x2: f64, y2: f64, tone: Tone, width: f64, dashed: bool },
    /// A rectangle with rounded corners.
    Box { x: f64, y: f64, width: f64, height: f64, radius: f64, fill: Option<Tone>, stroke: Option<Tone>, weight: f64, dashed: bool },
    /// A disc or a ring.
    Dot { x: f64, y: f64, radius: f64, filled: bool },
    /// One line of text on its baseline; `x` is its left end.
    Text { x: f64, y: f64, size: f64, face: &'static str, tone: Tone, text: String, width: f64 },
}

/// Draws with the fonts' true widths.
pub(crate) struct Pen<'a> {
    pub(crate) fonts: &'a Fonts,
    pub(crate) shapes: Vec<Shape>,
}

/// Where a text begins: at its left end, at its middle, at its right end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Anchor {
    Left,
    Middle,
    Right,
}

/// How a text is set.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Style {
    pub(crate) face: Face,
    pub(crate) size: f64,
    pub(crate) tone: Tone,
}

impl Pen<'_> {
    /// Writes one line, shortened in its middle to `room`; gives the width used.
    pub(crate) fn text(&mut self, text: &str, at: (f64, f64), anchor: Anchor, style: Style, room: f64) -> f64 {
        let line = text.replace('\n', "↵ ");
        let shown = self.fonts.shortened(&self.fonts.printable(&line), style.face, style.size, room);
        let width = self.fonts.width(&shown, style.face, style.size);
        let x = match anchor {
            Anchor::Left => at.0,
            Anchor::Middle => at.0 - width / 2.0,
            Anchor::Right => at.0 - width,
        };
        let face = match style.face {
            Face::Sans => "sans",
            Face::Bold => "bold",
            Face::Mono => "mono",
        };
        if !shown.is_empty() {
            self.shapes.push(Shape::Text { x, y: at.1, size: style.size, face, tone: style.tone, text: shown, width });
        }
        width
    }

    /// A straight line.
    pub(crate) fn line(&mut self, from: (f64, f64), to: (f64, f64), tone: Tone, width: f64, dashed: bool) {
        self.shapes.push(Shape::Line { x1: from.0, y1: from.1, x2: to.0, y2: to.1, tone, width, dashed });
    }

    /// A filled area without a border.
    pub(crate) fn area(&mut self, at: (f64, f64), size: (f64, f64), fill: Tone) {
        let (x, y) = at;
        self.shapes.push(Shape::Box {
            x,
            y,
            width: size.0,
            height: size.1,
            radius: 0.0,
            fill: Some(fill),
            stroke: None,
            weight: 0.0,
            dashed: false,
        });
    }
}
