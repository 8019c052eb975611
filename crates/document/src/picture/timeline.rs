//! The timeline: eight lanes over one axis. Seven days and half a minute do not fit on one scale, so long silences are cut out of the
//! axis, each cut drawn and named with its length.

use jiff::{SignedDuration, Timestamp};

use super::{Anchor, Pen, Picture, Shape, Style, Tone, WIDTH};
use crate::clock::span;
use crate::fonts::{Face, Fonts};
use crate::view::{Lane, Mark, TimelineView, View};

const LEFT: f64 = 104.0;
const RIGHT: f64 = WIDTH - 8.0;
const TOP: f64 = 15.0;
const LANE: f64 = 18.0;
const AXIS: f64 = 27.0;
const CUT: f64 = 30.0;
/// Least width of a piece of the axis: its time has to be readable below it.
const PIECE: f64 = 50.0;
const MOST_CUTS: usize = 4;
/// A silence longer than this part of what is left is cut out.
const SILENCE: f64 = 0.3;

/// Draws the timeline.
pub(crate) fn draw(view: &View, fonts: &Fonts) -> Picture {
    let timeline = &view.timeline;
    let mut pen = Pen { fonts, shapes: Vec::new() };
    let lanes_end = TOP + LANE * f64::from(u8::try_from(timeline.lanes.len()).unwrap_or(u8::MAX));
    let axis = Axis::of(timeline);
    detection(&mut pen, view, &axis, lanes_end);
    let mut top = TOP;
    for lane in &timeline.lanes {
        self::lane(&mut pen, lane, &axis, (top, axis.x(timeline.detected_at)));
        top += LANE;
    }
    pen.line((LEFT, lanes_end), (RIGHT, lanes_end), Tone::Mid, 0.7, false);
    ticks(&mut pen, timeline, &axis, lanes_end);
    Picture { height: lanes_end + AXIS, shapes: pen.shapes }
}

/// The instant of detection: a line, its name, and what lies after it shaded.
fn detection(pen: &mut Pen<'_>, view: &View, axis: &Axis, lanes_end: f64) {
    let x = axis.x(view.timeline.detected_at);
    pen.area((x, TOP), (RIGHT - x, lanes_end - TOP), Tone::Shade);
    let style = Style { face: Face::Bold, size: 7.0, tone: Tone::Ink };
    let label = view.label("detected");
    let width = pen.fonts.width(label, Face::Bold, 7.0);
    let middle = x.clamp(LEFT + width / 2.0, RIGHT - width / 2.0);
    pen.text(label, (middle, 8.0), Anchor::Middle, style, 120.0);
    let small = Style { face: Face::Sans, size: 6.5, tone: Tone::Mid };
    let (left, right) = (middle - width / 2.0 - 8.0, middle + width / 2.0 + 8.0);
    let sides = [
        (view.label("before_detection"), left, Anchor::Right, left - LEFT),
        (view.label("after_detection"), right, Anchor::Left, RIGHT - right),
    ];
    for (side, at, anchor, room) in sides {
        if pen.fonts.width(side, Face::Sans, small.size) <= room {
            pen.text(side, (at, 8.0), anchor, small, room);
        }
    }
    pen.line((x, 10.0), (x, lanes_end), Tone::Ink, 1.1, false);
}

/// A lane below `top`; what says that it is empty keeps clear of the line of the detection.
fn lane(pen: &mut Pen<'_>, lane: &Lane, axis: &Axis, (top, detection): (f64, f64)) {
    let middle = top + LANE / 2.0;
    pen.line((0.0, top), (RIGHT, top), Tone::Faint, 0.5, false);
    let style = Style { face: Face::Sans, size: 7.5, tone: Tone::Ink };
    pen.text(&lane.title, (0.0, middle + 2.7), Anchor::Left, style, LEFT - 6.0);
    if let Some(empty) = &lane.empty {
        let style = Style { face: Face::Sans, size: 6.5, tone: Tone::Mid };
        let width = pen.fonts.width(empty, Face::Sans, style.size);
        let crossed = detection > LEFT && detection < LEFT + 10.0 + width && detection + 12.0 + width < RIGHT;
        let left = if crossed { detection + 6.0 } else { LEFT + 6.0 };
        let width = pen.text(empty, (left, middle + 2.4), Anchor::Left, style, RIGHT - left - 6.0);
        if lane.not_collected {
            pen.line((left + 6.0 + width, middle), (RIGHT, middle), Tone::Mid, 0.6, true);
        }
    }
    for (x, count, finding) in dots(&lane.marks, axis) {
        let radius = (1.9 + 0.7 * f64::from(u32::try_from(count).unwrap_or(u32::MAX)).log2()).min(6.5);
        pen.shapes.push(Shape::Dot { x, y: middle, radius, filled: finding });
    }
}

