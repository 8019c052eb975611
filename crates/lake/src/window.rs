//! One host's events around an instant, read outward from it: where there are more than may be held, what lies nearest to the instant
//! stays, and no more than about half as many again as the limit are ever in memory.

use std::collections::{HashMap, HashSet, VecDeque};
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use arrow_array::cast::AsArray;
use hikeshi_domain::OrganizationId;
use hikeshi_event::{Event, Uid};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use crate::catalogue::SegmentKind;
use crate::decode::EventBatch;
use crate::lake::{Inner, Lake};
use crate::reads::{columns_missing, overlaps};
use crate::scan::ReadError;
use crate::schema::RAW;
use crate::view::{Segment, View};

/// Events of one host over a span of time.
#[derive(Debug, Default)]
pub struct HostWindow {
    /// By time, then by arrival. `raw` is empty where the event lies in a segment: most of what is read of a window is never shown.
    pub events: Vec<Event<'static>>,
    /// How many more there were, at most; those farthest from the instant are left out.
    pub omitted: usize,
    /// Where the original texts of the others can be read.
    pub places: Places,
}

/// Where events of a window lie. While it is held, their segments' files stay.
#[derive(Debug, Default)]
pub struct Places {
    segments: Vec<Arc<Segment>>,
    rows: HashMap<Uid, (usize, usize)>,
}

/// Rows of a segment, each with the uid that it bears.
type NamedRows = Vec<(usize, Uid)>;

impl Places {
    fn take(&mut self, segment: Arc<Segment>, rows: impl Iterator<Item = (Uid, usize)>) {
        let number = self.segments.len();
        self.rows.extend(rows.map(|(uid, row)| (uid, (number, row))));
        self.segments.push(segment);
    }

    /// Only those of events that are still wanted.
    fn keep_only(&mut self, events: &[Event<'_>]) {
        let wanted: HashSet<Uid> = events.iter().map(|event| event.uid).collect();
        self.rows.retain(|uid, _| wanted.contains(uid));
    }

    /// The rows of each segment that bear one of the uids, ascending.
    fn chosen(&self, uids: &HashSet<Uid>) -> Vec<(Arc<Segment>, NamedRows)> {
        let mut rows: HashMap<usize, NamedRows> = HashMap::new();
        for (uid, (segment, row)) in uids.iter().filter_map(|uid| Some((uid, self.rows.get(uid)?))) {
            rows.entry(*segment).or_default().push((*row, *uid));
        }
        rows.values_mut().for_each(|rows| rows.sort_unstable_by_key(|(row, _)| *row));
        rows.into_iter().filter_map(|(segment, rows)| Some((self.segments.get(segment)?.clone(), rows))).collect()
    }
}

/// Rows of a host in a segment that may lie in the window.
struct Span {
    segment: Arc<Segment>,
    rows: usize,
    /// No event of it lies nearer to the instant than this.
    nearest: Duration,
}

/// What a window is asked for.
#[derive(Clone)]
struct Asked {
    times: Range<Timestamp>,
    /// Where there are more than `limit`, the nearest to this stay.
    around: Timestamp,
    limit: usize,
}

impl Asked {
    /// How far an event lies from the instant.
    fn distance(&self, event: &Event<'_>) -> Duration {
        event.placed_at().duration_since(self.around).unsigned_abs()
    }
}

impl Lake {
    /// The events of a host in `times`, by its full name in any case; where there are more than `limit`, the nearest to `around`. Of those
    /// in segments `raw` is left out: [`Lake::originals`] reads it.
    ///
    /// # Errors
    /// When a segment cannot be read.
    pub async fn host_window(
        &self,
        org: OrganizationId,
        host: &str,
        times: Range<Timestamp>,
        around: Timestamp,
        limit: usize,
    ) -> Result<HostWindow, ReadError> {
        let host: Arc<str> = host.to_lowercase().into();
        let view = self.inner.views.now();
        let asked = Asked { times, around, limit };
        let mut kept = Nearest { events: Vec::new(), omitted: 0, asked: asked.clone() };
        let mut places = Places::default();
        let tail = view.tail.iter().flat_map(|block| block.events_of(org, &host));
        kept.take(tail.filter(|event| asked.times.contains(&event.placed_at())).map(Event::into_owned));
        let mut spans = self.spans(&view, org, &host, &asked.times).await?;
        spans.iter_mut().for_each(|span| span.nearest = nearest(&span.segment, around));
        spans.sort_by_key(|span| span.nearest);
        let mut spans = VecDeque::from(spans);
        while let Some(wave) = next_wave(&mut spans, limit / 4) {
            let cut = kept.cut();
            let (read, left): (Vec<_>, Vec<_>) = wave.into_iter().partition(|span| cut.is_none_or(|cut| span.nearest <= cut));
            kept.omitted += left.iter().map(|span| span.rows).sum::<usize>();
            let (wanted, asked) = (host.clone(), asked.clone());
            let segments: Vec<_> = read.into_iter().map(|span| span.segment).collect();
            let parts = self.each(segments.clone(), move |inner, segment| host_rows(inner, segment, &wanted, &asked)).await?;
            for (segment, part) in segments.into_iter().zip(parts) {
                kept.omitted += part.omitted;
                places.take(segment, part.events.iter().map(|(row, event)| (event.uid, *row)));
                kept.take(part.events.into_iter().map(|(_, event)| event));
            }
            if places.rows.len() > limit.saturating_mul(2) {
                places.keep_only(&kept.events);
            }
        }
        let mut events = kept.events;
        events.sort_by_key(|event| (event.placed_at(), event.seq));
        Ok(HostWindow { events, omitted: kept.omitted, places })
    }

