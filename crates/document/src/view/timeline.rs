//! What happened when: eight lanes, one mark a moment, before and after the detection.

use hikeshi_domain::triage::{SectionItem, SectionKind, SectionState, Triage};
use jiff::Timestamp;
use serde::Serialize;

use crate::clock::Clock;
use crate::words::Words;

/// Most marks kept of one lane; the picture joins those that would lie on one another.
const MARKS: usize = 600;

/// The timeline.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TimelineView {
    /// Eight lanes in the order of the sections.
    pub lanes: Vec<Lane>,
    /// When it was detected.
    pub detected: String,
    /// The span in words.
    pub note: String,
    /// The picture in a sentence.
    pub alt: String,
    #[serde(skip)]
    pub(crate) detected_at: Timestamp,
    #[serde(skip)]
    pub(crate) clock: ClockView,
}

/// A lane.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Lane {
    /// Its section's number and short title.
    pub title: String,
    /// Why there is no mark, where there is none.
    pub empty: Option<String>,
    /// No source told of it: drawn hatched.
    pub not_collected: bool,
    /// Its moments in order of time.
    pub marks: Vec<Mark>,
}

/// A moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Mark {
    /// When, UTC.
    pub time: Timestamp,
    /// How many events.
    pub count: usize,
    /// A finding rests on it.
    pub finding: bool,
}

/// The clock that the picture writes its axis with.
#[derive(Debug, Clone)]
pub(crate) struct ClockView(pub(crate) Clock, pub(crate) Words);

impl PartialEq for ClockView {
    fn eq(&self, other: &Self) -> bool {
        self.1.language == other.1.language
    }
}

pub(super) fn view(triage: &Triage, words: Words, clock: &Clock) -> TimelineView {
    let lanes = SectionKind::ALL.into_iter().zip(["①", "②", "③", "④", "⑤", "⑥", "⑦", "⑧"]).map(|(kind, number)| {
        let section = triage.sections.iter().find(|section| section.kind == kind);
        let state = section.map_or(SectionState::NotCollected, |section| section.state);
        let marks = section.map(|section| marks(&section.items)).unwrap_or_default();
        Lane {
            title: format!("{number} {}", words.label(&format!("section.{}.short", kind.name()))),
            empty: marks.is_empty().then(|| match state {
                SectionState::NotCollected => words.label("not_collected"),
                SectionState::Found | SectionState::Nothing => words.label("nothing"),
            }),
            not_collected: state == SectionState::NotCollected,
            marks,
        }
    });
    let lanes: Vec<Lane> = lanes.collect();
    let window = &triage.window;
    let events: usize = lanes.iter().flat_map(|lane| &lane.marks).map(|mark| mark.count).sum();
    let values = [("events", words.number(events)), ("detected", clock.full(window.detected_at))];
    TimelineView {
        lanes,
        detected: clock.full(window.detected_at),
        note: words.say("window", &[("from", clock.seconds(window.from)), ("to", clock.seconds(window.to))]),
        alt: words.say("timeline.alt", &values),
        detected_at: window.detected_at,
        clock: ClockView(clock.clone(), words),
    }
}

/// The moments of a section: those of the events that are named, the uncounted rest at the first.
fn marks(items: &[SectionItem]) -> Vec<Mark> {
    let mut marks: Vec<Mark> = Vec::new();
    for item in items {
        let finding = !item.findings.is_empty();
        let named = item.events.len().max(1);
        let rest = item.count.max(1).saturating_sub(named);
        marks.push(Mark { time: item.time, count: 1 + rest, finding });
        marks.extend(item.events.iter().skip(1).map(|event| Mark { time: event.time, count: 1, finding }));
    }
    marks.sort_by_key(|mark| mark.time);
    marks.dedup_by(|later, kept| {
        let same = later.time == kept.time;
        if same {
            kept.count += later.count;
            kept.finding |= later.finding;
        }
        same
    });
    thin(marks)
}

/// At most [`MARKS`]: neighbours are joined, their counts added.
fn thin(marks: Vec<Mark>) -> Vec<Mark> {
    let join = marks.len().div_ceil(MARKS).max(1);
    let groups = marks.chunks(join).filter_map(|group| {
        let first = group.first()?;
        Some(Mark { time: first.time, count: group.iter().map(|mark| mark.count).sum(), finding: group.iter().any(|mark| mark.finding) })
    });
    groups.collect()
}