/// Marks that would lie on one another become one dot.
fn dots(marks: &[Mark], axis: &Axis) -> Vec<(f64, usize, bool)> {
    let mut dots: Vec<(f64, usize, bool)> = Vec::new();
    for mark in marks {
        let x = axis.x(mark.time);
        match dots.last_mut() {
            Some((last, count, finding)) if x - *last < 4.5 => {
                *count += mark.count;
                *finding |= mark.finding;
            }
            _ => dots.push((x, mark.count, mark.finding)),
        }
    }
    dots
}

/// Times below the pieces of the axis, lengths below its cuts.
fn ticks(pen: &mut Pen<'_>, timeline: &TimelineView, axis: &Axis, y: f64) {
    let clock = &timeline.clock.0;
    let style = Style { face: Face::Sans, size: 6.5, tone: Tone::Ink };
    let small = Style { face: Face::Sans, size: 6.0, tone: Tone::Mid };
    let last = axis.pieces.len().saturating_sub(1);
    for (place, piece) in axis.pieces.iter().enumerate() {
        pen.line((piece.left, y), (piece.left, y + 3.0), Tone::Mid, 0.7, false);
        let width = pen.text(&clock.hms(piece.from), (piece.left, y + 11.0), Anchor::Left, style, PIECE);
        pen.text(&format!("{} {}", clock.day(piece.from), clock.offset(piece.from)), (piece.left, y + 19.0), Anchor::Left, small, PIECE);
        let room = piece.right - piece.left - width - 8.0;
        if piece.to > piece.from && room > 32.0 {
            pen.line((piece.right, y), (piece.right, y + 3.0), Tone::Mid, 0.7, false);
            pen.text(&clock.hms(piece.to), (piece.right, y + 11.0), Anchor::Right, style, room);
        }
        if place < last {
            let (from, to) = (piece.right, axis.pieces.get(place + 1).map_or(piece.right, |next| next.left));
            cut(pen, timeline, axis, (place, from, to), y);
        }
    }
}

/// A cut: the silence between two pieces, with its length.
fn cut(pen: &mut Pen<'_>, timeline: &TimelineView, axis: &Axis, at: (usize, f64, f64), y: f64) {
    let (place, from, to) = at;
    let length = match (axis.pieces.get(place), axis.pieces.get(place + 1)) {
        (Some(before), Some(after)) => after.from.duration_since(before.to),
        _ => SignedDuration::ZERO,
    };
    let middle = (from + to) / 2.0;
    pen.line((from + 3.0, TOP), (from + 3.0, y), Tone::Faint, 0.6, true);
    pen.line((to - 3.0, TOP), (to - 3.0, y), Tone::Faint, 0.6, true);
    pen.area((from + 5.0, y - 1.0), (to - from - 10.0, 2.0), Tone::Paper);
    let style = Style { face: Face::Sans, size: 6.0, tone: Tone::Mid };
    pen.text(&first_unit(&span(timeline.clock.1, length)), (middle, y + 11.0), Anchor::Middle, style, to - from + 8.0);
}

/// The largest unit of a span: `2 日 1 時間` → `2 日`.
fn first_unit(span: &str) -> String {
    span.split(' ').take(2).collect::<Vec<_>>().join(" ")
}

/// The axis in pieces with cuts between them.
struct Axis {
    pieces: Vec<Piece>,
}

struct Piece {
    from: Timestamp,
    to: Timestamp,
    left: f64,
    right: f64,
}

impl Axis {
    fn of(timeline: &TimelineView) -> Self {
        let mut times: Vec<Timestamp> = timeline.lanes.iter().flat_map(|lane| lane.marks.iter().map(|mark| mark.time)).collect();
        times.push(timeline.detected_at);
        times.sort_unstable();
        times.dedup();
        let cuts = cuts(&times);
        let mut spans: Vec<(Timestamp, Timestamp)> = Vec::new();
        let mut from = times.first().copied().unwrap_or(timeline.detected_at);
        for cut in cuts {
            if let (Some(before), Some(after)) = (times.get(cut), times.get(cut + 1)) {
                spans.push((from, *before));
                from = *after;
            }
        }
        spans.push((from, times.last().copied().unwrap_or(from)));
        Axis { pieces: placed(&spans) }
    }