    /// `raw` of those of a window's events in segments that bear one of the uids.
    ///
    /// # Errors
    /// When a segment cannot be read.
    pub async fn originals(&self, places: &Places, uids: &HashSet<Uid>) -> Result<HashMap<Uid, Vec<u8>>, ReadError> {
        let read = |(segment, rows): (Arc<Segment>, NamedRows)| {
            let inner = self.inner.clone();
            tokio::task::spawn_blocking(move || raw_of_rows(&inner, &segment, &rows))
        };
        let tasks: Vec<_> = places.chosen(uids).into_iter().map(read).collect();
        let mut texts = HashMap::new();
        for task in tasks {
            texts.extend(task.await.map_err(std::io::Error::other)??);
        }
        Ok(texts)
    }

    /// Those of a host's events in `[from, to)` that bear one of these uids, by time.
    ///
    /// # Errors
    /// When a segment cannot be read.
    pub async fn host_events(
        &self,
        org: OrganizationId,
        host: &str,
        uids: HashSet<Uid>,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Vec<Event<'static>>, ReadError> {
        let host: Arc<str> = host.to_lowercase().into();
        let view = self.inner.views.now();
        let segments = self.spans(&view, org, &host, &(from..to)).await?.into_iter().map(|span| span.segment).collect();
        let tail = view.tail.iter().flat_map(|block| block.events()).filter(|event| event.org == org && uids.contains(&event.uid));
        let mut events: Vec<Event<'static>> = tail.map(Event::into_owned).collect();
        let parts = self.each(segments, move |inner, segment| named_rows(inner, segment, &host, &uids)).await?;
        events.extend(parts.into_iter().flatten());
        events.sort_by_key(|event| (event.placed_at(), event.seq));
        Ok(events)
    }

    /// Where the host's rows lie.
    async fn spans(&self, view: &View, org: OrganizationId, host: &Arc<str>, times: &Range<Timestamp>) -> Result<Vec<Span>, ReadError> {
        let here = |segment: &&Arc<Segment>| {
            let row = &segment.row;
            let may_hold = *row.host_min <= **host && *row.host_max >= **host;
            row.org == org && row.kind == SegmentKind::Events && may_hold && overlaps(segment, times.start, times.end)
        };
        let chosen: Vec<_> = view.segments.iter().filter(here).cloned().collect();
        let wanted = host.clone();
        let rows =
            move |inner: &Inner, segment: &Segment| Ok(inner.shelf.hosts(segment)?.host(&wanted).map_or(0, |span| span.rows as usize));
        let counts = self.each(chosen.clone(), rows).await?;
        let pairs = chosen.into_iter().zip(counts).filter(|(_, rows)| *rows > 0);
        Ok(pairs.map(|(segment, rows)| Span { segment, rows, nearest: Duration::ZERO }).collect())
    }
}

/// Whether some event of the segment claims a time outside its day: it stands where its claim puts it, and is placed by its receipt.
fn claims_another_day(segment: &Segment) -> bool {
    segment.row.time_min < day_begins(segment) || segment.row.time_max > day_ends(segment)
}

fn day_ends(segment: &Segment) -> Timestamp {
    segment.row.day.saturating_add(1.day()).to_zoned(TimeZone::UTC).map_or(Timestamp::MAX, |end| end.timestamp())
}

fn day_begins(segment: &Segment) -> Timestamp {
    segment.row.day.to_zoned(TimeZone::UTC).map_or(Timestamp::MIN, |begin| begin.timestamp())
}

/// No event of the segment lies nearer to an instant than this: all are placed within its day.
fn nearest(segment: &Segment, around: Timestamp) -> Duration {
    let other = claims_another_day(segment);
    let earliest = if other { day_begins(segment) } else { segment.row.time_min };
    let latest = if other { day_ends(segment) } else { segment.row.time_max };
    if around < earliest {
        earliest.duration_since(around).unsigned_abs()
    } else if latest < around {
        around.duration_since(latest).unsigned_abs()
    } else {
        Duration::ZERO
    }
}

/// The next spans to read side by side: about as many rows as asked for.
fn next_wave(spans: &mut VecDeque<Span>, rows_wanted: usize) -> Option<Vec<Span>> {
    let mut rows = 0_usize;
    let mut wave = Vec::new();
    while rows < rows_wanted || wave.is_empty() {
        let Some(span) = spans.pop_front() else { break };
        rows = rows.saturating_add(span.rows);
        wave.push(span);
    }
    (!wave.is_empty()).then_some(wave)
}

/// The nearest events seen so far.
struct Nearest {
    events: Vec<Event<'static>>,
    omitted: usize,
    asked: Asked,
}

impl Nearest {
    fn take(&mut self, events: impl Iterator<Item = Event<'static>>) {
        self.events.extend(events);
        let limit = self.asked.limit;
        if self.events.len() > limit {
            self.events.sort_unstable_by_key(|event| (self.asked.distance(event), std::cmp::Reverse(event.seq)));
            self.omitted += self.events.len() - limit;
            self.events.truncate(limit);
        }
    }