    /// Where an instant lies; one in a cut lies at the cut's nearer end.
    fn x(&self, time: Timestamp) -> f64 {
        let piece = self.pieces.iter().find(|piece| time <= piece.to).or(self.pieces.last());
        let Some(piece) = piece else { return LEFT };
        let length = piece.to.duration_since(piece.from).as_secs_f64();
        if length <= 0.0 {
            return (piece.left + piece.right) / 2.0;
        }
        let part = time.duration_since(piece.from).as_secs_f64() / length;
        piece.left + 4.0 + (piece.right - piece.left - 8.0) * part.clamp(0.0, 1.0)
    }
}

/// Places (index of the time before) where the axis is cut, ascending: the longest silences, as long as each is a large part of the
/// time that is left.
fn cuts(times: &[Timestamp]) -> Vec<usize> {
    let pairs = times.iter().zip(times.iter().skip(1)).enumerate();
    let mut silences: Vec<(f64, usize)> = pairs.map(|(at, (before, after))| (after.duration_since(*before).as_secs_f64(), at)).collect();
    silences.sort_by(|one, other| other.0.total_cmp(&one.0));
    let mut left: f64 = silences.iter().map(|(length, _)| length).sum();
    let mut cuts = Vec::new();
    for (length, at) in silences {
        if cuts.len() == MOST_CUTS || length < left * SILENCE || length < 30.0 {
            break;
        }
        left -= length;
        cuts.push(at);
    }
    cuts.sort_unstable();
    cuts
}

/// The pieces side by side: each at least [`PIECE`] wide, the rest shared by the root of their lengths.
fn placed(spans: &[(Timestamp, Timestamp)]) -> Vec<Piece> {
    let count = f64::from(u8::try_from(spans.len()).unwrap_or(u8::MAX));
    let spare = (RIGHT - LEFT - CUT * (count - 1.0) - PIECE * count).max(0.0);
    let weights: Vec<f64> = spans.iter().map(|(from, to)| to.duration_since(*from).as_secs_f64().max(0.0).sqrt()).collect();
    let sum: f64 = weights.iter().sum();
    let mut left = LEFT;
    let pieces = spans.iter().zip(&weights).map(|((from, to), weight)| {
        let share = if sum > 0.0 { weight / sum } else { 1.0 / count };
        let piece = Piece { from: *from, to: *to, left, right: left + PIECE + spare * share };
        left = piece.right + CUT;
        piece
    });
    pieces.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_760_000_000 + seconds).unwrap()
    }

    #[test]
    fn long_silences_are_cut_out() {
        let times = [0, 5, 9, 300_000, 300_020, 300_041].map(at);
        assert_eq!(cuts(&times), [2]);
        let even: Vec<Timestamp> = (0..50).map(|second| at(second * 60)).collect();
        assert!(cuts(&even).is_empty());
        assert!(cuts(&[at(0)]).is_empty());
    }

    #[test]
    fn what_says_that_a_lane_is_empty_is_not_crossed_by_the_detection() {
        let mut pen = Pen { fonts: crate::fonts::fonts().unwrap(), shapes: Vec::new() };
        let empty = Lane { title: "①".to_owned(), empty: Some("該当なし".to_owned()), not_collected: false, marks: Vec::new() };
        for detection in [LEFT, LEFT + 4.0, LEFT + 20.0, LEFT + 200.0] {
            pen.shapes.clear();
            lane(&mut pen, &empty, &Axis { pieces: Vec::new() }, (TOP, detection));
            let clear = pen.shapes.iter().all(|shape| match shape {
                Shape::Text { x, width, .. } => detection < *x || detection > x + width,
                _ => true,
            });
            assert!(clear, "{detection}: {:?}", pen.shapes);
        }
    }

    #[test]
    fn pieces_fill_the_width_in_order() {
        let pieces = placed(&[(at(0), at(9)), (at(300_000), at(300_041)), (at(600_000), at(600_000))]);
        assert!((pieces[0].left - LEFT).abs() < 0.01 && (pieces[2].right - RIGHT).abs() < 0.01);
        assert!(pieces.iter().all(|piece| piece.right - piece.left >= PIECE));
        let axis = Axis { pieces };
        assert!(axis.x(at(0)) < axis.x(at(9)) && axis.x(at(9)) < axis.x(at(300_000)));
        assert!(axis.x(at(100_000)) >= axis.x(at(9)));
    }
}