    /// What lies farther away cannot be among the nearest any more; `None` while there is room.
    fn cut(&self) -> Option<Duration> {
        if self.events.len() < self.asked.limit { None } else { self.events.iter().map(|event| self.asked.distance(event)).max() }
    }
}

/// What a segment gave to a window.
#[derive(Default)]
struct Part {
    /// Each with its row, `raw` left out.
    events: VecDeque<(usize, Event<'static>)>,
    omitted: usize,
}

impl Part {
    /// Leaves out what lies farthest from the instant.
    fn keep_nearest(&mut self, asked: &Asked) {
        while self.events.len() > asked.limit {
            let distance = |end: Option<&(usize, Event<'static>)>| end.map(|(_, event)| asked.distance(event));
            if distance(self.events.front()) >= distance(self.events.back()) {
                self.events.pop_front();
            } else {
                self.events.pop_back();
            }
            self.omitted += 1;
        }
    }
}

/// The rows of a host in the span of time, at most `limit`, and how many were left out.
fn host_rows(inner: &Inner, segment: &Segment, host: &str, asked: &Asked) -> Result<Part, ReadError> {
    let Some(span) = inner.shelf.hosts(segment)?.host(host) else { return Ok(Part::default()) };
    let (first, rows) = (span.first_row as usize, span.rows as usize);
    // Rows ascend by time: where all of them lie before the instant, and none claims another day, the last ones are the ones.
    let in_order = !claims_another_day(segment);
    let skipped = if in_order && segment.row.time_max <= asked.around { rows.saturating_sub(asked.limit) } else { 0 };
    let mut part = Part { events: VecDeque::new(), omitted: skipped };
    let mut row = first + skipped;
    for batch in inner.shelf.reader(segment)?.read_without(&[row..first + rows], RAW)? {
        let batch = batch?;
        let found = EventBatch::bare(segment.row.org, &batch).ok_or_else(|| columns_missing(segment))?;
        let placed = (row..).zip(found.iter()).filter(|(_, event)| asked.times.contains(&event.placed_at()));
        part.events.extend(placed.map(|(row, event)| (row, event.into_owned())));
        row += batch.num_rows();
        if part.events.len() > asked.limit && !in_order {
            part.events.make_contiguous().sort_by_key(|(_, event)| (event.placed_at(), event.seq));
        }
        part.keep_nearest(asked);
    }
    Ok(part)
}

/// `raw` of some rows, ascending.
fn raw_of_rows(inner: &Inner, segment: &Segment, rows: &[(usize, Uid)]) -> Result<Vec<(Uid, Vec<u8>)>, ReadError> {
    let ranges: Vec<_> = rows.iter().map(|(row, _)| *row..*row + 1).collect();
    let mut texts = Vec::with_capacity(rows.len());
    for batch in inner.shelf.reader(segment)?.read_columns(&ranges, &[RAW])? {
        let batch = batch?;
        let column = batch.column_by_name(RAW).and_then(|column| column.as_binary_opt::<i32>());
        texts.extend(column.ok_or_else(|| columns_missing(segment))?.iter().flatten().map(<[u8]>::to_vec));
    }
    Ok(rows.iter().map(|(_, uid)| *uid).zip(texts).collect())
}

/// Some rows, ascending, with all of their columns.
fn whole_rows(inner: &Inner, segment: &Segment, rows: &[usize]) -> Result<Vec<Event<'static>>, ReadError> {
    let ranges: Vec<_> = rows.iter().map(|row| *row..*row + 1).collect();
    let mut events = Vec::new();
    for batch in inner.shelf.reader(segment)?.read(&ranges)? {
        let batch = batch?;
        let found = EventBatch::new(segment.row.org, &batch).ok_or_else(|| columns_missing(segment))?;
        events.extend(found.iter().map(Event::into_owned));
    }
    Ok(events)
}

/// The rows of a host that bear one of the uids.
fn named_rows(inner: &Inner, segment: &Segment, host: &str, uids: &HashSet<Uid>) -> Result<Vec<Event<'static>>, ReadError> {
    let Some(span) = inner.shelf.hosts(segment)?.host(host) else { return Ok(Vec::new()) };
    let mut here = HashSet::new();
    for uid in uids {
        if inner.shelf.holds(segment, span, *uid)? {
            here.insert(uid.0);
        }
    }
    if here.is_empty() {
        return Ok(Vec::new());
    }
    let first = span.first_row as usize;
    let reader = inner.shelf.reader(segment)?;
    let mut rows = Vec::new();
    let mut row = first;
    for batch in reader.read_columns(&[first..first + span.rows as usize], &["uid"])? {
        let batch = batch?;
        let column = batch.column(0).as_any().downcast_ref::<arrow_array::FixedSizeBinaryArray>();
        for bytes in column.ok_or_else(|| columns_missing(segment))?.iter() {
            if bytes.is_some_and(|bytes| <[u8; 16]>::try_from(bytes).is_ok_and(|uid| here.contains(&uid))) {
                rows.push(row);
            }
            row += 1;
        }
    }
    whole_rows(inner, segment, &rows)
}
